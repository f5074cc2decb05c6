"""What each function of PyTorch is here: a layer, a view, or nothing at all.

`OPERATIONS` has a function of this module for each name in PyTorch. Modules need no table: they call
these functions.
"""

from collections.abc import Callable
from math import prod

from cnncalc.interchange.pytorch.lowering import Arguments, Handler, Lowering, UnknownCallError, is_values
from cnncalc.interchange.pytorch.recording import TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, axes_of, channels_last, regrouped
from cnncalc.layers import Layer
from cnncalc.layers.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.merging import Add, Concat, Mul
from cnncalc.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from cnncalc.layers.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, LpPool, MaxPool
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Dropout, Pad, Slice
from cnncalc.layers.scaling import Clamp, Scale, Shift


def _padding(given: object, call: TracedCall) -> object:
    """A padding as a spec has it."""
    if isinstance(given, str):
        return given
    if isinstance(given, tuple):
        return given[0] if len(set(given)) == 1 else given
    if isinstance(given, int):
        return given
    raise UnknownCallError(f"{call.name} with padding = {given}")


CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


def conv(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, CONV)
    weight, bias = given.weight("weight"), given.weight("bias")
    if weight is None or not weight.learned:
        raise UnknownCallError(f"{call.name} whose weight is not learned")
    value = given.value()
    filters, _, *kernel = weight.dims
    channels, groups = lowering.maps(value, call).shape.channels, given.whole("groups", 1)
    size = kernel[0] if len(set(kernel)) == 1 else tuple(kernel)
    common: dict[str, object] = {
        "kernel": size,
        "stride": given.numbers("stride", 1),
        "padding": _padding(given.get("padding", 0), call),
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
    read = lowering.read(value, call)
    layer: Layer
    if len(value.dims) == 2:
        layer = Dense(units=weight.dims[0], bias=bias is not None)
    elif read.last:
        layer = Conv(filters=weight.dims[0], kernel=1, bias=bias is not None)
    else:
        raise UnknownCallError("linear along an axis of a map")
    lowering.layer(call, layer, value, weights={"weight": weight, "bias": bias})


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
    lowering.maps(given.value(), call)
    layer = BatchNorm(**_affine(tensors["weight"], tensors["bias"]), eps=given.number("eps", 1e-5))
    lowering.layer(call, layer, given.value(), weights=tensors)


def layer_norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "normalized_shape", "weight", "bias", "eps"))
    weight, bias = given.weight("weight"), given.weight("bias")
    value = given.value()
    over = given.get("normalized_shape")
    if not isinstance(over, tuple):
        raise UnknownCallError(f"layer_norm over {over}")
    read = lowering.read(value, call)
    if over == value.dims[1:] and not read.last and len(over) > 1:
        layer = LayerNorm(over="all", **_affine(weight, bias), eps=given.number("eps", 1e-5))
    elif len(over) == 1 and (read.last or len(value.dims) == 2):
        layer = LayerNorm(over="channels", **_affine(weight, bias), eps=given.number("eps", 1e-5))
    else:
        raise UnknownCallError(f"layer_norm over {over} of a map")
    lowering.layer(call, layer, value, weights={"weight": weight, "bias": bias})


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


