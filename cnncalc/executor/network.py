"""Runs the forward pass of a network on arrays, and traces every layer."""

from collections.abc import Callable, Collection
from functools import cache
from threading import Lock
from time import perf_counter
from typing import get_args

import numpy as np

from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.io.inputs import InputError, Inputs, arrays_of, checked_inputs, noises, only_input
from cnncalc.executor.io.weights import DrawnWeights, GivenWeights, Weights, check_weights, owner
from cnncalc.executor.io.weights import initial as initial_weights
from cnncalc.executor.names import wanted
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.buffers import Buffers, block_of
from cnncalc.executor.runtime.context import OpContext, WeightSource
from cnncalc.executor.runtime.workers import Workers
from cnncalc.executor.trace import Activations, LayerTrace, observed
from cnncalc.graph import Graph, Node, needed
from cnncalc.shapes import Layout
from cnncalc.spec import SpecLike

Watch = Callable[[int, int], None]
"""Progress callback: called with the number of layers done and the total."""


class Network:
    """A graph ready to run; prepared weights are cached between runs.

    `quick` uses faster algorithms; otherwise every operation follows its definition. With `overwrite`,
    results may overwrite tensors that nothing else reads. Only one thread can run it at a time.
    """

    def __init__(
        self,
        graph: Graph,
        tensors: WeightSource,
        data_type: FloatName = "float32",
        quick: bool = True,
        overwrite: bool = True,
    ) -> None:
        self.graph = graph
        self.data_type = np.dtype(data_type)
        self.overwrite = quick and overwrite
        self._buffers = Buffers()
        recorded = [_RecordingSource(tensors) for _ in graph.nodes]
        self._tensors = recorded
        self._workers = Workers(shared=quick)
        self._running = Lock()
        self._contexts = [
            OpContext(owner(graph, node), each, self._buffers, self.data_type, quick, self._workers)
            for node, each in zip(graph.nodes, recorded, strict=True)
        ]

    def run(
        self, x: Inputs, keep: Collection[str] = (), observe: bool = False, watch: Watch | None = None
    ) -> Activations:
        """Run a batch and keep the outputs named in `keep`; see `cnncalc.run`.

        Auxiliary heads run only if the outputs of some of their layers are kept.
        """
        graph = self.graph
        names = wanted(graph, keep)
        skipped = graph.training_only - needed(graph.nodes, names)
        kept: dict[str, Array] = {}
        traces: list[LayerTrace] = []
        entries = [inside(each, graph.layout) for each in arrays_of(graph, x)]
        live = _LiveTensors(graph, self._buffers, self._readers(skipped), entries)
        # NaN and infinity are only detected on request
        with self._running, np.errstate(all="ignore"), self._workers:
            self._buffers.forget()  # left by an interrupted run
            for at, node in enumerate(graph.nodes):
                if at in skipped:
                    continue
                start = perf_counter()
                y = self._apply(at, node, live)
                seconds = perf_counter() - start
                live.put(at, y)
                self._contexts[at].done()
                if at >= graph.entries:
                    found = self._trace(at, node, y, seconds, live.alive)
                    traces.append(observed(found, y) if observe else found)
                if at in names:
                    kept |= dict.fromkeys(names[at], outside(y, graph.layout))
                live.finish(at, node.inputs)
                if watch:
                    watch(at, len(graph.nodes) - 1)
            results = {at: outside(live.values[at], graph.layout) for at in graph.ends}
            for at in graph.ends:
                self._buffers.release(live.values[at])
        outputs = {name: results[at] for name, at in graph.outputs.items()}
        return Activations(outputs, kept, tuple(traces), set(graph.names))

    def _readers(self, skipped: frozenset[int]) -> list[int]:
        """How often each tensor is read: by layers that run, and by the caller if it is an output."""
        readers = [0] * len(self.graph.nodes)
        for at, node in enumerate(self.graph.nodes):
            for read in node.inputs if at not in skipped else ():
                readers[read] += 1
        for end in self.graph.ends:
            readers[end] += 1
        return readers

    def _apply(self, at: int, node: Node, live: "_LiveTensors") -> Array:
        ctx = self._contexts[at]
        ctx.counts.clear()
        ctx.macs_on_padding = 0
        ctx.preparing = 0.0
        ctx.overwrite = self.overwrite and live.is_last_reader(node.inputs)
        ctx.batch = len(live.entries[0])
        inputs = live.entries[at : at + 1] if at < self.graph.entries else map(live.values.get, node.inputs)
        return OPERATIONS[node.layer.kind].forward(node.layer, *inputs, ctx=ctx)

    def _trace(self, at: int, node: Node, y: Array, seconds: float, alive: int) -> LayerTrace:
        return LayerTrace(
            name=node.name,
            kind=node.layer.kind,
            dims=(y.shape[-1], *y.shape[1:-1]),
            data_type=_named(y.dtype),
            seconds=seconds - self._contexts[at].preparing,
            preparing=self._contexts[at].preparing,
            counts=dict(self._contexts[at].counts),
            macs_on_padding=self._contexts[at].macs_on_padding,
            tensors=self._tensors[at].asked,
            alive=alive,
        )


@cache
def _named(data_type: np.dtype) -> str:
    """Cached: NumPy is slow to name a type."""
    return data_type.name


