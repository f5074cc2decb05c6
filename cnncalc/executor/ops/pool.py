"""Pooling over windows, reduced tap by tap, which is much faster than reducing a view of windows."""

from collections.abc import Callable
from functools import reduce
from math import comb, inf, prod

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array, Out
from cnncalc.executor.runtime.borders import copied_border, copied_border_gradient
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, WindowGradient
from cnncalc.executor.runtime.window_grid import Index, Sides, WindowGrid, bordered, spread, window_grid
from cnncalc.layers.pooling import AvgPool, BlurPool, LpPool, MaxPool, MixPool, WeightedAvgPool, WindowPool

Join = Callable[[Array, Array, Out], Array]
"""A function that reduces two arrays to one."""


def grid_over(layer: WindowPool, x: Array) -> WindowGrid:
    dilation = layer.dilation if isinstance(layer, MaxPool | AvgPool | LpPool) else 1
    return window_grid(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, dilation, layer.fit)


def _reduced(x: Array, grid: WindowGrid, join: Join, ctx: OpContext, fill: float = 0.0) -> Array:
    """Reduce every window to one value by joining the values under its taps."""
    padded = bordered(x, grid.sides, ctx, fill)
    y = ctx.empty((x.shape[0], *grid.counts, x.shape[-1]))
    first, *others = (grid.under(padded, tap) for tap in grid.taps)

    def join_taps(at: Index) -> None:
        out = y[at]
        out[...] = first[at]
        for under in others:
            join(out, under[at], out)

    ctx.each(y, join_taps)
    return y


def maxpool(layer: MaxPool, x: Array, ctx: OpContext) -> Array:
    return _reduced(x, grid_over(layer, x), ctx.maximum, ctx, -inf)


