"""Run a network on an array or image.

Exits with 1 if a layer outputs NaN or infinity.
"""

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.completion import complete_layer
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
from cnncalc.datatypes import FloatName
from cnncalc.problems import SpecError

TOP = 5
"""The classes that `--labels` prints without `--top`."""


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
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names of the classes, one in each line. Prints the top 5."),
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Number of top classes to print.")] = None,
    seed: SeedOption = 0,
    batch: Annotated[int | None, typer.Option(min=1, help="Number of random samples. Default: 1.")] = None,
    dtype: Annotated[FloatName, typer.Option(help="Floating-point type")] = "float32",
    save: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER[=FILE]",
            autocompletion=complete_layer,
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
    # imported here to keep the help fast
    from cnncalc.cli.announcing import PLAIN, announce
    from cnncalc.cli.array_files import (
        ImageOptions,
        check_is_shape,
        check_output_files,
        data_files,
        data_of,
        targets_of,
        weights_of,
    )
    from cnncalc.cli.running import check_outputs, output_files, outputs, ran, rendered, write_outputs
    from cnncalc.executor.io.arrays import write
    from cnncalc.executor.io.inputs import InputError, checked_inputs
    from cnncalc.executor.io.weights import WeightsError, write_weights
    from cnncalc.executor.memory import Load, refuse
    from cnncalc.executor.network import init_weights
    from cnncalc.executor.network import run as run_network
    from cnncalc.executor.top import check_labels, read_labels, top_classes
    from cnncalc.render.activations import not_finite

    try:
        settings = settings_of(set)
        to, array_file = outputs(to)
        check_is_shape(input)
        network = read_spec(spec, settings, input)
        targets = targets_of(network.graph, save or ())
        files = data_files(data, network.graph)
        check_outputs(network.graph, array_file)
        names = read_labels(labels) if labels else None
        if top or labels:
            sizes = {name: network.graph.nodes[at].shape.dims() for name, at in network.graph.outputs.items()}
            check_labels(sizes, names, str(labels))
        read = (spec, *files.values(), weights, labels)
        check_output_files(output_files(targets, array_file, save_weights), read)
        x = data_of(files, network.graph, ImageOptions(mean, std, resize, crop), batch)
        samples = max(map(len, x.values())) if x is not None else batch or 1
        kept = sum(network.graph.nodes[target.node].shape.size for target in targets)
        refuse(network, samples, Load(dtype, kept), settings=settings, is_file=x is not None)
        arrays = None if x is None else checked_inputs(network.graph, x, dtype)
        tensors = weights_of(weights, network.graph)
        if save_weights:
            tensors = tensors or init_weights(network, seed, dtype)
            write_weights(save_weights, tensors)
        announce(network, samples * (PLAIN if plain else 1))
        with progress(network.name) as watch:
            found = run_network(
                network,
                arrays,
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
        complain(str(error) or "not enough memory")
        return USAGE
    for target in targets:
        write(target.path, found[target.name])
    if array_file:
        write_outputs(array_file, found.outputs)
    best = top_classes(found.outputs, top or TOP, names) if top or labels else ()
    table = ran(network, found, tensors, depth, best)
    to.print(rendered(table, to))
    if table.nonfinite:
        complain(not_finite(table.nonfinite))
    return INVALID if table.nonfinite else OK