def elementwise(make: Callable[[Arguments], Layer], *names: str) -> Handler:
    """A layer that works on each element, whatever the order of the axes."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", *names, "inplace"))
        lowering.layer(call, make(given), given.value())

    return handler


def _gelu(given: Arguments) -> Layer:
    approximate = given.get("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise UnknownCallError(f"gelu with approximate = {approximate}")
    return Gelu("tanh" if approximate == "tanh" else "none")


def _softplus(given: Arguments) -> Layer:
    if given.number("beta", 1) != 1:
        raise UnknownCallError(f"softplus with beta = {given.get('beta')}")
    return Softplus()


def _clamp(given: Arguments) -> Layer:
    low, high = given.get("min"), given.get("max")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise UnknownCallError(f"{given.call.name} with min = {low} and max = {high}")
    return Relu6() if (low, high) == (0, 6) else Clamp(float(low), float(high))


def _hardtanh(given: Arguments) -> Layer:
    low, high = given.number("min_val", -1.0), given.number("max_val", 1.0)
    return Relu6() if (low, high) == (0, 6) else Clamp(low, high)


def prelu(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "weight"))
    weight = given.weight("weight")
    if weight is None or not weight.learned:
        raise UnknownCallError("prelu whose weight is not learned")
    channels = lowering.maps(given.value(), call).shape.channels
    per_layer = weight.dims == (1,) and channels > 1
    layer = PRelu(per="layer" if per_layer else "channel")
    lowering.layer(call, layer, given.value(), weights={"weight": weight})


def softmax(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim"))
    value = given.value()
    axis = given.whole("dim") % len(value.dims)
    last = lowering.read(value, call).last
    if axis != (len(value.dims) - 1 if last else 1):
        raise UnknownCallError(f"softmax over axis {axis}")
    lowering.layer(call, Softmax(), value)


POOL = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
AVG_POOL = ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")


def _pool_stride(given: Arguments) -> int | tuple[int, ...] | None:
    """The stride of a pooling; None if it is the kernel size."""
    stride = given.get("stride")
    if stride in (None, ()) or given.numbers("stride") == given.numbers("kernel_size"):
        return None
    return given.numbers("stride")


def max_pool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, POOL)
    if given.flag("return_indices"):
        raise UnknownCallError(f"{call.name} that returns indices")
    kernel = given.numbers("kernel_size")
    layer = MaxPool(
        kernel=kernel,
        stride=_pool_stride(given),
        padding=given.numbers("padding", 0),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        dilation=given.numbers("dilation", 1),
    )
    lowering.maps(given.value(), call)
    lowering.layer(call, layer, given.value())


def avg_pool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, AVG_POOL)
    if given.get("divisor_override") is not None:
        raise UnknownCallError(f"{call.name} with a divisor")
    layer = AvgPool(
        kernel=given.numbers("kernel_size"),
        stride=_pool_stride(given),
        padding=given.numbers("padding", 0),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        count_padding=given.flag("count_include_pad", True),
    )
    lowering.maps(given.value(), call)
    lowering.layer(call, layer, given.value())


def lp_pool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "norm_type", "kernel_size", "stride", "ceil_mode"))
    layer = LpPool(
        kernel=given.numbers("kernel_size"),
        stride=_pool_stride(given),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        order=int(given.number("norm_type", 2)),
    )
    lowering.maps(given.value(), call)
    lowering.layer(call, layer, given.value())


def adaptive(everything: Layer, make: Callable[[int | tuple[int, ...]], Layer]) -> Handler:
    """Adaptive pooling; to one position, it is a global pooling."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", "output_size", "return_indices"))
        value = given.value()
        lowering.maps(value, call)
        sizes = call.outputs[0].dims[2:]
        size = sizes[0] if len(set(sizes)) == 1 else sizes
        lowering.layer(call, everything if size == 1 else make(size), value)

    return handler


def dropout(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "p", "training", "inplace"))
    lowering.layer(call, Dropout(given.number("p", 0.5)), given.value())


def mean(lowering: Lowering, call: TracedCall) -> None:
    """The mean over all positions is a global pooling, which keeps axes of size 1."""
    given = Arguments(call, ("input", "dim", "keepdim"))
    value = given.value()
    over = given.get("dim")
    axes = {axis % len(value.dims) for axis in ((over,) if isinstance(over, int) else over or ())}  # type: ignore[attr-defined]
    read = lowering.read(value, call)
    spatial = set(range(1, len(value.dims) - 1)) if read.last else set(range(2, len(value.dims)))
    if axes != spatial or not spatial:
        raise UnknownCallError(f"mean over axes {sorted(axes)} of {len(value.dims)}")
    batch = value.dims[0]
    dims = (batch, read.shape.channels, *(1,) * read.shape.rank)
    node = lowering.add(GlobalAvgPool(), [read], call.scopes, dims, call.macs, name="mean")
    order = channels_last(dims) if read.last else axes_of(dims)
    gone = axes if not given.flag("keepdim") else set()
    kept = tuple(axis for at, axis in enumerate(order) if at not in gone)
    lowering.define(call.outputs[0], node, dims, kept)


