"""Attention: its projections, product, softmax and sum as one layer, and products of matrices alone.

`joined` finds softmax(q·k)·v among the calls of a run and makes each a single call, like those of
`scaled_dot_product_attention`. `attend` then says how heads, windows and positions lie in the maps of the
projections. The output projection completes the layer; if something else reads it, the products are layers.
"""

from collections.abc import Mapping, Sequence
from math import isclose, prod
from typing import Any

from msgspec import Struct, structs

from cnncalc.interchange.network import ModelStep
from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError, operands, plain_name, readers_of
from cnncalc.interchange.pytorch.lowering import Handler, Lowering, Read, Tensor
from cnncalc.interchange.pytorch.recording import OtherTensor, Recording, TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, AxisPart, axes_of
from cnncalc.layers.activation import Softmax
from cnncalc.layers.attending import Attention, CrossAttention
from cnncalc.layers.base import Dims
from cnncalc.layers.convolution import Conv
from cnncalc.layers.merging import MatMul
from cnncalc.layers.naming import AXIS_NAMES
from cnncalc.layers.reshaping import Slice
from cnncalc.layers.scaling import Rescale

PRODUCTS = ("matmul", "bmm")
JOINED = "softmax of a product"
"""The name of joined calls; no function of PyTorch has it."""

UNCHANGED = ("dropout", "contiguous", "to", "float", "type", "type_as")
"""Calls that leave scores as they are."""
VIEWS = ("view", "reshape", "unsqueeze", "squeeze", "flatten")


class _Scores(Struct, frozen=True):
    """The product of queries and keys on its way to the values."""

    calls: tuple[TracedCall, ...]
    factor: float = 1.0
    added: tuple[object, ...] = ()
    is_softmax: bool = False


def joined(recording: Recording) -> Recording:
    """The recording with each softmax(q·k)·v as one call, in the place of its last one."""
    readers = readers_of(recording)
    makers = {id(value): call for call in recording.calls for value in call.outputs}
    gone: set[int] = set()
    made: dict[int, TracedCall] = {}
    for call in recording.calls:
        found = (
            _followed(call, readers) if plain_name(call.name) in PRODUCTS and id(call) not in gone else None
        )
        if found is None:
            continue
        query: object
        query, key = operands(call)
        maker = makers.get(id(query))
        calls = found.calls
        if maker and plain_name(maker.name) == "mul" and len(readers[id(query)]) == 1:
            one, other = operands(maker)
            if isinstance(one, TracedValue) and isinstance(other, int | float):
                query, calls = one, (maker, *calls)
                found = structs.replace(found, factor=found.factor * other)
        last = calls[-1]
        values = operands(last)[1]
        options = {"factor": found.factor, "added": found.added, "calls": calls}
        gone |= {id(each) for each in calls}
        made[id(last)] = TracedCall(
            JOINED, (query, key, values), options, last.outputs, last.scopes, sum(c.macs for c in calls)
        )
    calls = tuple(
        made.get(id(each), each) for each in recording.calls if id(each) not in gone or id(each) in made
    )
    return structs.replace(recording, calls=calls)


def _followed(call: TracedCall, readers: Mapping[int, Sequence[TracedCall]]) -> _Scores | None:
    """The calls from a product of queries and keys to that with the values."""
    if not all(isinstance(each, TracedValue) for each in operands(call)):
        return None
    found = _Scores((call,))
    while True:
        (value,) = found.calls[-1].outputs
        following = readers.get(id(value), [])
        if len(following) != 1 or len(following[0].outputs) != 1:
            return None
        call = following[0]
        name = plain_name(call.name)
        found = structs.replace(found, calls=(*found.calls, call))
        if name in PRODUCTS:
            first, other = operands(call)
            return found if found.is_softmax and first is value and isinstance(other, TracedValue) else None
        step = _step(found, name, call, value)
        if step is None:
            return None
        found = step


