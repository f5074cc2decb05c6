"""Convolutions without weight sharing, or whose filters read only some channels."""

from math import prod

import numpy as np

from cnncalc.executor.ops.conv import bias_gradient, biased, framed, unframed
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, WindowGradient
from cnncalc.executor.runtime.window_grid import Index, bordered, pairs_outside
from cnncalc.layers.base import Dims
from cnncalc.layers.local import LocallyConnected, SparseConv


def locally_connected(layer: LocallyConnected, x: Array, ctx: OpContext) -> Array:
    x, grid = framed(layer, x)
    places = prod(grid.counts)
    weight = ctx.weight("weight", places, layer.filters, x.shape[-1], *grid.kernel)
    windows = grid.windows(bordered(x, grid.sides, ctx))
    y = ctx.empty((x.shape[0], *grid.counts, layer.filters))
    ctx.macs_on_padding += pairs_outside(grid, grid.border) * len(x) * layer.filters * x.shape[-1]
    by_place = np.moveaxis(windows, -1, 1 + len(grid.counts)).reshape(x.shape[0], places, -1)
    ctx.einsum(
        "bpi,pfi->bpf",
        by_place,
        weight.reshape(places, layer.filters, -1),
        out=y.reshape(x.shape[0], places, -1),
    )
    if layer.bias:
        ctx.add(y, np.moveaxis(ctx.weight("bias", layer.filters, *grid.counts), 0, -1), out=y)
    return y


def locally_connected_gradient(
    layer: LocallyConnected, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    framed_x, grid = framed(layer, x)
    rows = dy.reshape(x.shape[0], -1, layer.filters)
    weight = ctx.weight("weight", rows.shape[1], layer.filters, x.shape[-1], *grid.kernel)
    learned, dx = ctx.zeros(weight.shape), WindowGradient(grid, framed_x, ctx)
    padded = bordered(framed_x, grid.sides, ctx)
    for tap, onto in dx.taps():
        here: Index = (slice(None), slice(None), slice(None), *tap)
        onto += np.einsum("bpf,pfc->bpc", rows, weight[here]).reshape(onto.shape)
        under = grid.under(padded, tap).reshape(*rows.shape[:2], -1)
        learned[here] = np.einsum("bpf,bpc->pfc", rows, under)
    ctx.learn("weight", learned)
    if layer.bias:
        ctx.learn("bias", np.moveaxis(dy.sum(0), -1, 0))
    return unframed(layer, dx.inside, x)


def sparse_conv(layer: SparseConv, x: Array, ctx: OpContext) -> Array:
    """Each filter convolves only the maps that it reads."""
    x, grid = framed(layer, x)
    weight = ctx.weight("weight", sum(map(len, layer.table)), *grid.kernel)
    padded = bordered(x, grid.sides, ctx)
    y = ctx.empty((x.shape[0], *grid.counts, len(layer.table)))
    y[...] = 0
    ctx.macs_on_padding += pairs_outside(grid, grid.border) * len(x) * len(weight)
    entry = 0
    for filter, read in enumerate(layer.table):
        kernels = weight[entry : entry + len(read)]
        entry += len(read)
        for tap in grid.taps:
            under = grid.under(padded, tap)[..., list(read)]
            y[..., filter] += ctx.matmul(under, kernels[:, *tap, np.newaxis])[..., 0]
    return biased(y, layer.bias, ctx)


def sparse_conv_gradient(layer: SparseConv, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    framed_x, grid = framed(layer, x)
    pairs = [(filter, read) for filter, reads in enumerate(layer.table) for read in reads]
    weight = ctx.weight("weight", len(pairs), *grid.kernel)
    learned, dx = ctx.zeros(weight.shape), WindowGradient(grid, framed_x, ctx)
    padded = bordered(framed_x, grid.sides, ctx)
    for tap, onto in dx.taps():
        under = grid.under(padded, tap)
        for entry, (filter, read) in enumerate(pairs):
            onto[..., read] += dy[..., filter] * weight[(entry, *tap)]
            learned[(entry, *tap)] = np.vdot(dy[..., filter], under[..., read])
    ctx.learn("weight", learned)
    bias_gradient(dy, layer.bias, ctx)
    return unframed(layer, dx.inside, x)


def local_fan_in(layer: LocallyConnected, dims: Dims) -> float:
    """The first axis of the kernel is the output position."""
    return prod(dims[2:])


def sparse_fan_in(layer: SparseConv, dims: Dims) -> float:
    """The kernel has one entry per pair of input and output channel."""
    return prod(dims) / len(layer.table)


OPERATIONS: Operations = {
    "locally_connected": Operation(
        locally_connected,
        locally_connected_gradient,
        fan_in=local_fan_in,
        reorders_weights=False,
        all_windows=True,
    ),
    "sparse_conv": Operation(sparse_conv, sparse_conv_gradient, fan_in=sparse_fan_in, reorders_weights=False),
}
