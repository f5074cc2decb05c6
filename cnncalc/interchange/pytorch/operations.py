"""What each function of PyTorch is here: a layer, a view, or nothing at all.

`OPERATIONS` has a function of this module for each name in PyTorch. Modules need no table: they call
these functions.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from cnncalc.interchange.pytorch.arithmetic import ARITHMETIC, on_elements, same, source
from cnncalc.interchange.pytorch.attention import ATTENTION, complete
from cnncalc.interchange.pytorch.lowering import (
    Arguments,
    Handler,
    Lowering,
    Read,
    Tensor,
    UnknownCallError,
)
from cnncalc.interchange.pytorch.recording import TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.response_norm import RESPONSE_NORM
from cnncalc.interchange.pytorch.views import Axes, AxisPart, axes_of, channels_last, regrouped
from cnncalc.layers import Layer
from cnncalc.layers.activation import (
    Abs,
    Celu,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.merging import Concat
from cnncalc.layers.naming import AXIS_NAMES
from cnncalc.layers.normalization import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RmsNorm,
)
from cnncalc.layers.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, LpPool, MaxPool
from cnncalc.layers.rearranging import Select
from cnncalc.layers.reducing import L2Normalize, Reduce
from cnncalc.layers.resampling import MaxUnpool, PixelShuffle, SpaceToDepth, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Pad, Slice
from cnncalc.layers.scaling import Clamp
from cnncalc.shapes import Shape, shape_of


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
    if set(kernel) == {1} and (tensor := lowering.completed(value)):
        complete(lowering, call, tensor, weight, bias)
        return
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
    if tensor := lowering.completed(value):
        complete(lowering, call, tensor, weight, bias)
        return
    dense = Dense(units=weight.dims[0], bias=bias is not None)
    pointwise = Conv(filters=weight.dims[0], kernel=1, bias=bias is not None)
    of_channels(lowering, call, value, {"weight": weight, "bias": bias}, dense, pointwise)


def of_channels(
    lowering: Lowering,
    call: TracedCall,
    value: TracedValue,
    weights: Mapping[str, Weight | None],
    on_vector: Layer,
    on_map: Layer,
) -> None:
    """A layer that reads the last axis of a tensor as the channels of each position."""
    if len(value.dims) == 2:
        lowering.layer(call, on_vector, value, weights=weights)
    elif tensor := lowering.by_position(value):
        layer = on_map if len(tensor.dims) > 2 else on_vector
        lowering.on_positions(call, layer, tensor, weights)
    else:
        lowering.layer(call, on_map, value, weights=weights, last=True)


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
        of_channels(lowering, call, value, weights, layer, layer)
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


def elementwise(make: Callable[[Arguments], Layer], *names: str) -> Handler:
    """A layer that works on each element, whatever the order of the axes."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", *names, "inplace"))
        on_elements(lowering, call, make(given), given.value())

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


def along_axis(make: type[Softmax] | type[LogSoftmax]) -> Handler:
    """Softmax along the channels of each position, or along another axis."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", "dim", "_stacklevel", "dtype"))
        value = given.value()
        axis = given.whole("dim") % len(value.dims)
        lowering.layer(call, make(axis=lowering.axis_name(value, call, axis)), value)

    return handler


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
    kernel = given.numbers("kernel_size")
    layer = MaxPool(
        kernel=kernel,
        stride=_pool_stride(given),
        padding=given.numbers("padding", 0),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        dilation=given.numbers("dilation", 1),
    )
    lowering.maps(given.value(), call)
    if len(call.outputs) == 2:
        lowering.indices[id(call.outputs[1])] = given.value()
    lowering.layer(call, layer, given.value())


def max_unpool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "indices", "kernel_size", "stride", "padding", "output_size"))
    before = lowering.indices.get(id(given.value("indices")))
    if before is None or given.numbers("padding", 0):
        raise UnknownCallError(f"{call.name} with padding, or with indices of no max pooling")
    layer = MaxUnpool(kernel=given.numbers("kernel_size"), stride=_pool_stride(given))
    lowering.layer(call, layer, given.value(), before)


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
    on_elements(lowering, call, Dropout(given.number("p", 0.5)), given.value())


def reduce(mode: str) -> Handler:
    """A reduction along some axes; the mean or maximum of all positions is a global pooling."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", "dim", "keepdim"))
        _reduce(lowering, given, mode)

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


