"""Learned scale and shift, fixed factors and offsets, and clamping."""

import numpy as np

from cnncalc.executor.ops.learned import learn_per, values_per
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.activation import Relu
from cnncalc.layers.scaling import Clamp, Rescale, Scale, Shift


def scale(layer: Scale, x: Array, ctx: OpContext) -> Array:
    y = ctx.multiply(x, values_per(layer.per, "weight", x, ctx), out=ctx.like(x))
    return ctx.add(y, values_per(layer.per, "bias", x, ctx), out=y) if layer.bias else y


def scale_gradient(layer: Scale, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    learn_per(layer.per, "weight", dy * x, ctx)
    if layer.bias:
        learn_per(layer.per, "bias", dy, ctx)
    return dy * values_per(layer.per, "weight", x, ctx)


def shift(layer: Shift, x: Array, ctx: OpContext) -> Array:
    return ctx.add(x, values_per(layer.per, "bias", x, ctx), out=ctx.like(x))


def shift_gradient(layer: Shift, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    learn_per(layer.per, "bias", dy, ctx)
    return dy


def rescale(layer: Rescale, x: Array, ctx: OpContext) -> Array:
    """A factor of 1 and an offset of 0 take no operation."""
    y = ctx.like(x)
    if y is not x:
        y[...] = x
    if layer.factor != 1:
        ctx.multiply(y, np.asarray(layer.factor, x.dtype), out=y)
    return ctx.add(y, np.asarray(layer.offset, x.dtype), out=y) if layer.offset != 0 else y


def rescale_gradient(layer: Rescale, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * np.asarray(layer.factor, x.dtype)


def clamp(layer: Clamp, x: Array, ctx: OpContext) -> Array:
    if layer.min != "none" and layer.max != "none":
        return ctx.clip(x, layer.min, layer.max, out=ctx.like(x))
    if layer.min != "none":
        return ctx.maximum(x, layer.min, out=ctx.like(x))
    if layer.max != "none":
        return ctx.minimum(x, layer.max, out=ctx.like(x))
    return x if ctx.overwrite else ctx.copy(x)


def clamp_gradient(layer: Clamp, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    low = -np.inf if layer.min == "none" else layer.min
    high = np.inf if layer.max == "none" else layer.max
    return dy * ((x > low) & (x < high))


OPERATIONS: Operations = {
    "scale": Operation(scale, scale_gradient, initial={"weight": 1.0}),
    "shift": Operation(shift, shift_gradient),
    "rescale": Operation(rescale, rescale_gradient, stand_in=lambda layer: Rescale()),
    "clamp": Operation(clamp, clamp_gradient, stand_in=lambda layer: Relu()),
}
