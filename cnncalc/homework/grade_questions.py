"""One question: its right answer, those that are right otherwise, and the table of wrong ones."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice

from cnncalc.homework.answers import Number, Written
from cnncalc.homework.grade_causes import Found, single
from cnncalc.homework.grade_conventions import conventions
from cnncalc.homework.grade_network import Network, value_of
from cnncalc.homework.grade_quantities import Quantity, Value
from cnncalc.homework.grade_several import several
from cnncalc.homework.grade_verdict import MOST_CAUSES
from cnncalc.homework.slips import Cause
from cnncalc.homework.slips_of_scales import COARSE, misspelt, off_by_little, scaled

COARSEST = Fraction(1, 10)
"""An answer whose last digit stands for more than so much of the number says too little."""
FINE = Fraction(1, 2000)
"""An answer whose last digit stands for less is exact enough to tell one pair of slips from others."""
BYTE_UNITS = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


class Question:
    """What is asked of a layer, block or network. The tables are made when an answer first needs them."""

    def __init__(self, network: Network, layer: str, quantity: Quantity, unit: str = "") -> None:
        self.network = network
        self.layer = layer
        self.quantity = quantity
        self.unit = unit
        self.right = value_of(quantity, network.row(layer))
        self._rights: dict[Value, str] | None = None
        self._tables: list[dict[Value, list[Cause]]] = []

    @property
    def key(self) -> str:
        """`conv1.output`, or `total.params`."""
        return f"{self.layer or 'total'}.{self.quantity.name}"

    @property
    def rights(self) -> dict[Value, str]:
        """What is right under another convention, and which."""
        if self._rights is None:
            self._rights = {}
            for value, says in conventions(self.network, self.layer, self.quantity.name):
                if value != self.right:
                    self._rights.setdefault(value, says)
        return self._rights

    def tables(self) -> Iterator[dict[Value, list[Cause]]]:
        """The wrong values: of single slips first, then of several or of slips elsewhere."""
        for at, source in enumerate((single, several)):
            if at == len(self._tables):
                self._tables.append(self._table(source))
            yield self._tables[at]

    def _table(self, source: Callable[[Network, str, Quantity], Found]) -> dict[Value, list[Cause]]:
        table: dict[Value, list[Cause]] = {}
        for value, cause in source(self.network, self.layer, self.quantity):
            if value == self.right:
                continue
            known = table.setdefault(value, [])
            if len(known) < 4 * MOST_CAUSES and all(each.slips != cause.slips for each in known):
                known.append(cause)
        for known in table.values():
            known.sort(key=lambda cause: cause.steps)
        return table

    def causes(self, value: Value) -> list[Cause]:
        """Why somebody comes to a value, the likeliest first."""
        for table in self.tables():
            if value in table:
                return table[value]
        return []

    def causes_within(self, fits: Callable[[Fraction], bool], is_coarse: bool) -> list[Cause]:
        """Why somebody comes to a number that is given to some digits only.

        What is coarse fits some pair of slips by chance, and is held against single ones only.
        """
        for table in islice(self.tables(), 1 if is_coarse else 2):
            near = [
                causes[0]
                for value, causes in table.items()
                if not isinstance(value, tuple) and fits(Fraction(value))
            ]
            if near:
                return sorted(near, key=lambda cause: cause.steps)[:MOST_CAUSES]
        return []


def fitting(number: Number, base: int = 1000) -> Callable[[Fraction], bool]:
    """Whether a value is what a number says to its digits; units of bytes are powers of `base`."""
    factor = Fraction(base, 1000) ** (0 if number.binary else number.power)
    value, tolerance = number.value * factor, number.tolerance * factor
    return lambda right: abs(right - value) <= tolerance <= COARSEST * abs(right) or right == value


def loosely(number: Number) -> Number | None:
    """A whole number that ends in zeros as one that was rounded to the digits before them."""
    value = number.value
    if number.tolerance or value.denominator > 1 or number.significant < 2 or abs(value) < 1000:
        return None
    zeros = len(str(abs(value.numerator))) - number.significant
    if zeros < 1 or (zeros == 1 and number.significant < 4):
        return None
    return Number(value, Fraction(10**zeros, 2), number.unit, number.power, number.binary, number.significant)


def in_unit(number: Number, unit: str) -> Number:
    """A bare number in the unit that the question says."""
    if not unit or number.unit:
        return number
    scale = BYTE_UNITS.get(unit.removesuffix("ytes"), 1)
    power = "bkmg".index(unit[0])
    return Number(
        number.value * scale,
        number.tolerance * scale,
        "bytes",
        power,
        "i" in unit,
        number.significant,
    )


def number_of(question: Question, written: Written) -> Number | None:
    """The number of an answer, in the unit of the question."""
    number = written.number
    same = set(written.sizes)
    if number is None and question.quantity.form == "axes" and len(same) == 1 and None not in same:
        return Number(Fraction(same.pop() or 0))
    if number is None or question.quantity.form != "bytes":
        return number
    return in_unit(number, question.unit)


def by_scale(question: Question, number: Number, fits: Callable[[Fraction], bool]) -> list[Cause]:
    """Slips of unit, factor and pen about the right number itself."""
    right = question.right
    if right is None or isinstance(right, tuple):
        return []
    found = [*scaled(question.quantity.name, Fraction(right), fits)]
    if not found and 0 < number.significant <= 2:
        found += scaled(question.quantity.name, Fraction(right), lambda value: _about(value, number.value))
    if number.value.denominator == 1 and isinstance(right, int):
        found += misspelt(right, number.value.numerator)
    found += off_by_little(Fraction(right), number.value, number.significant)
    return sorted(found, key=lambda cause: cause.steps)[:MOST_CAUSES]


def _about(value: Fraction, given: Fraction) -> bool:
    return abs(value - given) <= COARSE * abs(value)
