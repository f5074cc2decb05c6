"""Published numbers as they are written: the quantity, the value and what its digits leave open."""

import re
from fractions import Fraction
from math import ceil, floor

from msgspec import Struct

from cnncalc.explore.amounts import amount_of
from cnncalc.problems import did_you_mean

QUANTITIES = ("macs", "flops", "params")
POWERS = {"K": 1, "M": 2, "G": 3, "B": 3, "T": 4}


UNIT = re.compile(r"(?<=[\d\sKMGBT])(macs?|flops?|mult-adds|params?|parameters)$", re.IGNORECASE)
"""What tools print after a number: 4.13 GMac, 8.21 GFLOPS, 25.6 M params."""
DECIMAL_COMMA = re.compile(r"\d+,\d+ ?[KMGBT]?", re.IGNORECASE)
LONGEST = 40
"""Characters of a wrong number that a message repeats."""


class Bounds(Struct, frozen=True):
    """The smallest and the largest total that round to a number, and the largest that is truncated to it."""

    low: int
    high: int
    cut: int


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

    def bounds(self, base: int) -> Bounds:
        """The totals that round to the number, and those that it truncates, in units of a power of `base`."""
        scale = self.scale(base)
        value, tolerance = self.value * scale, self.tolerance * scale
        high = floor(value + tolerance)
        return Bounds(ceil(value - tolerance), high, max(high, ceil(value + 2 * tolerance) - 1))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def stated(text: str) -> Stated:
    """Parse `macs=4.13G`.

    Raises:
        ValueError: the quantity is unknown, or the number is invalid.

    >>> stated("macs=4.13 GMac") == stated("macs=4.13 G")
    True
    >>> stated("macs=4.13G").tolerance, stated("params=25,557,032").value
    (Fraction(5000000, 1), Fraction(25557032, 1))
    """
    quantity, equals, written = (part.strip() for part in text.partition("="))
    known = quantity.lower() in QUANTITIES
    if not equals or not known:
        hint = "" if known else did_you_mean(quantity, list(QUANTITIES))
        message = f"expected macs=, flops= or params=, as in macs=4.13G; found '{_short(text)}'"
        raise ValueError(f"{message}; {hint}" if hint else message)
    written = UNIT.sub("", written).strip()
    amount = amount_of(written)
    if amount is None or amount[0] <= 0:
        message = "expected a number above 0, as in 4.13G, 25.6M, 3.8e9 or 25,557,032"
        hint = f"; write {written.replace(',', '.')}" if DECIMAL_COMMA.fullmatch(written) else ""
        raise ValueError(f"{message}; found '{_short(written)}'{hint}")
    return Stated(quantity.lower(), written, *amount, POWERS.get(written[-1].upper(), 0))
