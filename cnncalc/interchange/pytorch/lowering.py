"""From recorded calls to the layers of the graph form."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeGuard

from msgspec import Struct

from cnncalc.interchange.network import ForeignError, ModelGraph, ModelStep, ModuleCall
from cnncalc.interchange.pytorch.recording import Recording, TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, axes_of, channels_last, reading
from cnncalc.layers import Layer, LayerError
from cnncalc.layers.base import Dims
from cnncalc.shapes import Shape, shape_of


class UnknownCallError(Exception):
    """A call that no kind of layer stands for; the message names it."""


class Tensor(Struct, frozen=True):
    """Where a recorded value is in the graph: a node, its shape with the batch, and how its axes lie."""

    node: int
    dims: Dims
    axes: Axes


class Read(Struct, frozen=True):
    """A node as a layer reads it; `last` if the channels are the last axis of PyTorch's tensor."""

    node: int
    shape: Shape
    last: bool


class Arguments:
    """The arguments of a call by name; positional ones take their names from a signature."""

    def __init__(self, call: TracedCall, names: Sequence[str]) -> None:
        self.call = call
        self.given: dict[str, object] = dict(zip(names, call.args, strict=False))
        self.given |= call.options
        if len(call.args) > len(names):
            raise UnknownCallError(f"{call.name} with {len(call.args)} arguments")

    def get(self, name: str, default: object = None) -> object:
        given = self.given.get(name, default)
        return default if given is None else given

    def numbers(self, name: str, default: int | tuple[int, ...] | None = None) -> int | tuple[int, ...]:
        """A whole number or several, one number if all are equal."""
        given = self.get(name, default)
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        if isinstance(given, tuple) and given and all(isinstance(each, int) for each in given):
            sizes = tuple(int(each) for each in given if isinstance(each, int))
            return sizes[0] if len(set(sizes)) == 1 else sizes
        raise UnknownCallError(f"{self.call.name} with {name} = {given}")

    def number(self, name: str, default: float) -> float:
        given = self.get(name, default)
        if isinstance(given, int | float):
            return float(given)
        raise UnknownCallError(f"{self.call.name} with {name} = {given}")

    def whole(self, name: str, default: int | None = None) -> int:
        given = self.get(name, default)
        if isinstance(given, int):
            return int(given)
        raise UnknownCallError(f"{self.call.name} with {name} = {given}")

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self.get(name, default))

    def weight(self, name: str) -> Weight | None:
        """A parameter or buffer of the module as it is stored."""
        given = self.get(name)
        if given is None:
            return None
        if isinstance(given, Weight) and given.as_stored:
            return given
        if isinstance(given, Weight):
            raise UnknownCallError(f"{self.call.name} whose {name} is computed from {', '.join(given.names)}")
        raise UnknownCallError(f"{self.call.name} whose {name} is no parameter of the module")

    def value(self, name: str = "input") -> TracedValue:
        given = self.get(name)
        if isinstance(given, TracedValue):
            return given
        raise UnknownCallError(f"{self.call.name} whose {name} does not depend on the network's input")