def _step(found: _Scores, name: str, call: TracedCall, value: TracedValue) -> _Scores | None:
    """What a call does to scores; None if attention does not have it."""
    if name in UNCHANGED or name in VIEWS:
        return found
    if name == "softmax":
        axis = Arguments(call, ("input", "dim", "_stacklevel", "dtype")).whole("dim")
        is_last = axis in (-1, len(value.dims) - 1)
        return structs.replace(found, is_softmax=True) if is_last and not found.is_softmax else None
    if found.is_softmax or name not in ("mul", "truediv", "div", "add"):
        return None
    one, other = operands(call)
    if one is not value:
        return None
    if name == "add":
        return structs.replace(found, added=(*found.added, other))
    if not isinstance(other, int | float) or found.added:
        return None
    return structs.replace(found, factor=found.factor * (other if name == "mul" else 1 / other))


class _Projection(Struct, frozen=True):
    """A 1×1 convolution, and which of its filters make queries, keys or values."""

    node: int
    step: ModelStep
    start: int
    stop: int


class PendingAttention(Struct, frozen=True):
    """Attention without its output projection.

    Attributes:
        layer: the layer, for a projection that keeps the channels.
        projections: those of the queries, keys and values.
        others: tensors of the module that it uses but not as its weights: tables of indices, masks.
        table: the learned biases for each offset.
        macs: the multiply-adds of both products.
        call: the call, to be lowered otherwise if no projection follows.
        tensors: the queries, keys and values.
        channels: those of all heads together.
    """

    layer: Attention | CrossAttention
    projections: tuple[_Projection, _Projection, _Projection]
    others: tuple[Weight, ...]
    table: Weight | None
    macs: int
    call: TracedCall
    tensors: tuple[Tensor, Tensor, Tensor]
    channels: int


SIGNATURE = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")


def attend(lowering: Lowering, call: TracedCall) -> None:
    """softmax(q·k)·v, joined or as PyTorch's own function."""
    if call.name == JOINED:
        query, key, value = call.args
        added, factor, causal = call.options["added"], call.options["factor"], False
    else:
        given = Arguments(call, SIGNATURE)
        query, key, value = (given.value(name) for name in SIGNATURE[:3])
        mask, causal, factor = given.get("attn_mask"), given.flag("is_causal"), given.get("scale")
        added = () if mask is None else (mask,)
        if given.flag("enable_gqa"):
            raise UnknownCallError(f"{call.name} with enable_gqa")
    assert isinstance(query, TracedValue)
    assert isinstance(key, TracedValue)
    assert isinstance(value, TracedValue)
    q, v = lowering.tensor(query), lowering.tensor(value)
    k = lowering.tensor(key)
    if call.name == JOINED:
        k = swapped(k)
    found = None
    if factor is None or isclose(factor, q.sizes[-1] ** -0.5, rel_tol=1e-6):  # type: ignore[arg-type]
        found = _attended(lowering, call, q, k, v, added, causal)  # type: ignore[arg-type]
    if found is None:
        _products(lowering, call, q, k, v)
        return
    attended, axes = found
    node = -2 - len(lowering.attended)
    lowering.attended[node] = attended
    dims = (q.dims[0], attended.channels, *q.dims[2:])
    lowering.define(call.outputs[0], node, dims, axes, rolled=q.rolled)


def swapped(tensor: Tensor) -> Tensor:
    """A tensor with its last two axes exchanged."""
    axes, sizes = tensor.axes, tensor.sizes
    return structs.replace(
        tensor, axes=(*axes[:-2], axes[-1], axes[-2]), sizes=(*sizes[:-2], sizes[-1], sizes[-2])
    )


