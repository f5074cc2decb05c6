"""Options and arguments shared by commands, and their shell completion."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cnncalc.choices import Assumed, NotationName
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.shapes import Layout

Color = Literal["auto", "always", "never"]


def complete_spec(incomplete: str) -> list[str]:
    """Completes bundled specs, and YAML files in the typed folder."""
    from cnncalc.spec.files import bundled_folder, bundled_specs

    folder = bundled_folder()
    names = [str(path.relative_to(folder).with_suffix("")) for path in bundled_specs()]
    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    files = [str(path) for ending in ("yaml", "yml") for path in parent.glob(f"*.{ending}")]
    return [name for name in (*files, *names) if name.startswith(incomplete)]


def complete_layer(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes layers and blocks of the spec typed before."""
    from cnncalc.problems import SpecError
    from cnncalc.spec import load

    try:
        spec = load(Path(ctx.params["spec"]))
    except (SpecError, KeyError, TypeError):
        return []
    return [name for name in spec.graph.names if name.startswith(incomplete)]


def complete_columns(incomplete: str) -> list[str]:
    """Completes the last name in a list of columns."""
    from cnncalc.render.columns import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    words = COLUMNS if comma else [*COLUMNS, "help"]
    return [before + comma + name for name in words if name.startswith(last)]


def complete_column(incomplete: str) -> list[str]:
    """Completes one column."""
    from cnncalc.render.columns import COLUMNS

    return [name for name in COLUMNS if name.startswith(incomplete)]


def _list_columns(names: str | None) -> str | None:
    """With `--columns help`, prints the columns and ends the command."""
    if names == "help":
        from cnncalc.cli.terminal import print_results, window_width
        from cnncalc.render.columns import columns_text

        print_results([columns_text(window_width())], "auto", None)
        raise typer.Exit
    return names


def complete_code(incomplete: str) -> list[str]:
    """Completes the last code in a list of rules and errors."""
    from cnncalc.checks.rules.documentation import DOCUMENTED

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + code for code in DOCUMENTED if code.startswith(last)]


def complete_topic(incomplete: str) -> list[str]:
    """Completes the topics of the guide."""
    from cnncalc.guide import TOPICS

    return [topic for topic in TOPICS if topic.startswith(incomplete)]


MEANT = "conv1 is the output after its norm and activation, conv1.conv the one before them."
"""What a layer's name refers to, as in `from: conv1`."""

# Input
SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="Spec file, bundled spec, or - for stdin.", autocompletion=complete_spec
    ),
]
SpecsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC…",
        help="Spec files, bundled specs, or - for stdin.",
        autocompletion=complete_spec,
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a variable of the spec. Repeatable."),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]SHAPE",
        help="Override the input shape, as in 3x320x320. Repeatable, for several inputs.",
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
    ),
]

# Printing; `cli/output.py` adds it to the commands
ColorOption = Annotated[Color, typer.Option(help="Color the output (auto follows NO_COLOR)")]
