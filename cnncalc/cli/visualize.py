"""Shared by `gradients`, `influence`, `occlusion`, `patches` and `equivariance`."""

from collections.abc import Callable
from math import isfinite
from pathlib import Path

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.cli.announcing import announce
from cnncalc.cli.array_files import (
    ImageOptions,
    OutputFile,
    check_is_shape,
    check_output_files,
    data_files,
    data_of,
    images_of,
    weights_of,
)
from cnncalc.cli.output import Out
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.executor.io.inputs import only_input
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.memory import NotEnoughMemoryError
from cnncalc.executor.names import node_of
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.top import check_labels, read_labels
from cnncalc.executor.visualize.memory import NEEDS, Way, check_memory
from cnncalc.graph import Graph
from cnncalc.problems import SpecError
from cnncalc.render.data import Data, to_json
from cnncalc.spec import Spec


class Files(Struct, frozen=True):
    """The files and options of a call: network, images, weights and labels.

    `labels` are the names of the units of the layer `of`, by default the output.
    """

    spec: str
    set: list[str] | None
    input: list[str] | None
    data: list[str] | None
    image_options: ImageOptions
    weights: Path | None
    images: tuple[Path, ...] = ()
    labels: Path | None = None
    of: str | None = None


class Given(Struct, frozen=True):
    """The loaded files; data and weights are None if they are to be random.

    `image` is the array of the only input, `names` are the names of several images.
    """

    spec: Spec
    data: dict[str, Array] | None
    image: Array | None
    weights: Weights | None
    names: list[str]
    watch: Callable[[int, int], None]
    labels: tuple[str, ...] | None = None

    def label(self, unit: tuple[int, ...] | None) -> str:
        """The name of a unit that is a class; empty without labels."""
        return self.labels[unit[0]] if self.labels is not None and unit is not None else ""


class Result(Struct, frozen=True):
    """The text to print, its JSON, a sum that is finite only if all values are, and the PNG to write."""

    shown: RenderableType
    data: Data
    sum: float
    image: Callable[[], bytes] | None = None


def visualize(
    way: Way,
    files: Files,
    work: Callable[[Given], Result],
    to: Out,
    saved: OutputFile | None = None,
    times: Callable[[Given], int] = lambda given: 1,
) -> int:
    """Reads the files, calls `work`, prints; returns the exit code.

    `saved` is the file that `work` writes, `times` how many images it takes through the network.
    """
    if to.needs_file:
        complain(f"--format {to.format} requires a file, as in -o map.{to.format}")
        return USAGE
    try:
        with progress(way) as watch:
            given = _read(way, files, saved, watch)
            announce(given.spec, times(given) * NEEDS[way].passes)
            result = work(given)
            image = result.image() if to.format == "png" and result.image else None
    except (SpecError, UsageError, NotEnoughMemoryError, ValueError, IndexError) as error:
        return report_failure(error, to.color)
    if image is not None:
        to.write(image)
    else:
        to.print(to_json(result.data) if to.format == "json" else result.shown)
    if not isfinite(result.sum):
        complain(f"the network outputs NaN or infinity; `cnncalc run {files.spec}` shows where it starts")
        return INVALID
    return OK


def _read(way: Way, files: Files, saved: OutputFile | None, watch: Callable[[int, int], None]) -> Given:
    """Reads all files; raises SpecError, UsageError, ValueError or NotEnoughMemoryError."""
    check_is_shape(files.input)
    settings = settings_of(files.set)
    spec = read_spec(files.spec, settings, files.input)
    data = data_files(files.data, spec.graph)
    if saved is not None:
        check_output_files([saved], (files.spec, *data.values(), files.weights, files.labels, *files.images))
    if way != "gradients":
        only_input(spec.graph)
    labels = _labels(files, spec.graph) if files.labels else None
    check_memory(way, spec, settings, is_file=bool(data))
    weights = weights_of(files.weights, spec.graph)
    if files.images:
        entry, layout = spec.graph.inputs[0].shape, spec.layout
        image, names = images_of(files.images, entry, layout, files.image_options)
        return Given(spec, None, image, weights, names, watch, labels)
    arrays = data_of(data, spec.graph, files.image_options, None)
    return Given(spec, arrays, next(iter(arrays.values())) if arrays else None, weights, [], watch, labels)


def _labels(files: Files, graph: Graph) -> tuple[str, ...]:
    """The names of the classes; raises InputError unless there is one for each unit of the layer."""
    assert files.labels is not None
    found, at = read_labels(files.labels), node_of(graph, files.of)
    check_labels(
        {files.of or graph.nodes[at].name: graph.nodes[at].shape.dims()}, found, str(files.labels), "--labels"
    )
    return found
