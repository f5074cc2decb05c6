"""Receptive field: the part of the network's input that each unit of a layer depends on.

Along each axis, a unit's field is an interval of input positions. The intervals are periodic:
`period` units later, the interval is shifted by `step` positions. Convolutions have period 1 and
step = jump; after a transposed convolution of stride 2 the period is 2. The field of every unit is
therefore exact on an unbounded input (Araujo, Norris & Sim, Distill 2019, doi:10.23915/distill.00021).
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

from msgspec import Struct

from cnncalc.formula import Formula
from cnncalc.layers.base import Windows
from cnncalc.shapes import LARGEST
from cnncalc.window import UNCHANGED, Axis

ARAUJO = "Araujo, Norris & Sim 2019, Distill, doi:10.23915/distill.00021"

FIELD_SIZE = Formula(
    "r + (k - 1) * j",
    source=f"{ARAUJO}, as a recurrence from the input",
    r="receptive field of the layer's input",
    k="effective kernel",
    j="jump of the layer's input: the product of all previous strides",
)
FIELD_JUMP = Formula("j * s", source=ARAUJO, j="jump of the layer's input", s="stride")
FINER_JUMP = Formula(
    "j * a / b", j="jump of the layer's input", a="inputs", b="outputs that cover the same area"
)
FIELD_START = Formula(
    "c + ((k - 1) / 2 - p) * j",
    source=ARAUJO,
    c="centre of the first unit of the layer's input",
    k="effective kernel",
    p="padding at the start",
    j="jump of the layer's input",
)

MAX_UNITS = 65_536
"""The longest period of fields along an axis that is tracked."""

Interval = tuple[int, int] | None
"""First and last input position of a unit's field; None if it is empty."""


class AxisField(Struct, frozen=True, gc=False):
    """The fields of all units along one axis: those of the first `period`, and the step.

    If `bounded`, only these units exist and their fields do not repeat: units beyond them are padding
    with an empty field, and `pace` is the jump, if there is one.
    """

    intervals: tuple[Interval, ...]
    step: int
    bounded: bool = False
    pace: Fraction | None = None

    def at(self, unit: int) -> Interval:
        """The interval of one unit; units outside the tensor are padding."""
        period = len(self.intervals)
        if self.bounded:
            return self.intervals[unit] if 0 <= unit < period else None
        turns, phase = divmod(unit, period)
        interval = self.intervals[phase]
        if interval is None or not turns:
            return interval
        return interval[0] + turns * self.step, interval[1] + turns * self.step

    @property
    def is_countable(self) -> bool:
        """Whether its numbers are small enough to count with: strides multiply from layer to layer."""
        ends = filter(None, (self.intervals[0], self.intervals[-1]))
        return self.step <= LARGEST and all(first >= -LARGEST and last <= LARGEST for first, last in ends)

    @property
    def size(self) -> int:
        """The largest field of any unit."""
        return max((last - first + 1 for first, last in filter(None, self.intervals)), default=0)

    @property
    def jump(self) -> Fraction | None:
        """The average distance between the fields of neighbouring units, in input positions."""
        return self.pace if self.bounded else Fraction(self.step, len(self.intervals))

    @property
    def start(self) -> Fraction | None:
        """The centre of the first unit's field; the centre of position 0 is 0."""
        first = self.intervals[0]
        return None if first is None else Fraction(first[0] + first[1], 2)


class Field(Struct, frozen=True, gc=False):
    """The receptive field of a layer's units on the network's input.

    `axes` is None if every unit depends on the whole input. `rearranged` marks fields after a flatten
    or reshape: the fields are the same, but units are no longer ordered along an axis. `unknown` marks
    fields that do not repeat within `MAX_UNITS` units, or are larger than `LARGEST`; `opaque` marks those
    after a declared layer, of which not even a global layer is known to see everything.
    """

    axes: tuple[AxisField, ...] | None
    rearranged: bool = False
    unknown: bool = False
    opaque: bool = False

    @property
    def is_global(self) -> bool:
        return self.axes is None

    @property
    def size(self) -> tuple[int, ...] | None:
        """The size along each input axis; None for the whole input."""
        return None if self.axes is None or self.unknown else tuple(axis.size for axis in self.axes)

    @property
    def jump(self) -> tuple[Fraction | None, ...] | None:
        """The effective stride along each axis; None for the whole input and after a flatten."""
        return None if not self._ordered else tuple(axis.jump for axis in self.axes or ())

    @property
    def start(self) -> tuple[Fraction | None, ...] | None:
        """The centre of the first unit along each axis; None for the whole input and after a flatten."""
        return None if not self._ordered else tuple(axis.start for axis in self.axes or ())

    @property
    def _ordered(self) -> bool:
        return self.axes is not None and not self.rearranged and not self.unknown


EVERYTHING = Field(None)
UNKNOWN = Field((), unknown=True)
OPAQUE = Field((), unknown=True, opaque=True)


def no_field(rank: int) -> Field:
    """The field of a unit that does not depend on the input."""
    return Field((AxisField((None,), 0),) * rank)


def input_field(rank: int) -> Field:
    """The field of the input: each position depends on itself."""
    return Field((AxisField(((0, 0),), 1),) * rank)


