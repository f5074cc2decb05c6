"""Compares two networks: layers added, removed and changed, and the effects on other layers."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

from cnncalc import quantities
from cnncalc.analysis import analyze
from cnncalc.analysis.counts import Totals
from cnncalc.analysis.report import Report, Row, running, total
from cnncalc.checks.difference_alignment import align, options
from cnncalc.checks.measures import network, value_of
from cnncalc.printed import Tabular
from cnncalc.shapes import Shape
from cnncalc.spec import SpecLike
from cnncalc.spec.claims import MEMORY, OF_THE_NETWORK

Status = Literal["added", "removed", "changed", "consequence", "unchanged"]

ADDITIVE: dict[str, Callable[[Row | Totals], int]] = {each.name: each.number for each in quantities.ADDITIVE}
"""Quantities that add up over layers; memory in bytes."""

WHOLE = (*OF_THE_NETWORK, *(name for name in MEMORY if name not in ADDITIVE))
"""Quantities of the network as a whole, as in `expect` and `budget`."""
QUANTITIES = (*ADDITIVE, "layers", *WHOLE)


WRITTEN: tuple[Status, ...] = ("added", "removed", "changed")
"""Edits of a layer; the other statuses are effects of edits."""


class Change(Struct, frozen=True):
    """One change of a layer: of an option, `kind`, `reads`, `shares` or `frozen`."""

    what: str
    before: object
    after: object


class Amounts(Struct, frozen=True):
    """A number before and after the change."""

    before: int
    after: int

    @property
    def increase(self) -> int:
        return self.after - self.before

    @property
    def share(self) -> float | None:
        """The increase relative to the number before; None if that was zero."""
        return self.increase / self.before if self.before else None


class LayerDifference(Struct, frozen=True):
    """One layer before and after the change; one of them is None if it was added or removed.

    A layer with the status `consequence` has the same options, but other numbers because of layers
    before it.
    """

    status: Status
    before: Row | None
    after: Row | None
    changes: tuple[Change, ...] = ()

    @property
    def row(self) -> Row:
        """The layer after the change, or before it if it was removed."""
        row = self.after or self.before
        assert row is not None
        return row

    @property
    def is_renamed(self) -> bool:
        return bool(self.before and self.after and self.before.name != self.after.name)

    def increase(self, quantity: str) -> int:
        """The increase of one of the quantities that add up."""
        count = ADDITIVE[quantity]
        return (count(self.after) if self.after else 0) - (count(self.before) if self.before else 0)


class Difference(Tabular, Struct, frozen=True):
    """Two networks, the layers of both in the order of the second, and the totals."""

    before: Report
    after: Report
    layers: tuple[LayerDifference, ...]
    totals: dict[str, Amounts]

    def __repr__(self) -> str:
        numbers = Counter(layer.status for layer in self.layers)
        changes = ", ".join(f"{numbers[status]} {status}" for status in WRITTEN if numbers[status])
        return f"<Difference {self.before.name} → {self.after.name}: {changes or 'the same layers'}>"

    @property
    def is_same(self) -> bool:
        """Whether both are the same network, apart from layer names."""
        return not self.is_other_input and not any(layer.status in WRITTEN for layer in self.layers)

    @property
    def is_other_input(self) -> bool:
        return self.before.inputs != self.after.inputs

    @property
    def renamed(self) -> tuple[LayerDifference, ...]:
        return tuple(layer for layer in self.layers if layer.is_renamed)

    def having(self, status: Status) -> tuple[LayerDifference, ...]:
        """The layers with a status."""
        return tuple(layer for layer in self.layers if layer.status == status)


def diff(before: SpecLike | Report, after: SpecLike | Report) -> Difference:
    """Compares two networks layer by layer.

    >>> from cnncalc.spec import load
    >>> found = diff(load("vgg11"), load("vgg13"))
    >>> [layer.row.name for layer in found.having("added") if layer.row.macs]
    ['conv1.1', 'conv2.1']
    >>> found.totals["params"].increase
    184512
    """
    first = before if isinstance(before, Report) else analyze(before)
    second = after if isinstance(after, Report) else analyze(after)
    pairs = align(first, second)
    wiring = _Wiring(first, second, [(i, j) for i, j in pairs if i is not None and j is not None])
    layers = (
        _layer(
            first.layers[i] if i is not None else None, second.layers[j] if j is not None else None, wiring
        )
        for i, j in pairs
    )
    return Difference(first, second, tuple(layers), _totals(first, second))


def _totals(first: Report, second: Report) -> dict[str, Amounts]:
    sums = total(running(first.layers)), total(running(second.layers))
    networks = network(first), network(second)
    layers = {"layers": Amounts(len(first.layers), len(second.layers))}
    added = {name: Amounts(count(sums[0]), count(sums[1])) for name, count in ADDITIVE.items()}
    kept = {"memory.kept": Amounts(first.memory.kept, second.memory.kept)}  # with auxiliary heads
    return (
        added
        | kept
        | layers
        | {name: Amounts(*(value_of(name, each) for each in networks)) for name in WHOLE}
    )


def _layer(before: Row | None, after: Row | None, wiring: "_Wiring") -> LayerDifference:
    if before is None or after is None:
        return LayerDifference("added" if after else "removed", before, after)
    changes = (*_options(before, after), *wiring.changes(before, after))
    if changes:
        return LayerDifference("changed", before, after, changes)
    same = _numbers(before) == _numbers(after)
    return LayerDifference("unchanged" if same else "consequence", before, after)


def _numbers(row: Row) -> tuple[object, ...]:
    """The numbers of a layer that may differ although its options are the same."""
    field = row.field
    counts = tuple(count(row) for count in ADDITIVE.values())
    shapes: tuple[Shape, ...] = (row.output, *row.reads)
    return (shapes, counts, row.costs, field.is_global, field.size, field.jump, field.start)


def _options(before: Row, after: Row) -> Iterator[Change]:
    assert before.layer is not None
    assert after.layer is not None
    if before.kind != after.kind:
        yield Change("kind", before.kind, after.kind)
    old, new = dict(options(before.layer)), dict(options(after.layer))
    for name in old.keys() & new.keys() if before.kind != after.kind else old:
        if old[name] != new[name]:
            yield Change(name, old[name], new[name])
    if before.params.total and after.params.total:
        was, is_now = before.params.frozen > 0, after.params.frozen > 0
        if was != is_now:
            yield Change("frozen", was, is_now)


class _Wiring:
    """Whether a layer reads the same layers as before, ignoring added and removed layers in between."""

    def __init__(self, before: Report, after: Report, pairs: list[tuple[int, int]]) -> None:
        self.now_called = {before.layers[i].name: after.layers[j].name for i, j in pairs}
        still = {name: name for name in self.now_called.values()}
        self.before = _roots(before, self.now_called)
        self.after = _roots(after, still)

    def changes(self, before: Row, after: Row) -> Iterator[Change]:
        """Changes of the layers that a layer reads or shares weights with."""
        old = [self.before[name] for name in before.inputs]
        new = [self.after[name] for name in after.inputs]
        if not _same_inputs(old, new, after.layer is not None and after.layer.is_commutative):
            yield Change("reads", before.inputs, after.inputs)
        if self.now_called.get(before.shares, before.shares) != after.shares:
            yield Change("shares", before.shares, after.shares)


def _roots(report: Report, called: dict[str, str]) -> dict[str, frozenset[str]]:
    """For each tensor, the layers of both networks that produce it: the layer itself, or those before it."""
    roots = {row.name: frozenset((row.name,)) for row in report.entries}
    for row in report.layers:
        if row.name in called:
            roots[row.name] = frozenset((called[row.name],))
        else:
            roots[row.name] = frozenset().union(*(roots[name] for name in row.inputs))
    return roots


def _same_inputs(old: list[frozenset[str]], new: list[frozenset[str]], any_order: bool) -> bool:
    if len(old) != len(new):
        return False
    if all(mine & theirs for mine, theirs in zip(old, new, strict=True)):
        return True
    if not any_order:
        return False
    left = list(new)
    for mine in old:
        found = next((theirs for theirs in left if mine & theirs), None)
        if found is None:
            return False
        left.remove(found)
    return True
