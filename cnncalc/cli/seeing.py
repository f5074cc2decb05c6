"""`cnncalc gradients`, `influence`, `occlusion`, `patches`, `equivariance`: what a network sees."""

from collections.abc import Callable
from math import isfinite
from pathlib import Path

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.cli.array_files import (
    MAP,
    Looks,
    Writing,
    check_writings,
    images_of,
    input_of,
    shape_or_file,
    weights_of,
)
from cnncalc.cli.reading import (
    INVALID,
    OK,
    USAGE,
    UsageError,
    code_of,
    place_of,
    read_spec,
    settings_of,
)
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.executor.io.maps import write_map
from cnncalc.executor.io.weights import Weights, write_weights
from cnncalc.executor.memory import NotEnoughMemoryError as TooLargeError
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.visualize.effective_field import influence
from cnncalc.executor.visualize.equivariance import equivariance
from cnncalc.executor.visualize.gradient_flow import flow
from cnncalc.executor.visualize.memory import Way, refuse_to_see
from cnncalc.executor.visualize.occlusion import occlusion
from cnncalc.executor.visualize.top_patches import patches
from cnncalc.problems import SpecError
from cnncalc.render import seeing as render
from cnncalc.render.data import Data, to_json
from cnncalc.spec import Spec


class Request(Struct, frozen=True):
    """What all of these commands are given."""

    way: Way
    spec: str
    settings: tuple[str, ...]
    input: str | None
    looks: Looks
    weights: Path | None
    seed: int
    format: str
    color: str
    images: tuple[Path, ...] = ()


class Given(Struct, frozen=True):
    """The network, the image and the weights, read; None where they are to be drawn.

    `names` says what each image of several is called.
    """

    spec: Spec
    image: Array | None
    weights: Weights | None
    seed: int
    names: list[str]


class Result(Struct, frozen=True):
    """What is printed, the same as data, and a number that is finite if all others are."""

    shown: RenderableType
    data: Data
    sum: float


def _run(request: Request, work: Callable[[Given], Result], saved: Writing | None = None) -> int:
    """Reads what was given, works, prints; gives the exit code."""
    try:
        result = work(_read(request, saved))
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return code_of(error)
    except (UsageError, TooLargeError, ValueError, IndexError) as error:
        complain(str(error))
        return USAGE
    shown = to_json(result.data) if request.format == "json" else result.shown
    print_results([shown], request.color, None)
    if not isfinite(result.sum):
        complain(f"the network puts out NaN or infinity: cnncalc run {request.spec} says where it begins")
        return INVALID
    return OK


def _read(request: Request, saved: Writing | None) -> Given:
    """Raises SpecError, UsageError, ValueError or TooLargeError where something cannot be read or run."""
    shape, file = shape_or_file(request.input)
    settings = settings_of(request.settings)
    spec = read_spec(request.spec, settings, shape)
    if saved is not None:
        check_writings([saved], (request.spec, file, request.weights, *request.images))
    refuse_to_see(request.way, spec, settings, is_file=file is not None)
    entry, layout = spec.graph.nodes[0].shape, spec.layout
    image: Array | None
    names: list[str] = []
    if request.images:
        image, names = images_of(request.images, entry, layout, request.looks)
    else:
        image = input_of(file, entry, layout, request.looks, None)
    return Given(spec, image, weights_of(request.weights, spec.graph), request.seed, names)


def _writing(save: Path | None, what: str, endings: tuple[str, ...] = (".npz",)) -> Writing | None:
    return None if save is None else Writing(save, what, endings)


def run_gradients(request: Request, of: str | None, unit: str | None, save: Path | None) -> int:
    """Prints what becomes of a gradient at each layer."""

    def work(given: Given) -> Result:
        found, rows = flow(
            given.spec, given.image, given.weights, of=of, unit=place_of(unit), seed=given.seed
        )
        if save is not None:
            write_weights(save, {"input": found.input, **found.weights})
        return Result(
            render.gradients_text(given.spec, found, rows),
            render.gradients_data(given.spec, found, rows),
            found.value,
        )

    return _run(request, work, _writing(save, "gradients are"))


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
        return Result(
            render.influence_text(given.spec, found, effective),
            render.influence_data(given.spec, found, effective),
            float(found.map.sum()),
        )

    return _run(request, work, _writing(save, "a map is", MAP))


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
        return Result(
            render.occlusion_text(given.spec, found),
            render.occlusion_data(given.spec, found),
            found.value,
        )

    return _run(request, work, _writing(save, "a map is", MAP))


def run_patches(request: Request, layer: str, channel: int, best: int, save: Path | None) -> int:
    """Prints which parts of some images excite a neuron most."""

    def work(given: Given) -> Result:
        spec = given.spec
        found = patches(spec, layer, channel, given.image, given.weights, best=best, seed=given.seed)
        if save is not None:
            write_weights(save, {f"patch{at}": patch.pixels for at, patch in enumerate(found, start=1)})
        return Result(
            render.patches_text(spec, layer, channel, found, given.names),
            render.patches_data(spec, layer, channel, found),
            sum(patch.value for patch in found),
        )

    return _run(request, work, _writing(save, "patches are"))


def run_equivariance(request: Request, shift: str | None) -> int:
    """Prints whether each layer's output moves along with the image."""

    def work(given: Given) -> Result:
        rank = given.spec.graph.nodes[0].shape.rank
        by = _signed(shift) if shift is not None else (*(0,) * (rank - 1), 1)
        found = equivariance(given.spec, by, given.image, given.weights, seed=given.seed)
        return Result(
            render.equivariance_text(given.spec, by, found),
            render.equivariance_data(given.spec, by, found),
            sum(each.change for each in found),
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
