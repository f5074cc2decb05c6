"""Kinds that change the resolution: upsampling, pixel shuffle, space to depth and unpooling."""

from fractions import Fraction
from math import floor
from typing import Annotated, Literal

from cnncalc.layers.adaptive import AdaptiveAvgPool
from cnncalc.layers.base import (
    Count,
    Example,
    Flag,
    Layer,
    LayerError,
    Operations,
    PerAxis,
    PositiveReal,
    Real,
    Weightless,
    Windows,
    called,
    check_length,
    each,
    expected,
    need_axes,
    per_axis,
    says,
)
from cnncalc.layers.merging import Merge
from cnncalc.layers.pooling import POOL_STRIDE, MaxPool
from cnncalc.shapes import Shape
from cnncalc.window import Coordinates, Nearest, Resample, SameWindow, TransposedWindow, Window

Factors = Annotated[
    Count | PositiveReal | tuple[Count | PositiveReal, ...],
    expected("a number above 0, or a list of one for each axis"),
]
TAPS = {"linear": 2, "cubic": 4}
"""The values that an output is interpolated from, along each axis."""


class Upsample(Weightless, frozen=True):
    """Resizes each map by `scale` or to `size`, by nearest neighbour, interpolation or the mean of areas.

    The output size is rounded down. By default, the nearest neighbour of output o is input ⌊o / scale⌋
    (coordinates asymmetric, rounding floor, as in PyTorch), and interpolation aligns the pixels' corners
    (half_pixel).
    """

    kind = "upsample"
    family = "resample"
    main = "scale"
    aliases = ("upsample", "upsampling", "interpolate", "resize")
    elsewhere = called(
        pytorch="torch.nn.Upsample",
        keras="keras.layers.UpSampling2D",
        onnx="Resize, by default with coordinates: half_pixel, rounding: round_prefer_floor",
    )
    example = Example("{upsample: 2, mode: bilinear}")

    scale: Annotated[Factors | None, says("factor along each axis")] = None
    size: Annotated[PerAxis | None, says("output size along each axis, instead of a factor")] = None
    mode: Annotated[
        Literal["nearest", "linear", "bilinear", "trilinear", "cubic", "bicubic", "area"],
        says("interpolation method; the three linear and the two cubic names are synonyms"),
    ] = "nearest"
    align_corners: Annotated[
        Flag, says("whether the centres of the corner values of input and output coincide")
    ] = False
    coordinates: Annotated[
        Coordinates | None, says("where outputs lie between inputs, named as in ONNX's Resize")
    ] = None
    rounding: Annotated[Nearest, says("how mode nearest rounds a place between two inputs")] = "floor"
    cubic_coefficient: Annotated[Real, says("the a of the cubic kernel (Keys 1981); Keras has -0.5")] = -0.75

    def windows(self, x: Shape) -> Windows:
        sizes = self.output(x).spatial
        method = self.method
        if method == "area":
            return AdaptiveAvgPool(sizes).windows(x)
        where = self.coordinates or ("asymmetric" if method == "nearest" else "half_pixel")
        where = "align_corners" if self.align_corners else where
        return tuple(
            Resample(n, m, method, where, self.rounding, rate)
            for n, m, rate in zip(x.spatial, sizes, self.rates(x), strict=True)
        )

    @property
    def method(self) -> Literal["nearest", "linear", "cubic", "area"]:
        """The mode without the number of axes."""
        if self.mode == "nearest" or self.mode == "area":
            return self.mode
        return "cubic" if self.mode.endswith("cubic") else "linear"

    def rates(self, x: Shape) -> tuple[Fraction | None, ...]:
        """For each axis, 1 / scale if the scale is no whole number."""
        if self.scale is None:
            return (None,) * x.rank
        factors = self._factors(self.scale, x)
        return tuple(1 / factor if factor.denominator > 1 else None for factor in factors)

    def _factors(self, scale: float | tuple[float, ...], x: Shape) -> tuple[Fraction, ...]:
        """One factor for each axis, exactly as written."""
        if isinstance(scale, tuple):
            check_length(scale, x, "scale")
        return tuple(map(as_written, scale if isinstance(scale, tuple) else (scale,) * x.rank))

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        if self.size is not None and self.scale is None:
            return Shape(x.channels, per_axis(self.size, x, "size"))
        if self.scale is None or self.size is not None:
            raise LayerError(
                "scale-or-size", "upsample needs either a scale or a size", hint="for example `upsample: 2`"
            )
        sizes = tuple(floor(n * f) for n, f in zip(x.spatial, self._factors(self.scale, x), strict=True))
        if min(sizes) < 1:
            raise LayerError("cropped-away", "the scale leaves nothing of {}", "scale", shapes=(x,))
        return Shape(x.channels, sizes)

    def operations(self, x: Shape) -> Operations:
        y = self.output(x)
        if self.method == "area":
            return AdaptiveAvgPool(y.spatial).operations(x)
        if self.method == "nearest":
            return {}
        values = TAPS[self.method] ** x.rank
        return each(y.size, multiplications=values, adds=values - 1)

    def changes_nothing(self, x: Shape) -> bool:
        return self.output(x) == x and not any(self.rates(x))


def as_written(factor: float) -> Fraction:
    """The simple fraction or the decimal that a number was written as: 1/3 of 9 positions are 3, not 2."""
    fraction = Fraction(factor).limit_denominator(10_000)
    return fraction if float(fraction) == factor else Fraction(str(factor))


