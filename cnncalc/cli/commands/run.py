"""Run a network on an array or image.

Exits with 1 if a layer outputs NaN or infinity.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.cli.array_files import (
    ARRAY,
    Looks,
    Target,
    Writing,
    check_is_shape,
    check_writings,
    input_of,
    targets_of,
    weights_of,
)
from cnncalc.cli.options import (
    MEANT,
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
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.executor.io.arrays import write
from cnncalc.executor.io.inputs import FloatName, InputError, taken
from cnncalc.executor.io.weights import Weights, WeightsError, write_weights
from cnncalc.executor.memory import Load, refuse
from cnncalc.executor.network import init_weights
from cnncalc.executor.network import run as run_network
from cnncalc.executor.nonfinite import first_nonfinite
from cnncalc.executor.trace import Activations
from cnncalc.problems import SpecError
from cnncalc.render.activations import (
    Ran,
    activations_csv,
    activations_data,
    activations_markdown,
    activations_text,
    not_finite,
)
from cnncalc.render.data import to_json
from cnncalc.spec import Spec

FIRST = 6
"""How many numbers of the output are printed."""


def run(
    spec: SpecArgument,
    input: InputOption = None,
    data: DataOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    resize: ResizeOption = False,
    crop: CropOption = False,
    weights: WeightsOption = None,
    save_weights: Annotated[
        Path | None,
        typer.Option("--save-weights", metavar="FILE", help="Save the weights used (.npz)."),
    ] = None,
    seed: SeedOption = 0,
    batch: Annotated[int | None, typer.Option(min=1, help="Number of random samples. Default: 1.")] = None,
    dtype: Annotated[FloatName, typer.Option(help="Floating-point type")] = "float32",
    save: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER[=FILE]",
            help="Save a layer's output (.npy), or several: 'stage1.*=FOLDER/'. Repeatable. " + MEANT,
        ),
    ] = None,
    set: SetOption = None,
    depth: Annotated[int | None, typer.Option(min=1, help="Fold blocks below this depth.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Compute every operation by its definition, without fast paths.")
    ] = False,
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown", "npy")],
) -> int:
    try:
        settings = settings_of(set)
        to, array_file = _outputs(to)
        check_is_shape(input)
        network = read_spec(spec, settings, input)
        targets = targets_of(network.graph, save or ())
        check_writings(_writings(targets, array_file, save_weights), (spec, data, weights))
        entry = network.graph.nodes[0].shape
        x = input_of(data, entry, network.layout, Looks(mean, std, resize, crop), batch)
        samples = len(x) if x is not None else batch or 1
        kept = sum(network.graph.nodes[target.node].shape.size for target in targets)
        refuse(network, samples, Load(dtype, kept), settings=settings, is_file=x is not None)
        array = None if x is None else taken(x, entry, network.layout, dtype)
        tensors = weights_of(weights, network.graph)
        if save_weights:
            tensors = tensors or init_weights(network, seed, dtype)
            write_weights(save_weights, tensors)
        with progress(network.name) as watch:
            found = run_network(
                network,
                array,
                tensors,
                seed=seed,
                batch=samples,
                data_type=dtype,
                keep=[target.name for target in targets],
                observe=True,
                quick=not plain,
                watch=watch,
            )
    except (SpecError, UsageError, InputError, WeightsError) as error:
        return report_failure(error, to.color)
    except MemoryError as error:
        complain(str(error) or "there is not enough memory")
        return USAGE
    for target in targets:
        write(target.path, found[target.name])
    if array_file:
        write(array_file, found.output)
    ran = _ran(network, found, tensors, depth)
    to.print(_rendered(ran, to))
    if ran.trouble:
        complain(not_finite(ran.trouble))
    return INVALID if ran.trouble else OK


def _writings(targets: list[Target], output: Path | None, weights: Path | None) -> list[Writing]:
    arrays = [each.path for each in targets] + ([output] if output else [])
    writings = [Writing(path, "an output is", ARRAY) for path in arrays]
    return writings + ([Writing(weights, "weights are")] if weights else [])


def _ran(spec: Spec, found: Activations, weights: Weights | None, depth: int | None) -> Ran:
    """What is printed about the run."""
    output = found.output
    return Ran(
        report=analyze(spec, batch=len(output)),
        seen=found.seen,
        depth=depth,
        sizes=output.shape,
        first=tuple(map(float, output.flat[:FIRST])),
        trouble=first_nonfinite(found.seen, len(output), spec.graph, weights),
    )


def _outputs(to: Out) -> tuple[Out, Path | None]:
    """Where the table goes, and the file of the output array: one that ends in .npy; raises UsageError."""
    if to.path is None or to.path.suffix.lower() != ".npy":
        if to.format == "npy":
            raise UsageError("--format npy needs a file, as in --output y.npy")
        return to, None
    return Out("text" if to.format == "npy" else to.format, None, to.color), to.path


def _rendered(ran: Ran, to: Out) -> RenderableType:
    if to.format == "json":
        return to_json(activations_data(ran))
    if to.format == "csv":
        return activations_csv(ran)
    return activations_markdown(ran) if to.format == "markdown" else activations_text(ran, to.width)
