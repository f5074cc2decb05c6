"""`share`: which items use weights again, and the names of those that have them.

The names are known when the rest of the spec is written, so that `share` is added to it at the end.
"""

from collections.abc import Mapping, Sequence

from msgspec import structs

from cnncalc.interchange.network import ModelGraph
from cnncalc.interchange.writer.items import WrittenBranch, WrittenItem
from cnncalc.interchange.writer.regions import WrittenNetwork


def with_shares(written: WrittenNetwork, network: ModelGraph, names: Mapping[int, str]) -> WrittenNetwork:
    """The items with `share` where they use the weights of others; `names` are full names by node."""
    sharing = _Sharing(written, network, names)
    items = sharing.items(written.items, 1)
    return WrittenNetwork(items, sharing.blocks)


class _Sharing:
    """Writes items with `share`; those of a block are as in its first use."""

    def __init__(self, written: WrittenNetwork, network: ModelGraph, names: Mapping[int, str]) -> None:
        self.network = network
        self.names = names
        self.blocks = {**written.blocks}
        self.done: set[str] = set()

    def items(self, items: Sequence[WrittenItem], depth: int) -> tuple[WrittenItem, ...]:
        """A list whose items have full names of `depth` parts."""
        return tuple(self._item(item, depth) for item in items)

    def _item(self, item: WrittenItem, depth: int) -> WrittenItem:
        if item.branches:
            inner = [WrittenBranch(each.name, self.items(each.items, depth + 2)) for each in item.branches]
            return structs.replace(item, branches=tuple(inner))
        if target := self._target(item.nodes, depth):
            return structs.replace(item, options={**item.options, "share": target})
        if item.is_use and item.word not in self.done:
            block, inputs = self.blocks[item.word]
            if {node for each in block.items for node in each.nodes} <= {*item.nodes}:
                self.done.add(item.word)
                inside = self.items(block.items, depth + (2 if item.repeat > 1 else 1))
                self.blocks[item.word] = (structs.replace(block, items=inside), inputs)
        return item

    def _target(self, nodes: Sequence[int], depth: int) -> str:
        """What an item of these nodes shares with, as seen from it; empty if it has weights of its own."""
        pairs: list[tuple[str, str]] = []
        for node in nodes:
            step = self.network.step(node)
            if step is not None and step.tensors:
                if step.shares is None:
                    return ""
                pairs.append((self.names[node], self.names[step.shares]))
        if not pairs:
            return ""
        name, owner = pairs[0]
        own = ".".join(name.split(".")[:depth])
        target = owner.removesuffix(name.removeprefix(own))
        inside = (target, f"{target}.")  # a layer inside may share with another one there
        if not all(other == inside[0] or other.startswith(inside[1]) for _, other in pairs):
            return ""
        return _seen_from(own, target)


def _seen_from(own: str, target: str) -> str:
    """A full name without the parts that it has in common with that of an item in the same lists."""
    here, there = own.split("."), target.split(".")
    while len(there) > 1 and here and here[0] == there[0]:
        here, there = here[1:], there[1:]
    return ".".join(there)