class Lowering:
    """Builds the steps of a network, call by call."""

    def __init__(self, recording: Recording) -> None:
        self.tensors: dict[int, Tensor] = {}
        self.read_as: dict[int, Read] = {}
        self.steps: list[ModelStep] = []
        self.scopes: dict[int, tuple[ModuleCall, ...]] = {}
        self.owners: dict[str, int] = {}
        self.recording = recording
        self.entries = len(recording.inputs)
        self.unknown: Counter[str] = Counter()
        self.places: dict[str, str] = {}
        self.failed: list[tuple[TracedCall, str]] = []
        self.lost: set[int] = set()
        for node, value in enumerate(recording.inputs.values()):
            self.define(value, node, value.dims, axes_of(value.dims))

    def define(self, value: TracedValue, node: int, dims: Dims, axes: Axes) -> None:
        """Says where a value is."""
        self.tensors[id(value)] = Tensor(node, dims, axes)

    def tensor(self, value: TracedValue) -> Tensor:
        return self.tensors[id(value)]

    def read(self, value: TracedValue, call: TracedCall) -> Read:
        """The node to read for a value, with a layer for what views rearranged."""
        known = self.read_as.get(id(value))
        if known:
            return known
        tensor = self.tensor(value)
        how = reading(tensor.axes, tensor.dims, value.dims)
        if how is None:
            order = " × ".join("·".join(f"{part.axis}" for part in axis) or "1" for axis in tensor.axes)
            raise UnknownCallError(f"a rearrangement of axes before {call.name} (axes {order})")
        node = tensor.node
        if how.layer is not None:
            shape = shape_of(tensor.dims[1:])
            scopes = self.scopes.get(id(value), call.scopes)
            node = self.add(how.layer, [Read(node, shape, False)], scopes, how.dims, 0)
        found = Read(node, shape_of(how.dims[1:]), how.last)
        self.read_as[id(value)] = found
        return found

    def maps(self, value: TracedValue, call: TracedCall) -> Read:
        """The node to read for a value whose channels come first."""
        read = self.read(value, call)
        if read.last:
            raise UnknownCallError(f"{call.name} on a map with the channels last")
        return read

    def add(
        self,
        layer: Layer,
        reads: Sequence[Read],
        scopes: tuple[ModuleCall, ...],
        dims: Dims,
        macs: int,
        weights: Mapping[str, Weight] | None = None,
        name: str = "",
    ) -> int:
        """Adds a step, after its output is compared with what PyTorch made."""
        try:
            output = layer.output(*(read.shape for read in reads))
        except LayerError as error:
            raise UnknownCallError(f"{name or layer.kind}: {error}") from None
        if output.dims() != dims[1:]:
            sizes = "×".join(map(str, dims[1:]))
            raise UnknownCallError(f"{name or layer.kind}: cnncalc gives {output.text()}, PyTorch {sizes}")
        node = self.entries + len(self.steps)
        used = {weight.names[0]: weight for weight in (weights or {}).values()}
        learned = [weight for weight in used.values() if weight.learned]
        frozen = {weight.frozen for weight in learned}
        if len(frozen) > 1:
            raise UnknownCallError(f"{name or layer.kind} with only some of its parameters frozen")
        shares = self._shared(used, node, name or layer.kind)
        path = next((scope.path for scope in reversed(scopes) if scope.path), "")
        step = ModelStep(
            layer=layer,
            inputs=tuple(read.node for read in reads),
            path=path,
            scopes=scopes,
            output=dims[1:],
            macs=macs,
            tensors={each: weight.stored for each, weight in used.items()},
            frozen=frozen == {True},
            shares=shares,
        )
        self.steps.append(step)
        return node

    def _shared(self, used: Mapping[str, Weight], node: int, name: str) -> int | None:
        owners = {self.owners.get(each) for each in used}
        if len(owners) > 1:
            raise UnknownCallError(f"{name} that shares only some of its weights")
        owner = owners.pop() if owners else None
        if owner is None:
            self.owners |= dict.fromkeys(used, node)
        elif self.steps[owner - self.entries].tensors.keys() != used.keys():
            raise UnknownCallError(f"{name} that shares only some of the weights of another layer")
        return owner

    def lower(self, call: TracedCall, table: "Mapping[str, Handler]") -> None:
        """Adds what a call stands for; what is unknown is counted, with the first place."""
        values = _values((call.args, *call.options.values()))
        if any(id(value) in self.lost for value in values):
            self.lost |= {id(value) for value in call.outputs}
            return
        handler = table.get(call.name) or table.get(call.name.rstrip("_")) or table.get(_plain(call.name))
        try:
            if handler is None:
                raise UnknownCallError(call.name)
            if not call.samples:
                raise UnknownCallError(f"{call.name} that computes across samples")
            handler(self, call)
            for value in call.outputs:
                self.scopes[id(value)] = call.scopes
                if id(value) not in self.tensors:
                    raise UnknownCallError(call.name)
        except UnknownCallError as error:
            self.unknown[str(error)] += 1
            self.places.setdefault(str(error), place_of(call.scopes))
            self.failed.append((call, str(error)))
            self.lost |= {id(value) for value in call.outputs}

    def result(self, call: TracedCall, node: int, dims: Dims, last: bool = False) -> None:
        """Says that a call's only output is a node."""
        (value,) = call.outputs
        self.define(value, node, dims, channels_last(dims) if last else axes_of(dims))

    def layer(
        self,
        call: TracedCall,
        layer: Layer,
        *values: TracedValue,
        weights: Mapping[str, Weight | None] | None = None,
    ) -> None:
        """Adds a layer that reads values and makes the only output of the call."""
        reads = [self.read(value, call) for value in values]
        last = {read.last for read in reads}
        if len(last) > 1:
            raise UnknownCallError(f"{call.name} of maps with channels first and last")
        (value,) = call.outputs
        is_last = last == {True}
        dims = (value.dims[0], value.dims[-1], *value.dims[1:-1]) if is_last else value.dims
        used = {name: weight for name, weight in (weights or {}).items() if weight is not None}
        node = self.add(layer, reads, call.scopes, dims, call.macs, used, call.name)
        self.result(call, node, dims, is_last)


