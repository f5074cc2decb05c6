"""Layers that change the resolution: upsampling, pixel shuffle, space to depth and unpooling."""

from functools import reduce
from itertools import product

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, along
from cnncalc.executor.runtime.window_grid import spread
from cnncalc.layers.convolution import ConvTranspose
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth, Unpool, Upsample


def upsample(layer: Upsample, x: Array, ctx: OpContext) -> Array:
    rank = x.ndim - 2
    if layer.size is not None:
        sizes = spread(layer.size, rank)
    else:
        sizes = tuple(n * f for n, f in zip(x.shape[1:-1], spread(layer.scale or 1, rank), strict=True))
    if layer.mode == "nearest":
        nearest = (np.arange(m) * n // m for n, m in zip(x.shape[1:-1], sizes, strict=True))
        return ctx.copy(_at(x, list(nearest)))
    axes = [neighbours(n, m, layer.align_corners) for n, m in zip(x.shape[1:-1], sizes, strict=True)]
    y = ctx.empty((x.shape[0], *sizes, x.shape[-1]))
    for number, corner in enumerate(product((0, 1), repeat=rank)):
        places = [each[0][side] for each, side in zip(axes, corner, strict=True)]
        shares = [each[1][side] for each, side in zip(axes, corner, strict=True)]
        weight = reduce(np.multiply.outer, shares)[..., np.newaxis].astype(x.dtype)
        part = ctx.multiply(_at(x, places), weight)
        if number:
            ctx.add(y, part, out=y)
        else:
            y[...] = part
    return y


def upsample_gradient(layer: Upsample, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The transposed interpolation, along each axis in turn."""
    for axis in range(1, x.ndim - 1):
        dy = along(_shares(layer, x.shape[axis], dy.shape[axis]).T, dy, axis)
    return dy


def _shares(layer: Upsample, n: int, m: int) -> np.ndarray:
    """The interpolation matrix from `n` inputs to `m` outputs."""
    inputs = np.eye(n)
    if layer.mode == "nearest":
        return inputs[np.arange(m) * n // m]
    places, shares = neighbours(n, m, layer.align_corners)
    rows = (inputs[place] * share[:, np.newaxis] for place, share in zip(places, shares, strict=True))
    taken: np.ndarray = sum(rows, np.zeros((m, n)))
    return taken


Neighbours = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def neighbours(n: int, m: int, corners: bool) -> Neighbours:
    """For each of `m` outputs, the two of `n` inputs around it and their weights."""
    out = np.arange(m)
    place = out * ((n - 1) / max(m - 1, 1)) if corners else (out + 0.5) * (n / m) - 0.5
    place = place.clip(0, n - 1)
    low = np.floor(place).astype(int)
    share = place - low
    return (low, np.minimum(low + 1, n - 1)), (1 - share, share)


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


OPERATIONS: Operations = {
    "upsample": Operation(upsample, upsample_gradient),
    "pixel_shuffle": Operation(pixel_shuffle, pixel_shuffle_gradient),
    "space_to_depth": Operation(space_to_depth, space_to_depth_gradient, whole_axes=True),
    "unpool": Operation(unpool, unpool_gradient, stand_in=unpool_stand_in),
}
