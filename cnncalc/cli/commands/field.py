"""Show the receptive field of a layer, or its growth over all layers."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.completion import complete_layer
from cnncalc.cli.options import InputOption, SetOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE, UsageError, place_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, report_failure
from cnncalc.problems import SpecError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.analysis.box import Box
    from cnncalc.analysis.report import Report, Row


def field(
    spec: SpecArgument,
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="[LAYER]", help="Layer or block. Default: all layers.", autocompletion=complete_layer
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="6,6", help="Output position, from 0. Default: the middle."),
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "latex", "html")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.analysis import analyze
    from cnncalc.analysis.box import boxes

    try:
        network = read_spec(spec, settings_of(set), input)
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    report = analyze(network)
    if not any(shape.rank for shape in report.inputs.values()):
        is_what = "is a vector" if len(report.inputs) == 1 else "are vectors"
        sizes = " and ".join(str(shape.channels) for shape in report.inputs.values())
        inputs = "input" if len(report.inputs) == 1 else "inputs"
        complain(f"{report.name} has no receptive field: its {inputs} {is_what} of {sizes}")
        return USAGE
    if layer is None:
        if unit:
            complain("--unit needs a layer, as in cnncalc field SPEC LAYER --unit 6,6")
            return USAGE
        to.print(_growth(report, to))
        return OK
    try:
        row = report.layer(layer)
        found = boxes(network.graph, layer, place_of(unit))
    except KeyError:
        names = list(network.graph.names)
        complain(f"there is no layer '{layer}'; {did_you_mean(layer, names) or '`cnncalc show` lists them'}")
        return USAGE
    except (IndexError, ValueError) as error:
        return report_failure(error, to.color)
    to.print(_field(report, row, found, to))
    return OK


def _growth(report: "Report", to: Out) -> RenderableType:
    from cnncalc.render.data import to_json
    from cnncalc.render.field import growth_data, growth_publication, growth_text
    from cnncalc.render.publishing import published

    if to.format == "json":
        return to_json(growth_data(report))
    if to.format == "text":
        return growth_text(report, to.width)
    return published(growth_publication(report), to.format)


def _field(report: "Report", row: "Row", found: "tuple[Box, ...]", to: Out) -> RenderableType:
    from cnncalc.render.data import to_json
    from cnncalc.render.field import field_data, field_publication, field_text
    from cnncalc.render.publishing import published

    if to.format == "json":
        return to_json(field_data(report, row, found))
    if to.format == "text":
        return field_text(report, row, found)
    return published(field_publication(report, row, found), to.format)
