"""`cnncalc show`: reads, analyses and prints networks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.analysis.counts import Tool
from cnncalc.analysis.liveness import DataType, Optimizer
from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict, check
from cnncalc.cli.reading import (
    INVALID,
    OK,
    USAGE,
    UsageError,
    check_output,
    code_of,
    columns_of,
    read_spec,
    settings_of,
)
from cnncalc.cli.terminal import complain, print_problems, print_results, window_width
from cnncalc.problems import Problem, SpecError
from cnncalc.render.columns import COLUMNS, DEFAULT, Column, beside_macs
from cnncalc.render.data import default_csv_columns, report_data, to_csv, to_json
from cnncalc.render.table import markdown, table
from cnncalc.shapes import Layout
from cnncalc.spec import Spec

ENDINGS = {".json": "json", ".csv": "csv", ".md": "markdown", ".markdown": "markdown"}


class Request(Struct, frozen=True):
    """What the command line asked for."""

    specs: tuple[str, ...]
    format: str | None
    output: Path | None
    columns: str | None
    depth: int | None
    settings: tuple[str, ...]
    input: str | None
    batch: int
    layout: Layout | None
    data_type: DataType
    optimizer: Optimizer
    count_as: Tool | None
    max_layers: int
    color: Literal["auto", "always", "never"]
    verbose: bool


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


def run(request: Request) -> int:
    """Prints what was asked for; gives the exit code."""
    try:
        settings = settings_of(request.settings)
        check_output(request.output, request.specs)
        columns = columns_of(request.columns)
    except UsageError as error:
        complain(str(error))
        return USAGE
    shown: list[Shown] = []
    code = OK
    for name in request.specs:
        try:
            shown.append(_read(name, settings, request))
        except SpecError as error:
            print_problems(list(error.problems), error.source, request.color)
            code = max(code, code_of(error))
    if shown:
        print_results(_rendered(shown, columns, request), request.color, request.output)
    for each in shown:
        code = max(code, _report_findings(each, request))
    return code


def _read(name: str, settings: Mapping[str, str], request: Request) -> Shown:
    spec = read_spec(name, settings, request.input, request.max_layers)
    report = analyze(
        spec,
        batch=request.batch,
        layout=request.layout,
        data_type=request.data_type,
        optimizer=request.optimizer,
    )
    if request.count_as:
        from cnncalc.analysis.recount import recounted

        report = recounted(report, request.count_as)
    rows = report.at_depth(request.depth) if request.depth else report.layers
    return Shown(spec, report, rows, check(report, spec))


def _rendered(
    shown: list[Shown], columns: tuple[Column, ...] | None, request: Request
) -> list[RenderableType]:
    ending = ENDINGS.get(request.output.suffix.lower(), "table") if request.output else "table"
    format = request.format or ending
    chosen = columns or tuple(COLUMNS[name] for name in DEFAULT)
    everything = columns or default_csv_columns()
    if counting := shown[0].report.counting:
        chosen, everything = beside_macs(chosen, counting), beside_macs(everything, counting)
    if format == "json":
        data = [report_data(each.report, each.rows, each.findings) for each in shown]
        return [to_json(data[0] if len(request.specs) == 1 else data)]
    if format == "csv":
        pairs = [(each.report, each.rows) for each in shown]
        return [to_csv(pairs, everything)]
    if format == "markdown":
        return ["\n".join(_markdown(each, chosen) for each in shown)]
    width = None if request.output else window_width()
    parts: list[RenderableType] = []
    for each in shown:
        parts += ["\n"] if parts else []
        parts.append(table(each.report, each.rows, chosen, each.verdicts, each.leaves_claims, width))
    return parts


def _markdown(shown: Shown, columns: tuple[Column, ...]) -> str:
    return markdown(shown.report, shown.rows, columns, shown.verdicts, shown.leaves_claims)


def _report_findings(shown: Shown, request: Request) -> int:
    """Says what was found besides the numbers; the exit code of what does not hold."""
    wanted = [problem for problem in shown.findings if request.verbose or problem.level != "note"]
    if wanted:
        print_problems(wanted, shown.report.source, request.color)
    return OK if all(verdict.holds for verdict in shown.verdicts) else INVALID
