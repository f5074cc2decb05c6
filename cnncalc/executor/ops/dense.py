"""Dense layers: one matrix product."""

from cnncalc.executor.ops.conv import bias_gradient, biased
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse
from cnncalc.layers.dense import Dense


def dense(layer: Dense, x: Array, tools: Tools) -> Array:
    rows = x.reshape(x.shape[0], -1)
    weight = tools.weight("weight", layer.units, rows.shape[1])
    y = tools.empty((x.shape[0], layer.units))
    tools.product(rows, weight.T, y)
    return biased(y, layer.bias, tools)


def dense_gradient(layer: Dense, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    rows = x.reshape(x.shape[0], -1)
    weight = tools.weight("weight", layer.units, rows.shape[1])
    tools.learn("weight", dy.T @ rows)
    bias_gradient(dy, layer.bias, tools)
    dx: Array = (dy @ weight).reshape(x.shape)
    return dx


OPERATIONS: Operations = {
    "dense": Operation(dense, dense_gradient),
}
