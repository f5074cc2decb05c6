"""`str()` of a result: what the terminal prints. Results come first, so rendering is imported when called."""

from importlib import import_module
from typing import Any


def printed(result: object) -> str:
    """What the terminal prints for a spec, a report or another result, without colour, lines never folded."""
    text: str = import_module("cnncalc.render.printed").text(result)
    return text


def html(result: object) -> str:
    """A result as HTML, for notebooks."""
    return str(_written(result, "html"))


def markdown(result: object) -> str:
    """A result as Markdown."""
    return str(_written(result, "markdown"))


def as_dict(result: object) -> dict[str, Any]:
    """A result as in JSON."""
    return _written(result, "dict")  # type: ignore[no-any-return]


def as_rows(result: object) -> list[dict[str, Any]]:
    """A result as a row for each layer."""
    return _written(result, "rows")  # type: ignore[no-any-return]


def _written(result: object, form: str) -> Any:
    return import_module("cnncalc.render.notebook").written(result, form)


def plural(number: int, word: str) -> str:
    """`1 spec`, `80 specs`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
