"""The slips about a number as it is written down: its unit, a factor, its digits."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from cnncalc.homework.mistakes.fit import Fit
from cnncalc.homework.mistakes.layer import Cause

PER_SAMPLE = "macs flops adds multiplications elements activations neurons memory"
COUNTS = "params weights neurons elements activations connections buffers"
BYTES = "memory param_memory"
UNIT = 190
"""How far a slip leads that comes with the unit that is asked for, bits for bytes."""


class ScaleSlip(Struct, frozen=True):
    """The right number times a factor; where none are named, for every quantity.

    `steps` is how far it leads from counting rightly, as a cause has it.
    """

    name: str
    says: str
    factors: tuple[Fraction, ...]
    quantities: str = ""
    steps: int = 300


def _powers(base: int, *exponents: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(base) ** exponent for exponent in exponents)


SCALE_SLIPS = (
    ScaleSlip(
        "bytes-for-values",
        "these are bytes of float32; the number of values is asked for",
        (Fraction(4),),
        COUNTS,
    ),
    ScaleSlip(
        "values-for-bytes",
        "these are values; a float32 value takes 4 bytes",
        (Fraction(1, 4),),
        BYTES,
        UNIT,
    ),
    ScaleSlip("bits-for-bytes", "these are bits; a byte has 8", (Fraction(8),), BYTES, UNIT),
    ScaleSlip(
        "bits-for-bytes",
        "the bytes are divided by 8, as bits would be",
        (Fraction(1, 8),),
        BYTES,
        UNIT,
    ),
    ScaleSlip("bytes-twice", "the 4 bytes of a value are multiplied in twice", (Fraction(4),), BYTES, UNIT),
    ScaleSlip(
        "other-type",
        "another type of number is taken: float32 has 4 bytes",
        (Fraction(2), Fraction(1, 2)),
        BYTES,
        UNIT,
    ),
    ScaleSlip(
        "half",
        "this is one half: a multiply-accumulate is counted as half an operation",
        (Fraction(1, 2),),
        "macs",
    ),
    ScaleSlip("doubled", "this is twice as much", (Fraction(2),)),
    ScaleSlip("halved", "this is one half", (Fraction(1, 2),)),
    ScaleSlip(
        "batch",
        "this is for a batch; one sample is asked for",
        tuple(map(Fraction, (4, 8, 10, 16, 32, 64, 100, 128, 256, 512))),
        PER_SAMPLE,
    ),
    ScaleSlip(
        "power-of-ten",
        "this is off by a power of ten: a digit, a point or a unit is wrong",
        _powers(10, *(e for e in range(-9, 10) if e)),
    ),
    ScaleSlip(
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


def scaled(quantity: str, right: int | Fraction, fit: Fit) -> Iterator[Cause]:
    """The slips by which the right number times a factor fits an answer."""
    if not right:
        return
    ratio = Fit(fit.value / right, fit.tolerance / right)
    for slip in _about(quantity):
        if ratio.value in slip.factors or (ratio.tolerance and any(map(ratio.holds, slip.factors))):
            yield Cause((slip.name,), slip.says, slip.steps)


def scales_tried(quantity: str, right: int | Fraction, low: Fraction, high: Fraction) -> int:
    """How many slips by a factor lead to a number within these bounds."""
    return sum(low <= factor * right <= high for slip in _about(quantity) for factor in slip.factors)


def _about(quantity: str) -> Iterator[ScaleSlip]:
    return (slip for slip in SCALE_SLIPS if not slip.quantities or quantity in slip.quantities.split())


def misspelt(right: int, given: int) -> Iterator[Cause]:
    """Slips of the pen in a number of some length."""
    some, other = str(right), str(given)
    if min(len(some), len(other)) < 5 or given < 0:
        return
    if len(other) == len(some) - 1 and _lacks_one(some, other):
        yield Cause(("digit-dropped",), "a digit seems to be missing", 500)
    if len(other) == len(some) + 1 and _lacks_one(other, some):
        yield Cause(("digit-added",), "there seems to be a digit too many", 500)
    if len(other) == len(some) and sorted(some) == sorted(other):
        differing = [at for at, (a, b) in enumerate(zip(some, other, strict=True)) if a != b]
        if len(differing) == 2 and differing[1] == differing[0] + 1:
            yield Cause(("digits-swapped",), "two digits seem to be swapped", 500)
    if len(other) == len(some) and sum(a != b for a, b in zip(some, other, strict=True)) == 1:
        yield Cause(("digit-wrong",), "one digit is wrong: an error of reckoning or of the pen", 600)


def _lacks_one(long: str, short: str) -> bool:
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def off_by_little(right: Fraction, given: Fraction, significant: int) -> Iterator[Cause]:
    """An answer beside the right one."""
    if abs(given - right) == 1:
        yield Cause(("off-by-one",), "this is off by one", 400)
    elif right and abs(given - right) <= COARSE * abs(right) and significant <= 2:
        yield Cause(("rounded",), "this is near, and rounded on the way more than its digits say", 600)
    elif right and abs(given - right) <= NEAR_ENOUGH * abs(right) and abs(right) >= 100:
        if significant <= FEW_DIGITS:
            yield Cause(("rounded",), "this is near, and not what rounding to its digits gives", 600)
        else:
            yield Cause(
                ("near",), "this is near: a small part is missing or too much, or an error of reckoning", 9
            )
    elif right and given == -right:
        yield Cause(("sign",), "the sign is wrong", 400)
