"""Poolings: over sliding windows, over the whole map, over bins that adapt to the input."""

from math import prod
from typing import Annotated

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    Count,
    Flag,
    LayerError,
    Operations,
    Padding,
    PerAxis,
    Weightless,
    Windows,
    each,
    need_axes,
    per_axis,
    says,
)
from cnncalc.layers.convolution import DILATION, FIT, PADDING
from cnncalc.layers.sliding import slide, sliding
from cnncalc.shapes import Shape
from cnncalc.window import Bins, Fit, Window

REDUCTION = Formula(
    "m * (v - 1)",
    m="outputs",
    v="positions in a window: reducing v values to one takes v − 1 steps",
)
BIN_ADDS = Formula(
    "c * (t - b)",
    c="channels",
    t="positions in all bins together",
    b="bins: reducing a bin of v values to one takes v − 1 steps",
)

POOL_KERNEL = says("size of the pooled window along each axis")
POOL_STRIDE = says("positions from one window to the next; the kernel when not given")


def pool(x: Shape, windows: tuple[Window, ...], kind: str) -> Shape:
    """The output of a pooling; a window that sees nothing but padding has no value."""
    for axis, window in zip(x.axes, windows, strict=True):
        if max(window.before, window.after) >= window.span:
            raise LayerError(
                "padding-too-large",
                f"with padding {max(window.before, window.after)} a pooled window of {window.span} "
                f"lies wholly outside the {axis}",
                "padding",
                "padding must be smaller than the kernel",
            )
    return slide(x, x.channels, windows, kind)


class MaxPool(Weightless, frozen=True):
    """Takes the largest value of each window, channel by channel."""

    kind = "maxpool"
    main = "kernel"
    aliases = ("maxpool", "maxpooling")

    kernel: Annotated[PerAxis, POOL_KERNEL]
    stride: Annotated[PerAxis | None, POOL_STRIDE] = None
    padding: Annotated[Padding, PADDING] = 0
    dilation: Annotated[PerAxis, DILATION] = 1
    fit: Annotated[Fit, FIT] = "floor"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, self.dilation, self.fit)

    def output(self, x: Shape) -> Shape:
        return pool(x, self.windows(x), self.kind)

    def operations(self, x: Shape) -> Operations:
        v = prod(per_axis(self.kernel, x, "kernel"))
        return {"comparisons": REDUCTION(m=self.output(x).size, v=v)}


class AvgPool(Weightless, frozen=True):
    """Takes the mean of each window, channel by channel."""

    kind = "avgpool"
    main = "kernel"
    aliases = ("avgpool", "averagepool", "averagepooling", "meanpool")

    kernel: Annotated[PerAxis, POOL_KERNEL]
    stride: Annotated[PerAxis | None, POOL_STRIDE] = None
    padding: Annotated[Padding, PADDING] = 0
    count_padding: Annotated[Flag, says("whether padded zeros count in the mean")] = True
    fit: Annotated[Fit, FIT] = "floor"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, 1, self.fit)

    def output(self, x: Shape) -> Shape:
        return pool(x, self.windows(x), self.kind)

    def operations(self, x: Shape) -> Operations:
        v = prod(per_axis(self.kernel, x, "kernel"))
        m = self.output(x).size
        return {"adds": REDUCTION(m=m, v=v), **each(m, divisions=1)}


class LpPool(Weightless, frozen=True):
    """Takes the p-norm of each window: the p-th root of the sum of p-th powers."""

    kind = "lppool"
    main = "kernel"
    aliases = ("lppool", "l2pool")

    kernel: Annotated[PerAxis, POOL_KERNEL]
    stride: Annotated[PerAxis | None, POOL_STRIDE] = None
    padding: Annotated[Padding, PADDING] = 0
    order: Annotated[Count, says("the p of the norm: 2 is the Euclidean length")] = 2
    fit: Annotated[Fit, FIT] = "floor"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, 1, self.fit)

    def output(self, x: Shape) -> Shape:
        return pool(x, self.windows(x), self.kind)

    def operations(self, x: Shape) -> Operations:
        v = prod(per_axis(self.kernel, x, "kernel"))
        m = self.output(x).size
        adds: Operations = {"adds": REDUCTION(m=m, v=v)}
        if self.order == 1:
            return adds
        if self.order == 2:
            return {**adds, **each(m, multiplications=v, exponentials=1)}
        return {**adds, **each(m, exponentials=v + 1)}


class GlobalPool(Weightless, frozen=True):
    """What the two global poolings share: one value for each channel, axes of size 1 kept."""

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        return Shape(x.channels, (1,) * x.rank)


class GlobalAvgPool(GlobalPool, frozen=True):
    """Takes the mean of each whole channel."""

    kind = "global_avgpool"
    aliases = ("globalavgpool", "globalaveragepool", "globalaveragepooling", "gap")

    def operations(self, x: Shape) -> Operations:
        return {"adds": REDUCTION(m=x.channels, v=x.positions), **each(x.channels, divisions=1)}


class GlobalMaxPool(GlobalPool, frozen=True):
    """Takes the largest value of each whole channel."""

    kind = "global_maxpool"
    aliases = ("globalmaxpool", "globalmaxpooling", "gmp")

    def operations(self, x: Shape) -> Operations:
        return {"comparisons": REDUCTION(m=x.channels, v=x.positions)}


class AdaptiveAvgPool(Weightless, frozen=True):
    """Takes means over bins that share out the input, so that the output has a fixed size."""

    kind = "adaptive_avgpool"
    main = "size"
    aliases = ("adaptiveavgpool", "adaptiveaveragepool")

    size: Annotated[PerAxis, says("output size along each axis")]

    def windows(self, x: Shape) -> tuple[Bins, ...]:
        sizes = per_axis(self.size, x, "size")
        return tuple(Bins(n, m) for n, m in zip(x.spatial, sizes, strict=True))

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        return Shape(x.channels, per_axis(self.size, x, "size"))

    def operations(self, x: Shape) -> Operations:
        t = prod(bins.total_taps for bins in self.windows(x))
        y = self.output(x)
        return {"adds": BIN_ADDS(c=x.channels, t=t, b=y.positions), **each(y.size, divisions=1)}
