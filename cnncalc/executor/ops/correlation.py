"""Cross-correlation: tap by tap, by its definition, or faster with matrix products (im2col).

The plain version follows the definition: for every tap of the kernel, the values under it times its
weights. The fast one copies the windows of a band of outputs into a matrix (im2col; Chellapilla, Puri &
Simard 2006), so one matrix product computes all of them. Bands fit in the cache, and each is computed by
one worker.
"""

from math import prod

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, WindowGradient
from cnncalc.executor.runtime.window_grid import Index, WindowGrid, bordered, pairs_outside
from cnncalc.executor.runtime.workers import blocks

BAND = 2 << 20
"""Bytes of windows in one band."""

FEWEST_ROWS = 384
"""With fewer rows, a matrix product is slow."""


def correlate(
    x: Array,
    grid: WindowGrid,
    filters: int,
    groups: int,
    ctx: OpContext,
    name: str = "weight",
    standardize: float | None = None,
) -> Array:
    """Cross-correlation, called convolution in neural networks; the kernel is not flipped.

    With `standardize`, which is added to their variance, the weights of each filter are normalized first.
    """
    channels = x.shape[-1] // groups
    weight = given = ctx.weight(name, filters, channels, *grid.kernel)
    if standardize is not None:
        weight = ctx.prepared(f"{name}, standardized", lambda: standardized(given, standardize)[0])
    y = ctx.empty((x.shape[0], *grid.counts, filters))
    ctx.macs_on_padding += pairs_outside(grid, grid.border) * len(x) * filters * channels
    if not ctx.quick:
        _by_taps(x, grid, weight, y, ctx)
    elif channels == 1 and groups > 1:
        _by_channel(x, grid, weight, y, ctx, name)
    elif prod(grid.kernel) == 1 and groups == 1:
        _by_pixel(x, grid, weight, y, ctx, name)
    else:
        _by_bands(x, grid, weight, y, ctx, name)
    return y


def standardized(weight: Array, eps: float) -> tuple[Array, Array]:
    """The weights with mean 0 and variance 1 in each filter, and their standard deviations."""
    axes = tuple(range(1, weight.ndim))
    deviation = np.sqrt(weight.var(axes, keepdims=True) + eps)
    return (weight - weight.mean(axes, keepdims=True)) / deviation, deviation


def _standardized_gradient(dy: Array, weight: Array, eps: float) -> Array:
    """dy minus its mean and its projection on the weights, filter by filter."""
    axes = tuple(range(1, weight.ndim))
    y, deviation = standardized(weight, eps)
    common = dy.mean(axes, keepdims=True) + y * (dy * y).mean(axes, keepdims=True)
    dx: Array = (dy - common) / deviation
    return dx


def _by_taps(x: Array, grid: WindowGrid, weight: Array, y: Array, ctx: OpContext) -> None:
    """The definition: for every tap and group, the values under the tap times its weights."""
    channels, groups = weight.shape[1], x.shape[-1] // weight.shape[1]
    filters = weight.shape[0] // groups
    padded = bordered(x, grid.sides, ctx)
    y[...] = 0
    for tap in grid.taps:
        under = grid.under(padded, tap)
        for group in range(groups):
            read = under[..., group * channels : (group + 1) * channels]
            made = slice(group * filters, (group + 1) * filters)
            here: Index = (made, slice(None), *tap)
            y[..., made] += ctx.matmul(read, weight[here].T)


def _by_pixel(x: Array, grid: WindowGrid, weight: Array, y: Array, ctx: OpContext, name: str) -> None:
    """1×1 convolution: every position is a row of one matrix product."""
    matrix = ctx.prepared(name, lambda: weight.reshape(weight.shape[:2]).T)
    if any(before or after for before, after in grid.sides) or grid.counts != x.shape[1:-1]:
        rows = ctx.empty((*y.shape[:-1], x.shape[-1]))
        rows[...] = grid.under(bordered(x, grid.sides, ctx), (0,) * len(grid.kernel))
        x = rows
    ctx.product(x.reshape(-1, x.shape[-1]), matrix, y.reshape(-1, y.shape[-1]))


def _by_channel(x: Array, grid: WindowGrid, weight: Array, y: Array, ctx: OpContext, name: str) -> None:
    """Depthwise: sums of products over the taps, without mixing channels.

    If the stride along the last axis is 1, that axis and the channels are merged into one long axis.
    """
    times = weight.shape[0] // x.shape[-1]
    rank, channels = len(grid.kernel), weight.shape[0]
    padded = bordered(x if times == 1 else np.repeat(x, times, axis=-1), grid.sides, ctx)
    windows = grid.windows(padded)
    outs, taps = "xyz"[:rank], "klm"[:rank]
    if grid.stride[-1] > 1:
        kernel = ctx.prepared(name, lambda: np.moveaxis(weight[:, 0], 0, -1))
        sums = f"b{outs}{taps}c,{taps}c->b{outs}c"
        ctx.each(y, lambda at: ctx.einsum(sums, windows[at], kernel, out=y[at]))
        return
    width = grid.counts[-1]
    kernel = ctx.prepared(f"{name}, {width} wide", lambda: np.tile(np.moveaxis(weight[:, 0], 0, -1), width))
    steps, last = windows.strides, rank  # the last output axis is merged with the channels
    rows = np.lib.stride_tricks.as_strided(
        windows,
        (*windows.shape[:last], *grid.kernel, width * channels),
        (*steps[:last], *steps[rank + 1 : -1], steps[-1]),
        writeable=False,
    )
    long = y.reshape(*y.shape[:last], -1)
    sums = f"b{outs[:-1]}{taps}n,{taps}n->b{outs[:-1]}n"
    ctx.each(long, lambda at: ctx.einsum(sums, rows[at], kernel, out=long[at]))


