"""Mistakes in writing a number: its unit, a factor, its digits."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from cnncalc.homework.mistakes.cause import Cause, Rank
from cnncalc.homework.mistakes.evidence import Reading

PER_SAMPLE = "macs flops adds multiplications elements activations neurons memory.activations"
COUNTS = "params weights neurons elements activations connections buffers"
BYTES = "memory.activations memory.parameters"


class ScaleMistake(Struct, frozen=True):
    """The correct number times a factor; applies to all quantities if none are named."""

    name: str
    says: str
    factors: tuple[Fraction, ...]
    quantities: str = ""
    rank: Rank = Rank.FACTOR


def _powers(base: int, *exponents: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(base) ** exponent for exponent in exponents)


SCALE_MISTAKES = (
    ScaleMistake(
        "bytes-for-values",
        "these are float32 bytes; expected the number of values",
        (Fraction(4),),
        COUNTS,
    ),
    ScaleMistake(
        "values-for-bytes",
        "this is the number of values; each float32 value takes 4 bytes",
        (Fraction(1, 4),),
        BYTES,
        Rank.UNIT,
    ),
    ScaleMistake("bits-for-bytes", "these are bits; one byte is 8 bits", (Fraction(8),), BYTES, Rank.UNIT),
    ScaleMistake(
        "bits-for-bytes",
        "the bytes were divided by 8, as if they were bits",
        (Fraction(1, 8),),
        BYTES,
        Rank.UNIT,
    ),
    ScaleMistake(
        "bytes-twice", "the 4 bytes per value were multiplied twice", (Fraction(4),), BYTES, Rank.UNIT
    ),
    ScaleMistake(
        "other-type",
        "another data type was used; float32 has 4 bytes",
        (Fraction(2), Fraction(1, 2)),
        BYTES,
        Rank.UNIT,
    ),
    ScaleMistake(
        "half",
        "this is half; one MAC counts as one, not as half",
        (Fraction(1, 2),),
        "macs",
    ),
    ScaleMistake("doubled", "this is twice the correct number", (Fraction(2),)),
    ScaleMistake("halved", "this is half the correct number", (Fraction(1, 2),)),
    ScaleMistake(
        "batch",
        "this is for a batch; expected one sample",
        tuple(map(Fraction, (4, 8, 10, 16, 32, 64, 100, 128, 256, 512))),
        PER_SAMPLE,
    ),
    ScaleMistake(
        "power-of-ten",
        "this is off by a power of ten; check digits, decimal point and unit",
        _powers(10, *(e for e in range(-9, 10) if e)),
    ),
    ScaleMistake(
        "power-of-1024",
        "this is off by a power of 1024; check the unit",
        _powers(1024, -3, -2, -1, 1, 2, 3),
        BYTES,
    ),
)
"""Likeliest first."""

NEAR_ENOUGH = Fraction(1, 100)
"""Largest relative error of an answer that is called close."""
COARSE = Fraction(1, 40)
"""The same for an answer with one or two digits, which may be rounded too early."""
FEW_DIGITS = 3
"""Most digits of an answer that looks rounded."""


def scaled(quantity: str, right: int | Fraction, fit: Reading) -> Iterator[Cause]:
    """The factor mistakes that match an answer."""
    if not right:
        return
    ratio = Reading(fit.value / right, fit.tolerance / right)
    for mistake in _about(quantity):
        if ratio.value in mistake.factors or (ratio.tolerance and any(map(ratio.holds, mistake.factors))):
            yield Cause((mistake.name,), mistake.says, mistake.rank)


def scales_tried(quantity: str, right: int | Fraction, low: Fraction, high: Fraction) -> int:
    """The number of factor mistakes that give a number within these bounds."""
    return sum(low <= factor * right <= high for mistake in _about(quantity) for factor in mistake.factors)


def _about(quantity: str) -> Iterator[ScaleMistake]:
    return (
        mistake
        for mistake in SCALE_MISTAKES
        if not mistake.quantities or quantity in mistake.quantities.split()
    )


def mistyped(right: int, given: int) -> Iterator[Cause]:
    """Typing mistakes in a long number."""
    some, other = str(right), str(given)
    if min(len(some), len(other)) < 5 or given < 0:
        return
    if len(other) == len(some) - 1 and _lacks_one(some, other):
        yield Cause(("digit-dropped",), "a digit seems to be missing", Rank.DIGITS)
    if len(other) == len(some) + 1 and _lacks_one(other, some):
        yield Cause(("digit-added",), "there seems to be an extra digit", Rank.DIGITS)
    if len(other) == len(some) and sorted(some) == sorted(other):
        differing = [at for at, (a, b) in enumerate(zip(some, other, strict=True)) if a != b]
        if len(differing) == 2 and differing[1] == differing[0] + 1:
            yield Cause(("digits-swapped",), "two digits seem to be swapped", Rank.DIGITS)
    if len(other) == len(some) and sum(a != b for a, b in zip(some, other, strict=True)) == 1:
        yield Cause(("digit-wrong",), "one digit is wrong; check the arithmetic", Rank.LAST_DIGITS)


def _lacks_one(long: str, short: str) -> bool:
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def off_by_little(right: Fraction, given: Fraction, significant: int) -> Iterator[Cause]:
    """An answer close to the correct one."""
    if abs(given - right) == 1:
        yield Cause(("off-by-one",), "this is off by one", Rank.OFF_BY_ONE)
    elif right and abs(given - right) <= COARSE * abs(right) and significant <= 2:
        yield Cause(("rounded",), "this is close, but was rounded too early", Rank.LAST_DIGITS)
    elif right and abs(given - right) <= NEAR_ENOUGH * abs(right) and abs(right) >= 100:
        if significant <= FEW_DIGITS:
            yield Cause(("rounded",), "this is close, but not correctly rounded", Rank.LAST_DIGITS)
        else:
            yield Cause(
                ("near",),
                "this is close; check for a small missing or extra part, and the arithmetic",
                Rank.VAGUE,
            )
    elif right and given == -right:
        yield Cause(("sign",), "the sign is wrong", Rank.OFF_BY_ONE)
