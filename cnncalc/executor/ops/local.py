"""Convolutions whose weights differ from place to place, or that read some of the channels."""

from math import prod

import numpy as np

from cnncalc.executor.ops.conv import bias_gradient, biased
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse, Spread
from cnncalc.executor.runtime.window_grid import Frame, Index, bordered, frame_of
from cnncalc.layers.local import LocallyConnected, SparseConv


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


def locally_connected_gradient(
    layer: LocallyConnected, dy: Array, x: Array, y: Array, tools: Reverse
) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, 1, layer.fit)
    rows = dy.reshape(x.shape[0], -1, layer.filters)
    weight = tools.weight("weight", rows.shape[1], layer.filters, x.shape[-1], *frame.kernel)
    learned, dx = tools.zeros(weight.shape), Spread(frame, x, tools)
    padded = bordered(x, frame.sides, tools)
    for tap, onto in dx.taps():
        here: Index = (slice(None), slice(None), slice(None), *tap)
        onto += np.einsum("bpf,pfc->bpc", rows, weight[here]).reshape(onto.shape)
        under = frame.under(padded, tap).reshape(*rows.shape[:2], -1)
        learned[here] = np.einsum("bpf,bpc->pfc", rows, under)
    tools.learn("weight", learned)
    if layer.bias:
        tools.learn("bias", np.moveaxis(dy.sum(0), -1, 0))
    return dx.inside


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


def sparse_conv_gradient(layer: SparseConv, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding)
    pairs = [(filter, read) for filter, reads in enumerate(layer.table) for read in reads]
    weight = tools.weight("weight", len(pairs), *frame.kernel)
    learned, dx = tools.zeros(weight.shape), Spread(frame, x, tools)
    padded = bordered(x, frame.sides, tools)
    for tap, onto in dx.taps():
        under = frame.under(padded, tap)
        for entry, (filter, read) in enumerate(pairs):
            onto[..., read] += dy[..., filter] * weight[(entry, *tap)]
            learned[(entry, *tap)] = np.vdot(dy[..., filter], under[..., read])
    tools.learn("weight", learned)
    bias_gradient(dy, layer.bias, tools)
    return dx.inside


OPERATIONS: Operations = {
    "locally_connected": Operation(locally_connected, locally_connected_gradient),
    "sparse_conv": Operation(sparse_conv, sparse_conv_gradient),
}
