"""`cnncalc gradients`, `influence`, `occlusion`, `patches`, `equivariance`: what a network sees."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.cli.reading import (
    OK,
    SHAPE,
    USAGE,
    UsageError,
    code_of,
    place_of,
    read_spec,
    settings_of,
)
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.executor.arithmetic import Array
from cnncalc.executor.files import read_input, read_weights, write_weights
from cnncalc.executor.memory import TooLargeError, refuse
from cnncalc.executor.pictures import read_images, write_map
from cnncalc.executor.seeing.equivariance import equivariance
from cnncalc.executor.seeing.flow import flow
from cnncalc.executor.seeing.influence import influence
from cnncalc.executor.seeing.occlusion import occlusion
from cnncalc.executor.seeing.patches import patches
from cnncalc.executor.weights import Weights
from cnncalc.problems import SpecError
from cnncalc.render import seeing as render
from cnncalc.render.data import Data, to_json
from cnncalc.spec import Spec


class Request(Struct, frozen=True):
    """What all of these commands are given."""

    spec: str
    settings: tuple[str, ...]
    input: str | None
    weights: Path | None
    seed: int
    format: str
    color: str


class Given(Struct, frozen=True):
    """The network, the image and the weights, read; None where they are to be drawn."""

    spec: Spec
    image: Array | None
    weights: Weights | None
    seed: int


Result = tuple[RenderableType, Data]
"""What is printed, and the same as data."""


def _run(request: Request, work: Callable[[Given], Result]) -> int:
    """Reads what was given, works, prints; gives the exit code."""
    try:
        shown, data = work(_read(request))
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return code_of(error)
    except (UsageError, TooLargeError, ValueError, IndexError) as error:
        complain(str(error))
        return USAGE
    print_results([to_json(data) if request.format == "json" else shown], request.color, None)
    return OK


def _read(request: Request) -> Given:
    """Raises SpecError, UsageError, ValueError or TooLargeError where something cannot be read or run."""
    shape = request.input if request.input and SHAPE.fullmatch(request.input) else None
    spec = read_spec(request.spec, settings_of(request.settings), shape)
    refuse(spec, data_type="float64")
    image, weights = None, None
    with readable():
        if request.input and not shape:
            image = read_input(Path(request.input), spec.graph.nodes[0].shape, spec.layout)
        if request.weights is not None:
            weights = read_weights(request.weights, spec.graph)
    return Given(spec, image, weights, request.seed)


@contextmanager
def readable() -> Iterator[None]:
    """Files that cannot be read are a mistake in how cnncalc was called."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from error


def run_gradients(request: Request, of: str | None, unit: str | None, save: Path | None) -> int:
    """Prints what becomes of a gradient at each layer."""

    def work(given: Given) -> Result:
        found, rows = flow(
            given.spec, given.image, given.weights, of=of, unit=place_of(unit), seed=given.seed
        )
        if save is not None:
            write_weights(save, {"input": found.input, **found.weights})
        return render.gradients_text(given.spec, found, rows), render.gradients_data(given.spec, found, rows)

    return _run(request, work)


def run_influence(
    request: Request, layer: str, unit: str | None, samples: int, share: float, save: Path | None
) -> int:
    """Prints how much each input position changes a unit."""

    def work(given: Given) -> Result:
        found = influence(
            given.spec, layer, place_of(unit), given.image, given.weights, samples=samples, seed=given.seed
        )
        effective = found.effective(share)
        if save is not None:
            write_map(save, found.map)
        return (
            render.influence_text(given.spec, found, effective),
            render.influence_data(given.spec, found, effective),
        )

    return _run(request, work)


def run_occlusion(
    request: Request,
    of: str | None,
    unit: str | None,
    patch: str | None,
    stride: str | None,
    save: Path | None,
) -> int:
    """Prints what an output loses where a grey patch hides the image."""

    def work(given: Given) -> Result:
        found = occlusion(
            given.spec,
            given.image,
            given.weights,
            of=of,
            unit=place_of(unit),
            patch=_sizes(patch, "--patch"),
            stride=_sizes(stride, "--stride"),
            seed=given.seed,
        )
        if save is not None:
            write_map(save, found.drop)
        return render.occlusion_text(given.spec, found), render.occlusion_data(given.spec, found)

    return _run(request, work)


def run_patches(
    request: Request, layer: str, channel: int, images: list[Path], best: int, save: Path | None
) -> int:
    """Prints which parts of some images excite a neuron most."""

    def work(given: Given) -> Result:
        spec = given.spec
        with readable():
            entry = spec.graph.nodes[0].shape
            read, names = read_images(images, entry, spec.layout) if images else (None, [])
        found = patches(spec, layer, channel, read, given.weights, best=best, seed=given.seed)
        if save is not None:
            write_weights(save, {f"patch{at}": patch.pixels for at, patch in enumerate(found, start=1)})
        return (
            render.patches_text(spec, layer, channel, found, names),
            render.patches_data(spec, layer, channel, found),
        )

    return _run(request, work)


def run_equivariance(request: Request, shift: str | None) -> int:
    """Prints whether each layer's output moves along with the image."""

    def work(given: Given) -> Result:
        rank = given.spec.graph.nodes[0].shape.rank
        by = _signed(shift) if shift is not None else (*(0,) * (rank - 1), 1)
        found = equivariance(given.spec, by, given.image, given.weights, seed=given.seed)
        return render.equivariance_text(given.spec, by, found), render.equivariance_data(
            given.spec, by, found
        )

    return _run(request, work)


def _sizes(text: str | None, option: str) -> int | tuple[int, ...] | None:
    """One number for all axes, or one for each."""
    sizes = place_of(text, option)
    return sizes[0] if sizes is not None and len(sizes) == 1 else sizes


def _signed(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.strip("()[] ").split(","))
    except ValueError:
        raise UsageError(f"--shift: '{text}' is no shift, as in --shift 0,4 or --shift=-2,0") from None
