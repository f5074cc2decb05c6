"""Poolings backwards: a maximum sends the gradient to where it was taken, a mean to all in equal parts."""

from collections.abc import Callable
from functools import reduce

import numpy as np

from cnncalc.executor.ops.pool import bins, divisors, frame_over, gaussian, spectral
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.gradient_context import Reverse, Spread, along
from cnncalc.executor.runtime.window_grid import Frame, Index, bordered, positions, spread
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool, SpectralPool
from cnncalc.layers.pooling import (
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    MixPool,
    WeightedAvgPool,
)
from cnncalc.layers.resampling import Unpool


def maxpool(layer: MaxPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _to_largest(dy, x, frame_over(layer, x, layer.dilation), tools)


def _to_largest(dy: Array, x: Array, frame: Frame, tools: Reverse) -> Array:
    """To the largest value of each window; where several are as large, to the first, as in PyTorch."""
    padded = bordered(x, frame.sides, tools, -np.inf)
    largest = reduce(np.maximum, (frame.under(padded, tap) for tap in frame.taps))
    waiting = np.ones(dy.shape, bool)
    dx = Spread(frame, x, tools)
    for tap, onto in dx.taps():
        here = waiting & (frame.under(padded, tap) == largest)
        np.add(onto, dy, out=onto, where=here)
        waiting &= ~here
    return dx.inside


def avgpool(layer: AvgPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = frame_over(layer, x)
    return _in_parts(dy / divisors(frame, x, layer.count_padding), x, frame, [1.0] * len(frame.taps), tools)


def _in_parts(dy: Array, x: Array, frame: Frame, shares: list[float], tools: Reverse) -> Array:
    """To every position under a window its tap's share of what the window gets."""
    dx = Spread(frame, x, tools)
    for share, (_, onto) in zip(shares, dx.taps(), strict=True):
        onto += dy * share
    return dx.inside


def lppool(layer: LpPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """sign(x)·(|x|/y)^(p − 1); nothing where the whole window is 0, as it has a kink there."""
    frame = frame_over(layer, x)
    padded = bordered(x, frame.sides, tools)
    norm = np.where(y == 0, 1, y)
    dx = Spread(frame, x, tools)
    for tap, onto in dx.taps():
        under = frame.under(padded, tap)
        onto += dy * np.sign(under) * (np.abs(under) / norm) ** (layer.order - 1)
    return dx.inside


def mixpool(layer: MixPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = frame_over(layer, x)
    largest = _to_largest(dy * layer.alpha, x, frame, tools)
    parts = dy * (1 - layer.alpha) / divisors(frame, x, count_padding=True)
    return largest + _in_parts(parts, x, frame, [1.0] * len(frame.taps), tools)


def weighted_avgpool(layer: WeightedAvgPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = frame_over(layer, x)
    return _in_parts(dy, x, frame, gaussian(frame, layer.sigma), tools)


Back = Callable[[Array, Array], Array]
"""Takes the gradient of a reduced part, (batch, channels), and the part; gives the gradient of the part."""


def _mean(dy: Array, part: Array) -> Array:
    return np.broadcast_to(_everywhere(dy / positions(part), part), part.shape)


def _largest(dy: Array, part: Array) -> Array:
    """To the first of the largest, in the order of the axes."""
    lines = part.reshape(part.shape[0], -1, part.shape[-1])
    dx = np.zeros_like(lines)
    np.put_along_axis(dx, lines.argmax(axis=1)[:, np.newaxis], dy[:, np.newaxis], axis=1)
    return dx.reshape(part.shape)


def _everywhere(dy: Array, part: Array) -> Array:
    return dy.reshape(dy.shape[0], *(1,) * (part.ndim - 2), dy.shape[-1])


def global_avgpool(layer: GlobalAvgPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _mean(dy.reshape(x.shape[0], -1), x)


def global_maxpool(layer: GlobalMaxPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _largest(dy.reshape(x.shape[0], -1), x)


def _in_bins(dy: Array, x: Array, back: Back, tools: Reverse) -> Array:
    """What each bin gets, added up where bins overlap."""
    dx = tools.zeros(x.shape)
    for place, inside in bins(x.shape[1:-1], dy.shape[1:-1]):
        here: Index = (slice(None), *place)
        dx[:, *inside] += back(dy[here], x[:, *inside])
    return dx


def adaptive_avgpool(layer: AdaptiveAvgPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _in_bins(dy, x, _mean, tools)


def adaptive_maxpool(layer: AdaptiveMaxPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    return _in_bins(dy, x, _largest, tools)


def spatial_pyramid_pool(layer: SpatialPyramidPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """Each level's part of the vector, brought back to its bins."""
    dx, start = tools.zeros(x.shape), 0
    for level in layer.bins:
        sizes = (x.shape[-1], *(level,) * (x.ndim - 2))
        part = dy[:, start : start + int(np.prod(sizes))].reshape(x.shape[0], *sizes)
        start += part[0].size
        dx += _in_bins(np.moveaxis(part, 1, -1), x, _largest if layer.mode == "max" else _mean, tools)
    return dx


def spectral_pool(layer: SpectralPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    for axis, size in enumerate(dy.shape[1:-1], start=1):
        dy = along(spectral(x.shape[axis], size).T, dy, axis)
    return dy


def unpool(layer: Unpool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """From the corner of each window; the zeros around it came from nowhere."""
    rank = x.ndim - 2
    stride = spread(layer.kernel if layer.stride is None else layer.stride, rank)
    corners = (slice(0, (n - 1) * s + 1, s) for n, s in zip(x.shape[1:-1], stride, strict=True))
    return dy[:, *corners]
