"""Convolutions and dense layers."""

from cnncalc.interchange.pytorch.attention.layers import complete
from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.recording import TracedCall
from cnncalc.layers import Layer
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.dense import Dense

CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


def conv(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, CONV)
    weight, bias = given.weight("weight"), given.weight("bias")
    if weight is None or not weight.learned:
        raise UnknownCallError(f"{call.name} whose weight is not learned")
    value = given.value()
    filters, _, *kernel = weight.dims
    if set(kernel) == {1} and (tensor := lowering.completed(value)):
        complete(lowering, call, tensor, weight, bias)
        return
    channels, groups = lowering.maps(value, call).shape.channels, given.whole("groups", 1)
    size = kernel[0] if len(set(kernel)) == 1 else tuple(kernel)
    common: dict[str, object] = {
        "kernel": size,
        "stride": given.numbers("stride", 1),
        "padding": given.padding(),
        "padding_mode": given.get("padding_mode", "zeros"),
        "dilation": given.numbers("dilation", 1),
        "bias": bias is not None,
    }
    if groups == channels and groups > 1:
        layer: Layer = Depthwise(multiplier=filters // channels, **common)  # type: ignore[arg-type]
    else:
        layer = Conv(filters=filters, groups=groups, **common)  # type: ignore[arg-type]
    lowering.layer(call, layer, value, weights={"weight": weight, "bias": bias})


def conv_transpose(lowering: Lowering, call: TracedCall) -> None:
    names = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
    given = Arguments(call, names)
    weight, bias = given.weight("weight"), given.weight("bias")
    if weight is None or not weight.learned:
        raise UnknownCallError(f"{call.name} whose weight is not learned")
    _, filters, *kernel = weight.dims
    groups = given.whole("groups", 1)
    extra = given.numbers("output_padding", 0)
    layer = ConvTranspose(
        filters=filters * groups,
        kernel=kernel[0] if len(set(kernel)) == 1 else tuple(kernel),
        stride=given.numbers("stride", 1),
        padding=given.numbers("padding", 0),
        output_padding=extra or None,
        dilation=given.numbers("dilation", 1),
        groups=groups,
        bias=bias is not None,
    )
    value = given.value()
    lowering.maps(value, call)
    lowering.layer(call, layer, value, weights={"weight": weight, "bias": bias})


def linear(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "weight", "bias"))
    weight, bias = given.weight("weight"), given.weight("bias")
    if weight is None or not weight.learned:
        raise UnknownCallError(f"{call.name} whose weight is not learned")
    value = given.value()
    if tensor := lowering.completed(value):
        complete(lowering, call, tensor, weight, bias)
        return
    dense = Dense(units=weight.dims[0], bias=bias is not None)
    pointwise = Conv(filters=weight.dims[0], kernel=1, bias=bias is not None)
    lowering.of_channels(call, value, {"weight": weight, "bias": bias}, dense, pointwise)


CONVOLUTIONS: dict[str, Handler] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "linear": linear,
}
