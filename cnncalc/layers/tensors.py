"""What the axes of weight tensors count, and with it the formula of how many numbers a tensor holds."""

from functools import cache
from typing import NamedTuple

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import Dims, Layer
from cnncalc.shapes import AXES


class TensorAxis(NamedTuple):
    """One axis of a tensor, or with `spread` one for each spatial axis."""

    letter: str
    meaning: str
    spread: bool = False


AXIS_OF: dict[str, TensorAxis] = {
    axis.meaning: axis
    for axis in (
        TensorAxis("f", "filters"),
        TensorAxis("g", "filters of a group"),
        TensorAxis("c", "channels that a filter reads"),
        TensorAxis("C", "input channels"),
        TensorAxis("t", "entries of the table"),
        TensorAxis("m", "maps between the two steps"),
        TensorAxis("M", "output maps"),
        TensorAxis("l", "one channel for each map"),
        TensorAxis("p", "output positions"),
        TensorAxis("u", "units"),
        TensorAxis("n", "inputs"),
        TensorAxis("a", "slopes"),
        TensorAxis("k", "kernel", spread=True),
        TensorAxis("o", "output", spread=True),
    )
}
"""The axes that kinds name in `tensor_axes`, by their meaning."""


def with_bias(bias: bool, channels: int, **weights: Dims) -> dict[str, Dims]:
    """The weights, and one bias per output channel where there is one."""
    return {**weights, "bias": (channels,)} if bias else weights


def numbers_in(layer: Layer, name: str, dims: Dims) -> Working:
    """How many numbers a layer's tensor holds, as the product of what its axes count."""
    return product(named_axes(layer, name, dims), dims)


def named_axes(layer: Layer, name: str, dims: Dims) -> tuple[TensorAxis, ...]:
    """The axes of a tensor in their order, one of them spread over the spatial ones."""
    axes = [AXIS_OF[meaning] for meaning in layer.tensor_axes[name]]
    spatial = AXES[len(dims) - sum(not axis.spread for axis in axes)]
    named: list[TensorAxis] = []
    for axis in axes:
        named += _spread(axis, spatial) if axis.spread else [axis]
    return tuple(named)


def _spread(axis: TensorAxis, spatial: tuple[str, ...]) -> list[TensorAxis]:
    return [TensorAxis(f"{axis.letter}_{name[0]}", f"{axis.meaning} {name}") for name in spatial]


def product(axes: tuple[TensorAxis, ...], dims: Dims) -> Working:
    """The product of some axes' sizes."""
    values = {axis.letter: size for axis, size in zip(axes, dims, strict=True)}
    return _product_of(axes)(**values)


@cache
def _product_of(axes: tuple[TensorAxis, ...]) -> Formula:
    return Formula(" * ".join(axis.letter for axis in axes), **{axis.letter: axis.meaning for axis in axes})
