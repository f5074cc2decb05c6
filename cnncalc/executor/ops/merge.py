"""Layers that merge several tensors."""

from collections.abc import Callable
from math import prod

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.axes import axis_of
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.executor.runtime.window_grid import Index
from cnncalc.layers.merging import Add, AlignedMerge, Average, Concat, MatMul, Maximum, Minimum, Mul, Subtract

Join = Callable[[Array, Array, Array], object]
"""Joins two arrays into a third."""


def fitted(layer: AlignedMerge, xs: list[Array]) -> list[Array]:
    """Views with as many axes, and of every axis either the common size or 1, which is repeated.

    `align: crop` centre-crops larger maps, with an odd remainder at the end.
    """
    rank = max(x.ndim for x in xs)
    views = [x.reshape(x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]) for x in xs]
    gates = isinstance(layer, Mul) and not layer.broadcast
    repeat = [layer.broadcast or (gates and prod(view.shape[1:-1]) == 1) for view in views]
    for axis in range(1, rank - 1):
        sizes = [
            v.shape[axis]
            for v, repeats in zip(views, repeat, strict=True)
            if v.shape[axis] > 1 or not repeats
        ]
        size = min(sizes, default=1)
        for at, view in enumerate(views):
            start = max(view.shape[axis] - size, 0) // 2
            views[at] = view[(*(slice(None),) * axis, slice(start, start + size))]
    return views


def full(views: list[Array]) -> list[Array]:
    """Views repeated to their common size."""
    if len({view.shape for view in views}) == 1:
        return views
    return list(np.broadcast_arrays(*views))


def restored(layer: AlignedMerge, parts: list[Array], xs: list[Array], ctx: GradContext) -> list[Array]:
    """Gradients of the inputs from those of the full views.

    They are sums over what is repeated, and zeros where it is cropped.
    """
    whole = [ctx.zeros(x.shape) for x in xs]
    for part, view in zip(parts, fitted(layer, whole), strict=True):
        repeated = tuple(axis for axis, n in enumerate(view.shape) if n == 1 and part.shape[axis] > 1)
        view[...] = part.sum(repeated, keepdims=True) if repeated else part
    return whole


def _joined(layer: AlignedMerge, xs: tuple[Array, ...], join: Join, ctx: OpContext) -> Array:
    """Joins the inputs one after the other."""
    first, *others = full(fitted(layer, list(xs)))
    if not others:
        return ctx.copy(first)
    out = xs[0] if ctx.overwrite and first.shape == xs[0].shape else ctx.empty(first.shape)

    def joins(at: Index) -> None:
        join(first[at], others[0][at], out[at])
        for other in others[1:]:
            join(out[at], other[at], out[at])

    ctx.each(out, joins)
    return out


def add(layer: Add, *xs: Array, ctx: OpContext) -> Array:
    return _joined(layer, xs, ctx.add, ctx)


