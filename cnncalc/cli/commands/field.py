"""Show the receptive field of a layer."""

from typing import Annotated

import typer

from cnncalc.cli.options import InputOption, LayerNameArgument, SetOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE, UsageError, place_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, report_failure
from cnncalc.problems import SpecError, did_you_mean


def field(
    spec: SpecArgument,
    layer: LayerNameArgument,
    unit: Annotated[
        str | None,
        typer.Option(metavar="6,6", help="Output position, from 0. Default: the middle."),
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    *,
    to: Annotated[Out, Formats("text", "json")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.analysis import analyze
    from cnncalc.analysis.box import boxes
    from cnncalc.render.data import to_json
    from cnncalc.render.field import field_data, field_text

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
    try:
        row = report.layer(layer)
        found = boxes(network.graph, layer, place_of(unit))
    except KeyError:
        names = list(network.graph.names)
        complain(f"there is no layer '{layer}'; {did_you_mean(layer, names) or '`cnncalc show` lists them'}")
        return USAGE
    except (IndexError, ValueError) as error:
        return report_failure(error, to.color)
    shown = to_json(field_data(report, row, found)) if to.format == "json" else field_text(report, row, found)
    to.print(shown)
    return OK
