"""Poolings on arrays. Windows are reduced tap by tap: far quicker than reducing a view of windows."""

from collections.abc import Callable, Iterator
from itertools import product
from math import inf

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array, Out
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.window_grid import Frame, Index, bordered, frame_of, positions, spread
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool, SpectralPool
from cnncalc.layers.pooling import (
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    MixPool,
    WeightedAvgPool,
    WindowPool,
)
from cnncalc.layers.resampling import Unpool

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


def avgpool(layer: AvgPool, x: Array, tools: Tools) -> Array:
    frame = frame_over(layer, x)
    y = _reduced(x, frame, tools.add, tools)
    return tools.divide(y, divisors(frame, x, layer.count_padding), out=y)


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


def mixpool(layer: MixPool, x: Array, tools: Tools) -> Array:
    frame = frame_over(layer, x)
    largest = _reduced(x, frame, tools.maximum, tools, -inf)
    mean = _reduced(x, frame, tools.add, tools)
    tools.divide(mean, divisors(frame, x, count_padding=True), out=mean)
    tools.multiply(mean, 1 - layer.alpha, out=mean)
    tools.multiply(largest, layer.alpha, out=largest)
    return tools.add(largest, mean, out=largest)


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


def gaussian(frame: Frame, sigma: float) -> list[float]:
    """The weight of each tap by its distance from the window's centre; their sum is 1."""
    centre = (np.array(frame.kernel) - 1) / 2
    weights = np.exp(-((np.array(frame.taps) - centre) ** 2).sum(1) / (2 * sigma**2))
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares


def _everywhere(x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim - 1))


def global_avgpool(layer: GlobalAvgPool, x: Array, tools: Tools) -> Array:
    total = tools.sum(x, _everywhere(x))
    return tools.divide(total, float(positions(x)), out=total)


def global_maxpool(layer: GlobalMaxPool, x: Array, tools: Tools) -> Array:
    return tools.max(x, _everywhere(x))


Reduce = Callable[[Array], Array]


def _in_bins(x: Array, sizes: tuple[int, ...], reduce: Reduce, tools: Tools) -> Array:
    """Each of `sizes` bins along each axis reduced to one value; a bin holds all that it touches."""
    y = tools.empty((x.shape[0], *sizes, x.shape[-1]))
    for place, inside in bins(x.shape[1:-1], sizes):
        here: Index = (slice(None), *place)
        y[here] = reduce(x[:, *inside]).reshape(y[here].shape)
    return y


def bins(spatial: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Index]]:
    """Each position of the output, and the part of the input that its bin holds."""
    along = [
        [slice(at * n // m, (at * n + n - 1) // m + 1) for at in range(m)]
        for n, m in zip(spatial, sizes, strict=True)
    ]
    for place in product(*map(range, sizes)):
        yield place, tuple(along[axis][at] for axis, at in enumerate(place))


def _mean(tools: Tools) -> Reduce:
    def mean(part: Array) -> Array:
        return tools.divide(tools.sum(part, _everywhere(part)), float(positions(part)))

    return mean


def _largest(tools: Tools) -> Reduce:
    return lambda part: tools.max(part, _everywhere(part))


def adaptive_avgpool(layer: AdaptiveAvgPool, x: Array, tools: Tools) -> Array:
    return _in_bins(x, spread(layer.size, x.ndim - 2), _mean(tools), tools)


def adaptive_maxpool(layer: AdaptiveMaxPool, x: Array, tools: Tools) -> Array:
    return _in_bins(x, spread(layer.size, x.ndim - 2), _largest(tools), tools)


def spatial_pyramid_pool(layer: SpatialPyramidPool, x: Array, tools: Tools) -> Array:
    """All levels in one vector, each with its bins channel by channel."""
    reduce = _largest(tools) if layer.mode == "max" else _mean(tools)
    levels = [_in_bins(x, (bins,) * (x.ndim - 2), reduce, tools) for bins in layer.bins]
    parts = [np.moveaxis(level, -1, 1).reshape(x.shape[0], -1) for level in levels]
    y = tools.empty((x.shape[0], sum(part.shape[1] for part in parts)))
    np.concatenate(parts, axis=1, out=y)
    return y


def spectral_pool(layer: SpectralPool, x: Array, tools: Tools) -> Array:
    """Keeps the lowest frequencies along one axis after the other, each step one real matrix."""
    for axis, size in enumerate(spread(layer.size, x.ndim - 2), start=1):
        moved = np.moveaxis(x, axis, -1)
        kept = tools.products(moved, spectral(x.shape[axis], size).T.astype(x.dtype))
        x = np.moveaxis(kept, -1, axis)
    y = tools.empty(x.shape)
    y[...] = x
    return y


def spectral(n: int, size: int) -> np.ndarray:
    """The matrix that keeps the lowest frequencies of `n` values, as `size` values."""
    spectrum = np.fft.rfft(np.eye(n), axis=0)[: size // 2 + 1]
    matrix: np.ndarray = np.fft.irfft(spectrum, n=size, axis=0) * (size / n)
    return matrix


def unpool(layer: Unpool, x: Array, tools: Tools) -> Array:
    """Each value in the first corner of a window of zeros."""
    rank = x.ndim - 2
    kernel = spread(layer.kernel, rank)
    stride = kernel if layer.stride is None else spread(layer.stride, rank)
    sizes = [(n - 1) * s + k for n, s, k in zip(x.shape[1:-1], stride, kernel, strict=True)]
    y = tools.empty((x.shape[0], *sizes, x.shape[-1]))
    y[...] = 0
    corners = (slice(0, (n - 1) * s + 1, s) for n, s in zip(x.shape[1:-1], stride, strict=True))
    y[:, *corners] = x
    return y
