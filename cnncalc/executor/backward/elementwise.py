"""Activations, scales and shifts backwards: the gradient times the slope at each element."""

from math import pi, sqrt

import numpy as np

from cnncalc.executor.ops.activation import SELU_ALPHA, SELU_LAMBDA
from cnncalc.executor.runtime.arithmetic import Array, erf
from cnncalc.executor.runtime.gradient_context import Reverse, all_but_last
from cnncalc.layers import activation as kinds
from cnncalc.layers.scaling import Clamp, Scale, Shift


def relu(layer: kinds.Relu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * (x > 0)


def relu6(layer: kinds.Relu6, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * ((x > 0) & (x < 6))


def clamp(layer: Clamp, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * ((x > layer.min) & (x < layer.max))


def leaky_relu(layer: kinds.LeakyRelu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return np.where(x > 0, dy, dy * layer.slope)


def prelu(layer: kinds.PRelu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    slopes = tools.weight("weight", x.shape[-1] if layer.per == "channel" else 1)
    below = np.where(x > 0, 0, dy * x).sum(all_but_last(x))
    tools.learn("weight", below if layer.per == "channel" else below.sum(keepdims=True))
    return np.where(x > 0, dy, dy * slopes)


def _elu(dy: Array, x: Array, alpha: float) -> Array:
    return np.where(x > 0, dy, dy * alpha * np.exp(np.minimum(x, 0)))


def elu(layer: kinds.Elu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _elu(dy, x, layer.alpha)


def selu(layer: kinds.Selu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _elu(dy * SELU_LAMBDA, x, SELU_ALPHA)


def gelu(layer: kinds.Gelu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """The normal distribution at x, plus x times its density."""
    density = np.exp(-x * x / 2) / sqrt(2 * pi)
    return dy * ((1 + erf(x / sqrt(2))) / 2 + x * density)


def _logistic(x: Array) -> Array:
    """1 / (1 + exp(−x)), without an overflow on either side."""
    y = np.exp(-np.abs(x))
    share: Array = np.where(x < 0, y, 1) / (1 + y)
    return share


def silu(layer: kinds.Silu, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    gate = _logistic(x)
    return dy * gate * (1 + x * (1 - gate))


def sigmoid(layer: kinds.Sigmoid, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * y * (1 - y)


def hardswish(layer: kinds.HardSwish, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * np.where(x < 3, np.where(x > -3, x / 3 + 0.5, 0), 1)


def hardsigmoid(layer: kinds.HardSigmoid, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * ((x > -3) & (x < 3)) / 6


def tanh(layer: kinds.Tanh, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * (1 - y * y)


def softplus(layer: kinds.Softplus, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return dy * _logistic(x)


def mish(layer: kinds.Mish, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    bent = np.tanh(np.logaddexp(x, 0))
    dx: Array = dy * (bent + x * (1 - bent * bent) * _logistic(x))
    return dx


def softmax(layer: kinds.Softmax, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """Every output reads every channel: y·(dy − Σ dy·y)."""
    dx: Array = y * (dy - (dy * y).sum(axis=-1, keepdims=True))
    return dx


def scale(layer: Scale, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    tools.learn("weight", (dy * x).sum(all_but_last(x)))
    if layer.bias:
        tools.learn("bias", dy.sum(all_but_last(x)))
    return dy * tools.weight("weight", x.shape[-1])


def shift(layer: Shift, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    tools.learn("bias", dy.sum(all_but_last(x)))
    return dy
