"""Run a network forward: what each layer puts out, how long it takes, and where numbers go astray.

Exits with 1 where a layer puts out NaN or infinity.
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
    check_writings,
    input_of,
    shape_or_file,
    targets_of,
    weights_of,
)
from cnncalc.cli.options import (
    MEANT,
    ArrayOption,
    ColorOption,
    CropOption,
    FormatOption,
    MeanOption,
    ResizeOption,
    SeedOption,
    SetOption,
    SpecArgument,
    StdOption,
    WeightsOption,
)
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, print_results, progress, report_failure, window_width
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
    dtype: Annotated[FloatName, typer.Option(help="What is computed in.")] = "float32",
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
    format: FormatOption = "table",
    color: ColorOption = "auto",
) -> int:
    try:
        shape, file = shape_or_file(input)
        settings = settings_of(set)
        network = read_spec(spec, settings, shape)
        targets = targets_of(network.graph, save or ())
        check_writings(_writings(targets, output, save_weights), (spec, file, weights))
        entry = network.graph.nodes[0].shape
        x = input_of(file, entry, network.layout, Looks(mean, std, resize, crop), batch)
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
        return report_failure(error, color)
    except MemoryError as error:
        complain(str(error) or "there is not enough memory")
        return USAGE
    for target in targets:
        write(target.path, found[target.name])
    if output:
        write(output, found.output)
    ran = _ran(network, found, tensors, depth)
    print_results([_rendered(ran, format)], color, None)
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


def _rendered(ran: Ran, format: str) -> RenderableType:
    if format == "json":
        return to_json(activations_data(ran))
    if format == "csv":
        return activations_csv(ran)
    return activations_markdown(ran) if format == "markdown" else activations_text(ran, window_width())
