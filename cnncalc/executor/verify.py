"""Compares the analysis of a network with what its execution measured."""

from collections.abc import Iterator, Mapping
from itertools import chain
from math import prod
from time import perf_counter
from typing import get_args

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.box import box_at
from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Report, Row
from cnncalc.executor.dependence import LONGEST, Follower, Reach
from cnncalc.executor.io.inputs import noise
from cnncalc.executor.io.weights import DrawnWeights
from cnncalc.executor.network import Network, Watch
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.trace import LayerTrace
from cnncalc.graph import Graph
from cnncalc.layers.base import Dims, Elementary
from cnncalc.shapes import Layout, shape_of
from cnncalc.spec import Spec

BATCH = 2
"""Samples that are run: enough to see that operations grow with them."""


class Disagreement(Struct, frozen=True):
    """One number on which analysis and executor disagree; `layer` is empty for the whole network."""

    layer: str
    quantity: str
    analysis: str
    executor: str


class ComparedLayer(Struct, frozen=True):
    """One layer: what was compared, and how the executor saw it."""

    name: str
    kind: str
    seen: LayerTrace
    numbers: int
    differences: tuple[Disagreement, ...]


class Verification(Struct, frozen=True):
    """What became of holding one network's analysis against its execution.

    Attributes:
        report: the analysis, for the batch that was run.
        layers: each layer with what differs.
        network: what differs in the whole.
        numbers: how many numbers were compared.
        followed: whether receptive fields were measured; not along axes longer than `LONGEST`.
        seconds: how long it took.
    """

    report: Report
    layers: tuple[ComparedLayer, ...]
    network: tuple[Disagreement, ...]
    numbers: int
    followed: bool
    seconds: float

    @property
    def differences(self) -> tuple[Disagreement, ...]:
        """All of them, in the order of the layers."""
        return (*(each for layer in self.layers for each in layer.differences), *self.network)

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def first(self) -> ComparedLayer | None:
        """The first layer on which they disagree: later differences may follow from it."""
        return next((layer for layer in self.layers if layer.differences), None)


def verify(spec: Spec, *, batch: int = BATCH, seed: int = 0, watch: Watch | None = None) -> Verification:
    """Runs a network on noise and compares, layer by layer, what was measured with the analysis.

    Compared are output shapes, the shapes of weights and buffers, their numbers, all operations by kind,
    the input positions that a unit in the middle and one in the corner depend on, and the peak memory of
    the activations.

    >>> import cnncalc
    >>> cnncalc.verify(cnncalc.load("lenet5")).agrees
    True
    """
    start = perf_counter()
    report = analyze(spec, batch=batch)
    graph = spec.graph
    network = Network(graph, DrawnWeights(graph, seed, "float32"), overwrite=False)
    x = noise(graph.nodes[0].shape, graph.layout, batch, seed)
    traces = network.run(x, watch=watch).seen
    dims = [graph.nodes[0].shape.dims(), *(each.dims for each in traces)]
    followed = max(chain.from_iterable(sizes[1:] for sizes in dims), default=0) <= LONGEST
    reaches = Follower(graph).reaches(dims)[1:] if followed else [Reach(())] * len(traces)
    layers = tuple(
        _layer(graph, at, report, *each)
        for at, each in enumerate(zip(report.layers, traces, reaches, strict=True), start=1)
    )
    whole = tuple(_whole(report, traces, x.nbytes, graph))
    numbers = sum(layer.numbers for layer in layers) + WHOLE_NUMBERS
    return Verification(report, layers, whole, numbers, followed, perf_counter() - start)


OUTPUT, PARAMETERS, MACS = "output shape", "parameters", "MACs"
QUANTITIES: Mapping[str, str] = {"macs": MACS}
"""What is compared, as it is called where it differs."""

Check = tuple[str, str, str]
"""A quantity, and what analysis and executor say of it."""


def _layer(graph: Graph, at: int, report: Report, row: Row, trace: LayerTrace, reach: Reach) -> ComparedLayer:
    layout = report.layout
    checks = [*_sizes(row, trace, layout), *_operations(row, trace), *_fields(graph, at, row, trace, reach)]
    differences = tuple(Disagreement(row.name, *check) for check in checks if check[1] != check[2])
    return ComparedLayer(row.name, row.kind, trace, len(checks), differences)


