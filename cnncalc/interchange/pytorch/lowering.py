"""From recorded calls to the layers of the graph form."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard

from msgspec import Struct, structs

from cnncalc.interchange.network import ForeignError, ModelGraph, ModelStep, ModuleCall
from cnncalc.interchange.pytorch.recording import Recording, TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, axes_of, channels_last, reading
from cnncalc.layers import Layer, LayerError
from cnncalc.layers.base import Dims
from cnncalc.layers.naming import AXIS_NAMES, AxisName
from cnncalc.layers.reshaping import Identity
from cnncalc.shapes import Shape, shape_of

if TYPE_CHECKING:
    from cnncalc.interchange.pytorch.attention import PendingAttention


class UnknownCallError(Exception):
    """A call that no kind of layer stands for; the message names it."""


class Tensor(Struct, frozen=True):
    """Where a recorded value is in the graph.

    Attributes:
        node: the node that makes it.
        dims: the shape of the node's output, with the batch.
        axes: where the axes of the tensor lie in it.
        sizes: those of the tensor; they are 1 where the tensor was only repeated since.
        rolled: positions by which each axis of the node was moved around its end.
    """

    node: int
    dims: Dims
    axes: Axes
    sizes: Dims
    rolled: tuple[int, ...] = ()


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

    def flag_or_given(self, name: str) -> bool:
        """Whether an argument is there and not False."""
        return self.get(name) not in (None, False)

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

    def __init__(self, recording: Recording, table: "Mapping[str, Handler]") -> None:
        self.table = table
        self.tensors: dict[int, Tensor] = {}
        self.read_as: dict[tuple[object, bool | None], Read] = {}
        self.attended: dict[int, PendingAttention] = {}
        self.sources: dict[tuple[str, Dims], int] = {}
        self.real: dict[int, int] = {}
        self.replaced: set[int] = set()
        self.steps: list[ModelStep] = []
        self.scopes: dict[int, tuple[ModuleCall, ...]] = {}
        self.owners: dict[str, int] = {}
        self.recording = recording
        self.entries = len(recording.inputs)
        self.spare: set[int] = set()
        self.indices: dict[int, TracedValue] = {}
        self.unknown: Counter[str] = Counter()
        self.places: dict[str, str] = {}
        self.failed: list[tuple[TracedCall, str]] = []
        self.behind: set[int] = set()
        self.lost: set[int] = set()
        for node, value in enumerate(recording.inputs.values()):
            self.define(value, node, value.dims, axes_of(value.dims))

    def define(
        self, value: TracedValue, node: int, dims: Dims, axes: Axes, sizes: Dims = (), rolled: Dims = ()
    ) -> None:
        """Says where a value is."""
        self.tensors[id(value)] = Tensor(node, dims, axes, sizes or value.dims, rolled)

    def tensor(self, value: TracedValue) -> Tensor:
        """Where a value is, with layers for an attention that nothing has completed."""
        found = self.where(value)
        if found.node in self.attended:
            from cnncalc.interchange.pytorch.attention import apart

            if found.node not in self.real:
                self.real[found.node] = apart(self, found.node)
            return structs.replace(found, node=self.real[found.node])
        return found

    def where(self, value: TracedValue) -> Tensor:
        """Where a value is; possibly in an attention that a projection can complete."""
        found = self.tensors.get(id(value))
        if found is None:
            raise UnknownCallError("the second result of a call")
        return found

    def completed(self, value: TracedValue) -> Tensor | None:
        """Where a value is, if it is an attention whose channels a projection can read."""
        found = self.where(value)
        if found.node not in self.attended:
            return None
        last = found.axes[-1:] == axes_of(found.dims)[1:2] and len(found.sizes) > 2
        return found if last or found.axes == axes_of(found.dims) else None

    def read(self, value: TracedValue, call: TracedCall, last: bool | None = None) -> Read:
        """The node to read for a value, with layers for what views rearranged.

        Args:
            last: whether the channels must be the last axis of PyTorch's tensor, or the first; default:
                what needs no layer.
        """
        tensor = self.tensor(value)
        return self.arranged(tensor, call, self.scopes.get(id(value), call.scopes), last)

    def arranged(
        self, tensor: Tensor, call: TracedCall, scopes: tuple[ModuleCall, ...], last: bool | None = None
    ) -> Read:
        """The node to read for a tensor, with layers for what views rearranged."""
        key = (tensor.node, tensor.axes, tensor.sizes, tensor.rolled)
        known = self.read_as.get((key, last))
        if known:
            return known
        how = None if any(tensor.rolled) else reading(tensor.axes, tensor.dims, tensor.sizes, last)
        if how is None:
            order = " × ".join("·".join(f"{part.axis}" for part in axis) or "1" for axis in tensor.axes)
            raise UnknownCallError(f"a rearrangement of axes before {call.name} (axes {order})")
        node, dims = tensor.node, tensor.dims
        for layer in how.layers:
            shape = shape_of(dims[1:])
            dims = (dims[0], *layer.output(shape).dims())
            node = self.add(layer, [Read(node, shape, False)], scopes, dims, 0)
            self.spare.add(node)
        found = Read(node, shape_of(how.dims[1:]), how.last)
        self.read_as[key, last] = self.read_as[key, found.last] = found
        return found

    def needed(self, tensor: Tensor) -> int | None:
        """How many layers it takes to read a tensor with the channels first; None if that is impossible."""
        how = None if any(tensor.rolled) else reading(tensor.axes, tensor.dims, tensor.sizes, last=False)
        return None if how is None else len(how.layers)

    def read_all(self, values: Sequence[TracedValue], call: TracedCall) -> list[Read]:
        """The nodes to read for several values, with their channels all first or all last."""
        reads = [self.read(value, call) for value in values]
        if len({read.last for read in reads}) > 1:
            try:
                reads = [self.read(value, call, last=True) for value in values]
            except UnknownCallError:
                reads = [self.read(value, call, last=False) for value in values]
        return reads

    def is_read(self, value: TracedValue) -> bool:
        """Whether a layer reads a value already, through the layers that this needed."""
        tensor = self.tensor(value)
        key = (tensor.node, tensor.axes, tensor.sizes, tensor.rolled)
        return any((key, last) in self.read_as for last in (None, True, False))

    def step(self, node: int) -> ModelStep | None:
        """The step of a node; None for an input."""
        return self.steps[node - self.entries] if node >= self.entries else None

    def node(self, node: int) -> Read:
        """A node as it is."""
        step = self.step(node)
        dims = step.output if step else [*self.recording.inputs.values()][node].dims[1:]
        return Read(node, shape_of(dims), False)

    def release(self, nodes: Iterable[int]) -> None:
        """Makes the tensors of nodes free for another one."""
        for each in nodes:
            for name in self.steps[each - self.entries].tensors:
                self.owners.pop(name, None)

    def replace(self, nodes: Iterable[int], node: int) -> None:
        """Says that a node stands for others, too, which nothing else may read."""
        self.spare |= {*nodes}
        self.replaced |= {*nodes}
        names = {name for each in nodes for name in self.steps[each - self.entries].tensors}
        self.owners |= dict.fromkeys(names, node)

    def node_of(self, tensor: Tensor) -> Read:
        """The node of a tensor as it is, before views rearranged it."""
        return Read(tensor.node, shape_of(tensor.dims[1:]), False)

    def axis_name(
        self, value: TracedValue, call: TracedCall, axis: int, last: bool | None = None
    ) -> AxisName:
        """The name of an axis of a tensor in the map that is read for it."""
        read = self.read(value, call, last)
        first, *rest = AXIS_NAMES[read.shape.rank]
        order = (*rest, first) if read.last else (first, *rest)
        if not 1 <= axis <= len(order):
            raise UnknownCallError(f"{call.name} along axis {axis}")
        return order[axis - 1]

    def by_position(self, value: TracedValue) -> Tensor | None:
        """Where a tensor is whose last axis are the channels of a map, and the others its positions.

        What works on the channels of each position can read the map itself, in whatever order views have the
        positions.
        """
        tensor = self.tensor(value)
        channels = axes_of(tensor.dims)[1]
        is_whole = len(tensor.sizes) > 2 and bool(channels) and tensor.axes[-1] == channels
        return tensor if is_whole else None

    def on_positions(
        self,
        call: TracedCall,
        layer: Layer,
        tensor: Tensor,
        weights: Mapping[str, Weight | None] | None = None,
    ) -> None:
        """Adds a layer that reads the node of a tensor, and leaves its positions in the tensor's order."""
        (value,) = call.outputs
        shape = shape_of(tensor.dims[1:])
        dims = (tensor.dims[0], *_output(layer, [shape], call.name).dims())
        axes = tensor.axes
        if dims[1] != tensor.dims[1]:
            axes = (*axes[:-1], axes_of(dims)[1])
        used = {name: weight for name, weight in (weights or {}).items() if weight is not None}
        node = self.add(layer, [self.node_of(tensor)], call.scopes, dims, call.macs, used, call.name)
        self.define(value, node, dims, axes, rolled=tensor.rolled)

    def maps(self, value: TracedValue, call: TracedCall) -> Read:
        """The node to read for a value whose channels come first."""
        return self.read(value, call, last=False)

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
        output = _output(layer, [read.shape for read in reads], name or layer.kind)
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

    def handler(self, call: TracedCall) -> "Handler | None":
        """What lowers a call; None if nothing does."""
        names = (call.name, call.name.rstrip("_"), plain_name(call.name))
        return next((self.table[name] for name in names if name in self.table), None)

    def handle(self, call: TracedCall) -> None:
        """Adds what a call stands for, which is part of another one; raises UnknownCallError."""
        handler = self.handler(call)
        if handler is None:
            raise UnknownCallError(call.name)
        handler(self, call)

    def lower(self, call: TracedCall) -> None:
        """Adds what a call stands for; what is unknown is counted, with the first place."""
        values = traced(call)
        if any(id(value) in self.lost for value in values):
            self.lost |= {id(value) for value in call.outputs}
            return
        is_behind = any(id(value) in self.behind for value in values)
        handler = self.handler(call)
        try:
            if handler is None:
                raise UnknownCallError(call.name)
            if not call.samples:
                raise UnknownCallError(f"{call.name} that computes across samples")
            handler(self, call)
            if is_behind:
                self.behind |= {id(value) for value in call.outputs}
            for value in call.outputs:
                self.scopes[id(value)] = call.scopes
                if id(value) not in self.tensors and id(value) not in self.indices:
                    raise UnknownCallError(call.name)
        except UnknownCallError as error:
            reason = str(error)
            if not is_behind or handler is None or reason in self.unknown:
                self.unknown[reason] += 1
                self.places.setdefault(reason, place_of(call.scopes))
            if not is_behind:
                self.failed.append((call, reason))
            self._opaque(call)

    def _opaque(self, call: TracedCall) -> None:
        """Goes on behind an unknown call, so that all unknown ones are counted."""
        self.behind |= {id(value) for value in call.outputs}
        read = next((self.tensors[id(each)] for each in traced(call) if id(each) in self.tensors), None)
        last = read is not None and read.axes[-1:] == axes_of(read.dims)[1:2]
        for value in call.outputs:
            if id(value) in self.tensors:
                continue
            if not 1 < len(value.dims) <= MOST_AXES:
                self.lost.add(id(value))
                continue
            is_last = last and len(value.dims) > 2
            dims = (value.dims[0], value.dims[-1], *value.dims[1:-1]) if is_last else value.dims
            node = self.entries + len(self.steps)
            self.steps.append(ModelStep(Identity(), (0,), "", call.scopes, dims[1:]))
            self.define(value, node, dims, channels_last(dims) if is_last else axes_of(dims))

    def layer(
        self,
        call: TracedCall,
        layer: Layer,
        *values: TracedValue,
        weights: Mapping[str, Weight | None] | None = None,
        last: bool | None = None,
    ) -> None:
        """Adds a layer that reads values and makes the first output of the call."""
        reads = self.read_all(values, call) if last is None else [self.read(v, call, last) for v in values]
        self.joined(call, layer, reads, weights)

    def joined(
        self,
        call: TracedCall,
        layer: Layer,
        reads: Sequence[Read],
        weights: Mapping[str, Weight | None] | None = None,
    ) -> None:
        """Adds a layer that reads nodes and makes the first output of the call."""
        value = call.outputs[0]
        used = {name: weight for name, weight in (weights or {}).items() if weight is not None}
        is_last = reads[0].last
        dims = (value.dims[0], value.dims[-1], *value.dims[1:-1]) if is_last else value.dims
        node = self.add(layer, reads, call.scopes, dims, call.macs, used, call.name)
        self.result(value, node, dims, is_last)

    def result(self, value: TracedValue, node: int, dims: Dims, last: bool = False) -> None:
        """Says that a value is a node as it is, possibly with the channels as its last axis."""
        self.define(value, node, dims, channels_last(dims) if last else axes_of(dims))


