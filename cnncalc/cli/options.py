"""Options and arguments shared by commands."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cnncalc.choices import Assumed, NotationName
from cnncalc.cli.completion import (
    complete_columns,
    complete_layer,
    complete_quantities,
    complete_setting,
    complete_spec,
)
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.shapes import Layout

Color = Literal["auto", "always", "never"]


def _list_columns(names: str | None) -> str | None:
    """With `--columns help`, prints the columns and ends the command."""
    if names == "help":
        from cnncalc.cli.terminal import print_results, window_width
        from cnncalc.render.columns import columns_text

        print_results([columns_text(window_width())], "auto", None)
        raise typer.Exit
    return names


MEANT = "conv1 is the output after its norm and activation, conv1.conv the one before them."
"""What a layer's name refers to, as in `from: conv1`."""

# Input
SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="Spec file, bundled spec, - for stdin, or a PyTorch model: package.module:Net.",
        autocompletion=complete_spec,
    ),
]
SpecsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC…",
        help="Spec files, bundled specs, - for stdin, or PyTorch models: package.module:Net.",
        autocompletion=complete_spec,
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a variable of the spec. Repeatable.",
        autocompletion=complete_setting,
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]SHAPE",
        help="Override the input shape, as in 3x320x320; a model needs it. Repeatable, for several inputs.",
    ),
]
MaxLayersOption = Annotated[int, typer.Option(min=1, help="Maximum number of layers after expansion.")]
LayerArgument = Annotated[
    str,
    typer.Argument(metavar="LAYER", help=f"Layer or block. {MEANT}", autocompletion=complete_layer),
]
OfLayerOption = Annotated[
    str | None,
    typer.Option(
        metavar="LAYER",
        help=f"Layer or block. Default: the network's output. {MEANT}",
        autocompletion=complete_layer,
    ),
]

# Arrays
DataOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]FILE",
        help="The input: an array (.npy, .npz) or an image. Repeatable, for several inputs. "
        "Default: random noise.",
    ),
]
MeanOption = Annotated[
    str | None,
    typer.Option(metavar="MEAN", help="Mean to subtract from image channels (0 to 1), or imagenet."),
]
StdOption = Annotated[
    str | None, typer.Option(metavar="STD", help="Standard deviation to divide by, or imagenet.")
]
ResizeOption = Annotated[bool, typer.Option("--resize", help="Resize an image to the input size.")]
CropOption = Annotated[bool, typer.Option("--crop", help="Scale and center-crop an image to the input size.")]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights (.npz, .safetensors, or .pt of a state_dict), by name or in order. Default: random.",
    ),
]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", metavar="FILE", help="Names of the classes, one in each line.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed for random weights and inputs.")]
SaveMapOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Save the map (.npy, .png, .pgm).")]

# Counting
BatchOption = Annotated[
    int, typer.Option(min=1, help="Batch size; operations and memory are for the whole batch.")
]
DataTypeOption = Annotated[DataType, typer.Option(help="Data type of stored numbers")]
OptimizerOption = Annotated[Optimizer, typer.Option(help="Optimizer whose state counts as training memory")]
LayoutOption = Annotated[
    Layout | None, typer.Option(help="Read shapes with channels first (chw) or last (hwc)")
]
AssumeOption = Annotated[
    Assumed | None, typer.Option(help="Padding of notations that leave it open, such as CONV5-10.")
]
VariantOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Variant N of the network: other filters, kernels and sizes."),
]

ColumnsOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Columns, in this order: name,output,flops,… `help` lists them.",
        autocompletion=complete_columns,
        callback=_list_columns,
        is_eager=True,
    ),
]

# Working
NotationOption = Annotated[NotationName, typer.Option(help="Notation of formulas")]
AllOption = Annotated[bool, typer.Option("--all", help="Explain every quantity, not only the main four.")]
QuantitiesOption = Annotated[
    str | None,
    typer.Option(
        "--of",
        metavar="NAMES",
        help="Explain only these quantities: output,params,macs,padded,…",
        autocompletion=complete_quantities,
    ),
]

# Printing; `cli/output.py` adds it to the commands
ColorOption = Annotated[Color, typer.Option(help="Color the output (auto follows NO_COLOR)")]
