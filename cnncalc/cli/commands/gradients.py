"""Show gradient norms layer by layer.

As an image (-o map.png), the magnitude of the gradient at each position of the input.
"""

from pathlib import Path
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
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import place_of


def gradients(
    spec: SpecArgument,
    of: OfLayerOption = None,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="3,6,6",
            help="Class, position, or channel and position. Default: the sum of all.",
        ),
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
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save all gradients (.npz).")] = None,
    set: SetOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "png")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.array_files import ImageOptions, OutputFile
    from cnncalc.cli.visualize import Files, Given, Result, visualize
    from cnncalc.executor.io.maps import picture, png
    from cnncalc.executor.io.weights import write_weights
    from cnncalc.executor.visualize.effective_field import magnitudes
    from cnncalc.executor.visualize.gradient_flow import flow, only_gradient
    from cnncalc.render.visualize import gradients_data, gradients_text

    def work(given: Given) -> Result:
        found, rows = flow(given.spec, given.data, given.weights, of=of, unit=place_of(unit), seed=seed)
        if save is not None:
            write_weights(save, {**found.inputs, **found.weights})
        return Result(
            gradients_text(given.spec, found, rows, given.label(found.unit)),
            gradients_data(given.spec, found, rows, given.label(found.unit)),
            found.value,
            lambda: png(picture(magnitudes(only_gradient(found), given.spec.layout))),
        )

    files = Files(
        spec, set, input, data, ImageOptions(mean, std, resize, crop), weights, labels=labels, of=of
    )
    saved = OutputFile(save, "gradients are") if save else None
    return visualize("gradients", files, work, to, saved)
