"""Problems for a terminal: the message, the place, and the source line with the text underlined."""

from rich.text import Text

from cnncalc.problems import Problem, Source, printable

COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
WIDEST_LINE = 120
MOST_PROBLEMS = 50
"""Maximum number of problems to print for one spec."""


def message(problem: Problem, source: Source) -> Text:
    """One problem in one to four lines."""
    place = problem.place
    text = Text()
    text.append(f"{problem.level}[{problem.code}]", COLOURS[problem.level])
    where = f" (in {problem.layer})" if problem.layer and problem.layer not in problem.message else ""
    text.append(f": {printable(problem.message + where)}\n", "bold" if problem.level == "error" else "")
    if place is None or not place.line > 0:
        text.append(f" --> {printable(source.name)}\n", "dim")
        _hint(text, problem, "  ")
        return text
    text.append(f" --> {printable(source.name)}:{place.line}:{place.column}\n", "dim")
    lines = source.text.splitlines()
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
        text.append(f" {printable(problem.hint)}", "cyan")
    text.append("\n")
    return text


def _hint(text: Text, problem: Problem, indent: str) -> None:
    if problem.hint:
        text.append(f"{indent}{printable(problem.hint)}\n", "cyan")


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a very long line around a column."""
    line = printable(line)
    if len(line) <= WIDEST_LINE:
        return line, column
    start = max(0, min(column - 1 - WIDEST_LINE // 3, len(line) - WIDEST_LINE))
    return line[start : start + WIDEST_LINE], column - start


def closing(problems: list[Problem]) -> str:
    """The number of problems per level, if there is more than one problem."""
    parts = []
    for level in ("error", "warning", "note"):
        number = sum(problem.level == level for problem in problems)
        if number:
            parts.append(f"{number} {level}{'s' if number > 1 else ''}")
    return ", ".join(parts)
