"""How the axes of a tensor in PyTorch lie in the map that a spec has for it.

`view`, `permute`, `flatten` and the like compute nothing: they are followed as a rearrangement of the axes,
until a layer reads the result. Only then it is a flatten, a reshape, a channel shuffle, or nothing at all.
"""

from collections.abc import Sequence
from math import prod

from msgspec import Struct

from cnncalc.layers import Layer
from cnncalc.layers.base import Dims
from cnncalc.layers.naming import AXIS_NAMES
from cnncalc.layers.rearranging import Permute
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
    """How to read a rearranged map: through layers, or as it is; `last` if its channels come last."""

    layers: tuple[Layer, ...]
    dims: Dims
    last: bool


def reading(axes: Axes, dims: Dims, actual: Dims, last: bool | None = None) -> AxisReading | None:
    """How a layer reads a tensor of shape `actual` whose axes lie in a map of `dims`.

    Args:
        last: whether the channels must be the last axis of the tensor, or the first; default: either.

    Returns:
        None if no reshape and permutation gives it.
    """
    if axes == axes_of(dims) and actual == dims and not last:
        return AxisReading((), dims, False)
    is_last = len(dims) > 2 and axes == channels_last(dims) and len(actual) == len(dims)
    if is_last and last is not False:
        return AxisReading((), dims, True)
    if not axes or axes[0] != axes_of(dims[:1])[0] or len(actual) < 2:
        return None
    forms = [(axes, actual, False)] if not last else []
    if last is not False and len(actual) > 2:
        moved = (actual[0], actual[-1], *actual[1:-1])
        forms.append(((axes[0], axes[-1], *axes[1:-1]), moved, True))
    for through in (_reshaped, _permuted):
        for order, sizes, at_end in forms:
            layers = through(order, dims, sizes)
            if layers is not None:
                return AxisReading(layers, sizes, at_end)
    return None


def _parts(axes: Axes) -> tuple[AxisPart, ...]:
    return _joined([part for axis in axes for part in axis])


def _reshaped(axes: Axes, dims: Dims, actual: Dims) -> tuple[Layer, ...] | None:
    """A single layer that makes a tensor of a map."""
    if _parts(axes) == _parts(axes_of(dims)):
        return _as_shape(dims, actual)
    if actual == dims and axes[2:] == axes_of(dims)[2:] and len(axes[1]) == 2:
        inner, outer = axes[1]
        if outer.stride == inner.size * inner.stride and inner.stride == 1:
            return (ChannelShuffle(outer.size),)
    return None


def _as_shape(dims: Dims, actual: Dims) -> tuple[Layer, ...] | None:
    if dims == actual:
        return ()
    if len(actual) == 2:
        return (Flatten(),)
    return (Reshape(actual[1:]),) if len(actual) - 2 < len(AXES) else None


def _permuted(axes: Axes, dims: Dims, actual: Dims) -> tuple[Layer, ...] | None:
    """Permutations of the parts of the axes, between reshapes where these are needed."""
    wanted = list(_parts(axes[1:]))
    order = sorted(wanted, key=lambda part: (part.axis, -part.stride))
    if any(part.axis == 0 for part in wanted) or len(wanted) > MOST_PARTS:
        return None
    layers: list[Layer] = []
    shape = dims
    while order != wanted:
        groups, moved = _next(order, wanted)
        apart = (dims[0], *(prod(part.size for part in group) for group in groups))
        before = _as_shape(shape, apart)
        if before is None:
            return None
        names = AXIS_NAMES[len(groups) - 1]
        layers += [*before, Permute(tuple(names[at] for at in moved))]
        shape = (dims[0], *(apart[1 + at] for at in moved))
        order = [part for at in moved for part in groups[at]]
    after = _as_shape(shape, actual)
    return None if after is None else (*layers, *after)


MOST_PARTS = 8
"""Parts of axes in a rearrangement that is written out."""


def _next(order: list[AxisPart], wanted: list[AxisPart]) -> tuple[list[list[AxisPart]], tuple[int, ...]]:
    """Groups of parts and the order to bring them into: the wanted one, or one part moved to its place."""
    runs: list[list[AxisPart]] = []
    for part in order:
        at = wanted.index(part)
        if runs and at and wanted[at - 1] == runs[-1][-1]:
            runs[-1].append(part)
        else:
            runs.append([part])
    if len(runs) <= len(AXES):
        return runs, tuple(sorted(range(len(runs)), key=lambda at: wanted.index(runs[at][0])))
    place = next(at for at, part in enumerate(wanted) if order[at] != part)
    start = order.index(wanted[place])
    stop = next(
        (at for at in range(start, len(order)) if order[at] != wanted[place + at - start]), len(order)
    )
    parts = [order[:place], order[place:start], order[start:stop], order[stop:]]
    moved = [at for at in (0, 2, 1, 3) if parts[at]]
    kept = [at for at in range(4) if parts[at]]
    return [parts[at] for at in kept], tuple(kept.index(at) for at in moved)
