"""Convolutions on arrays: the plain way, tap by tap, and the quick one, by matrices of windows.

The plain way reads as the definition: for every tap of the kernel, what lies under it times its
weights. The quick one writes the windows of a band of outputs side by side (im2col; Chellapilla, Puri
& Simard 2006), so that one matrix product does them all. Bands are small enough for the cache.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from cnncalc.executor.arithmetic import Array
from cnncalc.executor.geometry import Frame, Index, bordered, both_sides, cropped, named_border, spread
from cnncalc.executor.tools import Tools
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.dense import Dense
from cnncalc.layers.local import LocallyConnected, SparseConv

BAND = 2 << 20
"""Bytes of windows that are written side by side at a time."""

FEWEST_ROWS = 256
"""Fewer rows than these make a matrix product slow."""


def conv(layer: Conv, x: Array, tools: Tools) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    y = correlate(x, frame, layer.filters, layer.groups, tools)
    return biased(y, layer.bias, tools)


def depthwise(layer: Depthwise, x: Array, tools: Tools) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    y = correlate(x, frame, channels * layer.multiplier, channels, tools)
    return biased(y, layer.bias, tools)


def separable(layer: Separable, x: Array, tools: Tools) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    between = correlate(x, frame, channels * layer.multiplier, channels, tools, "depthwise")
    point = Frame(between.shape[1:-1], 1)
    y = correlate(between, point, layer.filters, 1, tools, "pointwise")
    return biased(y, layer.bias, tools)


def biased(y: Array, bias: bool, tools: Tools) -> Array:
    """`y` with one number added to each channel."""
    if bias:
        numbers = tools.weight("bias", y.shape[-1])
        rows, row = tools.wide("bias", y, lambda: numbers)
        tools.add(rows, row, out=rows)
    return y


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
    tools.matmul(x.reshape(-1, x.shape[-1]), matrix, out=y.reshape(-1, y.shape[-1]))


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
        tools.einsum(f"b{outs}{taps}c,{taps}c->b{outs}c", windows, kernel, out=y)
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
    outs = outs[:-1]
    tools.einsum(f"b{outs}{taps}n,{taps}n->b{outs}n", rows, kernel, out=y.reshape(*y.shape[:last], -1))


def _by_bands(x: Array, frame: Frame, weight: Array, y: Array, tools: Tools, name: str) -> None:
    """Windows written side by side, a band of outputs at a time: one matrix product each."""
    channels, groups = weight.shape[1], x.shape[-1] // weight.shape[1]
    filters, depth = weight.shape[0] // groups, channels * prod(frame.kernel)
    matrix = tools.prepared(name, lambda: _matrices(weight, groups))
    windows = frame.windows(bordered(x, frame.sides, tools))
    bands = list(_bands(y.shape[:-1], depth * groups * x.itemsize))
    most = max(prod(y[band].shape[:-1]) for band in bands)
    columns = tools.empty((groups, most, depth))
    made = tools.empty((groups, most, filters)) if groups > 1 else columns
    for band in bands:
        under, out = windows[band], y[band]
        rows = prod(out.shape[:-1])
        block = columns[:, :rows].reshape(groups, *under.shape[:-1], channels)
        for group in range(groups):
            np.copyto(block[group], under[..., group * channels : (group + 1) * channels])
        if groups == 1:
            tools.matmul(columns[0, :rows], matrix[0], out=out.reshape(rows, filters))
            continue
        tools.matmul(columns[:, :rows], matrix, out=made[:, :rows])
        out.reshape(rows, groups, filters)[...] = made[:, :rows].transpose(1, 0, 2)


def _matrices(weight: Array, groups: int) -> Array:
    """For each group the matrix from a window, its taps' channels in a row, to the filters."""
    by_group = weight.reshape(groups, -1, *weight.shape[1:])
    return np.moveaxis(by_group, (1, 2), (-1, -2)).reshape(groups, -1, by_group.shape[1])


