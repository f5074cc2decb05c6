"""Pooling over sliding windows and over whole maps."""

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

POOL_KERNEL = says("window size along each axis")
POOL_STRIDE = says("positions from one window to the next; default: the kernel size")


def pool(x: Shape, windows: tuple[Window, ...], kind: str) -> Shape:
    """The output of a pooling; a window that contains only padding is an error."""
    for axis, window in zip(x.axes, windows, strict=True):
        if max(window.before, window.after) >= window.span:
            raise LayerError(
                "padding-too-large",
                f"padding {max(window.before, window.after)} is too large for a pooling window of "
                f"{window.span}: along the {axis} a window contains only padding",
                "padding",
                "padding must be smaller than the kernel",
            )
    return slide(x, x.channels, windows, kind)


class WindowPool(Weightless, frozen=True):
    """Base class of pooling over sliding windows."""

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
        """The number of positions in a window."""
        return prod(per_axis(self.kernel, x, "kernel"))

    def changes_nothing(self, x: Shape) -> bool:
        return all(
            (window.kernel, window.stride, window.before, window.after) == (1, 1, 0, 0)
            for window in self.windows(x)
        )


class DilatedPool(WindowPool, frozen=True):
    """Base class of pooling whose windows may have gaps."""

    dilation: Annotated[PerAxis, DILATION] = 1

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, self.dilation, self.fit)


class MaxPool(DilatedPool, frozen=True):
    """Max pooling: the largest value of each window, per channel."""

    kind = "maxpool"
    aliases = ("maxpool", "maxpooling")
    elsewhere = called(pytorch="torch.nn.MaxPool2d", keras="keras.layers.MaxPooling2D", onnx="MaxPool")
    example = Example("{maxpool: 3, stride: 2, padding: 1}")
    backward_reads = ("choice",)

    def operations(self, x: Shape) -> Operations:
        return {"comparisons": REDUCTION(m=self.output(x).size, v=self.positions(x))}


class AvgPool(DilatedPool, frozen=True):
    """Average pooling: the mean of each window, per channel."""

    kind = "avgpool"
    aliases = ("avgpool", "averagepool", "averagepooling", "meanpool")
    elsewhere = called(
        pytorch="torch.nn.AvgPool2d",
        keras="keras.layers.AveragePooling2D",
        onnx="AveragePool, by default without padding in the mean",
    )
    example = Example("{avgpool: 2}")

    count_padding: Annotated[Flag, says("whether the mean includes padded zeros")] = True

    def output(self, x: Shape) -> Shape:
        y = super().output(x)
        for axis, n, window in zip(x.axes, x.spatial, self.windows(x), strict=True):
            if not self.count_padding and window.reads_only_padding(n):
                message = f"along the {axis} a window contains only padding, which has no mean"
                raise LayerError("padding-too-large", message, "padding", "use `count_padding: true`")
        return y

    def operations(self, x: Shape) -> Operations:
        m = self.output(x).size
        return {"adds": REDUCTION(m=m, v=self.positions(x)), **each(m, divisions=1)}


class LpPool(DilatedPool, frozen=True):
    """Lp pooling: the p-th root of the sum of p-th powers of each window."""

    kind = "lppool"
    aliases = ("lppool", "l2pool")
    elsewhere = called(pytorch="torch.nn.LPPool2d", onnx="LpPool")
    backward_reads = ("input", "output")

    order: Annotated[Count, says("the p of the norm; 2 is the Euclidean norm")] = 2

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, self.positions(x)
        adds: Operations = {"adds": REDUCTION(m=m, v=v)}
        if self.order == 1:
            return adds
        if self.order == 2:
            return {**adds, **each(m, multiplications=v, exponentials=1)}
        return {**adds, **each(m, exponentials=v + 1)}


class MixPool(WindowPool, frozen=True):
    """Mixed max-average pooling (Lee, Gallagher & Tu 2016, arXiv:1509.08985)."""

    kind = "mixpool"
    aliases = ("mixedpool", "mixedpooling")
    elsewhere = called()
    backward_reads = ("choice",)

    alpha: Annotated[Probability, says("weight of the maximum; the mean has weight 1 − alpha")] = 0.5

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, self.positions(x)
        # two reductions, the division of the mean, and alpha·max + (1 − alpha)·mean
        return {
            "comparisons": REDUCTION(m=m, v=v),
            **each(m, adds=v, divisions=1, multiplications=2),
        }


class WeightedAvgPool(WindowPool, frozen=True):
    """Average pooling with Gaussian weights around the window's centre."""

    kind = "weighted_avgpool"
    aliases = ("gaussianpool", "weightedaveragepool")
    elsewhere = called()

    sigma: Annotated[Positive, says("standard deviation of the Gaussian, in positions")] = 1.0

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, self.positions(x)
        return {"adds": REDUCTION(m=m, v=v), **each(m, multiplications=v)}


class BlurPool(Weightless, frozen=True):
    """Blurs each channel with a binomial filter, then subsamples (Zhang 2019, arXiv:1904.11486).

    The border is padded by reflection: (kernel − 1) // 2 positions before each axis, kernel // 2 after it.
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
            Window(k, s, before=(k - 1) // 2, after=k // 2, border="reflect")
            for k, s in zip(kernels, strides, strict=True)
        )

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        windows = self.windows(x)
        for axis, n, window in zip(x.axes, x.spatial, windows, strict=True):
            if window.after >= n:
                raise LayerError(
                    "pad-too-large",
                    f"a kernel of {window.kernel} needs {window.after} reflected positions along the {axis}, "
                    f"and only {n - 1} are available",
                    "kernel",
                    f"use a kernel of at most {2 * n - 1} along the {axis}",
                )
        return slide(x, x.channels, windows, self.kind)

    def operations(self, x: Shape) -> Operations:
        m, v = self.output(x).size, prod(per_axis(self.kernel, x, "kernel"))
        return {"adds": REDUCTION(m=m, v=v), **each(m, multiplications=v)}

    def changes_nothing(self, x: Shape) -> bool:
        return all((window.kernel, window.stride) == (1, 1) for window in self.windows(x))


class GlobalPool(Weightless, frozen=True):
    """Base class of global pooling: one value per channel; axes of size 1 are kept."""

    family = "pool"

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        return Shape(x.channels, (1,) * x.rank)


class GlobalAvgPool(GlobalPool, frozen=True):
    """Global average pooling: the mean of each channel."""

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
    """Global max pooling: the largest value of each channel."""

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
