"""Draw a network."""

import sys
from typing import Annotated

import typer

from cnncalc.choices import Bar, Style, Theme
from cnncalc.cli.completion import complete_layer
from cnncalc.cli.options import InputOption, MaxLayersOption, SetOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE, UsageError, place_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.problems import SpecError


def draw(
    spec: SpecArgument,
    style: Annotated[Style, typer.Option(help="What to draw")] = "graph",
    depth: Annotated[
        int | None,
        typer.Option(
            min=1, help="How deep blocks are open; 1 folds all. Default: as deep as it stays small."
        ),
    ] = None,
    bar: Annotated[
        Bar | None, typer.Option(help="What the bars of --style graph show the share of. Default: macs")
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="LAYER",
            help="Layer of --unit, with --style field. Default: the last feature map.",
            autocompletion=complete_layer,
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="6,6", help="Position whose box is drawn on the input. Default: the middle."),
    ] = None,
    theme: Annotated[
        Theme, typer.Option(help="Colors; auto follows the reader's system, where the format can")
    ] = "auto",
    set: SetOption = None,
    input: InputOption = None,
    max_layers: MaxLayersOption = 100_000,
    *,
    to: Annotated[Out, Formats("svg", "html", "pdf", "png", "latex", "dot", "mermaid")],
) -> int:
    if to.is_default and to.path is None and sys.stdout.isatty():
        complain("a figure goes to a file, as in -o net.svg; --format mermaid prints text")
        return USAGE
    if to.needs_file:
        complain(f"--format {to.format} requires a file, as in -o net.{to.format}")
        return USAGE
    # imported here to keep the help fast
    from cnncalc.drawing import draw as drawing_of

    try:
        with progress(spec):
            if (layer or unit) and style != "field":
                raise UsageError("--layer and --unit belong to --style field")
            if bar and style != "graph":
                raise UsageError(f"--bar belongs to --style graph: omit it, or omit --style {style}")
            network = read_spec(spec, settings_of(set), input, max_layers)
            figure = drawing_of(network, style=style, depth=depth, bar=bar, layer=layer, unit=place_of(unit))
            written = figure.written(to.format, theme)
    except (SpecError, UsageError, ValueError, IndexError, ModuleNotFoundError) as error:
        return report_failure(error, to.color)
    if isinstance(written, str):
        to.print(written)
    else:
        to.write(written)
    return OK
