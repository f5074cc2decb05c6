"""Write a network as PyTorch source.

A class for each block, the names of the spec, and no dependency on cnncalc. If a layer cannot be written,
nothing is.
"""

from typing import Annotated

import typer

from cnncalc.choices import Library
from cnncalc.cli.options import InputOption, MaxLayersOption, SetOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import progress, report_failure
from cnncalc.problems import SpecError


def export(
    spec: SpecArgument,
    library: Annotated[Library, typer.Option("--to", help="What to write for")] = "pytorch",
    set: SetOption = None,
    input: InputOption = None,
    max_layers: MaxLayersOption = 100_000,
    *,
    to: Annotated[Out, Formats("python")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.interchange.pytorch_source import to_pytorch

    try:
        with progress(spec):
            source = to_pytorch(read_spec(spec, settings_of(set), input, max_layers))
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    to.print(source)
    return OK