def interpolate(lowering: Lowering, call: TracedCall) -> None:
    names = ("input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
    given = Arguments(call, names)
    value, mode = given.value(), given.get("mode", "nearest")
    if mode not in ("nearest", "linear", "bilinear", "trilinear", "bicubic", "area") or given.flag(
        "antialias"
    ):
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
    if not any(amounts):
        return view(lowering, call)
    read = lowering.read(value, call)
    rank = read.shape.rank
    if read.last:  # channels first, as amounts are given from the last axis on
        amounts = (*amounts[2:], *(0,) * (2 * rank + 2 - len(amounts)), *amounts[:2])
    pairs = [(int(amounts[at]), int(amounts[at + 1])) for at in range(0, len(amounts), 2)]
    pairs += [(0, 0)] * (rank - len(pairs))
    channels = pairs[rank : rank + 1]
    pairs = pairs[:rank]
    if not pairs:
        raise UnknownCallError(f"{call.name} of a vector")
    if min(map(min, pairs)) < 0 and max(map(max, pairs)) <= 0 and not channels:
        sides = tuple((-start, -stop) for start, stop in reversed(pairs))
        lowering.joined(call, Crop(sides), [read])
        return None
    if min(map(min, pairs)) < 0 or (channels and channels[0][0]):
        raise UnknownCallError(f"pad by {amounts}")
    sides = tuple(reversed(pairs))
    same = len({*sides}) == 1 and sides[0][0] == sides[0][1]
    layer = Pad(amount=sides[0][0] if same else sides, mode=mode, channels=channels[0][1] if channels else 0)  # type: ignore[arg-type]
    lowering.joined(call, layer, [read])
    return None


def concat(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("tensors", "dim"))
    values = given.get("tensors")
    if not isinstance(values, tuple) or not all(isinstance(each, TracedValue | Weight) for each in values):
        raise UnknownCallError(f"{call.name} with a tensor that does not depend on the network's input")
    traced = [each for each in values if isinstance(each, TracedValue)]
    if len(values) == 1:
        same(lowering, call, traced[0])
        return
    reads = iter(lowering.read_all(traced, call))
    first = lowering.read_all(traced, call)[0]
    found = [
        next(reads) if isinstance(each, TracedValue) else source(lowering, call, each, first.last)
        for each in values
    ]
    axis = lowering.axis_name(traced[0], call, given.whole("dim", 0) % len(traced[0].dims), first.last)
    lowering.joined(call, Concat(axis=axis), found)


def repeated(lowering: Lowering, call: TracedCall) -> None:
    """A call that repeats a tensor along axes of size 1, which is left to what reads it."""
    value = call.args[0]
    dims = call.outputs[0].dims
    if not isinstance(value, TracedValue):
        raise UnknownCallError(call.name)
    tensor = lowering.where(value)
    more = len(dims) - len(tensor.sizes)
    sizes = (*tensor.sizes[:1], *(1,) * more, *tensor.sizes[1:])
    if more and tensor.sizes[0] != 1 and dims[: more + 1] != (tensor.sizes[0], *dims[1 : more + 1]):
        raise UnknownCallError(call.name)
    if any(size not in (1, wanted) for size, wanted in zip(sizes, dims, strict=True)):
        raise UnknownCallError(call.name)
    axes = (*tensor.axes[:1], *((),) * more, *tensor.axes[1:])
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes, sizes, tensor.rolled)


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
    tensor = lowering.where(given)
    dims = call.outputs[0].dims
    axes = regrouped(tensor.axes, dims) if tensor.sizes == given.dims else None
    if axes is None:
        raise UnknownCallError(f"{call.name} from {given.dims[1:]} to {dims[1:]}")
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes, rolled=tensor.rolled)


