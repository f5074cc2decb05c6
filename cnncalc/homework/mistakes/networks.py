"""A network with mistakes in one of its layers, or in all of them, counted again."""

from fractions import Fraction

from msgspec.structs import replace

from cnncalc.analysis import analyze
from cnncalc.analysis.counts import Costs
from cnncalc.analysis.report import Report, Row, total
from cnncalc.graph import Graph, Input, Node
from cnncalc.homework.mistakes.layers import LayerMistake, Taken, taken
from cnncalc.layers import Layer, LayerError
from cnncalc.shapes import Shape
from cnncalc.spec import Spec

INPUT_NAME = "input"


def alone(spec: Spec, node: Node, layer: Layer, output: Shape) -> Row:
    """The row of one layer with one input by itself, its receptive field that on its own input."""
    (x,) = node.reads
    entry = Node(INPUT_NAME, Input(), (), (), x, node.place)
    last = Node(node.name, layer, (0,), (x,), output, node.place, node.frozen)
    graph = Graph((entry, last), 1, spec.layout, {node.name: 1}, {})
    return counted(spec, graph).layers[0]


def retaken(spec: Spec, mistakes: tuple[LayerMistake, ...], only: str = "") -> Report | None:
    """The report of a network whose layers, or the one called `only`, are taken with these mistakes.

    None where they can happen in no layer, or the network could not be built so.
    """
    nodes = [spec.graph.nodes[0]]
    happened = False
    for node in spec.graph.nodes[1:]:
        reads = tuple(nodes[at].shape for at in node.inputs)
        wrong = taken(mistakes, node.layer, reads) if not only or node.name == only else None
        try:
            right = wrong or Taken(node.layer, node.layer.output(*reads))
        except LayerError:
            return None
        happened |= wrong is not None
        nodes.append(replace(node, layer=right.layer, reads=reads, shape=right.output))
    return counted(spec, replace(spec.graph, nodes=tuple(nodes))) if happened else None


def with_shapes(spec: Spec, shapes: dict[str, Shape], last: int) -> Report | None:
    """The report of a network in which some layers put out other shapes; None where nothing fits them.

    Nodes behind `last` that do not fit are left as they are: no number before them depends on it.
    """
    nodes = [spec.graph.nodes[0]]
    for node in spec.graph.nodes[1:]:
        reads = tuple(nodes[at].shape for at in node.inputs)
        try:
            right = node.layer.output(*reads)  # whatever shape is said: what cannot be read cannot be counted
        except LayerError:
            if len(nodes) <= last:
                return None
            nodes.append(node)
            continue
        nodes.append(replace(node, reads=reads, shape=shapes.get(node.name, right)))
    return counted(spec, replace(spec.graph, nodes=tuple(nodes)))


def counted(spec: Spec, graph: Graph) -> Report:
    """The report of a graph; where a shape is not its layer's own, the costs are in its proportion."""
    report = analyze(replace(spec, graph=graph))
    first = len(graph.nodes) - len(report.layers)
    rows = tuple(_in_proportion(row, graph.nodes[at]) for at, row in enumerate(report.layers, start=first))
    if rows == report.layers:
        return report
    output = rows[graph.output - first] if graph.output >= first else report.output
    return replace(report, layers=rows, totals=total(rows), output=output)


def _in_proportion(row: Row, node: Node) -> Row:
    """A layer's costs for the outputs that it is taken to have."""
    try:
        own = node.layer.output(*node.reads) if node.reads else node.shape
    except LayerError:
        return row
    if own.size == node.shape.size or not own.size:
        return row
    ratio = Fraction(node.shape.size, own.size)
    costs = Costs(**{name: int(ratio * getattr(row.costs, name)) for name in Costs.__struct_fields__})
    links = row.connections
    connections = replace(links, weighted=int(ratio * links.weighted), biased=int(ratio * links.biased))
    return replace(row, costs=costs, connections=connections)
