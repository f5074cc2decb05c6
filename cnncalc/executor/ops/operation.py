"""What the executor knows of a kind of layer: how it runs, forward and backward, and what that takes."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from msgspec import Struct

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.layers.base import Dims, Layer

Forward = Callable[..., Array]
"""Takes the layer, its inputs and the context; gives the output. Merges take any number of inputs."""

Gradient = Callable[..., Array | list[Array]]
"""A vector-Jacobian product: takes the layer, the gradient at its output, its inputs, its output as `y` and
the context; gives the gradient at its input, for merges a list. The context takes the weights' gradients."""


def summed_inputs(layer: Any, dims: Dims) -> float:
    """How many inputs a kernel of some sizes sums to one output, where filters are its first axis."""
    return prod(dims[1:])


class Operation(Struct, frozen=True):
    """One kind of layer in the executor.

    Attributes:
        forward: runs the layer.
        gradient: brings a gradient at the output back to the inputs and weights.
        relabels: the output is the input's values under another shape.
        mixes: every output is taken to depend on all that any of them depends on.
        selects: every output is one of the inputs, so whole numbers stay whole.
        whole_axes: what it does depends on the length of each axis.
        stand_in: gives the layer whose dependence on positions is measured in its place.
        buffers: tensors that are not learned.
        initial: what tensors start at that are not drawn; biases start at 0 anyway.
        fan_in: how many inputs a kernel sums to one output, on average.
        copies: tensors of its size that it works with, apart from its input and output.
        reorders_weights: it keeps a copy of its weights in another order.
        all_windows: it lays out all windows at once, not a band at a time.
    """

    forward: Forward
    gradient: Gradient
    relabels: bool = False
    mixes: bool = False
    selects: bool = False
    whole_axes: bool = False
    stand_in: Callable[[Any], Layer] | None = None
    buffers: tuple[str, ...] = ()
    initial: Mapping[str, float] = {}
    fan_in: Callable[[Any, Dims], float] = summed_inputs
    copies: int = 2
    reorders_weights: bool = True
    all_windows: bool = False


Operations = Mapping[str, Operation]
"""Operations by the name of the kind."""
