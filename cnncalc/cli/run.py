"""`cnncalc run`: runs a network on an array, an image or noise, and says what each layer puts out."""

from pathlib import Path
from typing import Literal

from msgspec import Struct
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
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, code_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, print_problems, print_results, progress, window_width
from cnncalc.executor.io.arrays import write
from cnncalc.executor.io.inputs import InputError, taken
from cnncalc.executor.io.weights import Weights, WeightsError, write_weights
from cnncalc.executor.memory import Load, refuse
from cnncalc.executor.network import init_weights
from cnncalc.executor.network import run as run_network
from cnncalc.executor.nonfinite import first_nonfinite as first_trouble
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


class Request(Struct, frozen=True):
    """What the command line asked for."""

    spec: str
    input: str | None
    looks: Looks
    weights: Path | None
    save_weights: Path | None
    seed: int
    batch: int | None
    data_type: Literal["float32", "float64"]
    output: Path | None
    save: tuple[str, ...]
    settings: tuple[str, ...]
    depth: int | None
    plain: bool
    format: Literal["table", "json", "csv", "markdown"]
    color: Literal["auto", "always", "never"]


def run(request: Request) -> int:
    """Runs, writes and prints what was asked for; gives the exit code."""
    try:
        shape, file = shape_or_file(request.input)
        spec = read_spec(request.spec, settings_of(request.settings), shape)
        targets = targets_of(spec.graph, request.save)
        check_writings(_writings(targets, request), (request.spec, file, request.weights))
        found, weights = _run(spec, file, targets, request)
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return code_of(error)
    except (UsageError, InputError, WeightsError) as error:
        complain(str(error))
        return USAGE
    except MemoryError as error:
        complain(str(error) or "there is not enough memory")
        return USAGE
    for target in targets:
        write(target.path, found[target.name])
    if request.output:
        write(request.output, found.output)
    return _printed(spec, found, weights, request)


def _writings(targets: list[Target], request: Request) -> list[Writing]:
    arrays = [each.path for each in targets] + ([request.output] if request.output else [])
    writings = [Writing(path, "an output is", ARRAY) for path in arrays]
    return writings + ([Writing(request.save_weights, "weights are")] if request.save_weights else [])


def _run(
    spec: Spec, file: Path | None, targets: list[Target], request: Request
) -> tuple[Activations, Weights | None]:
    """Asks whether it fits before anything large is read, and runs."""
    shape = spec.graph.nodes[0].shape
    x = input_of(file, shape, spec.layout, request.looks, request.batch)
    batch = len(x) if x is not None else request.batch or 1
    refuse(
        spec,
        batch,
        Load(request.data_type, sum(spec.graph.nodes[target.node].shape.size for target in targets)),
        settings=settings_of(request.settings),
        is_file=x is not None,
    )
    array = None if x is None else taken(x, shape, spec.layout, request.data_type)
    weights = weights_of(request.weights, spec.graph)
    if request.save_weights:
        weights = weights or init_weights(spec, request.seed, request.data_type)
        write_weights(request.save_weights, weights)
    with progress(spec.name) as watch:
        found = run_network(
            spec,
            array,
            weights,
            seed=request.seed,
            batch=batch,
            data_type=request.data_type,
            keep=[target.name for target in targets],
            observe=True,
            quick=not request.plain,
            watch=watch,
        )
    return found, weights


def _printed(spec: Spec, found: Activations, weights: Weights | None, request: Request) -> int:
    """Prints what was seen; 1 where numbers went astray."""
    output = found.output
    ran = Ran(
        report=analyze(spec, batch=len(output)),
        seen=found.seen,
        depth=request.depth,
        sizes=output.shape,
        first=tuple(map(float, output.flat[:FIRST])),
        trouble=first_trouble(found.seen, len(output), spec.graph, weights),
    )
    print_results([_rendered(ran, request.format)], request.color, None)
    if ran.trouble:
        complain(not_finite(ran.trouble))
    return INVALID if ran.trouble else OK


def _rendered(ran: Ran, format: str) -> RenderableType:
    if format == "json":
        return to_json(activations_data(ran))
    if format == "csv":
        return activations_csv(ran)
    return activations_markdown(ran) if format == "markdown" else activations_text(ran, window_width())
