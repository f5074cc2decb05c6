"""Whether a value is what an answer says: to its digits, in its unit."""

from fractions import Fraction

from msgspec import Struct

from cnncalc.homework.answers import Number

COARSEST = 10
"""Farther off than one part in so many no answer is right, however few its digits are."""
FINE = Fraction(1, 2000)
"""An answer whose last digit stands for less is exact enough to tell one pair of slips from others."""
BYTE_UNITS = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


class Fit(Struct, frozen=True):
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


def fitting(number: Number, base: int = 1000) -> Fit:
    """The values that a number stands for; units of bytes are powers of `base`."""
    if base == 1000 or number.binary:
        return Fit(number.value, number.tolerance)
    factor = Fraction(base, 1000) ** number.power
    return Fit(number.value * factor, number.tolerance * factor)


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
