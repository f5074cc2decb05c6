"""What a rule is, what it looks at, and what it finds."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from cnncalc.analysis.report import Report
from cnncalc.graph import Graph, Node
from cnncalc.layers import Layer
from cnncalc.problems import Level, Place
from cnncalc.spec.document import Document


class NetworkView(Struct, frozen=True):
    """A network as rules see it: as written, built and counted.

    `readers` are the positions of the nodes that read each node.
    """

    document: Document
    graph: Graph
    report: Report
    readers: tuple[tuple[int, ...], ...]

    @property
    def numbered(self) -> Iterable[tuple[int, Node]]:
        """Every layer with its position."""
        return enumerate(self.graph.layers, 1)

    def source(self, node: Node) -> Node:
        """The first of what a node reads."""
        return self.graph.nodes[node.inputs[0]]


class Violation(Struct, frozen=True):
    """One place where a rule is broken."""

    message: str
    place: Place | None
    layer: str = ""
    hint: str = ""


class Rule(Struct, frozen=True):
    """One thing that is looked for in a network.

    Attributes:
        text: its published documentation: a sentence, then paragraphs.
        find: gives the places; None where the analysis itself reports it.
        example: a spec that breaks it.
        mended: the same spec mended; empty where there is nothing to mend.
        default: whether it is looked for unless told otherwise.
    """

    code: str
    level: Level
    text: str
    find: Callable[[NetworkView], Iterator[Violation]] | None
    example: str
    mended: str = ""
    default: bool = True


def network_of(document: Document, graph: Graph, report: Report) -> NetworkView:
    """The network with its edges turned round."""
    readers: list[list[int]] = [[] for _ in graph.nodes]
    for at, node in enumerate(graph.nodes):
        for read in dict.fromkeys(node.inputs):
            readers[read].append(at)
    return NetworkView(document, graph, report, tuple(map(tuple, readers)))


def is_norm(layer: Layer) -> bool:
    return layer.family == "norm"


def is_activation(layer: Layer) -> bool:
    return layer.family == "activation"
