"""Whether a value is what an answer says, to its digits, and whether such a match is more than chance."""

from fractions import Fraction

from msgspec import Struct

from cnncalc.homework.answers import Number
from cnncalc.homework.mistakes.cause import Rank

COARSEST = 10
"""Farther off than one part in so many no answer is right, however few its digits are."""
FINE = Fraction(1, 2000)
"""An answer whose last digit stands for less is exact enough to tell one pair of mistakes from others."""
BYTE_UNITS = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


class Reading(Struct, frozen=True):
    """A number with what its digits leave open."""

    value: Fraction
    tolerance: Fraction

    def holds(self, value: int | Fraction | tuple[int | Fraction, ...]) -> bool:
        """Whether a value is the number, to its digits."""
        if isinstance(value, tuple):
            return False
        if not self.tolerance or value == self.value:
            return value == self.value
        exact = Fraction(value)
        off = abs(exact - self.value)
        return off <= self.tolerance and COARSEST * off <= abs(exact)


def fitting(number: Number, base: int = 1000) -> Reading:
    """The values that a number stands for; units of bytes are powers of `base`."""
    if base == 1000 or number.binary:
        return Reading(number.value, number.tolerance)
    factor = Fraction(base, 1000) ** number.power
    return Reading(number.value * factor, number.tolerance * factor)


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


FAR = Rank.OTHER_QUANTITY
"""Causes from this rank on need more evidence than one mistake in the question itself."""
AROUND = 3
"""Mistakes that lead to at most so many times more or less are held to be as likely as the one that fits."""
EXACT, ROUNDED, FAR_OFF = Fraction(3, 4), Fraction(1, 4), Fraction(1, 12)
"""How often a random answer of so many digits may be met by a mistake as near as the one named: by one
in the question itself, which an exact or a rounded answer meets; by one that leads far."""


def is_evident(fit: Reading, rank: Rank, tried: int) -> bool:
    """Whether a match is more than chance, when mistakes as likely lead to `tried` numbers of that size."""
    if rank < FAR:
        return tried * _chance_of_one(fit, fit.tolerance) <= (ROUNDED if fit.tolerance else EXACT)
    return tried * _chance_of_one(fit, max(fit.tolerance, _left_open(fit.value))) <= FAR_OFF


def around(fit: Reading) -> tuple[Fraction, Fraction]:
    """The least and the largest number that is held to be of the size of an answer."""
    low, high = sorted((fit.value / AROUND, fit.value * AROUND))
    return low, high


def _chance_of_one(fit: Reading, tolerance: Fraction) -> Fraction:
    """How often a random number of an answer's size says the same, to the digits given."""
    width = max(abs(fit.value) * (AROUND - Fraction(1, AROUND)), Fraction(AROUND))
    return max(2 * tolerance, Fraction(1)) / width


def _left_open(value: Fraction) -> Fraction:
    """What the zeros at the end of a whole number leave open, which may have been rounded."""
    if value.denominator > 1 or not value:
        return Fraction(0)
    digits = str(value.numerator)
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))), 2)
