"""Kinds that move values, backwards: each gradient goes where its value came from."""

from math import prod

import numpy as np

from cnncalc.executor.ops import shape_ops as moving
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.gradient_context import Reverse, along
from cnncalc.executor.runtime.window_grid import bordered, both_sides, cropped
from cnncalc.graph import Input
from cnncalc.layers.merging import Add, Concat, Merge, Mul
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Flatten, Identity, Pad, Reshape, Slice


def passed_on(layer: Identity | Dropout | Input, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy


def ordered(layer: Flatten | Reshape, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """The values keep their order, channel by channel."""
    return np.moveaxis(moving.channels_first(dy).reshape(x.shape[0], x.shape[-1], *x.shape[1:-1]), 1, -1)


def channel_shuffle(layer: ChannelShuffle, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy.reshape(*x.shape[:-1], -1, layer.groups).swapaxes(-1, -2).reshape(x.shape)


def slice_(layer: Slice, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    dx = tools.zeros(x.shape)
    dx[..., slice(*layer.channels)] = dy
    return dx


def pad(layer: Pad, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """What the border copied goes back to what it was copied from; zeros came from nowhere."""
    dy = dy[..., : x.shape[-1]]
    sides = both_sides(layer.amount, x.ndim - 2)
    if layer.mode == "zeros":
        return cropped(dy, sides)
    for axis, side in enumerate(sides, start=1):
        copied = np.pad(np.arange(x.shape[axis]), side, mode=moving.MODES[layer.mode])  # type: ignore[call-overload]
        dy = along(np.eye(x.shape[axis])[copied].T, dy, axis)
    return dy


def crop(layer: Crop, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return bordered(dy, both_sides(layer.amount, x.ndim - 2), tools)


def pixel_shuffle(layer: PixelShuffle, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return moving.space_to_depth(SpaceToDepth(layer.factor), dy, tools)


def space_to_depth(layer: SpaceToDepth, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return moving.pixel_shuffle(PixelShuffle(layer.factor), dy, tools)


def upsample(layer: Upsample, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """To each input the shares that the outputs took of it, along one axis after the other."""
    for axis in range(1, x.ndim - 1):
        dy = along(_taken(layer, x.shape[axis], dy.shape[axis]).T, dy, axis)
    return dy


def _taken(layer: Upsample, n: int, m: int) -> np.ndarray:
    """What share each of `m` outputs takes of each of `n` inputs."""
    inputs = np.eye(n)
    if layer.mode == "nearest":
        return inputs[np.arange(m) * n // m]
    places, shares = moving.grid(n, m, layer.align_corners)
    rows = (inputs[place] * share[:, np.newaxis] for place, share in zip(places, shares, strict=True))
    taken: np.ndarray = sum(rows, np.zeros((m, n)))
    return taken


def _uncut(layer: Merge, parts: list[Array], xs: list[Array], tools: Reverse) -> list[Array]:
    """With zeros where `align: crop` cut."""
    if layer.align == "exact":
        return parts
    whole = [tools.zeros(x.shape) for x in xs]
    for part, view in zip(parts, moving.aligned(layer, whole), strict=True):
        view[...] = part
    return whole


def add(layer: Add, dy: Array, *xs: Array, y: Array, tools: Reverse) -> list[Array]:
    return _uncut(layer, [dy] * len(xs), list(xs), tools)


def concat(layer: Concat, dy: Array, *xs: Array, y: Array, tools: Reverse) -> list[Array]:
    ends = np.cumsum([x.shape[-1] for x in xs])
    return _uncut(layer, np.split(dy, ends[:-1], axis=-1), list(xs), tools)


def mul(layer: Mul, dy: Array, *xs: Array, y: Array, tools: Reverse) -> list[Array]:
    """To each factor the product of the others; a gate sums it over the whole map."""
    gates = [prod(x.shape[1:-1]) == 1 for x in xs]
    maps = [x for x, gate in zip(xs, gates, strict=True) if not gate]
    cut = iter(moving.aligned(layer, maps))
    vector = (dy.shape[0], *(1,) * (dy.ndim - 2), -1)
    factors = [x.reshape(vector) if gate else next(cut) for x, gate in zip(xs, gates, strict=True)]
    parts = [
        dy * prod((other for there, other in enumerate(factors) if there != here), start=1.0)
        for here in range(len(factors))
    ]
    whole = iter(_uncut(layer, [p for p, gate in zip(parts, gates, strict=True) if not gate], maps, tools))
    over = tuple(range(1, dy.ndim - 1))
    return [
        part.sum(over).reshape(x.shape) if gate else next(whole)
        for x, part, gate in zip(xs, parts, gates, strict=True)
    ]
