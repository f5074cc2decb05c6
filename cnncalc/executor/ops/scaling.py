"""A factor or an offset for each channel, and limits."""

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse, all_but_last
from cnncalc.layers.scaling import Clamp, Scale, Shift


def scale(layer: Scale, x: Array, tools: Tools) -> Array:
    y = tools.multiply(x, tools.weight("weight", x.shape[-1]), out=tools.like(x))
    return tools.add(y, tools.weight("bias", x.shape[-1]), out=y) if layer.bias else y


def scale_gradient(layer: Scale, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    tools.learn("weight", (dy * x).sum(all_but_last(x)))
    if layer.bias:
        tools.learn("bias", dy.sum(all_but_last(x)))
    return dy * tools.weight("weight", x.shape[-1])


def shift(layer: Shift, x: Array, tools: Tools) -> Array:
    return tools.add(x, tools.weight("bias", x.shape[-1]), out=tools.like(x))


def shift_gradient(layer: Shift, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    tools.learn("bias", dy.sum(all_but_last(x)))
    return dy


def clamp(layer: Clamp, x: Array, tools: Tools) -> Array:
    return tools.clip(x, layer.min, layer.max, out=tools.like(x))


def clamp_gradient(layer: Clamp, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * ((x > layer.min) & (x < layer.max))


OPERATIONS: Operations = {
    "scale": Operation(scale, scale_gradient),
    "shift": Operation(shift, shift_gradient),
    "clamp": Operation(clamp, clamp_gradient),
}