def interpolate(lowering: Lowering, call: TracedCall) -> None:
    names = ("input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
    given = Arguments(call, names)
    value, mode = given.value(), given.get("mode", "nearest")
    if mode not in ("nearest", "linear", "bilinear", "trilinear") or given.flag("antialias"):
        raise UnknownCallError(f"interpolate with mode = {mode}")
    before, after = lowering.maps(value, call).shape.spatial, call.outputs[0].dims[2:]
    corners = given.flag("align_corners")
    layer: Layer
    if all(n % m == 0 for m, n in zip(before, after, strict=True)):
        scales = tuple(n // m for m, n in zip(before, after, strict=True))
        layer = Upsample(
            scale=scales[0] if len(set(scales)) == 1 else scales,
            mode=mode,
            align_corners=corners,
        )
    else:
        size = after[0] if len(set(after)) == 1 else after
        layer = Upsample(size=size, mode=mode, align_corners=corners)
    lowering.layer(call, layer, value)


def shuffle(make: Callable[[int], Layer], name: str) -> Handler:
    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", name))
        lowering.maps(given.value(), call)
        lowering.layer(call, make(given.whole(name)), given.value())

    return handler


MODES = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def pad(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "pad", "mode", "value"))
    value, amounts = given.value(), given.get("pad")
    mode = MODES.get(str(given.get("mode", "constant")), "")
    if not isinstance(amounts, tuple) or not mode or given.number("value", 0) != 0:
        raise UnknownCallError(f"pad with mode = {given.get('mode')}")
    rank = lowering.maps(value, call).shape.rank
    pairs = [(int(amounts[at]), int(amounts[at + 1])) for at in range(0, len(amounts), 2)]
    pairs += [(0, 0)] * (rank - len(pairs))
    channels = pairs[rank : rank + 1]
    pairs = pairs[:rank]
    if min(min(pair) for pair in pairs) < 0 or (channels and channels[0][0]):
        raise UnknownCallError(f"pad by {amounts}")
    if not any(map(any, pairs)) and not channels:
        return view(lowering, call)
    sides = tuple(reversed(pairs))
    same = len({*sides}) == 1 and sides[0][0] == sides[0][1]
    layer = Pad(amount=sides[0][0] if same else sides, mode=mode, channels=channels[0][1] if channels else 0)  # type: ignore[arg-type]
    lowering.layer(call, layer, value)
    return None


def concat(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("tensors", "dim"))
    values = given.get("tensors")
    if not is_values(values):
        raise UnknownCallError(f"{call.name} with a tensor that does not depend on the network's input")
    if len(values) == 1:
        same(lowering, call, values[0])
        return
    axis = given.whole("dim", 0) % len(values[0].dims)
    last = lowering.read(values[0], call).last
    if axis != (len(values[0].dims) - 1 if last else 1):
        raise UnknownCallError(f"{call.name} along axis {axis}")
    lowering.layer(call, Concat(), *values)


def same(lowering: Lowering, call: TracedCall, value: TracedValue) -> None:
    """A call that returns what it reads."""
    tensor = lowering.tensor(value)
    for output in call.outputs:
        lowering.define(output, tensor.node, tensor.dims, tensor.axes)


def keep(lowering: Lowering, call: TracedCall) -> None:
    """A call that changes neither values nor shape."""
    (value,) = (each for each in call.args[:1] if isinstance(each, TracedValue))
    if call.outputs[0].dims != value.dims:
        raise UnknownCallError(call.name)
    same(lowering, call, value)


def view(lowering: Lowering, call: TracedCall) -> None:
    """A new shape for the same values in the same order."""
    given = call.args[0] if call.args else call.options.get("input")
    if not isinstance(given, TracedValue):
        raise UnknownCallError(call.name)
    tensor = lowering.tensor(given)
    dims = call.outputs[0].dims
    axes = regrouped(tensor.axes, dims)
    if axes is None:
        raise UnknownCallError(f"{call.name} from {given.dims[1:]} to {dims[1:]}")
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes)


def _rearranged(lowering: Lowering, call: TracedCall, order: tuple[int, ...]) -> None:
    given = call.args[0]
    assert isinstance(given, TracedValue)
    tensor = lowering.tensor(given)
    axes: Axes = tuple(tensor.axes[axis] for axis in order)
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes)


