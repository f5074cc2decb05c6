"""Layers that change the resolution: upsampling, pixel shuffle, space to depth and unpooling."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import product

import numpy as np

from cnncalc.executor.ops.adaptive_pool import adaptive_avgpool, adaptive_avgpool_gradient
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, along
from cnncalc.executor.runtime.window_grid import WindowGrid, spread, window_grid
from cnncalc.layers.adaptive import AdaptiveAvgPool
from cnncalc.layers.convolution import ConvTranspose
from cnncalc.layers.resampling import MaxUnpool, PixelShuffle, SpaceToDepth, Unpool, Upsample


def upsample(layer: Upsample, x: Array, ctx: OpContext) -> Array:
    sizes = _sizes(layer, x)
    if layer.mode == "area":
        return adaptive_avgpool(AdaptiveAvgPool(sizes), x, ctx)
    axes = _sampled(layer, x, sizes)
    if layer.mode == "nearest":
        return ctx.copy(_at(x, [places for ((places, _),) in axes]))
    y = ctx.empty((x.shape[0], *sizes, x.shape[-1]))
    for number, corner in enumerate(product(*axes)):
        weight = reduce(np.multiply.outer, (shares for _, shares in corner))[..., np.newaxis]
        part = ctx.multiply(_at(x, [places for places, _ in corner]), weight.astype(x.dtype))
        if number:
            ctx.add(y, part, out=y)
        else:
            y[...] = part
    return y


def upsample_gradient(layer: Upsample, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The transposed interpolation, along each axis in turn."""
    sizes = dy.shape[1:-1]
    if layer.mode == "area":
        return adaptive_avgpool_gradient(AdaptiveAvgPool(sizes), dy, x, y, ctx)
    for axis, taps in enumerate(_sampled(layer, x, sizes), start=1):
        inputs = np.eye(x.shape[axis])
        rows = (inputs[places] * shares[:, np.newaxis] for places, shares in taps)
        dy = along(sum(rows, np.zeros((sizes[axis - 1], x.shape[axis]))).T, dy, axis)
    return dy


def _factors(layer: Upsample, rank: int) -> tuple[Fraction, ...]:
    """The scale of each axis as it is written, such as 1/3 or 1.3, without the error of a float."""
    scale = 1 if layer.scale is None else layer.scale
    found = []
    for each in scale if isinstance(scale, tuple) else (scale,) * rank:
        simple = Fraction(each).limit_denominator(10_000)
        found.append(simple if simple.numerator / simple.denominator == each else Fraction(str(each)))
    return tuple(found)


def _sizes(layer: Upsample, x: Array) -> tuple[int, ...]:
    rank = x.ndim - 2
    if layer.size is not None:
        return spread(layer.size, rank)
    return tuple(int(n * f) for n, f in zip(x.shape[1:-1], _factors(layer, rank), strict=True))


Taps = tuple[tuple[np.ndarray, np.ndarray], ...]
"""For each value that is read, its position for every output along an axis, and its weight."""