def maxpool_gradient(layer: MaxPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _to_largest(dy, x, grid_over(layer, x), ctx)


def _to_largest(dy: Array, x: Array, grid: WindowGrid, ctx: GradContext) -> Array:
    """Passes the gradient to the largest value of each window; on a tie, to the first, as in PyTorch."""
    padded = bordered(x, grid.sides, ctx, -np.inf)
    largest = reduce(np.maximum, (grid.under(padded, tap) for tap in grid.taps))
    waiting = np.ones(dy.shape, bool)
    dx = WindowGradient(grid, x, ctx)
    for tap, onto in dx.taps():
        here = waiting & (grid.under(padded, tap) == largest)
        np.add(onto, dy, out=onto, where=here)
        waiting &= ~here
    return dx.inside


def avgpool(layer: AvgPool, x: Array, ctx: OpContext) -> Array:
    grid = grid_over(layer, x)
    y = _reduced(x, grid, ctx.add, ctx)
    return ctx.divide(y, divisors(grid, x, layer.count_padding), out=y)


def avgpool_gradient(layer: AvgPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    grid = grid_over(layer, x)
    return _in_parts(dy / divisors(grid, x, layer.count_padding), x, grid, [1.0] * len(grid.taps), ctx)


def divisors(grid: WindowGrid, x: Array, count_padding: bool) -> Array:
    """The number of positions in each window; those past the padding (`fit: ceil`) never count."""
    covered = np.ones((1, *grid.counts, 1), x.dtype)
    for axis, (n, (before, after)) in enumerate(zip(x.shape[1:-1], grid.border, strict=True)):
        first, end = (0, before + n + after) if count_padding else (before, before + n)
        steps = grid.stride[axis]
        span, gap = grid.spans[axis], grid.dilation[axis]
        windows = (range(at * steps, at * steps + span, gap) for at in range(grid.counts[axis]))
        inside = [sum(first <= place < end for place in window) for window in windows]
        shape = [1] * covered.ndim
        shape[1 + axis] = len(inside)
        covered = covered * np.array(inside, x.dtype).reshape(shape)
    return covered


def _in_parts(dy: Array, x: Array, grid: WindowGrid, shares: list[float], ctx: GradContext) -> Array:
    """Passes each window's gradient to its positions, times the share of each tap."""
    dx = WindowGradient(grid, x, ctx)
    for share, (_, onto) in zip(shares, dx.taps(), strict=True):
        onto += dy * share
    return dx.inside


def lppool(layer: LpPool, x: Array, ctx: OpContext) -> Array:
    """The p-th root of the sum of p-th powers, computed tap by tap."""
    grid = grid_over(layer, x)
    padded = bordered(x, grid.sides, ctx)
    y = ctx.empty((x.shape[0], *grid.counts, x.shape[-1]))
    for number, tap in enumerate(grid.taps):
        under = np.abs(grid.under(padded, tap))
        if layer.order == 2:
            under = ctx.multiply(under, under)
        elif layer.order > 2:
            under = ctx.power(under, layer.order)
        if number:
            ctx.add(y, under, out=y)
        else:
            y[...] = under
    if layer.order == 2:
        return ctx.sqrt(y, out=y)
    return ctx.power(y, 1 / layer.order, out=y) if layer.order > 2 else y


def lppool_gradient(layer: LpPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """sign(x)·(|x|/y)^(p − 1); 0 if the whole window is 0, where it is not differentiable."""
    grid = grid_over(layer, x)
    padded = bordered(x, grid.sides, ctx)
    norm = np.where(y == 0, 1, y)
    dx = WindowGradient(grid, x, ctx)
    for tap, onto in dx.taps():
        under = grid.under(padded, tap)
        onto += dy * np.sign(under) * (np.abs(under) / norm) ** (layer.order - 1)
    return dx.inside


def mixpool(layer: MixPool, x: Array, ctx: OpContext) -> Array:
    grid = grid_over(layer, x)
    largest = _reduced(x, grid, ctx.maximum, ctx, -inf)
    mean = _reduced(x, grid, ctx.add, ctx)
    ctx.divide(mean, divisors(grid, x, count_padding=True), out=mean)
    ctx.multiply(mean, 1 - layer.alpha, out=mean)
    ctx.multiply(largest, layer.alpha, out=largest)
    return ctx.add(largest, mean, out=largest)


def mixpool_gradient(layer: MixPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    grid = grid_over(layer, x)
    largest = _to_largest(dy * layer.alpha, x, grid, ctx)
    parts = dy * (1 - layer.alpha) / divisors(grid, x, count_padding=True)
    return largest + _in_parts(parts, x, grid, [1.0] * len(grid.taps), ctx)


def weighted_avgpool(layer: WeightedAvgPool, x: Array, ctx: OpContext) -> Array:
    """The mean with Gaussian weights around the window's centre."""
    grid = grid_over(layer, x)
    return _weighted(bordered(x, grid.sides, ctx), grid, gaussian(grid, layer.sigma), ctx)


def _weighted(padded: Array, grid: WindowGrid, weights: list[float], ctx: OpContext) -> Array:
    """The weighted sum of the values under the taps of every window."""
    y = ctx.empty((padded.shape[0], *grid.counts, padded.shape[-1]))
    for number, (tap, weight) in enumerate(zip(grid.taps, weights, strict=True)):
        under = ctx.multiply(grid.under(padded, tap), weight)
        if number:
            ctx.add(y, under, out=y)
        else:
            y[...] = under
    return y


def weighted_avgpool_gradient(
    layer: WeightedAvgPool, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    grid = grid_over(layer, x)
    return _in_parts(dy, x, grid, gaussian(grid, layer.sigma), ctx)


def gaussian(grid: WindowGrid, sigma: float) -> list[float]:
    """Gaussian weights of the taps by distance from the window's centre, with sum 1."""
    centre = (np.array(grid.kernel) - 1) / 2
    weights = np.exp(-((np.array(grid.taps) - centre) ** 2).sum(1) / (2 * sigma**2))
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares


def blurpool(layer: BlurPool, x: Array, ctx: OpContext) -> Array:
    """Binomial weights over each window, with the border padded by reflection."""
    framed, grid = _mirrored(layer, x)
    return _weighted(framed, grid, binomial(grid), ctx)


def blurpool_gradient(layer: BlurPool, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The share of each tap; the gradient of the border is added to the positions that it reflects."""
    framed, grid = _mirrored(layer, x)
    dx = _in_parts(dy, framed, grid, binomial(grid), ctx)
    return copied_border_gradient(dx, x.shape[1:-1], _mirror_sides(layer, x), "reflect")


def _mirror_sides(layer: BlurPool, x: Array) -> Sides:
    return tuple(((k - 1) // 2, k // 2) for k in spread(layer.kernel, x.ndim - 2))


def _mirrored(layer: BlurPool, x: Array) -> tuple[Array, WindowGrid]:
    """The padded input, and the windows over it."""
    framed = copied_border(x, _mirror_sides(layer, x), "reflect")
    return framed, window_grid(framed.shape[1:-1], layer.kernel, layer.stride)


def binomial(grid: WindowGrid) -> list[float]:
    """Weights of the taps: products of binomial coefficients, with sum 1."""
    return [
        prod(comb(k - 1, t) / 2 ** (k - 1) for k, t in zip(grid.kernel, tap, strict=True))
        for tap in grid.taps
    ]


OPERATIONS: Operations = {
    "maxpool": Operation(maxpool, maxpool_gradient, selects=True),
    "avgpool": Operation(avgpool, avgpool_gradient),
    "lppool": Operation(lppool, lppool_gradient),
    "mixpool": Operation(mixpool, mixpool_gradient),
    "weighted_avgpool": Operation(weighted_avgpool, weighted_avgpool_gradient),
    "blurpool": Operation(blurpool, blurpool_gradient),
}
