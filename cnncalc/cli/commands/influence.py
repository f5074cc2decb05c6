"""Map how input positions influence a unit.

As text or as an image (-o map.png), with a frame around the receptive field.
"""

from typing import Annotated

import typer

from cnncalc.cli.options import (
    CropOption,
    DataOption,
    InputOption,
    LabelsOption,
    LayerArgument,
    MeanOption,
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


def influence(
    spec: SpecArgument,
    layer: LayerArgument,
    unit: Annotated[
        str | None,
        typer.Option(metavar="6,6", help="Position, or channel and position. Default: the middle."),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Number of random inputs to average over.")] = 1,
    share: Annotated[float, typer.Option(help="Share of the gradient in the effective field.")] = 0.95,
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
    from cnncalc.executor.visualize.effective_field import influence as influence_on
    from cnncalc.render.visualize import influence_data, influence_text

    def work(given: Given) -> Result:
        found = influence_on(
            given.spec,
            layer,
            place_of(unit),
            given.image,
            given.weights,
            samples=samples,
            seed=seed,
            watch=given.watch,
        )
        effective = found.effective(share)
        if save is not None:
            write_map(save, found.map, found.field)
        return Result(
            influence_text(given.spec, found, effective, given.label(found.unit)),
            influence_data(given.spec, found, effective, given.label(found.unit)),
            float(found.map.sum()),
            lambda: png(picture(found.map, found.field)),
        )

    files = Files(
        spec, set, input, data, ImageOptions(mean, std, resize, crop), weights, labels=labels, of=layer
    )
    saved = OutputFile(save, "a map is", MAP) if save else None
    return visualize("influence", files, work, to, saved, lambda given: samples)
