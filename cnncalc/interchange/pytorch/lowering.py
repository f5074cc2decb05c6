"""From recorded calls to the layers of the graph form."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from cnncalc.interchange.network import ModelStep, ModuleCall
from cnncalc.interchange.pytorch.calls import UnknownCallError, place_of, plain_name, traced
from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, axes_of, channels_last, reading
from cnncalc.layers import Layer, LayerError
from cnncalc.layers.base import Dims
from cnncalc.layers.naming import AXIS_NAMES, AxisName
from cnncalc.layers.reshaping import Identity
from cnncalc.shapes import Shape, shape_of

if TYPE_CHECKING:
    from cnncalc.interchange.pytorch.attention.layers import PendingAttention


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
        self.makers: dict[int, TracedCall] = {}
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
        for node, (name, value) in enumerate(recording.inputs.items()):
            dims = (value.dims[0], *recording.shapes[name])
            batch, *axes = axes_of(dims)
            self.define(value, node, dims, (batch, *axes[len(dims) - len(value.dims) :]))

    def define(
        self, value: TracedValue, node: int, dims: Dims, axes: Axes, sizes: Dims = (), rolled: Dims = ()
    ) -> None:
        """Says where a value is."""
        self.tensors[id(value)] = Tensor(node, dims, axes, sizes or value.dims, rolled)

    def tensor(self, value: TracedValue) -> Tensor:
        """Where a value is, with layers for an attention that nothing has completed."""
        found = self.where(value)
        if found.node in self.attended:
            from cnncalc.interchange.pytorch.attention.products import apart

            if found.node not in self.real:
                self.real[found.node] = apart(self, found.node)
            return structs.replace(found, node=self.real[found.node])
        return found

    def where(self, value: TracedValue) -> Tensor:
        """Where a value is; possibly in an attention that a projection can complete."""
        found = self.tensors.get(id(value))
        if found is None:
            maker = self.makers[id(value)]
            at = next(at for at, each in enumerate(maker.outputs, 1) if each is value)
            raise UnknownCallError(f"result {at} of {maker.name}")
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
        maker = self.makers.get(id(value))
        return self.arranged(tensor, call, maker.scopes if maker else call.scopes, last, self.views(value))

    def views(self, value: TracedValue) -> list[str]:
        """The names of the calls that rearranged a node to a value, last one first."""
        found: list[str] = []
        node = self.tensors[id(value)].node
        while maker := self.makers.get(id(value)):
            read = [each for each in traced(maker) if id(each) in self.tensors]
            if not read or self.tensors[id(read[0])].node != node:
                break
            value = read[0]
            found.append(plain_name(maker.name))
        return found

    def arranged(
        self,
        tensor: Tensor,
        call: TracedCall,
        scopes: tuple[ModuleCall, ...],
        last: bool | None = None,
        views: Sequence[str] = (),
    ) -> Read:
        """The node to read for a tensor, with layers for what views rearranged."""
        key = (tensor.node, tensor.axes, tensor.sizes, tensor.rolled)
        known = self.read_as.get((key, last))
        if known:
            return known
        axes, sizes = tensor.axes, tensor.sizes
        if len(sizes) == 1 and not last:  # one number for each sample
            axes, sizes = (*axes, ()), (*sizes, 1)
        how = None if any(tensor.rolled) else reading(axes, tensor.dims, sizes, last)
        if how is None:
            names = " and ".join(dict.fromkeys(reversed(views)))
            raise UnknownCallError(f"{names or 'parts of maps'} before {call.name}")
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
        """The nodes to read for several values, with their channels all first or all last, as in most."""
        reads = [self.read(value, call) for value in values]
        if len({read.last for read in reads}) > 1:
            mostly_last = 2 * sum(read.last for read in reads) >= len(reads)
            try:
                reads = [self.read(value, call, mostly_last) for value in values]
            except UnknownCallError:
                reads = [self.read(value, call, not mostly_last) for value in values]
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
        dims = step.output if step else [*self.recording.shapes.values()][node]
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

    def of_channels(
        self,
        call: TracedCall,
        value: TracedValue,
        weights: Mapping[str, Weight | None],
        on_vector: Layer,
        on_map: Layer,
    ) -> None:
        """A layer that reads the last axis of a tensor as the channels of each position."""
        if len(value.dims) < 2:
            raise UnknownCallError(f"{call.name} that computes across samples")
        if len(value.dims) == 2:
            self.layer(call, on_vector, value, weights=weights)
        elif tensor := self.by_position(value):
            layer = on_map if len(tensor.dims) > 2 else on_vector
            self.on_positions(call, layer, tensor, weights)
        else:
            self.layer(call, on_map, value, weights=weights, last=True)

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
        last: bool = False,
    ) -> int:
        """Adds a step, after its output is compared with what PyTorch made.

        Args:
            last: whether tensors with a value for each position have the channels as their last axis, as
                also where the layer reads such a tensor.
        """
        output = _output(layer, [read.shape for read in reads], name or layer.kind)
        if output.dims() != dims[1:]:
            sizes = "×".join(map(str, dims[1:]))
            raise UnknownCallError(f"{name or layer.kind}: cnncalc gives {output.text()}, PyTorch {sizes}")
        _check_tensors(layer, [read.shape for read in reads], weights or {}, name or layer.kind)
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
            channels_last=last or any(read.last for read in reads),
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
        self.makers |= {id(value): call for value in call.outputs}
        handler = self.handler(call)
        try:
            if handler is None:
                is_script = "." in call.name
                raise UnknownCallError(f"{call.name} of TorchScript" if is_script else call.name)
            if not call.samples:
                raise UnknownCallError(f"{call.name} that computes across samples")
            handler(self, call)
            if is_behind:
                self.behind |= {id(value) for value in call.outputs}
            for value in call.outputs:
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

    def output(self, value: TracedValue) -> int:
        """The node of an output of the network, a layer for an input that is returned as it is.

        What is unknown is counted, with its place; -1 then.
        """
        maker = self.makers.get(id(value))
        scopes = maker.scopes if maker else ()
        if id(value) in self.behind or id(value) in self.lost:
            return -1
        try:
            read = self.read(value, TracedCall("the output", (), {}, (), scopes, 0))
            if read.node >= self.entries:
                return read.node
            return self.add(Identity(), [read], scopes, (value.dims[0], *read.shape.dims()), 0)
        except UnknownCallError as error:
            self.unknown[str(error)] += 1
            self.places.setdefault(str(error), place_of(scopes))
            if maker:
                self.failed.append((maker, str(error)))
            return -1

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
        if len(dims) == 1:
            dims = (*dims, 1)
        node = self.add(layer, reads, call.scopes, dims, call.macs, used, call.name)
        self.result(value, node, dims, is_last)

    def result(self, value: TracedValue, node: int, dims: Dims, last: bool = False) -> None:
        """Says that a value is a node as it is, possibly with the channels as its last axis."""
        axes = channels_last(dims) if last else axes_of(dims)
        self.define(value, node, dims, axes[: len(value.dims)])


def _output(layer: Layer, shapes: Sequence[Shape], name: str) -> Shape:
    try:
        return layer.output(*shapes)
    except LayerError as error:
        raise UnknownCallError(f"{name}: {error}") from None


def _check_tensors(layer: Layer, shapes: Sequence[Shape], weights: Mapping[str, Weight], name: str) -> None:
    """Compares the tensors of a layer with those of the module, by the names that the kind has for them."""
    if layer.is_declared:  # its numbers are those of the module
        return
    learned = layer.weights(*shapes)
    expected = {**learned, **layer.buffers(*shapes)}
    if [*expected] != [*weights]:
        theirs, ours = ", ".join(weights) or "nothing", ", ".join(expected) or "nothing"
        raise UnknownCallError(f"{name} with {theirs} instead of {ours}")
    for each, dims in expected.items():
        weight = weights[each]
        if weight.learned != (each in learned):
            raise UnknownCallError(f"{name} whose {each} is a {'parameter' if weight.learned else 'buffer'}")
        if _long(dims) != _long(weight.stored):
            raise UnknownCallError(f"{name} whose {each} has the shape {weight.stored} instead of {dims}")


def _long(dims: Dims) -> list[int]:
    """The sizes of a tensor in any order, without those of 1."""
    return sorted(size for size in dims if size > 1)


MOST_AXES = 5
"""Axes of a tensor that can be a map: with the batch and the channels."""

Handler = Callable[[Lowering, TracedCall], None]
