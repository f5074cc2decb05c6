"""Convolutions, dense layers and embeddings."""

from msgspec import structs

from cnncalc.interchange.pytorch.attention.layers import complete
from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering, Read
from cnncalc.interchange.pytorch.operations.standardization import Standardized, standardized
from cnncalc.interchange.pytorch.traces import TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import axes_of
from cnncalc.layers import Layer
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.embedding import Embedding
from cnncalc.layers.scaling import Rescale, Scale, Shift
from cnncalc.shapes import shape_of

CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


def conv(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, CONV)
    standard = standardized(given.get("weight"))
    weight = standard.weight if standard else given.weight("weight")
    bias = given.weight("bias")
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
    if standard:
        options = {"filters": filters, "groups": groups, "standardize": True, "eps": standard.eps, **common}
        _standardized(lowering, call, value, Conv(**options), standard, bias)  # type: ignore[arg-type]
        return
    if groups == channels and groups > 1:
        layer: Layer = Depthwise(multiplier=filters // channels, **common)  # type: ignore[arg-type]
    else:
        layer = Conv(filters=filters, groups=groups, **common)  # type: ignore[arg-type]
    lowering.layer(call, layer, value, weights={"weight": weight, "bias": bias}, last=False)


def _standardized(
    lowering: Lowering,
    call: TracedCall,
    value: TracedValue,
    layer: Conv,
    standard: Standardized,
    bias: Weight | None,
) -> None:
    """A convolution with standardized weights; their gain scales its output, before the bias."""
    if standard.gain is None:
        used = {"weight": standard.weight, "bias": bias}
        lowering.layer(call, layer, value, weights=used, last=False)
        return
    layer = structs.replace(layer, bias=False)
    read, dims = lowering.maps(value, call), call.outputs[0].dims
    node = lowering.add(layer, [read], call.scopes, dims, call.macs, {"weight": standard.weight}, call.name)
    after: list[tuple[Layer, dict[str, Weight]]] = [
        (Rescale(standard.factor), {}),
        (Scale("channel"), {"weight": standard.gain}),
    ]
    if bias is not None:
        after.append((Shift("channel"), {"bias": bias}))
    for each, tensors in after:
        if not each.changes_nothing(shape_of(dims[1:])):
            read = Read(node, shape_of(dims[1:]), last=False)
            node = lowering.add(each, [read], call.scopes, dims, 0, tensors, call.name)
    lowering.result(call.outputs[0], node, dims)


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
    lowering.layer(call, layer, value, weights={"weight": weight, "bias": bias}, last=False)


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


def embedding(lowering: Lowering, call: TracedCall) -> None:
    """Vectors for the whole numbers of an input."""
    given = Arguments(call, ("input", "weight", "padding_idx", "max_norm"))
    weight, value = given.weight("weight"), given.value()
    tensor = lowering.where(value)
    if weight is None or not weight.learned or given.get("max_norm") is not None:
        raise UnknownCallError(f"{call.name} whose weight is not learned, or limited")
    positions = axes_of(tensor.dims)[2:]
    is_input = tensor.node < lowering.entries and tensor.dims[1] == 1 and not any(tensor.rolled)
    if not is_input or tuple(filter(None, tensor.axes[1:])) != tuple(filter(None, positions)):
        raise UnknownCallError(f"{call.name} of what is no input")
    layer = Embedding(units=weight.dims[1], entries=weight.dims[0])
    dims = (tensor.dims[0], weight.dims[1], *tensor.dims[2:])
    read = lowering.node_of(tensor)
    node = lowering.add(layer, [read], call.scopes, dims, call.macs, {"weight": weight}, call.name)
    batch, channels, *_ = axes_of(dims)
    lowering.define(call.outputs[0], node, dims, (batch, *tensor.axes[1:], channels))


CONVOLUTIONS: dict[str, Handler] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "linear": linear,
    "embedding": embedding,
}
