"""Explain a published number: the sum, and the network, that give it."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.explore.amounts import amount_of
from cnncalc.explore.reconcile.nearby import Nearby, nearby
from cnncalc.explore.reconcile.sums import EXTRA, Sum, sums_of_operations, sums_of_parameters
from cnncalc.problems import did_you_mean
from cnncalc.spec import SpecLike, as_spec

QUANTITIES = ("macs", "flops", "params")
POWERS = {"K": 1, "M": 2, "G": 3, "B": 3, "T": 4}

TRUNCATED, BINARY = 2, 2
"""Steps added if digits were truncated instead of rounded, and if the unit is a power of 1024."""
MOST_EXTRA_STEPS = 4
"""Explanations with more extra steps than this, compared with the simplest one, are dropped."""


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


class Answer(Struct, frozen=True):
    """The explanations of a number, simplest first; if none fits, the closest sums.

    `others` is the number of further explanations.
    """

    stated: Stated
    explanations: tuple[Explanation, ...]
    fits: bool
    others: int


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


def reconcile(spec: SpecLike, numbers: str | Iterable[str | Stated], most: int = 5) -> tuple[Answer, ...]:
    """Find up to `most` explanations of each number, with one network for all numbers if possible.

    Raises:
        ValueError: a number cannot be read; expected `"macs=4.13G"`.

    >>> (answer,) = reconcile("resnet50", "flops=4.11G")
    >>> answer.explanations[0].sum.title
    'flops as counted by fvcore'
    """
    given = [numbers] if isinstance(numbers, str) else numbers
    read = [stated(number) if isinstance(number, str) else number for number in given]
    networks = list(nearby(as_spec(spec)))
    found = [(number, list(_explanations(networks, number))) for number in read]
    fitting = [{each.change for each in explanations if each.fits} for _, explanations in found]
    common = set.intersection(*fitting) if fitting else set()
    return tuple(_answer(number, explanations, common, most) for number, explanations in found)


def _explanations(networks: list[Nearby], number: Stated) -> Iterator[Explanation]:
    """Every sum of every network, compared with the number; for similar networks only simple sums."""
    for network in networks:
        for sum in _sums(network, number.quantity):
            if not network.steps or sum.steps <= EXTRA:
                for base in (1000, 1024) if number.power else (1000,):
                    yield _explanation(sum, network, base, number)


def _sums(network: Nearby, quantity: str) -> Iterator[Sum]:
    if quantity == "params":
        return sums_of_parameters(network)
    return sums_of_operations(network, quantity)


def _explanation(sum: Sum, network: Nearby, base: int, number: Stated) -> Explanation:
    scale = number.scale(base)
    off = sum.total - number.value * scale
    rounds = abs(off) <= number.tolerance * scale
    is_cut = not rounds and 0 < off < 2 * number.tolerance * scale
    steps = network.steps + sum.steps + TRUNCATED * is_cut + BINARY * (base == 1024)
    return Explanation(sum, network.change, base, off, rounds or is_cut, is_cut, steps)


def _answer(number: Stated, found: list[Explanation], common: set[str], most: int) -> Answer:
    fitting = [each for each in found if each.fits and (not common or each.change in common)]
    if not fitting:
        return Answer(number, tuple(_nearest(found)[:most]), False, 0)
    ranked = _merged(sorted(_needed(fitting), key=lambda each: _rank(each, number)))
    ranked = [each for each in ranked if each.steps <= ranked[0].steps + MOST_EXTRA_STEPS]
    return Answer(number, tuple(ranked[:most]), True, len(ranked[most:]))


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
