"""Kinds that reorder axes or take parts of a tensor: permute, split, select."""

from typing import Annotated, ClassVar

from msgspec import Meta
from msgspec.structs import replace

from cnncalc.layers.base import (
    Count,
    Example,
    Layer,
    LayerError,
    Natural,
    Operations,
    Weightless,
    Windows,
    called,
    expected,
    says,
)
from cnncalc.layers.naming import AxisName, OneAxis, axis_number
from cnncalc.shapes import Shape, shape_of
from cnncalc.window import UNCHANGED, Window


class Permute(Weightless, frozen=True):
    """Reorders the axes of a tensor; the new first axis becomes the channels.

    The axes of the input are named in their new order, in the spec's layout: for a map with channels first,
    `[channels, width, height]` swaps its sides and `[height, channels, width]` its channels and rows.
    """

    kind = "permute"
    family = "shape"
    main = "order"
    aliases = ("transpose", "permutedims")
    elsewhere = called(pytorch="torch.permute", keras="keras.layers.Permute", onnx="Transpose")
    example = Example("{permute: [channels, width, height]}")

    order: Annotated[
        tuple[AxisName, ...],
        expected("the name of every axis of the input, in the new order"),
        says("the axes of the input in their new order, in the spec's layout"),
        Meta(extra={"shape": True}),
    ]

    def output(self, x: Shape) -> Shape:
        names = ("channels", *x.axes)
        if sorted(self.order) != sorted(names):
            raise LayerError(
                "no-such-axis",
                f"order must name each axis of {{}} once: {', '.join(names)}",
                "order",
                shapes=(x,),
            )
        return shape_of(tuple(x.dims()[names.index(name)] for name in self.order))

    def windows(self, x: Shape) -> Windows:
        if self.changes_nothing(x):
            return (UNCHANGED,) * x.rank
        if self.order[0] == "channels":
            return "rearranged"
        return "unknown" if x.positions > 1 else "everything"

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return self.order == ("channels", *x.axes)


def part_of(x: Shape, at: int, start: int, stop: int) -> Shape:
    """The shape of the positions from `start` to before `stop` along one axis."""
    dims = list(x.dims())
    dims[at] = stop - start
    return shape_of(tuple(dims))


def part_windows(x: Shape, at: int, start: int, stop: int) -> tuple[Window, ...]:
    """What such a part reads: a crop of one axis."""
    windows = [UNCHANGED] * x.rank
    if at:
        windows[at - 1] = Window(1, before=-start, after=stop - x.spatial[at - 1])
    return tuple(windows)


class Split(Weightless, frozen=True):
    """Splits a tensor along an axis into several, named `name.0`, `name.1` and so on.

    A number gives equal parts, a list the size of each. Layers after it name the part that they read; with
    `part`, only this one is kept.
    """

    kind = "split"
    family = "shape"
    main = "parts"
    aliases = ("chunk", "tensorsplit")
    elsewhere = called(pytorch="torch.split", keras="keras.ops.split", onnx="Split")
    example = Example("{split: 2, part: 0}")
    splits: ClassVar[bool] = True

    # The length of a list is not bounded by its type: msgspec 0.22 corrupts memory on such unions.
    parts: Annotated[
        Count | tuple[Count, ...],
        expected("the number of equal parts, or a list of the size of each"),
        says("number of equal parts, or the size of each part"),
    ]
    axis: Annotated[OneAxis, says("the axis to split")] = "channels"
    part: Annotated[
        Natural | None, expected("a whole number of at least 0"), says("the only part to keep; default: all")
    ] = None

    def sizes(self, x: Shape) -> tuple[int, ...]:
        """The size of each part; raises LayerError if they are not those of the axis."""
        n = x.dims()[axis_number(self.axis, x)]
        if isinstance(self.parts, tuple):
            if sum(self.parts) != n:
                message = f"the parts are {sum(self.parts):,} together; the input has {n:,} {self._along(n)}"
                raise LayerError("bad-split", message, "parts")
            return self.parts
        if n % self.parts:
            message = f"{n:,} {self._along(n)} cannot be split into {self.parts} equal parts"
            raise LayerError("bad-split", message, "parts", "or list the size of each part")
        return (n // self.parts,) * self.parts

    def _along(self, n: int) -> str:
        """What the axis counts."""
        word = "channel" if self.axis == "channels" else "position"
        along = "" if self.axis == "channels" else f" along its {self.axis}"
        return f"{word}{'s' * (n != 1)}{along}"

    def separate(self, x: Shape) -> tuple[Layer, ...]:
        sizes = self.sizes(x)
        return (self,) if self.part is not None else tuple(replace(self, part=n) for n in range(len(sizes)))

    def bounds(self, x: Shape) -> tuple[int, int, int]:
        """The axis, channels first, and where the part starts and stops."""
        sizes = self.sizes(x)
        if self.part is None or self.part >= len(sizes):
            message = f"there is no part {self.part}" if self.part is not None else "no part is named"
            raise LayerError("bad-split", message, "part", f"expected a part from 0 to {len(sizes) - 1}")
        start = sum(sizes[: self.part])
        return axis_number(self.axis, x), start, start + sizes[self.part]

    def output(self, x: Shape) -> Shape:
        return part_of(x, *self.bounds(x))

    def windows(self, x: Shape) -> Windows:
        return part_windows(x, *self.bounds(x))

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return len(self.sizes(x)) == 1


class Select(Weightless, frozen=True):
    """Keeps one position of an axis, or a range: the class token is position 0 of a sequence.

    Like x[:, 0:1] in PyTorch, the axis stays, with one position for a single number.
    """

    kind = "select"
    family = "shape"
    main = "index"
    aliases = ("gather", "indexselect")
    elsewhere = called(pytorch="torch.index_select", keras="keras.ops.take", onnx="Gather")
    example = Example("{select: 0, axis: height}")

    index: Annotated[
        int | tuple[int, ...],
        expected("a position, or [from, to]: counted from 0, negative from the end, `to` not included"),
        says("a position counted from 0, negative from the end, or [from, to] without `to`"),
    ]
    axis: Annotated[
        OneAxis | None,
        expected("channels, length, depth, height or width"),
        says("the axis to select from; default: the only spatial axis"),
    ] = None

    def bounds(self, x: Shape) -> tuple[int, int, int]:
        """The axis, and the first position and the end of the range."""
        if self.axis is None and x.rank != 1:
            which = ", ".join(("channels", *x.axes))
            raise LayerError(
                "no-such-axis",
                f"select needs the axis of {{}}: {which}",
                "axis",
                f"such as `axis: {(*x.axes, 'channels')[0]}`",
                (x,),
            )
        at = axis_number(self.axis or "length", x)
        n = x.dims()[at]
        if isinstance(self.index, tuple) and len(self.index) != 2:
            raise LayerError("bad-slice", "index must be a position or [from, to]", "index")
        pair = (self.index, self.index + 1 or n) if isinstance(self.index, int) else self.index
        start, stop = (i + n if i < 0 else i for i in pair)
        if not 0 <= start < stop <= n:
            what = f"position {self.index}" if isinstance(self.index, int) else f"range {list(self.index)}"
            raise LayerError("bad-slice", f"there is no {what} among {n:,}", "index")
        return at, start, stop

    def output(self, x: Shape) -> Shape:
        return part_of(x, *self.bounds(x))

    def windows(self, x: Shape) -> Windows:
        return part_windows(x, *self.bounds(x))

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return self.output(x) == x


KINDS: tuple[type[Layer], ...] = (Permute, Split, Select)
