"""Convolutions over all places with one kernel, and their transpose."""

from cnncalc.executor.ops.correlation import correlate, correlate_gradient
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import Tools
from cnncalc.executor.runtime.gradient_context import Reverse, all_but_last
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


def conv(layer: Conv, x: Array, tools: Tools) -> Array:
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    y = correlate(x, frame, layer.filters, layer.groups, tools)
    return biased(y, layer.bias, tools)


def conv_gradient(layer: Conv, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    bias_gradient(dy, layer.bias, tools)
    return correlate_gradient(dy, x, frame, layer.groups, "weight", tools)


def depthwise(layer: Depthwise, x: Array, tools: Tools) -> Array:
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    y = correlate(x, frame, channels * layer.multiplier, channels, tools)
    return biased(y, layer.bias, tools)


def depthwise_gradient(layer: Depthwise, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    bias_gradient(dy, layer.bias, tools)
    return correlate_gradient(dy, x, frame, x.shape[-1], "weight", tools)


def separable(layer: Separable, x: Array, tools: Tools) -> Array:
    frame = frame_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    between = correlate(x, frame, channels * layer.multiplier, channels, tools, "depthwise")
    point = frame_of(between.shape[1:-1], 1)
    y = correlate(between, point, layer.filters, 1, tools, "pointwise")
    return biased(y, layer.bias, tools)


def separable_gradient(layer: Separable, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
    """The maps between the two steps are computed again."""
    frame = Frame(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    between = correlate(x, frame, x.shape[-1] * layer.multiplier, x.shape[-1], tools, "depthwise")
    bias_gradient(dy, layer.bias, tools)
    dy = correlate_gradient(dy, between, Frame(between.shape[1:-1], 1), 1, "pointwise", tools)
    return correlate_gradient(dy, x, frame, x.shape[-1], "depthwise", tools)


def biased(y: Array, bias: bool, tools: Tools) -> Array:
    """`y` with one number added to each channel."""
    if bias:
        rows, row = tools.wide("bias", y, lambda: tools.weight("bias", y.shape[-1]))
        tools.each(rows, lambda at: tools.add(rows[at], row, out=rows[at]))
    return y


def bias_gradient(dy: Array, bias: bool, tools: Reverse) -> None:
    if bias:
        tools.learn("bias", dy.sum(all_but_last(dy)))


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


def conv_transpose_gradient(layer: ConvTranspose, dy: Array, x: Array, y: Array, tools: Reverse) -> Array:
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
    bias_gradient(dy, layer.bias, tools)
    return dx


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


OPERATIONS: Operations = {
    "conv": Operation(conv, conv_gradient),
    "depthwise": Operation(depthwise, depthwise_gradient),
    "separable": Operation(separable, separable_gradient),
    "conv_transpose": Operation(conv_transpose, conv_transpose_gradient),
}
