"""How much a match says: a short answer is met by many slips by chance, and then nothing is said of it."""

from fractions import Fraction

from cnncalc.homework.mistakes.fit import Fit
from cnncalc.homework.mistakes.layer import Cause

FAR = 200
"""Causes from so many steps on need more evidence than one slip in the question itself."""
AROUND = 3
"""Slips that lead to at most so many times more or less are held to be as likely as the one that fits."""
EXACT, ROUNDED, FAR_OFF = Fraction(3, 4), Fraction(1, 4), Fraction(1, 12)
"""How often a random answer of so many digits may be met by a slip as near as the one that is named: by one
in the question itself, which an exact or a rounded answer meets; by one that leads far."""


def is_evident(fit: Fit, cause: Cause, tried: int) -> bool:
    """Whether a match is more than chance, when slips as likely lead to `tried` numbers of that size."""
    if cause.steps < FAR:
        return tried * _chance_of_one(fit, fit.tolerance) <= (ROUNDED if fit.tolerance else EXACT)
    return tried * _chance_of_one(fit, max(fit.tolerance, _left_open(fit.value))) <= FAR_OFF


def around(fit: Fit) -> tuple[Fraction, Fraction]:
    """The least and the largest number that is held to be of the size of an answer."""
    low, high = sorted((fit.value / AROUND, fit.value * AROUND))
    return low, high


def _chance_of_one(fit: Fit, tolerance: Fraction) -> Fraction:
    """How often a random number of an answer's size says the same, to the digits given."""
    width = max(abs(fit.value) * (AROUND - Fraction(1, AROUND)), Fraction(AROUND))
    return max(2 * tolerance, Fraction(1)) / width


def _left_open(value: Fraction) -> Fraction:
    """What the zeros at the end of a whole number leave open, which may have been rounded."""
    if value.denominator > 1 or not value:
        return Fraction(0)
    digits = str(value.numerator)
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))), 2)
