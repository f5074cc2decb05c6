"""Numbers in `expect` and `budget`: counts, bytes, sizes."""

import re
from fractions import Fraction

from cnncalc.quantities import is_bytes
from cnncalc.spec.reader import Node, Scalar, Sequence
from cnncalc.spec.values import MAX_DIGITS, counted, literal, sizes

Amount = tuple[Fraction, Fraction]
"""A number and its tolerance: half a unit of the last digit written, or 0."""

BYTES = re.compile(r"(\d+)(?:\.(\d+))?\s*([KMGT]i?)?B", re.IGNORECASE)
PREFIXES = {
    f"{letter}{i}": base**power
    for power, letter in enumerate("kmgt", 1)
    for i, base in (("", 1000), ("i", 1024))
}


def amount_of(node: Node, quantity: str) -> Amount | None:
    """A count or a number of bytes, with the tolerance that its digits imply."""
    if not isinstance(node, Scalar):
        return None
    number = literal(node.text)
    if type(number) is int or (isinstance(number, Fraction) and "e" in node.text.lower()):
        return Fraction(number), Fraction(0)
    return (bytes_of(node.text) if is_bytes(quantity) else None) or counted(node.text)


def bytes_of(text: str) -> Amount | None:
    """Bytes with a unit, and half a unit of the last digit.

    >>> bytes_of("16MiB"), bytes_of("9.6 MB")
    ((Fraction(16777216, 1), Fraction(524288, 1)), (Fraction(9600000, 1), Fraction(50000, 1)))
    """
    found = BYTES.fullmatch(text.strip())
    if not found or len(text) > MAX_DIGITS:
        return None
    unit = PREFIXES.get((found[3] or "").lower(), 1)
    whole, decimals = found[1], found[2] or ""
    tolerance = Fraction(unit, 2 * 10 ** len(decimals)) if unit > 1 else Fraction(0)
    return Fraction(int(whole + decimals), 10 ** len(decimals)) * unit, tolerance


def sizes_of(node: Node) -> tuple[int, ...] | None:
    """Positive integers: a list, `64x56x56`, or a single number."""
    if isinstance(node, Scalar):
        number = literal(node.text)
        written = sizes(node.text) or ((number,) if type(number) is int else None)
        return written if written and min(written) > 0 else None
    if not isinstance(node, Sequence):
        return None
    parts = [sizes_of(item) for item in node.items]
    if not parts or not all(part and len(part) == 1 for part in parts):
        return None
    return tuple(part[0] for part in parts if part)
