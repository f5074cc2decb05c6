"""Norms of a batch, of groups of channels, and of the channels of each position."""

from collections.abc import Mapping
from typing import Any

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.traces import TracedCall, Weight
from cnncalc.layers.normalization import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RmsNorm,
)
from cnncalc.layers.reducing import L2Normalize


def _affine(weight: Weight | None, bias: Weight | None) -> dict[str, bool]:
    """The options of a norm that say what it learns."""
    if weight is None and bias is None:
        return {"affine": False}
    return {"affine": True, "scale": weight is not None, "center": bias is not None}


def batch_norm(lowering: Lowering, call: TracedCall) -> None:
    names = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
    given = Arguments(call, names)
    tensors = {name: given.weight(name) for name in ("weight", "bias", "running_mean", "running_var")}
    if tensors["running_mean"] is None:
        raise UnknownCallError("batch_norm without running statistics")
    if given.flag("training") and not lowering.recording.training:
        raise UnknownCallError("batch_norm with the statistics of the batch at inference")
    lowering.maps(given.value(), call)
    layer = BatchNorm(**_affine(tensors["weight"], tensors["bias"]), eps=given.number("eps", 1e-5))
    lowering.layer(call, layer, given.value(), weights=tensors)


def layer_norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "normalized_shape", "weight", "bias", "eps"))
    weight, bias = given.weight("weight"), given.weight("bias")
    options = {**_affine(weight, bias), "eps": given.number("eps", 1e-5)}
    _norm_of_channels(lowering, given, {"weight": weight, "bias": bias}, LayerNorm, options)


def rms_norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "normalized_shape", "weight", "eps"))
    weight = given.weight("weight")
    options = {"scale": weight is not None, "eps": given.number("eps", FLOAT32_EPS)}
    _norm_of_channels(lowering, given, {"weight": weight}, RmsNorm, options)


FLOAT32_EPS = 2.0**-23
"""What torch.nn.RMSNorm adds by default: the distance of 1 to the next number of float32."""


def _norm_of_channels(
    lowering: Lowering,
    given: Arguments,
    weights: Mapping[str, Weight | None],
    make: type[LayerNorm] | type[RmsNorm],
    options: Mapping[str, Any],
) -> None:
    """A norm over the last axis, which are channels, or over a whole sample."""
    over, value, call = given.get("normalized_shape"), given.value(), given.call
    if not isinstance(over, tuple):
        raise UnknownCallError(f"{call.name} over {over}")
    if over == value.dims[1:] and len(over) > 1:
        lowering.maps(value, call)
        lowering.layer(call, make(over="all", **options), value, weights=weights, last=False)
    elif len(over) == 1:
        layer = make(over="channels", **options)
        lowering.of_channels(call, value, weights, layer, layer)
    else:
        raise UnknownCallError(f"{call.name} over {over} of a map")


def group_norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "num_groups", "weight", "bias", "eps"))
    weight, bias = given.weight("weight"), given.weight("bias")
    lowering.maps(given.value(), call)
    layer = GroupNorm(given.whole("num_groups"), **_affine(weight, bias), eps=given.number("eps", 1e-5))
    lowering.layer(call, layer, given.value(), weights={"weight": weight, "bias": bias})


def instance_norm(lowering: Lowering, call: TracedCall) -> None:
    names = (
        *("input", "running_mean", "running_var", "weight", "bias"),
        *("use_input_stats", "momentum", "eps"),
    )
    given = Arguments(call, names)
    weight, bias = given.weight("weight"), given.weight("bias")
    if given.get("running_mean") is not None:
        raise UnknownCallError("instance_norm with running statistics")
    lowering.maps(given.value(), call)
    layer = InstanceNorm(**_affine(weight, bias), eps=given.number("eps", 1e-5))
    lowering.layer(call, layer, given.value(), weights={"weight": weight, "bias": bias})


def lrn(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "size", "alpha", "beta", "k"))
    lowering.maps(given.value(), call)
    usual = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
    numbers = {name: given.number(name, value) for name, value in usual.items()}
    lowering.layer(call, LocalResponseNorm(given.whole("size"), **numbers), given.value())


def normalize(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "p", "dim", "eps"))
    value = given.value()
    if given.number("p", 2) != 2:
        raise UnknownCallError(f"normalize with p = {given.get('p')}")
    dim = given.get("dim", 1)
    (number,) = dim if isinstance(dim, tuple) and len(dim) == 1 else (dim,)
    if not isinstance(number, int):
        raise UnknownCallError(f"normalize with dim = {dim}")
    axis = lowering.axis_name(value, call, number % len(value.dims))
    lowering.layer(call, L2Normalize(over=axis, eps=given.number("eps", 1e-12)), value)


NORMS: dict[str, Handler] = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "local_response_norm": lrn,
    "rms_norm": rms_norm,
    "normalize": normalize,
}