def _attended(
    lowering: Lowering,
    call: TracedCall,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    added: Sequence[object],
    causal: bool,
) -> tuple[PendingAttention, Axes] | None:
    """The attention layer whose projections are known, and how its output lies; None if it is none."""
    projections = [_projection(lowering, each) for each in (q, k, v)]
    if any(each is None for each in projections):
        return None
    of_query, of_key, of_value = (each for each in projections if each is not None)
    width, out = q.sizes[-1], v.sizes[-1]
    heads, rest = divmod(q.dims[1], width)
    is_self = of_query.step.inputs == of_key.step.inputs
    if (
        rest
        or of_key.step.inputs != of_value.step.inputs
        or len({each.step.layer.bias for each in (of_query, of_key, of_value)}) > 1  # type: ignore[attr-defined]
        or not _is_complete((of_query, of_key, of_value))
        or not _has_heads(q, heads, width)
        or not _has_heads(k, heads, width)
        or not _has_heads(v, heads, out)
        or (is_self and (k.axes[:-1] != q.axes[:-1] or (q.rolled, q.rolled) != (k.rolled, v.rolled)))
        or v.axes[-2] != k.axes[-2]
    ):
        return None
    context = lowering.node(of_query.step.inputs[0])
    bias = of_query.step.layer.bias  # type: ignore[attr-defined]
    channels = context.shape.channels
    options: dict[str, Any] = {
        "heads": heads,
        "key": None if channels == heads * width else width,
        "value": None if channels == heads * out else out,
        "bias": bias,
        "causal": causal,
    }
    layer: Attention | CrossAttention
    others: tuple[Weight, ...] = ()
    table = None
    if is_self:
        groups = _groups(lowering, q, heads)
        if groups is None:
            return None
        layer = Attention(**options, **groups)
        checked = _added(layer, q, added)
        if checked is None:
            return None
        layer, table, others = checked
        layer = _with_window(lowering, layer, context)
    else:
        if added or any(q.rolled) or not (_is_plain(q) and _is_plain(k)):
            return None
        layer = CrossAttention(**options)
    head = AxisPart(1, heads, out)
    axes = tuple(tuple(head if part.axis == 1 else part for part in axis) for axis in q.axes[:-1])
    axes = (*axes, (AxisPart(1, out),) if out > 1 else ())
    found = PendingAttention(
        layer, (of_query, of_key, of_value), others, table, call.macs, call, (q, k, v), heads * out
    )
    return found, axes


def _projection(lowering: Lowering, tensor: Tensor) -> _Projection | None:
    """The 1×1 convolution that makes a tensor, possibly as some of its channels."""
    step, node = lowering.step(tensor.node), tensor.node
    start, stop = 0, tensor.dims[1]
    while step is not None and isinstance(step.layer, Slice):
        start, stop = start + step.layer.channels[0], stop + step.layer.channels[0]
        node = step.inputs[0]
        step = lowering.step(node)
    if step is None or type(step.layer) is not Conv or step.shares is not None:
        return None
    plain = Conv(step.layer.filters, 1, bias=step.layer.bias)
    return _Projection(node, step, start, stop) if step.layer == plain else None


def _is_complete(projections: Sequence[_Projection]) -> bool:
    """Whether each filter of the convolutions makes something, and none of them twice."""
    ranges = {(each.node, each.start, each.stop) for each in projections}
    filters = {each.node: each.step.output[0] for each in projections}
    return len(ranges) == len(projections) and sum(stop - start for _, start, stop in ranges) == sum(
        filters.values()
    )


def _has_heads(tensor: Tensor, heads: int, width: int) -> bool:
    """Whether the channels are heads, whose own channels are the last axis."""
    channels = [part for axis in tensor.axes for part in axis if part.axis == 1]
    wanted = [AxisPart(1, heads, width)] * (heads > 1) + [AxisPart(1, width)] * (width > 1)
    inner = tensor.axes[-1] == ((AxisPart(1, width),) if width > 1 else ())
    before = all(part.axis != 1 for part in tensor.axes[-2])
    return channels == wanted and inner and before


def _is_plain(tensor: Tensor) -> bool:
    """Whether all positions of a map are one sequence."""
    return tensor.axes[-2] == tuple(part for axis in axes_of(tensor.dims)[2:] for part in axis)


def _groups(lowering: Lowering, q: Tensor, heads: int) -> dict[str, Any] | None:
    """The windows, their shift, or the grid in which positions are grouped."""
    if _is_plain(q):
        return None if any(q.rolled) else {}
    inner = {part.axis: part for part in q.axes[-2]}
    outer = {part.axis: part for axis in q.axes[:-2] for part in axis if part.axis > 1}
    if [*inner] != sorted(inner) or len(inner) != len(q.axes[-2]):
        return None
    sizes, strided = [], set()
    for axis, size in enumerate(q.dims[2:], 2):
        part = inner.get(axis, AxisPart(axis, 1))
        rest = size // part.size
        if rest > 1:
            if outer.get(axis) == AxisPart(axis, rest, part.size):
                strided.add(False)
            elif outer.get(axis) == AxisPart(axis, rest) and part.stride == rest:
                strided.add(True)
            else:
                return None
        sizes.append(part.size)
    if len(strided) != 1:
        return None
    shifts = (
        [-moved % size for moved, size in zip(q.rolled[2:], q.dims[2:], strict=True)] if q.rolled else [0]
    )
    if any(q.rolled[:2]) or (strided == {True} and any(shifts)):
        return None
    found: dict[str, Any] = {"grid" if strided == {True} else "window": _one(sizes)}
    return found | ({"shift": _one(shifts)} if any(shifts) else {})


