"""The networks that are tried: as written, then with one change, then with two or three.

Building a network takes milliseconds, and there are thousands of pairs. So a change of the input size, and
all combinations, are built only if their totals, estimated from those of the single changes, come near.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import prod

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.explore.reconcile.changes import SLACK, OneChange, changed, single_changes, titled
from cnncalc.explore.reconcile.nearby import Nearby, Tallies, with_and_without
from cnncalc.explore.reconcile.sums import EXTRA, possible_sums
from cnncalc.spec import Spec

CLOSE = 0.02
"""How far sums may differ from the estimate that they change like the total."""
SMALL_NETWORK = 30
"""Layers up to which every input is built, without an estimate."""
POINTS = 8
"""Inputs that are built for estimates of the others."""
MOST_COMBINED = 40
"""Combinations that are built."""
COMBINED = 1
"""Steps of each combination, in addition to those of its changes."""


class ClaimedNumber(Struct, frozen=True):
    """A number to come near, what its digits leave open, and the quantity."""

    quantity: str
    value: float
    tolerance: float = 0.0


class Single(Struct, frozen=True):
    """One change, and by how much it multiplies each quantity."""

    change: OneChange
    factors: dict[str, float]


class Point(Struct, frozen=True):
    """By how much an input with `area` times the positions multiplies each quantity."""

    area: float
    factors: dict[str, float]


def _on_curve(curve: Sequence[Point], area: float) -> dict[str, float]:
    """The factors between two points, or beyond the last one in proportion to its area."""
    at = bisect_left(curve, area, key=lambda point: point.area)
    low, high = curve[max(at - 1, 0)], curve[min(at, len(curve) - 1)]
    part = (area - low.area) / (high.area - low.area) if low.area < area < high.area else 0.0
    near = high if area >= high.area else low
    return {
        name: low.factors[name] + part * (high.factors[name] - low.factors[name])
        if part or name == "params"
        else near.factors[name] * area / near.area
        for name in low.factors
    }


def _grown(change: OneChange, estimate: dict[str, float]) -> dict[str, float]:
    """The area itself where strides divide the sizes and the estimate agrees: then it is more exact."""
    area = float(change.area)
    if change.slack < SLACK and abs(estimate["macs"] / area - 1) < SLACK:
        return {"params": 1.0, "macs": area, "flops": area}
    return estimate


class Trying:
    """Networks to try, in rounds; each is built once."""

    def __init__(
        self,
        spec: Spec,
        claims: Sequence[ClaimedNumber],
        watch: Callable[[int, int], None],
        announce: Callable[[int, float], None],
        is_over: Callable[[], bool],
    ) -> None:
        self.spec = spec
        self.claims = claims
        self.watch = watch
        self.announce = announce
        self.is_over = is_over
        self.is_stopped = False
        self.tallies = Tallies()
        self.report = analyze(spec)
        self.tried: dict[str, int] = {}
        self._singles: list[Single] = []
        self._written = list(with_and_without("", 0, self.report, self.tallies))
        self._base = totals_of(self.report)
        self._sums = {claim.quantity: self._sums_of(claim.quantity) for claim in claims}
        self.combined = 0

    def written(self) -> Iterator[Nearby]:
        """The network as written."""
        yield from self._written

    def with_one_change(self) -> Iterator[Nearby]:
        """Every single change that may give a claimed number."""
        changes = list(single_changes(self.spec))
        self._announce(changes)
        is_estimated = self._estimates(changes)
        for done, change in enumerate(changes):
            if self.stops():
                return
            self.watch(done, len(changes))
            self._count(change)
            factors = is_estimated(change)
            if factors is not None:
                self._singles.append(Single(change, factors))
                near = self.near(self._scaled((factors,)), change.slack)
                if all(factors[claim.quantity] == 1 for claim in near):
                    continue
            report = changed(self.spec, (change,))
            if report is None:
                self._singles = [each for each in self._singles if each.change is not change]
                continue
            if factors is None:
                self._singles.append(Single(change, self._factors(report)))
            yield from with_and_without(titled((change,)), change.steps, report, self.tallies)

    def with_several_changes(self) -> Iterator[Nearby]:
        """Pairs of changes, and triples where several numbers are claimed, that come near all of them."""
        near: list[tuple[int, float, tuple[Single, ...]]] = []
        may_be_near = self._bounded()
        for size in (2, 3) if len(self.claims) > 1 else (2,):
            for chosen in self._combined(size):
                if self.stops():
                    break
                factors = [each.factors for each in chosen]
                if not may_be_near(factors):
                    continue
                slack = max(each.change.slack for each in chosen)
                estimates = self._scaled(factors), self._scaled(factors, adds=True)
                if any(len(self.near(each, slack)) == len(self.claims) for each in estimates):
                    near.append((sum(each.change.steps for each in chosen), self._off(estimates), chosen))
        near.sort(key=lambda each: each[:2])
        self.combined = min(len(near), MOST_COMBINED)
        for done, (steps, _, chosen) in enumerate(near[:MOST_COMBINED]):
            if self.stops():
                return
            self.watch(done, min(len(near), MOST_COMBINED))
            changes = tuple(each.change for each in chosen)
            report = changed(self.spec, changes)
            if report is not None:
                steps += COMBINED * (len(changes) - 1)
                yield from with_and_without(titled(changes), steps, report, self.tallies)

    def _combined(self, size: int) -> Iterator[tuple[Single, ...]]:
        """Combinations of changes with different subjects; of three, one is the input and one the classes."""
        by_subject: dict[str, list[Single]] = {}
        for each in self._singles:
            by_subject.setdefault(each.change.subject, []).append(each)
        for subjects in combinations(by_subject, size):
            if size == 3 and "input" not in subjects:
                continue
            yield from _products([by_subject[subject] for subject in subjects])

    def _announce(self, changes: Sequence[OneChange]) -> None:
        """Tells about how many networks will be built, and how long that takes: as long as one does."""
        start = time.perf_counter()
        changed(self.spec, ())
        spent = time.perf_counter() - start
        networks = sum(not (change.is_size or change.number) for change in changes) + POINTS + MOST_COMBINED
        self.announce(networks, networks * spent)

    def stops(self) -> bool:
        """Whether the search is over before its end."""
        self.is_stopped = self.is_stopped or self.is_over()
        return self.is_stopped

    def near(self, totals: Mapping[str, float], slack: float = 0.0) -> list[ClaimedNumber]:
        """The claims that a sum may equal, if sums change like the totals of the written network."""
        return [claim for claim in self.claims if self._is_near(claim, totals[claim.quantity], slack)]

    def _is_near(self, claim: ClaimedNumber, total: float, slack: float) -> bool:
        base = self._base[claim.quantity]
        if total <= 0 or not base:
            return False
        slack = CLOSE if claim.quantity == "params" else max(slack, CLOSE)
        slack += claim.tolerance / claim.value
        wanted = claim.value * base / total
        sums = self._sums[claim.quantity]
        at = bisect_left(sums, wanted * (1 - slack))
        return at < len(sums) and sums[at] <= wanted * (1 + slack)

    def _bounded(self) -> Callable[[Sequence[Mapping[str, float]]], bool]:
        """A quick check that leaves out most combinations: any with an estimate beyond the farthest sums."""
        slack = max((single.change.slack for single in self._singles), default=0.0)
        bounds = [
            (claim.quantity, claim.value * (1 - off) / sums[-1], claim.value * (1 + off) / sums[0])
            for claim in self.claims
            if (sums := [each for each in self._sums[claim.quantity] if each > 0])
            and (off := max(slack, CLOSE) + claim.tolerance / claim.value) < 1
        ]

        def may_be_near(factors: Sequence[Mapping[str, float]]) -> bool:
            for quantity, low, high in bounds:
                product = total = 1.0
                for factor in factors:
                    product *= factor[quantity]
                    total += factor[quantity] - 1
                if not (low <= product <= high or low <= total <= high):
                    return False
            return True

        return may_be_near

    def _off(self, estimates: Iterable[Mapping[str, float]]) -> float:
        """How far estimated totals are from the claims."""
        return min(
            sum(abs(totals[claim.quantity] / claim.value - 1) for claim in self.claims)
            for totals in estimates
        )

    def _scaled(self, factors: Sequence[Mapping[str, float]], adds: bool = False) -> dict[str, float]:
        """Estimated totals: changes multiply them, or add to them."""
        found = {}
        for quantity, base in self._base.items():
            each = [factor[quantity] for factor in factors]
            found[quantity] = base * (1 + sum(each) - len(each) if adds else prod(each))
        return found

    def _factors(self, report: Report) -> dict[str, float]:
        totals = totals_of(report)
        return {name: totals[name] / number if number else 1.0 for name, number in self._base.items()}

    def _estimates(self, changes: Sequence[OneChange]) -> Callable[[OneChange], dict[str, float] | None]:
        """Estimates of what a change of the input's size or the classes does; None for others.

        Multiply-adds grow about like the positions, and all totals linearly with the number of classes.
        """
        curve = self._curve(changes) if len(self.report.layers) > SMALL_NETWORK else ()
        lines: dict[str, list[tuple[int, dict[str, float]]]] = {}
        for change in changes:
            known = lines.setdefault(change.subject, [])
            if change.number and len(known) < 2 and (report := changed(self.spec, (change,))) is not None:
                known.append((change.number, self._factors(report)))

        def estimate(change: OneChange) -> dict[str, float] | None:
            if change.is_size and curve:
                return _grown(change, _on_curve(curve, float(change.area)))
            known = lines.get(change.subject, [])
            if not change.number or len(known) < 2:
                return None
            (x, one), (y, other) = known
            part = (change.number - x) / (y - x)
            return {name: one[name] + part * (other[name] - one[name]) for name in one}

        return estimate

    def _sums_of(self, quantity: str) -> list[float]:
        """The totals of the sums of the written network, in ascending order."""
        totals = (each.total for network in self._written for each in possible_sums(network, quantity, EXTRA))
        return sorted({float(total) for total in totals})

    def _curve(self, changes: Sequence[OneChange]) -> tuple[Point, ...]:
        """What some sizes do, from the smallest to the largest; empty if sizes change the parameters."""
        sizes = sorted((change for change in changes if change.is_size), key=lambda change: change.area)
        points = [Point(1.0, {"params": 1.0, "macs": 1.0, "flops": 1.0})]
        for change in sizes[:: max(1, len(sizes) // POINTS)]:
            report = None if self.stops() else changed(self.spec, (change,))
            if report is not None:
                points.append(Point(float(change.area), self._factors(report)))
                if points[-1].factors["params"] != 1:
                    return ()
        return tuple(sorted(points, key=lambda point: point.area))

    def _count(self, change: OneChange) -> None:
        """Counts what was tried, by subject."""
        subject = change.subject if not change.edits or change.subject == "outputs" else "kernels"
        self.tried[subject] = self.tried.get(subject, 0) + 1


def _products(lists: Sequence[list[Single]]) -> Iterator[tuple[Single, ...]]:
    if not lists:
        yield ()
        return
    for first in lists[0]:
        for rest in _products(lists[1:]):
            yield (first, *rest)


def totals_of(report: Report) -> dict[str, int]:
    return {
        "params": report.totals.params.total,
        "macs": report.totals.macs,
        "flops": report.totals.flops,
    }
