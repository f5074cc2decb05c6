"""Commands that hold one network against another."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import Color, ColorOption, InputOption, SetOption, complete_spec


class DifferenceFormat(StrEnum):
    text = "text"
    json = "json"
    markdown = "markdown"


@app.command()
def diff(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="BEFORE [AFTER]",
            help="Spec files, bundled names, -, or a file in a revision of git: main:specs/net.yaml. "
            "One alone is compared with itself under --set or --input.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ],
    set: SetOption = None,
    input: InputOption = None,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(
            "--max-increase",
            metavar="NAME=5%",
            help="Fail where a number grows by more: macs=5%, params=100K, memory=0 …",
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where the networks differ, as git diff does.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="A line for each layer; nothing is folded.")
    ] = False,
    format: Annotated[
        DifferenceFormat | None, typer.Option(help="How to print; else as --output ends, else text.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file: .txt, .md or .json.")
    ] = None,
    color: ColorOption = Color.auto,
) -> None:
    """What tells two networks apart: layers added, removed, changed, and what that does to the numbers."""
    from cnncalc.cli.diff import Request, run

    request = Request(
        specs=tuple(specs),
        settings=tuple(set or ()),
        input=input,
        max_increase=tuple(max_increase or ()),
        exit_code=exit_code,
        verbose=verbose,
        format=format.value if format else None,
        output=output,
        color=color.value,
    )
    raise typer.Exit(run(request))