def through(field: Field, windows: Windows, sizes: tuple[int, ...]) -> Field:
    """The field after a layer with `windows` and output `sizes` that reads a tensor with `field`."""
    if field.opaque:
        return field
    if windows == "declared":
        return OPAQUE
    if windows == "everything":
        return EVERYTHING
    if not field.axes:  # already the whole input, unknown, or the input has no axes
        return field
    if windows == "unknown":
        return UNKNOWN
    if windows == "rearranged":
        return Field(field.axes, rearranged=True)
    assert not isinstance(windows, str)
    if all(window is UNCHANGED for window in windows):
        return field
    if field.rearranged:
        return field if all(window.reads_one for window in windows) else EVERYTHING
    return _of_axes(map(along, field.axes, windows, sizes))


def _of_axes(axes: Iterable[AxisField | None]) -> Field:
    known = tuple(axes)
    followed = tuple(axis for axis in known if axis is not None and axis.is_countable)
    return Field(followed) if len(followed) == len(known) else UNKNOWN


def along(field: AxisField, window: Axis, size: int) -> AxisField | None:
    """One axis of `through`; None if the period is too long."""
    period, step = window.period, window.step
    if len(field.intervals) == 1 and period == 1 and not field.bounded:
        return _plain(field, window, step)
    turns = len(field.intervals) // gcd(len(field.intervals), step)
    bounded = field.bounded or period * turns > size
    units = size if bounded else period * turns
    if units > MAX_UNITS:
        return None
    if not step and period == 1:  # all units read the same
        intervals = (_union(field, window.taps(0)),) * units
    else:
        intervals = tuple(_union(field, window.taps(unit)) for unit in range(units))
    if bounded:
        pace = None if field.jump is None else field.jump * step / period
        return AxisField(intervals, 0, True, pace)
    return AxisField(intervals, field.step * (step * turns // len(field.intervals)))


def _plain(field: AxisField, window: Axis, step: int) -> AxisField:
    """The common case, without a loop: from the first tap's start to the last tap's end."""
    interval = field.intervals[0]
    taps = window.taps(0)
    if interval is None or not taps:
        return AxisField((None,), field.step * step)
    first, last = interval[0] + taps[0] * field.step, interval[1] + taps[-1] * field.step
    return AxisField(((first, last),), field.step * step)


def _union(field: AxisField, taps: range) -> Interval:
    """The smallest interval that contains the fields of some units.

    Taps are evenly spaced, so their phases repeat within one period: the first period contains the
    smallest start, the last one the largest end.
    """
    period = len(field.intervals)
    units: Iterable[int] = taps
    if field.bounded and len(taps) > period:
        units = (unit for unit in range(period) if unit in taps)
    elif len(taps) > 2 * period:
        units = (*taps[:period], *taps[-period:])
    seen = [interval for interval in map(field.at, units) if interval is not None]
    if not seen:
        return None
    return min(first for first, _ in seen), max(last for _, last in seen)


def joined(fields: Sequence[Field], sizes: tuple[int, ...]) -> Field:
    """The union of the fields of several tensors, unit by unit, for a merge with output `sizes`."""
    if any(field.axes is None for field in fields):
        return EVERYTHING
    if any(field.opaque for field in fields):
        return OPAQUE
    rearranged = any(field.rearranged for field in fields)
    if any(field.unknown for field in fields):
        return UNKNOWN
    axes = tuple(zip(*(field.axes or () for field in fields), strict=True))
    if rearranged:  # each output unit comes from one input: use the largest
        return Field(tuple(max(axis, key=lambda field: field.size) for axis in axes), rearranged=True)
    return _of_axes(map(_together, axes, sizes))


def _together(fields: tuple[AxisField, ...], size: int) -> AxisField | None:
    first = fields[0]
    if all(field == first for field in fields[1:]):
        return first
    period = lcm(*(len(field.intervals) for field in fields))
    jumps = {field.jump for field in fields}
    bounded = len(jumps) > 1 or any(field.bounded for field in fields) or period > size
    units = size if bounded else period
    if units > MAX_UNITS:
        return None
    intervals = tuple(_hull(fields, unit) for unit in range(units))
    if bounded:
        return AxisField(intervals, 0, True, first.jump if len(jumps) == 1 else None)
    return AxisField(intervals, first.step * (period // len(first.intervals)))


def _hull(fields: tuple[AxisField, ...], unit: int) -> Interval:
    seen = [interval for interval in (field.at(unit) for field in fields) if interval is not None]
    if not seen:
        return None
    return min(first for first, _ in seen), max(last for _, last in seen)


def misaligned(fields: Sequence[Field]) -> tuple[Fraction, ...] | None:
    """The distance between the centres of the first units per axis; None if they coincide."""
    if any(field.axes is None or field.rearranged or field.unknown for field in fields):
        return None
    gaps: list[Fraction] = []
    for axes in zip(*(field.axes or () for field in fields), strict=True):
        centres = [axis.start for axis in axes if axis.start is not None]
        gaps.append(max(centres) - min(centres) if centres else Fraction(0))
        if len({axis.jump for axis in axes if not axis.bounded}) > 1:
            gaps[-1] = max(gaps[-1], Fraction(1))
    return tuple(gaps) if any(gaps) else None