class _LiveTensors:
    """The tensors held during a run, and the number of remaining readers of each."""

    def __init__(self, graph: Graph, buffers: Buffers, readers: list[int], entries: list[Array]) -> None:
        self.entries = entries
        self._graph = graph
        self.values: dict[int, Array] = {}
        self._places: dict[int, int] = {}
        self._buffers = buffers
        self._left = readers

    @property
    def alive(self) -> int:
        """Bytes of all held tensors; shared memory counts once."""
        return sum({self._memory(at): value.nbytes for at, value in self.values.items()}.values())

    def _memory(self, at: int) -> int:
        """The memory block of a tensor; with channels first, relabelling does not copy."""
        node = self._graph.nodes[at]
        while OPERATIONS[node.layer.kind].relabels and node.inputs[0] in self.values:
            at = node.inputs[0]
            node = self._graph.nodes[at]
        return self._places[at]

    def is_last_reader(self, inputs: tuple[int, ...]) -> bool:
        """Whether nothing else reads the first input, so it may be overwritten."""
        if not inputs or self._left[inputs[0]] > 1:
            return False
        return self._buffers.readers(self.values[inputs[0]]) == 1

    def put(self, at: int, y: Array) -> None:
        self.values[at] = y
        self._places[at] = block_of(y)
        self._buffers.hold(y)

    def finish(self, at: int, inputs: tuple[int, ...]) -> None:
        """Release inputs after their last read, and an output that nothing reads."""
        for read in inputs:
            self._left[read] -= 1
        for each in {*inputs, at}:
            if self._left[each] == 0:
                self._buffers.release(self.values.pop(each))


class _RecordingSource:
    """Forwards requests for weights and records their shapes."""

    def __init__(self, source: WeightSource) -> None:
        self._source = source
        self.asked: dict[str, tuple[int, ...]] = {}

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array:
        self.asked[name] = dims
        return self._source.take(layer, name, dims)


def inside(x: Array, layout: Layout) -> Array:
    """Convert to the internal layout: channels last, contiguous."""
    return np.ascontiguousarray(x if layout == "hwc" else np.moveaxis(x, 1, -1))


def outside(y: Array, layout: Layout) -> Array:
    """Copy to the spec's layout; internal memory is reused."""
    return np.array(y if layout == "hwc" else np.moveaxis(y, -1, 1), order="C")


def run(
    spec: SpecLike,
    x: Inputs | None = None,
    weights: Weights | None = None,
    *,
    seed: int = 0,
    batch: int = 1,
    data_type: FloatName = "float32",
    keep: Collection[str] = (),
    observe: bool = False,
    quick: bool = True,
    watch: Watch | None = None,
) -> Activations:
    """Runs the forward pass of a network.

    Args:
        spec: a spec, or anything that `load` takes.
        x: the input in the spec's layout, with or without a batch axis; with several inputs, a dict of their
            names and arrays; default: noise.
        weights: tensors by `layer.tensor`, as from `init_weights`; default: random.
        seed: seed for noise and weights.
        batch: batch size of the noise.
        data_type: data type of the computation, `"float32"` or `"float64"`.
        keep: layers, blocks or patterns whose outputs are returned; `"*"` for all. `conv1` is the output
            after its norm and activation, as in `from: conv1`; `conv1.conv` is before them.
        observe: whether to compute statistics of each output: minimum, mean, maximum, zeros.
        quick: False computes every operation by its definition.
        watch: progress callback, called after each layer.

    Raises:
        InputError: the input does not fit, or a name in `keep` is unknown.
        WeightsError: the weights do not fit.

    >>> import cnncalc
    >>> lenet = cnncalc.load("lenet5")
    >>> cnncalc.run(lenet, keep=["conv1"])["conv1"].shape
    (1, 6, 28, 28)
    """
    spec = runnable(spec)
    arrays = given_inputs(spec.graph, x, batch, seed, data_type)
    tensors = tensors_of(spec.graph, weights, seed, data_type)
    return Network(spec.graph, tensors, data_type, quick).run(arrays, keep, observe, watch)


def given(graph: Graph, x: Array | None, batch: int, seed: int, data_type: FloatName) -> Array:
    """The only input with a batch axis, or noise if `x` is None.

    Raises:
        InputError: it does not fit, or the network has several inputs.
    """
    only_input(graph)
    (array,) = given_inputs(graph, x, batch, seed, data_type).values()
    return array


def given_inputs(
    graph: Graph, x: Inputs | None, batch: int, seed: int, data_type: FloatName
) -> dict[str, Array]:
    """The inputs with a batch axis by name, or noise if `x` is None; raises InputError."""
    if data_type not in get_args(FloatName):
        raise InputError(f"data_type must be {' or '.join(get_args(FloatName))}; found {data_type!r}")
    for name, value, least in (("batch", batch, 1), ("seed", seed, 0)):
        if value < least:
            raise InputError(f"{name} must be a whole number of at least {least}; found {value}")
    return checked_inputs(graph, noises(graph, batch, seed, data_type) if x is None else x, data_type)


def tensors_of(graph: Graph, weights: Weights | None, seed: int, data_type: FloatName) -> WeightSource:
    """The given weights, or random ones; raises WeightsError if they do not fit."""
    if weights is None:
        return DrawnWeights(graph, seed, data_type)
    check_weights(graph, weights)
    return GivenWeights(weights, data_type)


def init_weights(spec: SpecLike, seed: int = 0, data_type: FloatName = "float32") -> Weights:
    """Random weights and buffers of a network by `layer.tensor`; a seed gives the same on every machine."""
    spec = runnable(spec)
    return initial_weights(spec.graph, seed, data_type)
