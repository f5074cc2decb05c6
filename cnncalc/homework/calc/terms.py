"""The sum, maximum or mean behind each output: input values with their weights."""

from collections.abc import Iterator
from itertools import product

from msgspec import Struct

from cnncalc.graph import Node
from cnncalc.homework.calc.arrays import Dims, Nested, Number, element
from cnncalc.layers import Layer
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.pooling import AvgPool, MaxPool
from cnncalc.window import Axis, TransposedWindow, Window

JOINS: dict[type[Layer], str] = {
    Conv: "sum",
    Depthwise: "sum",
    ConvTranspose: "sum",
    MaxPool: "max",
    AvgPool: "mean",
}
"""How each supported kind reduces the values that it reads."""


class Reduction(Struct, frozen=True):
    """The computation of one output.

    Attributes:
        place: the output's index: its channel, if there are several, and its position.
        factors: the values it reads with their weights, including zeros from padding.
        bias: the bias, or None.
        joins: `sum`, `max` or `mean`.
        value: the result.
    """

    place: Dims
    factors: tuple[tuple[Number, Number], ...]
    bias: Number | None
    joins: str
    value: Number


def sums_of(node: Node, x: Nested, y: Nested, tensors: dict[str, Nested]) -> Iterator[Reduction]:
    """The computation of every output of a layer; empty for unsupported kinds."""
    if type(node.layer) not in JOINS:
        return
    for place in product(*map(range, node.shape.dims())):
        yield Reduction(
            place=place[1:] if node.shape.channels == 1 else place,
            factors=tuple(_factors(node, place, x, tensors.get("weight", ()))),
            bias=element(tensors["bias"], place[:1]) if "bias" in tensors else None,
            joins=JOINS[type(node.layer)],
            value=element(y, place),
        )


def _factors(node: Node, place: Dims, x: Nested, weight: Nested) -> Iterator[tuple[Number, Number]]:
    """The values that one output reads with their weights, channel by channel."""
    read = node.reads[0]
    windows = node.layer.windows(read)
    assert not isinstance(windows, str)
    along = [list(_taps(window, at)) for window, at in zip(windows, place[1:], strict=True)]
    counted = _counted(node, windows)
    for channel, filter in _channels(node, place[0]):
        for taps in product(*along):
            where = tuple(position for position, _ in taps)
            if all(at in reach for at, reach in zip(where, counted, strict=True)):
                inside = all(0 <= at < n for at, n in zip(where, read.spatial, strict=True))
                value = element(x, (channel, *where)) if inside else 0
                yield value, element(weight, (*filter, *(tap for _, tap in taps))) if weight else 1


def _taps(window: Axis, output: int) -> Iterator[tuple[int, int]]:
    """The positions that an output reads along one axis, each with its kernel index."""
    for number, position in enumerate(window.taps(output)):
        if isinstance(window, TransposedWindow):
            yield position, (output + window.before - position * window.stride) // window.dilation
        else:
            yield position, number


def _counted(node: Node, windows: tuple[Axis, ...]) -> list[range]:
    """The positions that count along each axis: max pooling ignores padding."""
    layer = node.layer
    padding = isinstance(layer, Conv | Depthwise) or (isinstance(layer, AvgPool) and layer.count_padding)
    found = []
    for window, n in zip(windows, node.reads[0].spatial, strict=True):
        border = (window.before, window.after) if padding and isinstance(window, Window) else (0, 0)
        beyond = window.span if isinstance(window, Window) and not isinstance(layer, AvgPool | MaxPool) else 0
        found.append(range(-border[0], n + border[1] + beyond * padding))
    return found


def _channels(node: Node, filter: int) -> Iterator[tuple[int, Dims]]:
    """The input channels that an output channel reads, with the indices of their kernels."""
    layer, channels = node.layer, node.reads[0].channels
    if isinstance(layer, Conv):
        each = channels // layer.groups
        first = filter // (layer.filters // layer.groups) * each
        yield from ((first + channel, (filter, channel)) for channel in range(each))
    elif isinstance(layer, ConvTranspose):
        each, filters = channels // layer.groups, layer.filters // layer.groups
        first = filter // filters * each
        yield from ((channel, (channel, filter % filters)) for channel in range(first, first + each))
    elif isinstance(layer, Depthwise):
        yield filter // layer.multiplier, (filter, 0)
    else:
        yield filter, ()
