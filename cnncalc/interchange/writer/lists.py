"""From a directed graph to lists of items: what follows what, branches of merges, and references by name."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from cnncalc.interchange.writer.items import ENTRY, WrittenBranch, WrittenItem
from cnncalc.spec.vocabulary import is_branch
from cnncalc.structure import Bridge, Parallel, Part, Series, decompose

LONGEST_BRANCH = 12
"""Items of a branch, with those of its branches; a longer one is written as items with names."""
LONGEST_RESIDUAL = 8


Merging = Literal["", "in order", "in any order"]


class Member(Struct, frozen=True):
    """A layer or block to be written: what it reads, and its item for references in a list.

    Reads are numbers of other members, or references to what entered. `merges` says whether it is a merge:
    of tensors in a certain order, or in any.
    """

    reads: tuple[int, ...]
    item: Callable[[tuple[int, ...]], WrittenItem]
    merges: Merging
    path: str


def listed(members: Sequence[Member], ends: Sequence[int], path: str = "") -> tuple[WrittenItem, ...]:
    """The items of a graph; `ends` are the members that are read outside."""
    inner = [[read for read in member.reads if read >= 0] for member in members]
    entries = [at for at, member in enumerate(members) if ENTRY in member.reads]
    return _Lister(members, path).items(decompose(inner, entries, [*ends]), ENTRY)


class _Lister:
    def __init__(self, members: Sequence[Member], path: str) -> None:
        self.members = members
        self.path = path

    def items(self, series: Series, source: int) -> tuple[WrittenItem, ...]:
        """A list of its own, which `source` enters."""
        items: list[WrittenItem] = []
        self._append(items, {}, series, source, source)
        return tuple(items)

    def _append(
        self,
        items: list[WrittenItem],
        where: dict[int, int],
        series: Sequence[Part],
        source: int,
        before: int,
    ) -> None:
        """Appends a series; `before` is the member in front of it."""
        parts = [*series]
        for at, part in enumerate(parts):
            if isinstance(part, int):
                if part not in where:
                    self._add(items, where, part, source)
                before = part
            elif isinstance(part, Bridge):
                for node in sorted(part.nodes):
                    self._add(items, where, node, source)
            else:
                target = parts[at + 1] if at + 1 < len(parts) else None
                branches = self._nested(part, before, target) if isinstance(target, int) else ()
                if isinstance(target, int) and branches:
                    self._merge(items, where, branches, before, target, source)
                elif isinstance(target, int):
                    for branch in sorted(part.branches, key=_first):
                        self._append(items, where, branch, source, before)
                else:
                    for unit, start in sorted(_heads(part, before), key=lambda each: _last(each[0])):
                        self._append(items, where, unit, source, start)

    def _add(self, items: list[WrittenItem], where: dict[int, int], at: int, source: int) -> None:
        member = self.members[at]
        items.append(member.item(tuple(self._reference(where, read, source) for read in member.reads)))
        where[at] = len(items) - 1

    def _reference(self, where: dict[int, int], read: int, source: int) -> int:
        if read in where:
            return where[read]
        return ENTRY if read == source else read

    def _nested(self, part: Parallel, before: int, target: int) -> tuple[Series, ...]:
        """The branches of a merge; none if they cannot be written inside it.

        They are in the order in which the merge reads them, or if that makes no difference, in their own.
        """
        member = self.members[target]
        if not member.merges:
            return ()
        ends: dict[int, Series] = {}
        for branch in part.branches:
            last = branch[-1] if branch else before
            if not isinstance(last, int) or last in ends:
                return ()
            ends[last] = branch
        sizes = [_size(branch) for branch in part.branches]
        longest = LONGEST_RESIDUAL if 0 in sizes else LONGEST_BRANCH
        if sorted(ends) != sorted(member.reads) or max(sizes) > longest:
            return ()
        found = [ends[read] for read in member.reads]
        if member.merges == "in any order":
            in_order = iter(sorted(filter(None, found), key=_first))
            found = [branch and next(in_order) for branch in found]
        return tuple(found)

    def _merge(
        self,
        items: list[WrittenItem],
        where: dict[int, int],
        found: Sequence[Series],
        before: int,
        target: int,
        source: int,
    ) -> None:
        lists = [self.items(branch, before) for branch in found]
        names = branch_names(lists, self.path)
        branches = tuple(WrittenBranch(name, inner) for name, inner in zip(names, lists, strict=True))
        merge = self.members[target].item(())
        nodes = tuple(node for inner in lists for item in inner for node in item.nodes)
        reads = (self._reference(where, before, source),)
        channels = merge.channels
        items.append(
            WrittenItem(
                merge.word,
                merge.options,
                reads,
                (*nodes, *merge.nodes),
                branches,
                merge.name,
                merge.path,
                is_merge=True,
                channels=channels,
            )
        )
        where[target] = len(items) - 1


def _heads(part: Parallel, before: int) -> Iterator[tuple[Series, int]]:
    """What lies on branches that never meet, each layer or merge apart, with the member before it."""
    for branch in part.branches:
        last, parts = before, [*branch]
        while parts:
            unit = parts.pop(0)
            if isinstance(unit, Parallel) and not parts:
                yield from _heads(unit, last)
            elif isinstance(unit, int) or not parts:
                yield (unit,), last
            else:
                yield (unit, parts[0]), last
                unit = parts.pop(0)
            last = unit if isinstance(unit, int) else last


def _last(series: Series) -> int:
    """The last member of a series."""
    last = series[-1]
    return last if isinstance(last, int) else max(last.nodes) if isinstance(last, Bridge) else -1


def _first(series: Series) -> int:
    """The first member of a series."""
    first = series[0] if series else -1
    if isinstance(first, Parallel):
        return min(map(_first, first.branches))
    return first.nodes[0] if isinstance(first, Bridge) else first


def _size(series: Series) -> int:
    total = 0
    for part in series:
        if isinstance(part, Parallel):
            total += sum(_size(branch) for branch in part.branches)
        else:
            total += len(part.nodes) if isinstance(part, Bridge) else 1
    return total


def branch_names(lists: Sequence[Sequence[WrittenItem]], path: str) -> list[str]:
    """Names of branches: those of their modules, where they have different ones."""
    names = [_module_of(items, path) for items in lists]
    if len(lists) == 2 and not all(names):
        longer = len(lists[1]) > len(lists[0])
        words = ["skip", "main"] if longer else ["main", "skip"]
        names = [name or word for name, word in zip(names, words, strict=True)]
    names = [name or f"branch{number}" for number, name in enumerate(names, 1)]
    return names if len(set(names)) == len(names) else [f"branch{n}" for n in range(1, len(names) + 1)]


def _module_of(items: Sequence[WrittenItem], path: str) -> str:
    """The module inside `path` that all items are in, if its name can name a branch."""
    parts = {inside(item.path, path).partition(".")[0] for item in items}
    name = parts.pop() if len(parts) == 1 else ""
    return name if is_branch(name) and not re.fullmatch(r"\d+", name) else ""


def inside(path: str, outer: str) -> str:
    """The rest of a path inside another one; the path itself if it is not."""
    return path.removeprefix(f"{outer}.") if outer else path
