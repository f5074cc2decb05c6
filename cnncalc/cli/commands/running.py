"""Commands that run a network on real arrays: to see what comes out, and to prove its numbers."""

from enum import StrEnum
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
    Format,
    InputOption,
    MeanOption,
    ResizeOption,
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
    complete_spec,
)


class FloatName(StrEnum):
    float32 = "float32"
    float64 = "float64"


@app.command()
def run(
    spec: SpecArgument,
    input: ArrayOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    save_weights: Annotated[
        Path | None, typer.Option("--save-weights", metavar="FILE", help="Write the weights used (.npz).")
    ] = None,
    seed: SeedOption = 0,
    batch: Annotated[int | None, typer.Option(min=1, help="Samples of noise; 1 when not given.")] = None,
    dtype: Annotated[FloatName, typer.Option(help="What is computed in.")] = FloatName.float32,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the network's output (.npy).")
    ] = None,
    save: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER[=FILE]",
            help="Write a layer's output (.npy), or several: 'stage1.*=FOLDER/'. May be given again. "
            + MEANT,
        ),
    ] = None,
    set: SetOption = None,
    depth: Annotated[int | None, typer.Option(min=1, help="Fold blocks deeper than this.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Take every operation as its definition reads, without shortcuts.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.table,
    color: ColorOption = Color.auto,
) -> None:
    """Run a network forward: what each layer puts out, how long it takes, and where numbers go astray.

    Exits with 1 where a layer puts out NaN or infinity.
    """
    from cnncalc.cli.array_files import Looks
    from cnncalc.cli.run import Request
    from cnncalc.cli.run import run as run_network

    request = Request(
        spec=spec,
        input=input,
        looks=Looks(mean=mean, std=std, resize=resize, crop=crop),
        weights=weights,
        save_weights=save_weights,
        seed=seed,
        batch=batch,
        data_type=dtype.value,
        output=output,
        save=tuple(save or ()),
        settings=tuple(set or ()),
        depth=depth,
        plain=plain,
        format=format.value,
        color=color.value,
    )
    raise typer.Exit(run_network(request))


class VerifyFormat(StrEnum):
    text = "text"
    json = "json"
    junit = "junit"


@app.command()
def verify(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC…",
            help="Spec files, names of bundled specs, or - for standard input.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ],
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Samples that are run.")] = 2,
    seed: SeedOption = 0,
    format: Annotated[VerifyFormat, typer.Option(help="How to print.")] = VerifyFormat.text,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    color: ColorOption = Color.auto,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every layer.")] = False,
) -> None:
    """Run networks on real arrays, and hold every number of the analysis against what is seen."""
    from cnncalc.cli.verify import Request, run

    request = Request(
        specs=tuple(specs),
        settings=tuple(set or ()),
        input=input,
        batch=batch,
        seed=seed,
        format=format.value,
        output=output,
        color=color.value,
        verbose=verbose,
    )
    raise typer.Exit(run(request))
