"""The graph form of a network of another library: every reader makes it, and the writer of specs reads it."""

from collections.abc import Mapping

from msgspec import Struct

from cnncalc.layers import Layer
from cnncalc.layers.base import Dims


class ModuleCall(Struct, frozen=True):
    """One call of a module that holds others.

    Attributes:
        call: tells apart several calls of the same module.
        path: where the module is in the network: `layer1.0`.
        type: its class: `Bottleneck`.
    """

    call: int
    path: str
    type: str


class ModelStep(Struct, frozen=True):
    """One layer of a network, and what the library itself has for it.

    Attributes:
        layer: the kind with its options.
        inputs: the nodes that it reads, numbered as in `Network`.
        path: the module that holds its weights, or that called it: `layer1.0.conv1`.
        scopes: the calls that it is inside of, outermost first, including that of its own module.
        output: the shape of its output, as measured.
        macs: its multiply-adds for one sample, as measured; None if the library does not say.
        tensors: the sizes of its parameters and buffers by their names in the library, in the order in which
            its kind has them.
        frozen: whether its parameters are not trained.
        shares: the node whose weights it uses again.
        note: what it is, for the reader, where its kind does not say that.
        channels_last: whether tensors with a value for each channel and position have the channels as the
            last axis.
    """

    layer: Layer
    inputs: tuple[int, ...]
    path: str
    scopes: tuple[ModuleCall, ...]
    output: Dims
    macs: int | None = None
    tensors: Mapping[str, Dims] = {}
    frozen: bool = False
    shares: int | None = None
    note: str = ""
    channels_last: bool = False


class ModelGraph(Struct, frozen=True):
    """A network in topological order: its inputs are the first nodes, its steps the others.

    Attributes:
        name: what to call it.
        source: where it comes from, for the reader.
        inputs: the shapes of its inputs by name.
        steps: its layers.
        outputs: the nodes of its outputs by name.
        auxiliary: the same for heads that exist in training only.
        parameters: the number of parameters of its layers, as the library counts them; None if it does not.
        tensors: the sizes of all tensors by their names in the library, in the order of its files.
        note: what the reader should know about it, such as what the library holds but no layer uses.
    """

    name: str
    source: str
    inputs: Mapping[str, Dims]
    steps: tuple[ModelStep, ...]
    outputs: Mapping[str, int]
    auxiliary: Mapping[str, int] = {}
    parameters: int | None = None
    tensors: Mapping[str, Dims] = {}
    note: str = ""

    def step(self, node: int) -> ModelStep | None:
        """The step of a node; None for an input."""
        at = node - len(self.inputs)
        return self.steps[at] if at >= 0 else None


class ForeignError(Exception):
    """A network that cannot be imported: a message for each reason with its place, and a hint."""

    def __init__(self, *reasons: str, hint: str = "") -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.hint = hint
