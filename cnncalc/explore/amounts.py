"""Numbers in common notation: 4.13G, 25.6M, 3.8e9, 25,557,032."""

import re
from fractions import Fraction

from cnncalc.spec.values import counted

GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
SCIENTIFIC = re.compile(r"(\d+)(?:\.(\d+))?[eE]\+?(\d{1,2})")


def amount_of(written: str) -> tuple[Fraction, Fraction] | None:
    """A number and its tolerance, half a unit of its last digit; None if it is not a number."""
    found = SCIENTIFIC.fullmatch(written)
    if not found:
        return counted(written.replace(",", "") if GROUPED.fullmatch(written) else written)
    decimals = found[2] or ""
    last = Fraction(10) ** (int(found[3]) - len(decimals))
    return int(found[1] + decimals) * last, last / 2
