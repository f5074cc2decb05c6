"""Activations, written over their input where nothing else reads it."""

from math import pi, sqrt

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array, erf
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse, all_but_last
from cnncalc.layers import activation as kinds

SELU_LAMBDA = 1.0507009873554804934193349852946


SELU_ALPHA = 1.6732632423543772848170429916717


def relu(layer: kinds.Relu, x: Array, tools: Tools) -> Array:
    y = tools.like(x)
    tools.each(y, lambda at: tools.maximum(x[at], 0.0, out=y[at]))
    return y


def relu_gradient(layer: kinds.Relu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * (x > 0)


def relu6(layer: kinds.Relu6, x: Array, tools: Tools) -> Array:
    y = tools.like(x)
    tools.each(y, lambda at: tools.clip(x[at], 0.0, 6.0, out=y[at]))
    return y


def relu6_gradient(layer: kinds.Relu6, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * ((x > 0) & (x < 6))


def leaky_relu(layer: kinds.LeakyRelu, x: Array, tools: Tools) -> Array:
    return tools.positive_or(x, tools.multiply(x, layer.slope))


def leaky_relu_gradient(layer: kinds.LeakyRelu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return np.where(x > 0, dy, dy * layer.slope)


def prelu(layer: kinds.PRelu, x: Array, tools: Tools) -> Array:
    slopes = tools.weight("weight", x.shape[-1] if layer.per == "channel" else 1)
    return tools.positive_or(x, tools.multiply(x, slopes))


def prelu_gradient(layer: kinds.PRelu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    slopes = tools.weight("weight", x.shape[-1] if layer.per == "channel" else 1)
    below = np.where(x > 0, 0, dy * x).sum(all_but_last(x))
    tools.learn("weight", below if layer.per == "channel" else below.sum(keepdims=True))
    return np.where(x > 0, dy, dy * slopes)


def _elu(x: Array, alpha: float, tools: Tools) -> Array:
    # exp only sees what is below 0, where it cannot overflow
    below = tools.subtract(tools.exp(np.minimum(x, 0)), 1.0)
    return tools.positive_or(x, tools.multiply(below, alpha))


def _elu_gradient(dy: Array, x: Array, alpha: float) -> Array:
    return np.where(x > 0, dy, dy * alpha * np.exp(np.minimum(x, 0)))


def elu(layer: kinds.Elu, x: Array, tools: Tools) -> Array:
    return _elu(x, layer.alpha, tools)


def elu_gradient(layer: kinds.Elu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _elu_gradient(dy, x, layer.alpha)


def selu(layer: kinds.Selu, x: Array, tools: Tools) -> Array:
    return tools.multiply(_elu(x, SELU_ALPHA, tools), SELU_LAMBDA)


def selu_gradient(layer: kinds.Selu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _elu_gradient(dy * SELU_LAMBDA, x, SELU_ALPHA)


def gelu(layer: kinds.Gelu, x: Array, tools: Tools) -> Array:
    bell = tools.add(tools.erf(tools.divide(x, sqrt(2))), 1.0)
    return tools.multiply(tools.divide(x, 2.0), bell)


def gelu_gradient(layer: kinds.Gelu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """The normal distribution at x, plus x times its density."""
    density = np.exp(-x * x / 2) / sqrt(2 * pi)
    return dy * ((1 + erf(x / sqrt(2))) / 2 + x * density)


def _logistic_divisor(x: Array, tools: Tools) -> Array:
    """1 + exp(−x)."""
    y = tools.exp(np.negative(x))
    return tools.add(y, 1.0, out=y)


def _logistic(x: Array) -> Array:
    """1 / (1 + exp(−x)), without an overflow on either side."""
    y = np.exp(-np.abs(x))
    share: Array = np.where(x < 0, y, 1) / (1 + y)
    return share


def silu(layer: kinds.Silu, x: Array, tools: Tools) -> Array:
    y = _logistic_divisor(x, tools)
    return tools.divide(x, y, out=y)


def silu_gradient(layer: kinds.Silu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    gate = _logistic(x)
    return dy * gate * (1 + x * (1 - gate))


def sigmoid(layer: kinds.Sigmoid, x: Array, tools: Tools) -> Array:
    y = _logistic_divisor(x, tools)
    return tools.divide(1.0, y, out=y)


def sigmoid_gradient(layer: kinds.Sigmoid, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * y * (1 - y)


def _hard(x: Array, tools: Tools) -> Array:
    """min(max(x + 3, 0), 6)."""
    y = tools.add(x, 3.0)
    return tools.clip(y, 0.0, 6.0, out=y)


def hardswish(layer: kinds.HardSwish, x: Array, tools: Tools) -> Array:
    y = _hard(x, tools)
    tools.multiply(x, y, out=y)
    return tools.divide(y, 6.0, out=y)


def hardswish_gradient(layer: kinds.HardSwish, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * np.where(x < 3, np.where(x > -3, x / 3 + 0.5, 0), 1)


def hardsigmoid(layer: kinds.HardSigmoid, x: Array, tools: Tools) -> Array:
    y = _hard(x, tools)
    return tools.divide(y, 6.0, out=y)


def hardsigmoid_gradient(layer: kinds.HardSigmoid, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * ((x > -3) & (x < 3)) / 6


def tanh(layer: kinds.Tanh, x: Array, tools: Tools) -> Array:
    return tools.tanh(x, out=tools.like(x))


def tanh_gradient(layer: kinds.Tanh, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * (1 - y * y)


def _softplus(x: Array, tools: Tools) -> Array:
    """log(1 + exp(x)), taken as x where x is so large that exp overflows and the 1 does not count."""
    small = np.minimum(x, 30.0)
    y = tools.exp(small)
    tools.add(y, 1.0, out=y)
    tools.log(y, out=y)
    return np.where(x > 30.0, x, y)


def softplus(layer: kinds.Softplus, x: Array, tools: Tools) -> Array:
    return _softplus(x, tools)


def softplus_gradient(layer: kinds.Softplus, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * _logistic(x)


def mish(layer: kinds.Mish, x: Array, tools: Tools) -> Array:
    return tools.multiply(x, tools.tanh(_softplus(x, tools)))


def mish_gradient(layer: kinds.Mish, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    bent = np.tanh(np.logaddexp(x, 0))
    dx: Array = dy * (bent + x * (1 - bent * bent) * _logistic(x))
    return dx


def softmax(layer: kinds.Softmax, x: Array, tools: Tools) -> Array:
    """Without the largest taken off, exp would overflow; the quotients are the same, so it is not counted."""
    y = tools.exp(x - x.max(axis=-1, keepdims=True))
    return tools.divide(y, tools.sum(y, (-1,)), out=y)


def softmax_gradient(layer: kinds.Softmax, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """Every output reads every channel: y·(dy − Σ dy·y)."""
    dx: Array = y * (dy - (dy * y).sum(axis=-1, keepdims=True))
    return dx


OPERATIONS: Operations = {
    "relu": Operation(relu, relu_gradient),
    "relu6": Operation(relu6, relu6_gradient),
    "leaky_relu": Operation(leaky_relu, leaky_relu_gradient),
    "prelu": Operation(prelu, prelu_gradient),
    "elu": Operation(elu, elu_gradient),
    "selu": Operation(selu, selu_gradient),
    "gelu": Operation(gelu, gelu_gradient),
    "silu": Operation(silu, silu_gradient),
    "hardswish": Operation(hardswish, hardswish_gradient),
    "hardsigmoid": Operation(hardsigmoid, hardsigmoid_gradient),
    "sigmoid": Operation(sigmoid, sigmoid_gradient),
    "tanh": Operation(tanh, tanh_gradient),
    "softplus": Operation(softplus, softplus_gradient),
    "mish": Operation(mish, mish_gradient),
    "softmax": Operation(softmax, softmax_gradient),
}
