"""Reports of a network with mistakes in one or all of its layers."""

from collections.abc import Callable

from msgspec.structs import replace

from cnncalc.analysis import Recounts, analyze
from cnncalc.analysis.counts import Costs
from cnncalc.analysis.report import Report, Row, running, total
from cnncalc.graph import Graph, Node
from cnncalc.homework.mistakes.layers import LayerMistake, Taken, taken
from cnncalc.layers import LayerError
from cnncalc.shapes import Shape
from cnncalc.spec import Spec


def alone(row: Row, node: Node, found: Taken, recounts: Recounts) -> Row:
    """The row of a layer with a mistake, on the input of the node; its receptive field stays."""
    changed = replace(node, layer=found.layer, shape=found.output)
    return _scaled(recounts.row(row, changed), changed)


def retaken(graph: Graph, mistakes: tuple[LayerMistake, ...], only: str = "") -> Graph | None:
    """A network with mistakes in all layers, or in the layer `only`; nodes that do not change are the same.

    None if no layer can have them, or if the network would be invalid.
    """
    first = graph.entries
    if only:  # the nodes before it do not change
        first = next(at for at, node in enumerate(graph.nodes) if node.name == only)
        node = graph.nodes[first]
        if taken(mistakes, node.layer, node.reads) is None:
            return None
    nodes = [*graph.nodes[:first]]
    happened = False

    def mistaken(node: Node, reads: tuple[Shape, ...]) -> Taken | None:
        nonlocal happened
        wrong = taken(mistakes, node.layer, reads) if not only or node.name == only else None
        happened |= wrong is not None
        return wrong

    found = propagated(graph, nodes, mistaken)
    return found if happened else None


def propagated(
    graph: Graph,
    nodes: list[Node],
    mistaken: Callable[[Node, tuple[Shape, ...]], Taken | None] = lambda node, reads: None,
) -> Graph | None:
    """A network that starts with these nodes; others whose inputs do not change are the same.

    `mistaken` takes a layer under a mistake. None if the network would be invalid.
    """
    for node in graph.nodes[len(nodes) :]:
        reads = tuple(nodes[at].shape for at in node.inputs)
        wrong = mistaken(node, reads)
        if wrong is None and reads == node.reads:
            nodes.append(node)
            continue
        try:
            right = wrong or Taken(node.layer, node.layer.output(*reads))
        except LayerError:
            return None
        nodes.append(replace(node, layer=right.layer, reads=reads, shape=right.output))
    return replace(graph, nodes=tuple(nodes))


def recounted(report: Report, before: Graph, after: Graph, recounts: Recounts) -> Report:
    """The report of a changed network; its receptive fields and its memory in use are the old ones."""
    rows = tuple(
        row if new is old else _scaled(recounts.row(row, new), new)
        for row, old, new in zip(report.layers, before.layers, after.layers, strict=True)
    )
    return replace(report, layers=rows)


def with_shapes(spec: Spec, shapes: dict[str, Shape], last: int) -> Report | None:
    """The report of a network with other output shapes for some layers.

    None if a node up to `last` is invalid. Invalid nodes after it are left as they are.
    """
    nodes = [*spec.graph.inputs]
    for node in spec.graph.layers:
        reads = tuple(nodes[at].shape for at in node.inputs)
        try:
            right = node.layer.output(*reads)  # raises for an invalid input
        except LayerError:
            if len(nodes) <= last:
                return None
            nodes.append(node)
            continue
        nodes.append(replace(node, reads=reads, shape=shapes.get(node.name, right)))
    return counted(spec, replace(spec.graph, nodes=tuple(nodes)))


def counted(spec: Spec, graph: Graph) -> Report:
    """The report of a graph; costs are scaled for layers whose output shape was replaced."""
    report = analyze(replace(spec, graph=graph))
    rows = tuple(_scaled(row, node) for row, node in zip(report.layers, graph.layers, strict=True))
    if rows == report.layers:
        return report
    return replace(report, layers=rows, totals=total(running(rows)))


def _scaled(row: Row, node: Node) -> Row:
    """A layer's costs, scaled to its replaced output."""
    try:
        own = node.layer.output(*node.reads) if node.reads else node.shape
    except LayerError:
        return row
    if own.size == node.shape.size or not own.size:
        return row

    def scaled(number: int) -> int:
        return number * node.shape.size // own.size

    costs = Costs(**{name: scaled(getattr(row.costs, name)) for name in Costs.__struct_fields__})
    links = row.connections
    connections = replace(links, weighted=scaled(links.weighted), biased=scaled(links.biased))
    return replace(row, costs=costs, connections=connections)