def _one(numbers: Sequence[int]) -> int | tuple[int, ...]:
    return numbers[0] if len({*numbers}) == 1 else tuple(numbers)


def _added(
    layer: Attention, q: Tensor, added: Sequence[object]
) -> tuple[Attention, Weight | None, tuple[Weight, ...]] | None:
    """The layer with what is added to its scores: a table of relative positions, and the mask of a shift."""
    if not added and (not layer.shift):
        return layer, None, ()
    from cnncalc.executor.ops.attention import Grouping  # NumPy is needed for this only

    grouping = Grouping(layer, q.dims[2:])
    count = prod(grouping.sizes)
    hidden = grouping.hidden(layer.causal, 1)
    table, others, is_masked = None, [], not layer.shift
    for each in added:
        if not isinstance(each, Weight | OtherTensor) or each.values is None:
            return None
        values = each.values.detach().numpy()
        learned = each.sources if isinstance(each, Weight) else ()
        parameters = [source for source in learned if source.learned]
        if len(parameters) == 1 and table is None:
            table = parameters[0]
            rows = table.values.detach().numpy()
            if rows.ndim != 2 or rows.shape != (prod(2 * n - 1 for n in grouping.sizes), layer.heads):
                return None
            expected = rows[grouping.offsets()].transpose(2, 0, 1)
            if values.size != expected.size or not (values.reshape(expected.shape) == expected).all():
                return None
            layer = structs.replace(layer, relative=True)
        elif (
            not parameters and hidden is not None and values.size == hidden.size and values.shape[-1] == count
        ):
            if not ((values.reshape(hidden.shape) < -10) == hidden).all():
                return None
            is_masked = True
        else:
            return None
        others += [source for source in learned if not source.learned]
    return (layer, table, tuple(others)) if is_masked else None


def _with_window(lowering: Lowering, layer: Attention, context: Read) -> Attention:
    """A layer whose only window is the whole map, with the window that layers before it have."""
    if not layer.relative or layer.window is not None or layer.grid is not None:
        return layer
    before = [step.layer.window for step in lowering.steps if isinstance(step.layer, Attention)]
    window = before[-1] if before else None
    sizes = (window,) * context.shape.rank if isinstance(window, int) else window
    return structs.replace(layer, window=window) if sizes == context.shape.spatial else layer


def complete(
    lowering: Lowering, call: TracedCall, tensor: Tensor, weight: Weight, bias: Weight | None
) -> None:
    """The attention layer that a projection of its output completes."""
    attended = lowering.attended[tensor.node]
    units, layer = weight.dims[0], attended.layer
    queries, keys, _ = (lowering.node(each.step.inputs[0]) for each in attended.projections)
    out = None if units == queries.shape.channels else units
    layer = structs.replace(layer, out=out, out_bias=bias is not None)
    used: dict[str, Weight] = {}
    for name, each in zip(("query", "key", "value"), attended.projections, strict=True):
        used[name] = _rows(lowering, each, 0)
    used["out"] = weight
    if layer.bias:
        for name, each in zip(("query", "key", "value"), attended.projections, strict=True):
            used[f"{name}_bias"] = _rows(lowering, each, 1)
    if bias is not None:
        used["out_bias"] = bias
    if attended.table is not None:
        used["relative"] = attended.table
    reads = [queries] if isinstance(layer, Attention) else [queries, keys]
    dims = (tensor.dims[0], units, *tensor.dims[2:])
    convolutions = {each.node: each.step for each in attended.projections}
    macs = attended.macs + call.macs + sum(step.macs or 0 for step in convolutions.values())
    common = [one for one, other in zip(attended.call.scopes, call.scopes, strict=False) if one == other]
    scopes = tuple(common)
    lowering.release(convolutions)
    node = lowering.add(layer, reads, scopes, dims, macs, used, call.name)
    lowering.replace(convolutions, node)
    lowering.owners |= {each.names[0]: node for each in attended.others}
    axes = (
        (*tensor.axes[:-1], axes_of(dims)[1])
        if tensor.axes[-1:] == axes_of(tensor.dims)[1:2]
        else axes_of(dims)
    )
    lowering.define(call.outputs[0], node, dims, axes, rolled=tensor.rolled)


