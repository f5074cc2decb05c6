"""`cnncalc calc`: layers typed on one line, counted or explained."""

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.analysis.liveness import DataType
from cnncalc.analysis.report import Report
from cnncalc.cli.explain import explanations, quantities_of, rendered
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, columns_of
from cnncalc.cli.terminal import complain, print_problems, print_results, window_width
from cnncalc.homework.calc import calc
from cnncalc.homework.explain import NotationName
from cnncalc.problems import SpecError
from cnncalc.render.columns import COLUMNS, DEFAULT, Column
from cnncalc.render.data import default_csv_columns, report_data, to_csv, to_json
from cnncalc.render.table import markdown, table
from cnncalc.shapes import Layout


class Request(Struct, frozen=True):
    """What the command line asked for."""

    input: str
    layers: tuple[str, ...]
    layout: Layout | None
    batch: int
    data_type: DataType
    columns: str | None
    is_explained: bool
    of: str | None
    notation: NotationName
    format: str
    color: str


def run(request: Request) -> int:
    """Prints the table of the layers, or their explanations; gives the exit code."""
    try:
        report, results = _results(request)
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return INVALID
    except UsageError as error:
        complain(str(error))
        return USAGE
    print_results(results, request.color, None)
    warnings = [problem for problem in report.findings if problem.level != "note"]
    if warnings:
        print_problems(warnings, report.source, request.color)
    return OK


def _results(request: Request) -> tuple[Report, list[RenderableType]]:
    """What is printed; raises UsageError and SpecError."""
    columns = columns_of(request.columns)
    if request.format == "latex" and not request.is_explained:
        raise UsageError("--format latex goes with --explain")
    if request.is_explained and (request.format == "csv" or columns):
        raise UsageError("--explain goes with neither --format csv nor --columns; --of chooses quantities")
    report = calc(
        request.input,
        *request.layers,
        layout=request.layout,
        batch=request.batch,
        data_type=request.data_type,
    )
    if not request.is_explained:
        return report, [_counted(report, columns, request.format)]
    names = [row.name for row in report.layers] if request.layers else ["input"]
    found = explanations(report, names, request.notation)
    told = [f"\nnote: {report.note}\n"] if report.note and request.format == "table" else []
    return report, [*rendered(found, quantities_of(request.of, found), request.format), *told]


def _counted(report: Report, columns: tuple[Column, ...] | None, format: str) -> RenderableType:
    rows = report.layers
    chosen = columns or tuple(COLUMNS[name] for name in DEFAULT)
    if format == "json":
        return to_json(report_data(report, rows, list(report.findings)))
    if format == "csv":
        return to_csv([(report, rows)], columns or default_csv_columns())
    if format == "markdown":
        return markdown(report, rows, chosen, (), False)
    return table(report, rows, chosen, (), False, window_width())
