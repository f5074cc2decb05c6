"""Where a stated number comes from: which sum, of which network nearby, comes to it."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.explore.amounts import amount_of
from cnncalc.explore.reconcile.nearby import Nearby, nearby
from cnncalc.explore.reconcile.sums import EXTRA, Sum, sums_of_operations, sums_of_parameters
from cnncalc.problems import did_you_mean
from cnncalc.spec import Spec

QUANTITIES = ("macs", "flops", "params")
POWERS = {"K": 1, "M": 2, "G": 3, "B": 3, "T": 4}

CUT_OFF, BINARY = 2, 2
"""How far it leads that digits were cut off instead of rounded, and that a unit is a power of 1024."""
FARTHEST = 4
"""What leads so much farther than the simplest explanation is none beside it."""


class Stated(Struct, frozen=True):
    """A number as stated: 4.13G is 4,125,000,000 to 4,135,000,000, `power` 3 of a thousand."""

    quantity: str
    written: str
    value: Fraction
    tolerance: Fraction
    power: int = 0

    @property
    def decimals(self) -> int:
        """Digits behind the point."""
        digits = self.written.lower().partition("e")[0]
        return sum(map(str.isdigit, digits.partition(".")[2]))

    def scale(self, base: int) -> Fraction:
        """How much more the unit stands for where it is a power of `base`: 1024²/1000² for mega."""
        return Fraction(base**self.power, 1000**self.power)


class Explanation(Struct, frozen=True):
    """A sum that comes to what was stated, or near it.

    Attributes:
        sum: the sum.
        change: what the network has otherwise than written; nothing for the written one.
        base: 1024 where the unit is taken as a power of it, else 1000.
        off: how much more the sum is than the number stated.
        fits: whether it comes to the digits stated.
        is_cut: whether it does so only with the further digits cut off instead of rounded.
        steps: how far all this leads from what is most likely meant.
        also: other ways to the same sum.
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
    """What explains a number, the simplest first; where nothing fits, the nearest sums.

    `others` is how many more explanations there are.
    """

    stated: Stated
    explanations: tuple[Explanation, ...]
    fits: bool
    others: int


def stated(text: str) -> Stated:
    """What `macs=4.13G` states.

    Raises:
        ValueError: it states nothing that could be looked for.

    >>> stated("macs=4.13G").tolerance, stated("params=25,557,032").value
    (Fraction(5000000, 1), Fraction(25557032, 1))
    """
    quantity, equals, written = (part.strip() for part in text.partition("="))
    if not equals or quantity.lower() not in QUANTITIES:
        hint = did_you_mean(quantity, list(QUANTITIES))
        raise ValueError(f"'{text}' states neither macs nor flops nor params, as in macs=4.13G; {hint}")
    amount = amount_of(written)
    if amount is None or amount[0] <= 0:
        raise ValueError(f"'{written}' is not a number above 0, as in 4.13G, 25.6M, 3.8e9 or 25,557,032")
    return Stated(quantity.lower(), written, *amount, POWERS.get(written[-1].upper(), 0))


def reconcile(spec: Spec, numbers: Iterable[Stated], most: int = 5) -> tuple[Answer, ...]:
    """Up to `most` explanations of each number; of one network for all of them, where there is one.

    >>> from cnncalc.spec import load
    >>> (answer,) = reconcile(load("resnet50"), [stated("flops=4.11G")])
    >>> answer.explanations[0].sum.title
    'what fvcore counts as flops'
    """
    networks = list(nearby(spec))
    found = [(number, list(_explanations(networks, number))) for number in numbers]
    fitting = [{each.change for each in explanations if each.fits} for _, explanations in found]
    common = set.intersection(*fitting) if fitting else set()
    return tuple(_answer(number, explanations, common, most) for number, explanations in found)


def _explanations(networks: list[Nearby], number: Stated) -> Iterator[Explanation]:
    """Every sum of every network beside the number; of a network that is a guess only plain sums."""
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
    steps = network.steps + sum.steps + CUT_OFF * is_cut + BINARY * (base == 1024)
    return Explanation(sum, network.change, base, off, rounds or is_cut, is_cut, steps)


def _answer(number: Stated, found: list[Explanation], common: set[str], most: int) -> Answer:
    fitting = [each for each in found if each.fits and (not common or each.change in common)]
    if not fitting:
        return Answer(number, tuple(_nearest(found)[:most]), False, 0)
    ranked = _merged(sorted(_needed(fitting), key=lambda each: _rank(each, number)))
    ranked = [each for each in ranked if each.steps <= ranked[0].steps + FARTHEST]
    return Answer(number, tuple(ranked[:most]), True, len(ranked[most:]))


def _rank(each: Explanation, number: Stated) -> tuple[int, bool, bool, Fraction]:
    """The simplest first; then what a tool counts, under the name stated; then the nearest."""
    word = each.sum.word.lower()
    otherwise = bool(word) and ("flop" in word) != (number.quantity == "flops")
    return each.steps, not word, otherwise, abs(each.off)


def _needed(fitting: list[Explanation]) -> list[Explanation]:
    """Without sums that only add to one that fits, and changes where the written network is as simple."""
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
    """Ways to the same total as one: the first, with the titles of the others that are about as simple."""
    same: dict[object, list[Explanation]] = {}
    for each in ranked:
        same.setdefault((each.base, each.sum.total), []).append(each)
    return [replace(first, also=_also(first, others)) for first, *others in same.values()]


def _also(first: Explanation, others: list[Explanation]) -> tuple[str, ...]:
    near = (each for each in others if each.change == first.change and each.steps <= first.steps + 1)
    return tuple(each.sum.title for each in near)


def _nearest(found: list[Explanation]) -> list[Explanation]:
    """The nearest sums, each nearer than every simpler one."""
    nearest: list[Explanation] = []
    for each in _merged(sorted(found, key=lambda each: (each.steps, abs(each.off)))):
        if not nearest or abs(each.off) < abs(nearest[-1].off):
            nearest.append(each)
    return nearest[::-1]