def _rows(lowering: Lowering, projection: _Projection, at: int) -> Weight:
    """The part of the weight or bias of a convolution that makes queries, keys or values."""
    name = [*projection.step.tensors][at]
    weight = lowering.recording.weights[name]
    start, stop = projection.start, projection.stop
    if stop - start == projection.step.output[0]:
        return weight
    dims = (stop - start, *weight.stored[1:])
    return structs.replace(weight, names=(f"{name}[{start}:{stop}]",), dims=dims, stored=dims)


def multi_head_attention(lowering: Lowering, call: TracedCall) -> None:
    """`torch.nn.MultiheadAttention`, whose sequences are the first axis and samples the second."""
    names = (
        *("query", "key", "value", "embed_dim", "num_heads", "in_proj_weight", "in_proj_bias"),
        *("bias_k", "bias_v", "add_zero_attn", "dropout_p", "out_proj_weight", "out_proj_bias"),
    )
    given = Arguments(call, names)
    query, key = given.value("query"), given.value("key")
    q, k = lowering.by_position(query), lowering.by_position(key)
    usual = ("bias_k", "bias_v", "key_padding_mask", "attn_mask", "use_separate_proj_weight", "add_zero_attn")
    more = [name for name in usual if given.flag_or_given(name)]
    weight, bias = given.weight("in_proj_weight"), given.weight("in_proj_bias")
    out, out_bias = given.weight("out_proj_weight"), given.weight("out_proj_bias")
    if more or q is None or k is None or weight is None or out is None or key is not given.value("value"):
        raise UnknownCallError(f"{call.name} with {', '.join(more) or 'other inputs'}")
    if any(q.rolled) or any(k.rolled) or not (_is_sequence(q) and _is_sequence(k)):
        raise UnknownCallError(f"{call.name} on parts of a map")
    heads, width = given.whole("num_heads"), weight.dims[1]
    used: dict[str, Weight] = {}
    for tensor, suffix in ((weight, ""), (bias, "_bias")):
        for at, name in enumerate(("query", "key", "value")):
            if tensor is not None:
                rows = (at * width, (at + 1) * width)
                dims = (width, *tensor.stored[1:])
                part = f"{tensor.names[0]}[{rows[0]}:{rows[1]}]"
                used[f"{name}{suffix}"] = structs.replace(tensor, names=(part,), dims=dims, stored=dims)
        if not suffix:
            used["out"] = out
    if out_bias is not None:
        used["out_bias"] = out_bias
    options: dict[str, Any] = {"heads": heads, "bias": bias is not None, "out_bias": out_bias is not None}
    is_self = (q.node, q.axes) == (k.node, k.axes)
    layer = Attention(**options) if is_self else CrossAttention(**options)
    reads = [lowering.node_of(q)] if is_self else [lowering.node_of(q), lowering.node_of(k)]
    node = lowering.add(layer, reads, call.scopes, q.dims, call.macs, used, call.name)
    lowering.owners |= {each.names[0]: node for each in (weight, bias) if each is not None}
    lowering.define(call.outputs[0], node, q.dims, q.axes)
    for other in call.outputs[1:]:
        lowering.indices[id(other)] = query


def _is_sequence(tensor: Tensor) -> bool:
    """Whether the first axis are the positions of a map, and the second the samples."""
    batch, _, *spatial = axes_of(tensor.dims)
    return tensor.axes[:2] == (tuple(part for axis in spatial for part in axis), batch)


def apart(lowering: Lowering, node: int) -> int:
    """The node of an attention without an output projection: a product, a softmax, and another product."""
    attended = lowering.attended[node]
    q, k, v = attended.tensors
    call = attended.call
    _products(lowering, call, q, k, v)
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


def _products(lowering: Lowering, call: TracedCall, q: Tensor, k: Tensor, v: Tensor) -> None:
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


ATTENTION: dict[str, Handler] = {
    "scaled_dot_product_attention": attend,
    JOINED: attend,
    "multi_head_attention_forward": multi_head_attention,
    **dict.fromkeys(PRODUCTS, product),
}
