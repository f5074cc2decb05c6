"""Compares the analysis of a network with measurements from running it."""

from collections.abc import Iterator, Mapping
from math import prod
from time import perf_counter
from typing import get_args

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.box import boxes_at
from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Report, Row
from cnncalc.executor.declared import runnable
from cnncalc.executor.dependence import Follower, Reach, unmeasured
from cnncalc.executor.io.inputs import noises
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.names import own_name
from cnncalc.executor.network import Network, Watch, tensors_of
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.trace import LayerTrace
from cnncalc.graph import Graph
from cnncalc.layers import Merge
from cnncalc.layers.base import Dims, Elementary
from cnncalc.printed import Printed
from cnncalc.shapes import Layout, Shape, shape_of
from cnncalc.spec import SpecLike
from cnncalc.window import Axis, TransposedWindow, Window

BATCH = 2
"""Batch size: enough to check that operations scale with it."""


class Disagreement(Struct, frozen=True):
    """A number that differs between analysis and executor; `layer` is empty for the whole network."""

    layer: str
    quantity: str
    analysis: str
    executor: str


class ComparedLayer(Struct, frozen=True):
    """The comparison of one layer, with its trace."""

    name: str
    kind: str
    trace: LayerTrace
    numbers: int
    differences: tuple[Disagreement, ...]


class Verification(Printed, Struct, frozen=True):
    """The result of comparing a network's analysis with its execution.

    Attributes:
        report: the analysis, for the same batch size.
        layers: each layer with its differences.
        network: differences in totals.
        numbers: how many numbers were compared.
        unmeasured: why receptive fields were not measured; empty if they were.
        seconds: run time.
    """

    report: Report
    layers: tuple[ComparedLayer, ...]
    network: tuple[Disagreement, ...]
    numbers: int
    unmeasured: str
    seconds: float

    def __repr__(self) -> str:
        found = f"{len(self.differences)} differences" if self.differences else "no differences"
        return f"<Verification {self.report.name}: {found} in {self.numbers} numbers>"

    @property
    def followed(self) -> bool:
        """Whether receptive fields were measured."""
        return not self.unmeasured

    @property
    def differences(self) -> tuple[Disagreement, ...]:
        """All differences, in layer order."""
        return (*(each for layer in self.layers for each in layer.differences), *self.network)

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def first(self) -> ComparedLayer | None:
        """The first layer with a difference: it may cause later ones."""
        return next((layer for layer in self.layers if layer.differences), None)


def verify(
    spec: SpecLike,
    *,
    weights: Weights | None = None,
    batch: int = BATCH,
    seed: int = 0,
    watch: Watch | None = None,
) -> Verification:
    """Runs a network on noise and compares the measurements of each layer with the analysis.

    Without weights, they are random.

    It compares output shapes, shapes and sizes of weights and buffers, operations by kind, the input
    positions that the middle and the corner unit depend on, and the peak memory of activations.

    >>> import cnncalc
    >>> cnncalc.verify(cnncalc.load("lenet5")).agrees
    True
    """
    spec = runnable(spec)
    start = perf_counter()
    report = analyze(spec, batch=batch)
    graph = spec.graph
    network = Network(graph, tensors_of(graph, weights, seed, "float32"), overwrite=False)
    x = noises(graph, batch, seed)
    running = network.run(x, watch=watch).traces
    heads = [own_name(graph, at) for at in graph.training_only]
    traces = network.run(x, keep=heads, watch=watch).traces if heads else running
    dims = [*(node.shape.dims() for node in graph.inputs), *(each.dims for each in traces)]
    why = unmeasured(dims, graph.entries)
    reaches = _reaches(graph, dims) if not why else [()] * len(traces)
    layers = tuple(
        _layer(graph, at, report, *each)
        for at, each in enumerate(
            zip(report.layers, traces, reaches, hiding(graph), strict=True), start=graph.entries
        )
    )
    whole = tuple(_whole(report, running, sum(each.nbytes for each in x.values()), graph))
    numbers = sum(layer.numbers for layer in layers) + WHOLE_NUMBERS
    return Verification(report, layers, whole, numbers, why, perf_counter() - start)


Reaches = tuple[Reach | None, ...]
"""The reach of a layer on each input; empty if fields were not measured."""


def _reaches(graph: Graph, dims: list[tuple[int, ...]]) -> list[Reaches]:
    """The reaches of every layer."""
    follower = Follower(graph)
    by_input = [follower.reaches(dims, entry)[graph.entries :] for entry in range(graph.entries)]
    return [*zip(*by_input, strict=True)]


