"""`torch.nn.MultiheadAttention`, which is one call."""

from typing import Any

from msgspec import structs

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Lowering, Tensor
from cnncalc.interchange.pytorch.traces import TracedCall, Weight
from cnncalc.interchange.pytorch.views import axes_of
from cnncalc.layers.attending import Attention, CrossAttention


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
