"""Sums, differences and products: of two tensors, with a parameter or buffer, or with a number."""

from collections.abc import Callable
from math import prod
from typing import Literal

from msgspec import structs

from cnncalc.interchange.pytorch.calls import UnknownCallError, operands, what
from cnncalc.interchange.pytorch.lowering import Handler, Lowering, Read
from cnncalc.interchange.pytorch.traces import TracedCall, TracedValue, Weight
from cnncalc.layers import Layer, LayerError
from cnncalc.layers.merging import Add, ElementwiseMerge, Maximum, Minimum, Mul, Subtract
from cnncalc.layers.scaling import Rescale, Scale, Shift
from cnncalc.layers.sources import Constant, Parameter
from cnncalc.shapes import AXES, shape_of


def add(lowering: Lowering, call: TracedCall) -> None:
    if call.options.get("alpha", 1) != 1:
        raise UnknownCallError("add with alpha")
    one, other = operands(call)
    value, rest = (one, other) if isinstance(one, TracedValue) else (other, one)
    if isinstance(value, TracedValue) and isinstance(rest, int | float):
        on_elements(lowering, call, Rescale(offset=float(rest)), value)
    elif isinstance(value, TracedValue) and isinstance(rest, Weight):
        _with_weight(lowering, call, Add(), value, rest, lambda per: Shift(per), "bias")
    else:
        merge(Add())(lowering, call)


def subtract(lowering: Lowering, call: TracedCall) -> None:
    if call.options.get("alpha", 1) != 1:
        raise UnknownCallError("sub with alpha")
    _difference(lowering, call, *operands(call))


def subtract_from(lowering: Lowering, call: TracedCall) -> None:
    one, other = operands(call)
    _difference(lowering, call, other, one)


def _difference(lowering: Lowering, call: TracedCall, one: object, other: object) -> None:
    if isinstance(one, TracedValue) and isinstance(other, int | float):
        on_elements(lowering, call, Rescale(offset=-float(other)), one)
    elif isinstance(other, TracedValue) and isinstance(one, int | float):
        on_elements(lowering, call, Rescale(-1.0, float(one)), other)
    elif isinstance(one, TracedValue | Weight) and isinstance(other, TracedValue | Weight):
        _merged(lowering, call, Subtract(), one, other)
    else:
        raise UnknownCallError(f"difference of {what(one)} and {what(other)}")


def multiply(lowering: Lowering, call: TracedCall) -> None:
    one, other = operands(call)
    value, rest = (one, other) if isinstance(one, TracedValue) else (other, one)
    if isinstance(value, TracedValue) and isinstance(rest, int | float):
        on_elements(lowering, call, Rescale(float(rest)), value)
    elif isinstance(value, TracedValue) and isinstance(rest, Weight):
        _with_weight(lowering, call, Mul(), value, rest, lambda per: Scale(per), "weight")
    else:
        merge(Mul())(lowering, call)


def divide(lowering: Lowering, call: TracedCall) -> None:
    one, other = operands(call)
    if not isinstance(one, TracedValue) or not isinstance(other, int | float) or not other:
        raise UnknownCallError(f"division of {what(one)} by {what(other)}")
    on_elements(lowering, call, Rescale(1 / other), one)


def negative(lowering: Lowering, call: TracedCall) -> None:
    (value,) = call.args
    assert isinstance(value, TracedValue)
    on_elements(lowering, call, Rescale(-1.0), value)


