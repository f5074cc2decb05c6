"""How the axes of a tensor in PyTorch lie in the map that a spec has for it.

`view`, `permute`, `flatten` and the like compute nothing: they are followed as a rearrangement of the axes,
until a layer reads the result. Only then it is a flatten, a reshape, a channel shuffle, or nothing at all.
"""

from collections.abc import Sequence
from math import prod

from msgspec import Struct

from cnncalc.layers import Layer
from cnncalc.layers.base import Dims
from cnncalc.layers.reshaping import ChannelShuffle, Flatten, Reshape
from cnncalc.shapes import AXES


class AxisPart(Struct, frozen=True):
    """A part of an axis of a map, or all of it: `size` indices, `stride` apart. Axis 0 is the batch."""

    axis: int
    size: int
    stride: int = 1


Axes = tuple[tuple[AxisPart, ...], ...]
"""For each axis of a tensor, the parts that it consists of, slowest first."""


def axes_of(dims: Dims) -> Axes:
    """The axes of a map as it is, `dims` with the batch; axes of size 1 have no parts."""
    return tuple((AxisPart(axis, size),) if size > 1 else () for axis, size in enumerate(dims))


def channels_last(dims: Dims) -> Axes:
    """The axes of a map whose channels are the last axis of the tensor."""
    batch, channels, *spatial = axes_of(dims)
    return (batch, *spatial, channels)


def regrouped(axes: Axes, dims: Dims) -> Axes | None:
    """The axes after a change of shape that keeps the order of the values; None if an axis would be torn."""
    parts = [part for axis in axes for part in axis]
    parts.reverse()
    found: list[tuple[AxisPart, ...]] = []
    for size in dims:
        taken: list[AxisPart] = []
        missing = size
        while missing > 1:
            if not parts:
                return None
            part = parts.pop()
            if missing % part.size == 0:
                taken.append(part)
                missing //= part.size
            elif part.size % missing == 0:
                inner = part.size // missing
                taken.append(AxisPart(part.axis, missing, part.stride * inner))
                parts.append(AxisPart(part.axis, inner, part.stride))
                missing = 1
            else:
                return None
        found.append(_joined(taken))
    return None if parts else tuple(found)


def _joined(parts: Sequence[AxisPart]) -> tuple[AxisPart, ...]:
    """Neighbours that were one part before."""
    found: list[AxisPart] = []
    for part in parts:
        if found and found[-1].axis == part.axis and found[-1].stride == part.stride * part.size:
            part = AxisPart(part.axis, found.pop().size * part.size, part.stride)
        found.append(part)
    return tuple(found)


class AxisReading(Struct, frozen=True):
    """How to read a rearranged map: through a layer, or as it is; `last` if its channels come last."""

    layer: Layer | None
    dims: Dims
    last: bool


def reading(axes: Axes, dims: Dims, actual: Dims) -> AxisReading | None:
    """How a layer reads a tensor of shape `actual` whose axes lie in a map of `dims`; None if it cannot."""
    if axes == axes_of(dims) and actual == dims:
        return AxisReading(None, dims, False)
    if len(dims) > 2 and axes == channels_last(dims) and len(actual) == len(dims):
        return AxisReading(None, dims, True)
    if not axes or axes[0] != axes_of(dims[:1])[0] or len(actual) < 2:
        return None
    first = _through(axes, dims, actual)
    if first is not None:
        return AxisReading(first, actual, False)
    moved = (actual[0], actual[-1], *actual[1:-1])
    last = _through((axes[0], axes[-1], *axes[1:-1]), dims, moved)
    return AxisReading(last, moved, True) if last is not None and len(actual) > 2 else None


def _through(axes: Axes, dims: Dims, actual: Dims) -> Layer | None:
    """The layer that makes a tensor of a map."""
    parts = [part for axis in axes for part in axis]
    if _joined(parts) == tuple(part for axis in axes_of(dims) for part in axis):
        if len(actual) == 2:
            return Flatten()
        return Reshape(actual[1:]) if len(actual) - 2 < len(AXES) else None
    if actual == dims and axes[2:] == axes_of(dims)[2:] and len(axes[1]) == 2:
        inner, outer = axes[1]
        if outer.stride == inner.size * inner.stride and inner.stride == 1:
            return ChannelShuffle(outer.size)
    return None


def size_of(dims: Dims) -> int:
    """The number of values for one sample."""
    return prod(dims[1:])
