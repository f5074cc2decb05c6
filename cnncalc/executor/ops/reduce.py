"""Layers that combine values along named axes."""

from math import prod
from typing import Any

import numpy as np
from msgspec.structs import replace

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.axes import axes_of
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.base import Layer
from cnncalc.layers.reducing import L2Normalize, Reduce


def reduce(layer: Reduce, x: Array, ctx: OpContext) -> Array:
    axes = axes_of(layer.over, x)
    y = _reduced(layer.mode, x, axes, ctx)
    return ctx.copy(y if layer.keepdims else _without(y, axes))


def _without(y: Array, axes: tuple[int, ...]) -> Array:
    """The reduced values without the reduced axes: of those that are left, channels first, the first becomes
    the channels."""
    last = y.ndim - 1
    left = [axis for axis in (last, *range(1, last)) if axis not in axes]
    if not left:
        return y.reshape(len(y), 1)
    channels, *positions = left
    ordered = y.transpose(0, *positions, channels, *axes)
    return ordered.reshape(len(y), *(y.shape[axis] for axis in (*positions, channels)))


def _reduced(mode: str, x: Array, axes: tuple[int, ...], ctx: OpContext) -> Array:
    match mode:
        case "mean":
            return ctx.divide(ctx.sum(x, axes), float(prod(x.shape[axis] for axis in axes)))
        case "max":
            return ctx.max(x, axes)
        case "min":
            return ctx.min(x, axes)
        case "sum":
            return ctx.sum(x, axes)
        case "product":
            return ctx.prod(x, axes)
        case "l2":
            return ctx.sqrt(ctx.sum(ctx.multiply(x, x), axes))
    # The maximum is subtracted and added to avoid overflow, and not counted.
    top = x.max(axes, keepdims=True)
    y: Array = ctx.log(ctx.sum(ctx.exp(x - top), axes)) + top
    return y


def reduce_gradient(layer: Reduce, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    axes = axes_of(layer.over, x)
    dy, y = (_with(each, x, axes, layer.keepdims) for each in (dy, y))
    count = prod(x.shape[axis] for axis in axes)
    match layer.mode:
        case "mean":
            share: Array = np.full_like(x, 1 / count)
        case "sum":
            share = np.ones_like(x)
        case "max" | "min":
            chosen = x == y
            share = chosen / chosen.sum(axes, keepdims=True)
        case "product":
            share = _others(x, axes)
        case "l2":
            share = np.divide(x, y, out=np.zeros_like(x), where=y != 0)
        case _:
            share = np.exp(x - y)
    dx: Array = dy * share
    return dx


def _with(y: Array, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The inverse of `_without`: values with the reduced axes of size 1."""
    if keepdims:
        return y
    last = x.ndim - 1
    left = [axis for axis in (last, *range(1, last)) if axis not in axes]
    values = np.moveaxis(y, -1, 1)  # the remaining axes in the order of `left`
    order = [1 + left.index(axis) for axis in sorted(left)]
    shape = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
    return values.transpose(0, *order).reshape(shape) if left else y.reshape(shape)


def _others(x: Array, axes: tuple[int, ...]) -> Array:
    """For each value, the product of the others in its group: of those before it and those after it."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    flat = x.transpose(*kept, *axes)
    rows = flat.reshape(*flat.shape[: len(kept)], -1)
    before, after = np.ones_like(rows), np.ones_like(rows)
    before[..., 1:] = np.cumprod(rows[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(rows[..., :0:-1], axis=-1)[..., ::-1]
    others: Array = (before * after).reshape(flat.shape).transpose(np.argsort([*kept, *axes]))
    return others


def l2_normalize(layer: L2Normalize, x: Array, ctx: OpContext) -> Array:
    axes = axes_of(layer.over, x)
    norms = ctx.sqrt(ctx.sum(ctx.multiply(x, x), axes))
    return ctx.divide(x, ctx.maximum(norms, layer.eps), out=ctx.empty(x.shape))


def l2_normalize_gradient(layer: L2Normalize, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """Below `eps`, a division by a constant."""
    axes = axes_of(layer.over, x)
    norms = np.sqrt((x * x).sum(axes, keepdims=True))
    inner = np.where(norms > layer.eps, (dy * y).sum(axes, keepdims=True), 0.0)
    dx: Array = (dy - y * inner) / np.maximum(norms, layer.eps)
    return dx


def summed(layer: Any) -> Layer:
    """A layer to measure the dependence with: the sum changes with every value, the least only with one."""
    found: Layer = replace(layer, mode="sum")
    return found


def loses_positions(layer: Any) -> bool:
    return not layer.keepdims and layer.over != "channels" and layer.over != ("channels",)


def becomes_channels(layer: Any) -> bool:
    return not layer.keepdims and layer.over in ("channels", ("channels",))


OPERATIONS: Operations = {
    "reduce": Operation(
        reduce, reduce_gradient, stand_in=summed, mixes=loses_positions, scrambles=becomes_channels
    ),
    "l2_normalize": Operation(l2_normalize, l2_normalize_gradient),
}
