"""Products of matrices as layers, and attention that consists of them."""

from math import prod

from msgspec import structs

from cnncalc.interchange.pytorch.attention.joining import JOINED
from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError, operands
from cnncalc.interchange.pytorch.lowering import Lowering, Read, Tensor
from cnncalc.interchange.pytorch.traces import TracedCall, TracedValue
from cnncalc.interchange.pytorch.views import AxisPart, axes_of
from cnncalc.layers.activation import Softmax
from cnncalc.layers.base import Dims
from cnncalc.layers.merging import MatMul
from cnncalc.layers.naming import AXIS_NAMES
from cnncalc.layers.scaling import Rescale

SIGNATURE = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")


def swapped(tensor: Tensor) -> Tensor:
    """A tensor with its last two axes exchanged."""
    axes, sizes = tensor.axes, tensor.sizes
    return structs.replace(
        tensor, axes=(*axes[:-2], axes[-1], axes[-2]), sizes=(*sizes[:-2], sizes[-1], sizes[-2])
    )


def apart(lowering: Lowering, node: int) -> int:
    """The node of an attention without an output projection: a product, a softmax, and another product."""
    attended = lowering.attended[node]
    q, k, v = attended.tensors
    call = attended.call
    products(lowering, call, q, k, v)
    made = lowering.tensors[id(call.outputs[0])]
    if len(made.dims) != len(("batch", "heads", "rows", "columns")):
        raise UnknownCallError(f"{call.name} in windows or without heads, without a projection of its output")
    batch, heads, rows, columns = axes_of(made.dims)
    strides = [prod(q.dims[at + 1 :]) for at in range(2, len(q.dims))]
    rows_of = zip(q.dims[2:], strides, strict=True)
    spatial = tuple((AxisPart(rows[0].axis, size, stride),) if size > 1 else () for size, stride in rows_of)
    sizes = (q.dims[0], made.dims[1] * made.dims[3], *q.dims[2:])
    found = Tensor(made.node, made.dims, (batch, (*heads, *columns), *spatial), sizes)
    return lowering.arranged(found, call, call.scopes, last=False).node


def products(lowering: Lowering, call: TracedCall, q: Tensor, k: Tensor, v: Tensor) -> None:
    """Attention as layers."""
    if call.name == JOINED:
        calls = call.options["calls"]
        assert isinstance(calls, tuple)
        for each in calls:
            lowering.handle(each)
        return
    given = Arguments(call, SIGNATURE)
    if given.get("attn_mask") is not None or given.flag("is_causal"):
        raise UnknownCallError(f"{call.name} with a mask")
    name, macs = call.name, call.macs // 2
    scores = _product(lowering, call, q, swapped(k), macs)
    factor = given.number("scale", q.sizes[-1] ** -0.5)
    read, dims = lowering.node_of(scores), scores.dims
    node = lowering.add(Rescale(factor), [read], call.scopes, dims, 0, name=name)
    axis = AXIS_NAMES[len(dims) - 2][-1]
    read = Read(node, read.shape, last=False)
    node = lowering.add(Softmax(axis=axis), [read], call.scopes, dims, 0, name=name)
    tensor = _product(lowering, call, structs.replace(scores, node=node), v, call.macs - macs)
    lowering.tensors[id(call.outputs[0])] = tensor


def product(lowering: Lowering, call: TracedCall) -> None:
    """A product of two tensors, for each position of the axes before the last two."""
    one, other = operands(call)
    if not isinstance(one, TracedValue) or not isinstance(other, TracedValue):
        raise UnknownCallError(f"{call.name} with a tensor that does not depend on the network's input")
    tensor = _product(lowering, call, lowering.tensor(one), lowering.tensor(other), call.macs)
    lowering.tensors[id(call.outputs[0])] = tensor


def _product(lowering: Lowering, call: TracedCall, one: Tensor, other: Tensor, macs: int) -> Tensor:
    """The product of two tensors as a layer; heads may be part of the batch."""
    is_merged = len(one.axes[0]) > 1
    first, second = _unmerged(one), _unmerged(other)
    reads, transposed = [], []
    for tensor in (first, second):
        ways = [(lowering.needed(each), at, each) for at, each in enumerate((tensor, swapped(tensor)))]
        possible = [(count, at, each) for count, at, each in ways if count is not None]
        if not possible:
            raise UnknownCallError(f"{call.name} of parts of maps")
        _, at, way = min(possible, key=lambda each: each[:2])
        reads.append(lowering.arranged(way, call, call.scopes, last=False))
        transposed.append(bool(at))
    layer = MatMul(transpose_first=transposed[0], transpose_second=transposed[1])
    dims: Dims = (*first.sizes[:-1], second.sizes[-1])
    node = lowering.add(layer, reads, call.scopes, dims, macs, name=call.name)
    axes, sizes = axes_of(dims), dims
    if is_merged:
        axes, sizes = ((*axes[0], *axes[1]), *axes[2:]), (dims[0] * dims[1], *dims[2:])
    return Tensor(node, dims, axes, sizes)


def _unmerged(tensor: Tensor) -> Tensor:
    """A tensor with the batch as its first axis, and what is merged with it as the second."""
    batch, *more = tensor.axes[0] or (None,)
    if batch is None or not more or batch != axes_of(tensor.dims[:1])[0][0]:
        return tensor
    rest = prod(part.size for part in more)
    return structs.replace(
        tensor,
        axes=((batch,), tuple(more), *tensor.axes[1:]),
        sizes=(tensor.dims[0], rest, *tensor.sizes[1:]),
    )