def merge(layer: ElementwiseMerge) -> Handler:
    """Two tensors, element by element; sizes of 1 are repeated."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        one, other = operands(call)
        if not isinstance(one, TracedValue | Weight) or not isinstance(other, TracedValue | Weight):
            raise UnknownCallError(f"{layer.kind} of {what(one)} and {what(other)}")
        _merged(lowering, call, layer, one, other)

    return handler


def _merged(
    lowering: Lowering,
    call: TracedCall,
    layer: ElementwiseMerge,
    one: TracedValue | Weight,
    other: TracedValue | Weight,
) -> None:
    traced = [each for each in (one, other) if isinstance(each, TracedValue)]
    if len({len(each.dims) for each in traced}) > 1:
        sizes = " and ".join(str(each.dims[1:]) for each in traced)
        raise UnknownCallError(f"{layer.kind} of {sizes}, which are not broadcast from the channels")
    tensors = [lowering.tensor(each) for each in traced]
    ways = {(each.dims, each.axes, each.sizes, each.rolled) for each in tensors}
    if len(tensors) == 2 and len(ways) == 1 and len(one.dims) > 2:
        tensor = tensors[0]
        nodes = [lowering.node_of(each) for each in tensors]
        node = lowering.add(layer, nodes, call.scopes, tensor.dims, call.macs, name=call.name)
        lowering.define(call.outputs[0], node, tensor.dims, tensor.axes, rolled=tensor.rolled)
        return
    found = iter(lowering.read_all(traced, call))
    last = lowering.read_all(traced, call)[0].last
    reads = [
        next(found) if isinstance(each, TracedValue) else source(lowering, call, each, last)
        for each in (one, other)
    ]
    try:
        layer.output(*(read.shape for read in reads))
    except LayerError:
        layer = structs.replace(layer, broadcast=True)
    lowering.joined(call, layer, reads)


Per = Literal["channel", "layer", "element"]


def _with_weight(
    lowering: Lowering,
    call: TracedCall,
    layer: ElementwiseMerge,
    value: TracedValue,
    weight: Weight,
    make: Callable[[Per], Layer],
    name: str,
) -> None:
    """A parameter with a value for each channel or element, or for all; others are tensors of their own.

    So is one that another layer reads as such a tensor.
    """
    per = _per(lowering, call, value, weight)
    is_source = any(each == weight.names[0] for each, _ in lowering.sources)
    if per is None or is_source:
        _merged(lowering, call, layer, value, weight)
    elif per == "element":
        lowering.read(value, call)
        lowering.layer(call, make(per), value, weights={name: weight})
    else:
        on_elements(lowering, call, make(per), value, {name: weight})


def _per(lowering: Lowering, call: TracedCall, value: TracedValue, weight: Weight) -> Per | None:
    """What a parameter has a value for; None if it is broadcast in another way, or no parameter."""
    if not weight.as_stored:
        raise UnknownCallError(f"{call.name} with a tensor that is computed from {', '.join(weight.names)}")
    if not weight.learned or len(weight.dims) > len(value.dims):
        return None
    dims = (1,) * (len(value.dims) - len(weight.dims)) + weight.dims
    last = lowering.by_position(value) is not None
    at = len(dims) - 1 if last else 1
    if prod(dims) == 1 and (len(dims) == 1 or value.dims[at] > 1):
        return "layer"
    if dims[at] == value.dims[at] == prod(dims):
        return "channel"
    return "element" if dims[1:] == value.dims[1:] else None


def source(lowering: Lowering, call: TracedCall, weight: Weight, last: bool) -> Read:
    """A tensor of the module that a layer reads like the output of another one."""
    if not weight.as_stored:
        raise UnknownCallError(f"{call.name} of a tensor that is computed from {', '.join(weight.names)}")
    sizes = weight.dims[1:]
    dims = (sizes[-1], *sizes[:-1]) if last and sizes else sizes
    if not 1 <= len(dims) <= len(AXES) or weight.dims[0] not in (1, lowering.recording.batch):
        raise UnknownCallError(f"{call.name} of {what(weight)}")
    layer: Layer = Parameter(dims) if weight.learned else Constant(dims)
    known = lowering.sources.get((weight.names[0], dims))
    if known is not None:
        return Read(known, shape_of(dims), last)
    tensors = {"weight" if weight.learned else "value": weight}
    batched = (lowering.recording.batch, *dims)
    node = lowering.add(layer, [], call.scopes, batched, 0, tensors, weight.names[0], last)
    lowering.sources[weight.names[0], dims] = node
    return Read(node, shape_of(dims), last)


def on_elements(
    lowering: Lowering,
    call: TracedCall,
    layer: Layer,
    value: TracedValue,
    weights: dict[str, Weight] | None = None,
) -> None:
    """A layer that works on each element: where views rearranged a map, they do so behind it as well."""
    if layer.changes_nothing(shape_of(lowering.where(value).dims[1:])):
        same(lowering, call, value)
    elif len(value.dims) > 2 and not lowering.is_read(value):
        lowering.on_positions(call, layer, lowering.tensor(value), weights)
    else:
        lowering.layer(call, layer, value, weights=weights)


def same(lowering: Lowering, call: TracedCall, value: TracedValue) -> None:
    """A call that returns what it reads."""
    tensor = lowering.where(value)
    for output in call.outputs:
        lowering.define(output, tensor.node, tensor.dims, tensor.axes, tensor.sizes, tensor.rolled)


ARITHMETIC: dict[str, Handler] = {
    "add": add,
    "sub": subtract,
    "subtract": subtract,
    **dict.fromkeys(("__rsub__", "rsub"), subtract_from),
    "mul": multiply,
    "multiply": multiply,
    **dict.fromkeys(("truediv", "div", "divide", "true_divide"), divide),
    **dict.fromkeys(("neg", "negative"), negative),
    "maximum": merge(Maximum()),
    "minimum": merge(Minimum()),
}
