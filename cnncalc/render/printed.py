"""`str()` of results: the text that the terminal prints.

To add a type, add a line to `SHOWN` and let `__str__` of the class return `printed(self)`.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console, RenderableType

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.checks import check
from cnncalc.checks.difference import Difference
from cnncalc.render.columns import COLUMNS, DEFAULT
from cnncalc.render.dialects import dialects_table
from cnncalc.render.difference import ShownDifference, difference_text, titles
from cnncalc.render.explain import CORE, explained_text
from cnncalc.render.grades import grades_text
from cnncalc.render.solve import solved_text
from cnncalc.render.table import table
from cnncalc.render.worksheet import worksheet_text
from cnncalc.spec import Spec

WIDTH = 100_000
"""Practically unlimited, so that lines do not wrap."""


def _report(report: Report) -> RenderableType:
    chosen = tuple(COLUMNS[name] for name in DEFAULT)
    return table(report, report.layers, chosen, (), False, None)


def _spec(spec: Spec) -> RenderableType:
    report = analyze(spec)
    chosen = tuple(COLUMNS[name] for name in DEFAULT)
    return table(report, report.layers, chosen, check(report, spec), False, None)


def _difference(difference: Difference) -> RenderableType:
    names = (difference.before.name, difference.after.name)
    shown = ShownDifference(difference, titles(difference, names, ()))
    return difference_text(shown, None)


def _verification(found: Any) -> RenderableType:
    from cnncalc.render.verification import verification_text  # imports NumPy, which no other result needs

    return verification_text(found, every_layer=False)


SHOWN: Mapping[str, Callable[[Any], RenderableType]] = {
    "Report": _report,
    "Spec": _spec,
    "Difference": _difference,
    "Dialects": lambda found: dialects_table(found, None),
    "Grades": lambda grades: grades_text([*grades], grades.network, details=False),
    "Explained": lambda explained: explained_text(explained, CORE),
    "Solved": lambda solved: solved_text(solved, "cnncalc"),
    "Verification": _verification,
    "Worksheet": lambda sheet: worksheet_text(sheet, "markdown", is_key=False),
}


def text(result: object) -> str:
    """The text that the terminal prints, without colour."""
    shown = SHOWN[type(result).__name__](result)
    if isinstance(shown, str):
        return shown.rstrip("\n")
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(shown, crop=False)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
