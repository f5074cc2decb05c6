"""What explains the published numbers: the sums that fit, ranked, and the closest ones otherwise."""

import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.explore.reconcile.claims import Stated
from cnncalc.explore.reconcile.nearby import Nearby
from cnncalc.explore.reconcile.sums import EXTRA, PossibleSum, Sum, possible_sums

TRUNCATED, BINARY = 2, 2
"""Steps added if digits were truncated instead of rounded, and if the unit is a power of 1024."""
MOST_EXTRA_STEPS = 4
"""Explanations with more extra steps than this, compared with the simplest one, are dropped."""
ALIKE = 2
"""Further steps that sums of one tool may take, compared with those of different tools."""
ANY_STEPS = 99
"""No limit for the sums of the written network."""
WEAK_DIGITS = 2
"""Numbers with so few digits fit many sums."""
SEVERAL = 6
"""Steps from which a network has several changes; fewer kinds of sums are tried for it."""


class Explanation(Struct, frozen=True):
    """A sum that equals the published number, or is close to it.

    Attributes:
        sum: the sum.
        change: how the network differs from the written one; empty if it does not.
        base: 1024 if the unit is read as a power of 1024, else 1000.
        off: the sum minus the published number.
        fits: whether the sum matches the published digits.
        is_cut: whether it matches only if further digits are truncated instead of rounded.
        steps: how far the explanation is from the most likely meaning.
        also: other ways to get the same sum.
    """

    sum: Sum
    change: str
    base: int
    off: Fraction
    fits: bool
    is_cut: bool
    steps: int
    also: tuple[str, ...] = ()


class Tried(Struct, frozen=True):
    """What was tried: networks, sums, the changes by what they change, and combinations of them."""

    networks: int
    sums: int
    changes: Mapping[str, int]
    combined: int
    is_stopped: bool = False


class Answer(Struct, frozen=True):
    """The explanations of a number, simplest first; if none fits, the closest sums.

    Attributes:
        others: the number of further explanations.
        tried: what was tried.
        digits: the significant digits of the number.
        matching: the different totals, of all that were tried, that round to it.
        apart: whether the numbers were explained by different networks, as none explains all of them.
        mixed: whether they are counted in different ways, as no tool counts so in all of them.
    """

    stated: Stated
    explanations: tuple[Explanation, ...]
    fits: bool
    others: int
    tried: Tried
    digits: int
    matching: int
    apart: bool = False
    mixed: bool = False

    @property
    def is_weak(self) -> bool:
        """Whether a number has too few digits to tell explanations apart."""
        return self.digits <= WEAK_DIGITS


def _least(explanations: list[Explanation]) -> int:
    return min((each.steps for each in explanations), default=ANY_STEPS)


class Fitting:
    """The explanations of one number by all networks so far."""

    def __init__(self, number: Stated) -> None:
        self.number = number
        self.explanations: list[Explanation] = []
        self.sums = 0
        self._bounds = {base: number.bounds(base) for base in ((1000, 1024) if number.power else (1000,))}
        self._value = round(number.value)
        self._closest: dict[int, tuple[int, list[tuple[PossibleSum, Nearby]]]] = {}

    def add(self, network: Nearby) -> None:
        """Adds the sums of a network that fit; for changed networks only simple sums are tried."""
        most_steps = EXTRA if network.steps else ANY_STEPS
        bases = [base for base in self._bounds if base == 1000 or network.steps < SEVERAL]
        for each in possible_sums(network, self.number.quantity, most_steps):
            self.sums += 1
            for base in bases:
                bounds = self._bounds[base]
                if bounds.low <= each.total <= bounds.cut:
                    self.explanations.append(self._explanation(each, network, base, each.total > bounds.high))
            self._keep_if_closest(each, network)

    def _explanation(self, each: PossibleSum, network: Nearby, base: int, is_cut: bool) -> Explanation:
        off = each.total - self.number.value * self.number.scale(base)
        steps = network.steps + each.steps + TRUNCATED * is_cut + BINARY * (base == 1024)
        return Explanation(each.written(), network.change, base, off, True, is_cut, steps)

    def _keep_if_closest(self, each: PossibleSum, network: Nearby) -> None:
        steps = network.steps + each.steps
        distance = abs(each.total - self._value)
        least, known = self._closest.get(steps, (distance + 1, []))
        if distance < least:
            self._closest[steps] = distance, [(each, network)]
        elif distance == least:
            known.append((each, network))

    def closest(self) -> tuple[Explanation, ...]:
        """The closest sums, each closer than all simpler ones, the closest first."""
        kept = [
            Explanation(
                each.written(), network.change, 1000, each.total - self.number.value, False, False, steps
            )
            for steps, (_, same) in sorted(self._closest.items(), key=lambda item: item[0])
            for each, network in same
        ]
        nearest: list[Explanation] = []
        for each in _merged(kept):
            if not nearest or abs(each.off) < abs(nearest[-1].off):
                nearest.append(each)
        return tuple(nearest[::-1])


