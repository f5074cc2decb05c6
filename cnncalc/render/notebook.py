"""Results for notebooks and other programs: HTML, Markdown, dictionaries and rows.

To add a type, add a line to `HTML`, `MARKDOWN`, `DICTS` or `ROWS` and the method that calls it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import json

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.checks import check
from cnncalc.checks.difference import Difference
from cnncalc.problems import Problem
from cnncalc.render.columns import COLUMNS, DEFAULT, Value
from cnncalc.render.data import Data, report_data
from cnncalc.render.difference import ShownDifference, difference_publication, titles
from cnncalc.render.difference_data import difference_data
from cnncalc.render.difference_markdown import difference_markdown
from cnncalc.render.grades_data import grades_data, grades_markdown, grades_publication, grades_rows
from cnncalc.render.publishing import published, report_publication
from cnncalc.render.table import markdown
from cnncalc.spec import Spec

CHOSEN = tuple(COLUMNS[name] for name in DEFAULT)


def _spec_html(spec: Spec) -> str:
    report = analyze(spec)
    return published(report_publication(report, report.layers, CHOSEN, check(report, spec), False), "html")


def _spec_markdown(spec: Spec) -> str:
    report = analyze(spec)
    return markdown(report, report.layers, CHOSEN, check(report, spec), False)


def _report_dict(report: Report) -> Data:
    findings: list[Problem] = list(report.findings)
    return _plain(report_data(report, report.layers, findings))


def _plain(data: Data) -> Data:
    """As JSON has it: lists, texts and numbers only."""
    decoded: Data = json.decode(json.encode(data))
    return decoded


def _rows(report: Report) -> list[dict[str, Value]]:
    return [{column.name: column.value(row, report) for column in COLUMNS.values()} for row in report.layers]


def _shown(difference: Difference) -> ShownDifference:
    return ShownDifference(difference, titles(difference, _names(difference), ()))


def _names(difference: Difference) -> tuple[str, str]:
    return difference.before.name, difference.after.name


def _difference_rows(difference: Difference) -> list[dict[str, str | int]]:
    """The increases of each layer that differs."""
    return [
        {
            "name": layer.row.name,
            "kind": layer.row.kind,
            "status": layer.status,
            **{name: layer.increase(name) for name in ("params", "macs", "flops", "memory.activations")},
        }
        for layer in difference.layers
        if layer.status != "unchanged"
    ]


Form = Mapping[str, Callable[[Any], object]]

HTML: Form = {
    "Report": lambda report: published(report_publication(report, report.layers, CHOSEN, (), False), "html"),
    "Spec": _spec_html,
    "Difference": lambda difference: published(difference_publication(_shown(difference)), "html"),
    "Grades": lambda grades: published(grades_publication(grades, grades.network), "html"),
}
MARKDOWN: Form = {
    "Report": lambda report: markdown(report, report.layers, CHOSEN, (), False),
    "Spec": _spec_markdown,
    "Difference": lambda difference: difference_markdown(_shown(difference), []),
    "Grades": lambda grades: grades_markdown(grades, grades.network),
}
DICTS: Form = {
    "Report": _report_dict,
    "Difference": lambda difference: _plain(difference_data(difference, _names(difference), [])),
    "Grades": lambda grades: _plain(grades_data(grades, grades.network)),
}
ROWS: Form = {"Report": _rows, "Difference": _difference_rows, "Grades": grades_rows}
FORMS: Mapping[str, Form] = {"html": HTML, "markdown": MARKDOWN, "dict": DICTS, "rows": ROWS}


def written(result: object, form: str) -> object:
    """A result in a form of `FORMS`."""
    return FORMS[form][type(result).__name__](result)
