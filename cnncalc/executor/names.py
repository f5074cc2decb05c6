"""Resolves layer names, with the same meaning as in a spec's `from:`.

`conv1` is the output after its norm and activation; `conv1.conv` is before them. A block's name is its
output.
"""

from collections.abc import Collection

from cnncalc.executor.io.inputs import InputError
from cnncalc.graph import Graph, matches_subtree
from cnncalc.problems import did_you_mean


def own_name(graph: Graph, at: int) -> str:
    """The name of a node's own output: `conv1.conv` if `conv1` includes a norm or activation."""
    node = graph.nodes[at]
    return node.name if graph.names.get(node.name, at) == at else f"{node.name}.{node.layer.kind}"


def node_of(graph: Graph, name: str | None) -> int:
    """The index of a named node; default: the output. Raises InputError."""
    if name is None:
        return graph.output
    places = _places(graph)
    if name not in places:
        raise InputError(_unknown(name, places))
    return places[name]


def wanted(graph: Graph, names: Collection[str]) -> dict[int, list[str]]:
    """The nodes matched by names and patterns, and the names of each, its own name first.

    Raises:
        InputError: unknown layer.
    """
    places = _places(graph)
    found: dict[int, list[str]] = {}
    for pattern in [names] if isinstance(names, str) else names:
        named = {pattern: places[pattern]} if pattern in places else _covered(graph, pattern)
        if not named:
            raise InputError(_unknown(pattern, places))
        for name, at in named.items():
            if name not in found.setdefault(at, []):
                found[at].append(name)
    return found


def _places(graph: Graph) -> dict[str, int]:
    """All names of layers, blocks and branches with their nodes, without those outside a truncated graph."""
    named = {name: at for name, at in graph.names.items() if at < len(graph.nodes)}
    return named | {own_name(graph, at): at for at in range(graph.entries, len(graph.nodes))}


def _covered(graph: Graph, pattern: str) -> dict[str, int]:
    """The layers matched by a pattern, by their own and short names."""
    inside = matches_subtree(pattern)
    layers = dict(enumerate(graph.layers, start=graph.entries))
    own = {own_name(graph, at): at for at in layers}
    short = {node.name: graph.names.get(node.name, at) for at, node in layers.items()}
    return {name: at for name, at in (own | short).items() if inside(name) and at < len(graph.nodes)}


def _unknown(name: str, places: dict[str, int]) -> str:
    return (
        f"there is no layer '{name}'; {did_you_mean(str(name), list(places)) or '`cnncalc show` lists them'}"
    )
