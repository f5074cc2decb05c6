"""Poolings."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil

from cnncalc.interchange.pytorch_source.expressions import LayerCall
from cnncalc.interchange.pytorch_source.rules.calls import (
    LackingError,
    Rule,
    Sides,
    dilation_of,
    flat,
    kernel_of,
    of,
    one,
    sides_of,
    stride_of,
)
from cnncalc.layers import Layer
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool, SpectralPool
from cnncalc.layers.pooling import (
    AvgPool,
    BlurPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    MixPool,
    WeightedAvgPool,
)
from cnncalc.layers.resampling import MaxUnpool, Unpool
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window


def is_own(windows: tuple[Window, ...], sides: Sides) -> bool:
    """Whether PyTorch's pooling takes the padding: as much on both sides, at most half the kernel."""
    return all(a == b and 2 * a <= w.kernel for (a, b), w in zip(sides, windows, strict=True))


def maxpool(layer: MaxPool, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    written = tuple((window.before, window.after) for window in windows)
    first = ("kernel_size", kernel_of(windows))
    stride, dilation = (stride_of(windows), kernel_of(windows)), (dilation_of(windows), 1)
    if is_own(windows, written):
        padding, ceil = one(tuple(a for a, _ in written)), layer.fit == "ceil"
        return of(
            f"nn.MaxPool{x.rank}d", first, stride=stride, padding=(padding, 0), dilation=dilation,
            ceil_mode=(ceil, False),
        )  # fmt: skip
    sides = flat(sides_of(windows, x))
    return of(f"PaddedMaxPool{x.rank}d", first, stride=stride, dilation=dilation, sides=(sides, None))


def undilated(layer: AvgPool | LpPool, x: Shape) -> tuple[Window, ...]:
    windows = layer.windows(x)
    if any(window.dilation > 1 for window in windows):
        raise LackingError("PyTorch has no dilation for it")
    return windows


def need_room(windows: tuple[Window, ...], x: Shape) -> None:
    if x.rank == 3 and any(window.kernel > n for window, n in zip(windows, x.spatial, strict=True)):
        raise LackingError("nn.AvgPool3d needs a map that is as large as the kernel without its padding")


def avgpool(layer: AvgPool, x: Shape) -> LayerCall:
    windows = undilated(layer, x)
    sides = tuple((window.before, window.after) for window in windows)
    need_room(windows, x)
    first, stride = ("kernel_size", kernel_of(windows)), (stride_of(windows), kernel_of(windows))
    if is_own(windows, sides):
        return of(
            f"nn.AvgPool{x.rank}d",
            first,
            stride=stride,
            padding=(one(tuple(a for a, _ in sides)), 0),
            ceil_mode=(layer.fit == "ceil", False),
            count_include_pad=(layer.count_padding, True),
        )
    if layer.fit != "ceil" and not layer.count_padding:
        return of(f"InsideAvgPool{x.rank}d", first, stride=stride, sides=(flat(sides), None))
    if layer.fit == "ceil" and not is_rounded_up(layer.windows(x), x):
        raise LackingError("it is padded differently on two sides, and rounded up")
    return of(
        f"PaddedAvgPool{x.rank}d",
        first,
        stride=stride,
        ceil_mode=(layer.fit == "ceil", False),
        sides=(flat(sides), None),
    )


def is_rounded_up(windows: tuple[Window, ...], x: Shape) -> bool:
    """Whether PyTorch rounds up to the same size on a map that is already padded.

    There, no window begins behind the padded map; here, none begins in the padding behind the map.
    """
    for window, n in zip(windows, x.spatial, strict=True):
        padded = n + window.before + window.after
        size = ceil((padded - window.kernel) / window.stride) + 1
        if size - ((size - 1) * window.stride >= padded) != window.size(n):
            return False
    return True


def lppool(layer: LpPool, x: Shape) -> LayerCall:
    windows = undilated(layer, x)
    if layer.order != 2 or layer.fit == "ceil" or any(w.before or w.after for w in windows):
        raise LackingError("PyTorch has it for order 2, without padding, rounded down")
    kernel, stride = kernel_of(windows), stride_of(windows)
    return of(
        f"nn.LPPool{x.rank}d", ("norm_type", 2), ("kernel_size", kernel), stride=(stride, kernel)
    )  # fmt: skip


def adaptive(name: str) -> Callable[[AdaptiveAvgPool | AdaptiveMaxPool, Shape], LayerCall]:
    def call(layer: AdaptiveAvgPool | AdaptiveMaxPool, x: Shape) -> LayerCall:
        return of(f"nn.{name}{x.rank}d", ("output_size", one(layer.output(x).spatial)))

    return call


def whole(name: str) -> Callable[[Layer, Shape], LayerCall]:
    return lambda layer, x: of(f"nn.{name}{x.rank}d", ("output_size", 1))


def mixpool(layer: MixPool, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    sides = tuple((window.before, window.after) for window in windows)
    if not is_own(windows, sides):
        raise LackingError("its padding differs between the sides, or is more than half the kernel")
    need_room(windows, x)
    return of(
        f"MixPool{x.rank}d",
        ("kernel_size", kernel_of(windows)),
        stride=(stride_of(windows), kernel_of(windows)),
        padding=(one(tuple(a for a, _ in sides)), 0),
        ceil_mode=(layer.fit == "ceil", False),
        alpha=(layer.alpha, 0.5),
    )


def geometry(windows: Sequence[Window | TransposedWindow]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The kernel and the stride of each axis."""
    return tuple(window.kernel for window in windows), tuple(window.stride for window in windows)


def weighted_avgpool(layer: WeightedAvgPool, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    kernel, stride = geometry(windows)
    return of(
        "GaussianPool",
        ("kernel_size", kernel),
        ("stride", stride),
        ("sides", flat(sides_of(windows, x))),
        sigma=(layer.sigma, 1.0),
    )


def blurpool(layer: BlurPool, x: Shape) -> LayerCall:
    kernel, stride = geometry(layer.windows(x))
    return of("BlurPool", ("kernel_size", kernel), ("stride", stride))


def spatial_pyramid_pool(layer: SpatialPyramidPool, x: Shape) -> LayerCall:
    name = {"max": "Max", "avg": "Avg"}[layer.mode]
    return of(f"SpatialPyramid{name}Pool{x.rank}d", ("bins", layer.bins))


def spectral_pool(layer: SpectralPool, x: Shape) -> LayerCall:
    return of("SpectralPool", ("output_size", layer.output(x).spatial))


def unpool(layer: Unpool, x: Shape) -> LayerCall:
    kernel, stride = geometry(layer.windows(x))
    return of(f"Unpool{x.rank}d", ("kernel_size", kernel), stride=(stride, kernel))


def max_unpool(layer: MaxUnpool, x: Shape, before: Shape) -> LayerCall:
    kernel, stride = (one(sizes) for sizes in layer.geometry(before))
    return of(f"MaxUnpool{before.rank}d", ("kernel_size", kernel), stride=(stride, kernel))


MODULES: Mapping[type[Layer], Rule] = {
    MaxPool: maxpool,
    AvgPool: avgpool,
    LpPool: lppool,
    MixPool: mixpool,
    WeightedAvgPool: weighted_avgpool,
    BlurPool: blurpool,
    GlobalAvgPool: whole("AdaptiveAvgPool"),
    GlobalMaxPool: whole("AdaptiveMaxPool"),
    AdaptiveAvgPool: adaptive("AdaptiveAvgPool"),
    AdaptiveMaxPool: adaptive("AdaptiveMaxPool"),
    SpatialPyramidPool: spatial_pyramid_pool,
    SpectralPool: spectral_pool,
    Unpool: unpool,
    MaxUnpool: max_unpool,
}