def _rearranged(lowering: Lowering, call: TracedCall, order: tuple[int, ...]) -> None:
    given = call.args[0]
    assert isinstance(given, TracedValue)
    tensor = lowering.where(given)
    axes: Axes = tuple(tensor.axes[axis] for axis in order)
    sizes = tuple(tensor.sizes[axis] for axis in order)
    lowering.define(call.outputs[0], tensor.node, tensor.dims, axes, sizes, tensor.rolled)


def movedim(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "source", "destination"))
    count = len(given.value().dims)
    start, stop = given.whole("source") % count, given.whole("destination") % count
    order = [axis for axis in range(count) if axis != start]
    order.insert(stop, start)
    _rearranged(lowering, call, tuple(order))


def roll(lowering: Lowering, call: TracedCall) -> None:
    """Moves positions around the end of an axis, as windows of attention are."""
    given = Arguments(call, ("input", "shifts", "dims"))
    value, axes = given.value(), given.get("dims")
    shifts = given.get("shifts")
    numbers = axes if isinstance(axes, tuple) else (axes,)
    amounts = shifts if isinstance(shifts, tuple) else (shifts,)
    tensor = lowering.where(value)
    rolled = [*(tensor.rolled or (0,) * len(tensor.dims))]
    for axis, amount in zip(numbers, amounts, strict=True):
        parts = tensor.axes[int(axis)]
        if amount and parts != axes_of(tensor.dims)[parts[0].axis]:
            raise UnknownCallError(call.name)
        if amount:
            at = parts[0].axis
            rolled[at] = (rolled[at] + int(amount)) % tensor.dims[at]
    lowering.define(call.outputs[0], tensor.node, tensor.dims, tensor.axes, tensor.sizes, tuple(rolled))


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


def _ranges(lowering: Lowering, call: TracedCall, value: TracedValue, axis: int, drops: bool = False) -> None:
    """Several outputs that are ranges of an axis, one after another."""
    axis %= len(value.dims)
    start = 0
    for output in call.outputs:
        stop = start + (1 if drops else output.dims[axis])
        _range(lowering, call, value, output, {axis: (start, stop)}, {axis} if drops else set())
        start = stop
    if start != value.dims[axis]:
        raise UnknownCallError(call.name)


def _range(
    lowering: Lowering,
    call: TracedCall,
    value: TracedValue,
    output: TracedValue,
    ranges: Mapping[int, tuple[int, int]],
    dropped: Container[int],
) -> None:
    """An output with some ranges of axes; an axis that is dropped has one index."""
    tensor = lowering.tensor(value)
    for axis, (start, stop) in ranges.items():
        if (start, stop) == (0, value.dims[axis]):
            continue
        if axis == 0 and any(part.axis == 0 for part in tensor.axes[0]):
            raise UnknownCallError(f"{call.name} of samples")
        tensor = _part(lowering, call, value, tensor, axis, start, stop)
    axes = tuple(each for at, each in enumerate(tensor.axes) if at not in dropped)
    lowering.define(output, tensor.node, tensor.dims, axes, rolled=tensor.rolled)


