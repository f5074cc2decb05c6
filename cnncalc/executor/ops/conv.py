"""Kinds of layer that convolve."""

from math import prod

import numpy as np

from cnncalc.executor.ops.correlation import correlate
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.window_grid import (
    Frame,
    Index,
    bordered,
    both_sides,
    cropped,
    frame_of,
    named_border,
    spread,
)
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.dense import Dense
from cnncalc.layers.local import LocallyConnected, SparseConv


def conv(layer: Conv, x: Array, tools: Tools) -> Array:
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    y = correlate(x, frame, layer.filters, layer.groups, tools)
    return biased(y, layer.bias, tools)


def depthwise(layer: Depthwise, x: Array, tools: Tools) -> Array:
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    y = correlate(x, frame, channels * layer.multiplier, channels, tools)
    return biased(y, layer.bias, tools)


def separable(layer: Separable, x: Array, tools: Tools) -> Array:
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    between = correlate(x, frame, channels * layer.multiplier, channels, tools, "depthwise")
    point = frame_of(between.shape[1:-1], 1)
    y = correlate(between, point, layer.filters, 1, tools, "pointwise")
    return biased(y, layer.bias, tools)


def biased(y: Array, bias: bool, tools: Tools) -> Array:
    """`y` with one number added to each channel."""
    if bias:
        rows, row = tools.wide("bias", y, lambda: tools.weight("bias", y.shape[-1]))
        tools.each(rows, lambda at: tools.add(rows[at], row, out=rows[at]))
    return y


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
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, 1, layer.fit)
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
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding)
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
    tools.product(rows, weight.T, y)
    return biased(y, layer.bias, tools)
