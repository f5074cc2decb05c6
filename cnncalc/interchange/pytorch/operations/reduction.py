"""Means, sums, maxima and norms along axes."""

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.operations.arithmetic import merge
from cnncalc.interchange.pytorch.traces import OtherTensor, TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import axes_of, channels_last
from cnncalc.layers import Layer
from cnncalc.layers.merging import ElementwiseMerge, Maximum, Minimum
from cnncalc.layers.pooling import GlobalAvgPool, GlobalMaxPool
from cnncalc.layers.reducing import Reduce
from cnncalc.shapes import Shape


def reduce(mode: str) -> Handler:
    """A reduction along some axes; the mean or maximum of all positions is a global pooling."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", "dim", "keepdim"))
        _reduce(lowering, given, mode)

    return handler


def reduce_or_merge(mode: str, layer: ElementwiseMerge) -> Handler:
    """A reduction along some axes, or the larger or smaller of two tensors: `torch.max(x, y)`."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        second = call.args[1] if len(call.args) > 1 else call.options.get("other")
        of_two = isinstance(second, TracedValue | Weight | OtherTensor)
        (merge(layer) if of_two else reduce(mode))(lowering, call)

    return handler


def norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "p", "dim", "keepdim", "out", "dtype"))
    if given.get("p", 2) not in (2, "fro"):
        raise UnknownCallError(f"norm with p = {given.get('p')}")
    _reduce(lowering, given, "l2")


def vector_norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "ord", "dim", "keepdim"))
    if given.get("ord", 2) != 2:
        raise UnknownCallError(f"vector_norm with ord = {given.get('ord')}")
    _reduce(lowering, given, "l2")


def _reduce(lowering: Lowering, given: Arguments, mode: str) -> None:
    call, value, keepdim = given.call, given.value(), given.flag("keepdim")
    over = given.get("dim", ())
    numbers = over if isinstance(over, tuple) else (over,)
    gone = {axis % len(value.dims) for axis in numbers if isinstance(axis, int)} or {*range(len(value.dims))}
    if 0 in gone:
        raise UnknownCallError(f"{call.name} over samples")
    tensor = lowering.tensor(value)
    parts = {part for axis in gone for part in tensor.axes[axis]}
    wholes = {part for axis in axes_of(tensor.dims)[1:] for part in axis}
    if parts and parts <= wholes and not any(tensor.rolled) and len(tensor.dims) > 2:
        read, dims, axes = lowering.node_of(tensor), tensor.dims, tensor.axes
        reduced = {part.axis for part in parts}
    else:
        read = lowering.read(value, call)
        dims = (value.dims[0], *read.shape.dims())
        axes = channels_last(dims) if read.last else axes_of(dims)
        names = ("channels", *read.shape.axes)
        reduced = {1 + names.index(lowering.axis_name(value, call, axis)) for axis in gone}
    after = tuple(1 if at in reduced else size for at, size in enumerate(dims))
    node = lowering.add(_reduction(mode, reduced, read.shape), [read], call.scopes, after, 0, name=call.name)
    kept = tuple(() if at in gone else axis for at, axis in enumerate(axes) if keepdim or at not in gone)
    lowering.define(call.outputs[0], node, after, kept)
    for other in call.outputs[1:]:
        lowering.indices[id(other)] = value


GLOBAL: dict[str, Layer] = {"mean": GlobalAvgPool(), "max": GlobalMaxPool()}


def _reduction(mode: str, axes: set[int], shape: Shape) -> Layer:
    """The layer that reduces some axes of a map, of which 1 are the channels."""
    long = {at for at, size in enumerate(shape.spatial, 2) if size > 1}
    if mode in GLOBAL and shape.rank and long <= axes and 1 not in axes:
        return GLOBAL[mode]
    names = tuple(("channels", *shape.axes)[at - 1] for at in sorted(axes))
    return Reduce(mode, over=names[0] if len(names) == 1 else names)  # type: ignore[arg-type]


REDUCTIONS: dict[str, Handler] = {
    "mean": reduce("mean"),
    "sum": reduce("sum"),
    "max": reduce_or_merge("max", Maximum()),
    "min": reduce_or_merge("min", Minimum()),
    "amax": reduce("max"),
    "amin": reduce("min"),
    "logsumexp": reduce("logsumexp"),
    "norm": norm,
    "linalg_vector_norm": vector_norm,
}
