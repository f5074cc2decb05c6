"""From the graph to the report: parameters, operations, memory, receptive fields and notes."""

from math import prod
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.counts import (
    BIASED_CONNECTIONS,
    DENSE_PARAMETERS,
    UNSHARED_PARAMETERS,
    Connections,
    Costs,
    Parameters,
    Totals,
)
from cnncalc.analysis.depth import weighted_depth
from cnncalc.analysis.field import Field, no_field
from cnncalc.analysis.liveness import Use, uses
from cnncalc.analysis.memory import Memory, memory
from cnncalc.analysis.reach import Fields, follow
from cnncalc.analysis.report import Report, Row, running, total
from cnncalc.datatypes import BYTES, DataType, Optimizer
from cnncalc.graph import Graph, Node
from cnncalc.layers import Layer
from cnncalc.layers.base import Dims, Operations
from cnncalc.layers.tensors import is_bias
from cnncalc.problems import Problem
from cnncalc.shapes import LARGEST, Layout, Shape
from cnncalc.spec import Settings, Shapes, SpecLike, as_spec, rebuilt

__all__ = ["Connections", "Costs", "Field", "Memory", "Parameters", "Report", "Row", "Totals", "analyze"]


def analyze(
    spec: SpecLike,
    *,
    set: Settings | None = None,
    input: Shapes | None = None,
    batch: int = 1,
    layout: Layout | None = None,
    data_type: DataType = "float32",
    optimizer: Optimizer = "sgd",
) -> Report:
    """Compute all numbers of a network.

    Args:
        spec: a spec, or anything that `load` takes.
        set: values that override the spec's `vars`.
        input: an input shape that overrides the spec's, such as `"3x320x320"`; with several
            inputs, a dict of their names and shapes.
        batch: batch size; MACs and operations are for the whole batch.
        layout: the axis order of reported shapes; default: the spec's.
        data_type: the data type of stored values, for memory.
        optimizer: the optimizer whose state is part of the training memory.

    Raises:
        SpecError: the network cannot be built with `set` or `input`.
        TypeError: the spec, `set`, `input` or `batch` has another type.
        ValueError: the batch is below 1, or the data type or optimizer is unknown.

    >>> from cnncalc.spec import load
    >>> report = analyze(load("lenet5"))
    >>> report.totals.params.total, report.totals.macs
    (61706, 416520)
    >>> report.layer("conv1").output
    Shape(channels=6, spatial=(28, 28))
    """
    if not isinstance(batch, int):
        raise TypeError(f"batch must be a whole number of at least 1; found {type(batch).__name__}")
    if not 1 <= batch <= LARGEST:
        raise ValueError(f"batch must be from 1 to {LARGEST:,}; found {batch:,}")
    for name, given, known in (
        ("data_type", data_type, get_args(DataType)),
        ("optimizer", optimizer, get_args(Optimizer)),
    ):
        if given not in known:
            raise ValueError(f"{name}: expected one of {', '.join(known)}; found {given!r}")
    spec = as_spec(spec)
    if set or input is not None:
        spec = rebuilt(spec, set, input)
    graph = spec.graph
    fields, findings = follow(graph)
    findings += _declared(graph)
    counts = _Counts(batch)
    each = uses(graph)
    size = BYTES[data_type] * batch
    every = tuple(_row(graph, at, fields[at], counts, each[at], size) for at in range(len(graph.nodes)))
    rows = every[graph.entries :]
    totals, auxiliary = total(running(rows)), total([row for row in rows if row.auxiliary])
    return Report(
        name=spec.name,
        origin=spec.origin,
        note=spec.document.note,
        layout=layout or graph.layout,
        batch=batch,
        entries=every[: graph.entries],
        layers=rows,
        ends=graph.outputs,
        heads=graph.auxiliary,
        totals=totals,
        auxiliary=auxiliary,
        memory=memory(graph, each, totals, auxiliary, batch, data_type, optimizer),
        findings=(*spec.findings, *sorted(findings, key=_line)),
        source=spec.source,
        names=graph.names,
        groups=graph.groups,
        changed=spec.changed,
        depth=weighted_depth(graph),
        dialect=spec.document.dialect,
    )


def _declared(graph: Graph) -> list[Problem]:
    """A note for each layer whose numbers the spec declares."""
    message = "the output, parameters and MACs are declared in the spec, not computed"
    return [
        Problem("declared", message, node.place, level="note", layer=node.name)
        for node in graph.layers
        if node.layer.is_declared
    ]


