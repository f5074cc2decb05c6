"""Receptive field: which part of the network's input each unit of a layer can see.

Per axis, a unit sees an interval of input positions. Which one repeats along the axis: `period`
units on, it has moved by `step` positions. Plain convolutions have period 1 and step = jump; after a
transposed convolution of stride 2 the period is 2. So the field of every unit is known exactly, on
an input without borders (Araujo, Norris & Sim, Distill 2019, doi:10.23915/distill.00021).
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

from msgspec import Struct

from cnncalc.formula import Formula
from cnncalc.layers.base import Windows
from cnncalc.window import UNCHANGED, Axis

ARAUJO = "Araujo, Norris & Sim 2019, Distill, doi:10.23915/distill.00021"

FIELD_SIZE = Formula(
    "r + (k - 1) * j",
    source=f"{ARAUJO}, as a recurrence from the input on",
    r="field of what the layer reads",
    k="positions that its window spans: the effective kernel",
    j="jump of what it reads: the product of all strides before",
)
FIELD_JUMP = Formula("j * s", source=ARAUJO, j="jump of what the layer reads", s="stride")
FINER_JUMP = Formula(
    "j * a / b", j="jump of what the layer reads", a="inputs", b="outputs that lie over them"
)
FIELD_START = Formula(
    "c + ((k - 1) / 2 - p) * j",
    source=ARAUJO,
    c="centre of the first unit of what the layer reads",
    k="positions that its window spans: the effective kernel",
    p="padding at the beginning",
    j="jump of what it reads",
)

MAX_UNITS = 65_536
"""How many units along an axis are followed one by one, where their fields do not repeat sooner."""

Interval = tuple[int, int] | None
"""First and last input position that a unit sees; None where it sees none."""


class AxisField(Struct, frozen=True, gc=False):
    """The fields of all units along one axis: those of the first `period`, and the step.

    With `bounded` only these units exist, as their fields do not repeat: what lies beyond them is
    padding and sees nothing; `pace` is then the jump, where there is one.
    """

    intervals: tuple[Interval, ...]
    step: int
    bounded: bool = False
    pace: Fraction | None = None

    def at(self, unit: int) -> Interval:
        """The interval of one unit; units outside the tensor stand for padding."""
        period = len(self.intervals)
        if self.bounded:
            return self.intervals[unit] if 0 <= unit < period else None
        turns, phase = divmod(unit, period)
        interval = self.intervals[phase]
        if interval is None or not turns:
            return interval
        return interval[0] + turns * self.step, interval[1] + turns * self.step

    @property
    def size(self) -> int:
        """The largest field of any unit."""
        return max((last - first + 1 for first, last in filter(None, self.intervals)), default=0)

    @property
    def jump(self) -> Fraction | None:
        """Input positions from one unit's field to the next one's, on average."""
        return self.pace if self.bounded else Fraction(self.step, len(self.intervals))

    @property
    def start(self) -> Fraction | None:
        """The centre of the first unit's field; position 0 is centred at 0."""
        first = self.intervals[0]
        return None if first is None else Fraction(first[0] + first[1], 2)


class Field(Struct, frozen=True, gc=False):
    """The receptive field of a layer's units on the network's input.

    `axes` is None where every unit sees the whole input. `rearranged` marks the fields behind a
    flatten or reshape: each unit still sees what it saw, but no longer in the order of an axis.
    `unknown` marks fields that differ from unit to unit over more units than are followed.
    """

    axes: tuple[AxisField, ...] | None
    rearranged: bool = False
    unknown: bool = False

    @property
    def is_global(self) -> bool:
        return self.axes is None

    @property
    def size(self) -> tuple[int, ...] | None:
        """Along each axis of the input; None for everything."""
        return None if self.axes is None or self.unknown else tuple(axis.size for axis in self.axes)

    @property
    def jump(self) -> tuple[Fraction | None, ...] | None:
        """Effective stride along each axis; None for everything, and behind a flatten."""
        return None if not self._ordered else tuple(axis.jump for axis in self.axes or ())

    @property
    def start(self) -> tuple[Fraction | None, ...] | None:
        """Centre of the first unit along each axis; None for everything, and behind a flatten."""
        return None if not self._ordered else tuple(axis.start for axis in self.axes or ())

    @property
    def _ordered(self) -> bool:
        return self.axes is not None and not self.rearranged and not self.unknown


