"""The command that proves the numbers of a network by running it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import Color, ColorOption, InputOption, SetOption, complete_spec


class VerifyFormat(StrEnum):
    text = "text"
    json = "json"
    junit = "junit"


@app.command()
def verify(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC…",
            help="Spec files, names of bundled specs, or - for standard input.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ],
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Samples that are run.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="What weights and input are drawn from.")] = 0,
    format: Annotated[VerifyFormat, typer.Option(help="How to print.")] = VerifyFormat.text,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    color: ColorOption = Color.auto,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every layer.")] = False,
) -> None:
    """Run networks on real arrays, and hold every number of the analysis against what is seen."""
    from cnncalc.cli.verify import Request, run

    request = Request(
        specs=tuple(specs),
        settings=tuple(set or ()),
        input=input,
        batch=batch,
        seed=seed,
        format=format.value,
        output=output,
        color=color.value,
        verbose=verbose,
    )
    raise typer.Exit(run(request))
