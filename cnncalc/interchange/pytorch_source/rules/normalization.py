"""Normalizations, and learned or fixed scales and shifts."""

from collections.abc import Mapping
from math import inf

from cnncalc.interchange.pytorch_source.expressions import LayerCall, Value
from cnncalc.interchange.pytorch_source.rules.calls import LackingError, Rule, need_axes, of
from cnncalc.layers import Layer
from cnncalc.layers.normalization import (
    Affine,
    BatchNorm,
    GlobalResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RmsNorm,
)
from cnncalc.layers.scaling import Clamp, Rescale, Scale, Shift
from cnncalc.shapes import Shape


def is_affine(layer: Affine) -> bool:
    """Whether a norm learns a scale and a shift."""
    affine, scale, shift = layer.affine, layer.scale, layer.center
    if affine and scale != shift:
        raise LackingError("PyTorch learns both a scale and a shift, or neither")
    return affine and scale


def batchnorm(layer: BatchNorm, x: Shape) -> LayerCall:
    return of(
        f"nn.BatchNorm{max(x.rank, 1)}d",
        ("num_features", x.channels),
        eps=(layer.eps, 1e-5),
        affine=(is_affine(layer), True),
    )


def layernorm(layer: LayerNorm, x: Shape) -> LayerCall:
    over = x.dims() if layer.over == "all" and x.rank else x.channels
    name = "ChannelNorm" if layer.over == "channels" and x.rank else "nn.LayerNorm"
    has_scale, has_shift = layer.affine and layer.scale, layer.affine and layer.center
    if has_shift and not has_scale:
        raise LackingError("PyTorch learns no shift without a scale")
    return of(
        name,
        ("normalized_shape", over),
        eps=(layer.eps, 1e-5),
        elementwise_affine=(has_scale, True),
        bias=(has_shift or not has_scale, True),
    )


def rms_norm(layer: RmsNorm, x: Shape) -> LayerCall:
    over = x.dims() if layer.over == "all" and x.rank else x.channels
    return of(
        "ChannelRMSNorm" if layer.over == "channels" and x.rank else "nn.RMSNorm",
        ("normalized_shape", over),
        eps=(layer.eps, None),
        elementwise_affine=(layer.scale, True),
    )


def groupnorm(layer: GroupNorm, x: Shape) -> LayerCall:
    return of(
        "nn.GroupNorm",
        ("num_groups", layer.groups),
        ("num_channels", x.channels),
        eps=(layer.eps, 1e-5),
        affine=(is_affine(layer), True),
    )


def instancenorm(layer: InstanceNorm, x: Shape) -> LayerCall:
    need_axes(x)
    if x.positions == 1:
        raise LackingError("PyTorch refuses to normalize one value")
    return of(
        f"nn.InstanceNorm{x.rank}d",
        ("num_features", x.channels),
        eps=(layer.eps, 1e-5),
        affine=(is_affine(layer), False),
    )


def lrn(layer: LocalResponseNorm, x: Shape) -> LayerCall:
    need_axes(x)
    return of(
        "nn.LocalResponseNorm",
        ("size", layer.size),
        alpha=(layer.alpha, 1e-4),
        beta=(layer.beta, 0.75),
        k=(layer.k, 1.0),
    )


def scale(layer: Scale, x: Shape) -> LayerCall:
    (dims,) = {*layer.weights(x).values()}
    return of("Scale", ("shape", _shape(dims)), axes=(_axes(layer.per, x), 0), bias=(layer.bias, False))


def shift(layer: Shift, x: Shape) -> LayerCall:
    (dims,) = layer.weights(x).values()
    return of("Shift", ("shape", _shape(dims)), axes=(_axes(layer.per, x), 0))


def _shape(dims: tuple[int, ...]) -> Value:
    return dims[0] if len(dims) == 1 else dims


def _axes(per: str, x: Shape) -> int:
    """The axes over which learned values of each channel are repeated."""
    return 0 if per == "element" else x.rank


def rescale(layer: Rescale, x: Shape) -> LayerCall:
    if isinstance(layer.factor, tuple) or isinstance(layer.offset, tuple):
        factor, offset = (
            each if isinstance(each, tuple) else (each,) * x.channels for each in (layer.factor, layer.offset)
        )
        return of("ChannelRescale", ("factor", factor), ("offset", offset))
    return of("Rescale", ("factor", layer.factor), offset=(layer.offset, 0.0))


def clamp(layer: Clamp, x: Shape) -> LayerCall:
    least = -inf if layer.min == "none" else layer.min
    most = inf if layer.max == "none" else layer.max
    if least == most:
        raise LackingError("nn.Hardtanh needs two different limits")
    return of("nn.Hardtanh", ("min_val", least), ("max_val", most))


def global_response_norm(layer: GlobalResponseNorm, x: Shape) -> LayerCall:
    need_axes(x)
    return of("GlobalResponseNorm", ("num_channels", x.channels), ("axes", x.rank), eps=(layer.eps, 1e-6))


MODULES: Mapping[type[Layer], Rule] = {
    BatchNorm: batchnorm,
    LayerNorm: layernorm,
    RmsNorm: rms_norm,
    GroupNorm: groupnorm,
    InstanceNorm: instancenorm,
    LocalResponseNorm: lrn,
    GlobalResponseNorm: global_response_norm,
    Scale: scale,
    Shift: shift,
    Rescale: rescale,
    Clamp: clamp,
}
