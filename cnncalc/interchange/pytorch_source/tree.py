"""The layers of a graph as a tree of modules: each reads tensors from outside and gives some back."""

from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush

from msgspec import Struct

from cnncalc.graph import Graph

MOST_PARTS = 50
"""Levels of modules; what is nested deeper is one name."""
WORK = 20
"""Nodes to look at per layer when modules are checked for loops; beyond, they are dissolved."""

Path = tuple[str, ...]


class ModuleItem(Struct, frozen=True):
    """A layer, or a module with items of its own.

    Attributes:
        name: its name in the module that it belongs to.
        path: its place in the network, as the spec names it.
        nodes: the layers inside, in order.
        inputs: the nodes outside that it reads, in order of the first reading.
        outputs: the nodes inside that are read outside, or are outputs of the network, and the one that is
            the output of a module in the spec, even if nothing reads it.
        items: what a module consists of, in an order of execution; empty for a layer.
    """

    name: str
    path: Path
    nodes: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    items: tuple["ModuleItem", ...] = ()


class Tree:
    """Builds the items of a graph.

    A module that cannot be called once, because tensors leave it and come back, is dissolved: its items
    belong to the module around it. So is one that reads nothing, and would not know the size of the batch,
    one of which only a part exists in training only, or one that shares the weights of a part of another.
    """

    def __init__(self, graph: Graph, is_same: Callable[[int, int], bool]) -> None:
        self.graph = graph
        self.is_same = is_same
        self.paths = paths_of(graph)
        self.readers: list[list[int]] = [[] for _ in graph.nodes]
        self.ends = {*graph.ends, *graph.auxiliary.values()}
        for at, node in enumerate(graph.nodes):
            for read in node.inputs:
                self.readers[read].append(at)
        self.work = WORK * len(graph.nodes) + 1000

    def items(self) -> tuple[ModuleItem, ...]:
        """The items of the network itself."""
        return self._items((), range(self.graph.entries, len(self.graph.nodes)))

    def _items(self, path: Path, nodes: Iterable[int]) -> tuple[ModuleItem, ...]:
        depth = len(path)
        parts: dict[str, list[int]] = {}
        for at in nodes:
            parts.setdefault(self.paths[at][depth], []).append(at)
        found: list[ModuleItem] = []
        for name, inside in parts.items():
            if len(inside) == 1 and len(self.paths[inside[0]]) == depth + 1:
                found.append(self._item(name, (*path, name), inside))
                continue
            items = self._items((*path, name), inside)
            whole = self._item(name, (*path, name), inside, items)
            if whole.inputs and self._is_whole(inside):
                found.append(whole)
            else:
                found += dissolved(name, items)
        while True:
            order = self._ordered(found)
            loose = {*range(len(found))} if order is None else self._unshared(order)
            if not loose and order is not None:
                return order
            found = [
                each
                for at, item in enumerate(found if order is None else order)
                for each in ((at in loose and dissolved(item.name, item.items)) or (item,))
            ]

    def shares_outside(self, item: ModuleItem) -> set[int]:
        """The layers outside of an item whose weights it uses."""
        shared = {self.graph.nodes[at].shares for at in item.nodes} - {None, *item.nodes}
        return {at for at in shared if at is not None}

    def owner(self, item: ModuleItem, items: Sequence[ModuleItem]) -> ModuleItem | None:
        """The item that is the same module as one that shares weights; None if there is none."""
        wanted = self.shares_outside(item)
        owners = [each for each in items if not wanted.isdisjoint(each.nodes)]
        return owners[0] if len(owners) == 1 and self._are_one(item, owners[0]) else None

    def _are_one(self, item: ModuleItem, owner: ModuleItem) -> bool:
        """Whether an item does what its owner does, with the same weights, on other tensors."""
        nodes = self.graph.nodes
        if len(item.nodes) != len(owner.nodes) or len(item.inputs) != len(owner.inputs):
            return False
        pairs = dict(zip((*item.nodes, *item.inputs), (*owner.nodes, *owner.inputs), strict=True))
        if tuple(pairs[at] for at in item.outputs) != owner.outputs:
            return False
        return all(
            tuple(pairs[read] for read in nodes[at].inputs) == nodes[pairs[at]].inputs
            and nodes[at].shares in (None, pairs[at], nodes[pairs[at]].shares)
            and (nodes[at].shares is not None or not nodes[at].layer.weights(*nodes[at].reads))
            and self.is_same(at, pairs[at])
            for at in item.nodes
        )

    def _unshared(self, items: Sequence[ModuleItem]) -> set[int]:
        """The modules to dissolve: one shares the weights of a part of the other, or has other options."""
        place = {at: number for number, item in enumerate(items) for at in item.nodes}
        found: set[int] = set()
        for number, item in enumerate(items):
            owners = {place[at] for at in self.shares_outside(item) if at in place}
            if owners and self.owner(item, [items[each] for each in owners]) is None:
                found |= {each for each in (number, *owners) if items[each].items}
        return found

    def _item(
        self, name: str, path: Path, nodes: list[int], items: tuple[ModuleItem, ...] = ()
    ) -> ModuleItem:
        inside = set(nodes)
        read = (read for at in nodes for read in self.graph.nodes[at].inputs if read not in inside)
        end = self.graph.names.get(".".join(path)) if items else nodes[0]
        given = (
            at
            for at in nodes
            if at in self.ends or at == end or any(each not in inside for each in self.readers[at])
        )
        return ModuleItem(name, path, tuple(nodes), tuple(dict.fromkeys(read)), tuple(given), items)

    def _is_whole(self, nodes: list[int]) -> bool:
        graph, inside = self.graph, set(nodes)
        if len({at in graph.training_only for at in nodes}) > 1:
            return False
        first, last = nodes[0], nodes[-1]
        if last - first + 1 == len(nodes):
            return True
        self.work -= last - first
        if self.work < 0:
            return False
        outside: set[int] = set()  # depends on a node inside
        for at in range(first, last + 1):
            reads = graph.nodes[at].inputs
            if at in inside:
                if not outside.isdisjoint(reads):
                    return False
            elif not (inside.isdisjoint(reads) and outside.isdisjoint(reads)):
                outside.add(at)
        return True

    def _ordered(self, items: Sequence[ModuleItem]) -> tuple[ModuleItem, ...] | None:
        """The items in an order of execution, as in the spec where possible; None if there is none."""
        owner = {at: number for number, item in enumerate(items) for at in item.nodes}
        waits = [{owner[read] for read in item.inputs if read in owner} for item in items]
        feeds: list[list[int]] = [[] for _ in items]
        for number, before in enumerate(waits):
            for each in before:
                feeds[each].append(number)
        open_ends = [len(before) for before in waits]
        ready = [(items[number].nodes[0], number) for number, left in enumerate(open_ends) if not left]
        heapify(ready)
        found: list[ModuleItem] = []
        while ready:
            _, number = heappop(ready)
            found.append(items[number])
            for each in feeds[number]:
                open_ends[each] -= 1
                if not open_ends[each]:
                    heappush(ready, (items[each].nodes[0], each))
        return tuple(found) if len(found) == len(items) else None


def dissolved(name: str, items: Sequence[ModuleItem]) -> tuple[ModuleItem, ...]:
    """The items of a module, for the module around it."""
    return tuple(
        ModuleItem(f"{name}_{each.name}", each.path, each.nodes, each.inputs, each.outputs, each.items)
        for each in items
    )


def paths_of(graph: Graph) -> list[Path]:
    """The place of every node: of a convolution with a norm, `conv1.conv` beside `conv1.norm`."""
    split = [tuple(node.name.split(".", MOST_PARTS)) for node in graph.nodes]
    modules = {path[:depth] for path in split[graph.entries :] for depth in range(1, len(path))}
    taken = set(split)
    for at, path in enumerate(split):
        if at >= graph.entries and path in modules:
            own = (*path, graph.nodes[at].layer.kind)
            while own in taken or own in modules:
                own = (*own[:-1], own[-1] + "_")
            taken.add(own)
            split[at] = own
    return split
