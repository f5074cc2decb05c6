"""Show the working: formula, numbers, result, source."""

from typing import Annotated

import typer

from cnncalc.cli.options import (
    AllOption,
    BatchOption,
    DataTypeOption,
    InputOption,
    NotationOption,
    QuantitiesOption,
    SetOption,
    SpecArgument,
    complete_layer,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import report_failure
from cnncalc.problems import SpecError


def explain(
    spec: SpecArgument,
    layers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LAYER…]",
            help="Layers or blocks. Default: a summary of the network.",
            autocompletion=complete_layer,
        ),
    ] = None,
    notation: NotationOption = "cnncalc",
    of: QuantitiesOption = None,
    all: AllOption = False,
    set: SetOption = None,
    input: InputOption = None,
    batch: BatchOption = 1,
    dtype: DataTypeOption = "float32",
    *,
    to: Annotated[Out, Formats("text", "json", "markdown", "latex")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.analysis import analyze
    from cnncalc.cli.explanations import explanations, quantities_of, rendered

    try:
        network = read_spec(spec, settings_of(set), input)
        report = analyze(network, batch=batch, data_type=dtype)
        found = explanations(report, layers or (), notation)
        chosen = quantities_of(of, all, found, to.format)
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    to.print(*rendered(found, chosen, to.format))
    return OK
