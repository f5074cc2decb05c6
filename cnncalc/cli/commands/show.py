"""The table of a network: each layer's output, parameters, MACs and receptive field, and the totals."""

from typing import Annotated

import typer
from msgspec import Struct
from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.analysis.counts import Tool
from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict, check
from cnncalc.cli.options import (
    ColorOption,
    DataTypeOption,
    Format,
    InputOption,
    MaxLayersOption,
    OptimizerOption,
    OutputOption,
    SetOption,
    SpecsArgument,
    complete_columns,
)
from cnncalc.cli.reading import (
    INVALID,
    OK,
    UsageError,
    check_output,
    columns_of,
    read_spec,
    settings_of,
)
from cnncalc.cli.terminal import print_problems, print_results, report_failure, window_width
from cnncalc.problems import Problem, SpecError
from cnncalc.render.columns import COLUMNS, DEFAULT, Column, beside_macs
from cnncalc.render.data import default_csv_columns, report_data, to_csv, to_json
from cnncalc.render.table import markdown, table
from cnncalc.shapes import Layout
from cnncalc.spec import Spec

ENDINGS: dict[str, Format] = {
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
}
"""The format that the name of the output asks for."""


def show(
    specs: SpecsArgument,
    format: Annotated[
        Format | None,
        typer.Option(help="How to print; without it what the ending of --output says, else a table."),
    ] = None,
    output: OutputOption = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Columns in this order, with commas between: name,output,flops …",
            autocompletion=complete_columns,
        ),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, help="Fold blocks deeper than this into one row; sums are kept.")
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Samples in a batch; operations are those of all.")] = 1,
    layout: Annotated[
        Layout | None, typer.Option(help="Write shapes channels first (chw) or last (hwc).")
    ] = None,
    dtype: DataTypeOption = "float32",
    optimizer: OptimizerOption = "sgd",
    count_as: Annotated[
        Tool | None,
        typer.Option("--count-as", help="Show beside the MACs what another tool counts for each layer."),
    ] = None,
    symbolic: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Leave a variable of the spec unknown: counts become polynomials."),
    ] = None,
    max_layers: MaxLayersOption = 100_000,
    color: ColorOption = "auto",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print notes, such as strides that do not fit.")
    ] = False,
) -> int:
    if symbolic:
        if depth or input or output or layout or count_as or batch > 1 or format == "csv":
            raise typer.BadParameter(
                "--symbolic goes with --set, --columns, --color and --format but csv only"
            )
        from cnncalc.cli.symbolic import run

        return run(specs, symbolic, columns, set, format or "table", color)
    try:
        settings = settings_of(set)
        check_output(output, specs)
        chosen = columns_of(columns)
    except UsageError as error:
        return report_failure(error, color)
    shown: list[Shown] = []
    code = OK
    for name in specs:
        try:
            spec = read_spec(name, settings, input, max_layers)
            report = analyze(spec, batch=batch, layout=layout, data_type=dtype, optimizer=optimizer)
            shown.append(_shown(spec, report, depth, count_as))
        except SpecError as error:
            code = max(code, report_failure(error, color))
    if shown:
        wanted = format or (ENDINGS.get(output.suffix.lower()) if output else None)
        width = None if output else window_width()
        print_results(_rendered(shown, chosen, wanted, width, len(specs) == 1), color, output)
    return max([code, *(_print_findings(each, verbose, color) for each in shown)])


class Shown(Struct, frozen=True):
    """One network that could be read."""

    spec: Spec
    report: Report
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def leaves_claims(self) -> bool:
        """Whether there are claims that were not checked, as the network is not the one written."""
        return self.report.changed and bool(self.spec.claims)

    @property
    def findings(self) -> list[Problem]:
        """Warnings, notes, and the claims that do not hold."""
        failed = [verdict.problem for verdict in self.verdicts if verdict.problem]
        return [*self.report.findings, *failed]


def _shown(spec: Spec, report: Report, depth: int | None, count_as: Tool | None) -> Shown:
    if count_as:
        from cnncalc.analysis.recount import recounted

        report = recounted(report, count_as)
    rows = report.at_depth(depth) if depth else report.layers
    return Shown(spec, report, rows, check(report, spec))


def _rendered(
    shown: list[Shown],
    columns: tuple[Column, ...] | None,
    format: Format | None,
    width: int | None,
    is_alone: bool,
) -> list[RenderableType]:
    chosen = columns or tuple(COLUMNS[name] for name in DEFAULT)
    everything = columns or default_csv_columns()
    if counting := shown[0].report.counting:
        chosen, everything = beside_macs(chosen, counting), beside_macs(everything, counting)
    if format == "json":
        data = [report_data(each.report, each.rows, each.findings) for each in shown]
        return [to_json(data[0] if is_alone else data)]
    if format == "csv":
        pairs = [(each.report, each.rows) for each in shown]
        return [to_csv(pairs, everything)]
    if format == "markdown":
        return ["\n".join(_markdown(each, chosen) for each in shown)]
    parts: list[RenderableType] = []
    for each in shown:
        parts += ["\n"] if parts else []
        parts.append(table(each.report, each.rows, chosen, each.verdicts, each.leaves_claims, width))
    return parts


def _markdown(shown: Shown, columns: tuple[Column, ...]) -> str:
    return markdown(shown.report, shown.rows, columns, shown.verdicts, shown.leaves_claims)


def _print_findings(shown: Shown, verbose: bool, color: str) -> int:
    """Prints findings to standard error; the exit code of what does not hold."""
    wanted = [problem for problem in shown.findings if verbose or problem.level != "note"]
    if wanted:
        print_problems(wanted, shown.report.source, color)
    return OK if all(verdict.holds for verdict in shown.verdicts) else INVALID