def permute(lowering: Lowering, call: TracedCall) -> None:
    given = call.options.get("dims", call.args[1:])
    order = given[0] if isinstance(given, tuple) and given and isinstance(given[0], tuple) else given
    if not isinstance(order, tuple) or not isinstance(call.args[0], TracedValue):
        raise UnknownCallError(call.name)
    count = len(call.args[0].dims)
    _rearranged(lowering, call, tuple(int(axis) % count for axis in order))


def transpose(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim0", "dim1"))
    count = len(given.value().dims)
    one, other = given.whole("dim0") % count, given.whole("dim1") % count
    order = [*range(count)]
    order[one], order[other] = order[other], order[one]
    _rearranged(lowering, call, tuple(order))


def _slices(lowering: Lowering, call: TracedCall, value: TracedValue, axis: int) -> None:
    """Several outputs that are ranges of channels, one after another."""
    if axis % len(value.dims) != 1:
        raise UnknownCallError(f"{call.name} along axis {axis}")
    read = lowering.maps(value, call)
    start = 0
    for output in call.outputs:
        stop = start + output.dims[1]
        _slice(lowering, call, value, output, (start, stop))
        start = stop
    if start != read.shape.channels:
        raise UnknownCallError(call.name)


def _slice(
    lowering: Lowering, call: TracedCall, value: TracedValue, output: TracedValue, range_: tuple[int, int]
) -> None:
    read = lowering.maps(value, call)
    node = lowering.add(Slice(range_), [read], call.scopes, output.dims, 0, name=call.name)
    lowering.define(output, node, output.dims, axes_of(output.dims))


def split(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "size", "dim"))
    axis = given.whole("dim", 0)
    _slices(lowering, call, given.value(), axis)


