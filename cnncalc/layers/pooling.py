"""Poolings: over sliding windows, over the whole map, over bins that adapt to the input."""

from math import prod
from typing import Annotated

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    Count,
    Example,
    Flag,
    Layer,
    LayerError,
    Operations,
    Padding,
    PerAxis,
    Positive,
    Probability,
    Weightless,
    Windows,
    called,
    each,
    need_axes,
    per_axis,
    says,
)
from cnncalc.layers.convolution import DILATION, FIT, PADDING
from cnncalc.layers.sliding import slide, sliding
from cnncalc.shapes import Shape
from cnncalc.window import Rounding, Window

REDUCTION = Formula(
    "m * (v - 1)",
    m="outputs",
    v="positions in a window: reducing v values to one takes v − 1 steps",
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


class WindowPool(Weightless, frozen=True):
    """What all poolings over sliding windows share."""

    family = "pool"
    main = "kernel"

    kernel: Annotated[PerAxis, POOL_KERNEL]
    stride: Annotated[PerAxis | None, POOL_STRIDE] = None
    padding: Annotated[Padding, PADDING] = 0
    fit: Annotated[Rounding, FIT] = "floor"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, 1, self.fit)

    def output(self, x: Shape) -> Shape:
        return pool(x, self.windows(x), self.kind)

    def positions(self, x: Shape) -> int:
        """Positions in a window."""
        return prod(per_axis(self.kernel, x, "kernel"))

    def changes_nothing(self, x: Shape) -> bool:
        return all(
            (window.kernel, window.stride, window.before, window.after) == (1, 1, 0, 0)
            for window in self.windows(x)
        )


class MaxPool(WindowPool, frozen=True):
    """Takes the largest value of each window, channel by channel."""

    kind = "maxpool"
    aliases = ("maxpool", "maxpooling")
    elsewhere = called(pytorch="torch.nn.MaxPool2d", keras="keras.layers.MaxPooling2D", onnx="MaxPool")
    example = Example("{maxpool: 3, stride: 2, padding: 1}")
    backward_reads = ("choice",)

    dilation: Annotated[PerAxis, DILATION] = 1

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, self.dilation, self.fit)

    def operations(self, x: Shape) -> Operations:
        return {"comparisons": REDUCTION(m=self.output(x).size, v=self.positions(x))}


class AvgPool(WindowPool, frozen=True):
    """Takes the mean of each window, channel by channel."""

    kind = "avgpool"
    aliases = ("avgpool", "averagepool", "averagepooling", "meanpool")
    elsewhere = called(
        pytorch="torch.nn.AvgPool2d", keras="keras.layers.AveragePooling2D", onnx="AveragePool"
    )
    example = Example("{avgpool: 2}")

    count_padding: Annotated[Flag, says("whether padded zeros count in the mean")] = True

    def operations(self, x: Shape) -> Operations:
        m = self.output(x).size
        return {"adds": REDUCTION(m=m, v=self.positions(x)), **each(m, divisions=1)}


class LpPool(WindowPool, frozen=True):
    """Takes the p-norm of each window: the p-th root of the sum of p-th powers."""

    kind = "lppool"
    aliases = ("lppool", "l2pool")
    elsewhere = called(pytorch="torch.nn.LPPool2d", onnx="LpPool")
    backward_reads = ("input", "output")

    order: Annotated[Count, says("the p of the norm: 2 is the Euclidean length")] = 2

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, self.positions(x)
        adds: Operations = {"adds": REDUCTION(m=m, v=v)}
        if self.order == 1:
            return adds
        if self.order == 2:
            return {**adds, **each(m, multiplications=v, exponentials=1)}
        return {**adds, **each(m, exponentials=v + 1)}


class MixPool(WindowPool, frozen=True):
    """Mixes maximum and mean of each window (Lee, Gallagher & Tu 2016, arXiv:1509.08985)."""

    kind = "mixpool"
    aliases = ("mixedpool", "mixedpooling")
    elsewhere = called()
    backward_reads = ("choice",)

    alpha: Annotated[Probability, says("weight of the maximum; the mean has the rest")] = 0.5

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, self.positions(x)
        # the two reductions, the division of the mean, and alpha·max + (1 − alpha)·mean
        return {
            "comparisons": REDUCTION(m=m, v=v),
            **each(m, adds=v, divisions=1, multiplications=2),
        }