def _part(
    lowering: Lowering, call: TracedCall, value: TracedValue, tensor: Tensor, axis: int, start: int, stop: int
) -> Tensor:
    """A range of an axis, which is one of the map, or the outermost part of one."""
    parts = tensor.axes[axis]
    part = parts[0] if len(parts) == 1 else None
    if part is None or part.axis == 0 or part.size * part.stride != tensor.dims[part.axis]:
        read = lowering.read(value, call)
        dims = (value.dims[0], *read.shape.dims())
        axes = channels_last(dims) if read.last else axes_of(dims)
        tensor = Tensor(read.node, dims, axes, value.dims)
        parts = tensor.axes[axis]
        if not parts:
            raise UnknownCallError(f"{call.name} along an axis of size 1")
        part = parts[0]
    if tensor.rolled and tensor.rolled[part.axis]:
        raise UnknownCallError(f"{call.name} of a tensor that was rolled")
    read = lowering.node_of(tensor)
    bounds = (start * part.stride, stop * part.stride)
    name = AXIS_NAMES[read.shape.rank][part.axis - 1]
    index = bounds[0] if bounds[1] == bounds[0] + 1 else bounds
    layer: Layer = (
        Slice(bounds) if part.axis == 1 else Select(index, axis=None if read.shape.rank == 1 else name)
    )
    dims = tuple(bounds[1] - bounds[0] if at == part.axis else n for at, n in enumerate(tensor.dims))
    node = lowering.add(layer, [read], call.scopes, dims, 0, name=call.name)
    lowering.spare.add(node)
    kept = AxisPart(part.axis, stop - start, part.stride)
    changed = tuple(
        ((kept,) if stop - start > 1 else ()) if at == axis else each for at, each in enumerate(tensor.axes)
    )
    sizes = tuple(stop - start if at == axis else n for at, n in enumerate(tensor.sizes))
    return Tensor(node, dims, changed, sizes, tensor.rolled)


def split(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "size", "dim"))
    _ranges(lowering, call, given.value(), given.whole("dim", 0))


