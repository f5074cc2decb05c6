"""The mistakes about a number as it is written down: its unit, a factor, its digits."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from cnncalc.homework.mistakes.cause import Cause, Rank
from cnncalc.homework.mistakes.evidence import Reading

PER_SAMPLE = "macs flops adds multiplications elements activations neurons memory.activations"
COUNTS = "params weights neurons elements activations connections buffers"
BYTES = "memory.activations memory.parameters"


class ScaleMistake(Struct, frozen=True):
    """The right number times a factor; where none are named, for every quantity."""

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
        "these are bytes of float32; the number of values is asked for",
        (Fraction(4),),
        COUNTS,
    ),
    ScaleMistake(
        "values-for-bytes",
        "these are values; a float32 value takes 4 bytes",
        (Fraction(1, 4),),
        BYTES,
        Rank.UNIT,
    ),
    ScaleMistake("bits-for-bytes", "these are bits; a byte has 8", (Fraction(8),), BYTES, Rank.UNIT),
    ScaleMistake(
        "bits-for-bytes",
        "the bytes are divided by 8, as bits would be",
        (Fraction(1, 8),),
        BYTES,
        Rank.UNIT,
    ),
    ScaleMistake(
        "bytes-twice", "the 4 bytes of a value are multiplied in twice", (Fraction(4),), BYTES, Rank.UNIT
    ),
    ScaleMistake(
        "other-type",
        "another type of number is taken: float32 has 4 bytes",
        (Fraction(2), Fraction(1, 2)),
        BYTES,
        Rank.UNIT,
    ),
    ScaleMistake(
        "half",
        "this is one half: a multiply-accumulate is counted as half an operation",
        (Fraction(1, 2),),
        "macs",
    ),
    ScaleMistake("doubled", "this is twice as much", (Fraction(2),)),
    ScaleMistake("halved", "this is one half", (Fraction(1, 2),)),
    ScaleMistake(
        "batch",
        "this is for a batch; one sample is asked for",
        tuple(map(Fraction, (4, 8, 10, 16, 32, 64, 100, 128, 256, 512))),
        PER_SAMPLE,
    ),
    ScaleMistake(
        "power-of-ten",
        "this is off by a power of ten: a digit, a point or a unit is wrong",
        _powers(10, *(e for e in range(-9, 10) if e)),
    ),
    ScaleMistake(
        "power-of-1024",
        "this is off by a power of 1024: a unit is wrong",
        _powers(1024, -3, -2, -1, 1, 2, 3),
        BYTES,
    ),
)
"""In the order of likelihood."""

NEAR_ENOUGH = Fraction(1, 100)
"""Within so much of the right number an answer is near it."""
COARSE = Fraction(1, 40)
"""Within so much of it an answer of one digit or two is, which was rounded on the way."""
FEW_DIGITS = 3
"""With at most so many digits it looks rounded."""


def scaled(quantity: str, right: int | Fraction, fit: Reading) -> Iterator[Cause]:
    """The mistakes by which the right number times a factor fits an answer."""
    if not right:
        return
    ratio = Reading(fit.value / right, fit.tolerance / right)
    for mistake in _about(quantity):
        if ratio.value in mistake.factors or (ratio.tolerance and any(map(ratio.holds, mistake.factors))):
            yield Cause((mistake.name,), mistake.says, mistake.rank)


def scales_tried(quantity: str, right: int | Fraction, low: Fraction, high: Fraction) -> int:
    """How many mistakes by a factor lead to a number within these bounds."""
    return sum(low <= factor * right <= high for mistake in _about(quantity) for factor in mistake.factors)


def _about(quantity: str) -> Iterator[ScaleMistake]:
    return (
        mistake
        for mistake in SCALE_MISTAKES
        if not mistake.quantities or quantity in mistake.quantities.split()
    )


def misspelt(right: int, given: int) -> Iterator[Cause]:
    """Mistakes of the pen in a number of some length."""
    some, other = str(right), str(given)
    if min(len(some), len(other)) < 5 or given < 0:
        return
    if len(other) == len(some) - 1 and _lacks_one(some, other):
        yield Cause(("digit-dropped",), "a digit seems to be missing", Rank.DIGITS)
    if len(other) == len(some) + 1 and _lacks_one(other, some):
        yield Cause(("digit-added",), "there seems to be a digit too many", Rank.DIGITS)
    if len(other) == len(some) and sorted(some) == sorted(other):
        differing = [at for at, (a, b) in enumerate(zip(some, other, strict=True)) if a != b]
        if len(differing) == 2 and differing[1] == differing[0] + 1:
            yield Cause(("digits-swapped",), "two digits seem to be swapped", Rank.DIGITS)
    if len(other) == len(some) and sum(a != b for a, b in zip(some, other, strict=True)) == 1:
        yield Cause(
            ("digit-wrong",), "one digit is wrong: an error of reckoning or of the pen", Rank.LAST_DIGITS
        )


def _lacks_one(long: str, short: str) -> bool:
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def off_by_little(right: Fraction, given: Fraction, significant: int) -> Iterator[Cause]:
    """An answer beside the right one."""
    if abs(given - right) == 1:
        yield Cause(("off-by-one",), "this is off by one", Rank.OFF_BY_ONE)
    elif right and abs(given - right) <= COARSE * abs(right) and significant <= 2:
        yield Cause(
            ("rounded",), "this is near, and rounded on the way more than its digits say", Rank.LAST_DIGITS
        )
    elif right and abs(given - right) <= NEAR_ENOUGH * abs(right) and abs(right) >= 100:
        if significant <= FEW_DIGITS:
            yield Cause(
                ("rounded",), "this is near, and not what rounding to its digits gives", Rank.LAST_DIGITS
            )
        else:
            yield Cause(
                ("near",),
                "this is near: a small part is missing or too much, or an error of reckoning",
                Rank.VAGUE,
            )
    elif right and given == -right:
        yield Cause(("sign",), "the sign is wrong", Rank.OFF_BY_ONE)
