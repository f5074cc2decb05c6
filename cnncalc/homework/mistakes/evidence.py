"""Whether a value matches an answer to its digits, and whether the match is more than chance."""

from fractions import Fraction

from msgspec import Struct

from cnncalc.homework.answers import Number
from cnncalc.homework.mistakes.cause import Rank

COARSEST = 10
"""An answer is wrong if its relative error exceeds 1/COARSEST, however few its digits."""
FINE = Fraction(1, 2000)
"""Largest relative tolerance of an answer precise enough to identify a pair of mistakes."""
BYTE_UNITS = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}

POWERS = {"k": 10**3, "m": 10**6, "g": 10**9}
"""Powers of 1000 that a heading gives, as in `params (M)`."""


class Reading(Struct, frozen=True):
    """A number and its tolerance."""

    value: Fraction
    tolerance: Fraction

    def holds(self, value: int | Fraction | tuple[int | Fraction, ...]) -> bool:
        """Whether a value is the number within its tolerance."""
        if isinstance(value, tuple):
            return False
        if not self.tolerance or value == self.value:
            return value == self.value
        exact = Fraction(value)
        off = abs(exact - self.value)
        return off <= self.tolerance and COARSEST * off <= abs(exact)


def reading_of(number: Number, base: int = 1000) -> Reading:
    """The reading of a number; byte units are powers of `base`."""
    if base == 1000 or number.binary:
        return Reading(number.value, number.tolerance)
    factor = Fraction(base, 1000) ** number.power
    return Reading(number.value * factor, number.tolerance * factor)


def loosely(number: Number) -> Number | None:
    """A whole number with trailing zeros, read as rounded to the digits before them."""
    value = number.value
    if number.tolerance or value.denominator > 1 or number.significant < 2 or abs(value) < 1000:
        return None
    zeros = len(str(abs(value.numerator))) - number.significant
    if zeros < 1 or (zeros == 1 and number.significant < 4):
        return None
    return Number(value, Fraction(10**zeros, 2), number.unit, number.power, number.binary, number.significant)


def in_unit(number: Number, unit: str) -> Number:
    """A number without a unit, in the question's unit."""
    if not unit or number.unit:
        return number
    if unit in POWERS:
        scale = POWERS[unit]
        least = number.tolerance or Fraction(1, 2)
        return Number(number.value * scale, least * scale, significant=number.significant)
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
"""Mistakes whose results are within this factor of the answer count as equally likely."""
EXACT, ROUNDED, FAR_OFF = Fraction(3, 4), Fraction(1, 4), Fraction(1, 12)
"""Highest expected number of chance matches: for an exact or a rounded answer and a mistake in the
question itself, and for any other mistake."""


def is_evident(fit: Reading, rank: Rank, tried: int) -> bool:
    """Whether a match is more than chance, if equally likely mistakes give `tried` numbers of that size."""
    if rank < FAR:
        return tried * _chance_of_one(fit, fit.tolerance) <= (ROUNDED if fit.tolerance else EXACT)
    return tried * _chance_of_one(fit, max(fit.tolerance, _zeros_tolerance(fit.value))) <= FAR_OFF


def range_around(fit: Reading) -> tuple[Fraction, Fraction]:
    """The smallest and the largest number of the same size as an answer."""
    low, high = sorted((fit.value / AROUND, fit.value * AROUND))
    return low, high


def _chance_of_one(fit: Reading, tolerance: Fraction) -> Fraction:
    """The probability that a random number of the same size matches the answer."""
    width = max(abs(fit.value) * (AROUND - Fraction(1, AROUND)), Fraction(AROUND))
    return max(2 * tolerance, Fraction(1)) / width


def _zeros_tolerance(value: Fraction) -> Fraction:
    """The tolerance of a whole number if its trailing zeros come from rounding."""
    if value.denominator > 1 or not value:
        return Fraction(0)
    digits = str(value.numerator)
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))), 2)
