"""Poolings over windows, reduced tap by tap: far faster than reducing a view of windows."""

from collections.abc import Callable
from functools import reduce
from math import inf

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array, Out
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse, Spread
from cnncalc.executor.runtime.window_grid import Frame, Index, bordered, frame_of
from cnncalc.layers.pooling import AvgPool, LpPool, MaxPool, MixPool, WeightedAvgPool, WindowPool

Join = Callable[[Array, Array, Out], Array]
"""Arithmetic that reduces two arrays to one."""


def frame_over(layer: WindowPool, x: Array, dilation: int | tuple[int, ...] = 1) -> Frame:
    return frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, dilation, layer.fit)


def _reduced(x: Array, frame: Frame, join: Join, tools: Tools, fill: float = 0.0) -> Array:
    """Every window reduced to one value by joining what lies under its taps."""
    padded = bordered(x, frame.sides, tools, fill)
    y = tools.empty((x.shape[0], *frame.counts, x.shape[-1]))
    first, *others = (frame.under(padded, tap) for tap in frame.taps)

    def join_taps(at: Index) -> None:
        out = y[at]
        out[...] = first[at]
        for under in others:
            join(out, under[at], out)

    tools.each(y, join_taps)
    return y


def maxpool(layer: MaxPool, x: Array, tools: Tools) -> Array:
    return _reduced(x, frame_over(layer, x, layer.dilation), tools.maximum, tools, -inf)


def maxpool_gradient(layer: MaxPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
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


def avgpool(layer: AvgPool, x: Array, tools: Tools) -> Array:
    frame = frame_over(layer, x)
    y = _reduced(x, frame, tools.add, tools)
    return tools.divide(y, divisors(frame, x, layer.count_padding), out=y)


def avgpool_gradient(layer: AvgPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = frame_over(layer, x)
    return _in_parts(dy / divisors(frame, x, layer.count_padding), x, frame, [1.0] * len(frame.taps), tools)


def divisors(frame: Frame, x: Array, count_padding: bool) -> Array:
    """How many positions each window has; those past the border, where `fit: ceil` reaches, never count."""
    covered = np.ones((1, *frame.counts, 1), x.dtype)
    for axis, (n, (before, after)) in enumerate(zip(x.shape[1:-1], frame.border, strict=True)):
        first, end = (0, before + n + after) if count_padding else (before, before + n)
        steps, reach = frame.stride[axis], frame.kernel[axis]
        windows = (range(at * steps, at * steps + reach) for at in range(frame.counts[axis]))
        inside = [sum(first <= place < end for place in window) for window in windows]
        shape = [1] * covered.ndim
        shape[1 + axis] = len(inside)
        covered = covered * np.array(inside, x.dtype).reshape(shape)
    return covered


def _in_parts(dy: Array, x: Array, frame: Frame, shares: list[float], tools: Reverse) -> Array:
    """To every position under a window its tap's share of what the window gets."""
    dx = Spread(frame, x, tools)
    for share, (_, onto) in zip(shares, dx.taps(), strict=True):
        onto += dy * share
    return dx.inside


def lppool(layer: LpPool, x: Array, tools: Tools) -> Array:
    """The p-th root of the sum of p-th powers, each tap's powers taken where they are summed."""
    frame = frame_over(layer, x)
    padded = bordered(x, frame.sides, tools)
    y = tools.empty((x.shape[0], *frame.counts, x.shape[-1]))
    for number, tap in enumerate(frame.taps):
        under = np.abs(frame.under(padded, tap))
        if layer.order == 2:
            under = tools.multiply(under, under)
        elif layer.order > 2:
            under = tools.power(under, layer.order)
        if number:
            tools.add(y, under, out=y)
        else:
            y[...] = under
    if layer.order == 2:
        return tools.sqrt(y, out=y)
    return tools.power(y, 1 / layer.order, out=y) if layer.order > 2 else y


def lppool_gradient(layer: LpPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """sign(x)·(|x|/y)^(p − 1); nothing where the whole window is 0, as it has a kink there."""
    frame = frame_over(layer, x)
    padded = bordered(x, frame.sides, tools)
    norm = np.where(y == 0, 1, y)
    dx = Spread(frame, x, tools)
    for tap, onto in dx.taps():
        under = frame.under(padded, tap)
        onto += dy * np.sign(under) * (np.abs(under) / norm) ** (layer.order - 1)
    return dx.inside


def mixpool(layer: MixPool, x: Array, tools: Tools) -> Array:
    frame = frame_over(layer, x)
    largest = _reduced(x, frame, tools.maximum, tools, -inf)
    mean = _reduced(x, frame, tools.add, tools)
    tools.divide(mean, divisors(frame, x, count_padding=True), out=mean)
    tools.multiply(mean, 1 - layer.alpha, out=mean)
    tools.multiply(largest, layer.alpha, out=largest)
    return tools.add(largest, mean, out=largest)


def mixpool_gradient(layer: MixPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = frame_over(layer, x)
    largest = _to_largest(dy * layer.alpha, x, frame, tools)
    parts = dy * (1 - layer.alpha) / divisors(frame, x, count_padding=True)
    return largest + _in_parts(parts, x, frame, [1.0] * len(frame.taps), tools)


def weighted_avgpool(layer: WeightedAvgPool, x: Array, tools: Tools) -> Array:
    """Weights fall off as a Gaussian of the distance from the window's centre; their sum is 1."""
    frame = frame_over(layer, x)
    padded = bordered(x, frame.sides, tools)
    y = tools.empty((x.shape[0], *frame.counts, x.shape[-1]))
    for number, (tap, weight) in enumerate(zip(frame.taps, gaussian(frame, layer.sigma), strict=True)):
        under = tools.multiply(frame.under(padded, tap), weight)
        if number:
            tools.add(y, under, out=y)
        else:
            y[...] = under
    return y


def weighted_avgpool_gradient(layer: WeightedAvgPool, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = frame_over(layer, x)
    return _in_parts(dy, x, frame, gaussian(frame, layer.sigma), tools)


def gaussian(frame: Frame, sigma: float) -> list[float]:
    """The weight of each tap by its distance from the window's centre; their sum is 1."""
    centre = (np.array(frame.kernel) - 1) / 2
    weights = np.exp(-((np.array(frame.taps) - centre) ** 2).sum(1) / (2 * sigma**2))
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares


OPERATIONS: Operations = {
    "maxpool": Operation(maxpool, maxpool_gradient),
    "avgpool": Operation(avgpool, avgpool_gradient),
    "lppool": Operation(lppool, lppool_gradient),
    "mixpool": Operation(mixpool, mixpool_gradient),
    "weighted_avgpool": Operation(weighted_avgpool, weighted_avgpool_gradient),
}
