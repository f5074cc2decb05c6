"""The series-parallel structure of a graph: what follows what, and which branches are side by side.

>>> decompose([[], [0], [1], [1, 2]])
(0, 1, Parallel(branches=((), (2,))), 3)

Node 3 reads node 1 directly and through node 2: two branches, one of them without a node.
"""

from collections.abc import Sequence
from typing import TypeAlias, Union

from msgspec import Struct

MOST_NESTED = 100
"""Parallel branches nested deeper than this are one `Bridge`."""


class Bridge(Struct, frozen=True):
    """Nodes, in topological order, that are neither in series nor in parallel: edges bridge branches."""

    nodes: tuple[int, ...]


class Parallel(Struct, frozen=True):
    """Branches with one common source and one common target; an empty branch is an edge between those two.

    They are in the order in which the target reads them.
    """

    branches: tuple["Series", ...]


Part: TypeAlias = Union[int, Parallel, Bridge]  # noqa: UP007 - refers to itself
Series: TypeAlias = tuple[Part, ...]
"""Parts one after another: before and after each `Parallel` and `Bridge` is a node, or the end."""


def decompose(
    reads: Sequence[Sequence[int]],
    entries: Sequence[int] | None = None,
    exits: Sequence[int] | None = None,
    *,
    through: bool = False,
) -> Series:
    """The structure of a directed acyclic graph.

    Args:
        reads: for each node, in topological order, the nodes that it reads.
        entries: the nodes that read something outside; default: those that read nothing.
        exits: the nodes that are read outside; default: those that no node reads.
        through: whether outside is an edge from where the entries begin to where the exits lead.
    """
    start, end = 0, len(reads) + 1
    read = {node for each in reads for node in each}
    first = [at for at, each in enumerate(reads) if not each] if entries is None else entries
    last = [at for at in range(len(reads)) if at not in read] if exits is None else exits
    begins = set(first) | {at for at, each in enumerate(reads) if not each}
    ends = dict.fromkeys([*last, *(at for at in range(len(reads)) if at not in read)])
    inside = [
        [*([start] if at in begins else []), *(node + 1 for node in each)] for at, each in enumerate(reads)
    ]
    found = _Decomposition([[], *inside, [*(node + 1 for node in ends), *([start] if through else [])]])
    return _shifted(found.series(list(range(1, end)), start, end, 0))


def _shifted(series: Series) -> Series:
    """Without the start, which was node 0."""
    return tuple(
        part - 1
        if isinstance(part, int)
        else Bridge(tuple(node - 1 for node in part.nodes))
        if isinstance(part, Bridge)
        else Parallel(tuple(map(_shifted, part.branches)))
        for part in series
    )


class _Decomposition:
    def __init__(self, reads: list[list[int]]) -> None:
        self.reads = reads
        self.readers: list[list[int]] = [[] for _ in reads]
        for node, each in enumerate(reads):
            for read in each:
                self.readers[read].append(node)

    def series(
        self, nodes: list[int], source: int, target: int, depth: int, *, direct: bool = True
    ) -> Series:
        """What lies between two nodes, cut at every node that all paths pass."""
        order = [source, *nodes, target]
        places = {node: place for place, node in enumerate(order)}
        parts: list[Part] = []
        reach = before = 0
        for place, node in enumerate(order):
            if place and reach <= place:
                parts += self._between(
                    order[before : place + 1], depth, direct=direct or place - before < len(nodes) + 1
                )
                parts += [node] if node != target else []
                before = place
            for reader in self.readers[node]:
                is_direct = node == source and reader == target
                if reader in places and (direct or not is_direct):
                    reach = max(reach, places[reader])
        return tuple(parts)

    def _between(self, order: list[int], depth: int, *, direct: bool) -> list[Part]:
        """What lies between neighbouring cuts: nothing for a single edge."""
        source, *inner, target = order
        if not inner:
            return []
        has_edge = direct and source in self.reads[target]
        components = self._components(inner)
        if (len(components) == 1 and not has_edge) or depth >= MOST_NESTED:
            return [Bridge(tuple(inner))]
        places = {node: place for place, node in reversed([*enumerate(self.reads[target])])}
        last = len(places)
        branches: list[tuple[tuple[int, int], Series]] = [((places[source], 0), ())] if has_edge else []
        for nodes in components:
            rank = min(places.get(node, last) for node in nodes)
            branches.append(((rank, nodes[0]), self.series(nodes, source, target, depth + 1, direct=False)))
        return [Parallel(tuple(series for _, series in sorted(branches, key=lambda each: each[0])))]

    def _components(self, nodes: list[int]) -> list[list[int]]:
        """The nodes that are connected without the two ends."""
        root = {node: node for node in nodes}

        def find(node: int) -> int:
            while root[node] != node:
                root[node] = root[root[node]]
                node = root[node]
            return node

        for node in nodes:
            for read in self.reads[node]:
                if read in root:
                    root[find(node)] = find(read)
        groups: dict[int, list[int]] = {}
        for node in nodes:
            groups.setdefault(find(node), []).append(node)
        return list(groups.values())