class PixelShuffle(Weightless, frozen=True):
    """Rearranges channels into a finer grid (Shi et al. 2016, arXiv:1609.05158)."""

    kind = "pixel_shuffle"
    family = "resample"
    main = "factor"
    aliases = ("pixelshuffle", "depthtospace")
    elsewhere = called(pytorch="torch.nn.PixelShuffle", onnx="DepthToSpace, mode = CRD")
    example = Example("{pixel_shuffle: 2}")

    factor: Annotated[Count, says("upscaling factor of each axis")]

    def windows(self, x: Shape) -> tuple[Resample, ...]:
        return tuple(Resample(n, n * self.factor) for n in x.spatial)

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        block = self.factor**x.rank
        if x.channels % block:
            message = f"expected a multiple of {self.factor}^{x.rank} = {block} channels, found {x.channels}"
            raise LayerError("channels", message, "factor")
        return Shape(x.channels // block, tuple(n * self.factor for n in x.spatial))

    def operations(self, x: Shape) -> Operations:
        return {}


class SpaceToDepth(Weightless, frozen=True):
    """Rearranges blocks of positions into channels: the inverse of pixel_shuffle."""

    kind = "space_to_depth"
    family = "resample"
    main = "factor"
    aliases = ("spacetodepth", "pixelunshuffle", "reorg")
    elsewhere = called(
        pytorch="torch.nn.PixelUnshuffle",
        onnx="SpaceToDepth, mode = CRD; its default DCR has another order of channels",
    )
    example = Example("{space_to_depth: 2}")

    factor: Annotated[Count, says("downscaling factor of each axis")]

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return (Window(self.factor, self.factor),) * x.rank

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        if any(n % self.factor for n in x.spatial):
            message = f"the spatial sizes of {{}} are not multiples of {self.factor}"
            raise LayerError("does-not-fit", message, "factor", "pad or crop it first", shapes=(x,))
        return Shape(x.channels * self.factor**x.rank, tuple(n // self.factor for n in x.spatial))

    def operations(self, x: Shape) -> Operations:
        return {}


class Unpool(Weightless, frozen=True):
    """Max unpooling without indices: each value is first in a window of zeros (Zeiler & Fergus 2013).

    `max_unpool` moves it to where a pooling found the maximum.
    """

    kind = "unpool"
    family = "resample"
    main = "kernel"
    aliases = ("unpooling",)
    elsewhere = called()
    example = Example("{unpool: 2}")

    kernel: Annotated[PerAxis, says("size of the window that each value is placed in")]
    stride: Annotated[PerAxis | None, POOL_STRIDE] = None

    def windows(self, x: Shape) -> tuple[TransposedWindow, ...]:
        kernels = per_axis(self.kernel, x, "kernel")
        strides = kernels if self.stride is None else per_axis(self.stride, x, "stride")
        return tuple(map(TransposedWindow, kernels, strides))

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        sizes = tuple(window.size(n) for window, n in zip(self.windows(x), x.spatial, strict=True))
        return Shape(x.channels, sizes)

    def operations(self, x: Shape) -> Operations:
        return {}


class MaxUnpool(Weightless, Merge, frozen=True):
    """Max unpooling: moves each value to where the pooling found its maximum (SegNet, arXiv:1511.00561).

    `max_unpool: [x, before]` reads x and the map before the pooling, whose choice it repeats; kernel and
    stride are those of the pooling. Everything else is 0. The choice is not counted: the pooling has made it.
    """

    kind = "max_unpool"
    family = "resample"
    elsewhere = called(
        pytorch="torch.nn.MaxUnpool2d, with the indices of the pooling", onnx="MaxUnpool, with such indices"
    )
    example = Example("{max_unpool: [input, prev], kernel: 1}")

    kernel: Annotated[PerAxis, says("window size of the pooling along each axis")]
    stride: Annotated[PerAxis | None, POOL_STRIDE] = None

    def output(self, *inputs: Shape) -> Shape:
        x, before = self._pair(inputs)
        for kernel, stride in zip(*self.geometry(before), strict=True):
            if kernel > stride:
                message = f"windows of {kernel} with stride {stride} overlap: a position may get two values"
                raise LayerError("overlapping", message, "stride", "use a stride of at least the kernel")
        pooled = MaxPool(self.kernel, self.stride).output(before)
        if pooled != x:
            message = "the first input must have the shape of the pooled second, {}; found {}"
            raise LayerError("sizes-differ", message, "kernel", shapes=(pooled, x))
        return before

    def _pair(self, inputs: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        if len(inputs) != 2:
            raise LayerError("two-inputs", f"max_unpool needs two inputs, found {len(inputs)}")
        return inputs[0], inputs[1]

    def geometry(self, before: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Kernel and stride of each axis."""
        need_axes(before, self.kind)
        kernels = per_axis(self.kernel, before, "kernel")
        return kernels, kernels if self.stride is None else per_axis(self.stride, before, "stride")

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        x, before = self._pair(inputs)
        axes = zip(*self.geometry(before), x.spatial, before.spatial, strict=True)
        moved, chosen = [], []
        for kernel, stride, windows, n in axes:
            extra = n - (windows - 1) * stride - kernel
            moved.append(TransposedWindow(kernel, stride, extra=extra))
            chosen.append(SameWindow(kernel, stride, windows))
        return tuple(moved), tuple(chosen)

    def operations(self, *inputs: Shape) -> Operations:
        return {}


KINDS: tuple[type[Layer], ...] = (Upsample, PixelShuffle, SpaceToDepth, Unpool, MaxUnpool)