EVERYTHING = Field(None)
UNKNOWN = Field((), unknown=True)


def input_field(rank: int) -> Field:
    """Each position of the input sees itself."""
    return Field((AxisField(((0, 0),), 1),) * rank)


def through(field: Field, windows: Windows, sizes: tuple[int, ...]) -> Field:
    """The field behind a layer that reads `windows` of a tensor with `field`; `sizes` come out."""
    if windows == "everything":
        return EVERYTHING
    if not field.axes:  # everything is seen already, nothing is known, or the input has no axes
        return field
    if windows == "rearranged":
        return Field(field.axes, rearranged=True)
    assert not isinstance(windows, str)
    if all(window is UNCHANGED for window in windows):
        return field
    if field.rearranged:
        return field if all(len(window.taps(0)) == 1 for window in windows) else EVERYTHING
    return _of_axes(map(along, field.axes, windows, sizes))


def _of_axes(axes: Iterable[AxisField | None]) -> Field:
    known = tuple(axes)
    followed = tuple(axis for axis in known if axis is not None)
    return Field(followed) if len(followed) == len(known) else UNKNOWN


def along(field: AxisField, window: Axis, size: int) -> AxisField | None:
    """One axis of `through`; None where too many units would have to be followed."""
    period, step = window.period, window.step
    if len(field.intervals) == 1 and period == 1 and not field.bounded:
        return _plain(field, window, step)
    turns = len(field.intervals) // gcd(len(field.intervals), step)
    bounded = field.bounded or period * turns > size
    units = size if bounded else period * turns
    if units > MAX_UNITS:
        return None
    intervals = tuple(_union(field, window.taps(unit)) for unit in range(units))
    if bounded:
        pace = None if field.jump is None else field.jump * step / period
        return AxisField(intervals, 0, True, pace)
    return AxisField(intervals, field.step * (step * turns // len(field.intervals)))


def _plain(field: AxisField, window: Axis, step: int) -> AxisField:
    """The common case, without a loop: from the first tap's first to the last tap's last."""
    interval = field.intervals[0]
    taps = window.taps(0)
    if interval is None or not taps:
        return AxisField((None,), field.step * step)
    first, last = interval[0] + taps[0] * field.step, interval[1] + taps[-1] * field.step
    return AxisField(((first, last),), field.step * step)


def _union(field: AxisField, taps: range) -> Interval:
    """The hull of the fields of some units.

    Taps are evenly spaced, so their phases come round within one period: the first period holds
    the least beginning, the last one the greatest end.
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
    """The union of several tensors' fields, unit by unit, for a merge whose output has `sizes`."""
    if any(field.axes is None for field in fields):
        return EVERYTHING
    rearranged = any(field.rearranged for field in fields)
    if any(field.unknown for field in fields):
        return UNKNOWN
    axes = tuple(zip(*(field.axes or () for field in fields), strict=True))
    if rearranged:  # a unit of the output is one of some input's: the largest counts
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
    """How far apart the centres of the first units lie, per axis, where they do not coincide."""
    if any(field.axes is None or field.rearranged or field.unknown for field in fields):
        return None
    gaps: list[Fraction] = []
    for axes in zip(*(field.axes or () for field in fields), strict=True):
        centres = [axis.start for axis in axes if axis.start is not None]
        gaps.append(max(centres) - min(centres) if centres else Fraction(0))
        if len({axis.jump for axis in axes if not axis.bounded}) > 1:
            gaps[-1] = max(gaps[-1], Fraction(1))
    return tuple(gaps) if any(gaps) else None
