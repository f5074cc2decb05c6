"""Cross-correlation on arrays: the plain way, tap by tap, and the quick one, by matrices of windows.

The plain way reads as the definition: for every tap of the kernel, what lies under it times its
weights. The quick one writes the windows of a band of outputs side by side (im2col; Chellapilla, Puri
& Simard 2006), so that one matrix product does them all. Bands are small enough for the cache, and
each is done by one of the workers.
"""

from math import prod

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse, Spread
from cnncalc.executor.runtime.window_grid import Frame, Index, bordered
from cnncalc.executor.runtime.workers import blocks

BAND = 2 << 20
"""Bytes of windows that are written side by side at a time."""

FEWEST_ROWS = 384
"""Fewer rows than these make a matrix product slow."""


def correlate(x: Array, frame: Frame, filters: int, groups: int, tools: Tools, name: str = "weight") -> Array:
    """Cross-correlation, the operation that networks call convolution; the kernel is not flipped."""
    channels = x.shape[-1] // groups
    weight = tools.weight(name, filters, channels, *frame.kernel)
    y = tools.empty((x.shape[0], *frame.counts, filters))
    if not tools.quick:
        _by_taps(x, frame, weight, y, tools)
    elif channels == 1 and groups > 1:
        _by_channel(x, frame, weight, y, tools, name)
    elif prod(frame.kernel) == 1 and groups == 1:
        _by_pixel(x, frame, weight, y, tools, name)
    else:
        _by_bands(x, frame, weight, y, tools, name)
    return y


def _by_taps(x: Array, frame: Frame, weight: Array, y: Array, tools: Tools) -> None:
    """The definition: for every tap and group, what lies under the tap times its weights."""
    channels, groups = weight.shape[1], x.shape[-1] // weight.shape[1]
    filters = weight.shape[0] // groups
    padded = bordered(x, frame.sides, tools)
    y[...] = 0
    for tap in frame.taps:
        under = frame.under(padded, tap)
        for group in range(groups):
            read = under[..., group * channels : (group + 1) * channels]
            made = slice(group * filters, (group + 1) * filters)
            here: Index = (made, slice(None), *tap)
            y[..., made] += tools.matmul(read, weight[here].T)


def _by_pixel(x: Array, frame: Frame, weight: Array, y: Array, tools: Tools, name: str) -> None:
    """1×1: every position is a row of one matrix product."""
    matrix = tools.prepared(name, lambda: weight.reshape(weight.shape[:2]).T)
    if any(before or after for before, after in frame.sides) or frame.counts != x.shape[1:-1]:
        rows = tools.empty((*y.shape[:-1], x.shape[-1]))
        rows[...] = frame.under(bordered(x, frame.sides, tools), (0,) * len(frame.kernel))
        x = rows
    tools.product(x.reshape(-1, x.shape[-1]), matrix, y.reshape(-1, y.shape[-1]))


def _by_channel(x: Array, frame: Frame, weight: Array, y: Array, tools: Tools, name: str) -> None:
    """Depthwise: sums of products over the taps, without mixing channels.

    Where windows move by one along the last axis, its positions and the channels make one long axis.
    """
    times = weight.shape[0] // x.shape[-1]
    rank, channels = len(frame.kernel), weight.shape[0]
    padded = bordered(x if times == 1 else np.repeat(x, times, axis=-1), frame.sides, tools)
    windows = frame.windows(padded)
    outs, taps = "xyz"[:rank], "klm"[:rank]
    if frame.stride[-1] > 1:
        kernel = tools.prepared(name, lambda: np.moveaxis(weight[:, 0], 0, -1))
        sums = f"b{outs}{taps}c,{taps}c->b{outs}c"
        tools.each(y, lambda at: tools.einsum(sums, windows[at], kernel, out=y[at]))
        return
    width = frame.counts[-1]
    kernel = tools.prepared(f"{name}, {width} wide", lambda: np.tile(np.moveaxis(weight[:, 0], 0, -1), width))
    steps, last = windows.strides, rank  # the last of the outputs' axes joins the channels
    rows = np.lib.stride_tricks.as_strided(
        windows,
        (*windows.shape[:last], *frame.kernel, width * channels),
        (*steps[:last], *steps[rank + 1 : -1], steps[-1]),
        writeable=False,
    )
    long = y.reshape(*y.shape[:last], -1)
    sums = f"b{outs[:-1]}{taps}n,{taps}n->b{outs[:-1]}n"
    tools.each(long, lambda at: tools.einsum(sums, rows[at], kernel, out=long[at]))


