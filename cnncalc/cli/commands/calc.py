"""Count layers typed on the command line."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import RenderableType

from cnncalc.choices import Assumed, NotationName
from cnncalc.cli.options import (
    AllOption,
    AssumeOption,
    ColumnsOption,
    DataTypeOption,
    LayoutOption,
    NotationOption,
    QuantitiesOption,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, columns_of
from cnncalc.cli.terminal import print_problems, report_failure
from cnncalc.problems import SpecError
from cnncalc.shapes import Layout

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.render.columns import Column


def calc(
    input: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="Input shape: 227x227x3, (None, 28, 28, 1), 28x28, ?x?x3; with --values the first layer.",
        ),
    ],
    layers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LAYER…",
            help='Layers as in a spec, in code or in words: "conv: 96, kernel: 11", "96 filters of 11x11".',
        ),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(metavar='"1 2; 3 4"', help="Apply the layers to these numbers, row by row."),
    ] = None,
    kernel: Annotated[
        list[str] | None,
        typer.Option(metavar='"1 0; 0 -1"', help="With --values: kernel of each layer, in order."),
    ] = None,
    bias: Annotated[
        list[str] | None, typer.Option(metavar="NUMBERS", help="With --values: biases. Default: 0.")
    ] = None,
    flip: Annotated[
        bool,
        typer.Option("--flip", help="With --values: also show true convolution (flipped kernel)."),
    ] = False,
    unit: Annotated[
        str | None, typer.Option(metavar="0,1", help="With --values --explain: explain only this output.")
    ] = None,
    layout: LayoutOption = None,
    batch: Annotated[
        int | None,
        typer.Option(min=1, help="Batch size; default: 1, or that of an input such as (10, 3, 32, 40)."),
    ] = None,
    dtype: DataTypeOption = "float32",
    columns: ColumnsOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the working behind each number.")] = False,
    of: QuantitiesOption = None,
    all: AllOption = False,
    assume: AssumeOption = None,
    notation: NotationOption = "cnncalc",
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown", "latex")],
) -> int:
    if values is not None:
        from cnncalc.cli.values import run

        lines = [input, *(layers or ())]
        return run(values, lines, kernel or (), bias or (), flip, explain or bool(unit), unit, assume, to=to)
    if kernel or bias or flip or unit:
        raise typer.BadParameter("--kernel, --bias, --flip and --unit require --values")
    # imported here to keep the help fast
    from cnncalc.homework.calc import report_of
    from cnncalc.spec.typed import TWO_READINGS, typed

    is_explained = explain or all or of is not None
    try:
        chosen = columns_of(columns)
        _check_format(to.format, is_explained, chosen)
        given = typed(input, tuple(layers or ()), layout, assume=assume)
        if given.input.variable:
            from cnncalc.cli.any_size import run as run_any_size

            return run_any_size(given, chosen, is_explained, to)
        report = report_of(given, batch=batch, data_type=dtype)
        if is_explained:
            names = [row.name for row in report.layers if row.kind != "identity"] or ["input"]
            results = _explained(report, names, notation, of, all, to.format)
        else:
            results = [_counted(report, chosen, to)]
    except SpecError as error:
        print_problems(list(error.problems), error.source, to.color)
        if any(problem.code == TWO_READINGS for problem in error.problems):
            return _readings(input, *(layers or ()), layout=layout, columns=columns, to=to)
        return INVALID
    except UsageError as error:
        return report_failure(error, to.color)
    to.print(*results, *(_rounded(report) if to.format == "text" else ()))
    warnings = [problem for problem in report.findings if problem.level != "note"]
    if warnings:
        print_problems(warnings, report.source, to.color)
    return OK


def _rounded(report: "Report") -> list[str]:
    """A note for each layer whose output size was rounded, with the exact size."""
    rounded = [problem for problem in report.findings if problem.code == "does-not-fit"]
    return [f"note: {each.layer}: {each.message}, rounded\n" for each in rounded]


def _readings(input: str, *layers: str, layout: Layout | None, columns: str | None, to: Out) -> int:
    """Prints the result of each reading of a notation that leaves the padding open."""
    from cnncalc.homework.calc import readings
    from cnncalc.render.data import to_json
    from cnncalc.render.readings import readings_data, readings_text
    from cnncalc.spec.typed import typed

    given = [(assume, typed(input, layers, layout, assume=assume)) for assume in get_args(Assumed)]
    if given[0][1].input.variable:  # the readings of an input of any size are formulas
        from cnncalc.cli.any_size import readings as readings_of_any_size

        with suppress(SpecError, UsageError):  # the error above already says what to choose
            readings_of_any_size(given, columns_of(columns), to)
        return USAGE
    found = readings(input, *layers, layout=layout)
    if to.format == "json":
        to.print(to_json(readings_data(found)))
    elif to.format == "text":
        to.print(readings_text(found))
    return USAGE


def _check_format(format: str, is_explained: bool, columns: "tuple[Column, ...] | None") -> None:
    """Raises UsageError for options that exclude each other."""
    if format == "latex" and not is_explained:
        raise UsageError("--format latex requires --explain")
    if is_explained and (format == "csv" or columns):
        raise UsageError("--explain excludes --format csv and --columns; --of chooses quantities")


def _explained(
    report: "Report", names: Sequence[str], notation: NotationName, of: str | None, all: bool, format: str
) -> list[RenderableType]:
    """The explanations to print; raises UsageError."""
    from cnncalc.cli.explanations import explanations, quantities_of, rendered

    found = explanations(report, names, notation)
    from cnncalc.render.table import read_as

    note = [f"note: {report.note}"] if report.note else []
    below = ["\n" + "\n".join([*note, *read_as(report.findings)]) + "\n"] if format == "text" else []
    below = [text for text in below if text.strip()]
    return [*rendered(found, quantities_of(of, all, found, format), format), *below]


def _counted(report: "Report", columns: "tuple[Column, ...] | None", to: Out) -> RenderableType:
    from cnncalc.render.columns import COLUMNS, DEFAULT
    from cnncalc.render.data import default_csv_columns, report_data, to_csv, to_json
    from cnncalc.render.table import markdown, table

    rows = report.layers
    chosen = columns or tuple(COLUMNS[name] for name in DEFAULT)
    if to.format == "json":
        return to_json(report_data(report, rows, list(report.findings)))
    if to.format == "csv":
        return to_csv([(report, rows)], columns or default_csv_columns())
    if to.format == "markdown":
        return markdown(report, rows, chosen, (), False)
    return table(report, rows, chosen, (), False, to.width)
