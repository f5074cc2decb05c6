"""Show the working: formula, numbers, result, source."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cnncalc.cli.completion import complete_layer
from cnncalc.cli.options import (
    AllOption,
    AssumeOption,
    DataTypeOption,
    InputOption,
    NotationOption,
    QuantitiesOption,
    SetOption,
    SpecArgument,
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
            help="Layers or blocks; behind an input shape, layers as for calc. Default: a summary.",
            autocompletion=complete_layer,
        ),
    ] = None,
    notation: NotationOption = "cnncalc",
    of: QuantitiesOption = None,
    all: AllOption = False,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Batch size; operations and memory are for the whole batch.")
    ] = None,
    assume: AssumeOption = None,
    dtype: DataTypeOption = "float32",
    *,
    to: Annotated[Out, Formats("text", "json", "markdown", "latex")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.analysis import analyze
    from cnncalc.cli.explanations import explanations, quantities_of, rendered
    from cnncalc.homework.calc import report_of
    from cnncalc.render.table import read_as
    from cnncalc.spec.typed import is_typed, typed

    names: Sequence[str] = layers or ()
    try:
        if is_typed(spec):
            if set or input:
                raise UsageError("--set and --input need a spec; this is the shape of an input")
            report = report_of(typed(spec, tuple(names), assume=assume), batch, dtype)
            names = [row.name for row in report.layers]
        else:
            network = read_spec(spec, settings_of(set), input)
            report = analyze(network, batch=batch or 1, data_type=dtype)
        found = explanations(report, names, notation)
        chosen = quantities_of(of, all, found, to.format)
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    echoed = read_as(report.findings) if to.format == "text" else []
    to.print(*rendered(found, chosen, to.format), *(["\n" + "\n".join(echoed) + "\n"] if echoed else []))
    return OK
