"""The meaning of weight tensor axes, and formulas for the number of values in a tensor."""

from functools import cache
from typing import NamedTuple

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import Dims, Layer
from cnncalc.shapes import AXES


class TensorAxis(NamedTuple):
    """One axis of a tensor; with `spread`, one for each spatial axis."""

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
        TensorAxis("m", "intermediate maps"),
        TensorAxis("M", "output maps"),
        TensorAxis("l", "one channel for each map"),
        TensorAxis("p", "output positions"),
        TensorAxis("u", "units"),
        TensorAxis("n", "inputs"),
        TensorAxis("a", "slopes"),
        TensorAxis("v", "learned values"),
        TensorAxis("v", "declared values"),
        TensorAxis("c", "channels"),
        TensorAxis("r", "offsets of two positions"),
        TensorAxis("h", "heads"),
        TensorAxis("k", "kernel", spread=True),
        TensorAxis("o", "output", spread=True),
    )
}
"""The axes used in `tensor_axes`, by meaning."""


def with_bias(bias: bool, channels: int, **weights: Dims) -> dict[str, Dims]:
    """The weights, plus one bias per output channel if `bias` is set."""
    return {**weights, "bias": (channels,)} if bias else weights


def is_bias(name: str) -> bool:
    """Whether a tensor with this name holds biases: `bias`, or `query_bias` of one of several products."""
    return name == "bias" or name.endswith("_bias")


def numbers_in(layer: Layer, name: str, dims: Dims) -> Working:
    """The number of values in a layer's tensor, as the product of its axes."""
    return product(named_axes(layer, name, dims), dims)


def named_axes(layer: Layer, name: str, dims: Dims) -> tuple[TensorAxis, ...]:
    """The axes of a tensor in order, with `spread` axes expanded to the spatial axes."""
    axes = [AXIS_OF[meaning] for meaning in layer.tensor_axes[name]]
    spatial = AXES[len(dims) - sum(not axis.spread for axis in axes)]
    named: list[TensorAxis] = []
    for axis in axes:
        named += _spread(axis, spatial) if axis.spread else [axis]
    return tuple(named)


def _spread(axis: TensorAxis, spatial: tuple[str, ...]) -> list[TensorAxis]:
    return [TensorAxis(f"{axis.letter}_{name[0]}", f"{axis.meaning} {name}") for name in spatial]


def product(axes: tuple[TensorAxis, ...], dims: Dims) -> Working:
    """The product of the axes' sizes."""
    values = {axis.letter: size for axis, size in zip(axes, dims, strict=True)}
    return _product_of(axes)(**values)


@cache
def _product_of(axes: tuple[TensorAxis, ...]) -> Formula:
    return Formula(" * ".join(axis.letter for axis in axes), **{axis.letter: axis.meaning for axis in axes})