def _by_bands(x: Array, grid: WindowGrid, weight: Array, y: Array, ctx: OpContext, name: str) -> None:
    """im2col in bands of outputs, with one matrix product per band."""
    channels, groups = weight.shape[1], x.shape[-1] // weight.shape[1]
    filters, depth = weight.shape[0] // groups, channels * prod(grid.kernel)
    matrix = ctx.prepared(name, lambda: _matrices(weight, groups))
    windows = grid.windows(bordered(x, grid.sides, ctx))
    workers = ctx.workers.count
    bands = blocks(y.shape[:-1], depth * groups * x.itemsize, BAND, FEWEST_ROWS, workers)
    if len(bands) == 1 and groups == 1:
        _by_one_product(windows, matrix[0], y, ctx)
        return
    most = max(prod(y[band].shape[:-1]) for band in bands)
    columns = ctx.empty((min(workers, len(bands)), groups, most, depth))
    made = ctx.empty((len(columns), groups, most, filters)) if groups > 1 else columns

    def fill(band: Index, worker: int) -> None:
        under, out = windows[band], y[band]
        rows = prod(out.shape[:-1])
        block = columns[worker, :, :rows].reshape(groups, *under.shape[:-1], channels)
        for group in range(groups):
            np.copyto(block[group], under[..., group * channels : (group + 1) * channels])
        if groups == 1:
            ctx.matmul(columns[worker, 0, :rows], matrix[0], out=out.reshape(rows, filters))
            return
        ctx.matmul(columns[worker, :, :rows], matrix, out=made[worker, :, :rows])
        out.reshape(rows, groups, filters)[...] = made[worker, :, :rows].transpose(1, 0, 2)

    ctx.workers.share(fill, bands)


def _by_one_product(windows: Array, matrix: Array, y: Array, ctx: OpContext) -> None:
    """If all windows fit in one band, the workers share the rows or columns of its product."""
    columns = ctx.empty(windows.shape)
    np.copyto(columns, windows)
    ctx.product(columns.reshape(-1, len(matrix)), matrix, y.reshape(-1, y.shape[-1]))


def _matrices(weight: Array, groups: int) -> Array:
    """For each group, the matrix from a flattened window to the filters."""
    by_group = weight.reshape(groups, -1, *weight.shape[1:])
    return np.moveaxis(by_group, (1, 2), (-1, -2)).reshape(groups, -1, by_group.shape[1])


def correlate_gradient(
    dy: Array,
    x: Array,
    grid: WindowGrid,
    groups: int,
    name: str,
    ctx: GradContext,
    standardize: float | None = None,
) -> Array:
    """The gradient of a cross-correlation, tap by tap."""
    weight = given = ctx.weight(name, dy.shape[-1], x.shape[-1] // groups, *grid.kernel)
    if standardize is not None:
        weight, _ = standardized(given, standardize)
    learned, dx = ctx.zeros(weight.shape), WindowGradient(grid, x, ctx)
    padded = bordered(x, grid.sides, ctx)
    for tap, onto in dx.taps():
        here: Index = (slice(None), slice(None), *tap)
        read, learned[here] = _product_gradient(dy, grid.under(padded, tap), weight[here], groups)
        onto += read
    if standardize is not None:
        learned = _standardized_gradient(learned, given, standardize)
    ctx.learn(name, learned)
    return dx.inside


def _product_gradient(dy: Array, x: Array, weight: Array, groups: int) -> tuple[Array, Array]:
    """The gradients of a 1×1 convolution for its input and weight."""
    by_group = np.ascontiguousarray(weight).reshape(groups, -1, weight.shape[1])
    made = dy.reshape(-1, *by_group.shape[:2])
    read = x.reshape(-1, groups, weight.shape[1])
    if weight.shape[1] == 1:  # depthwise_gradient: many small products
        dx = np.einsum("rgf,gf->rg", made, by_group[..., 0])
        learned = np.einsum("rgf,rg->gf", made, read[..., 0])
    else:
        dx = (made.swapaxes(0, 1) @ by_group).swapaxes(0, 1)
        learned = made.transpose(1, 2, 0) @ read.swapaxes(0, 1)
    return dx.reshape(x.shape), learned.reshape(weight.shape)