OUTPUT, PARAMETERS, MACS = "output shape", "parameters", "MACs"
QUANTITIES: Mapping[str, str] = {"macs": MACS}
"""The names of compared quantities in messages."""

Check = tuple[str, str, str]
"""A quantity, and its values from analysis and executor."""


def _layer(
    graph: Graph, at: int, report: Report, row: Row, trace: LayerTrace, reaches: Reaches, hides_input: bool
) -> ComparedLayer:
    layout = report.layout
    fields = [
        check
        for entry, reach in enumerate(reaches)
        for check in _fields(graph, at, entry, row, trace, reach, hides_input)
    ]
    checks = [*_sizes(row, trace, layout), *_operations(row, trace), *fields]
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
    if row.costs.macs:
        yield "MACs on padding", f"{row.costs.macs_on_padding:,}", f"{trace.macs_on_padding:,}"


def others(row: Row, trace: LayerTrace) -> tuple[int, int]:
    """The number of operations other than multiply-accumulates, analyzed and performed."""
    kinds = [kind for kind in get_args(Elementary) if kind not in QUANTITIES]
    return sum(getattr(row.costs, kind) for kind in kinds), sum(trace.counts.get(kind, 0) for kind in kinds)


def _fields(
    graph: Graph,
    at: int,
    entry: int,
    row: Row,
    trace: LayerTrace,
    reach: Reach | None,
    hides_input: bool,
) -> Iterator[Check]:
    """The positions of one input that the corner and the middle unit depend on."""
    spatial = trace.dims[1:]
    source = graph.nodes[entry]
    called = "input" if graph.entries == 1 else f"input {source.name}"
    if trace.dims != row.output.dims():
        return  # the units differ: the shape difference is already reported
    if reach is None:
        yield f"{called} of the middle unit", _box(boxes_at(graph, at, row.name)[entry].intervals), _box(None)
        return
    tables = reach.paths[0]
    if not tables:
        return
    field = row.fields[source.name] if row.fields else row.field
    for where, unit in (("corner", (0,) * len(spatial)), ("middle", tuple((n - 1) // 2 for n in spatial))):
        if reach.relabelled or len(spatial) != len(tables):
            unit = tuple((len(table) - 1) // 2 * (where == "middle") for table in tables)
        found = [reach.interval(axis, place) for axis, place in enumerate(unit)]
        if not reach.relabelled:
            inside = unit if len(spatial) == len(tables) else None
            read = boxes_at(graph, at, row.name, inside)[entry].intervals
            yield f"{called} of the {where} unit", _box(read), _box(reach.box(unit))
            if hides_input and read != _fields_at(field, unit):
                continue  # the receptive field is that of an input without the crop or the end
        elif hides_input:
            continue  # as above; which units these are is not followed
        of = "" if graph.entries == 1 else f" on {source.name}"
        yield from _extent(source.shape, field, unit, found, f"{where} unit{of}")


def _fields_at(field: Field, unit: tuple[int, ...]) -> tuple[tuple[int, int] | None, ...]:
    return tuple(axis.at(place) for axis, place in zip(field.axes or (), unit, strict=False))


def hiding(graph: Graph) -> list[bool]:
    """For each layer whether it, or one before it, hides input that the receptive field counts.

    It does if it crops, because what padding then adds is not input, and if all its windows along an axis lie
    on padding, because it then reads nothing along the others, either.
    """
    found = [False] * graph.entries
    for node in graph.layers:
        layer = node.layer
        reads = layer.reads(*node.reads) if isinstance(layer, Merge) else (layer.windows(*node.reads),)
        hides = any(
            _hides(axis, n)
            for windows, x in zip(reads, node.reads, strict=False)
            if not isinstance(windows, str)
            for axis, n in zip(windows, x.spatial, strict=False)
        )
        found.append(hides or any(found[read] for read in node.inputs))
    return found[graph.entries :]


def _hides(axis: Axis, n: int) -> bool:
    """Whether an axis leaves out positions at its ends, or reads none of its `n` positions."""
    if isinstance(axis, TransposedWindow):
        return axis.before > 0 or axis.after > 0
    return isinstance(axis, Window) and (axis.before < 0 or axis.after < 0 or axis.inside_pairs(n) == 0)


def _extent(
    entry: Shape, field: Field, unit: tuple[int, ...], found: list[tuple[int, int] | None], where: str
) -> Iterator[Check]:
    """The receptive field from the report, if it lies inside the input."""
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
    """The differences of the totals in inference; `traces` are those of the layers that it runs."""
    sharing = {node.name for node in graph.layers if node.shares is not None}
    owned = [each for each in traces if each.name not in sharing]
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
