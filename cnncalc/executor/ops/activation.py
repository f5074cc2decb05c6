"""Activations, scales and normalisations on arrays, written over their input where nobody else reads it."""

from math import sqrt

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.window_grid import Index
from cnncalc.layers import activation as kinds
from cnncalc.layers import normalization as norms
from cnncalc.layers.scaling import Clamp, Scale, Shift

SELU_LAMBDA = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


def relu(layer: kinds.Relu, x: Array, tools: Tools) -> Array:
    y = tools.like(x)
    tools.each(y, lambda at: tools.maximum(x[at], 0.0, out=y[at]))
    return y


def relu6(layer: kinds.Relu6, x: Array, tools: Tools) -> Array:
    y = tools.like(x)
    tools.each(y, lambda at: tools.clip(x[at], 0.0, 6.0, out=y[at]))
    return y


def leaky_relu(layer: kinds.LeakyRelu, x: Array, tools: Tools) -> Array:
    return tools.positive_or(x, tools.multiply(x, layer.slope))


def prelu(layer: kinds.PRelu, x: Array, tools: Tools) -> Array:
    slopes = tools.weight("weight", x.shape[-1] if layer.per == "channel" else 1)
    return tools.positive_or(x, tools.multiply(x, slopes))


def _elu(x: Array, alpha: float, tools: Tools) -> Array:
    # exp only sees what is below 0, where it cannot overflow
    below = tools.subtract(tools.exp(np.minimum(x, 0)), 1.0)
    return tools.positive_or(x, tools.multiply(below, alpha))


def elu(layer: kinds.Elu, x: Array, tools: Tools) -> Array:
    return _elu(x, layer.alpha, tools)


def selu(layer: kinds.Selu, x: Array, tools: Tools) -> Array:
    return tools.multiply(_elu(x, SELU_ALPHA, tools), SELU_LAMBDA)


def gelu(layer: kinds.Gelu, x: Array, tools: Tools) -> Array:
    bell = tools.add(tools.erf(tools.divide(x, sqrt(2))), 1.0)
    return tools.multiply(tools.divide(x, 2.0), bell)


def _logistic_divisor(x: Array, tools: Tools) -> Array:
    """1 + exp(−x)."""
    y = tools.exp(np.negative(x))
    return tools.add(y, 1.0, out=y)


def silu(layer: kinds.Silu, x: Array, tools: Tools) -> Array:
    y = _logistic_divisor(x, tools)
    return tools.divide(x, y, out=y)


def sigmoid(layer: kinds.Sigmoid, x: Array, tools: Tools) -> Array:
    y = _logistic_divisor(x, tools)
    return tools.divide(1.0, y, out=y)


def _hard(x: Array, tools: Tools) -> Array:
    """min(max(x + 3, 0), 6)."""
    y = tools.add(x, 3.0)
    return tools.clip(y, 0.0, 6.0, out=y)


def hardswish(layer: kinds.HardSwish, x: Array, tools: Tools) -> Array:
    y = _hard(x, tools)
    tools.multiply(x, y, out=y)
    return tools.divide(y, 6.0, out=y)


def hardsigmoid(layer: kinds.HardSigmoid, x: Array, tools: Tools) -> Array:
    y = _hard(x, tools)
    return tools.divide(y, 6.0, out=y)


def tanh(layer: kinds.Tanh, x: Array, tools: Tools) -> Array:
    return tools.tanh(x, out=tools.like(x))


def _softplus(x: Array, tools: Tools) -> Array:
    """log(1 + exp(x)), taken as x where x is so large that exp overflows and the 1 does not count."""
    small = np.minimum(x, 30.0)
    y = tools.exp(small)
    tools.add(y, 1.0, out=y)
    tools.log(y, out=y)
    return np.where(x > 30.0, x, y)


def softplus(layer: kinds.Softplus, x: Array, tools: Tools) -> Array:
    return _softplus(x, tools)


def mish(layer: kinds.Mish, x: Array, tools: Tools) -> Array:
    return tools.multiply(x, tools.tanh(_softplus(x, tools)))


def softmax(layer: kinds.Softmax, x: Array, tools: Tools) -> Array:
    """Without the largest taken off, exp would overflow; the quotients are the same, so it is not counted."""
    y = tools.exp(x - x.max(axis=-1, keepdims=True))
    return tools.divide(y, tools.sum(y, (-1,)), out=y)


