"""Attention with its projections as one layer.

`attend` says how heads, windows and positions lie in the maps of the projections. The output projection
completes the layer; if something else reads it, the products are layers.
"""

from collections.abc import Sequence
from itertools import combinations
from math import isclose
from typing import Any

from msgspec import Struct, structs

from cnncalc.interchange.network import ModelStep
from cnncalc.interchange.pytorch.attention.grouping import groups_of, is_sequence, with_added, with_window
from cnncalc.interchange.pytorch.attention.joining import JOINED
from cnncalc.interchange.pytorch.attention.products import SIGNATURE, products, swapped
from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Lowering, Tensor
from cnncalc.interchange.pytorch.traces import TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, AxisPart, axes_of
from cnncalc.layers.attending import Attention, CrossAttention
from cnncalc.layers.convolution import Conv
from cnncalc.layers.reshaping import Slice


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
        products(lowering, call, q, k, v)
        return
    attended, axes = found
    node = -2 - len(lowering.attended)
    lowering.attended[node] = attended
    dims = (q.dims[0], attended.channels, *q.dims[2:])
    lowering.define(call.outputs[0], node, dims, axes, rolled=q.rolled)


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
        or not _is_in_order((of_query, of_key, of_value))
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
        groups = groups_of(lowering, q, heads)
        if groups is None:
            return None
        layer = Attention(**options, **groups)
        checked = with_added(layer, q, added)
        if checked is None:
            return None
        layer, table, others = checked
        layer = with_window(lowering, layer, context)
    else:
        if added or any(q.rolled) or not (is_sequence(q) and is_sequence(k)):
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


def _is_in_order(projections: Sequence[_Projection]) -> bool:
    """Whether a convolution that makes several of them has queries before keys before values.

    Its tensors are taken apart in this order, when they are loaded.
    """
    places = [(each.node, each.start) for each in projections]
    return all(one <= other for one, other in combinations(places, 2) if one[0] == other[0])


def _has_heads(tensor: Tensor, heads: int, width: int) -> bool:
    """Whether the channels are heads, whose own channels are the last axis."""
    channels = [part for axis in tensor.axes for part in axis if part.axis == 1]
    wanted = [AxisPart(1, heads, width)] * (heads > 1) + [AxisPart(1, width)] * (width > 1)
    inner = tensor.axes[-1] == ((AxisPart(1, width),) if width > 1 else ())
    before = all(part.axis != 1 for part in tensor.axes[-2])
    return channels == wanted and inner and before


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
