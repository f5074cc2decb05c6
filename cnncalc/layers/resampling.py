"""Kinds that change the resolution: upsampling, pixel shuffle, space to depth and unpooling."""

from typing import Annotated, Literal

from cnncalc.layers.base import (
    Count,
    Example,
    Flag,
    Layer,
    LayerError,
    Operations,
    PerAxis,
    Weightless,
    called,
    each,
    need_axes,
    per_axis,
    says,
)
from cnncalc.layers.pooling import POOL_STRIDE
from cnncalc.shapes import Shape
from cnncalc.window import Resample, TransposedWindow, Window


class Upsample(Weightless, frozen=True):
    """Upsamples each map by `scale` or to `size`, by nearest neighbour or linear interpolation."""

    kind = "upsample"
    family = "resample"
    main = "scale"
    aliases = ("upsample", "upsampling", "interpolate", "resize")
    elsewhere = called(pytorch="torch.nn.Upsample", keras="keras.layers.UpSampling2D", onnx="Resize")
    example = Example("{upsample: 2, mode: bilinear}")

    scale: Annotated[PerAxis | None, says("factor along each axis")] = None
    size: Annotated[PerAxis | None, says("output size along each axis, instead of a factor")] = None
    mode: Annotated[
        Literal["nearest", "linear", "bilinear", "trilinear"],
        says("interpolation method; the three linear names are synonyms"),
    ] = "nearest"
    align_corners: Annotated[
        Flag, says("whether the centres of the corner values of input and output coincide")
    ] = False

    def windows(self, x: Shape) -> tuple[Resample, ...]:
        linear = self.mode != "nearest"
        sizes = zip(x.spatial, self.output(x).spatial, strict=True)
        return tuple(Resample(n, m, linear, self.align_corners) for n, m in sizes)

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        if self.size is not None and self.scale is None:
            return Shape(x.channels, per_axis(self.size, x, "size"))
        if self.scale is None or self.size is not None:
            raise LayerError(
                "scale-or-size", "upsample needs either a scale or a size", hint="for example `upsample: 2`"
            )
        factors = per_axis(self.scale, x, "scale")
        return Shape(x.channels, tuple(n * f for n, f in zip(x.spatial, factors, strict=True)))

    def operations(self, x: Shape) -> Operations:
        if self.mode == "nearest":
            return {}
        corners = 2**x.rank
        return each(self.output(x).size, multiplications=corners, adds=corners - 1)

    def changes_nothing(self, x: Shape) -> bool:
        return self.output(x) == x


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
    elsewhere = called(pytorch="torch.nn.PixelUnshuffle", onnx="SpaceToDepth")
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
    """Max unpooling: places each value in a window of zeros (Zeiler & Fergus 2013)."""

    kind = "unpool"
    family = "resample"
    main = "kernel"
    aliases = ("maxunpool", "unpooling")
    elsewhere = called(pytorch="torch.nn.MaxUnpool2d", onnx="MaxUnpool")
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


KINDS: tuple[type[Layer], ...] = (Upsample, PixelShuffle, SpaceToDepth, Unpool)
