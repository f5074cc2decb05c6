"""The growth of a layer's receptive field, layer by layer from the input."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise

from msgspec.structs import replace

from cnncalc.analysis.field import FIELD_JUMP, FIELD_SIZE, FIELD_START, FINER_JUMP, AxisField, Field
from cnncalc.analysis.report import Report, Row
from cnncalc.formula import Working
from cnncalc.homework.explain.explained import Derivation, FieldStep, FieldTrace
from cnncalc.homework.explain.notation import Notation, lettered
from cnncalc.layers import Merge
from cnncalc.layers.base import Windows
from cnncalc.window import UNCHANGED, Axis, TransposedWindow, Window

ALL = "the whole input from here on"
OPAQUE = "the spec declares a layer before it, or this one, and not what it reads"
PHASES = "neighbouring units have different fields; this is the largest"


Rows = Mapping[str, Row]
"""An input of a network and the layers that depend on it by name, with their receptive fields on it."""


def rows_of(report: Report) -> dict[str, Rows]:
    """The rows of a report by the name of an input."""
    rows = (*report.entries, *report.layers)
    if len(report.entries) == 1:
        return {report.entry.name: {row.name: row for row in rows}}
    return {entry.name: _depending_on(entry.name, rows) for entry in report.entries}


def _depending_on(entry: str, rows: Iterable[Row]) -> Rows:
    found: dict[str, Row] = {}
    for row in rows:
        if entry in row.fields:
            inputs = tuple(name for name in row.inputs if name in found)
            found[row.name] = replace(row, field=row.fields[entry], inputs=inputs)
    return found


def receptive_field(
    report: Report, row: Row, by_input: dict[str, Rows], notation: Notation, is_short: bool = False
) -> Derivation:
    """The receptive field of a layer with its recurrence, or with the last step only.

    With several inputs, it is followed from each that the layer depends on.
    """
    traces: dict[tuple[FieldStep, ...], list[str]] = {}
    notes: tuple[str, ...] = ()
    for name, shape in report.inputs.items():
        rows = by_input[name]
        if row.name not in rows:
            continue
        if row.field.size and not any(row.field.size):
            notes += ("the output does not depend on the input",)
            continue
        of = f" of {name}" if len(by_input) > 1 else ""
        if rows[row.name].field.opaque:
            notes += (f"unknown{of and f' on {name}'}: {OPAQUE}",)
            continue
        path = _path(rows[row.name], rows, 1 if is_short else len(rows))
        for at, axis in enumerate(shape.axes):
            steps = _steps(path, rows, at, notation)
            traces.setdefault(steps, []).append(f"{axis}{of}")
        called = f"the input {name}" if of else "the input"
        if rows[row.name].field.is_global:
            notes += (f"each output depends on the whole {called.removeprefix('the ')}",)
        elif not shape.axes:
            notes += (f"{called} has no spatial axes",)
    found = tuple(FieldTrace(tuple(axes), steps) for steps, axes in traces.items())
    return Derivation("receptive_field", "receptive field", row.field.size, notes=notes, traces=found)


def _path(row: Row, rows: Rows, most: int) -> list[Row]:
    """The layers from the input to this one; at a merge, along the largest receptive field."""
    path = [row]
    while path[-1].inputs and len(path) <= most:
        path.append(max((rows[name] for name in path[-1].inputs), key=_extent))
    return path[::-1]


def _extent(row: Row) -> tuple[bool, tuple[int, ...]]:
    return row.field.is_global, row.field.size or ()


def _steps(path: list[Row], rows: Rows, at: int, notation: Notation) -> tuple[FieldStep, ...]:
    """The steps of a path that change the field along one input axis."""
    steps = [FieldStep(path[0].name, "", "", *_numbers(path[0].field, at))]
    for before, row in pairwise(path):
        if isinstance(row.layer, Merge):
            step = _merged(row, rows, at)
        else:
            step = _grown(before, row, at, notation, row is path[-1])
        if step is not None:
            steps.append(step)
        if row.field.is_global:
            break
    return tuple(steps)


def _numbers(field: Field, at: int) -> tuple[int | None, Fraction | None, Fraction | None]:
    """Size, jump and start along one axis, from the report."""
    return tuple(  # type: ignore[return-value]
        None if values is None else values[at] for values in (field.size, field.jump, field.start)
    )


def _depends(row: Row) -> bool:
    """Whether a unit depends on the input: learned and fixed tensors do not."""
    return row.field.axes is None or row.field.unknown or any(row.field.size or ())


def _merged(row: Row, rows: Rows, at: int) -> FieldStep | None:
    """The union of the merged fields; None if all are equal."""
    before = [rows[name] for name in dict.fromkeys(row.inputs) if _depends(rows[name])]
    if not before:
        return None
    if len({_numbers(each.field, at) for each in before}) == 1 and before[0].field == row.field:
        return None
    sizes = ", ".join(f"{each.name} {_numbers(each.field, at)[0] or 'all'}" for each in before)
    return FieldStep(row.name, row.kind, "", *_numbers(row.field, at), says=f"the union of {sizes}")


def _grown(before: Row, row: Row, at: int, notation: Notation, is_last: bool) -> FieldStep | None:
    """The step of one layer; None if it leaves the field unchanged, as 1×1 kernels do."""
    assert row.layer is not None
    windows: Windows = row.layer.windows(*row.reads)
    if before.field.is_global:
        return None
    if row.field.is_global:
        return FieldStep(row.name, row.kind, "all", None, None, None, says=ALL)
    numbers = _numbers(row.field, at)
    if isinstance(windows, str) or before.field.rearranged or before.field.unknown or row.field.unknown:
        return None
    window, axis = windows[at], (before.field.axes or ())[at]
    if window is UNCHANGED or (window == UNCHANGED and not is_last):
        return None
    plain = len(axis.intervals) == 1 and not axis.bounded
    growth, pace, centre = _workings(window, axis, plain)
    growth = growth if growth is not None and growth.exact == numbers[0] else None
    pace = pace if pace is not None and pace.exact == numbers[1] else None
    centre = centre if centre is not None and centre.exact == numbers[2] else None
    return FieldStep(
        row.name,
        row.kind,
        _window_text(window),
        *numbers,
        growth=growth and lettered(notation, growth),
        pace=pace and lettered(notation, pace),
        centre=centre and lettered(notation, centre),
        says="" if growth else PHASES,
    )


def _workings(
    window: Axis, before: AxisField, plain: bool
) -> tuple[Working | None, Working | None, Working | None]:
    """The formulas for size, jump and start, where they apply."""
    jump = before.jump
    if jump is None:
        return None, None, None
    growth = FIELD_SIZE(r=before.size, k=_reach(window), j=jump)
    if window.period > 1:
        return growth, FINER_JUMP(j=jump, a=window.step, b=window.period), None
    pace = FIELD_JUMP(j=jump, s=window.step)
    if not isinstance(window, Window) or not plain or before.start is None:
        return growth, pace, None
    centre = FIELD_START(c=before.start, k=window.span, p=window.before, j=jump)
    return growth, pace, centre


def _reach(window: Axis) -> int:
    """The largest distance from the first to the last input position that a unit reads."""
    taps = (window.taps(unit) for unit in range(min(window.period, MOST_PHASES)))
    return max((abs(reads[-1] - reads[0]) + 1 for reads in taps if reads), default=0)


MOST_PHASES = 4096


def _window_text(window: Axis) -> str:
    """A window in short: `k 11, s 4`, `k 3, d 2, p 2`."""
    if isinstance(window, Window | TransposedWindow):
        spanned = f", d {window.dilation}" if window.dilation > 1 else ""
        padded = (
            f"p {window.before}" if window.before == window.after else f"p {window.before}+{window.after}"
        )
        parts = [f"k {window.kernel}{spanned}", *([f"s {window.stride}"] if window.stride > 1 else [])]
        return ", ".join([*parts, *([padded] if window.before or window.after else [])])
    return f"{window.period} outputs over {window.step} inputs"
