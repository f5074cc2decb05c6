"""Normalization. Gradients flow through statistics of the input; stored statistics are constants."""

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.executor.runtime.window_grid import Index
from cnncalc.layers import normalization as norms


def batchnorm(layer: norms.BatchNorm, x: Array, ctx: OpContext) -> Array:
    """With stored statistics, it is one factor and one offset per channel, prepared once."""
    channels = x.shape[-1]

    def factor() -> Array:
        weight = ctx.weight("weight", channels) if layer.affine and layer.scale else np.ones(channels)
        return weight / np.sqrt(ctx.weight("running_var", channels).astype(np.float64) + layer.eps)

    def offset() -> Array:
        bias = ctx.weight("bias", channels) if layer.affine and layer.center else np.zeros(channels)
        return bias - ctx.weight("running_mean", channels) * factor()

    y = ctx.like(x)
    rows, factors = ctx.wide("factor", x, factor)
    out, offsets = ctx.wide("offset", y, offset)

    def scale_and_shift(at: Index) -> None:
        ctx.multiply(rows[at], factors, out=out[at])
        ctx.add(out[at], offsets, out=out[at])

    ctx.each(out, scale_and_shift)
    return y


def batchnorm_gradient(layer: norms.BatchNorm, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """In inference mode, with the stored mean and variance."""
    mean, variance = (ctx.weight(name, x.shape[-1]) for name in ("running_mean", "running_var"))
    deviation = np.sqrt(variance + layer.eps)
    dx: Array = _affine_gradient(layer, dy, (x - mean) / deviation, x.shape[-1:], ctx) / deviation
    return dx


def _normalized(x: Array, axes: tuple[int, ...], eps: float, ctx: OpContext) -> Array:
    """`x` minus its mean, divided by its standard deviation, both over `axes`."""
    count = float(np.prod([x.shape[axis] for axis in axes]))
    mean = ctx.divide(ctx.sum(x, axes), count)
    centred = ctx.subtract(x, mean)
    variance = ctx.divide(ctx.sum(ctx.multiply(centred, centred), axes), count)
    deviation = ctx.sqrt(ctx.add(variance, eps))
    return ctx.divide(centred, deviation, out=centred)


Norm = norms.BatchNorm | norms.LayerNorm | norms.GroupNorm | norms.InstanceNorm


def _affine(layer: Norm, y: Array, dims: tuple[int, ...], ctx: OpContext) -> Array:
    """`y` times the learned scale plus the learned shift, as far as there are; channels are last in `y`."""
    if layer.affine and layer.scale:
        ctx.multiply(y, np.moveaxis(ctx.weight("weight", *dims), 0, -1), out=y)
    if layer.affine and layer.center:
        ctx.add(y, np.moveaxis(ctx.weight("bias", *dims), 0, -1), out=y)
    return y


Standardised = tuple[Array, Array]
"""Normalized values, and their standard deviation."""


def _standardised(x: Array, axes: tuple[int, ...], eps: float) -> Standardised:
    deviation = np.sqrt(x.var(axes, keepdims=True) + eps)
    return (x - x.mean(axes, keepdims=True)) / deviation, deviation


def _affine_gradient(
    layer: Norm, dy: Array, normalized: Array, dims: tuple[int, ...], ctx: GradContext
) -> Array:
    """The gradient through the learned scale and shift of shape `dims`, channels first."""
    axes = tuple(range(dy.ndim - len(dims)))
    if layer.affine and layer.center:
        ctx.learn("bias", np.moveaxis(dy.sum(axes), -1, 0))
    if not (layer.affine and layer.scale):
        return dy
    ctx.learn("weight", np.moveaxis((dy * normalized).sum(axes), -1, 0))
    return dy * np.moveaxis(ctx.weight("weight", *dims), 0, -1)


def _through(dy: Array, normalized: Standardised, axes: tuple[int, ...]) -> Array:
    """The gradient through a normalization: dy minus its mean and its projection on the output."""
    y, deviation = normalized
    common = dy.mean(axes, keepdims=True) + y * (dy * y).mean(axes, keepdims=True)
    dx: Array = (dy - common) / deviation
    return dx


def layernorm(layer: norms.LayerNorm, x: Array, ctx: OpContext) -> Array:
    everything = layer.over == "all"
    axes = tuple(range(1, x.ndim)) if everything else (x.ndim - 1,)
    dims = (x.shape[-1], *x.shape[1:-1]) if everything else x.shape[-1:]
    return _affine(layer, _normalized(x, axes, layer.eps, ctx), dims, ctx)


def layernorm_gradient(layer: norms.LayerNorm, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    everything = layer.over == "all"
    axes = tuple(range(1, x.ndim)) if everything else (x.ndim - 1,)
    dims = (x.shape[-1], *x.shape[1:-1]) if everything else x.shape[-1:]
    normalized = _standardised(x, axes, layer.eps)
    return _through(_affine_gradient(layer, dy, normalized[0], dims, ctx), normalized, axes)


def groupnorm(layer: norms.GroupNorm, x: Array, ctx: OpContext) -> Array:
    grouped = x.reshape(*x.shape[:-1], layer.groups, -1)
    axes = (*range(1, x.ndim - 1), grouped.ndim - 1)
    y = _normalized(grouped, axes, layer.eps, ctx).reshape(x.shape)
    return _affine(layer, y, x.shape[-1:], ctx)


def groupnorm_gradient(layer: norms.GroupNorm, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    grouped = x.reshape(*x.shape[:-1], layer.groups, -1)
    axes = (*range(1, x.ndim - 1), grouped.ndim - 1)
    normalized = _standardised(grouped, axes, layer.eps)
    dy = _affine_gradient(layer, dy, normalized[0].reshape(x.shape), x.shape[-1:], ctx)
    return _through(dy.reshape(grouped.shape), normalized, axes).reshape(x.shape)


def instancenorm(layer: norms.InstanceNorm, x: Array, ctx: OpContext) -> Array:
    y = _normalized(x, tuple(range(1, x.ndim - 1)), layer.eps, ctx)
    return _affine(layer, y, x.shape[-1:], ctx)


def instancenorm_gradient(
    layer: norms.InstanceNorm, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    axes = tuple(range(1, x.ndim - 1))
    normalized = _standardised(x, axes, layer.eps)
    return _through(_affine_gradient(layer, dy, normalized[0], x.shape[-1:], ctx), normalized, axes)


def lrn(layer: norms.LocalResponseNorm, x: Array, ctx: OpContext) -> Array:
    """x / (k + alpha/size · Σ x²)^beta, the squares summed over neighbouring channels."""
    squares = ctx.multiply(x, x)
    before = layer.size // 2
    room = [(0, 0)] * (x.ndim - 1) + [(before, layer.size - 1 - before)]
    padded, channels = np.pad(squares, room), x.shape[-1]
    total = padded[..., :channels].copy()
    for first in range(1, layer.size):
        ctx.add(total, padded[..., first : first + channels], out=total)
    ctx.multiply(total, layer.alpha / layer.size, out=total)
    ctx.add(total, layer.k, out=total)
    ctx.power(total, layer.beta, out=total)
    return ctx.divide(x, total, out=total)


def lrn_gradient(layer: norms.LocalResponseNorm, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """A channel affects its own output, and through its square the outputs of its neighbours."""
    before, channels = layer.size // 2, x.shape[-1]
    room = [(0, 0)] * (x.ndim - 1) + [(before, layer.size - 1 - before)]
    squares = np.pad(x * x, room)
    total = sum(squares[..., first : first + channels] for first in range(layer.size))
    base = layer.k + layer.alpha / layer.size * total
    shared = dy * x * base ** (-layer.beta - 1)
    gathered = np.zeros_like(squares)
    for first in range(layer.size):
        gathered[..., first : first + channels] += shared
    factor = 2 * layer.alpha * layer.beta / layer.size
    dx: Array = dy * base**-layer.beta - factor * x * gathered[..., before : before + channels]
    return dx


def _over(layer: norms.RmsNorm, x: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of the mean, and the shape of the scale, channels first."""
    if layer.over == "all":
        return tuple(range(1, x.ndim)), (x.shape[-1], *x.shape[1:-1])
    return (x.ndim - 1,), x.shape[-1:]


def rms_norm(layer: norms.RmsNorm, x: Array, ctx: OpContext) -> Array:
    axes, dims = _over(layer, x)
    count = float(np.prod([x.shape[axis] for axis in axes]))
    squares = ctx.divide(ctx.sum(ctx.multiply(x, x), axes), count)
    y = ctx.divide(x, ctx.sqrt(ctx.add(squares, layer.eps)), out=ctx.empty(x.shape))
    if layer.scale:
        ctx.multiply(y, np.moveaxis(ctx.weight("weight", *dims), 0, -1), out=y)
    return y


def rms_norm_gradient(layer: norms.RmsNorm, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    axes, dims = _over(layer, x)
    root = np.sqrt((x * x).mean(axes, keepdims=True) + layer.eps)
    normalized = x / root
    if layer.scale:
        summed = tuple(range(dy.ndim - len(dims)))
        ctx.learn("weight", np.moveaxis((dy * normalized).sum(summed), -1, 0))
        dy = dy * np.moveaxis(ctx.weight("weight", *dims), 0, -1)
    dx: Array = (dy - normalized * (dy * normalized).mean(axes, keepdims=True)) / root
    return dx


def global_response_norm(layer: norms.GlobalResponseNorm, x: Array, ctx: OpContext) -> Array:
    places, channels = tuple(range(1, x.ndim - 1)), x.shape[-1]
    norm = ctx.sqrt(ctx.sum(ctx.multiply(x, x), places))
    mean = ctx.divide(ctx.sum(norm, (x.ndim - 1,)), float(channels))
    share = ctx.divide(norm, ctx.add(mean, layer.eps))
    y = ctx.multiply(x, share, out=ctx.empty(x.shape))
    ctx.multiply(y, ctx.weight("weight", channels), out=y)
    ctx.add(y, ctx.weight("bias", channels), out=y)
    return ctx.add(y, x, out=y)


def global_response_norm_gradient(
    layer: norms.GlobalResponseNorm, dy: Array, x: Array, y: Array, ctx: GradContext
) -> Array:
    """Through the input itself, its norm, and the mean of all norms."""
    places, channels = tuple(range(1, x.ndim - 1)), x.shape[-1]
    weight = ctx.weight("weight", channels)
    norm = np.sqrt((x * x).sum(places, keepdims=True))
    mean = norm.mean(-1, keepdims=True) + layer.eps
    share = norm / mean
    ctx.learn("weight", (dy * x * share).reshape(-1, channels).sum(0))
    ctx.learn("bias", dy.reshape(-1, channels).sum(0))
    of_share = (dy * weight * x).sum(places, keepdims=True)
    of_norm = of_share / mean - (of_share * norm).sum(-1, keepdims=True) / mean**2 / channels
    direction = np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)
    dx: Array = dy * (weight * share + 1) + of_norm * direction
    return dx


OPERATIONS: Operations = {
    "batchnorm": Operation(
        batchnorm,
        batchnorm_gradient,
        buffers=("running_mean", "running_var"),
        initial={"weight": 1.0, "running_mean": 0.0, "running_var": 1.0},
    ),
    "layernorm": Operation(layernorm, layernorm_gradient, initial={"weight": 1.0}),
    "groupnorm": Operation(groupnorm, groupnorm_gradient, initial={"weight": 1.0}),
    "instancenorm": Operation(instancenorm, instancenorm_gradient, initial={"weight": 1.0}),
    "rms_norm": Operation(rms_norm, rms_norm_gradient, initial={"weight": 1.0}),
    "global_response_norm": Operation(
        global_response_norm, global_response_norm_gradient, initial={"weight": 1.0}
    ),
    "lrn": Operation(lrn, lrn_gradient, copies=4),
}
