"""What `gradients`, `influence`, `occlusion`, `patches` and `equivariance` share."""

from collections.abc import Callable
from math import isfinite
from pathlib import Path

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.cli.array_files import (
    Looks,
    Writing,
    check_is_shape,
    check_writings,
    images_of,
    input_of,
    weights_of,
)
from cnncalc.cli.output import Out
from cnncalc.cli.reading import INVALID, OK, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.memory import NotEnoughMemoryError
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.visualize.memory import Way, check_memory
from cnncalc.problems import SpecError
from cnncalc.render.data import Data, to_json
from cnncalc.spec import Spec


class Files(Struct, frozen=True):
    """The network, the image or images and the weights, as the command line names them."""

    spec: str
    set: list[str] | None
    input: str | None
    data: Path | None
    looks: Looks
    weights: Path | None
    images: tuple[Path, ...] = ()


class Given(Struct, frozen=True):
    """The same, read; None where image or weights are to be drawn.

    `names` says what each image of several is called.
    """

    spec: Spec
    image: Array | None
    weights: Weights | None
    names: list[str]
    watch: Callable[[int, int], None]


class Result(Struct, frozen=True):
    """What is printed, the same as data, and a number that is finite if all others are."""

    shown: RenderableType
    data: Data
    sum: float


def visualize(
    way: Way,
    files: Files,
    work: Callable[[Given], Result],
    to: Out,
    saved: Writing | None = None,
) -> int:
    """Reads the files, works, prints; gives the exit code. `saved` is what the work writes."""
    try:
        with progress(way) as watch:
            result = work(_read(way, files, saved, watch))
    except (SpecError, UsageError, NotEnoughMemoryError, ValueError, IndexError) as error:
        return report_failure(error, to.color)
    to.print(to_json(result.data) if to.format == "json" else result.shown)
    if not isfinite(result.sum):
        complain(f"the network puts out NaN or infinity: cnncalc run {files.spec} says where it begins")
        return INVALID
    return OK


def _read(way: Way, files: Files, saved: Writing | None, watch: Callable[[int, int], None]) -> Given:
    """Raises SpecError, UsageError, ValueError or NotEnoughMemoryError where it cannot be read or run."""
    check_is_shape(files.input)
    settings = settings_of(files.set)
    spec = read_spec(files.spec, settings, files.input)
    if saved is not None:
        check_writings([saved], (files.spec, files.data, files.weights, *files.images))
    check_memory(way, spec, settings, is_file=files.data is not None)
    entry, layout = spec.graph.nodes[0].shape, spec.layout
    image: Array | None
    names: list[str] = []
    if files.images:
        image, names = images_of(files.images, entry, layout, files.looks)
    else:
        image = input_of(files.data, entry, layout, files.looks, None)
    return Given(spec, image, weights_of(files.weights, spec.graph), names, watch)
