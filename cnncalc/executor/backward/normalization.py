"""Normalisations backwards. Statistics of the input pass a gradient on as well; stored ones are numbers."""

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.gradient_context import Reverse
from cnncalc.layers import normalization as norms


def batchnorm(layer: norms.BatchNorm, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """As at inference, with the stored mean and variance."""
    mean, variance = (tools.weight(name, x.shape[-1]) for name in ("running_mean", "running_var"))
    deviation = np.sqrt(variance + layer.eps)
    dx: Array = _affine(dy, (x - mean) / deviation, layer.affine, x.shape[-1:], tools) / deviation
    return dx


def _affine(dy: Array, normalised: Array, affine: bool, dims: tuple[int, ...], tools: Reverse) -> Array:
    """Through the learned scale and shift, of sizes `dims` with the channels in front."""
    if not affine:
        return dy
    axes = tuple(range(dy.ndim - len(dims)))
    tools.learn("weight", np.moveaxis((dy * normalised).sum(axes), -1, 0))
    tools.learn("bias", np.moveaxis(dy.sum(axes), -1, 0))
    return dy * np.moveaxis(tools.weight("weight", *dims), 0, -1)


Normalised = tuple[Array, Array]
"""Values less their mean, over their deviation; and the deviation."""


def _normalised(x: Array, axes: tuple[int, ...], eps: float) -> Normalised:
    deviation = np.sqrt(x.var(axes, keepdims=True) + eps)
    return (x - x.mean(axes, keepdims=True)) / deviation, deviation


def _through(dy: Array, normalised: Normalised, axes: tuple[int, ...]) -> Array:
    """To the input of a normalisation: dy less its mean and its projection on the output."""
    y, deviation = normalised
    common = dy.mean(axes, keepdims=True) + y * (dy * y).mean(axes, keepdims=True)
    dx: Array = (dy - common) / deviation
    return dx


def layernorm(layer: norms.LayerNorm, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    everything = layer.over == "all"
    axes = tuple(range(1, x.ndim)) if everything else (x.ndim - 1,)
    dims = (x.shape[-1], *x.shape[1:-1]) if everything else x.shape[-1:]
    normalised = _normalised(x, axes, layer.eps)
    return _through(_affine(dy, normalised[0], layer.affine, dims, tools), normalised, axes)


def groupnorm(layer: norms.GroupNorm, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    grouped = x.reshape(*x.shape[:-1], layer.groups, -1)
    axes = (*range(1, x.ndim - 1), grouped.ndim - 1)
    normalised = _normalised(grouped, axes, layer.eps)
    dy = _affine(dy, normalised[0].reshape(x.shape), layer.affine, x.shape[-1:], tools)
    return _through(dy.reshape(grouped.shape), normalised, axes).reshape(x.shape)


def instancenorm(layer: norms.InstanceNorm, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    axes = tuple(range(1, x.ndim - 1))
    normalised = _normalised(x, axes, layer.eps)
    return _through(_affine(dy, normalised[0], layer.affine, x.shape[-1:], tools), normalised, axes)


def lrn(layer: norms.LocalResponseNorm, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """A channel changes its own output, and by its square those of all neighbourhoods that it is in."""
    before, channels = layer.size // 2, x.shape[-1]
    room = [(0, 0)] * (x.ndim - 1) + [(before, layer.size - 1 - before)]
    squares = np.pad(x * x, room)
    total = sum(squares[..., first : first + channels] for first in range(layer.size))
    base = layer.k + layer.alpha / layer.size * total
    shared = dy * x * base ** (-layer.beta - 1)
    gathered = np.zeros_like(squares)
    for first in range(layer.size):
        gathered[..., first : first + channels] += shared
    factor = 2 * layer.alpha * layer.beta / layer.size
    dx: Array = dy * base**-layer.beta - factor * x * gathered[..., before : before + channels]
    return dx
