"""Layers that reorder axes or take parts of a tensor."""

from typing import Any

import numpy as np

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.axes import axis_of
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.base import Layer
from cnncalc.layers.rearranging import Permute, Select, Split
from cnncalc.layers.reshaping import Identity
from cnncalc.shapes import AXES


def _order(layer: Permute, x: Array) -> tuple[int, ...]:
    """The axes of the input in their new order: the batch, the new positions, the new channels."""
    channels, *positions = (axis_of(name, x) for name in layer.order)
    return 0, *positions, channels


def permute(layer: Permute, x: Array, ctx: OpContext) -> Array:
    return ctx.copy(x.transpose(_order(layer, x)))


def permute_gradient(layer: Permute, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return dy.transpose(np.argsort(_order(layer, x)))


def reorders(layer: Any) -> bool:
    """Whether a permute changes the order of axes."""
    in_place: bool = layer.order == ("channels", *AXES[len(layer.order) - 1])
    return not in_place


def _part(x: Array, axis: int, part: slice) -> Array:
    """A view of a part of an axis."""
    return np.moveaxis(np.moveaxis(x, axis, 0)[part], 0, axis)


def _part_gradient(dy: Array, x: Array, axis: int, part: slice, ctx: GradContext) -> Array:
    dx = ctx.zeros(x.shape)
    _part(dx, axis, part)[...] = dy
    return dx


def _of_split(layer: Split, x: Array) -> tuple[int, slice]:
    """The axis and the range of the part."""
    axis, number = axis_of(layer.axis, x), layer.part or 0
    sizes = layer.parts if isinstance(layer.parts, tuple) else (x.shape[axis] // layer.parts,) * layer.parts
    start = sum(sizes[:number])
    return axis, slice(start, start + sizes[number])


def split(layer: Split, x: Array, ctx: OpContext) -> Array:
    return ctx.copy(_part(x, *_of_split(layer, x)))


def split_gradient(layer: Split, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _part_gradient(dy, x, *_of_split(layer, x), ctx)


def _of_select(layer: Select, x: Array) -> tuple[int, slice]:
    """The axis and the range; a single position stays as an axis of one."""
    axis = 1 if layer.axis is None else axis_of(layer.axis, x)
    if isinstance(layer.index, int):
        start = layer.index % x.shape[axis]
        return axis, slice(start, start + 1)
    return axis, slice(*layer.index)


def select(layer: Select, x: Array, ctx: OpContext) -> Array:
    return ctx.copy(_part(x, *_of_select(layer, x)))


def select_gradient(layer: Select, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    return _part_gradient(dy, x, *_of_select(layer, x), ctx)


def of_positions(layer: Any) -> Layer:
    """The layer to measure the dependence on positions with: those that take channels leave them."""
    return Identity() if layer.axis == "channels" else layer


OPERATIONS: Operations = {
    "permute": Operation(permute, permute_gradient, scrambles=reorders),
    "split": Operation(split, split_gradient, whole_axes=True, stand_in=of_positions),
    "select": Operation(select, select_gradient, whole_axes=True, stand_in=of_positions),
}
