"""Show shapes, parameters, MACs and receptive fields."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from rich.console import RenderableType

from cnncalc.choices import Tool
from cnncalc.cli.completion import complete_column, complete_variable
from cnncalc.cli.options import (
    ColumnsOption,
    DataTypeOption,
    InputOption,
    MaxLayersOption,
    OptimizerOption,
    SetOption,
    SpecsArgument,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import (
    INVALID,
    OK,
    UsageError,
    column_of,
    columns_of,
    read_spec,
    settings_of,
    shapes_of,
)
from cnncalc.cli.terminal import Parts, print_problems, progress, report_failure
from cnncalc.problems import Problem, SpecError
from cnncalc.shapes import Layout

if TYPE_CHECKING:
    from pathlib import Path

    from cnncalc.analysis.outline import OutlineLine
    from cnncalc.analysis.report import Report, Row
    from cnncalc.checks import Verdict
    from cnncalc.render.columns import Column
    from cnncalc.spec import Spec


def show(
    specs: SpecsArgument,
    columns: ColumnsOption = None,
    depth: Annotated[
        int | None, typer.Option(min=1, help="Fold blocks below this depth into one row with their totals.")
    ] = None,
    tree: Annotated[
        bool | None,
        typer.Option(
            "--tree/--flat",
            help="Blocks as headings with their sums, norm and activation in their layer's row; or a row per "
            "layer. Default: a tree in a terminal.",
            show_default=False,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Sort rows by a column, the largest value first.",
            autocompletion=complete_column,
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="Print only the first N rows; without --sort, by MACs.")
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Batch size; operations are for the whole batch.")] = 1,
    layout: Annotated[
        Layout | None, typer.Option(help="Print shapes with channels first (chw) or last (hwc)")
    ] = None,
    dtype: DataTypeOption = "float32",
    optimizer: OptimizerOption = "sgd",
    count_as: Annotated[
        Tool | None,
        typer.Option("--count-as", help="Add a column with what another tool counts"),
    ] = None,
    symbolic: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Keep a variable symbolic: counts are polynomials in it.",
            autocompletion=complete_variable,
        ),
    ] = None,
    max_layers: MaxLayersOption = 100_000,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Also print notes (strides that do not divide evenly …)."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Print again whenever a spec is saved, until Ctrl-C.")
    ] = False,
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown", "latex", "html")],
) -> int:
    if symbolic:
        if any((depth, sort, top, input, layout, count_as, watch, batch > 1, to.format == "csv")):
            raise typer.BadParameter(
                "--symbolic excludes --depth, --sort, --top, --input, --layout, --count-as, --watch, --batch "
                "and --format csv"
            )
        from cnncalc.cli.symbolic import run

        return run(specs, symbolic, columns, set, to)
    # imported here to keep the help fast
    from cnncalc.analysis import analyze

    try:
        settings = settings_of(set)
        chosen = columns_of(columns)
        order = order_of(sort, top)
        is_tree = _is_tree(tree, order, to)
        files = _followed(specs, to) if watch else []
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)

    def read(name: str) -> ShownNetwork:
        spec = read_spec(name, settings, input, max_layers)
        report = analyze(spec, batch=batch, layout=layout, data_type=dtype, optimizer=optimizer)
        return _shown(spec, report, depth, count_as, order, is_tree)

    def print_once() -> int:
        def print_counted(error: SpecError) -> None:
            _print_counted(error, settings, input, chosen, to)

        return _print_all(specs, read, print_counted, chosen, verbose, to)

    if watch:
        from cnncalc.cli.following import print_versions

        return print_versions(files, print_once)
    return print_once()


def _followed(specs: list[str], to: Out) -> "list[Path]":
    """The files that --watch follows; raises SpecError or UsageError."""
    from cnncalc.cli.following import followed_files

    if to.path or to.format != "text":
        raise UsageError("--watch prints tables; it excludes --output and other formats")
    return followed_files(specs, "--watch")


def _print_all(
    specs: list[str],
    read: "Callable[[str], ShownNetwork]",
    print_counted: Callable[[SpecError], None],
    columns: "tuple[Column, ...] | None",
    verbose: bool,
    to: Out,
) -> int:
    """Prints all networks and their findings; returns the exit code."""
    shown: list[ShownNetwork] = []
    code = OK
    for name in specs:
        try:
            with progress(name):
                shown.append(read(name))
        except UsageError as error:
            code = max(code, report_failure(error, to.color))
        except SpecError as error:
            if len(specs) == 1 and to.format == "text" and not to.path:
                print_counted(error)
            code = max(code, report_failure(error, to.color))
    if shown:
        to.print(*_rendered(shown, columns, to, len(specs) == 1))
    return max([code, *(_print_findings(each, verbose, to.color) for each in shown)])


def _print_counted(
    error: SpecError,
    settings: dict[str, str],
    input: list[str] | None,
    columns: "tuple[Column, ...] | None",
    to: Out,
) -> None:
    """Prints the rows of the layers before the first error, if there are any."""
    from cnncalc.analysis import analyze
    from cnncalc.render.columns import COLUMNS, DEFAULT
    from cnncalc.render.table import rows_before
    from cnncalc.spec import before_error

    counted = before_error(error, settings, shapes_of(input))
    if counted is None:
        return
    report = analyze(counted.spec)
    chosen = columns or tuple(COLUMNS[name] for name in DEFAULT)
    to.print(rows_before(report, chosen, to.width, f"{counted.done} of {counted.all} layers counted"))


class ShownNetwork(Struct, frozen=True):
    """One network to show."""

    spec: "Spec"
    report: "Report"
    rows: "tuple[Row, ...]"
    verdicts: "tuple[Verdict, ...]"
    note: str = ""
    lines: "tuple[OutlineLine, ...] | None" = None

    @property
    def leaves_claims(self) -> bool:
        """Whether claims were not checked because options changed the network."""
        return self.report.changed and bool(self.spec.claims)

    @property
    def findings(self) -> list[Problem]:
        """Warnings, notes and failed expectations."""
        failed = [verdict.problem for verdict in self.verdicts if verdict.problem]
        return [*self.report.findings, *failed]


class Order(Struct, frozen=True):
    """How rows are sorted, and how many are shown; None for all."""

    column: "Column"
    top: int | None

    def applied(self, rows: "tuple[Row, ...]", report: "Report") -> "tuple[Row, ...]":
        from cnncalc.render.columns import sorted_by

        return sorted_by(rows, self.column, report)[: self.top]

    def note(self, rows: int) -> str:
        """Which rows are shown, if not all."""
        if self.top is None or self.top >= rows:
            return ""
        return f"rows        {self.top:,} of {rows:,}, sorted by {self.column.title}"


def order_of(sort: str | None, top: int | None) -> Order | None:
    """The order of `--sort` and `--top`, or None without them; raises UsageError."""
    if sort is None and top is None:
        return None
    return Order(column_of(sort or "macs", "--sort"), top)


def _is_tree(tree: bool | None, order: Order | None, to: Out) -> bool:
    """Whether to print a tree; raises UsageError where there is none."""
    if tree and order:
        raise UsageError("--tree excludes --sort and --top")
    if tree and to.format != "text":
        raise UsageError(f"--tree excludes --format {to.format}")
    is_default = to.width is not None and not order and to.format == "text"
    return is_default if tree is None else tree


def _shown(
    spec: "Spec",
    report: "Report",
    depth: int | None,
    count_as: Tool | None,
    order: Order | None,
    is_tree: bool,
) -> ShownNetwork:
    from cnncalc.checks import check

    if count_as:
        from cnncalc.analysis.recount import recounted

        report = recounted(report, count_as)
    if is_tree:
        from cnncalc.analysis.outline import outline

        return ShownNetwork(spec, report, (), check(report, spec), lines=outline(report, depth))
    rows = report.at_depth(depth) if depth else report.layers
    note = order.note(len(rows)) if order else ""
    if order:
        rows = order.applied(rows, report)
    return ShownNetwork(spec, report, rows, check(report, spec), note)


def _rendered(
    shown: list[ShownNetwork],
    columns: "tuple[Column, ...] | None",
    to: Out,
    is_alone: bool,
) -> list[RenderableType | Parts]:
    from cnncalc.render.columns import COLUMNS, DEFAULT, beside_macs
    from cnncalc.render.data import default_csv_columns, report_data, report_json, to_csv, to_json
    from cnncalc.render.table import table, tree

    chosen = columns or tuple(COLUMNS[name] for name in DEFAULT)
    everything = columns or default_csv_columns()
    if counting := shown[0].report.counting:
        chosen, everything = beside_macs(chosen, counting), beside_macs(everything, counting)
    if to.format == "json":
        if is_alone:
            alone = shown[0]
            return [Parts(report_json(alone.report, alone.rows, alone.findings))]
        return [to_json([report_data(each.report, each.rows, each.findings) for each in shown])]
    if to.format == "csv":
        pairs = [(each.report, each.rows) for each in shown]
        return [to_csv(pairs, everything)]
    if to.format in ("markdown", "latex", "html"):
        return ["\n".join(_document(each, chosen, to.format) for each in shown)]
    parts: list[RenderableType | Parts] = []
    for each in shown:
        parts += ["\n"] if parts else []
        claims = each.verdicts, each.leaves_claims
        if each.lines is None:
            parts.append(table(each.report, each.rows, chosen, *claims, to.width, each.note))
        else:
            parts.append(tree(each.report, each.lines, chosen, *claims, to.width))
    return parts


def _document(shown: ShownNetwork, columns: "tuple[Column, ...]", format: str) -> str:
    from cnncalc.render.publishing import published, report_publication
    from cnncalc.render.table import markdown

    parts = (shown.report, shown.rows, columns, shown.verdicts, shown.leaves_claims, shown.note)
    return markdown(*parts) if format == "markdown" else published(report_publication(*parts), format)


def _print_findings(shown: ShownNetwork, verbose: bool, color: str) -> int:
    """Prints findings to standard error; returns the exit code."""
    wanted = [problem for problem in shown.findings if verbose or problem.level != "note"]
    if wanted:
        print_problems(wanted, shown.report.source, color)
    return OK if all(verdict.holds for verdict in shown.verdicts) else INVALID
