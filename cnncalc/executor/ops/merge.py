"""Layers that merge several tensors."""

from math import prod

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.executor.runtime.window_grid import Index
from cnncalc.layers.merging import Add, Concat, Merge, Mul


def aligned(layer: Merge, maps: list[Array]) -> list[Array]:
    """Maps of equal size: `align: crop` centre-crops larger maps, with an odd remainder at the end."""
    if layer.align == "exact":
        return maps
    sizes = tuple(map(min, zip(*(x.shape[1:-1] for x in maps), strict=True)))
    first = ([(n - size) // 2 for n, size in zip(x.shape[1:-1], sizes, strict=True)] for x in maps)
    return [
        x[:, *(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))]
        for x, starts in zip(maps, first, strict=True)
    ]


def _uncut(layer: Merge, parts: list[Array], xs: list[Array], ctx: GradContext) -> list[Array]:
    """Restores the original sizes, with zeros where `align: crop` cropped."""
    if layer.align == "exact":
        return parts
    whole = [ctx.zeros(x.shape) for x in xs]
    for part, view in zip(parts, aligned(layer, whole), strict=True):
        view[...] = part
    return whole


def add(layer: Add, *xs: Array, ctx: OpContext) -> Array:
    first, *others = aligned(layer, list(xs))
    if not others:
        return ctx.copy(first)
    out = first if ctx.overwrite and first is xs[0] else ctx.empty(first.shape)

    def sums(at: Index) -> None:
        ctx.add(first[at], others[0][at], out=out[at])
        for other in others[1:]:
            ctx.add(out[at], other[at], out=out[at])

    ctx.each(out, sums)
    return out


def add_gradient(layer: Add, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    return _uncut(layer, [dy] * len(xs), list(xs), ctx)


def mul(layer: Mul, *xs: Array, ctx: OpContext) -> Array:
    """Gates with one value per channel scale whole maps."""
    maps = [x for x in xs if prod(x.shape[1:-1]) > 1]
    gates = sorted((x for x in xs if prod(x.shape[1:-1]) == 1), key=np.ndim, reverse=True)
    if not maps:
        maps, gates = gates[:1], gates[1:]
    cut = aligned(layer, maps)
    factors = [*cut[1:], *(gate.reshape(gate.shape[0], *(1,) * (cut[0].ndim - 2), -1) for gate in gates)]
    y = ctx.copy(cut[0])
    for factor in factors:
        ctx.multiply(y, factor, out=y)
    return y


def mul_gradient(layer: Mul, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    """The gradient of each factor is dy times the others; for a gate, summed over the map."""
    gates = [prod(x.shape[1:-1]) == 1 for x in xs]
    maps = [x for x, gate in zip(xs, gates, strict=True) if not gate]
    cut = iter(aligned(layer, maps))
    vector = (dy.shape[0], *(1,) * (dy.ndim - 2), -1)
    factors = [x.reshape(vector) if gate else next(cut) for x, gate in zip(xs, gates, strict=True)]
    parts = [
        dy * prod((other for there, other in enumerate(factors) if there != here), start=1.0)
        for here in range(len(factors))
    ]
    whole = iter(_uncut(layer, [p for p, gate in zip(parts, gates, strict=True) if not gate], maps, ctx))
    over = tuple(range(1, dy.ndim - 1))
    return [
        part.sum(over).reshape(x.shape) if gate else next(whole)
        for x, part, gate in zip(xs, parts, gates, strict=True)
    ]


def concat(layer: Concat, *xs: Array, ctx: OpContext) -> Array:
    parts = aligned(layer, list(xs))
    y = ctx.empty((*parts[0].shape[:-1], sum(part.shape[-1] for part in parts)))
    start = 0
    for part in parts:
        y[..., start : start + part.shape[-1]] = part
        start += part.shape[-1]
    return y


def concat_gradient(layer: Concat, dy: Array, *xs: Array, y: Array, ctx: GradContext) -> list[Array]:
    ends = np.cumsum([x.shape[-1] for x in xs])
    return _uncut(layer, np.split(dy, ends[:-1], axis=-1), list(xs), ctx)


OPERATIONS: Operations = {
    "add": Operation(add, add_gradient),
    "mul": Operation(mul, mul_gradient),
    "concat": Operation(concat, concat_gradient),
}
