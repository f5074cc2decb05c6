"""Find the image patches that activate a channel most.

As a table, or as an image of the patches (-o patches.png).
"""

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.options import (
    CropOption,
    InputOption,
    LayerArgument,
    MeanOption,
    ResizeOption,
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
)
from cnncalc.cli.output import Formats, Out


def patches(
    spec: SpecArgument,
    layer: LayerArgument,
    images: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[IMAGE…]", help="Images or .npy arrays to search. Default: random noise."),
    ] = None,
    channel: Annotated[int, typer.Option(min=0, help="Channel of the layer.")] = 0,
    best: Annotated[int, typer.Option(min=1, help="Number of patches.")] = 9,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    input: InputOption = None,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the patches (.npz).")] = None,
    set: SetOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "png")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.array_files import ImageOptions, OutputFile
    from cnncalc.cli.visualize import Files, Given, Result, visualize
    from cnncalc.executor.io.maps import png, sheet
    from cnncalc.executor.io.weights import write_weights
    from cnncalc.executor.network import inside
    from cnncalc.executor.visualize.top_patches import patches as best_patches
    from cnncalc.render.visualize import patches_data, patches_text

    def work(given: Given) -> Result:
        found = best_patches(given.spec, layer, channel, given.image, given.weights, best=best, seed=seed)
        if save is not None:
            write_weights(save, {f"patch{at}": patch.pixels for at, patch in enumerate(found, start=1)})
        return Result(
            patches_text(given.spec, layer, channel, found, given.names),
            patches_data(given.spec, layer, channel, found),
            sum(patch.value for patch in found),
            lambda: png(sheet([inside(patch.pixels[None], given.spec.layout)[0] for patch in found])),
        )

    files = Files(spec, set, input, None, ImageOptions(mean, std, resize, crop), weights, tuple(images or ()))
    saved = OutputFile(save, "patches are") if save else None
    return visualize("patches", files, work, to, saved, lambda given: len(given.names) or 1)
