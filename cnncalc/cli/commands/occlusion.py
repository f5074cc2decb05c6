"""Map how the output drops when image regions are covered.

As text or as an image (-o map.png), white where the output drops most.
"""

from math import prod
from typing import Annotated

import typer

from cnncalc.cli.options import (
    CropOption,
    DataOption,
    InputOption,
    LabelsOption,
    MeanOption,
    OfLayerOption,
    ResizeOption,
    SaveMapOption,
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import place_of


def occlusion(
    spec: SpecArgument,
    of: OfLayerOption = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="3", help="Unit or class. Default: the strongest one."),
    ] = None,
    patch: Annotated[
        str | None, typer.Option(metavar="16", help="Patch size. Default: an eighth of the image.")
    ] = None,
    stride: Annotated[
        str | None, typer.Option(metavar="8", help="Patch stride in pixels. Default: half the patch.")
    ] = None,
    input: InputOption = None,
    data: DataOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    labels: LabelsOption = None,
    seed: SeedOption = 0,
    save: SaveMapOption = None,
    set: SetOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "png")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.array_files import MAP, ImageOptions, OutputFile
    from cnncalc.cli.visualize import Files, Given, Result, visualize
    from cnncalc.executor.io.maps import picture, png, write_map
    from cnncalc.executor.visualize.occlusion import occlusion as occluded
    from cnncalc.executor.visualize.occlusion import patches_of
    from cnncalc.render.visualize import occlusion_data, occlusion_text

    def work(given: Given) -> Result:
        found = occluded(
            given.spec,
            given.image,
            given.weights,
            of=of,
            unit=place_of(unit),
            patch=_sizes(patch, "--patch"),
            stride=_sizes(stride, "--stride"),
            seed=seed,
            watch=given.watch,
        )
        if save is not None:
            write_map(save, found.drop)
        return Result(
            occlusion_text(given.spec, found, given.label(found.unit)),
            occlusion_data(given.spec, found, given.label(found.unit)),
            found.value,
            lambda: png(picture(found.drop)),
        )

    def positions(given: Given) -> int:
        sizes = given.spec.graph.nodes[0].shape.spatial
        if not sizes:
            return 1
        _, starts = patches_of(sizes, _sizes(patch, "--patch"), _sizes(stride, "--stride"))
        return prod(map(len, starts))

    files = Files(
        spec, set, input, data, ImageOptions(mean, std, resize, crop), weights, labels=labels, of=of
    )
    saved = OutputFile(save, "a map is", MAP) if save else None
    return visualize("occlusion", files, work, to, saved, positions)


def _sizes(text: str | None, option: str) -> int | tuple[int, ...] | None:
    """One number for all axes, or one per axis."""
    sizes = place_of(text, option)
    return sizes[0] if sizes is not None and len(sizes) == 1 else sizes