def _line(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


class _Count(Struct, frozen=True):
    """The cost of one layer, including shared weights."""

    weights: dict[str, Dims]
    everything: int
    biases: int
    buffers: int
    costs: Costs
    connections: Connections


class _Counts:
    """Counts layers, with a cache: networks repeat the same layer many times."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.known: dict[tuple[Layer, tuple[Shape, ...]], _Count] = {}

    def of(self, layer: Layer, shapes: tuple[Shape, ...]) -> _Count:
        key = layer, shapes
        if key not in self.known:
            self.known[key] = self._count(layer, shapes)
        return self.known[key]

    def _count(self, layer: Layer, shapes: tuple[Shape, ...]) -> _Count:
        weights = layer.weights(*shapes)
        operations = layer.operations(*shapes)
        on_padding = layer.macs_on_padding(*shapes)
        numbers = {kind: working.value * self.batch for kind, working in operations.items()}
        return _Count(
            weights=weights,
            everything=sum(map(prod, weights.values())),
            biases=sum(prod(dims) for name, dims in weights.items() if is_bias(name)),
            buffers=sum(map(prod, layer.buffers(*shapes).values())),
            costs=Costs(**numbers, macs_on_padding=on_padding.value * self.batch if on_padding else 0),
            connections=_connections(layer, shapes, operations) if layer.has_neurons else NO_CONNECTIONS,
        )


NO_CONNECTIONS = Connections()


def _connections(layer: Layer, shapes: tuple[Shape, ...], operations: Operations) -> Connections:
    """A weighted connection is a multiply-add; without sharing, each has its own weight."""
    outputs = layer.output(*shapes).size
    biases = outputs if "bias" in layer.weights(*shapes) else 0
    weighted = operations["macs"].value
    inputs = sum(x.size for x in shapes)
    return Connections(
        weighted=weighted,
        biased=BIASED_CONNECTIONS(w=weighted, b=biases).value,
        unshared=UNSHARED_PARAMETERS(w=weighted, b=biases).value,
        full=DENSE_PARAMETERS(n=inputs, m=outputs, b=biases).value,
    )


class Recounts:
    """Counts the layers of a report again, with other options or shapes; equal layers are counted once.

    What depends on other layers stays as it was: receptive fields, and the memory in use.
    """

    def __init__(self, batch: int = 1) -> None:
        self._counts = _Counts(batch)

    def row(self, row: Row, node: Node) -> Row:
        """The row of a layer as the node of a changed graph."""
        shapes = node.reads or (node.shape,)
        count = self._counts.of(node.layer, shapes)
        owner = node.shares is None
        return replace(
            row,
            kind=node.layer.kind,
            output=node.shape,
            weights=count.weights,
            params=_parameters(count, node.frozen) if owner else NOTHING,
            buffers=count.buffers if owner else 0,
            costs=count.costs,
            neurons=node.shape.size if node.layer.has_neurons else 0,
            reads=shapes,
            activation=row.activation * node.shape.size // max(row.output.size, 1),
            connections=count.connections,
            layer=node.layer,
        )


def _row(graph: Graph, at: int, fields: Fields, counts: _Counts, use: Use, size: int) -> Row:
    node = graph.nodes[at]
    by_input = _by_input(graph, fields)
    shapes = node.reads or (node.shape,)
    count = counts.of(node.layer, shapes)
    owner = node.shares is None
    return Row(
        name=node.name,
        kind=node.layer.kind,
        line=node.place.line,
        inputs=tuple(graph.nodes[at].name for at in node.inputs),
        output=node.shape,
        weights=count.weights,
        params=_parameters(count, node.frozen) if owner else NOTHING,
        buffers=count.buffers if owner else 0,
        costs=count.costs,
        neurons=node.shape.size if node.layer.has_neurons else 0,
        field=next(iter(by_input.values()), no_field(graph.inputs[0].shape.rank)),
        reads=shapes,
        activation=use.output * size,
        alive=use.alive * size,
        kept=use.kept * size,
        connections=count.connections,
        note=node.note,
        shares="" if node.shares is None else graph.nodes[node.shares].name,
        layer=node.layer,
        fields=by_input if graph.entries > 1 else {},
        auxiliary=at in graph.training_only,
    )


def _by_input(graph: Graph, fields: Fields) -> dict[str, Field]:
    """The receptive field on each input that a layer depends on; those with axes come first."""
    pairs = zip(graph.inputs, fields, strict=True)
    found = [(node, field) for node, field in pairs if field is not None]
    found.sort(key=lambda pair: not pair[0].shape.rank)
    return {node.name: field for node, field in found}


NOTHING = Parameters()


def _parameters(count: _Count, frozen: bool) -> Parameters:
    if not count.everything:
        return NOTHING
    return Parameters(count.everything - count.biases, count.biases, count.everything if frozen else 0)