def _by_bands(x: Array, frame: Frame, weight: Array, y: Array, tools: Tools, name: str) -> None:
    """Windows written side by side, a band of outputs at a time: one matrix product each."""
    channels, groups = weight.shape[1], x.shape[-1] // weight.shape[1]
    filters, depth = weight.shape[0] // groups, channels * prod(frame.kernel)
    matrix = tools.prepared(name, lambda: _matrices(weight, groups))
    windows = frame.windows(bordered(x, frame.sides, tools))
    workers = tools.workers.count
    bands = blocks(y.shape[:-1], depth * groups * x.itemsize, BAND, FEWEST_ROWS, workers)
    if len(bands) == 1 and groups == 1:
        _by_one_product(windows, matrix[0], y, tools)
        return
    most = max(prod(y[band].shape[:-1]) for band in bands)
    columns = tools.empty((min(workers, len(bands)), groups, most, depth))
    made = tools.empty((len(columns), groups, most, filters)) if groups > 1 else columns

    def fill(band: Index, worker: int) -> None:
        under, out = windows[band], y[band]
        rows = prod(out.shape[:-1])
        block = columns[worker, :, :rows].reshape(groups, *under.shape[:-1], channels)
        for group in range(groups):
            np.copyto(block[group], under[..., group * channels : (group + 1) * channels])
        if groups == 1:
            tools.matmul(columns[worker, 0, :rows], matrix[0], out=out.reshape(rows, filters))
            return
        tools.matmul(columns[worker, :, :rows], matrix, out=made[worker, :, :rows])
        out.reshape(rows, groups, filters)[...] = made[worker, :, :rows].transpose(1, 0, 2)

    tools.workers.share(fill, bands)


def _by_one_product(windows: Array, matrix: Array, y: Array, tools: Tools) -> None:
    """All windows fit in one band: what is shared are the rows or filters of its product."""
    columns = tools.empty(windows.shape)
    np.copyto(columns, windows)
    tools.product(columns.reshape(-1, len(matrix)), matrix, y.reshape(-1, y.shape[-1]))


def _matrices(weight: Array, groups: int) -> Array:
    """For each group the matrix from a window, its taps' channels in a row, to the filters."""
    by_group = weight.reshape(groups, -1, *weight.shape[1:])
    return np.moveaxis(by_group, (1, 2), (-1, -2)).reshape(groups, -1, by_group.shape[1])


def correlate_gradient(dy: Array, x: Array, frame: Frame, groups: int, name: str, tools: Reverse) -> Array:
    """A cross-correlation backwards, tap by tap."""
    weight = tools.weight(name, dy.shape[-1], x.shape[-1] // groups, *frame.kernel)
    learned, dx = tools.zeros(weight.shape), Spread(frame, x, tools)
    padded = bordered(x, frame.sides, tools)
    for tap, onto in dx.taps():
        here: Index = (slice(None), slice(None), *tap)
        read, learned[here] = _product_gradient(dy, frame.under(padded, tap), weight[here], groups)
        onto += read
    tools.learn(name, learned)
    return dx.inside


def _product_gradient(dy: Array, x: Array, weight: Array, groups: int) -> tuple[Array, Array]:
    """A 1×1 convolution backwards: what goes to its input, and what to its weight."""
    by_group = np.ascontiguousarray(weight).reshape(groups, -1, weight.shape[1])
    made = dy.reshape(-1, *by_group.shape[:2])
    read = x.reshape(-1, groups, weight.shape[1])
    if weight.shape[1] == 1:  # depthwise_gradient: small products, many of them
        dx = np.einsum("rgf,gf->rg", made, by_group[..., 0])
        learned = np.einsum("rgf,rg->gf", made, read[..., 0])
    else:
        dx = (made.swapaxes(0, 1) @ by_group).swapaxes(0, 1)
        learned = made.transpose(1, 2, 0) @ read.swapaxes(0, 1)
    return dx.reshape(x.shape), learned.reshape(weight.shape)
