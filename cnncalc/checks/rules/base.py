"""The types of lint rules: a rule, the network that it checks, and a violation."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from cnncalc.analysis.report import Report
from cnncalc.graph import Graph, Node
from cnncalc.layers import Layer
from cnncalc.problems import Level, Place
from cnncalc.spec.document import Document


class NetworkView(Struct, frozen=True):
    """The network that rules check: the spec, the graph and the report.

    `readers` are the positions of the nodes that read each node.
    """

    document: Document
    graph: Graph
    report: Report
    readers: tuple[tuple[int, ...], ...]

    @property
    def numbered(self) -> Iterable[tuple[int, Node]]:
        """All layers with their positions."""
        return enumerate(self.graph.layers, self.graph.entries)

    def is_read_once(self, at: int) -> bool:
        """Whether a single layer reads a node, and it is no output."""
        ends = (*self.graph.ends, *self.graph.auxiliary.values())
        return len(self.readers[at]) == 1 and at not in ends

    def source(self, node: Node) -> Node:
        """The first input of a node; the node itself if it has none."""
        return self.graph.nodes[node.inputs[0]] if node.inputs else node


class Violation(Struct, frozen=True):
    """One place that violates a rule."""

    message: str
    place: Place | None
    layer: str = ""
    hint: str = ""


class Rule(Struct, frozen=True):
    """One lint rule.

    Attributes:
        text: the published documentation: a sentence, then paragraphs.
        find: yields the violations; None if the analysis reports them.
        example: a spec that violates the rule.
        fixed: the same spec without the violation; empty if there is nothing to fix.
        default: whether the rule is enabled by default.
    """

    code: str
    level: Level
    text: str
    find: Callable[[NetworkView], Iterator[Violation]] | None
    example: str
    fixed: str = ""
    default: bool = True


def network_of(document: Document, graph: Graph, report: Report) -> NetworkView:
    """The view of a network, with the readers of each node."""
    readers: list[list[int]] = [[] for _ in graph.nodes]
    for at, node in enumerate(graph.nodes):
        for read in dict.fromkeys(node.inputs):
            readers[read].append(at)
    return NetworkView(document, graph, report, tuple(map(tuple, readers)))


def is_norm(layer: Layer) -> bool:
    return layer.family == "norm"


def is_activation(layer: Layer) -> bool:
    return layer.family == "activation"
