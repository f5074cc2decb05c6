"""Explain a published number: the sum, and the network, that give it."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.explore.amounts import amount_of
from cnncalc.explore.reconcile.nearby import Nearby
from cnncalc.explore.reconcile.sums import EXTRA, Sum, sums_of
from cnncalc.explore.reconcile.trying import ClaimedNumber, Trying, totals_of
from cnncalc.problems import did_you_mean
from cnncalc.spec import SpecLike, as_spec

QUANTITIES = ("macs", "flops", "params")
POWERS = {"K": 1, "M": 2, "G": 3, "B": 3, "T": 4}

TRUNCATED, BINARY = 2, 2
"""Steps added if digits were truncated instead of rounded, and if the unit is a power of 1024."""
MOST_EXTRA_STEPS = 4
"""Explanations with more extra steps than this, compared with the simplest one, are dropped."""


WEAK_DIGITS = 2
"""Numbers with so few digits fit many sums."""
ENOUGH, ENOUGH_CHANGED = 3, 6
"""Steps of an explanation up to which no changed network, or no further change, could be simpler."""
SEVERAL = 6
"""Steps from which a network has several changes; fewer kinds of sums are tried for it."""


class Stated(Struct, frozen=True):
    """A published number: 4.13G is 4,125,000,000 to 4,135,000,000; `power` is 3, for 1000³."""

    quantity: str
    written: str
    value: Fraction
    tolerance: Fraction
    power: int = 0

    @property
    def decimals(self) -> int:
        """Digits after the decimal point."""
        digits = self.written.lower().partition("e")[0]
        return sum(map(str.isdigit, digits.partition(".")[2]))

    @property
    def digits(self) -> int:
        """The significant digits; trailing zeros of a whole number without a unit count, too."""
        digits = re.sub(r"\D", "", self.written.lower().partition("e")[0])
        return len(digits.lstrip("0"))

    def scale(self, base: int) -> Fraction:
        """The size of the unit as a power of `base`, relative to 1000: 1024²/1000² for mega."""
        return Fraction(base**self.power, 1000**self.power)


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


class Answer(Struct, frozen=True):
    """The explanations of a number, simplest first; if none fits, the closest sums.

    Attributes:
        others: the number of further explanations.
        tried: what was tried.
        digits: the significant digits of the number.
        matching: the different totals, of all that were tried, that round to it.
        apart: whether the numbers were explained by different networks, as none explains all of them.
    """

    stated: Stated
    explanations: tuple[Explanation, ...]
    fits: bool
    others: int
    tried: Tried
    digits: int
    matching: int
    apart: bool = False

    @property
    def is_weak(self) -> bool:
        """Whether a number has too few digits to tell explanations apart."""
        return self.digits <= WEAK_DIGITS


def stated(text: str) -> Stated:
    """Parse `macs=4.13G`.

    Raises:
        ValueError: the quantity is unknown, or the number is invalid.

    >>> stated("macs=4.13G").tolerance, stated("params=25,557,032").value
    (Fraction(5000000, 1), Fraction(25557032, 1))
    """
    quantity, equals, written = (part.strip() for part in text.partition("="))
    if not equals or quantity.lower() not in QUANTITIES:
        hint = did_you_mean(quantity, list(QUANTITIES))
        raise ValueError(
            f"expected macs=, flops= or params=, as in macs=4.13G; found '{text}'; {hint}".rstrip("; ")
        )
    amount = amount_of(written)
    if amount is None or amount[0] <= 0:
        raise ValueError(
            f"expected a number above 0, as in 4.13G, 25.6M, 3.8e9 or 25,557,032; found '{written}'"
        )
    return Stated(quantity.lower(), written, *amount, POWERS.get(written[-1].upper(), 0))


def reconcile(
    spec: SpecLike,
    numbers: str | Iterable[str | Stated],
    most: int = 5,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Answer, ...]:
    """Find up to `most` explanations of each number, by one network for all numbers.

    If no network explains all of them, each is explained on its own, and `apart` says so. `watch` receives
    the changes tried and their number.

    Raises:
        ValueError: a number cannot be read; expected `"macs=4.13G"`.

    >>> (answer,) = reconcile("resnet50", "flops=4.11G")
    >>> answer.explanations[0].sum.title
    'flops as counted by fvcore'
    """
    given = [numbers] if isinstance(numbers, str) else numbers
    read = [stated(number) if isinstance(number, str) else number for number in given]
    found = _Found(read)
    claims = [ClaimedNumber(number.quantity, float(number.value)) for number in read]
    trying = Trying(as_spec(spec), claims, watch)
    for networks, enough in (
        (trying.written, ENOUGH),
        (trying.with_one_change, ENOUGH_CHANGED),
        (trying.with_several_changes, 0),
    ):
        for network in networks():
            found.add(network, trying.near(totals_of(network.report)) if network.change else claims)
        if found.least_steps() <= enough:
            break
    return found.answers(trying.tried, trying.combined, most)


class _Found:
    """The explanations of each number by all networks so far."""

    def __init__(self, numbers: Sequence[Stated]) -> None:
        self.numbers = numbers
        self.each: list[list[Explanation]] = [[] for _ in numbers]
        self.networks = 0

    def add(self, network: Nearby, near: Sequence[ClaimedNumber]) -> None:
        """Adds the sums of a network for the numbers that it comes near."""
        self.networks += 1
        for found, number in zip(self.each, self.numbers, strict=True):
            if any(claim.quantity == number.quantity and claim.value == number.value for claim in near):
                found += _explanations(network, number)

    def steps_of_changes(self) -> dict[str, int]:
        """The networks that explain every number, with the steps that takes altogether."""
        steps: list[dict[str, int]] = []
        for found in self.each:
            least: dict[str, int] = {}
            for each in found:
                if each.fits:
                    least[each.change] = min(least.get(each.change, each.steps), each.steps)
            steps.append(least)
        common = set.intersection(*(set(least) for least in steps)) if steps else set()
        return {change: max(least[change] for least in steps) for change in common}

    def least_steps(self) -> int:
        """The steps of the simplest network that explains every number."""
        return min(self.steps_of_changes().values(), default=sys.maxsize)

    def answers(self, changes: Mapping[str, int], combined: int, most: int) -> tuple[Answer, ...]:
        common = self.steps_of_changes()
        if len(self.numbers) > 1 and common:
            simplest = min(common, key=lambda change: common[change])
            common = {simplest: common[simplest]}
        return tuple(
            _answer(
                number,
                found,
                common,
                most,
                Tried(self.networks, len(found), changes, combined),
                apart=len(self.numbers) > 1 and not common,
            )
            for number, found in zip(self.numbers, self.each, strict=True)
        )


def _explanations(network: Nearby, number: Stated) -> Iterator[Explanation]:
    """Every sum of a network, compared with the number; for changed networks only simple sums."""
    for sum in sums_of(network, number.quantity):
        if not network.steps or sum.steps <= EXTRA:
            for base in (1000, 1024) if number.power and network.steps < SEVERAL else (1000,):
                yield _explanation(sum, network, base, number)


def _explanation(sum: Sum, network: Nearby, base: int, number: Stated) -> Explanation:
    scale = number.scale(base)
    off = sum.total - number.value * scale
    rounds = abs(off) <= number.tolerance * scale
    is_cut = not rounds and 0 < off < 2 * number.tolerance * scale
    steps = network.steps + sum.steps + TRUNCATED * is_cut + BINARY * (base == 1024)
    return Explanation(sum, network.change, base, off, rounds or is_cut, is_cut, steps)


def _answer(
    number: Stated, found: list[Explanation], common: Mapping[str, int], most: int, tried: Tried, apart: bool
) -> Answer:
    digits = number.digits
    fitting = [each for each in found if each.fits and (not common or each.change in common)]
    matching = len({each.sum.total for each in found if each.fits})
    if not fitting:
        return Answer(number, tuple(_nearest(found)[:most]), False, 0, tried, digits, 0, apart)
    ranked = sorted(_needed(fitting), key=lambda each: (common.get(each.change, 0), *_rank(each, number)))
    ranked = _merged(ranked)
    first = ranked[0].steps
    ranked = [each for each in ranked if each.steps <= first + MOST_EXTRA_STEPS]
    chosen, others = tuple(ranked[:most]), len(ranked[most:])
    return Answer(number, chosen, True, others, tried, digits, matching, apart)


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


def _nearest(found: list[Explanation]) -> list[Explanation]:
    """The closest sums, each closer than all simpler ones."""
    nearest: list[Explanation] = []
    for each in _merged(sorted(found, key=lambda each: (each.steps, abs(each.off)))):
        if not nearest or abs(each.off) < abs(nearest[-1].off):
            nearest.append(each)
    return nearest[::-1]
