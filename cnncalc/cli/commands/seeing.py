"""Commands that show what a network sees: gradients, influence, occlusion, patches, shifts."""

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import (
    MEANT,
    ArrayOption,
    Color,
    ColorOption,
    CropOption,
    ListFormat,
    ListFormatOption,
    MeanOption,
    ResizeOption,
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
)

LayerArgument = Annotated[
    str,
    typer.Argument(metavar="LAYER", help=f"A layer's name, or a block's. {MEANT}"),
]
OfOption = Annotated[
    str | None,
    typer.Option(metavar="LAYER", help=f"The layer or block; the network's output when not given. {MEANT}"),
]


@app.command()
def gradients(
    spec: SpecArgument,
    of: OfOption = None,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="3,6,6", help="One unit: a class, a position, or one with its channel; else the sum."
        ),
    ] = None,
    input: ArrayOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all gradients as .npz.")] = None,
    set: SetOption = None,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """Backpropagation layer by layer: how large the gradient is, and how many inputs it reaches."""
    from cnncalc.cli.array_files import Looks
    from cnncalc.cli.seeing import Request, run_gradients

    looks = Looks(mean, std, resize, crop)
    request = Request(
        "gradients", spec, tuple(set or ()), input, looks, weights, seed, format.value, color.value
    )
    raise typer.Exit(run_gradients(request, of, unit, save))


@app.command()
def influence(
    spec: SpecArgument,
    layer: LayerArgument,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="6,6", help="A position, or one with its channel; the middle one when not given."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Gradients to average, of fresh noise each.")] = 1,
    share: Annotated[float, typer.Option(help="Of the gradient, for the effective receptive field.")] = 0.95,
    input: ArrayOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the map: .npy, .pgm, or .png with Pillow.")
    ] = None,
    set: SetOption = None,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """How much each input position changes a unit: a map of gradients, and the effective receptive field."""
    from cnncalc.cli.array_files import Looks
    from cnncalc.cli.seeing import Request, run_influence

    looks = Looks(mean, std, resize, crop)
    request = Request(
        "influence", spec, tuple(set or ()), input, looks, weights, seed, format.value, color.value
    )
    raise typer.Exit(run_influence(request, layer, unit, samples, share, save))


@app.command()
def occlusion(
    spec: SpecArgument,
    of: OfOption = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="3", help="Which unit or class; the strongest of the image when not given."),
    ] = None,
    patch: Annotated[
        str | None, typer.Option(metavar="16", help="Sizes of the grey patch; an eighth of the image.")
    ] = None,
    stride: Annotated[
        str | None, typer.Option(metavar="8", help="Pixels from one place to the next; half the patch.")
    ] = None,
    input: ArrayOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the map: .npy, .pgm, or .png with Pillow.")
    ] = None,
    set: SetOption = None,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """A grey patch moves over the image: what a class loses where it is hidden."""
    from cnncalc.cli.array_files import Looks
    from cnncalc.cli.seeing import Request, run_occlusion

    looks = Looks(mean, std, resize, crop)
    request = Request(
        "occlusion", spec, tuple(set or ()), input, looks, weights, seed, format.value, color.value
    )
    raise typer.Exit(run_occlusion(request, of, unit, patch, stride, save))


@app.command()
def patches(
    spec: SpecArgument,
    layer: LayerArgument,
    images: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[IMAGE…]", help="Images to search: .npy or pictures; noise without any."),
    ] = None,
    channel: Annotated[int, typer.Option(min=0, help="Which neuron of the layer.")] = 0,
    best: Annotated[int, typer.Option(min=1, help="How many patches.")] = 9,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the patches, cut out, as .npz.")
    ] = None,
    set: SetOption = None,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """The patches of some images that excite a neuron most."""
    from cnncalc.cli.array_files import Looks
    from cnncalc.cli.seeing import Request, run_patches

    looks = Looks(mean, std, resize, crop)
    request = Request(
        "patches",
        spec,
        tuple(set or ()),
        None,
        looks,
        weights,
        seed,
        format.value,
        color.value,
        tuple(images or ()),
    )
    raise typer.Exit(run_patches(request, layer, channel, best, save))


@app.command()
def equivariance(
    spec: SpecArgument,
    shift: Annotated[
        str | None,
        typer.Option(metavar="0,4", help="Pixels down and to the right; one to the right when not given."),
    ] = None,
    input: ArrayOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    set: SetOption = None,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """Does each layer's output move when the image moves, and where do stride and borders break it."""
    from cnncalc.cli.array_files import Looks
    from cnncalc.cli.seeing import Request, run_equivariance

    looks = Looks(mean, std, resize, crop)
    request = Request(
        "equivariance", spec, tuple(set or ()), input, looks, weights, seed, format.value, color.value
    )
    raise typer.Exit(run_equivariance(request, shift))