def _output(layer: Layer, shapes: Sequence[Shape], name: str) -> Shape:
    try:
        return layer.output(*shapes)
    except LayerError as error:
        raise UnknownCallError(f"{name}: {error}") from None


MOST_AXES = 5
"""Axes of a tensor that can be a map: with the batch and the channels."""

Handler = Callable[[Lowering, TracedCall], None]


def plain_name(name: str) -> str:
    """`__add__`, `__iadd__` and `__radd__` as `add`."""
    if name.startswith("__") and name.endswith("__"):
        inner = name.strip("_")
        in_place = inner[:1] == "i" and inner[1:] in ("add", "mul", "sub", "truediv")
        return inner[1:] if in_place or inner in ("radd", "rmul") else inner
    return name


def place_of(scopes: Sequence[ModuleCall]) -> str:
    """The module that a call is in, for messages."""
    scope = next((scope for scope in reversed(scopes) if scope.path), None)
    return f"{scope.path} ({scope.type})" if scope else "the network itself"


def traced(call: TracedCall) -> list[TracedValue]:
    """The values that a call reads."""
    return values_of((call.args, *call.options.values()))


def values_of(given: object) -> list[TracedValue]:
    """The values in nested arguments."""
    if isinstance(given, TracedValue):
        return [given]
    if isinstance(given, tuple | list):
        return [value for each in given for value in values_of(each)]
    return []