def narrow(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim", "start", "length"))
    if given.whole("dim") % len(given.value().dims) != 1:
        raise UnknownCallError("narrow along another axis than the channels")
    start = given.whole("start")
    _slice(lowering, call, given.value(), call.outputs[0], (start, start + given.whole("length")))


def item(lowering: Lowering, call: TracedCall) -> None:
    """Indexing: a range of channels."""
    value, index = call.args
    if not isinstance(value, TracedValue):
        raise UnknownCallError("indexing")
    indices = index if isinstance(index, tuple) else (index,)
    indices = tuple(each for each in indices if each is not Ellipsis) if len(indices) < 3 else indices
    everything = slice(None)
    wanted = [at for at, each in enumerate(indices) if not isinstance(each, slice) or each != everything]
    if not wanted:
        same(lowering, call, value)
        return
    chosen = indices[1] if wanted == [1] else None
    if not isinstance(chosen, slice) or Ellipsis in indices:
        raise UnknownCallError("indexing of positions or samples")
    start, stop, step = chosen.indices(value.dims[1])
    if step != 1:
        raise UnknownCallError("indexing with a step")
    _slice(lowering, call, value, call.outputs[0], (start, stop))


def add(lowering: Lowering, call: TracedCall) -> None:
    one, other = _operands(call)
    if call.options.get("alpha", 1) != 1:
        raise UnknownCallError("add with alpha")
    if isinstance(one, TracedValue) and isinstance(other, TracedValue):
        if one.dims != other.dims:
            raise UnknownCallError(f"add of {one.dims[1:]} and {other.dims[1:]}, which is broadcast")
        lowering.layer(call, Add(), one, other)
        return
    value, rest = (one, other) if isinstance(one, TracedValue) else (other, one)
    assert isinstance(value, TracedValue)
    if isinstance(rest, Weight) and _is_per_channel(lowering, call, value, rest):
        lowering.layer(call, Shift(), value, weights={"bias": rest})
    elif isinstance(rest, int | float) and rest == 0:
        same(lowering, call, value)
    else:
        raise UnknownCallError(f"add of {_what(rest)}")


def mul(lowering: Lowering, call: TracedCall) -> None:
    one, other = _operands(call)
    if isinstance(one, TracedValue) and isinstance(other, TracedValue):
        lowering.layer(call, Mul(), one, other)
        return
    value, rest = (one, other) if isinstance(one, TracedValue) else (other, one)
    assert isinstance(value, TracedValue)
    if isinstance(rest, Weight) and _is_per_channel(lowering, call, value, rest):
        lowering.layer(call, Scale(), value, weights={"weight": rest})
    elif isinstance(rest, int | float) and rest == 1:
        same(lowering, call, value)
    else:
        raise UnknownCallError(f"multiplication by {_what(rest)}")


def _operands(call: TracedCall) -> tuple[object, object]:
    operands = (*call.args, *(call.options[name] for name in ("input", "other") if name in call.options))
    if len(operands) != 2:
        raise UnknownCallError(f"{call.name} with {len(operands)} arguments")
    return operands[0], operands[1]


def _what(operand: object) -> str:
    if isinstance(operand, Weight):
        what = "a parameter" if operand.learned else "a buffer"
        return f"{what} of shape {operand.dims} ({', '.join(operand.names)})"
    return str(operand) if isinstance(operand, int | float) else "a constant tensor"


def _is_per_channel(lowering: Lowering, call: TracedCall, value: TracedValue, weight: Weight) -> bool:
    """Whether a parameter has one value for each channel, at the axis of the channels."""
    if not weight.learned or not weight.as_stored or len(weight.dims) > len(value.dims):
        return False
    dims = (1,) * (len(value.dims) - len(weight.dims)) + weight.dims
    at = len(dims) - 1 if lowering.read(value, call).last else 1
    return dims[at] == value.dims[at] == prod(dims)


def _simple(layer: Layer) -> Handler:
    return elementwise(lambda given: layer)


ACTIVATIONS: dict[str, Handler] = {
    "relu": _simple(Relu()),
    "relu6": _simple(Relu6()),
    "leaky_relu": elementwise(
        lambda given: LeakyRelu(given.number("negative_slope", 0.01)), "negative_slope"
    ),
    "elu": elementwise(lambda given: Elu(given.number("alpha", 1.0)), "alpha"),
    "selu": _simple(Selu()),
    "gelu": elementwise(_gelu, "approximate"),
    "silu": _simple(Silu()),
    "hardswish": _simple(HardSwish()),
    "hardsigmoid": _simple(HardSigmoid()),
    "sigmoid": _simple(Sigmoid()),
    "tanh": _simple(Tanh()),
    "softplus": elementwise(_softplus, "beta", "threshold"),
    "mish": _simple(Mish()),
    "hardtanh": elementwise(_hardtanh, "min_val", "max_val"),
    "clamp": elementwise(_clamp, "min", "max"),
    "prelu": prelu,
    "softmax": softmax,
}

OPERATIONS: dict[str, Handler] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "linear": linear,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "local_response_norm": lrn,
    **ACTIVATIONS,
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), max_pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), avg_pool),
    **dict.fromkeys(("lp_pool1d", "lp_pool2d", "lp_pool3d"), lp_pool),
    **{f"adaptive_avg_pool{n}d": adaptive(GlobalAvgPool(), AdaptiveAvgPool) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": adaptive(GlobalMaxPool(), AdaptiveMaxPool) for n in (1, 2, 3)},
    **dict.fromkeys(
        ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout"), dropout
    ),
    "mean": mean,
    **dict.fromkeys(("interpolate", "upsample"), interpolate),
    "pixel_shuffle": shuffle(PixelShuffle, "upscale_factor"),
    "pixel_unshuffle": shuffle(SpaceToDepth, "downscale_factor"),
    "channel_shuffle": shuffle(ChannelShuffle, "groups"),
    "pad": pad,
    **dict.fromkeys(("cat", "concat", "concatenate"), concat),
    **dict.fromkeys(
        ("contiguous", "clone", "detach", "to", "float", "type", "type_as", "requires_grad_"), keep
    ),
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"), view),
    "permute": permute,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), transpose),
    **dict.fromkeys(("chunk", "split", "tensor_split", "split_with_sizes"), split),
    "narrow": narrow,
    "getitem": item,
    "add": add,
    "mul": mul,
    "multiply": mul,
}
"""What a call is, by its name without `__`, `_` for in place, or the letters of `__iadd__` and `__radd__`."""
