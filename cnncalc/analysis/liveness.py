"""Liveness: the tensors held at each layer during inference, and those saved for training.

Inference frees a tensor after its last reader has run, and does not run auxiliary heads. Training saves
what the backward pass reads: the inputs of trainable layers, and what nonlinearities need for their
gradient, but nothing before the first trainable layer (this is what freezing the first layers saves).
"""

from math import prod

from msgspec import Struct

from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Weightless


class Use(Struct, frozen=True, gc=False):
    """Elements of one layer for one sample: its output, what is alive while it runs, and what
    training saves for it."""

    output: int
    alive: int
    kept: int


def uses(graph: Graph) -> list[Use]:
    """The use of every node, starting with the input. Linear in the number of layers."""
    alive = _alive(graph)
    kept = _kept(graph)
    return [
        Use(0 if node.layer.is_view else node.shape.size, alive[at], kept[at])
        for at, node in enumerate(graph.nodes)
    ]


def _storage(graph: Graph, training: bool = False) -> list[int]:
    """For each node, the node that owns the memory of its output: itself, except for views.

    A layer whose backward pass needs more, such as dropout's mask, is not a view in training.
    """
    owner: list[int] = []
    for at, node in enumerate(graph.nodes):
        is_view = node.layer.is_view and not (training and node.layer.backward_reads)
        owner.append(owner[node.inputs[0]] if is_view else at)
    return owner


def _alive(graph: Graph) -> list[int]:
    """Elements alive while each node runs: its inputs, its output, and what later nodes read.

    0 for the nodes of auxiliary heads.
    """
    owner = _storage(graph)
    last_reader = list(range(len(graph.nodes)))
    for at, node in enumerate(graph.nodes):
        for read in node.inputs if at not in graph.training_only else ():
            last_reader[owner[read]] = at
    for end in graph.ends:
        last_reader[owner[end]] = len(graph.nodes)
    freed_after = [0] * (len(graph.nodes) + 1)
    for at, reader in enumerate(last_reader):
        freed_after[reader] += graph.nodes[at].shape.size if owner[at] == at else 0
    alive, total = [], 0
    for at, node in enumerate(graph.nodes):
        if at in graph.training_only:
            alive.append(0)
            continue
        total += node.shape.size if owner[at] == at else 0
        alive.append(total)
        total -= freed_after[at]
    return alive


def _kept(graph: Graph) -> list[int]:
    """Elements that training saves for each node; a tensor counts at the first node that needs it.

    Auxiliary heads come last: they add only what the network does not save anyway.
    """
    owner = _storage(graph, training=True)
    learns = [_learns(graph, node) for node in graph.nodes]
    passes = learns.copy()
    belows = []
    for at, node in enumerate(graph.nodes):
        belows.append(any(passes[read] for read in node.inputs))
        passes[at] = learns[at] or belows[at]
    kept: set[int] = set()
    result = [0] * len(graph.nodes)
    for at in sorted(range(len(graph.nodes)), key=lambda at: at in graph.training_only):
        node, below = graph.nodes[at], belows[at]
        wanted = {owner[read] for read in node.inputs} if learns[at] else set()
        extra = 0
        if below:
            needs = node.layer.backward_reads
            wanted |= {owner[read] for read in node.inputs} if "input" in needs else set()
            wanted |= {owner[at]} if "output" in needs else set()
            extra = node.shape.size if "choice" in needs else 0
        if learns[at] or below:
            extra += node.layer.saves(*node.reads)
        result[at] = extra + sum(graph.nodes[each].shape.size for each in wanted - kept)
        kept |= wanted
    return result


def _learns(graph: Graph, node: Node) -> bool:
    """Whether a node has trainable weights, its own or shared ones."""
    owner = node if node.shares is None else graph.nodes[node.shares]
    if owner.frozen or isinstance(node.layer, Weightless):
        return False
    return any(map(prod, node.layer.weights(*node.reads).values()))
