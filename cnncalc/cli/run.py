"""`cnncalc run`: runs a network on an array, an image or noise, and says what each layer puts out."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.cli.reading import INVALID, OK, SHAPE, USAGE, UsageError, code_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, print_problems, print_results, progress
from cnncalc.executor.arithmetic import Array
from cnncalc.executor.files import IMAGENET, read_input, read_weights, write, write_weights
from cnncalc.executor.memory import TooLargeError, refuse
from cnncalc.executor.network import InputError, init_weights, taken
from cnncalc.executor.network import run as run_network
from cnncalc.executor.seen import Activations
from cnncalc.executor.weights import WeightsError
from cnncalc.problems import SpecError, did_you_mean
from cnncalc.render.activations import (
    activations_csv,
    activations_data,
    activations_text,
    folded,
    not_finite,
)
from cnncalc.render.data import to_json
from cnncalc.spec import Spec


class Request(Struct, frozen=True):
    """What the command line asked for."""

    spec: str
    input: str | None
    mean: str
    std: str
    resize: bool
    weights: Path | None
    save_weights: Path | None
    seed: int
    batch: int
    data_type: Literal["float32", "float64"]
    output: Path | None
    save: tuple[str, ...]
    settings: tuple[str, ...]
    depth: int | None
    plain: bool
    format: Literal["table", "json", "csv"]
    color: Literal["auto", "always", "never"]


def run(request: Request) -> int:
    """Prints what was seen; gives the exit code."""
    is_shape = request.input is not None and SHAPE.fullmatch(request.input) is not None
    try:
        spec = read_spec(request.spec, settings_of(request.settings), request.input if is_shape else None)
        file = Path(request.input) if request.input and not is_shape else None
        files = _files(request, spec)
        x = _input(file, spec, request)
        refuse(spec, len(x) if x is not None else request.batch, request.data_type)
        found = _run(spec, x, files, request)
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return code_of(error)
    except (UsageError, InputError, WeightsError, TooLargeError) as error:
        complain(str(error))
        return USAGE
    for name, path in files.items():
        write(path, found[name])
    if request.output:
        write(request.output, found.output)
    return _printed(spec, found, request)


def _numbers(text: str, option: Literal["mean", "std"], channels: int) -> tuple[float, ...]:
    """One number, or one for each channel; `imagenet` stands for those of its images."""
    if text == "imagenet":
        numbers: tuple[float, ...] = IMAGENET[option]
    else:
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            raise UsageError(
                f"--{option} takes numbers, as in 0.5,0.5,0.5, or imagenet, not '{text}'"
            ) from None
    if len(numbers) not in (1, channels):
        raise UsageError(f"--{option} gives {len(numbers)} numbers, and there are {channels} channels")
    if option == "std" and min(numbers) <= 0:
        raise UsageError("--std must be above 0")
    return numbers


def _input(file: Path | None, spec: Spec, request: Request) -> Array | None:
    if file is None:
        return None
    shape = spec.graph.nodes[0].shape
    mean, std = (_numbers(getattr(request, name), name, shape.channels) for name in ("mean", "std"))
    try:
        array = read_input(file, shape, spec.layout, mean, std, request.resize)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    return taken(array, shape, spec.graph.layout, request.data_type)


def _files(request: Request, spec: Spec) -> dict[str, Path]:
    """The layers to be saved, and where; a name alone is also that of its file."""
    files: dict[str, Path] = {}
    for wanted in request.save:
        name, equals, path = wanted.partition("=")
        if name not in spec.graph.names:
            hint = did_you_mean(name, list(spec.graph.names)) or "cnncalc show lists them"
            raise UsageError(f"--save: there is no layer '{name}'; {hint}")
        files[name] = Path(path if equals and path else f"{name}.npy")
    targets = [*files.values(), *filter(None, (request.output, request.save_weights))]
    for target in targets:
        _check_target(target, request, targets)
    return files


def _check_target(target: Path, request: Request, targets: list[Path]) -> None:
    """Raises UsageError where writing a file would lose another, or cannot work."""
    read = [Path(name).resolve() for name in (request.spec, request.input, request.weights) if name]
    if target.resolve() in read or target.suffix.lower() in (".yaml", ".yml"):
        raise UsageError(f"writing {target} would take the place of what is read")
    if sum(target.resolve() == other.resolve() for other in targets) > 1:
        raise UsageError(f"{target} would be written twice")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent} to write {target.name} into")


def _run(spec: Spec, x: Array | None, files: dict[str, Path], request: Request) -> Activations:
    weights = None
    if request.weights:
        try:
            weights = read_weights(request.weights, spec.graph)
        except OSError as error:
            raise WeightsError(f"{request.weights} cannot be read: {error.strerror or error}") from error
    elif request.save_weights:
        weights = init_weights(spec, request.seed, request.data_type)
    if request.save_weights and weights is not None:
        write_weights(request.save_weights, weights)
    with progress(spec.name) as watch:
        return run_network(
            spec,
            x,
            weights,
            seed=request.seed,
            batch=request.batch,
            data_type=request.data_type,
            keep=list(files),
            observe=True,
            quick=not request.plain,
            watch=watch,
        )


def _printed(spec: Spec, found: Activations, request: Request) -> int:
    report = analyze(spec, batch=len(found.output))
    rows = folded(found.seen, report, request.depth)
    if request.format == "json":
        print_results([to_json(activations_data(rows, report))], request.color, None)
    elif request.format == "csv":
        print_results([activations_csv(rows, report)], request.color, None)
    else:
        print_results([activations_text(rows, report, found.seen)], request.color, None)
    trouble = not_finite(found.seen, report.batch)
    if trouble:
        complain(trouble)
    return INVALID if trouble else OK
