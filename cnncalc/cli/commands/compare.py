"""Compare networks side by side."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.completion import complete_spec
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, USAGE, read_spec
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.problems import SpecError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.render.compare import Compared


def compare(
    specs: Annotated[
        list[str],
        typer.Argument(metavar="SPEC…", help="Spec files or bundled specs.", autocompletion=complete_spec),
    ],
    sort: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Sort by a column: depth, params, macs, flops, memory, training."),
    ] = None,
    descending: Annotated[bool, typer.Option("--descending", help="Sort with the largest first.")] = False,
    claims: Annotated[
        bool, typer.Option("--expected", help="Compare with the expected values in each spec.")
    ] = False,
    *,
    to: Annotated[Out, Formats("text", "json", "markdown", "latex", "html")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.render.compare import CLAIM_MEASURES, DIFFERS, MEASURES, sorted_by

    if sort is not None and sort not in MEASURES:
        complain(f"--sort: unknown column '{sort}'; {did_you_mean(sort, list(MEASURES))}")
        return USAGE
    networks: list[Compared] = []
    code = OK
    for name in specs:
        try:
            with progress(name):
                networks.append(_compared(name))
        except SpecError as error:
            code = max(code, report_failure(error, to.color))
    if claims and any(DIFFERS in measure.cell(each) for each in networks for measure in CLAIM_MEASURES):
        code = max(code, INVALID)
    if sort:
        networks = sorted_by(networks, sort, descending)
    if networks:
        to.print(_rendered(networks, claims, to))
    return code


def _compared(name: str) -> "Compared":
    from cnncalc.analysis import analyze
    from cnncalc.analysis.depth import weighted_depth
    from cnncalc.render.compare import Compared

    spec = read_spec(name)
    report = analyze(spec)
    claims = tuple(claim for claim in spec.claims if not claim.layer)
    return Compared(name, report, weighted_depth(spec.graph), report.trunk, claims)


def _rendered(networks: "list[Compared]", claims: bool, to: Out) -> RenderableType:
    from cnncalc.render.compare import (
        CLAIM_MEASURES,
        MEASURES,
        compare_data,
        compare_markdown,
        compare_publication,
        compare_table,
    )
    from cnncalc.render.data import to_json
    from cnncalc.render.publishing import published

    if to.format == "json":
        return to_json(compare_data(networks))
    measures = CLAIM_MEASURES if claims else tuple(MEASURES.values())
    if to.format == "markdown":
        return compare_markdown(networks, measures)
    if to.format != "text":
        return published(compare_publication(networks, measures), to.format)
    return compare_table(networks, measures, to.width)