def unbind(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim"))
    _ranges(lowering, call, given.value(), given.whole("dim", 0), drops=True)


def narrow(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim", "start", "length"))
    value, start = given.value(), given.whole("start")
    ranges = {given.whole("dim") % len(value.dims): (start, start + given.whole("length"))}
    _range(lowering, call, value, call.outputs[0], ranges, ())


def select(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim", "index"))
    value, index = given.value(), given.whole("index")
    axis = given.whole("dim") % len(value.dims)
    start = index % value.dims[axis]
    _range(lowering, call, value, call.outputs[0], {axis: (start, start + 1)}, {axis})


def item(lowering: Lowering, call: TracedCall) -> None:
    """Indexing by numbers, ranges, `None` and `...`."""
    value, index = call.args
    if not isinstance(value, TracedValue):
        raise UnknownCallError("indexing")
    given = index if isinstance(index, tuple) else (index,)
    if not all(each is None or each is Ellipsis or isinstance(each, int | slice) for each in given):
        raise UnknownCallError("indexing with a tensor or a list")
    named = sum(each is not None and each is not Ellipsis for each in given)
    rest = (slice(None),) * (len(value.dims) - named)
    at = given.index(Ellipsis) if Ellipsis in given else len(given)
    indices = (*given[:at], *rest, *given[at + 1 :])
    ranges, steps, dropped, added = {}, {}, set(), []
    axis = 0
    for number, each in enumerate(indices):
        if each is None:
            added.append(number)
            continue
        size = value.dims[axis]
        if isinstance(each, slice):
            start, stop, steps[axis] = each.indices(size)
            ranges[axis] = (start, stop)
        else:
            ranges[axis] = (int(each) % size, int(each) % size + 1)
            dropped.add(axis)
        axis += 1
    if added and (dropped or any(ranges[axis] != (0, value.dims[axis]) for axis in ranges)):
        raise UnknownCallError("indexing with None and numbers or ranges")
    if added:
        view(lowering, call)
    elif all(step == 1 for step in steps.values()):
        _range(lowering, call, value, call.outputs[0], ranges, dropped)
    elif dropped or min(steps.values()) < 1:
        raise UnknownCallError("indexing with a step and a number")
    else:
        _strided(lowering, call, value, [range(*ranges[axis], steps[axis]) for axis in range(len(ranges))])


def _strided(lowering: Lowering, call: TracedCall, value: TracedValue, indices: Sequence[range]) -> None:
    """Every second position and the like: a pooling over one position, behind a crop."""
    read = lowering.read(value, call)
    order = [0, len(indices) - 1, *range(1, len(indices) - 1)] if read.last else [*range(len(indices))]
    batch, channels, *spatial = (indices[axis] for axis in order)
    sizes = (value.dims[0], *read.shape.dims())
    if any(each != range(n) for each, n in ((batch, sizes[0]), (channels, sizes[1]))):
        raise UnknownCallError("indexing of channels with a step")
    sides = tuple((each.start, n - each[-1] - 1) for each, n in zip(spatial, sizes[2:], strict=True))
    if any(map(any, sides)):
        dims = (*sizes[:2], *(n - sum(side) for n, side in zip(sizes[2:], sides, strict=True)))
        node = lowering.add(Crop(sides), [read], call.scopes, dims, 0, name=call.name)
        read = Read(node, shape_of(dims[1:]), read.last)
    steps = tuple(each.step for each in spatial)
    lowering.joined(call, MaxPool(1, steps[0] if len({*steps}) == 1 else steps), [read])


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
    **dict.fromkeys(("abs", "absolute"), _simple(Abs())),
    "celu": elementwise(lambda given: Celu(given.number("alpha", 1.0)), "alpha"),
    "softsign": _simple(Softsign()),
    "softmax": along_axis(Softmax),
    "log_softmax": along_axis(LogSoftmax),
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
    "rms_norm": rms_norm,
    "normalize": normalize,
    **ACTIVATIONS,
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), max_pool),
    **{f"max_pool{n}d_with_indices": max_pool for n in (1, 2, 3)},
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), avg_pool),
    **dict.fromkeys(("lp_pool1d", "lp_pool2d", "lp_pool3d"), lp_pool),
    **{f"adaptive_avg_pool{n}d": adaptive(GlobalAvgPool(), AdaptiveAvgPool) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": adaptive(GlobalMaxPool(), AdaptiveMaxPool) for n in (1, 2, 3)},
    **dict.fromkeys(
        ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout"), dropout
    ),
    "mean": reduce("mean"),
    "sum": reduce("sum"),
    **dict.fromkeys(("max", "amax"), reduce("max")),
    **dict.fromkeys(("min", "amin"), reduce("min")),
    "logsumexp": reduce("logsumexp"),
    "norm": norm,
    "linalg_vector_norm": vector_norm,
    **dict.fromkeys(("max_unpool1d", "max_unpool2d", "max_unpool3d"), max_unpool),
    **dict.fromkeys(("interpolate", "upsample"), interpolate),
    "pixel_shuffle": shuffle(PixelShuffle, "upscale_factor"),
    "pixel_unshuffle": shuffle(SpaceToDepth, "downscale_factor"),
    "channel_shuffle": shuffle(ChannelShuffle, "groups"),
    "pad": pad,
    **dict.fromkeys(("cat", "concat", "concatenate"), concat),
    **dict.fromkeys(("contiguous", "clone", "detach", "requires_grad_"), keep),
    **dict.fromkeys(("to", "type", "type_as", "float", "double", "half", "bfloat16"), keep),
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"), view),
    "permute": permute,
    **dict.fromkeys(("movedim", "moveaxis"), movedim),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), transpose),
    **dict.fromkeys(("chunk", "split", "tensor_split", "split_with_sizes"), split),
    "unbind": unbind,
    "narrow": narrow,
    "select": select,
    "getitem": item,
    "roll": roll,
    **dict.fromkeys(("expand", "expand_as", "repeat", "broadcast_to"), repeated),
    **ARITHMETIC,
    **ATTENTION,
    **RESPONSE_NORM,
}
"""What a call is, by its name without `__`, `_` for in place, or the letters of `__iadd__` and `__radd__`."""
