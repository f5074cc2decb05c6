"""Convolutions over all places with one kernel, and their transpose."""

from cnncalc.executor.ops.correlation import correlate, correlate_gradient
from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext, all_but_last
from cnncalc.executor.runtime.window_grid import (
    Index,
    WindowGrid,
    bordered,
    both_sides,
    cropped,
    grid_of,
    named_border,
    spread,
)
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable


def conv(layer: Conv, x: Array, ctx: OpContext) -> Array:
    grid = grid_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    y = correlate(x, grid, layer.filters, layer.groups, ctx)
    return biased(y, layer.bias, ctx)


def conv_gradient(layer: Conv, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    grid = WindowGrid(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    bias_gradient(dy, layer.bias, ctx)
    return correlate_gradient(dy, x, grid, layer.groups, "weight", ctx)


def depthwise(layer: Depthwise, x: Array, ctx: OpContext) -> Array:
    grid = grid_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    y = correlate(x, grid, channels * layer.multiplier, channels, ctx)
    return biased(y, layer.bias, ctx)


def depthwise_gradient(layer: Depthwise, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    grid = WindowGrid(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    bias_gradient(dy, layer.bias, ctx)
    return correlate_gradient(dy, x, grid, x.shape[-1], "weight", ctx)


def separable(layer: Separable, x: Array, ctx: OpContext) -> Array:
    grid = grid_of(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    channels = x.shape[-1]
    between = correlate(x, grid, channels * layer.multiplier, channels, ctx, "depthwise")
    point = grid_of(between.shape[1:-1], 1)
    y = correlate(between, point, layer.filters, 1, ctx, "pointwise")
    return biased(y, layer.bias, ctx)


def separable_gradient(layer: Separable, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The maps between the two steps are computed again."""
    grid = WindowGrid(x.shape[1:-1], layer.kernel, layer.stride, layer.padding, layer.dilation, layer.fit)
    between = correlate(x, grid, x.shape[-1] * layer.multiplier, x.shape[-1], ctx, "depthwise")
    bias_gradient(dy, layer.bias, ctx)
    dy = correlate_gradient(dy, between, WindowGrid(between.shape[1:-1], 1), 1, "pointwise", ctx)
    return correlate_gradient(dy, x, grid, x.shape[-1], "depthwise", ctx)


def biased(y: Array, bias: bool, ctx: OpContext) -> Array:
    """`y` with one number added to each channel."""
    if bias:
        rows, row = ctx.wide("bias", y, lambda: ctx.weight("bias", y.shape[-1]))
        ctx.each(rows, lambda at: ctx.add(rows[at], row, out=rows[at]))
    return y


def bias_gradient(dy: Array, bias: bool, ctx: GradContext) -> None:
    if bias:
        ctx.learn("bias", dy.sum(all_but_last(dy)))


def conv_transpose(layer: ConvTranspose, x: Array, ctx: OpContext) -> Array:
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
    y = ctx.empty((x.shape[0], *room, layer.filters))
    y[...] = 0
    grid = WindowGrid(tuple(room), kernel, stride, 0, dilation)
    grid.counts = x.shape[1:-1]
    weight = ctx.weight("weight", x.shape[-1], filters, *kernel)
    for tap in grid.taps:
        onto = grid.under(y, tap)
        for group in range(layer.groups):
            read = slice(group * x.shape[-1] // layer.groups, (group + 1) * x.shape[-1] // layer.groups)
            made = slice(group * filters, (group + 1) * filters)
            here: Index = (read, slice(None), *tap)
            onto[..., made] += ctx.matmul(x[..., read], weight[here])
    sides = (
        (before, n - f + after - a) for (before, after), n, f, a in zip(crops, room, full, extra, strict=True)
    )
    kept = cropped(y, tuple(sides))
    out = ctx.empty(kept.shape)
    out[...] = kept
    return biased(out, layer.bias, ctx)


def conv_transpose_gradient(layer: ConvTranspose, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """Its adjoint is the convolution that it transposes: windows over the gradient, one for each input."""
    rank, channels, groups = x.ndim - 2, x.shape[-1] // layer.groups, layer.groups
    grid = WindowGrid(_uncropped(layer, x), layer.kernel, layer.stride, 0, layer.dilation)
    grid.counts = x.shape[1:-1]
    sides = _cut(layer, x, dy, grid)
    padded = bordered(dy, sides, ctx)
    weight = ctx.weight("weight", x.shape[-1], layer.filters // groups, *spread(layer.kernel, rank))
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


def _cut(layer: ConvTranspose, x: Array, dy: Array, grid: WindowGrid) -> tuple[tuple[int, int], ...]:
    """What the layer cut off each side; past the end it may have added instead, which nothing reads."""
    if isinstance(layer.padding, str):
        axes = zip(x.shape[1:-1], grid.stride, map(grid.span, range(x.ndim - 2)), strict=True)
        begin = [named_border(layer.padding, n * s, span, s)[0] for n, s, span in axes]
    else:
        begin = [before for before, _ in both_sides(layer.padding, x.ndim - 2)]
    ends = zip(grid.padded, begin, dy.shape[1:-1], strict=True)
    return tuple((before, max(full - before - n, 0)) for full, before, n in ends)


OPERATIONS: Operations = {
    "conv": Operation(conv, conv_gradient),
    "depthwise": Operation(depthwise, depthwise_gradient),
    "separable": Operation(separable, separable_gradient),
    "conv_transpose": Operation(conv_transpose, conv_transpose_gradient),
}