Handler = Callable[[Lowering, TracedCall], None]


def _plain(name: str) -> str:
    """`__add__`, `__iadd__` and `__radd__` as `add`."""
    if name.startswith("__") and name.endswith("__"):
        inner = name.strip("_")
        return inner[1:] if inner[:1] in "ir" and inner[1:] in ("add", "mul", "sub", "truediv") else inner
    return name


def place_of(scopes: Sequence[ModuleCall]) -> str:
    """The module that a call is in, for messages."""
    scope = next((scope for scope in reversed(scopes) if scope.path), None)
    return f"{scope.path} ({scope.type})" if scope else "the network itself"


def _values(given: object) -> list[TracedValue]:
    if isinstance(given, TracedValue):
        return [given]
    if isinstance(given, tuple | list):
        return [value for each in given for value in _values(each)]
    return []


def is_values(given: object) -> TypeGuard[tuple[TracedValue, ...]]:
    """Whether an argument is a list of values."""
    return isinstance(given, tuple) and all(isinstance(each, TracedValue) for each in given)


def lowered(
    recording: Recording, table: Mapping[str, Handler], name: str, source: str
) -> tuple[ModelGraph, tuple[str, ...]]:
    """The network of a recording, and the tensors of the module that no layer uses.

    Raises:
        ForeignError: it has calls that no kind stands for.
    """
    lowering = Lowering(recording)
    for call in recording.calls:
        lowering.lower(call, table)
    if lowering.unknown:
        raise ForeignError(
            *(
                f"no kind of layer for {what}: {times} use{'s' if times > 1 else ''}, first in "
                f"{lowering.places[what]}"
                for what, times in lowering.unknown.items()
            ),
            hint=WITH_CUSTOM,
        )
    outputs: dict[str, int] = {}
    for key, value in recording.outputs.items():
        end = TracedCall("the output", (), {}, (), (), 0)
        try:
            outputs[key] = lowering.read(value, end).node
        except UnknownCallError as error:
            raise ForeignError(f"no kind of layer for {error}") from None
    unused = tuple(
        each for each in recording.weights if each not in lowering.owners and not _counts_steps(each)
    )
    inputs = {key: value.dims[1:] for key, value in recording.inputs.items()}
    return ModelGraph(name, source, inputs, tuple(lowering.steps), outputs), unused


WITH_CUSTOM = "`cnncalc import --custom` writes it as a `custom` layer with measured numbers"


def _counts_steps(name: str) -> bool:
    """Whether a buffer only counts the steps of training."""
    return name.rpartition(".")[2] == "num_batches_tracked"
