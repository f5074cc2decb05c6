"""`str()` of a result: what the terminal prints. Results come first, so rendering is imported when called."""

from importlib import import_module


def printed(result: object) -> str:
    """What the terminal prints for a spec, a report or another result, without colour, lines never folded."""
    text: str = import_module("cnncalc.render.printed").text(result)
    return text


def plural(number: int, word: str) -> str:
    """`1 spec`, `80 specs`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