def _sizes(row: Row, trace: LayerTrace, layout: Layout) -> Iterator[Check]:
    yield OUTPUT, row.output.text(layout), shape_of(trace.dims).text(layout)
    buffers = OPERATIONS[trace.kind].buffers
    learned = {name: dims for name, dims in trace.tensors.items() if name not in buffers}
    for name in {**row.weights, **learned}:
        yield f"shape of {name}", _text(row.weights.get(name)), _text(learned.get(name))
    if not row.shares:
        yield PARAMETERS, f"{row.params.total:,}", f"{sum(map(prod, learned.values())):,}"
        stored = sum(prod(dims) for name, dims in trace.tensors.items() if name in buffers)
        yield "buffers", f"{row.buffers:,}", f"{stored:,}"


def _text(dims: Dims | None) -> str:
    return "none" if dims is None else "×".join(map(str, dims))


def _operations(row: Row, trace: LayerTrace) -> Iterator[Check]:
    for kind in get_args(Elementary):
        yield QUANTITIES.get(kind, kind), f"{getattr(row.costs, kind):,}", f"{trace.counts.get(kind, 0):,}"


def others(row: Row, trace: LayerTrace) -> tuple[int, int]:
    """All operations but multiply-accumulates, as analysed and as carried out."""
    kinds = [kind for kind in get_args(Elementary) if kind not in QUANTITIES]
    return sum(getattr(row.costs, kind) for kind in kinds), sum(trace.counts.get(kind, 0) for kind in kinds)


def _fields(graph: Graph, at: int, row: Row, trace: LayerTrace, reach: Reach) -> Iterator[Check]:
    """The input positions that the unit in a corner and the one in the middle depend on."""
    spatial = trace.dims[1:]
    if trace.dims != row.output.dims() or not reach.tables:
        return  # the units differ; the shapes were reported already
    for where, unit in (("corner", (0,) * len(spatial)), ("middle", tuple((n - 1) // 2 for n in spatial))):
        axes = range(len(reach.tables))
        if reach.relabelled or len(spatial) != len(reach.tables):
            unit = tuple((len(table) - 1) // 2 * (where == "middle") for table in reach.tables)
        found = [reach.interval(axis, unit[axis]) for axis in axes]
        if not reach.relabelled:
            inside = unit if len(spatial) == len(reach.tables) else None
            read = box_at(graph, at, row.name, inside).intervals
            yield f"input read by the unit in the {where}", _box(read), _box(found)
        yield from _extent(graph, row.field, unit, found, where)


def _extent(
    graph: Graph, field: Field, unit: tuple[int, ...], found: list[tuple[int, int] | None], where: str
) -> Iterator[Check]:
    """The receptive field as the report has it, where it lies inside the input."""
    entry = graph.nodes[0].shape
    if field.unknown:
        return
    for name, n, at, own, interval in zip(
        entry.axes, entry.spatial, unit, field.axes or (), found, strict=False
    ):
        whole = own.at(at)
        if whole and whole[0] >= 0 and whole[1] < n:
            yield f"receptive field of the {where}, {name}", _interval(whole), _interval(interval)


def _interval(interval: tuple[int, int] | None) -> str:
    return "nothing" if interval is None else f"{interval[0]} … {interval[1]}"


def _box(intervals: tuple[tuple[int, int], ...] | list[tuple[int, int] | None] | None) -> str:
    if intervals is None or None in intervals:
        return "nothing"
    return " × ".join(map(_interval, intervals))


WHOLE_NUMBERS = 3


def _whole(
    report: Report, traces: tuple[LayerTrace, ...], entry: int, graph: Graph
) -> Iterator[Disagreement]:
    owned = [each for each, node in zip(traces, graph.layers, strict=True) if node.shares is None]
    learned = sum(
        prod(dims)
        for each in owned
        for name, dims in each.tensors.items()
        if name not in OPERATIONS[each.kind].buffers
    )
    checks = (
        (PARAMETERS, report.totals.params.total, learned),
        (MACS, report.totals.macs, sum(each.counts.get("macs", 0) for each in traces)),
        ("peak memory of activations", report.memory.peak, max((entry, *(each.alive for each in traces)))),
    )
    for quantity, ours, theirs in checks:
        if ours != theirs:
            yield Disagreement("", quantity, f"{ours:,}", f"{theirs:,}")