class WeightedAvgPool(WindowPool, frozen=True):
    """Takes a mean weighted by the distance from the window's centre: a normalised Gaussian."""

    kind = "weighted_avgpool"
    aliases = ("gaussianpool", "weightedaveragepool")
    elsewhere = called()

    sigma: Annotated[Positive, says("standard deviation of the Gaussian, in positions")] = 1.0

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, self.positions(x)
        return {"adds": REDUCTION(m=m, v=v), **each(m, multiplications=v)}


class BlurPool(Weightless, frozen=True):
    """Blurs each channel with a binomial filter, then subsamples (Zhang 2019, arXiv:1904.11486).

    The border is filled by reflection, (kernel − 1) // 2 positions before each axis and kernel // 2 after.
    """

    kind = "blurpool"
    family = "pool"
    main = "kernel"
    aliases = ("blurpool", "antialiasedpool", "binomialpool")
    elsewhere = called()
    example = Example("{blurpool: 3}")

    kernel: Annotated[PerAxis, says("size of the binomial filter: 3 is [1, 2, 1] / 4 along each axis")]
    stride: Annotated[PerAxis, says("positions from one output to the next")] = 2

    def windows(self, x: Shape) -> tuple[Window, ...]:
        kernels = per_axis(self.kernel, x, "kernel")
        strides = per_axis(self.stride, x, "stride")
        return tuple(
            Window(k, s, before=(k - 1) // 2, after=k // 2) for k, s in zip(kernels, strides, strict=True)
        )

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        windows = self.windows(x)
        for axis, n, window in zip(x.axes, x.spatial, windows, strict=True):
            if window.after >= n:
                raise LayerError(
                    "pad-too-large",
                    f"a filter of {window.kernel} mirrors {window.after} at the border of the {axis}, "
                    f"and only {n - 1} can be mirrored",
                    "kernel",
                    f"a kernel of at most {2 * n - 1} along the {axis}",
                )
        return slide(x, x.channels, windows, self.kind)

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, prod(per_axis(self.kernel, x, "kernel"))
        return {"adds": REDUCTION(m=m, v=v), **each(m, multiplications=v)}

    def changes_nothing(self, x: Shape) -> bool:
        return all((window.kernel, window.stride) == (1, 1) for window in self.windows(x))


class GlobalPool(Weightless, frozen=True):
    """What the two global poolings share: one value for each channel, axes of size 1 kept."""

    family = "pool"

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        return Shape(x.channels, (1,) * x.rank)


class GlobalAvgPool(GlobalPool, frozen=True):
    """Takes the mean of each whole channel."""

    kind = "global_avgpool"
    aliases = ("globalavgpool", "globalaveragepool", "globalaveragepooling", "gap")
    elsewhere = called(
        pytorch="torch.nn.AdaptiveAvgPool2d, output_size = 1",
        keras="keras.layers.GlobalAveragePooling2D",
        onnx="GlobalAveragePool",
    )

    def operations(self, x: Shape) -> Operations:
        return {"adds": REDUCTION(m=x.channels, v=x.positions), **each(x.channels, divisions=1)}


class GlobalMaxPool(GlobalPool, frozen=True):
    """Takes the largest value of each whole channel."""

    kind = "global_maxpool"
    aliases = ("globalmaxpool", "globalmaxpooling", "gmp")
    elsewhere = called(
        pytorch="torch.nn.AdaptiveMaxPool2d, output_size = 1",
        keras="keras.layers.GlobalMaxPooling2D",
        onnx="GlobalMaxPool",
    )
    backward_reads = ("choice",)

    def operations(self, x: Shape) -> Operations:
        return {"comparisons": REDUCTION(m=x.channels, v=x.positions)}


KINDS: tuple[type[Layer], ...] = (
    MaxPool,
    AvgPool,
    LpPool,
    MixPool,
    WeightedAvgPool,
    BlurPool,
    GlobalAvgPool,
    GlobalMaxPool,
)
