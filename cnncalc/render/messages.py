"""Problems for a terminal: the message, the place, and the source line with the text underlined."""

from collections.abc import Sequence
from functools import lru_cache

from rich.text import Text

from cnncalc.problems import STOPPED, Problem, Source, printable

COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
WIDEST_LINE = 120
LONGEST_MESSAGE = 500
MOST_PROBLEMS = 50
"""Maximum number of problems to print for one spec."""


def message(problem: Problem, source: Source) -> Text:
    """One problem in one to four lines."""
    place = problem.place
    text = Text()
    text.append(f"{problem.level}[{problem.code}]", COLOURS[problem.level])
    where = f" (in {problem.layer})" if problem.layer and problem.layer not in problem.message else ""
    text.append(f": {_short(problem.message + where)}\n", "bold" if problem.level == "error" else "")
    if place is None or not place.line > 0:
        text.append(f" --> {printable(source.name)}\n", "dim")
        _hint(text, problem, "  ")
        return text
    text.append(f" --> {printable(source.name)}:{place.line}:{place.column}\n", "dim")
    lines = _lines(source.text)
    if place.line > len(lines):
        _hint(text, problem, "  ")
        return text
    number = str(place.line)
    line, column = _window(lines[place.line - 1], place.column)
    text.append(f" {number} | ", "dim")
    text.append(f"{line}\n")
    width = max(1, min(place.width, len(line) - column + 1))
    text.append(f" {' ' * len(number)} | ", "dim")
    text.append(" " * (column - 1) + "^" * width, COLOURS[problem.level])
    if problem.hint:
        text.append(f" {_short(problem.hint)}", "cyan")
    text.append("\n")
    return text


def printed_of(problems: Sequence[Problem]) -> tuple[list[Problem], int]:
    """The problems to print, and how many others there are; that reading stopped is always printed."""
    shown = list(problems[:MOST_PROBLEMS])
    if STOPPED in problems[MOST_PROBLEMS:]:
        shown.append(STOPPED)
    return shown, len(problems) - len(shown)


def _short(text: str) -> str:
    """Text on one line, cut where it quotes a name or number of a thousand characters."""
    return printable(text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} …")


@lru_cache(maxsize=1)
def _lines(text: str) -> list[str]:
    """The lines of a text, which may be long and have many problems."""
    return text.splitlines()


def _hint(text: Text, problem: Problem, indent: str) -> None:
    if problem.hint:
        text.append(f"{indent}{_short(problem.hint)}\n", "cyan")


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a very long line around a column."""
    if len(line) <= WIDEST_LINE:
        return printable(line), column
    start = max(0, min(column - 1 - WIDEST_LINE // 3, len(line) - WIDEST_LINE))
    return printable(line[start : start + WIDEST_LINE]), column - start


def closing(problems: list[Problem]) -> str:
    """The number of problems per level, if there is more than one problem."""
    parts = []
    for level in ("error", "warning", "note"):
        number = sum(problem.level == level for problem in problems)
        if number:
            parts.append(f"{number} {level}{'s' if number > 1 else ''}")
    return ", ".join(parts)
