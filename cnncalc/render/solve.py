"""Solutions with the formulas that prove them, or the reasons if there are none."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cnncalc.choices import NotationName
from cnncalc.explore.solve import Solution, Solved, Target
from cnncalc.homework.explain import Explained, explain
from cnncalc.render.columns import count
from cnncalc.render.data import SCHEMA_VERSION, Data, report_data
from cnncalc.render.explain import brief, sum_text
from cnncalc.render.pages import FAINT, HEADING, PageTable, indented, table_of

MOST_LINES = 8
"""Number of formula lines shown; for larger networks only the last ones."""

Lines = tuple[tuple[str, str], ...]


def solved_text(solved: Solved, notation: NotationName) -> RenderableType:
    """The solutions as text, simplest first."""
    parts: list[RenderableType] = []
    for solution in solved.solutions:
        parts += ["", _titled(solution)] if parts else [_titled(solution)]
        typed = " → ".join(
            (solution.input, *solution.layers, solution.report.output.output.text(solved.layout))
        )
        parts.append(indented(Text(typed, FAINT)))
        parts.append(indented(table_of(PageTable(("", ""), proof(solved, solution, notation), plain=True))))
    if not solved.solutions:
        first, *others = solved.reasons
        parts += [Text(f"no solution: {first}", HEADING), *map(Text, others)]
    closing = [Text(line, FAINT) for line in _closing(solved)]
    parts += ["", *closing] if closing else []
    return Group(*parts)


def _titled(solution: Solution) -> Text:
    values = ", ".join(f"{name} = {count(value)}" for name, value in solution.values.items())
    text = Text(values or "any value", HEADING)
    return text if solution.fits else text.append("  the stride does not divide evenly", f"not bold {FAINT}")


def proof(solved: Solved, solution: Solution, notation: NotationName) -> Lines:
    """The formulas that prove that each target is reached."""
    whole = explain(solution.report, notation=notation)
    return tuple(line for target in solved.targets for line in _lines(target, whole))


def _lines(target: Target, whole: Explained) -> Iterator[tuple[str, str]]:
    if target.quantity in ("output", "receptive_field"):
        lines = [
            (f"{part.name} {name}" if len(whole.parts) > 1 else name, text)
            for part in whole.parts
            for name, text in brief(part[target.quantity])
        ]
        if len(lines) > MOST_LINES:
            yield "", f"… {len(lines) - MOST_LINES} earlier lines"
        yield from lines[-MOST_LINES:]
    elif len(whole[target.quantity].terms) == 1:
        (name,) = (term.name for term in whole[target.quantity].terms)
        yield from brief(next(part for part in whole.parts if part.name == name)[target.quantity])
    else:
        yield whole[target.quantity].title, sum_text(whole[target.quantity])


def _closing(solved: Solved) -> Iterator[str]:
    """Closing notes."""
    if solved.others:
        yield f"and {count(solved.others)} more (--most shows them)"
    for name in solved.free:
        yield f"{name}: any value; no target depends on it"
    if solved.note:
        yield solved.note
    if solved.solutions and solved.ranges:
        tried = ", ".join(f"{name} {low} to {high}" for name, (low, high) in solved.ranges.items())
        yield f"tried: {tried}"
    if not solved.is_complete:
        yield "stopped before all values were tried: the limit of time (--seconds) or solutions is reached"


def solved_data(solved: Solved, notation: NotationName) -> Data:
    """The solutions as a JSON object."""
    return {
        "schema_version": SCHEMA_VERSION,
        "unknowns": [unknown.title for unknown in solved.unknowns],
        "targets": {target.quantity: target.written for target in solved.targets},
        "solutions": [_solution_data(solved, each, notation) for each in solved.solutions],
        "others": solved.others,
        "any": list(solved.free),
        "reasons": list(solved.reasons),
        "tried": {name: list(range) for name, range in solved.ranges.items()},
        "complete": solved.is_complete,
    }


def _solution_data(solved: Solved, solution: Solution, notation: NotationName) -> Data:
    lines = proof(solved, solution, notation)
    return {
        "values": dict(solution.values),
        "input": solution.input,
        "layers": list(solution.layers),
        "stride_fits": solution.fits,
        "shown": [f"{name}: {text}" for name, text in lines],
        "report": report_data(solution.report, solution.report.layers, list(solution.report.findings)),
    }
