"""Options and arguments that several commands share, and what the shell offers while they are typed."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cnncalc.analysis.liveness import DataType, Optimizer
from cnncalc.shapes import Layout

Color = Literal["auto", "always", "never"]


def complete_spec(incomplete: str) -> list[str]:
    """Bundled specs, and the YAML files of the folder that is being typed."""
    from cnncalc.spec.files import bundled_folder, bundled_specs

    folder = bundled_folder()
    names = [str(path.relative_to(folder).with_suffix("")) for path in bundled_specs()]
    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    files = [str(path) for ending in ("yaml", "yml") for path in parent.glob(f"*.{ending}")]
    return [name for name in (*files, *names) if name.startswith(incomplete)]


def complete_columns(incomplete: str) -> list[str]:
    """The last name in a list of columns."""
    from cnncalc.render.columns import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in COLUMNS if name.startswith(last)]


def complete_code(incomplete: str) -> list[str]:
    """Codes of rules and errors: the last in a list."""
    from cnncalc.checks.rules.documentation import DOCUMENTED

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + code for code in DOCUMENTED if code.startswith(last)]


MEANT = "conv1 is behind the norm and activation written inside it, conv1.conv before them."
"""What a name means, as in `from: conv1`."""

# What is read
SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="A spec file, a bundled spec's name, or -.", autocompletion=complete_spec
    ),
]
SpecsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC…",
        help="Spec files, names of bundled specs, or - for standard input.",
        autocompletion=complete_spec,
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a variable of the spec."),
]
InputOption = Annotated[
    str | None,
    typer.Option(metavar="3x320x320", help="Replace the input, written in the layout of the spec."),
]
MaxLayersOption = Annotated[int, typer.Option(min=1, help="The most layers a spec may expand to.")]
LayerArgument = Annotated[
    str,
    typer.Argument(metavar="LAYER", help=f"A layer's name, or a block's. {MEANT}"),
]
OfLayerOption = Annotated[
    str | None,
    typer.Option(metavar="LAYER", help=f"The layer or block; the network's output when not given. {MEANT}"),
]

# Arrays
DataOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The input: an array (.npy, .npz) or an image. Default: random noise."),
]
MeanOption = Annotated[
    str | None,
    typer.Option(metavar="NUMBERS|imagenet", help="Taken off an image's channels, which are from 0 to 1."),
]
StdOption = Annotated[
    str | None, typer.Option(metavar="NUMBERS|imagenet", help="What they are divided by then.")
]
ResizeOption = Annotated[bool, typer.Option("--resize", help="Stretch an image to the input's size.")]
CropOption = Annotated[
    bool, typer.Option("--crop", help="Scale an image and cut out its middle, in the input's size.")
]
WeightsOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Tensors by layer.tensor (.npz); drawn when not given.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="What weights and noise are drawn from.")]
SaveMapOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the map: .npy, .pgm, or .png with Pillow.")
]

# What is counted and explained
BatchOption = Annotated[
    int, typer.Option(min=1, help="Samples in a batch; operations and memory are those of all.")
]
DataTypeOption = Annotated[DataType, typer.Option(help="What a number is stored as.")]
OptimizerOption = Annotated[Optimizer, typer.Option(help="Whose state counts in the memory of training.")]
LayoutOption = Annotated[
    Layout | None, typer.Option(help="Channels first (chw) or last (hwc), where the sizes mislead.")
]
VariantOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="The variant of that number: other filters, kernels, sizes."),
]

# How it is printed; `cli/output.py` adds these to the commands
ColorOption = Annotated[Color, typer.Option(help="Color the output; auto follows NO_COLOR.")]
