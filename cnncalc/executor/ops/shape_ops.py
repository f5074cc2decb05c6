"""Kinds that move values: reshaping, cutting, resampling, shuffling, joining."""

from functools import reduce
from itertools import product
from math import prod

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.window_grid import Index, bordered, both_sides, cropped, spread
from cnncalc.graph import Input
from cnncalc.layers.merging import Add, Concat, Merge, Mul
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Flatten, Identity, Pad, Reshape, Slice


def passed_on(layer: Identity | Dropout | Input, x: Array, tools: Tools) -> Array:
    """The input itself; dropout does nothing at inference."""
    return x


def channels_first(x: Array) -> Array:
    """The values in the order in which PyTorch stores them."""
    return np.moveaxis(x, -1, 1)


def flatten(layer: Flatten, x: Array, tools: Tools) -> Array:
    """Channel by channel, whatever layout shapes are written in."""
    return _ordered(x, (prod(x.shape[1:]),), tools)


def reshape(layer: Reshape, x: Array, tools: Tools) -> Array:
    """The values keep their order, channel by channel; −1 stands for what the other sizes leave."""
    known = -prod(layer.shape) if -1 in layer.shape else 0
    sizes = tuple(prod(x.shape[1:]) // known if n == -1 else n for n in layer.shape)
    return _ordered(x, sizes, tools)


def _ordered(x: Array, sizes: tuple[int, ...], tools: Tools) -> Array:
    if prod(x.shape[1:-1]) == 1 and len(sizes) == 1:
        return x.reshape(x.shape[0], *sizes)
    values = channels_first(x).reshape(x.shape[0], *sizes)
    y = tools.empty((x.shape[0], *sizes[1:], sizes[0]))
    y[...] = np.moveaxis(values, 1, -1)
    return y


def _copied(x: Array, tools: Tools) -> Array:
    y = tools.empty(x.shape)
    y[...] = x
    return y


def channel_shuffle(layer: ChannelShuffle, x: Array, tools: Tools) -> Array:
    """The first channels of all groups, then the second ones …"""
    dealt = x.reshape(*x.shape[:-1], layer.groups, -1).swapaxes(-1, -2)
    return _copied(dealt, tools).reshape(x.shape)


def slice_(layer: Slice, x: Array, tools: Tools) -> Array:
    return _copied(x[..., slice(*layer.channels)], tools)


MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""What numpy.pad calls the ways to fill a border."""


def pad(layer: Pad, x: Array, tools: Tools) -> Array:
    sides = both_sides(layer.amount, x.ndim - 2)
    if layer.mode == "zeros":
        framed = bordered(x, sides, tools)
    else:
        framed = np.pad(x, ((0, 0), *sides, (0, 0)), mode=MODES[layer.mode])  # type: ignore[call-overload]
    y = tools.empty((*framed.shape[:-1], framed.shape[-1] + layer.channels))
    y[..., : framed.shape[-1]] = framed
    y[..., framed.shape[-1] :] = 0
    return y


def crop(layer: Crop, x: Array, tools: Tools) -> Array:
    return _copied(cropped(x, both_sides(layer.amount, x.ndim - 2)), tools)


def pixel_shuffle(layer: PixelShuffle, x: Array, tools: Tools) -> Array:
    """Channel c·r² + i·r + j goes to channel c of the finer position (i, j)."""
    batch, *sizes, channels = x.shape
    rank, r = len(sizes), layer.factor
    blocks = x.reshape(batch, *sizes, channels // r**rank, *(r,) * rank)
    order = [0, *(axis for at in range(1, rank + 1) for axis in (at, rank + 1 + at)), rank + 1]
    finer = (n * r for n in sizes)
    return _copied(blocks.transpose(order).reshape(batch, *finer, -1), tools)


def space_to_depth(layer: SpaceToDepth, x: Array, tools: Tools) -> Array:
    batch, *sizes, channels = x.shape
    rank, r = len(sizes), layer.factor
    coarser = [n // r for n in sizes]
    blocks = x.reshape(batch, *(size for n in coarser for size in (n, r)), channels)
    order = [0, *range(1, 2 * rank, 2), 2 * rank + 1, *range(2, 2 * rank + 1, 2)]
    return _copied(blocks.transpose(order).reshape(batch, *coarser, -1), tools)


def upsample(layer: Upsample, x: Array, tools: Tools) -> Array:
    rank = x.ndim - 2
    if layer.size is not None:
        sizes = spread(layer.size, rank)
    else:
        sizes = tuple(n * f for n, f in zip(x.shape[1:-1], spread(layer.scale or 1, rank), strict=True))
    if layer.mode == "nearest":
        nearest = (np.arange(m) * n // m for n, m in zip(x.shape[1:-1], sizes, strict=True))
        return _copied(_at(x, list(nearest)), tools)
    grids = [grid(n, m, layer.align_corners) for n, m in zip(x.shape[1:-1], sizes, strict=True)]
    y = tools.empty((x.shape[0], *sizes, x.shape[-1]))
    for number, corner in enumerate(product((0, 1), repeat=rank)):
        places = [each[0][side] for each, side in zip(grids, corner, strict=True)]
        shares = [each[1][side] for each, side in zip(grids, corner, strict=True)]
        weight = reduce(np.multiply.outer, shares)[..., np.newaxis].astype(x.dtype)
        part = tools.multiply(_at(x, places), weight)
        if number:
            tools.add(y, part, out=y)
        else:
            y[...] = part
    return y


Grid = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def grid(n: int, m: int, corners: bool) -> Grid:
    """For each of `m` outputs the two inputs around it, of `n`, and the share that each has."""
    out = np.arange(m)
    place = out * ((n - 1) / max(m - 1, 1)) if corners else (out + 0.5) * (n / m) - 0.5
    place = place.clip(0, n - 1)
    low = np.floor(place).astype(int)
    share = place - low
    return (low, np.minimum(low + 1, n - 1)), (1 - share, share)


def _at(x: Array, places: list[np.ndarray]) -> Array:
    """The values of `x` on the grid of the given positions of each axis."""
    samples = np.arange(x.shape[0])
    y: Array = x[np.ix_(samples, *places)]
    return y


def aligned(layer: Merge, maps: list[Array]) -> list[Array]:
    """Maps of one size: with `align: crop` the larger ones lose as much at the end as at the beginning,
    or one more."""
    if layer.align == "exact":
        return maps
    sizes = tuple(map(min, zip(*(x.shape[1:-1] for x in maps), strict=True)))
    first = ([(n - size) // 2 for n, size in zip(x.shape[1:-1], sizes, strict=True)] for x in maps)
    return [
        x[:, *(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))]
        for x, starts in zip(maps, first, strict=True)
    ]


def add(layer: Add, *xs: Array, tools: Tools) -> Array:
    first, *others = aligned(layer, list(xs))
    if not others:
        return _copied(first, tools)
    out = first if tools.overwrite and first is xs[0] else tools.empty(first.shape)

    def sums(at: Index) -> None:
        tools.add(first[at], others[0][at], out=out[at])
        for other in others[1:]:
            tools.add(out[at], other[at], out=out[at])

    tools.each(out, sums)
    return out


def mul(layer: Mul, *xs: Array, tools: Tools) -> Array:
    """Gates, with one value for each channel, scale whole maps."""
    maps = [x for x in xs if prod(x.shape[1:-1]) > 1]
    gates = sorted((x for x in xs if prod(x.shape[1:-1]) == 1), key=np.ndim, reverse=True)
    if not maps:
        maps, gates = gates[:1], gates[1:]
    cut = aligned(layer, maps)
    factors = [*cut[1:], *(gate.reshape(gate.shape[0], *(1,) * (cut[0].ndim - 2), -1) for gate in gates)]
    y = _copied(cut[0], tools)
    for factor in factors:
        tools.multiply(y, factor, out=y)
    return y


def concat(layer: Concat, *xs: Array, tools: Tools) -> Array:
    parts = aligned(layer, list(xs))
    y = tools.empty((*parts[0].shape[:-1], sum(part.shape[-1] for part in parts)))
    start = 0
    for part in parts:
        y[..., start : start + part.shape[-1]] = part
        start += part.shape[-1]
    return y
