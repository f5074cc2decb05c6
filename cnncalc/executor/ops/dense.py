"""Dense layers: one matrix product."""

from cnncalc.executor.ops.conv import bias_gradient, biased
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.dense import Dense


def dense(layer: Dense, x: Array, ctx: OpContext) -> Array:
    rows = x.reshape(x.shape[0], -1)
    weight = ctx.weight("weight", layer.units, rows.shape[1])
    y = ctx.empty((x.shape[0], layer.units))
    ctx.product(rows, weight.T, y)
    return biased(y, layer.bias, ctx)


def dense_gradient(layer: Dense, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    rows = x.reshape(x.shape[0], -1)
    weight = ctx.weight("weight", layer.units, rows.shape[1])
    ctx.learn("weight", dy.T @ rows)
    bias_gradient(dy, layer.bias, ctx)
    dx: Array = (dy @ weight).reshape(x.shape)
    return dx


OPERATIONS: Operations = {
    "dense": Operation(dense, dense_gradient, mixes=True, reorders_weights=False),
}
