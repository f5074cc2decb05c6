"""What is recorded of a run of a PyTorch module: its calls, and the tensors that they read and make."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from cnncalc.interchange.network import ModuleCall
from cnncalc.layers.base import Dims

BATCH = 2
"""Samples in a run: with more than one, what mixes them is seen."""


class TracedValue(Struct, frozen=True, eq=False):
    """A tensor that depends on the network's input, with its batch."""

    dims: Dims


class Weight(Struct, frozen=True):
    """A parameter or buffer, possibly with another shape than it is stored in.

    Attributes:
        names: its name in the module; several for a tensor that is computed from them.
        dims: its shape where it is used.
        stored: the shape that it is stored in.
        learned: whether it is a parameter.
        frozen: whether it is a parameter that is not trained.
        as_stored: whether its values are the stored ones.
        values: the tensor itself, where it is used.
        sources: the parameters and buffers that it is computed from; none if it is one.
        call: the call that computes it.
    """

    names: tuple[str, ...]
    dims: Dims
    stored: Dims
    learned: bool
    frozen: bool
    as_stored: bool = True
    values: Any = None
    sources: "tuple[Weight, ...]" = ()
    call: "TracedCall | None" = None


class OtherTensor(Struct, frozen=True):
    """Another tensor."""

    dims: Dims
    values: Any = None


class TracedCall(Struct, frozen=True):
    """One call of a function of PyTorch."""

    name: str
    args: tuple[object, ...]
    options: Mapping[str, object]
    outputs: tuple[TracedValue, ...]
    scopes: tuple[ModuleCall, ...]
    macs: int
    samples: bool = True


class Recording(Struct, frozen=True):
    """A run: the inputs and outputs by name, the calls in order, and all tensors of the module by name.

    Attributes:
        batch: the samples in the run.
        training: whether it is a run in training mode.
        may_vary: whether another run may differ: this one asked for sizes, which may be that of the batch,
            or drew random numbers.
        numbers: the names of inputs that are whole numbers, such as those of words.
        used: the names of the parameters and buffers that a call reads.
    """

    inputs: Mapping[str, TracedValue]
    outputs: Mapping[str, TracedValue]
    calls: tuple[TracedCall, ...]
    weights: Mapping[str, Weight]
    batch: int = BATCH
    training: bool = False
    may_vary: bool = False
    numbers: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()

    @property
    def shapes(self) -> dict[str, Dims]:
        """The shapes of the inputs in a spec: whole numbers are maps of one channel."""
        return {
            name: (1, *value.dims[1:])
            if name in self.numbers and not is_map(value.dims[1:])
            else value.dims[1:]
            for name, value in self.inputs.items()
        }


def is_map(dims: Dims) -> bool:
    """Whether a tensor of whole numbers has an axis for its only channel."""
    return len(dims) > 1 and dims[0] == 1
