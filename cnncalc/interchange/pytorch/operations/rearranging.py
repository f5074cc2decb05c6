"""Calls that compute nothing: other shapes, orders and copies of the same values."""

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.operations.arithmetic import same
from cnncalc.interchange.pytorch.traces import TracedCall, TracedValue
from cnncalc.interchange.pytorch.views import Axes, axes_of, regrouped


def repeated(lowering: Lowering, call: TracedCall) -> None:
    """A call that repeats a tensor along axes of size 1, which is left to what reads it."""
    value = call.args[0]
    dims = call.outputs[0].dims
    if not isinstance(value, TracedValue):
        raise UnknownCallError(call.name)
    tensor = lowering.where(value)
    more = len(dims) - len(tensor.sizes)
    sizes = (*tensor.sizes[:1], *(1,) * more, *tensor.sizes[1:])
    if more and tensor.sizes[0] != 1 and dims[: more + 1] != (tensor.sizes[0], *dims[1 : more + 1]):
        raise UnknownCallError(call.name)
    if any(size not in (1, wanted) for size, wanted in zip(sizes, dims, strict=True)):
        raise UnknownCallError(call.name)
    axes = (*tensor.axes[:1], *((),) * more, *tensor.axes[1:])
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes, sizes, tensor.rolled)


def keep(lowering: Lowering, call: TracedCall) -> None:
    """A call that changes neither values nor shape."""
    (value,) = (each for each in call.args[:1] if isinstance(each, TracedValue))
    if call.outputs[0].dims != value.dims:
        raise UnknownCallError(call.name)
    same(lowering, call, value)


def whole(lowering: Lowering, call: TracedCall) -> None:
    """Another type of whole numbers, which would change other numbers."""
    value = call.args[0]
    node = lowering.where(value).node if isinstance(value, TracedValue) else lowering.entries
    if node >= lowering.entries or [*lowering.recording.inputs][node] not in lowering.recording.numbers:
        raise UnknownCallError(call.name)
    keep(lowering, call)


def view(lowering: Lowering, call: TracedCall) -> None:
    """A new shape for the same values in the same order."""
    given = call.args[0] if call.args else call.options.get("input")
    if not isinstance(given, TracedValue):
        raise UnknownCallError(call.name)
    tensor = lowering.where(given)
    dims = call.outputs[0].dims
    axes = regrouped(tensor.axes, dims) if tensor.sizes == given.dims else None
    if axes is None:
        raise UnknownCallError(f"{call.name} from {given.dims[1:]} to {dims[1:]}")
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes, rolled=tensor.rolled)


def _rearranged(lowering: Lowering, call: TracedCall, order: tuple[int, ...]) -> None:
    given = call.args[0]
    assert isinstance(given, TracedValue)
    tensor = lowering.where(given)
    axes: Axes = tuple(tensor.axes[axis] for axis in order)
    sizes = tuple(tensor.sizes[axis] for axis in order)
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes, sizes, tensor.rolled)


def movedim(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "source", "destination"))
    count = len(given.value().dims)
    start, stop = given.whole("source") % count, given.whole("destination") % count
    order = [axis for axis in range(count) if axis != start]
    order.insert(stop, start)
    _rearranged(lowering, call, tuple(order))


def roll(lowering: Lowering, call: TracedCall) -> None:
    """Moves positions around the end of an axis, as windows of attention are."""
    given = Arguments(call, ("input", "shifts", "dims"))
    value, axes = given.value(), given.get("dims")
    shifts = given.get("shifts")
    numbers = axes if isinstance(axes, tuple) else (axes,)
    amounts = shifts if isinstance(shifts, tuple) else (shifts,)
    tensor = lowering.where(value)
    rolled = [*(tensor.rolled or (0,) * len(tensor.dims))]
    for axis, amount in zip(numbers, amounts, strict=True):
        parts = tensor.axes[int(axis)]
        if amount and parts != axes_of(tensor.dims)[parts[0].axis]:
            raise UnknownCallError(call.name)
        if amount:
            at = parts[0].axis
            rolled[at] = (rolled[at] + int(amount)) % tensor.dims[at]
    lowering.define(call.outputs[0], tensor.node, tensor.dims, tensor.axes, tensor.sizes, tuple(rolled))


def permute(lowering: Lowering, call: TracedCall) -> None:
    given = call.options.get("dims", call.args[1:])
    order = given[0] if isinstance(given, tuple) and given and isinstance(given[0], tuple) else given
    if not isinstance(order, tuple) or not isinstance(call.args[0], TracedValue):
        raise UnknownCallError(call.name)
    count = len(call.args[0].dims)
    _rearranged(lowering, call, tuple(int(axis) % count for axis in order))


def transpose(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim0", "dim1"))
    count = len(given.value().dims)
    one, other = given.whole("dim0") % count, given.whole("dim1") % count
    order = [*range(count)]
    order[one], order[other] = order[other], order[one]
    _rearranged(lowering, call, tuple(order))


REARRANGEMENTS: dict[str, Handler] = {
    **dict.fromkeys(("contiguous", "clone", "detach", "requires_grad_"), keep),
    **dict.fromkeys(("to", "type", "type_as", "float", "double", "half", "bfloat16"), keep),
    **dict.fromkeys(("long", "int"), whole),
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"), view),
    "permute": permute,
    **dict.fromkeys(("movedim", "moveaxis"), movedim),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), transpose),
    "roll": roll,
    **dict.fromkeys(("expand", "expand_as", "repeat", "broadcast_to"), repeated),
}
