"""Per-channel scale and shift, and clamping."""

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, all_but_last
from cnncalc.layers.scaling import Clamp, Scale, Shift


def scale(layer: Scale, x: Array, ctx: OpContext) -> Array:
    y = ctx.multiply(x, ctx.weight("weight", x.shape[-1]), out=ctx.like(x))
    return ctx.add(y, ctx.weight("bias", x.shape[-1]), out=y) if layer.bias else y


def scale_gradient(layer: Scale, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    ctx.learn("weight", (dy * x).sum(all_but_last(x)))
    if layer.bias:
        ctx.learn("bias", dy.sum(all_but_last(x)))
    return dy * ctx.weight("weight", x.shape[-1])


def shift(layer: Shift, x: Array, ctx: OpContext) -> Array:
    return ctx.add(x, ctx.weight("bias", x.shape[-1]), out=ctx.like(x))


def shift_gradient(layer: Shift, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    ctx.learn("bias", dy.sum(all_but_last(x)))
    return dy


def clamp(layer: Clamp, x: Array, ctx: OpContext) -> Array:
    return ctx.clip(x, layer.min, layer.max, out=ctx.like(x))


def clamp_gradient(layer: Clamp, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * ((x > layer.min) & (x < layer.max))


OPERATIONS: Operations = {
    "scale": Operation(scale, scale_gradient, initial={"weight": 1.0}),
    "shift": Operation(shift, shift_gradient),
    "clamp": Operation(clamp, clamp_gradient),
}
