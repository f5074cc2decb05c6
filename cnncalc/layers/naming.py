"""Axes of a tensor by name: `channels`, and the spatial axes that its rank gives."""

from typing import Annotated, Literal

from cnncalc.layers.base import LayerError, Windows, expected
from cnncalc.shapes import Shape, shape_of
from cnncalc.window import UNCHANGED, Axis, Whole

AxisName = Literal["channels", "length", "depth", "height", "width"]

AXIS_NAMES: dict[int, tuple[AxisName, ...]] = {
    0: ("channels",),
    1: ("channels", "length"),
    2: ("channels", "height", "width"),
    3: ("channels", "depth", "height", "width"),
}
"""The names of all axes, by the number of spatial ones."""

OneAxis = Annotated[AxisName, expected("channels, length, depth, height or width")]
Over = Annotated[
    AxisName | Literal["positions"] | tuple[AxisName, ...],
    expected("channels, positions (all spatial axes), the name of an axis, or a list of names"),
]


def axis_number(name: str, x: Shape, option: str = "axis") -> int:
    """The index of an axis in the sizes of `x`, channels first; raises LayerError if it has no such axis."""
    names = ("channels", *x.axes)
    if name not in names:
        raise LayerError(
            "no-such-axis", f"{{}} has no {name}: its axes are {', '.join(names)}", option, shapes=(x,)
        )
    return names.index(name)


def axis_numbers(over: str | tuple[str, ...], x: Shape, option: str = "over") -> tuple[int, ...]:
    """The indices of several axes, in order; raises LayerError if one is missing or there are none."""
    if over == "positions":
        names: tuple[str, ...] = x.axes
    else:
        names = (over,) if isinstance(over, str) else over
    numbers = tuple(sorted({axis_number(name, x, option) for name in names}))
    if not numbers:
        what = "a vector has no positions" if over == "positions" else f"{option} names no axis"
        raise LayerError("no-such-axis", what, option, "such as `over: channels`")
    if len(numbers) < len(names):
        raise LayerError("no-such-axis", f"{option} names an axis twice", option)
    return numbers


def reduced(x: Shape, numbers: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape without some axes, or with size 1 there."""
    if keepdims:
        return shape_of(tuple(1 if at in numbers else n for at, n in enumerate(x.dims())))
    return shape_of(tuple(n for at, n in enumerate(x.dims()) if at not in numbers) or (1,))


def group_windows(x: Shape, numbers: tuple[int, ...], collapse: bool = False) -> Windows:
    """What an output reads if values are combined along some axes, which `collapse` to one position."""
    if x.rank and all(at in numbers for at in range(1, x.rank + 1)):
        return "everything"
    windows: list[Axis] = []
    for at, n in enumerate(x.spatial, 1):
        windows.append(Whole(n, 1 if collapse else n) if at in numbers else UNCHANGED)
    return tuple(windows)
