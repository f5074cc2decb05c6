"""Activations; they overwrite their input if nothing else reads it."""

from math import pi, sqrt

import numpy as np

from cnncalc.executor.ops.learned import learn_per, values_per
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array, erf
from cnncalc.executor.runtime.axes import axis_of
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers import activation as kinds

SELU_LAMBDA = 1.0507009873554804934193349852946


SELU_ALPHA = 1.6732632423543772848170429916717


def relu(layer: kinds.Relu, x: Array, ctx: OpContext) -> Array:
    y = ctx.like(x)
    ctx.each(y, lambda at: ctx.maximum(x[at], 0.0, out=y[at]))
    return y


def relu_gradient(layer: kinds.Relu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * (x > 0)


def relu6(layer: kinds.Relu6, x: Array, ctx: OpContext) -> Array:
    y = ctx.like(x)
    ctx.each(y, lambda at: ctx.clip(x[at], 0.0, 6.0, out=y[at]))
    return y


def relu6_gradient(layer: kinds.Relu6, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * ((x > 0) & (x < 6))


def leaky_relu(layer: kinds.LeakyRelu, x: Array, ctx: OpContext) -> Array:
    return ctx.positive_or(x, ctx.multiply(x, layer.slope))


def leaky_relu_gradient(layer: kinds.LeakyRelu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return np.where(x > 0, dy, dy * layer.slope)


def prelu(layer: kinds.PRelu, x: Array, ctx: OpContext) -> Array:
    return ctx.positive_or(x, ctx.multiply(x, values_per(layer.per, "weight", x, ctx)))


def prelu_gradient(layer: kinds.PRelu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    learn_per(layer.per, "weight", np.where(x > 0, 0, dy * x), ctx)
    return np.where(x > 0, dy, dy * values_per(layer.per, "weight", x, ctx))


def _elu(x: Array, alpha: float, ctx: OpContext) -> Array:
    # exp is only applied to values below 0, where it cannot overflow
    below = ctx.expm1(np.minimum(x, 0))
    return ctx.positive_or(x, ctx.multiply(below, alpha))


def _elu_gradient(dy: Array, x: Array, alpha: float) -> Array:
    return np.where(x > 0, dy, dy * alpha * np.exp(np.minimum(x, 0)))


def elu(layer: kinds.Elu, x: Array, ctx: OpContext) -> Array:
    return _elu(x, layer.alpha, ctx)


def elu_gradient(layer: kinds.Elu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _elu_gradient(dy, x, layer.alpha)


def selu(layer: kinds.Selu, x: Array, ctx: OpContext) -> Array:
    return ctx.multiply(_elu(x, SELU_ALPHA, ctx), SELU_LAMBDA)


def selu_gradient(layer: kinds.Selu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _elu_gradient(dy * SELU_LAMBDA, x, SELU_ALPHA)


def celu(layer: kinds.Celu, x: Array, ctx: OpContext) -> Array:
    below = ctx.expm1(ctx.divide(np.minimum(x, 0), layer.alpha))
    return ctx.positive_or(x, ctx.multiply(below, layer.alpha))


def celu_gradient(layer: kinds.Celu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return np.where(x > 0, dy, dy * np.exp(np.minimum(x, 0) / layer.alpha))


def gelu(layer: kinds.Gelu, x: Array, ctx: OpContext) -> Array:
    if layer.approximate == "tanh":
        return _gelu_of_tanh(x, ctx)
    bell = ctx.add(ctx.erf(ctx.divide(x, sqrt(2))), 1.0)
    return ctx.multiply(ctx.divide(x, 2.0), bell)


CUBE = 0.044715


def _gelu_of_tanh(x: Array, ctx: OpContext) -> Array:
    cube = ctx.multiply(ctx.multiply(ctx.multiply(x, CUBE), x), x)
    bent = ctx.tanh(ctx.multiply(ctx.add(x, cube, out=cube), sqrt(2 / pi)))
    return ctx.multiply(ctx.divide(x, 2.0), ctx.add(bent, 1.0, out=bent))


def _gelu_of_tanh_gradient(dy: Array, x: Array) -> Array:
    bent = np.tanh(sqrt(2 / pi) * (x + CUBE * x**3))
    slope = (1 - bent * bent) * sqrt(2 / pi) * (1 + 3 * CUBE * x * x)
    dx: Array = dy * ((1 + bent) / 2 + x / 2 * slope)
    return dx


def gelu_gradient(layer: kinds.Gelu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The normal distribution function at x plus x times its density."""
    if layer.approximate == "tanh":
        return _gelu_of_tanh_gradient(dy, x)
    density = np.exp(-x * x / 2) / sqrt(2 * pi)
    return dy * ((1 + erf(x / sqrt(2))) / 2 + x * density)


def _logistic_divisor(x: Array, ctx: OpContext) -> Array:
    """1 + exp(−x)."""
    y = ctx.exp(np.negative(x))
    return ctx.add(y, 1.0, out=y)


def _logistic(x: Array) -> Array:
    """1 / (1 + exp(−x)), without overflow."""
    y = np.exp(-np.abs(x))
    share: Array = np.where(x < 0, y, 1) / (1 + y)
    return share


def silu(layer: kinds.Silu, x: Array, ctx: OpContext) -> Array:
    y = _logistic_divisor(x, ctx)
    return ctx.divide(x, y, out=y)


def silu_gradient(layer: kinds.Silu, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    gate = _logistic(x)
    return dy * gate * (1 + x * (1 - gate))


def sigmoid(layer: kinds.Sigmoid, x: Array, ctx: OpContext) -> Array:
    y = _logistic_divisor(x, ctx)
    return ctx.divide(1.0, y, out=y)


def sigmoid_gradient(layer: kinds.Sigmoid, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * y * (1 - y)


def _hard(x: Array, ctx: OpContext) -> Array:
    """min(max(x + 3, 0), 6)."""
    y = ctx.add(x, 3.0)
    return ctx.clip(y, 0.0, 6.0, out=y)


def hardswish(layer: kinds.HardSwish, x: Array, ctx: OpContext) -> Array:
    y = _hard(x, ctx)
    ctx.multiply(x, y, out=y)
    return ctx.divide(y, 6.0, out=y)


def hardswish_gradient(layer: kinds.HardSwish, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * np.where(x < 3, np.where(x > -3, x / 3 + 0.5, 0), 1)


def hardsigmoid(layer: kinds.HardSigmoid, x: Array, ctx: OpContext) -> Array:
    y = _hard(x, ctx)
    return ctx.divide(y, 6.0, out=y)


def hardsigmoid_gradient(layer: kinds.HardSigmoid, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * ((x > -3) & (x < 3)) / 6


def tanh(layer: kinds.Tanh, x: Array, ctx: OpContext) -> Array:
    return ctx.tanh(x, out=ctx.like(x))


def tanh_gradient(layer: kinds.Tanh, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * (1 - y * y)


def _softplus(x: Array, ctx: OpContext) -> Array:
    """log(1 + exp(x)); x itself where exp overflows and the 1 is negligible."""
    y = ctx.exp(np.minimum(x, 30.0))
    ctx.log1p(y, out=y)
    return np.where(x > 30.0, x, y)


def softplus(layer: kinds.Softplus, x: Array, ctx: OpContext) -> Array:
    return _softplus(x, ctx)


def softplus_gradient(layer: kinds.Softplus, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * _logistic(x)


def mish(layer: kinds.Mish, x: Array, ctx: OpContext) -> Array:
    return ctx.multiply(x, ctx.tanh(_softplus(x, ctx)))


def mish_gradient(layer: kinds.Mish, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    bent = np.tanh(np.logaddexp(x, 0))
    dx: Array = dy * (bent + x * (1 - bent * bent) * _logistic(x))
    return dx


def softsign(layer: kinds.Softsign, x: Array, ctx: OpContext) -> Array:
    y = ctx.add(np.abs(x), 1.0)
    return ctx.divide(x, y, out=y)


def softsign_gradient(layer: kinds.Softsign, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    dx: Array = dy / (1 + np.abs(x)) ** 2
    return dx


def absolute(layer: kinds.Abs, x: Array, ctx: OpContext) -> Array:
    y: Array = np.abs(x)
    return y


def absolute_gradient(layer: kinds.Abs, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    dx: Array = dy * np.sign(x)
    return dx


def thresholded_relu(layer: kinds.ThresholdedRelu, x: Array, ctx: OpContext) -> Array:
    return ctx.where_above(x, layer.threshold, x, 0.0)


def thresholded_relu_gradient(
    layer: kinds.ThresholdedRelu, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    return dy * (x > layer.threshold)


def shrink(layer: kinds.Shrink, x: Array, ctx: OpContext) -> Array:
    below = ctx.where_above(np.negative(x), layer.threshold, ctx.add(x, layer.offset), 0.0)
    return ctx.where_above(x, layer.threshold, ctx.subtract(x, layer.offset), below)


def shrink_gradient(layer: kinds.Shrink, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy * (np.abs(x) > layer.threshold)


def hardmax(layer: kinds.Hardmax, x: Array, ctx: OpContext) -> Array:
    """The first of the channels with the maximum."""
    ctx.max(x, (-1,))
    y = ctx.empty(x.shape)
    y[...] = 0
    np.put_along_axis(y, np.argmax(np.asarray(x), axis=-1)[..., np.newaxis], 1, axis=-1)
    return y


def hardmax_gradient(layer: kinds.Hardmax, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """A small step changes nothing."""
    return ctx.zeros(x.shape)


def softmax(layer: kinds.Softmax, x: Array, ctx: OpContext) -> Array:
    """Subtracts the maximum to avoid overflow; it cancels in the quotient and is not counted."""
    axis = axis_of(layer.axis, x)
    y = ctx.exp(x - x.max(axis=axis, keepdims=True))
    return ctx.divide(y, ctx.sum(y, (axis,)), out=y)


def softmax_gradient(layer: kinds.Softmax, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """Every output depends on every value along the axis: y·(dy − Σ dy·y)."""
    dx: Array = y * (dy - (dy * y).sum(axis=axis_of(layer.axis, x), keepdims=True))
    return dx


def log_softmax(layer: kinds.LogSoftmax, x: Array, ctx: OpContext) -> Array:
    """Subtracts the maximum to avoid overflow; it cancels in the difference and is not counted."""
    axis = axis_of(layer.axis, x)
    y = x - x.max(axis=axis, keepdims=True)
    return ctx.subtract(y, ctx.log(ctx.sum(ctx.exp(y), (axis,))), out=y)


def log_softmax_gradient(layer: kinds.LogSoftmax, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """dy − softmax(x) · Σ dy."""
    dx: Array = dy - np.exp(y) * dy.sum(axis=axis_of(layer.axis, x), keepdims=True)
    return dx


OPERATIONS: Operations = {
    "relu": Operation(relu, relu_gradient),
    "relu6": Operation(relu6, relu6_gradient),
    "leaky_relu": Operation(leaky_relu, leaky_relu_gradient),
    "prelu": Operation(prelu, prelu_gradient, initial={"weight": 0.25}),
    "elu": Operation(elu, elu_gradient, copies=4),
    "selu": Operation(selu, selu_gradient, copies=4),
    "celu": Operation(celu, celu_gradient, copies=4),
    "abs": Operation(absolute, absolute_gradient),
    "softsign": Operation(softsign, softsign_gradient),
    "thresholded_relu": Operation(
        thresholded_relu, thresholded_relu_gradient, stand_in=lambda layer: kinds.Relu()
    ),
    "shrink": Operation(shrink, shrink_gradient, stand_in=lambda layer: kinds.Relu(), copies=5),
    "hardmax": Operation(hardmax, hardmax_gradient, stand_in=lambda layer: kinds.Softmax()),
    "gelu": Operation(gelu, gelu_gradient, copies=14),
    "silu": Operation(silu, silu_gradient),
    "hardswish": Operation(hardswish, hardswish_gradient),
    "hardsigmoid": Operation(hardsigmoid, hardsigmoid_gradient),
    "sigmoid": Operation(sigmoid, sigmoid_gradient),
    "tanh": Operation(tanh, tanh_gradient),
    "softplus": Operation(softplus, softplus_gradient),
    "mish": Operation(mish, mish_gradient, copies=5),
    "softmax": Operation(softmax, softmax_gradient),
    "log_softmax": Operation(log_softmax, log_softmax_gradient),
}