def clamp(layer: Clamp, x: Array, tools: Tools) -> Array:
    return tools.clip(x, layer.min, layer.max, out=tools.like(x))


def scale(layer: Scale, x: Array, tools: Tools) -> Array:
    y = tools.multiply(x, tools.weight("weight", x.shape[-1]), out=tools.like(x))
    return tools.add(y, tools.weight("bias", x.shape[-1]), out=y) if layer.bias else y


def shift(layer: Shift, x: Array, tools: Tools) -> Array:
    return tools.add(x, tools.weight("bias", x.shape[-1]), out=tools.like(x))


def batchnorm(layer: norms.BatchNorm, x: Array, tools: Tools) -> Array:
    """With stored statistics it is one factor and one shift for each channel, prepared once."""
    channels = x.shape[-1]

    def factor() -> Array:
        weight = tools.weight("weight", channels) if layer.affine else np.ones(channels)
        return weight / np.sqrt(tools.weight("running_var", channels).astype(np.float64) + layer.eps)

    def offset() -> Array:
        bias = tools.weight("bias", channels) if layer.affine else np.zeros(channels)
        return bias - tools.weight("running_mean", channels) * factor()

    y = tools.like(x)
    rows, factors = tools.wide("factor", x, factor)
    out, offsets = tools.wide("offset", y, offset)

    def scale_and_shift(at: Index) -> None:
        tools.multiply(rows[at], factors, out=out[at])
        tools.add(out[at], offsets, out=out[at])

    tools.each(out, scale_and_shift)
    return y


def _normalised(x: Array, axes: tuple[int, ...], eps: float, tools: Tools) -> Array:
    """`x` less its mean, over its deviation, both taken over `axes`."""
    count = float(np.prod([x.shape[axis] for axis in axes]))
    mean = tools.divide(tools.sum(x, axes), count)
    centred = tools.subtract(x, mean)
    variance = tools.divide(tools.sum(tools.multiply(centred, centred), axes), count)
    deviation = tools.sqrt(tools.add(variance, eps))
    return tools.divide(centred, deviation, out=centred)


def _affine(y: Array, affine: bool, dims: tuple[int, ...], tools: Tools) -> Array:
    """`y` times the learned scale, plus the learned shift; channels stand last in `y`."""
    if not affine:
        return y
    weight, bias = (np.moveaxis(tools.weight(name, *dims), 0, -1) for name in ("weight", "bias"))
    tools.multiply(y, weight, out=y)
    return tools.add(y, bias, out=y)


def layernorm(layer: norms.LayerNorm, x: Array, tools: Tools) -> Array:
    everything = layer.over == "all"
    axes = tuple(range(1, x.ndim)) if everything else (x.ndim - 1,)
    dims = (x.shape[-1], *x.shape[1:-1]) if everything else x.shape[-1:]
    return _affine(_normalised(x, axes, layer.eps, tools), layer.affine, dims, tools)


def groupnorm(layer: norms.GroupNorm, x: Array, tools: Tools) -> Array:
    grouped = x.reshape(*x.shape[:-1], layer.groups, -1)
    axes = (*range(1, x.ndim - 1), grouped.ndim - 1)
    y = _normalised(grouped, axes, layer.eps, tools).reshape(x.shape)
    return _affine(y, layer.affine, x.shape[-1:], tools)


def instancenorm(layer: norms.InstanceNorm, x: Array, tools: Tools) -> Array:
    y = _normalised(x, tuple(range(1, x.ndim - 1)), layer.eps, tools)
    return _affine(y, layer.affine, x.shape[-1:], tools)


def lrn(layer: norms.LocalResponseNorm, x: Array, tools: Tools) -> Array:
    """x / (k + alpha/size · Σ x²)^beta, the squares summed over neighbouring channels."""
    squares = tools.multiply(x, x)
    before = layer.size // 2
    room = [(0, 0)] * (x.ndim - 1) + [(before, layer.size - 1 - before)]
    padded, channels = np.pad(squares, room), x.shape[-1]
    total = padded[..., :channels].copy()
    for first in range(1, layer.size):
        tools.add(total, padded[..., first : first + channels], out=total)
    tools.multiply(total, layer.alpha / layer.size, out=total)
    tools.add(total, layer.k, out=total)
    tools.power(total, layer.beta, out=total)
    return tools.divide(x, total, out=total)