def add_gradient(layer: Add, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    return restored(layer, [dy] * len(xs), list(xs), ctx)


def subtract(layer: Subtract, *xs: Array, ctx: OpContext) -> Array:
    return _joined(layer, xs, ctx.subtract, ctx)


def subtract_gradient(layer: Subtract, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    return restored(layer, [dy, -dy], list(xs), ctx)


def average(layer: Average, *xs: Array, ctx: OpContext) -> Array:
    y = _joined(layer, xs, ctx.add, ctx)
    return ctx.divide(y, float(len(xs)), out=y)


def average_gradient(layer: Average, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    return restored(layer, [dy / len(xs)] * len(xs), list(xs), ctx)


def maximum(layer: Maximum, *xs: Array, ctx: OpContext) -> Array:
    return _joined(layer, xs, ctx.maximum, ctx)


def maximum_gradient(layer: Maximum, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    views = full(fitted(layer, list(xs)))
    return restored(layer, _to_extreme(dy, views, np.maximum), list(xs), ctx)


def minimum(layer: Minimum, *xs: Array, ctx: OpContext) -> Array:
    return _joined(layer, xs, ctx.minimum, ctx)


def minimum_gradient(layer: Minimum, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    views = full(fitted(layer, list(xs)))
    return restored(layer, _to_extreme(dy, views, np.minimum), list(xs), ctx)


def _to_extreme(dy: Array, views: list[Array], join: np.ufunc) -> list[Array]:
    """Passes the gradient to the larger or smaller of two values, or halves to equal ones, as in PyTorch."""
    so_far = [views[0]]
    for view in views[1:-1]:
        so_far.append(join(so_far[-1], view))
    parts = []
    for before, view in zip(so_far[::-1], views[:0:-1], strict=True):
        share = np.where(before == view, 0.5, view == join(before, view)).astype(dy.dtype)
        parts.append(dy * share)
        dy = dy * (1 - share)
    return [*parts, dy][::-1]


def mul(layer: Mul, *xs: Array, ctx: OpContext) -> Array:
    """Gates with one value per channel scale whole maps."""
    return _joined(layer, xs, ctx.multiply, ctx)


def mul_gradient(layer: Mul, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    """The gradient of each factor is dy times the others."""
    factors = fitted(layer, list(xs))
    parts = [
        dy * prod((other for there, other in enumerate(factors) if there != here), start=1.0)
        for here in range(len(factors))
    ]
    return restored(layer, parts, list(xs), ctx)


def concat(layer: Concat, *xs: Array, ctx: OpContext) -> Array:
    parts = _stacked(layer, list(xs))
    axis = axis_of(layer.axis, parts[0])
    sizes = list(parts[0].shape)
    sizes[axis] = sum(part.shape[axis] for part in parts)
    return np.concatenate(parts, axis=axis, out=ctx.empty(tuple(sizes)))


def _stacked(layer: Concat, xs: list[Array]) -> list[Array]:
    """Views of the same spatial sizes, for stacking channels."""
    if layer.axis != "channels":
        return xs
    views = fitted(layer, xs)
    sizes = np.broadcast_shapes(*(view.shape[:-1] for view in views))
    return [np.broadcast_to(view, (*sizes, view.shape[-1])) for view in views]


def concat_gradient(layer: Concat, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    axis = axis_of(layer.axis, dy)
    ends = np.cumsum([x.shape[axis] for x in xs])
    parts = np.split(dy, ends[:-1], axis=axis)
    return restored(layer, parts, list(xs), ctx) if layer.axis == "channels" else parts


def _matrices(x: Array, transposed: bool) -> Array:
    """The matrices of a tensor, channels first, possibly with rows and columns exchanged."""
    first = np.moveaxis(x, -1, 1)
    return first.swapaxes(-1, -2) if transposed else first


def matmul(layer: MatMul, *xs: Array, ctx: OpContext) -> Array:
    flags = (layer.transpose_first, layer.transpose_second)
    a, b = (_matrices(x, flag) for x, flag in zip(xs, flags, strict=True))
    return ctx.copy(np.moveaxis(ctx.matmul(a, b), 1, -1))


def matmul_gradient(layer: MatMul, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    flags = (layer.transpose_first, layer.transpose_second)
    a, b = (_matrices(x, flag) for x, flag in zip(xs, flags, strict=True))
    dy = np.moveaxis(dy, -1, 1)
    parts = (dy @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ dy)
    return [
        np.moveaxis(part.swapaxes(-1, -2) if flag else part, 1, -1)
        for part, flag in zip(parts, flags, strict=True)
    ]


OPERATIONS: Operations = {
    "matmul": Operation(matmul, matmul_gradient, mixes=True),
    "add": Operation(add, add_gradient),
    "mul": Operation(mul, mul_gradient),
    "subtract": Operation(subtract, subtract_gradient),
    "average": Operation(average, average_gradient),
    "maximum": Operation(maximum, maximum_gradient, selects=True),
    "minimum": Operation(minimum, minimum_gradient, selects=True),
    "concat": Operation(concat, concat_gradient),
}
