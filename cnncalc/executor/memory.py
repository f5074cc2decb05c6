"""Checks before a run whether a network fits in memory, and suggests what would fit."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis import Report, analyze
from cnncalc.analysis.memory import megabytes
from cnncalc.analysis.report import Row
from cnncalc.executor.declared import runnable
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.ops.correlation import BAND, FEWEST_ROWS
from cnncalc.executor.runtime.machine import available
from cnncalc.executor.runtime.workers import threads
from cnncalc.problems import SpecError
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import Spec, rebuilt

WORKSPACE = 16 << 20
"""Bytes used by Python itself."""

STEPS = 64
"""The number of input sizes to try to find the largest that fits."""

BYTES = {"float32": 4, "float64": 8}


class NotEnoughMemoryError(MemoryError):
    """The network does not fit in memory; the message suggests what would."""


class Load(Struct, frozen=True):
    """What a run computes and keeps.

    Attributes:
        data_type: data type of the computation.
        keep: values of outputs or gradients kept per sample.
        learns: whether the gradients of all weights are also computed.
    """

    data_type: str = "float32"
    keep: int = 0
    learns: bool = False


FORWARD = Load()


def bytes_needed(report: Report, load: Load = FORWARD, times: int = 1) -> int:
    """Memory for running a batch: weights as given and as prepared, peak activations and workspace, and
    kept outputs.

    `times` is the number of batches of the report's size that run as one.
    """
    batch = report.batch * times
    numbers = _weights(report) + _activations(report, times) + (_ends(report) + load.keep) * batch
    numbers += report.totals.params.total * load.learns
    return WORKSPACE + BYTES[load.data_type] * numbers


def every_output(spec: Spec) -> int:
    """The total number of output values of all layers for one sample."""
    return sum(node.shape.size for node in spec.graph.layers)


def _weights(report: Report) -> int:
    given = report.totals.params.total + report.totals.buffers
    return given + sum(map(_prepared, report.layers))


def _prepared(row: Row) -> int:
    """Values of reordered copies: kernels, and vectors repeated along the last axis."""
    width = row.output.spatial[-1] if row.output.spatial else 1
    reorders = OPERATIONS[row.kind].reorders_weights
    kernels = sum(prod(d) for d in row.weights.values() if len(d) > 1) if reorders else 0
    return kernels + width * sum(prod(d) for d in row.weights.values() if len(d) == 1)


def _activations(report: Report, times: int) -> int:
    """Values for the batch at the layer that needs most."""
    rows = (*report.entries, *report.layers)
    return max(row.alive // 4 * times + _works_with(row, report.batch * times) for row in rows)


def _ends(report: Report) -> int:
    """Values of the inputs as given and the outputs as returned."""
    shapes = [*report.inputs.values(), *(row.output for row in report.outputs.values())]
    return sum(shape.size for shape in shapes)


def _works_with(row: Row, batch: int) -> int:
    largest = max(shape.size for shape in (*row.reads, row.output))
    window = max((prod(dims[1:]) for dims in row.weights.values()), default=0)
    operation = OPERATIONS[row.kind]
    copies = operation.copies * largest * batch
    if operation.workspace:
        copies += operation.workspace(row.layer, tuple(shape.spatial for shape in row.reads)) * batch
    if operation.all_windows:
        return copies + batch * row.output.positions * window // max(row.output.channels, 1)
    band = max(2 * FEWEST_ROWS * window, BAND // BYTES["float32"])
    return copies + min(threads() * band, row.output.positions * batch * window)


OPTIONS = ("--dtype", "--batch", "--input")
"""Options that can reduce memory."""


def refuse(
    spec: Spec,
    batch: int = 1,
    load: Load = FORWARD,
    room: int | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    is_file: bool = False,
    options: Collection[str] = OPTIONS,
) -> None:
    """Raise NotEnoughMemoryError if a batch needs more than the available memory, SpecError if it cannot run.

    Args:
        spec: the network.
        batch: batch size.
        load: what is computed and kept.
        room: available bytes; default: the free memory.
        settings: the variables that `spec` was read with.
        is_file: whether the input is a file, whose size cannot be changed.
        options: those of `OPTIONS` that the command has.
    """
    runnable(spec)
    free = available() if room is None else room
    if free is None:
        return
    report = analyze(spec, batch=batch)
    if bytes_needed(report, load) <= free:
        return
    search = _Search(spec, load, free, settings or {}, options)
    way = search.data_types(batch) or search.batches(batch, is_file) or ("" if is_file else search.inputs())
    need = megabytes(bytes_needed(report, load))
    message = f"not enough memory for {_what(spec, batch)}: about {need} needed, {megabytes(free)} available"
    raise NotEnoughMemoryError(
        f"{message}; {f'{way} would fit' if way else search.hopeless(report, is_file)}"
    )


def _what(spec: Spec, batch: int) -> str:
    shape = spec.graph.nodes[0].shape.text(spec.layout)
    return f"a batch of {batch:,} of {shape}" if batch > 1 else shape


def _typed(shape: Shape, layout: Layout) -> str:
    return shape.text(layout).replace("×", "x")


def _last(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits; 0 if none does."""
    return bisect_left(range(1, most + 1), True, key=lambda number: not fits(number))


class _Search(Struct, frozen=True):
    """Searches for options that fit, and suggests only those it has checked."""

    spec: Spec
    load: Load
    free: int
    settings: Mapping[str, str]
    options: Collection[str]

    def data_types(self, batch: int) -> str:
        """Suggest float32 instead of float64."""
        if self.load.data_type != "float64" or "--dtype" not in self.options:
            return ""
        fits = (
            bytes_needed(analyze(self.spec, batch=batch), replace(self.load, data_type="float32"))
            <= self.free
        )
        return "--dtype float32" if fits else ""

    def batches(self, batch: int, is_file: bool) -> str:
        """Suggest the largest batch that fits."""
        if "--batch" not in self.options:
            return ""
        one = analyze(self.spec)
        fitting = _last(batch - 1, lambda times: bytes_needed(one, self.load, times) <= self.free)
        if not fitting:
            return ""
        return f"{fitting:,} samples of the file at a time" if is_file else f"--batch {fitting}"

    def inputs(self) -> str:
        """Suggest the largest scaled-down input that fits."""
        shape = self.spec.graph.nodes[0].shape
        if not shape.rank or "--input" not in self.options:
            return ""
        part = _last(STEPS - 1, lambda part: self._takes(self._smaller(part)) <= self.free)
        smaller = self._smaller(part)
        if not part or not self._takes(smaller):
            return ""
        return f"--input {_typed(smaller, self.spec.layout)}" + " --batch 1" * ("--batch" in self.options)

    def _smaller(self, part: int) -> Shape:
        shape = self.spec.graph.nodes[0].shape
        return Shape(shape.channels, tuple(max(n * part // STEPS, 1) for n in shape.spatial))

    def _takes(self, shape: Shape) -> int:
        """The memory for one sample of another input; 0 if the network cannot be built for it."""
        try:
            other = rebuilt(self.spec, self.settings, _typed(shape, self.spec.layout))
        except SpecError:
            return 0
        keep = self.load.keep * shape.size // self.spec.graph.nodes[0].shape.size
        return bytes_needed(analyze(other), replace(self.load, keep=keep))

    def hopeless(self, report: Report, is_file: bool) -> str:
        """The reason why nothing fits."""
        if BYTES[self.load.data_type] * _weights(report) > self.free:
            return "the weights alone do not fit"
        if is_file:
            return "a single sample does not fit"
        return (
            "no smaller input would fit either"
            if "--input" in self.options
            else "use a machine with more memory"
        )
