"""Test whether layer outputs shift with the image."""

from typing import Annotated

import typer

from cnncalc.cli.options import (
    CropOption,
    DataOption,
    InputOption,
    MeanOption,
    ResizeOption,
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import UsageError


def equivariance(
    spec: SpecArgument,
    shift: Annotated[
        str | None,
        typer.Option(metavar="0,4", help="Shift in pixels, down and right. Default: one to the right."),
    ] = None,
    input: InputOption = None,
    data: DataOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    set: SetOption = None,
    *,
    to: Annotated[Out, Formats("text", "json")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.array_files import ImageOptions
    from cnncalc.cli.visualize import Files, Given, Result, visualize
    from cnncalc.executor.visualize.equivariance import equivariance as shifted
    from cnncalc.render.visualize import equivariance_data, equivariance_text

    def work(given: Given) -> Result:
        rank = given.spec.graph.nodes[0].shape.rank
        by = _signed(shift) if shift is not None else (*(0,) * (rank - 1), 1)
        found = shifted(given.spec, by, given.image, given.weights, seed=seed)
        return Result(
            equivariance_text(given.spec, by, found),
            equivariance_data(given.spec, by, found),
            sum(each.change for each in found),
        )

    files = Files(spec, set, input, data, ImageOptions(mean, std, resize, crop), weights)
    return visualize("equivariance", files, work, to)


def _signed(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.strip("()[] ").split(","))
    except ValueError:
        raise UsageError(f"--shift: expected pixels, as in 0,4 or --shift=-2,0; found '{text}'") from None
