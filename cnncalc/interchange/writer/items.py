"""Lists of layers as a spec has them, before blocks are shared: items, branches, and what each reads."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

ENTRY = -1
"""A reference to what entered a list; others count its items; lower ones are further inputs of a block."""

Plain = int | float | bool | str | None
Option = Plain | tuple["Option", ...] | Mapping[str, "Option"]
"""The value of an option as a spec has it; text may be an expression."""


def extra(number: int) -> int:
    """The reference to a further input of a block."""
    return ENTRY - 1 - number


class WrittenBranch(Struct, frozen=True):
    """A list of layers inside a merge."""

    name: str
    items: tuple["WrittenItem", ...]


class WrittenItem(Struct, frozen=True):
    """One item of a list.

    Attributes:
        word: the kind; for the use of a block, the name of the block.
        options: its options, or the arguments of the block.
        reads: what it reads, as references in its list; for a merge with branches, what enters these.
        branches: the branches of a merge.
        name: what to call it, if that is possible.
        path: the module that it is.
        nodes: all its nodes, in the order in which it is written.
        is_use: whether it uses a block.
        inputs: the names of further inputs of the block.
        repeat: how often it is repeated.
        shares: the node of the layer whose weights it uses again.
        channels: the channels that enter it.
        sorts: for the arguments of a block, the options that they are for.
    """

    word: str
    options: Mapping[str, Option]
    reads: tuple[int, ...]
    nodes: tuple[int, ...]
    branches: tuple[WrittenBranch, ...] = ()
    name: str = ""
    path: str = ""
    is_use: bool = False
    is_merge: bool = False
    inputs: tuple[str, ...] = ()
    repeat: int = 1
    shares: int | None = None
    channels: int = 0
    sorts: Mapping[str, str] = {}

    @property
    def node(self) -> int:
        """The node of its output."""
        return self.nodes[-1]

    @property
    def own_name(self) -> str:
        """Its name, if its module has one of its own and not just a number in a list."""
        return "" if self.path.rpartition(".")[2].isdecimal() else self.name


def every(items: Sequence[WrittenItem]) -> Iterator[WrittenItem]:
    """All items of a list and of its branches."""
    for item in items:
        for branch in item.branches:
            yield from every(branch.items)
        yield item


def signature(items: Sequence[WrittenItem]) -> object:
    """What two lists that are written the same have in common."""
    return tuple(
        (
            *(item.word, item.own_name, str(item.options), item.reads, item.repeat, item.inputs),
            tuple((branch.name, signature(branch.items)) for branch in item.branches),
        )
        for item in items
    )
