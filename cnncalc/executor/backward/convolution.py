"""Convolutions and dense layers backwards: to each input what every weight that met it says, and to each
weight what every input that it met says."""

import numpy as np

from cnncalc.executor.ops.correlation import correlate
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.gradient_context import Reverse, Spread, all_but_last
from cnncalc.executor.runtime.window_grid import Frame, Index, bordered, both_sides, named_border, spread
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.dense import Dense
from cnncalc.layers.local import LocallyConnected, SparseConv


def conv(layer: Conv, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    _bias(dy, layer.bias, tools)
    return _correlate(dy, x, frame, layer.groups, "weight", tools)


def depthwise(layer: Depthwise, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    _bias(dy, layer.bias, tools)
    return _correlate(dy, x, frame, x.shape[-1], "weight", tools)


def separable(layer: Separable, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """The maps between the two steps are computed again."""
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    between = correlate(x, frame, x.shape[-1] * layer.multiplier, x.shape[-1], tools, "depthwise")
    _bias(dy, layer.bias, tools)
    dy = _correlate(dy, between, Frame(between.shape[1:-1], 1), 1, "pointwise", tools)
    return _correlate(dy, x, frame, x.shape[-1], "depthwise", tools)


def _bias(dy: Array, bias: bool, tools: Reverse) -> None:
    if bias:
        tools.learn("bias", dy.sum(all_but_last(dy)))


def _correlate(dy: Array, x: Array, frame: Frame, groups: int, name: str, tools: Reverse) -> Array:
    """A cross-correlation backwards, tap by tap."""
    weight = tools.weight(name, dy.shape[-1], x.shape[-1] // groups, *frame.kernel)
    learned, dx = tools.zeros(weight.shape), Spread(frame, x, tools)
    padded = bordered(x, frame.sides, tools)
    for tap, onto in dx.taps():
        here: Index = (slice(None), slice(None), *tap)
        read, learned[here] = _joined(dy, frame.under(padded, tap), weight[here], groups)
        onto += read
    tools.learn(name, learned)
    return dx.inside


def _joined(dy: Array, x: Array, weight: Array, groups: int) -> tuple[Array, Array]:
    """A 1×1 convolution backwards: what goes to its input, and what to its weight."""
    by_group = np.ascontiguousarray(weight).reshape(groups, -1, weight.shape[1])
    made = dy.reshape(-1, *by_group.shape[:2])
    read = x.reshape(-1, groups, weight.shape[1])
    if weight.shape[1] == 1:  # depthwise: small products, many of them
        dx = np.einsum("rgf,gf->rg", made, by_group[..., 0])
        learned = np.einsum("rgf,rg->gf", made, read[..., 0])
    else:
        dx = (made.swapaxes(0, 1) @ by_group).swapaxes(0, 1)
        learned = made.transpose(1, 2, 0) @ read.swapaxes(0, 1)
    return dx.reshape(x.shape), learned.reshape(weight.shape)


def conv_transpose(layer: ConvTranspose, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """Its adjoint is the convolution that it transposes: windows over the gradient, one for each input."""
    rank, channels, groups = x.ndim - 2, x.shape[-1] // layer.groups, layer.groups
    frame = Frame(_uncropped(layer, x), layer.kernel, layer.stride, 0, layer.dilation)
    frame.counts = x.shape[1:-1]
    sides = _cut(layer, x, dy, frame)
    padded = bordered(dy, sides, tools)
    weight = tools.weight("weight", x.shape[-1], layer.filters // groups, *spread(layer.kernel, rank))
    learned, dx = tools.zeros(weight.shape), tools.zeros(x.shape)
    for tap in frame.taps:
        under = frame.under(padded, tap)
        for group in range(groups):
            read = slice(group * channels, (group + 1) * channels)
            made = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
            here: Index = (read, slice(None), *tap)
            rows = under[..., made].reshape(-1, weight.shape[1])
            dx[..., read] += (rows @ weight[here].T.copy()).reshape(*x.shape[:-1], channels)
            learned[here] = x[..., read].reshape(-1, channels).T @ rows
    tools.learn("weight", learned)
    _bias(dy, layer.bias, tools)
    return dx


def _uncropped(layer: ConvTranspose, x: Array) -> tuple[int, ...]:
    """What all inputs' kernels cover together."""
    rank = x.ndim - 2
    axes = zip(
        x.shape[1:-1],
        *(spread(value, rank) for value in (layer.kernel, layer.stride, layer.dilation)),
        strict=True,
    )
    return tuple((n - 1) * s + (k - 1) * d + 1 for n, k, s, d in axes)


def _cut(layer: ConvTranspose, x: Array, dy: Array, frame: Frame) -> tuple[tuple[int, int], ...]:
    """What the layer cut off each side; past the end it may have added instead, which nothing reads."""
    if isinstance(layer.padding, str):
        axes = zip(x.shape[1:-1], frame.stride, map(frame.span, range(x.ndim - 2)), strict=True)
        begin = [named_border(layer.padding, n * s, span, s)[0] for n, s, span in axes]
    else:
        begin = [before for before, _ in both_sides(layer.padding, x.ndim - 2)]
    ends = zip(frame.padded, begin, dy.shape[1:-1], strict=True)
    return tuple((before, max(full - before - n, 0)) for full, before, n in ends)


def locally_connected(layer: LocallyConnected, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
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


def sparse_conv(layer: SparseConv, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
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
    _bias(dy, layer.bias, tools)
    return dx.inside


def dense(layer: Dense, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    rows = x.reshape(x.shape[0], -1)
    weight = tools.weight("weight", layer.units, rows.shape[1])
    tools.learn("weight", dy.T @ rows)
    _bias(dy, layer.bias, tools)
    dx: Array = (dy @ weight).reshape(x.shape)
    return dx