class Found:
    """The explanations of all numbers."""

    def __init__(self, numbers: Sequence[Stated]) -> None:
        self.each = [Fitting(number) for number in numbers]
        self.networks = 0

    def add(self, network: Nearby) -> None:
        """Adds the sums of a network."""
        self.networks += 1
        for found in self.each:
            found.add(network)

    def steps_of_changes(self) -> dict[str, tuple[int, int]]:
        """The networks that explain every number, with the most steps for one number, and those for all."""
        steps: list[dict[str, int]] = []
        for found in self.each:
            least: dict[str, int] = {}
            for each in found.explanations:
                least[each.change] = min(least.get(each.change, each.steps), each.steps)
            steps.append(least)
        common = [change for change in steps[0] if all(change in least for least in steps)] if steps else []
        taken = {change: [least[change] for least in steps] for change in common}
        return {change: (max(each), sum(each)) for change, each in taken.items()}

    def least_steps(self) -> int:
        """The steps of the simplest network that explains every number."""
        return min((most for most, _ in self.steps_of_changes().values()), default=sys.maxsize)

    def answers(
        self, changes: Mapping[str, int], combined: int, most: int, is_stopped: bool
    ) -> tuple[Answer, ...]:
        common = self.steps_of_changes()
        several = len(self.each) > 1
        if several and common:
            simplest = min(common, key=lambda change: common[change])
            common = {simplest: common[simplest]}
        fitting = [
            [each for each in found.explanations if not common or each.change in common]
            for found in self.each
        ]
        alike = alike_everywhere(fitting) if several and common else fitting
        mixed = any(_least(some) > _least(every) + ALIKE for some, every in zip(alike, fitting, strict=True))
        answers = []
        for found, explanations in zip(self.each, fitting if mixed else alike, strict=True):
            tried = Tried(self.networks, found.sums, changes, combined, is_stopped)
            answer = _answer(found, explanations, common, most, tried)
            answers.append(replace(answer, apart=several and not common, mixed=mixed and bool(common)))
        return tuple(answers)


def alike_everywhere(fitting: list[list[Explanation]]) -> list[list[Explanation]]:
    """For each number, the explanations that count like some explanation of every other number.

    A tool counts the layers of a network in one way, for all that it prints.
    """
    return [
        [
            each
            for each in explanations
            if all(any(_are_alike(each, other) for other in others) for others in fitting)
        ]
        for explanations in fitting
    ]


def _are_alike(one: Explanation, other: Explanation) -> bool:
    """Whether two sums may be by the same tool, with the same calls."""
    if "parameters" in (one.sum.parts[0].name, other.sum.parts[0].name):
        return True
    calls, others = one.sum.extras, other.sum.extras
    return one.sum.tool == other.sum.tool and (one.sum.tool is None or calls <= others or others <= calls)


def _answer(
    found: Fitting,
    fitting: list[Explanation],
    common: Mapping[str, tuple[int, int]],
    most: int,
    tried: Tried,
) -> Answer:
    number = found.number
    if not fitting:
        return Answer(number, found.closest()[:most], False, 0, tried, number.digits, 0)
    matching = len({each.sum.total for each in found.explanations})
    ranked = sorted(
        _needed(fitting), key=lambda each: (common.get(each.change, (0, 0)), *_rank(each, number))
    )
    ranked = _merged(ranked)
    first = ranked[0].steps
    ranked = [each for each in ranked if each.steps <= first + MOST_EXTRA_STEPS]
    return Answer(number, tuple(ranked[:most]), True, len(ranked[most:]), tried, number.digits, matching)


def _rank(each: Explanation, number: Stated) -> tuple[int, bool, bool, Fraction]:
    """Sort key: simplest first, then counts of tools under the same name, then the closest."""
    word = each.sum.word.lower()
    otherwise = bool(word) and ("flop" in word) != (number.quantity == "flops")
    return each.steps, not word, otherwise, abs(each.off)


def _needed(fitting: list[Explanation]) -> list[Explanation]:
    """Drop sums that only add to one that fits, and networks that are not simpler than the written one."""
    bound = min((each.steps for each in fitting if not each.change), default=None)
    near = [each for each in fitting if bound is None or not each.change or each.steps < bound]
    extras: dict[object, list[frozenset[str]]] = {}
    for each in near:
        extras.setdefault((each.change, each.base, each.sum.base), []).append(each.sum.extras)
    return [
        each
        for each in near
        if not any(less < each.sum.extras for less in extras[each.change, each.base, each.sum.base])
    ]


def _merged(ranked: list[Explanation]) -> list[Explanation]:
    """Merge equal totals: the first, with the titles of the others that are about as simple."""
    same: dict[object, list[Explanation]] = {}
    for each in ranked:
        same.setdefault((each.base, each.sum.total), []).append(each)
    return [replace(first, also=_also(first, others)) for first, *others in same.values()]


def _also(first: Explanation, others: list[Explanation]) -> tuple[str, ...]:
    near = (each for each in others if each.change == first.change and each.steps <= first.steps + 1)
    return tuple(each.sum.title for each in near)
