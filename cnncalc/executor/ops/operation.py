"""One kind of layer in the executor: the function that runs it and the one that brings a gradient back."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from cnncalc.executor.runtime.arithmetic import Array

Forward = Callable[..., Array]
"""Takes the layer, its inputs and the context; gives the output. Merges take any number of inputs."""

Gradient = Callable[..., Array | list[Array]]
"""A vector-Jacobian product: takes the layer, the gradient at its output, its inputs, its output as `y` and
the context; gives the gradient at its input, for merges a list. Gradients of weights go to the context."""


class Operation(Struct, frozen=True):
    """What the executor knows of a kind of layer.

    Attributes:
        forward: runs the layer.
        gradient: brings a gradient at the output back to the inputs and weights.
    """

    forward: Forward
    gradient: Gradient


Operations = Mapping[str, Operation]
"""Operations by the name of the kind."""