def _sampled(layer: Upsample, x: Array, sizes: tuple[int, ...]) -> list[Taps]:
    """The taps of each axis."""
    where = layer.coordinates or ("asymmetric" if layer.mode == "nearest" else "half_pixel")
    where = "align_corners" if layer.align_corners else where
    taps = []
    for n, m, factor in zip(x.shape[1:-1], sizes, _factors(layer, x.ndim - 2), strict=True):
        given = layer.size is None
        places = _places(where, n, m, 1 / factor if given else Fraction(n, m))
        taps.append(_taps(layer, np.array([int(p // 1) for p in places]), places, n))
    return taps


def _taps(layer: Upsample, low: np.ndarray, places: tuple[Fraction, ...], n: int) -> Taps:
    share = np.array([float(place % 1) for place in places])
    if layer.mode == "nearest":
        up = {
            "floor": share > 1,
            "ceil": share > 0,
            "round_prefer_floor": share > 0.5,
            "round_prefer_ceil": share >= 0.5,
        }
        return (((low + up[layer.rounding]).clip(0, n - 1), np.ones(len(places))),)
    if layer.mode.endswith("linear"):
        weights = {0: 1 - share, 1: share}
    else:
        weights = {tap: _keys(share - tap, layer.cubic_coefficient) for tap in (-1, 0, 1, 2)}
    return tuple(((low + tap).clip(0, n - 1), weight) for tap, weight in weights.items())


@lru_cache(maxsize=256)
def _places(where: str, n: int, m: int, rate: Fraction) -> tuple[Fraction, ...]:
    """The place of each of `m` outputs between `n` inputs."""
    if where == "align_corners":
        return tuple(Fraction(o * (n - 1), max(m - 1, 1)) for o in range(m))
    if where == "asymmetric":
        return tuple(o * rate for o in range(m))
    shift = (n - m * rate) / 2 if where == "half_pixel_symmetric" else 0
    return tuple((2 * o + 1) * rate / 2 - Fraction(1, 2) + shift for o in range(m))


def _keys(distance: np.ndarray, a: float) -> np.ndarray:
    """The cubic convolution kernel (Keys 1981, IEEE Trans. Acoustics, Speech and Signal Processing 29)."""
    d = np.abs(distance)
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    weights: np.ndarray = np.where(d <= 1, near, np.where(d < 2, far, 0.0))
    return weights


def _at(x: Array, places: list[np.ndarray]) -> Array:
    """The values of `x` at all combinations of the given positions along each axis."""
    samples = np.arange(x.shape[0])
    y: Array = x[np.ix_(samples, *places)]
    return y


def pixel_shuffle(layer: PixelShuffle, x: Array, ctx: OpContext) -> Array:
    """Channel c·r² + i·r + j moves to channel c at the finer position (i, j)."""
    batch, *sizes, channels = x.shape
    rank, r = len(sizes), layer.factor
    blocks = x.reshape(batch, *sizes, channels // r**rank, *(r,) * rank)
    order = [0, *(axis for at in range(1, rank + 1) for axis in (at, rank + 1 + at)), rank + 1]
    finer = (n * r for n in sizes)
    return ctx.copy(blocks.transpose(order).reshape(batch, *finer, -1))


def pixel_shuffle_gradient(layer: PixelShuffle, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return space_to_depth(SpaceToDepth(layer.factor), dy, ctx)


def space_to_depth(layer: SpaceToDepth, x: Array, ctx: OpContext) -> Array:
    batch, *sizes, channels = x.shape
    rank, r = len(sizes), layer.factor
    coarser = [n // r for n in sizes]
    blocks = x.reshape(batch, *(size for n in coarser for size in (n, r)), channels)
    order = [0, *range(1, 2 * rank, 2), 2 * rank + 1, *range(2, 2 * rank + 1, 2)]
    return ctx.copy(blocks.transpose(order).reshape(batch, *coarser, -1))


def space_to_depth_gradient(layer: SpaceToDepth, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return pixel_shuffle(PixelShuffle(layer.factor), dy, ctx)


def unpool(layer: Unpool, x: Array, ctx: OpContext) -> Array:
    """Each value at the first position of a window of zeros."""
    rank = x.ndim - 2
    kernel = spread(layer.kernel, rank)
    stride = kernel if layer.stride is None else spread(layer.stride, rank)
    sizes = [(n - 1) * s + k for n, s, k in zip(x.shape[1:-1], stride, kernel, strict=True)]
    y = ctx.empty((x.shape[0], *sizes, x.shape[-1]))
    y[...] = 0
    corners = (slice(0, (n - 1) * s + 1, s) for n, s in zip(x.shape[1:-1], stride, strict=True))
    y[:, *corners] = x
    return y


def unpool_gradient(layer: Unpool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The gradient at the first position of each window; the zeros have none."""
    rank = x.ndim - 2
    stride = spread(layer.kernel if layer.stride is None else layer.stride, rank)
    corners = (slice(0, (n - 1) * s + 1, s) for n, s in zip(x.shape[1:-1], stride, strict=True))
    return dy[:, *corners]


def unpool_stand_in(layer: Unpool) -> ConvTranspose:
    """A transposed convolution, because a value may be anywhere in its window."""
    return ConvTranspose(1, layer.kernel, layer.kernel if layer.stride is None else layer.stride)


def max_unpool(layer: MaxUnpool, x: Array, before: Array, ctx: OpContext) -> Array:
    """The first of the largest values of each window gets the pooled value."""
    y = ctx.empty(before.shape)
    y[...] = 0
    grid = window_grid(before.shape[1:-1], layer.kernel, layer.stride)
    for tap, here in _largest(before, grid):
        grid.under(y, tap)[here] = x[here]
    return y


def max_unpool_gradient(
    layer: MaxUnpool, dy: Array, x: Array, before: Array, y: Array, ctx: GradContext
) -> list[Array]:
    """The choice does not change with a small step."""
    dx = ctx.zeros(x.shape)
    grid = window_grid(before.shape[1:-1], layer.kernel, layer.stride)
    for tap, here in _largest(before, grid):
        dx[here] = grid.under(dy, tap)[here]
    return [dx, ctx.zeros(before.shape)]


def _largest(before: Array, grid: WindowGrid) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """For each tap, the windows whose largest value is there; on a tie, the first tap."""
    values = [grid.under(np.asarray(before), tap) for tap in grid.taps]
    largest = reduce(np.maximum, values)
    waiting = np.ones(largest.shape, bool)
    for tap, under in zip(grid.taps, values, strict=True):
        here = waiting & (under == largest)
        waiting &= ~here
        yield tap, here


def shrinks(layer: Upsample) -> bool:
    """Whether two positions may become none."""
    scale = 1 if layer.scale is None else layer.scale
    return min(scale if isinstance(scale, tuple) else (scale,)) < 1 / 2


OPERATIONS: Operations = {
    "max_unpool": Operation(max_unpool, max_unpool_gradient, whole_axes=True, measured_channels=16),
    "upsample": Operation(upsample, upsample_gradient, whole_axes=shrinks),
    "pixel_shuffle": Operation(pixel_shuffle, pixel_shuffle_gradient),
    "space_to_depth": Operation(space_to_depth, space_to_depth_gradient, whole_axes=True),
    "unpool": Operation(unpool, unpool_gradient, stand_in=unpool_stand_in),
}
