"""The operation of a layer kind: its forward and backward functions, and their properties."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from msgspec import Struct

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.layers.base import Dims, Layer

Forward = Callable[..., Array]
"""Takes the layer, its inputs and the context; returns the output. Merges take any number of inputs."""

Gradient = Callable[..., Array | list[Array]]
"""A vector-Jacobian product: takes the layer, the gradient of its output, its inputs, its output `y` and the
context; returns the gradient of its input, for merges a list. The context stores gradients of weights."""


Property = bool | Callable[[Any], bool]
"""A property of a kind, or of those of its layers for which a function is true."""


def holds(is_one: Property, layer: Layer) -> bool:
    """Whether a layer has a property."""
    return is_one if isinstance(is_one, bool) else is_one(layer)


def summed_inputs(layer: Any, dims: Dims) -> float:
    """The fan-in of a kernel whose first axis is the filters."""
    return prod(dims[1:])


class Operation(Struct, frozen=True):
    """The operation of one layer kind.

    Attributes:
        forward: runs the layer.
        gradient: propagates the gradient of the output to the inputs and weights.
        relabels: whether the output has the input's values in another shape.
        scrambles: whether outputs are not ordered along the axes of the input; may depend on the options.
        mixes: whether every output is assumed to depend on the inputs of all outputs; the same.
        selects: whether every output is one of the inputs, so integers stay integers.
        whole_axes: whether it depends on the length of each axis; may depend on the options.
        stand_in: returns another layer to measure the dependence on positions with, if a change of the input
            may not change the output.
        measured_channels: how many channels to measure that dependence with: a choice of the maximum may
            stay the same in some.
        buffers: tensors that are not learned.
        initial: constant initial values of tensors, which may depend on the layer; biases are always 0.
        fan_in: the average number of inputs that a kernel sums per output.
        copies: temporary tensors of its size, apart from input and output.
        workspace: further temporary values of one sample, from the layer and its inputs' positions.
        reorders_weights: whether it keeps a reordered copy of its weights.
        all_windows: whether it copies all windows at once, not in bands.
    """

    forward: Forward
    gradient: Gradient
    relabels: bool = False
    scrambles: Property = False
    mixes: Property = False
    selects: bool = False
    whole_axes: Property = False
    stand_in: Callable[[Any], Layer] | None = None
    measured_channels: int = 2
    buffers: tuple[str, ...] = ()
    initial: Mapping[str, float] | Callable[[Any], Mapping[str, float]] = {}
    fan_in: Callable[[Any, Dims], float] = summed_inputs
    copies: int = 2
    workspace: Callable[[Any, tuple[tuple[int, ...], ...]], int] | None = None
    reorders_weights: bool = True
    all_windows: bool = False


Operations = Mapping[str, Operation]
"""Operations by kind."""
