"""Create a spec to start from."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.choices import Template
from cnncalc.cli.options import ColorOption
from cnncalc.cli.reading import OK, USAGE
from cnncalc.cli.terminal import complain, print_results


def init(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="File to create, or - to print the spec.")
    ] = "network.yaml",
    template: Annotated[
        Template, typer.Option("--template", "-t", help="Network to start from")
    ] = "classifier",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    color: ColorOption = "auto",
) -> int:
    # imported here to keep the help fast
    from cnncalc.render.starting import next_steps
    from cnncalc.spec.starter import starter
    from cnncalc.writing import write_text

    text = starter(template).text
    if file == "-":
        print_results([text], color, None)
        return OK
    path = Path(file)
    if path.is_dir():
        complain(f"{file} is a folder; expected a file, as in {path / 'network.yaml'}")
        return USAGE
    if os.path.lexists(path) and not force:
        complain(f"{file} already exists; --force overwrites it")
        return USAGE
    write_text(path, [text], is_new=not force)
    print_results([next_steps(file, template)], color, None)
    return OK