def readers_of(recording: Recording) -> dict[int, list[TracedCall]]:
    """The calls that read each value, by its id; the end of the network reads its outputs."""
    readers: dict[int, list[TracedCall]] = {}
    for call in recording.calls:
        for value in traced(call):
            readers.setdefault(id(value), []).append(call)
    end = TracedCall("the output", (), {}, (), (), 0)
    for value in recording.outputs.values():
        readers.setdefault(id(value), []).append(end)
    return readers


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
    lowering = Lowering(recording, table)
    for call in recording.calls:
        lowering.lower(call)
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
    network = ModelGraph(name, source, inputs, tuple(lowering.steps), outputs)
    return without(network, lowering.spare, lowering.replaced), unused


def without(network: ModelGraph, spare: Container[int], replaced: Container[int]) -> ModelGraph:
    """A network without those of its spare nodes that nothing reads.

    Raises:
        ForeignError: something reads a projection that became part of an attention layer.
    """
    entries = len(network.inputs)
    read = {*network.outputs.values()}
    for at in reversed(range(len(network.steps))):
        if entries + at in read or entries + at not in spare:
            read |= {*network.steps[at].inputs}
    kept = [at for at in range(len(network.steps)) if entries + at in read or entries + at not in spare]
    moved = {entries + at: entries + number for number, at in enumerate(kept)}
    moved |= {node: node for node in range(entries)}
    steps = []
    for at in kept:
        step = network.steps[at]
        if entries + at in replaced:
            raise ForeignError(
                f"no kind of layer for attention whose projections have other readers: {step.path}"
            )
        shares = None if step.shares is None else moved[step.shares]
        inputs = tuple(moved[node] for node in step.inputs)
        steps.append(structs.replace(step, inputs=inputs, shares=shares))
    outputs = {key: moved[node] for key, node in network.outputs.items()}
    return structs.replace(network, steps=tuple(steps), outputs=outputs)


WITH_CUSTOM = "`cnncalc import --custom` writes it as a `custom` layer with measured numbers"


def _counts_steps(name: str) -> bool:
    """Whether a buffer only counts the steps of training."""
    return name.rpartition(".")[2] == "num_batches_tracked"
