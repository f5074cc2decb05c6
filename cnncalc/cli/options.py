"""What options can be set to, as names on the command line, and what is offered while they are typed."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


class TextFormat(StrEnum):
    table = "table"
    json = "json"
    markdown = "markdown"


class ListFormat(StrEnum):
    table = "table"
    json = "json"


class FindingsFormat(StrEnum):
    text = "text"
    concise = "concise"
    json = "json"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"
    junit = "junit"
    markdown = "markdown"


class DataTypeName(StrEnum):
    float64 = "float64"
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"
    int8 = "int8"


class OptimizerName(StrEnum):
    sgd = "sgd"
    momentum = "momentum"
    adam = "adam"


class ToolName(StrEnum):
    torchinfo = "torchinfo"
    fvcore = "fvcore"
    ptflops = "ptflops"
    thop = "thop"
    torch = "torch"
    calflops = "calflops"
    netscope = "netscope"
    lecture = "lecture"


class LayoutName(StrEnum):
    chw = "chw"
    hwc = "hwc"


class Color(StrEnum):
    auto = "auto"
    always = "always"
    never = "never"


def complete_spec(incomplete: str) -> list[str]:
    """Bundled specs and the YAML files of the folder that is being typed."""
    from cnncalc.spec.files import bundled_folder, bundled_specs

    folder = bundled_folder()
    names = [str(path.relative_to(folder).with_suffix("")) for path in bundled_specs()]
    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    files = [str(path) for ending in ("yaml", "yml") for path in parent.glob(f"*.{ending}")]
    return [name for name in (*files, *names) if name.startswith(incomplete)]


def complete_columns(incomplete: str) -> list[str]:
    """The last of a list of column names."""
    from cnncalc.render.columns import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in COLUMNS if name.startswith(last)]


def complete_kind(incomplete: str) -> list[str]:
    """Kinds of layer, and the built-in blocks."""
    from cnncalc.layers import BY_NAME
    from cnncalc.spec.vocabulary import EXPANDING

    return [name for name in (*BY_NAME, *EXPANDING) if name.startswith(incomplete)]


def complete_code(incomplete: str) -> list[str]:
    """The codes of rules and errors; the last of several with commas between."""
    from cnncalc.checks.rules.documentation import DOCUMENTED

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + code for code in DOCUMENTED if code.startswith(last)]


SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="A spec file, a bundled spec's name, or -.", autocompletion=complete_spec
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
MEANT = "conv1 is behind the norm and activation written inside it, conv1.conv before them."
"""What a name means, as in `from: conv1`."""

ArrayOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|3x64x64",
        help="An array (.npy, .npz), an image, or a shape for noise; ./3x64x64 is a file of that name.",
    ),
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
ColorOption = Annotated[Color, typer.Option(help="Colour the output; auto obeys NO_COLOR.")]
ListFormatOption = Annotated[ListFormat, typer.Option(help="How to print.")]
