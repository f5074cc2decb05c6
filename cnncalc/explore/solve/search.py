"""Search for values of the unknowns in the usual ranges, using the layers themselves.

Small options (kernel, stride …) are searched exhaustively. Counts (filters, units, input channels) use
binary search, because every quantity grows with them.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Literal

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.explore.solve.solved import Target, Unknown
from cnncalc.explore.solve.task import INPUT_CHANNELS, INPUT_SIZE, SolveTask
from cnncalc.expression import Value
from cnncalc.problems import SpecError
from cnncalc.spec import Spec, built

RANGES: dict[str, tuple[int, int]] = {
    "filters": (1, 8192),
    "units": (1, 65536),
    INPUT_CHANNELS: (1, 65536),
    "multiplier": (1, 64),
    INPUT_SIZE: (1, 1024),
    "kernel": (1, 33),
    "stride": (1, 16),
    "padding": (0, 32),
    "dilation": (1, 32),
    "groups": (1, 64),
    "output_padding": (0, 15),
    "repeat": (1, 64),
}
"""The usual values of each option."""
OTHERS = (1, 64)
"""The values tried for any other option."""
COUNTS = ("filters", "units", INPUT_CHANNELS, "multiplier")
"""Unknowns that every quantity grows with."""
WITH_OTHERS: dict[str, tuple[int, int]] = {
    "kernel": (1, 11),
    "stride": (1, 4),
    "padding": (0, 5),
    "dilation": (1, 4),
    "groups": (1, 16),
    "output_padding": (0, 3),
    "repeat": (1, 16),
    INPUT_SIZE: (1, 256),
}
"""The values tried if several options are unknown."""
COMMON = (1, 2, 3, 4, 6, 8, 10, 16, 20, 24, 32, 48, 64, 96, 100, 128, 192, 256, 384, 512, 1024, 2048, 4096)
"""The counts tried if several of them are unknown."""

AROUND = 300
"""Number of counts reported on each side of the closest one if all match a rounded target."""

Values = dict[str, int]
Measured = tuple[object, ...]


MOST_HITS = 10_000
"""Solutions after which a search stops."""


class _StoppedError(Exception):
    """The time is up, or enough was found."""


class Hit(Struct, frozen=True):
    """Values that reach every target."""

    values: Values
    report: Report


class SolveSearch:
    """One search; `reached` keeps values for results near each target, `problem` the first build error."""

    def __init__(self, task: SolveTask, seconds: float, stop: Callable[[], bool] | None = None) -> None:
        self.task = task
        self.deadline = time.monotonic() + seconds
        self.stop = stop or (lambda: False)
        self.is_complete = True
        self.problem: SpecError | None = None
        self.has_built = False
        self.reached: dict[tuple[int, object], Values] = {}
        several = sum(unknown.option not in COUNTS for unknown in task.unknowns) > 1
        narrow = {**RANGES, **WITH_OTHERS} if several else RANGES
        self.ranges = {each.variable: narrow.get(each.option, OTHERS) for each in task.unknowns}
        self.free: list[Unknown] = []

    def run(self) -> list[Hit]:
        """All values that reach the targets, as far as the time allows."""
        found: list[Hit] = []
        try:
            for hit in self._hits():
                found.append(hit)
                if len(found) == MOST_HITS:
                    raise _StoppedError
        except _StoppedError:
            self.is_complete = False
        return found

    def _hits(self) -> Iterator[Hit]:
        counts = [each for each in self.task.unknowns if each.option in COUNTS]
        small = [each for each in self.task.unknowns if each.option not in COUNTS]
        ranges = [range(low, high + 1) for low, high in (self.ranges[each.variable] for each in small)]
        is_checked = False
        for choice in product(*ranges):
            values = {each.variable: value for each, value in zip(small, choice, strict=True)}
            ones = {**values, **{each.variable: 1 for each in counts}}
            if counts and not is_checked and self.network(ones) is not None:
                self.free, is_checked = self._free(counts, ones), True
                counts = [each for each in counts if each not in self.free]
            for each in self._counted(values, counts):
                measured = self.measure(each)
                if measured is not None and self._reaches(measured, each):
                    network = self.network(each)
                    assert network is not None
                    yield Hit(each, analyze(network))

    def network(self, values: Values) -> Spec | None:
        """The network with these values, or None if it is invalid."""
        if time.monotonic() > self.deadline or self.stop():
            raise _StoppedError
        complete: dict[str, Value] = {**{each.variable: 1 for each in self.task.unknowns}, **values}
        try:
            network = built(self.task.document, complete, self.task.input(values))
        except SpecError as error:
            self.problem = self.problem or self.task.typed.pointed(error)
            return None
        self.has_built = True
        return network

    def measure(self, values: Values) -> Measured | None:
        """The measured quantity of each target, for some values."""
        network = self.network(values)
        return None if network is None else tuple(self._measured(network))

    def _measured(self, network: Spec) -> Iterator[object]:
        report: Report | None = None
        graph = network.graph
        for target in self.task.targets:
            if target.quantity == "output":
                shape = graph.nodes[graph.output].shape
                yield shape.dims()
                continue
            report = report or analyze(network)
            numbers = {
                "params": report.totals.params.total,
                "macs": report.totals.macs,
                "flops": report.totals.flops,
                "receptive_field": report.output.field.size,
            }
            yield numbers[target.quantity]

    def _free(self, counts: list[Unknown], ones: Values) -> list[Unknown]:
        """The counts that no target depends on."""
        base = self.measure(ones)
        return [
            each
            for each in counts
            if all(
                self._relevant(self.measure({**ones, each.variable: n})) == self._relevant(base)
                for n in (2, 3)
            )
        ]

    def _relevant(self, measured: Measured | None) -> object:
        """The part of a measurement that the targets specify."""
        if measured is None:
            return None
        return tuple(
            tuple(size for size, wanted in zip(value, target.sizes, strict=False) if wanted is not None)
            if isinstance(value, tuple)
            else value
            for value, target in zip(measured, self.task.targets, strict=True)
        )

    def _counted(self, values: Values, counts: list[Unknown]) -> Iterator[Values]:
        """The values with counts that may reach the targets."""
        if not counts:
            yield values
            return
        *others, last = counts
        for choice in product(
            *([n for n in COMMON if n <= self.ranges[each.variable][1]] for each in others)
        ):
            chosen = {**values, **{each.variable: n for each, n in zip(others, choice, strict=True)}}
            yield from self._halved(chosen, last)

    def _halved(self, values: Values, unknown: Unknown) -> Iterator[Values]:
        """Binary search: counts that reach every target, or the closest ones on both sides."""
        low, high = self.ranges[unknown.variable]
        least = self.measure({**values, unknown.variable: low})
        if least is None:
            yield from self._scanned(values, unknown)
            return
        most = self.measure({**values, unknown.variable: high})
        if self._is_too_much(least) or most is None or not self._is_enough(most):
            for n in sorted({low, high, *self._wanted(low, high)}):
                yield {**values, unknown.variable: n}
            return
        first = self._first(values, unknown, low, high, self._is_enough)
        beyond = self._first(values, unknown, first, high, self._is_too_much)
        middle = self._first(values, unknown, first, beyond, self._is_nominal)
        for n in range(max(first - 1, middle - AROUND, low), min(beyond, middle + AROUND) + 1):
            yield {**values, unknown.variable: n}

    def _scanned(self, values: Values, unknown: Unknown) -> Iterator[Values]:
        """Common counts, if the smallest is invalid because groups must divide it."""
        low, high = self.ranges[unknown.variable]
        usual = (n for n in (*range(1, 65), *range(64, 1025, 16), *COMMON) if n <= high)
        for n in sorted({*usual, *self._wanted(low, high)}):
            yield {**values, unknown.variable: n}

    def _wanted(self, low: int, high: int) -> set[int]:
        """The requested sizes, which may be a number of channels."""
        sizes = {n for target in self.task.targets for n in target.sizes if n is not None}
        return {n for n in sizes if low <= n <= high}

    def _first(
        self, values: Values, unknown: Unknown, low: int, high: int, test: Callable[[Measured], bool]
    ) -> int:
        """The smallest count that passes a monotonic test; `high` if none does."""
        while low < high:
            middle = (low + high) // 2
            measured = self.measure({**values, unknown.variable: middle})
            if measured is not None and test(measured):
                high = middle
            else:
                low = middle + 1
        return low

    def _is_enough(self, measured: Measured) -> bool:
        return all(map(_at_least, measured, self.task.targets))

    def _is_nominal(self, measured: Measured) -> bool:
        pairs = zip(measured, self.task.targets, strict=True)
        return all(not isinstance(value, int) or value >= target.nominal for value, target in pairs)

    def _is_too_much(self, measured: Measured) -> bool:
        return any(
            not _at_most(value, target) for value, target in zip(measured, self.task.targets, strict=True)
        )

    def _reaches(self, measured: Measured, values: Values) -> bool:
        """Whether every target is reached; results that miss one target are kept for it."""
        missed = [
            at
            for at, (value, target) in enumerate(zip(measured, self.task.targets, strict=True))
            if not reaches(value, target)
        ]
        for at in missed if len(missed) == 1 or len(self.task.targets) == 1 else ():
            self.reached.setdefault((at, measured[at]), values)
        if len(missed) > 1 and len(self.reached) < MOST_KEPT:
            for at in missed:
                self.reached.setdefault((at, measured[at]), values)
        return not missed


MOST_KEPT = 20_000


def reaches(value: object, target: Target) -> bool:
    """Whether a value reaches a target."""
    return _at_least(value, target) and _at_most(value, target)


def _at_least(value: object, target: Target) -> bool:
    if isinstance(value, tuple):
        return len(value) == len(target.sizes) and all(
            wanted is None or size >= wanted for size, wanted in zip(value, target.sizes, strict=True)
        )
    return isinstance(value, int) and value >= target.low


def _at_most(value: object, target: Target) -> bool:
    if isinstance(value, tuple):
        return len(value) == len(target.sizes) and all(
            wanted is None or size <= wanted for size, wanted in zip(value, target.sizes, strict=True)
        )
    return isinstance(value, int) and value <= target.high


def distance(value: object, target: Target) -> Fraction | None:
    """The distance of a value from a target; None if they are not comparable."""
    if isinstance(value, tuple):
        if len(value) != len(target.sizes):
            return None
        pairs = zip(value, target.sizes, strict=True)
        return Fraction(sum(abs(size - wanted) for size, wanted in pairs if wanted is not None))
    if not isinstance(value, int):
        return None
    return max(target.low - value, value - target.high, Fraction(0))


def side_of(value: object, target: Target) -> Literal["below", "above", "neither"]:
    """Whether a value is below or above a target; sizes may be neither."""
    less, more = _at_most(value, target), _at_least(value, target)
    if less == more:
        return "neither"
    return "below" if less else "above"


def names(unknowns: tuple[Unknown, ...], values: Mapping[str, int]) -> dict[str, int]:
    """Values by the titles of the unknowns."""
    return {each.title: values[each.variable] for each in unknowns if each.variable in values}
