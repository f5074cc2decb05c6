"""Draw a network."""

import sys
from typing import Annotated

import typer

from cnncalc.choices import Bar, Style, Theme
from cnncalc.cli.options import InputOption, MaxLayersOption, SetOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.problems import SpecError
from cnncalc.writing import write_whole


def draw(
    spec: SpecArgument,
    style: Annotated[Style, typer.Option(help="What to draw")] = "graph",
    depth: Annotated[
        int | None,
        typer.Option(
            min=1, help="How deep blocks are open; 1 folds all. Default: as deep as it stays small."
        ),
    ] = None,
    bar: Annotated[Bar, typer.Option(help="What the bars show the share of")] = "macs",
    theme: Annotated[
        Theme, typer.Option(help="Colors; auto follows the reader's system, where the format can")
    ] = "auto",
    set: SetOption = None,
    input: InputOption = None,
    max_layers: MaxLayersOption = 100_000,
    *,
    to: Annotated[Out, Formats("svg", "html", "dot", "mermaid")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.drawing import draw as drawing_of

    try:
        with progress(spec):
            network = read_spec(spec, settings_of(set), input, max_layers)
            written = drawing_of(network, style=style, depth=depth, bar=bar).written(to.format, theme)
    except (SpecError, UsageError, ValueError, ModuleNotFoundError) as error:
        return report_failure(error, to.color)
    if isinstance(written, str):
        to.print(written)
    elif to.path is not None:
        write_whole(to.path, lambda file: file.write(written))
    elif sys.stdout.isatty():
        complain(f"--format {to.format} requires a file, as in -o net.{to.format}")
        return 2
    else:
        sys.stdout.buffer.write(written)
    return OK
