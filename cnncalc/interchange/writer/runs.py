"""Repeats: neighbours in a list that differ only in their first one become one item."""

import re
from collections.abc import Sequence
from math import inf

from msgspec import structs

from cnncalc.interchange.writer.items import ENTRY, Option, WrittenBranch, WrittenItem

FIRST = 0.25
"""What an option with `if first` costs, in items: a repeat without one is better."""
LONGEST = 1000


def with_repeats(
    items: Sequence[WrittenItem], outer: str = "", kept: frozenset[int] = frozenset()
) -> tuple[WrittenItem, ...]:
    """A list with repeats; `kept` are nodes that are read by name from outside the list."""
    items = tuple(
        structs.replace(
            item,
            branches=tuple(
                WrittenBranch(each.name, with_repeats(each.items, outer, kept)) for each in item.branches
            ),
        )
        for item in items
    )
    named = {read for at, item in enumerate(items) for read in item.reads if read not in (at - 1, ENTRY)}
    named |= {at for at, item in enumerate(items) if item.node in kept}
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(items) + 1):
        choice = (inf, end - 1)
        for start in range(end - 1, max(end - LONGEST, -1), -1):
            cost = _cost(items, start, end, named)
            if cost is None:
                break
            choice = min(choice, (best[start][0] + cost, start))
        best.append(choice)
    runs: list[tuple[int, int]] = []
    end = len(items)
    while end:
        runs.append((best[end][1], end))
        end = best[end][1]
    runs.reverse()
    moved = {end - 1: at for at, (_, end) in enumerate(runs)}
    found = [_run(items[start:end], outer, items) for start, end in runs]
    return tuple(
        structs.replace(item, reads=tuple(moved.get(read, read) for read in item.reads)) for item in found
    )


def _cost(items: Sequence[WrittenItem], start: int, end: int, named: set[int]) -> float | None:
    """What a run costs to write; None if these items, and all longer runs, cannot be one."""
    if end - start == 1:
        return 1.0
    head, second, last = items[start], items[start + 1], items[end - 1]
    if any(at in named for at in range(start, end - 1)):
        return None
    if not _repeats(second, last) or second.options != last.options:
        return None
    if items[start + 1].reads != (start,) or not _repeats(head, second):
        return None
    apart = 2.0 * (end - start)
    if any(item.own_name for item in items[start:end]) and not _common(items[start:end], items):
        return apart
    changed = [name for name in {**head.options, **second.options} if _differs(head, second, name)]
    if not changed:
        return 1.0
    if not head.is_use or len(changed) > 1 or not _is_conditional(changed[0], head, second):
        return apart
    return 1.0 + FIRST


def _differs(one: WrittenItem, other: WrittenItem, name: str) -> bool:
    return one.options.get(name) != other.options.get(name)


def _repeats(one: WrittenItem, other: WrittenItem) -> bool:
    """Whether one item could follow the other in a repeat."""
    return (
        one.word == other.word
        and one.is_use == other.is_use
        and len(one.reads) == 1
        and len(other.reads) == 1
        and not one.branches
        and not other.branches
        and one.shares is None
        and other.shares is None
        and "when" not in one.options
        and "when" not in other.options
    )


def _is_conditional(name: str, first: WrittenItem, other: WrittenItem) -> bool:
    """Whether a person would write an option with `if first`: a stride, or whether something is there."""
    values = first.options.get(name), other.options.get(name)
    return all(isinstance(each, bool) or (isinstance(each, int) and name == "stride") for each in values)


def _run(items: Sequence[WrittenItem], outer: str, everything: Sequence[WrittenItem]) -> WrittenItem:
    head = items[0]
    if len(items) == 1:
        return head
    second = items[1]
    options: dict[str, Option] = {}
    for name in {**second.options, **head.options}:
        first, other = head.options.get(name), second.options.get(name)
        if first == other:
            options[name] = first
        else:
            options[name] = f"{_text(first)} if first else {_text(other)}"
    nodes = tuple(node for item in items for node in item.nodes)
    path = _common(items, everything)
    return structs.replace(
        head, options=options, nodes=nodes, repeat=len(items), name=last_part(path), path=path
    )


def _text(option: Option) -> str:
    return str(option).lower() if isinstance(option, bool) else str(option)


def _common(items: Sequence[WrittenItem], everything: Sequence[WrittenItem]) -> str:
    """The module that holds these items and no others."""
    parents = {item.path.rpartition(".")[0] for item in items}
    if len(parents) > 1:
        return ""
    parent = parents.pop()
    inside = sum(item.path.startswith(f"{parent}.") for item in everything)
    return parent if parent and inside == len(items) else ""


def last_part(path: str) -> str:
    """The last part of a path, if it is a name and not a number."""
    name = path.rpartition(".")[2]
    return "" if re.fullmatch(r"\d*", name) else name
