"""Layers without inputs: learned tensors and fixed numbers, the same for every sample."""

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.sources import Constant, Parameter


def _repeated(tensor: Array, ctx: OpContext) -> Array:
    """The tensor, channels first, as a batch with channels last."""
    y = ctx.empty((ctx.batch, *tensor.shape[1:], tensor.shape[0]))
    y[...] = np.moveaxis(tensor, 0, -1)
    return y


def parameter(layer: Parameter, ctx: OpContext) -> Array:
    return _repeated(ctx.weight("weight", *layer.shape), ctx)


def parameter_gradient(layer: Parameter, dy: Array, y: Array, ctx: GradContext) -> list[Array]:
    ctx.learn("weight", np.moveaxis(dy.sum(0), -1, 0))
    return []


def constant(layer: Constant, ctx: OpContext) -> Array:
    return _repeated(ctx.weight("value", *layer.shape), ctx)


def constant_gradient(layer: Constant, dy: Array, y: Array, ctx: GradContext) -> list[Array]:
    return []


OPERATIONS: Operations = {
    "parameter": Operation(parameter, parameter_gradient, fan_in=lambda layer, dims: 2),
    "constant": Operation(
        constant, constant_gradient, buffers=("value",), initial=lambda layer: {"value": layer.value}
    ),
}
