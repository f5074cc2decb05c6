"""Layers that move, remove or add values without changing them."""

from math import prod

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.borders import copied_border, copied_border_gradient
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.executor.runtime.window_grid import Sides, bordered, both_sides, cropped
from cnncalc.graph import Input
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Flatten, Identity, Pad, Reshape, Slice


def passed_on(layer: Identity | Dropout | Input, x: Array, ctx: OpContext) -> Array:
    """The input itself; dropout does nothing at inference."""
    return x


def passed_on_gradient(
    layer: Identity | Dropout | Input, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    return dy


def channels_first(x: Array) -> Array:
    """The values in channels-first order, as in PyTorch."""
    return np.moveaxis(x, -1, 1)


def flatten(layer: Flatten, x: Array, ctx: OpContext) -> Array:
    """Channel by channel, in either layout."""
    return _ordered(x, (prod(x.shape[1:]),), ctx)


def reshape(layer: Reshape, x: Array, ctx: OpContext) -> Array:
    """The values keep their order, channel by channel; −1 is inferred from the other sizes."""
    known = -prod(layer.shape) if -1 in layer.shape else 0
    sizes = tuple(prod(x.shape[1:]) // known if n == -1 else n for n in layer.shape)
    return _ordered(x, sizes, ctx)


def _ordered(x: Array, sizes: tuple[int, ...], ctx: OpContext) -> Array:
    if prod(x.shape[1:-1]) == 1 and len(sizes) == 1:
        return x.reshape(x.shape[0], *sizes)
    values = channels_first(x).reshape(x.shape[0], *sizes)
    y = ctx.empty((x.shape[0], *sizes[1:], sizes[0]))
    y[...] = np.moveaxis(values, 1, -1)
    return y


def ordered_gradient(layer: Flatten | Reshape, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The values keep their order, channel by channel."""
    return np.moveaxis(channels_first(dy).reshape(x.shape[0], x.shape[-1], *x.shape[1:-1]), 1, -1)


def channel_shuffle(layer: ChannelShuffle, x: Array, ctx: OpContext) -> Array:
    """The first channel of each group, then the second ones …"""
    dealt = x.reshape(*x.shape[:-1], layer.groups, -1).swapaxes(-1, -2)
    return ctx.copy(dealt).reshape(x.shape)


def channel_shuffle_gradient(layer: ChannelShuffle, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy.reshape(*x.shape[:-1], -1, layer.groups).swapaxes(-1, -2).reshape(x.shape)


def slice_(layer: Slice, x: Array, ctx: OpContext) -> Array:
    return ctx.copy(x[..., slice(*layer.channels)])


def slice_gradient(layer: Slice, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    dx = ctx.zeros(x.shape)
    dx[..., slice(*layer.channels)] = dy
    return dx


def _signs(layer: Pad, x: Array) -> tuple[Sides, Sides]:
    """What a pad with negative amounts removes, and what it adds, on each side."""
    sides = both_sides(layer.amount, x.ndim - 2)
    removed = tuple((max(-before, 0), max(-after, 0)) for before, after in sides)
    return removed, tuple((max(before, 0), max(after, 0)) for before, after in sides)


def pad(layer: Pad, x: Array, ctx: OpContext) -> Array:
    removed, added = _signs(layer, x)
    if layer.mode == "zeros":
        framed = bordered(cropped(x, removed), added, ctx, layer.value)
    else:
        framed = copied_border(x, added, layer.mode)
    y = ctx.empty((*framed.shape[:-1], framed.shape[-1] + layer.channels))
    y[..., : framed.shape[-1]] = framed
    y[..., framed.shape[-1] :] = 0
    return y


def pad_gradient(layer: Pad, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The gradient of the border is added to the positions that it copies; zeros have none."""
    dy = dy[..., : x.shape[-1]]
    removed, added = _signs(layer, x)
    if layer.mode == "zeros":
        return bordered(cropped(dy, added), removed, ctx)
    return copied_border_gradient(dy, x.shape[1:-1], added, layer.mode)


def crop(layer: Crop, x: Array, ctx: OpContext) -> Array:
    return ctx.copy(cropped(x, both_sides(layer.amount, x.ndim - 2)))


def crop_gradient(layer: Crop, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return bordered(dy, both_sides(layer.amount, x.ndim - 2), ctx)


OPERATIONS: Operations = {
    "input": Operation(passed_on, passed_on_gradient),
    "identity": Operation(passed_on, passed_on_gradient),
    "dropout": Operation(passed_on, passed_on_gradient),
    "flatten": Operation(flatten, ordered_gradient, relabels=True),
    "reshape": Operation(reshape, ordered_gradient, relabels=True),
    "channel_shuffle": Operation(channel_shuffle, channel_shuffle_gradient),
    "slice": Operation(slice_, slice_gradient),
    "pad": Operation(pad, pad_gradient, whole_axes=True),
    "crop": Operation(crop, crop_gradient, whole_axes=True),
}
