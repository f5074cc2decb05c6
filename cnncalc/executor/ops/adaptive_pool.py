"""Pooling to a given size: global, adaptive, spatial pyramid and spectral."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, along
from cnncalc.executor.runtime.window_grid import (
    Index,
    positions,
    spread,
)
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool, SpectralPool
from cnncalc.layers.pooling import (
    GlobalAvgPool,
    GlobalMaxPool,
)


def _everywhere(x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim - 1))


Reduce = Callable[[Array], Array]


def _mean(ctx: OpContext) -> Reduce:
    def mean(part: Array) -> Array:
        return ctx.divide(ctx.sum(part, _everywhere(part)), float(positions(part)))

    return mean


def _largest(ctx: OpContext) -> Reduce:
    return lambda part: ctx.max(part, _everywhere(part))


BinGradient = Callable[[Array, Array], Array]
"""Takes the gradient of a reduced part (batch, channels) and the part; returns the gradient of the part."""


def _mean_gradient(dy: Array, part: Array) -> Array:
    return np.broadcast_to(_over_axes(dy / positions(part), part), part.shape)


def _largest_gradient(dy: Array, part: Array) -> Array:
    """Passes the gradient to the first largest value, in axis order."""
    lines = part.reshape(part.shape[0], -1, part.shape[-1])
    dx = np.zeros_like(lines)
    np.put_along_axis(dx, lines.argmax(axis=1)[:, np.newaxis], dy[:, np.newaxis], axis=1)
    return dx.reshape(part.shape)


def _over_axes(dy: Array, part: Array) -> Array:
    return dy.reshape(dy.shape[0], *(1,) * (part.ndim - 2), dy.shape[-1])


def global_avgpool(layer: GlobalAvgPool, x: Array, ctx: OpContext) -> Array:
    total = ctx.sum(x, _everywhere(x))
    return ctx.divide(total, float(positions(x)), out=total)


def global_avgpool_gradient(layer: GlobalAvgPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _mean_gradient(dy.reshape(x.shape[0], -1), x)


def global_maxpool(layer: GlobalMaxPool, x: Array, ctx: OpContext) -> Array:
    return ctx.max(x, _everywhere(x))


def global_maxpool_gradient(layer: GlobalMaxPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _largest_gradient(dy.reshape(x.shape[0], -1), x)


def _in_bins(x: Array, sizes: tuple[int, ...], reduce: Reduce, ctx: OpContext) -> Array:
    """Reduce each bin to one value; a bin contains every position that it overlaps."""
    y = ctx.empty((x.shape[0], *sizes, x.shape[-1]))
    for place, inside in bins(x.shape[1:-1], sizes):
        here: Index = (slice(None), *place)
        y[here] = reduce(x[:, *inside]).reshape(y[here].shape)
    return y


def _in_bins_gradient(dy: Array, x: Array, back: BinGradient, ctx: GradContext) -> Array:
    """The sum of the gradients of all bins."""
    dx = ctx.zeros(x.shape)
    for place, inside in bins(x.shape[1:-1], dy.shape[1:-1]):
        here: Index = (slice(None), *place)
        dx[:, *inside] += back(dy[here], x[:, *inside])
    return dx


def bins(spatial: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Index]]:
    """Each output position and the part of the input in its bin."""
    along = [
        [slice(at * n // m, (at * n + n - 1) // m + 1) for at in range(m)]
        for n, m in zip(spatial, sizes, strict=True)
    ]
    for place in product(*map(range, sizes)):
        yield place, tuple(along[axis][at] for axis, at in enumerate(place))


def adaptive_avgpool(layer: AdaptiveAvgPool, x: Array, ctx: OpContext) -> Array:
    return _in_bins(x, spread(layer.size, x.ndim - 2), _mean(ctx), ctx)


def adaptive_avgpool_gradient(
    layer: AdaptiveAvgPool, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    return _in_bins_gradient(dy, x, _mean_gradient, ctx)


def adaptive_maxpool(layer: AdaptiveMaxPool, x: Array, ctx: OpContext) -> Array:
    return _in_bins(x, spread(layer.size, x.ndim - 2), _largest(ctx), ctx)


def adaptive_maxpool_gradient(
    layer: AdaptiveMaxPool, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    return _in_bins_gradient(dy, x, _largest_gradient, ctx)


def spatial_pyramid_pool(layer: SpatialPyramidPool, x: Array, ctx: OpContext) -> Array:
    """All levels in one vector; within a level, channel by channel."""
    reduce = _largest(ctx) if layer.mode == "max" else _mean(ctx)
    levels = [_in_bins(x, (bins,) * (x.ndim - 2), reduce, ctx) for bins in layer.bins]
    parts = [np.moveaxis(level, -1, 1).reshape(x.shape[0], -1) for level in levels]
    y = ctx.empty((x.shape[0], sum(part.shape[1] for part in parts)))
    np.concatenate(parts, axis=1, out=y)
    return y


def spatial_pyramid_pool_gradient(
    layer: SpatialPyramidPool, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    """Passes each level's part of the vector back to its bins."""
    dx, start = ctx.zeros(x.shape), 0
    for level in layer.bins:
        sizes = (x.shape[-1], *(level,) * (x.ndim - 2))
        part = dy[:, start : start + int(np.prod(sizes))].reshape(x.shape[0], *sizes)
        start += part[0].size
        dx += _in_bins_gradient(
            np.moveaxis(part, 1, -1), x, _largest_gradient if layer.mode == "max" else _mean_gradient, ctx
        )
    return dx


def spectral_pool(layer: SpectralPool, x: Array, ctx: OpContext) -> Array:
    """Keeps the lowest frequencies along each axis in turn, with one real matrix per axis."""
    for axis, size in enumerate(spread(layer.size, x.ndim - 2), start=1):
        moved = np.moveaxis(x, axis, -1)
        kept = ctx.products(moved, spectral(x.shape[axis], size).T.astype(x.dtype))
        x = np.moveaxis(kept, -1, axis)
    y = ctx.empty(x.shape)
    y[...] = x
    return y


def spectral_pool_gradient(layer: SpectralPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    for axis, size in enumerate(dy.shape[1:-1], start=1):
        dy = along(spectral(x.shape[axis], size).T, dy, axis)
    return dy


def spectral(n: int, size: int) -> np.ndarray:
    """The matrix that maps `n` values to `size` values with their lowest frequencies."""
    spectrum = np.fft.rfft(np.eye(n), axis=0)[: size // 2 + 1]
    matrix: np.ndarray = np.fft.irfft(spectrum, n=size, axis=0) * (size / n)
    return matrix


OPERATIONS: Operations = {
    "global_avgpool": Operation(global_avgpool, global_avgpool_gradient),
    "global_maxpool": Operation(global_maxpool, global_maxpool_gradient, selects=True),
    "adaptive_avgpool": Operation(adaptive_avgpool, adaptive_avgpool_gradient),
    "adaptive_maxpool": Operation(adaptive_maxpool, adaptive_maxpool_gradient, selects=True),
    "spatial_pyramid_pool": Operation(spatial_pyramid_pool, spatial_pyramid_pool_gradient, mixes=True),
    "spectral_pool": Operation(spectral_pool, spectral_pool_gradient, mixes=True),
}
