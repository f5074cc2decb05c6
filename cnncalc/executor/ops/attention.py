"""Attention: projections, products of queries and keys, their softmax, and sums of values.

Inside, the positions of a map are one sequence; windows and grids are more, shorter ones.
"""

from math import prod, sqrt
from typing import Any

import numpy as np
from msgspec.structs import replace

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.attending import Attention, CrossAttention
from cnncalc.layers.base import Layer

AnyAttention = Attention | CrossAttention


class Grouping:
    """How the positions of a map are grouped into sequences: all in one, windows, or grids."""

    def __init__(self, layer: AnyAttention, spatial: tuple[int, ...]) -> None:
        rank = len(spatial)
        window, grid, shift = (getattr(layer, name, None) for name in ("window", "grid", "shift"))
        self.spatial = spatial
        self.sizes = spread(spatial if window is grid is None else window or grid, rank)
        self.shifts = spread(shift or 0, rank)
        self.strided = grid is not None
        counts = [n // size for n, size in zip(spatial, self.sizes, strict=True)]
        # Each axis becomes two: windows and the positions in one, or for grids the reverse.
        pairs = [(size, n) if self.strided else (n, size) for n, size in zip(counts, self.sizes, strict=True)]
        self._split = [n for pair in pairs for n in pair]
        inner = [2 * axis + (not self.strided) for axis in range(rank)]
        outer = [2 * axis + self.strided for axis in range(rank)]
        self._order = [0, *(1 + axis for axis in (*outer, *inner)), 2 * rank + 1]
        self._outer = [self._split[axis] for axis in outer]

    def apart(self, x: Array) -> Array:
        """(groups, positions, channels) of (batch, *positions, channels); a shift moves the windows."""
        if any(self.shifts):
            x = np.roll(x, [-shift for shift in self.shifts], axis=range(1, x.ndim - 1))
        split = x.reshape(x.shape[0], *self._split, x.shape[-1]).transpose(self._order)
        return split.reshape(-1, prod(self.sizes), x.shape[-1])

    def together(self, y: Array, batch: int) -> Array:
        """The inverse of `apart`."""
        split = y.reshape(batch, *self._outer, *self.sizes, y.shape[-1])
        x = split.transpose(np.argsort(self._order)).reshape(batch, *self.spatial, y.shape[-1])
        if any(self.shifts):
            x = np.roll(x, self.shifts, axis=range(1, x.ndim - 1))
        return x

    def hidden(self, causal: bool, batch: int) -> Array | None:
        """Which scores are masked, for each group: later positions, or those that the shift wraps around."""
        count = prod(self.sizes)
        later = np.triu(np.ones((1, 1, count, count), bool), 1) if causal else None
        if not any(self.shifts):
            return later
        region = np.zeros((1, *self.spatial, 1))
        for axis, (n, shift) in enumerate(zip(self.spatial, self.shifts, strict=True)):
            if shift:  # the positions before the shift are moved to the end, behind those that are not next
                place = np.arange(n).reshape([-1 if at == axis + 1 else 1 for at in range(region.ndim)])
                region = 2 * region + (place < shift)
        groups = np.tile(self.apart(region)[..., 0], (batch, 1))
        masked: Array = groups[:, None, :, None] != groups[:, None, None, :]
        return masked if later is None else masked | later

    def offsets(self) -> np.ndarray:
        """The row of the table of relative positions for each pair of positions in a group."""
        places = np.indices(self.sizes).reshape(len(self.sizes), -1)
        index = np.zeros((places.shape[1],) * 2, int)
        for place, size in zip(places, self.sizes, strict=True):
            index = index * (2 * size - 1) + (place[:, None] - place[None, :] + size - 1)
        return index


def spread(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _sizes(layer: AnyAttention, x: Array) -> tuple[int, int, int]:
    """The channels of all keys and of all values together, and of the output."""
    channels = x.shape[-1]
    key, value = (given or channels // layer.heads for given in (layer.key, layer.value))
    return layer.heads * key, layer.heads * value, layer.out or channels


def _projected(name: str, rows: Array, outputs: int, biased: bool, ctx: OpContext) -> Array:
    weight = ctx.weight(name, outputs, rows.shape[-1])
    y = ctx.matmul(rows, weight.T)
    return ctx.add(y, ctx.weight(f"{name}_bias", outputs), out=y) if biased else y


def _by_head(rows: Array, heads: int) -> Array:
    """(groups, heads, positions, channels of a head)."""
    return rows.reshape(*rows.shape[:2], heads, -1).swapaxes(1, 2)


def _all_heads(parts: Array) -> Array:
    """The inverse of `_by_head`."""
    return parts.swapaxes(1, 2).reshape(parts.shape[0], parts.shape[2], -1)


class Attended:
    """The intermediate results of an attention layer."""

    def __init__(self, layer: AnyAttention, x: Array, context: Array, ctx: OpContext) -> None:
        keys, values, _ = _sizes(layer, x)
        self.of_queries, self.of_keys = Grouping(layer, x.shape[1:-1]), Grouping(layer, context.shape[1:-1])
        self.x, self.context = self.of_queries.apart(x), self.of_keys.apart(context)
        self.scale = 1 / sqrt(keys // layer.heads)
        query = _projected("query", self.x, keys, layer.bias, ctx)
        self.query = _by_head(ctx.multiply(query, self.scale, out=query), layer.heads)
        self.key = _by_head(_projected("key", self.context, keys, layer.bias, ctx), layer.heads)
        self.value = _by_head(_projected("value", self.context, values, layer.bias, ctx), layer.heads)
        scores = ctx.matmul(self.query, self.key.swapaxes(-1, -2))
        if getattr(layer, "relative", False):
            ctx.add(scores, self._relative(layer, ctx), out=scores)
        hidden = self.of_queries.hidden(layer.causal, x.shape[0])
        if hidden is not None:
            scores[np.broadcast_to(hidden, scores.shape)] = -np.inf
        # The maximum is subtracted to avoid overflow; it cancels and is not counted.
        weights = ctx.exp(scores - scores.max(axis=-1, keepdims=True))
        self.weights = ctx.divide(weights, ctx.sum(weights, (-1,)), out=weights)
        self.sums = _all_heads(ctx.matmul(self.weights, self.value))

    def _relative(self, layer: AnyAttention, ctx: OpContext) -> Array:
        """The bias of each head and pair of positions."""
        rows = prod(2 * size - 1 for size in self.of_queries.sizes)
        table = ctx.weight("relative", rows, layer.heads)
        return np.moveaxis(table[self.of_queries.offsets()], -1, 0)


def _forward(layer: AnyAttention, x: Array, context: Array, ctx: OpContext) -> Array:
    inside = Attended(layer, x, context, ctx)
    y = _projected("out", inside.sums, _sizes(layer, x)[2], layer.out_bias, ctx)
    return ctx.copy(inside.of_queries.together(y, x.shape[0]))


def _learned(name: str, dy: Array, rows: Array, biased: bool, ctx: GradContext) -> Array:
    """The gradient of a projection's input; stores those of its weights."""
    flat = dy.reshape(-1, dy.shape[-1])
    ctx.learn(name, flat.T @ rows.reshape(-1, rows.shape[-1]))
    if biased:
        ctx.learn(f"{name}_bias", flat.sum(0))
    dx: Array = dy @ ctx.weight(name, dy.shape[-1], rows.shape[-1])
    return dx


def _gradient(
    layer: AnyAttention, dy: Array, x: Array, context: Array, ctx: GradContext
) -> tuple[Array, Array]:
    """The gradients of the queries' input and of the context."""
    inside = Attended(layer, x, context, ctx)
    batch = x.shape[0]
    sums = _by_head(
        _learned("out", inside.of_queries.apart(dy), inside.sums, layer.out_bias, ctx), layer.heads
    )
    value = inside.weights.swapaxes(-1, -2) @ sums
    weights = sums @ inside.value.swapaxes(-1, -2)
    scores = inside.weights * (weights - (weights * inside.weights).sum(-1, keepdims=True))
    if getattr(layer, "relative", False):
        table = np.zeros((prod(2 * size - 1 for size in inside.of_queries.sizes), layer.heads), x.dtype)
        np.add.at(table, inside.of_queries.offsets(), np.moveaxis(scores.sum(0), 0, -1))
        ctx.learn("relative", table)
    query = scores @ inside.key * inside.scale
    key = scores.swapaxes(-1, -2) @ inside.query
    dx = _learned("query", _all_heads(query), inside.x, layer.bias, ctx)
    of_context = _learned("key", _all_heads(key), inside.context, layer.bias, ctx)
    of_context = of_context + _learned("value", _all_heads(value), inside.context, layer.bias, ctx)
    return inside.of_queries.together(dx, batch), inside.of_keys.together(of_context, batch)


def attention(layer: Attention, x: Array, ctx: OpContext) -> Array:
    return _forward(layer, x, x, ctx)


def attention_gradient(layer: Attention, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    of_queries, of_context = _gradient(layer, dy, x, x, ctx)
    return of_queries + of_context


def cross_attention(layer: CrossAttention, *xs: Array, ctx: OpContext) -> Array:
    return _forward(layer, xs[0], xs[1], ctx)


def cross_attention_gradient(
    layer: CrossAttention, dy: Array, *xs: Array, y: Array, ctx: GradContext
) -> list[Array]:
    return list(_gradient(layer, dy, xs[0], xs[1], ctx))


def one_head(layer: Any) -> Layer:
    """A layer with few channels, to measure the dependence with."""
    found: Layer = replace(layer, heads=1, key=1, value=1, out=1)
    return found


def reads_everything(layer: Any) -> bool:
    return layer.window is None and layer.grid is None


def scores(layer: Any, sizes: tuple[tuple[int, ...], ...]) -> int:
    """The scores of one sample, and two copies during the softmax; sizes are positions along each axis."""
    queries = prod(sizes[0])
    grouping = Grouping(layer, sizes[-1])
    return 3 * int(layer.heads) * queries * prod(grouping.sizes)


OPERATIONS: Operations = {
    "attention": Operation(
        attention,
        attention_gradient,
        mixes=reads_everything,
        whole_axes=True,
        stand_in=one_head,
        reorders_weights=False,
        copies=8,
        workspace=scores,
    ),
    "cross_attention": Operation(
        cross_attention,
        cross_attention_gradient,
        whole_axes=True,
        stand_in=one_head,
        reorders_weights=False,
        copies=8,
        workspace=scores,
    ),
}