def _bands(outputs: tuple[int, ...], bytes_of_row: int) -> Iterator[Index]:
    """Parts of (batch, *outputs), each one block of memory, whose windows fill about `BAND` bytes."""
    split = next(
        (axis for axis in range(len(outputs)) if prod(outputs[axis + 1 :]) * bytes_of_row <= BAND),
        len(outputs) - 1,
    )
    inner = prod(outputs[split + 1 :])
    step = max(BAND // (inner * bytes_of_row), -(-FEWEST_ROWS // inner), 1)
    for outer in np.ndindex(*outputs[:split]):
        for start in range(0, outputs[split], step):
            yield (*outer, slice(start, start + step))


def conv_transpose(layer: ConvTranspose, x: Array, tools: Tools) -> Array:
    """Each input spreads its kernel over the output; what overlaps is added up."""
    rank, filters = x.ndim - 2, layer.filters // layer.groups
    kernel, stride = spread(layer.kernel, rank), spread(layer.stride, rank)
    dilation, extra = spread(layer.dilation, rank), spread(layer.output_padding, rank)
    full = [
        (n - 1) * s + (k - 1) * d + 1
        for n, s, k, d in zip(x.shape[1:-1], stride, kernel, dilation, strict=True)
    ]
    crops = _crops(layer, x.shape[1:-1], full, stride, dilation, kernel)
    room = [n + max(a - after, 0) for n, a, (_, after) in zip(full, extra, crops, strict=True)]
    y = tools.empty((x.shape[0], *room, layer.filters))
    y[...] = 0
    frame = Frame(tuple(room), kernel, stride, 0, dilation)
    frame.counts = x.shape[1:-1]
    weight = tools.weight("weight", x.shape[-1], filters, *kernel)
    for tap in frame.taps:
        onto = frame.under(y, tap)
        for group in range(layer.groups):
            read = slice(group * x.shape[-1] // layer.groups, (group + 1) * x.shape[-1] // layer.groups)
            made = slice(group * filters, (group + 1) * filters)
            here: Index = (read, slice(None), *tap)
            onto[..., made] += tools.matmul(x[..., read], weight[here])
    sides = (
        (before, n - f + after - a) for (before, after), n, f, a in zip(crops, room, full, extra, strict=True)
    )
    kept = cropped(y, tuple(sides))
    out = tools.empty(kept.shape)
    out[...] = kept
    return biased(out, layer.bias, tools)


def _crops(
    layer: ConvTranspose,
    sizes: tuple[int, ...],
    full: list[int],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    kernel: tuple[int, ...],
) -> list[tuple[int, int]]:
    """What is cut off each side. `same` leaves the input times the stride."""
    if not isinstance(layer.padding, str):
        return list(both_sides(layer.padding, len(sizes)))
    crops = []
    for n, size, s, d, k in zip(sizes, full, stride, dilation, kernel, strict=True):
        before, after = named_border(layer.padding, n * s, (k - 1) * d + 1, s)
        crops.append((before, size - before - n * s if layer.padding.startswith("same") else after))
    return crops


def locally_connected(layer: LocallyConnected, x: Array, tools: Tools) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, 1, layer.fit)
    places = prod(frame.counts)
    weight = tools.weight("weight", places, layer.filters, x.shape[-1], *frame.kernel)
    windows = frame.windows(bordered(x, frame.sides, tools))
    y = tools.empty((x.shape[0], *frame.counts, layer.filters))
    by_place = np.moveaxis(windows, -1, 1 + len(frame.counts)).reshape(x.shape[0], places, -1)
    tools.einsum(
        "bpi,pfi->bpf",
        by_place,
        weight.reshape(places, layer.filters, -1),
        out=y.reshape(x.shape[0], places, -1),
    )
    if layer.bias:
        tools.add(y, np.moveaxis(tools.weight("bias", layer.filters, *frame.counts), 0, -1), out=y)
    return y


def sparse_conv(layer: SparseConv, x: Array, tools: Tools) -> Array:
    """Each filter is a convolution of the maps that it reads."""
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding)
    weight = tools.weight("weight", sum(map(len, layer.table)), *frame.kernel)
    padded = bordered(x, frame.sides, tools)
    y = tools.empty((x.shape[0], *frame.counts, len(layer.table)))
    y[...] = 0
    entry = 0
    for filter, read in enumerate(layer.table):
        kernels = weight[entry : entry + len(read)]
        entry += len(read)
        for tap in frame.taps:
            under = frame.under(padded, tap)[..., list(read)]
            y[..., filter] += tools.matmul(under, kernels[:, *tap, np.newaxis])[..., 0]
    return biased(y, layer.bias, tools)


def dense(layer: Dense, x: Array, tools: Tools) -> Array:
    rows = x.reshape(x.shape[0], -1)
    weight = tools.weight("weight", layer.units, rows.shape[1])
    y = tools.empty((x.shape[0], layer.units))
    tools.matmul(rows, weight.T, out=y)
    return biased(y, layer.bias, tools)
