"""Convolutions with shared weights, and transposed convolution."""

from math import prod

from cnncalc.executor.ops.correlation import correlate, correlate_gradient
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.borders import copied_border, copied_border_gradient
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, all_but_last
from cnncalc.executor.runtime.window_grid import (
    Index,
    WindowGrid,
    bordered,
    both_sides,
    cropped,
    named_border,
    pairs_outside,
    spread,
    transposed_grid,
    window_grid,
)
from cnncalc.layers.base import Dims, Padding
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.local import LocallyConnected, SparseConv

Sliding = Conv | Depthwise | Separable | LocallyConnected | SparseConv


def conv(layer: Conv, x: Array, ctx: OpContext) -> Array:
    x, grid = framed(layer, x)
    y = correlate(x, grid, layer.filters, layer.groups, ctx, standardize=_eps(layer))
    return biased(y, layer.bias, ctx)


def _eps(layer: Conv) -> float | None:
    """What is added to the variance of the weights; None if they are not standardized."""
    return layer.eps if layer.standardize else None


def conv_gradient(layer: Conv, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    padded, grid = framed(layer, x)
    bias_gradient(dy, layer.bias, ctx)
    dx = correlate_gradient(dy, padded, grid, layer.groups, "weight", ctx, _eps(layer))
    return unframed(layer, dx, x)


def framed(layer: Sliding, x: Array) -> tuple[Array, WindowGrid]:
    """The input and the windows over it; with a border of copies, the padded input."""
    grid = _grid(layer, x, layer.padding)
    if layer.padding_mode == "zeros":
        return x, grid
    padded = copied_border(x, grid.border, layer.padding_mode)
    return padded, _grid(layer, padded, 0)


def _grid(layer: Sliding, x: Array, padding: Padding) -> WindowGrid:
    dilation = 1 if isinstance(layer, LocallyConnected | SparseConv) else layer.dilation
    fit = "floor" if isinstance(layer, SparseConv) else layer.fit
    return window_grid(x.shape[1:-1], layer.kernel, layer.stride, padding, dilation, fit)


def unframed(layer: Sliding, dx: Array, x: Array) -> Array:
    """The gradient of the input, given that of the padded one."""
    if layer.padding_mode == "zeros":
        return dx
    return copied_border_gradient(
        dx, x.shape[1:-1], _grid(layer, x, layer.padding).border, layer.padding_mode
    )


def depthwise(layer: Depthwise, x: Array, ctx: OpContext) -> Array:
    x, grid = framed(layer, x)
    channels = x.shape[-1]
    y = correlate(x, grid, channels * layer.multiplier, channels, ctx)
    return biased(y, layer.bias, ctx)


def depthwise_gradient(layer: Depthwise, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    padded, grid = framed(layer, x)
    bias_gradient(dy, layer.bias, ctx)
    return unframed(layer, correlate_gradient(dy, padded, grid, x.shape[-1], "weight", ctx), x)


def separable(layer: Separable, x: Array, ctx: OpContext) -> Array:
    x, grid = framed(layer, x)
    channels = x.shape[-1]
    between = correlate(x, grid, channels * layer.multiplier, channels, ctx, "depthwise")
    point = window_grid(between.shape[1:-1], 1)
    y = correlate(between, point, layer.filters, 1, ctx, "pointwise")
    return biased(y, layer.bias, ctx)


def separable_gradient(layer: Separable, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The intermediate maps are recomputed."""
    padded, grid = framed(layer, x)
    between = correlate(padded, grid, x.shape[-1] * layer.multiplier, x.shape[-1], ctx, "depthwise")
    bias_gradient(dy, layer.bias, ctx)
    dy = correlate_gradient(dy, between, window_grid(between.shape[1:-1], 1), 1, "pointwise", ctx)
    return unframed(layer, correlate_gradient(dy, padded, grid, x.shape[-1], "depthwise", ctx), x)


def biased(y: Array, bias: bool, ctx: OpContext) -> Array:
    """`y` plus one bias per channel."""
    if bias:
        rows, row = ctx.wide("bias", y, lambda: ctx.weight("bias", y.shape[-1]))
        ctx.each(rows, lambda at: ctx.add(rows[at], row, out=rows[at]))
    return y


def bias_gradient(dy: Array, bias: bool, ctx: GradContext) -> None:
    if bias:
        ctx.learn("bias", dy.sum(all_but_last(dy)))


def conv_transpose(layer: ConvTranspose, x: Array, ctx: OpContext) -> Array:
    """Each input adds its scaled kernel to the output."""
    rank, filters = x.ndim - 2, layer.filters // layer.groups
    grid = transposed_grid(x.shape[1:-1], layer.kernel, layer.stride, layer.dilation)
    crops, extra = _crops(layer, grid), spread(layer.output_padding or 0, rank)
    room = [n + max(a - after, 0) for n, a, (_, after) in zip(grid.padded, extra, crops, strict=True)]
    y = ctx.empty((x.shape[0], *room, layer.filters))
    y[...] = 0
    sides = tuple((before, max(after - a, 0)) for (before, after), a in zip(crops, extra, strict=True))
    ctx.macs_on_padding += pairs_outside(grid, sides) * x.shape[0] * x.shape[-1] * filters
    weight = ctx.weight("weight", x.shape[-1], filters, *grid.kernel)
    for tap in grid.taps:
        onto = grid.under(y, tap)
        for group in range(layer.groups):
            read = slice(group * x.shape[-1] // layer.groups, (group + 1) * x.shape[-1] // layer.groups)
            made = slice(group * filters, (group + 1) * filters)
            here: Index = (read, slice(None), *tap)
            onto[..., made] += ctx.matmul(x[..., read], weight[here])
    return biased(ctx.copy(cropped(y, sides)), layer.bias, ctx)


def conv_transpose_gradient(layer: ConvTranspose, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The adjoint is the convolution that it transposes: windows over the gradient, one per input."""
    rank, channels, groups = x.ndim - 2, x.shape[-1] // layer.groups, layer.groups
    grid = transposed_grid(x.shape[1:-1], layer.kernel, layer.stride, layer.dilation)
    axes = zip(_crops(layer, grid), spread(layer.output_padding or 0, rank), strict=True)
    # zeros where the layer cropped; no input contributes to positions added by `output_padding`
    padded = bordered(dy, tuple((before, max(after - extra, 0)) for (before, after), extra in axes), ctx)
    weight = ctx.weight("weight", x.shape[-1], layer.filters // groups, *grid.kernel)
    learned, dx = ctx.zeros(weight.shape), ctx.zeros(x.shape)
    for tap in grid.taps:
        under = grid.under(padded, tap)
        for group in range(groups):
            read = slice(group * channels, (group + 1) * channels)
            made = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
            here: Index = (read, slice(None), *tap)
            rows = under[..., made].reshape(-1, weight.shape[1])
            dx[..., read] += (rows @ weight[here].T.copy()).reshape(*x.shape[:-1], channels)
            learned[here] = x[..., read].reshape(-1, channels).T @ rows
    ctx.learn("weight", learned)
    bias_gradient(dy, layer.bias, ctx)
    return dx


def _crops(layer: ConvTranspose, grid: WindowGrid) -> list[tuple[int, int]]:
    """The crop on each side. `same` gives the input size times the stride."""
    if not isinstance(layer.padding, str):
        return list(both_sides(layer.padding, len(grid.counts)))
    if layer.sizes == "keras" and layer.padding in ("valid", "same"):
        return _keras_crops(layer, grid)
    crops = []
    for n, full, stride, span in zip(grid.counts, grid.padded, grid.stride, grid.spans, strict=True):
        before, after = named_border(layer.padding, n * stride, span, stride)
        keeps = layer.padding.startswith("same")
        crops.append((before, full - before - n * stride if keeps else after))
    return crops


def _keras_crops(layer: ConvTranspose, grid: WindowGrid) -> list[tuple[int, int]]:
    """Keras' crops, without the output padding, which the caller adds at the end.

    Without one, each input makes at least `stride` outputs, and `same` exactly so many.
    """
    crops = []
    for span, stride in zip(grid.spans, grid.stride, strict=True):
        if layer.output_padding is None:
            excess = span - stride if layer.padding == "same" else min(span - stride, 0)
            crops.append((max(excess, 0) // 2, excess - max(excess, 0) // 2))
        else:
            half = span // 2 if layer.padding == "same" else 0
            given = spread(layer.output_padding, len(grid.counts))[len(crops)]
            before = max(half - (given + 1) // 2, 0)
            crops.append((before, 2 * half - before))
    return crops


def transposed_fan_in(layer: ConvTranspose, dims: Dims) -> float:
    """Each kernel is divided between the outputs per input, which is the product of the strides."""
    made = prod(spread(layer.stride, len(dims) - 2))
    return dims[0] / layer.groups * prod(dims[2:]) / made


OPERATIONS: Operations = {
    "conv": Operation(conv, conv_gradient),
    "depthwise": Operation(depthwise, depthwise_gradient),
    "separable": Operation(separable, separable_gradient),
    "conv_transpose": Operation(
        conv_transpose, conv_transpose_gradient, fan_in=transposed_fan_in, copies=3, reorders_weights=False
    ),
}
