"""Compare networks side by side."""

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.completion import complete_setting, complete_spec
from cnncalc.cli.options import InputOption
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, UsageError, read_spec, settings_of, shapes_of
from cnncalc.cli.terminal import progress, report_failure
from cnncalc.problems import SpecError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.render.compare import Compared, Measure


def compare(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC…",
            help="Spec files, bundled specs, or PyTorch models.",
            autocompletion=complete_spec,
        ),
    ],
    sort: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Sort by a column: depth, params, macs, flops, memory, training."),
    ] = None,
    descending: Annotated[bool, typer.Option("--descending", help="Sort with the largest first.")] = False,
    claims: Annotated[
        bool, typer.Option("--expected", help="Compare with the expected values in each spec.")
    ] = False,
    set: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUES",
            help="Override a variable of the specs; width=0.5,1,2 gives a row for each value. Repeatable.",
            autocompletion=complete_setting,
        ),
    ] = None,
    input: InputOption = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Columns, in this order: name,input,depth,params,macs,flops,…"),
    ] = None,
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown", "latex", "html")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.render.compare import CLAIM_MEASURES, DIFFERS, sorted_by

    try:
        if sort is not None:
            _measures_of(sort, "--sort")
        measures = _measures(columns, claims)
        settings = rows_of_settings(set)
        shapes_of(input)
    except UsageError as error:
        return report_failure(error, to.color)
    networks: list[Compared] = []
    reported: list[tuple[str, str]] = []
    code = OK
    for name, each in product(specs, settings):
        try:
            with progress(name):
                networks.append(_compared(name, each, input))
        except (SpecError, UsageError) as error:
            if (name, str(error)) not in reported:  # the values of --set often share an error
                reported.append((name, str(error)))
                code = max(code, report_failure(error, to.color))
    if claims and any(DIFFERS in measure.cell(each) for each in networks for measure in CLAIM_MEASURES):
        code = max(code, INVALID)
    if sort:
        networks = sorted_by(networks, sort, descending)
    if networks:
        to.print(_rendered(networks, measures, to))
    return code


MOST_ROWS = 1000
"""Combinations of the lists of `--set`."""


def rows_of_settings(pairs: list[str] | None) -> list[dict[str, str]]:
    """Every combination of the values of `--set KEY=VALUE,VALUE`; raises UsageError."""
    lists = {name: _values(name, text) for name, text in settings_of(pairs).items()}
    rows = prod(map(len, lists.values()))
    if rows > MOST_ROWS:
        raise UsageError(f"--set: expected at most {MOST_ROWS:,} combinations, found {rows:,}")
    return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]


def _values(name: str, text: str) -> list[str]:
    """The values between commas; a list in brackets is one value: `kernel=[1,3],[3,3]`."""
    values: list[str] = []
    is_open = False
    for part in text.split(","):
        if is_open:
            values[-1] += "," + part
        else:
            values.append(part)
        is_open = (is_open or "[" in part) and "]" not in part
    values = [value.strip() for value in values]
    if not all(values):
        raise UsageError(f"--set: expected {name}=VALUE or {name}=VALUE,VALUE; found '{name}={text}'")
    return list(dict.fromkeys(values))


def _measures(columns: str | None, claims: bool) -> "tuple[Measure, ...]":
    """The columns of the table; raises UsageError."""
    from cnncalc.render.compare import CLAIM_MEASURES, MEASURES

    if columns is None:
        return CLAIM_MEASURES if claims else tuple(MEASURES.values())
    if claims:
        raise UsageError("--columns: --expected has its own columns; give one of the two")
    return _measures_of(columns, "--columns")


def _measures_of(names: str, option: str) -> "tuple[Measure, ...]":
    from cnncalc.render.compare import MEASURES

    words = [word.strip() for word in names.split(",")] if option == "--columns" else [names]
    for word in words:
        if word not in MEASURES:
            raise UsageError(f"{option}: unknown column '{word}'; {did_you_mean(word, list(MEASURES))}")
    return tuple(MEASURES[word] for word in dict.fromkeys(words))


def _compared(name: str, settings: dict[str, str], input: list[str] | None) -> "Compared":
    from cnncalc.analysis import analyze
    from cnncalc.analysis.depth import weighted_depth
    from cnncalc.render.compare import Compared

    spec = read_spec(name, settings, input)
    report = analyze(spec)
    claims = () if report.changed else tuple(claim for claim in spec.claims if not claim.layer)
    return Compared(name, report, weighted_depth(spec.graph), report.trunk, claims, settings)


def _rendered(networks: "list[Compared]", measures: "tuple[Measure, ...]", to: Out) -> RenderableType:
    from cnncalc.render.compare import (
        compare_csv,
        compare_data,
        compare_markdown,
        compare_publication,
        compare_table,
    )
    from cnncalc.render.data import to_json
    from cnncalc.render.publishing import published

    match to.format:
        case "json":
            return to_json(compare_data(networks))
        case "csv":
            return compare_csv(networks, measures)
        case "markdown":
            return compare_markdown(networks, measures)
        case "text":
            return compare_table(networks, measures, to.width)
    return published(compare_publication(networks, measures), to.format)
