"""How each kind of layer is written in PyTorch, or why it cannot be.

To add a kind, add its class to `MODULES`, `MERGES` or `LACKING`; a test checks that every kind is in one.
"""

from collections.abc import Callable, Mapping
from math import inf

from cnncalc.interchange.pytorch_source.expressions import CallArgument, LayerCall, Value
from cnncalc.layers import Layer
from cnncalc.layers.activation import (
    AlongAxis,
    Celu,
    Elu,
    Gelu,
    Hardmax,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Shrink,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedRelu,
)
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool, SpectralPool
from cnncalc.layers.attending import Attention, CrossAttention
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.declaring import Custom
from cnncalc.layers.dense import Dense
from cnncalc.layers.embedding import Embedding
from cnncalc.layers.local import LocallyConnected, SparseConv
from cnncalc.layers.merging import (
    Add,
    AlignedMerge,
    Average,
    Concat,
    MatMul,
    Maximum,
    Merge,
    Minimum,
    Mul,
    Subtract,
)
from cnncalc.layers.naming import axis_number, axis_numbers
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
from cnncalc.layers.pooling import (
    AvgPool,
    BlurPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    MixPool,
    WeightedAvgPool,
)
from cnncalc.layers.rearranging import Permute, Select, Split
from cnncalc.layers.reducing import L2Normalize, Reduce
from cnncalc.layers.resampling import MaxUnpool, PixelShuffle, SpaceToDepth, Unpool, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Flatten, Identity, Pad, Reshape, Slice
from cnncalc.layers.scaling import Clamp, Rescale, Scale, Shift
from cnncalc.layers.sliding import both_sides
from cnncalc.layers.sources import Constant, Parameter
from cnncalc.shapes import Shape
from cnncalc.window import Window


class LackingError(Exception):
    """A layer that PyTorch does not have; the text says why."""


Sides = tuple[tuple[int, int], ...]


def of(callee: str, *first: tuple[str, Value], **others: tuple[Value, Value]) -> LayerCall:
    """A call with its first arguments, and others with their values and defaults."""
    named = (
        CallArgument(name, value, default, has_default=True) for name, (value, default) in others.items()
    )
    return LayerCall(callee, (*(CallArgument(name, value, is_first=True) for name, value in first), *named))


def plain(callee: str) -> Callable[[Layer, Shape], LayerCall]:
    return lambda layer, x: LayerCall(callee)


def one(values: tuple[int, ...]) -> Value:
    """One number if all axes have the same."""
    return values[0] if len(set(values)) == 1 else values


def flat(sides: Sides) -> tuple[int, ...]:
    """Sides in PyTorch's order: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def need_axes(x: Shape, most: int = 3, least: int = 1) -> None:
    if not least <= x.rank <= most:
        axes = f"{least} to {most}" if least < most else f"{most}"
        raise LackingError(f"it needs an input with {axes} spatial axes there, found {x.rank}")


def kernel_of(windows: tuple[Window, ...]) -> Value:
    return one(tuple(window.kernel for window in windows))


def stride_of(windows: tuple[Window, ...]) -> Value:
    return one(tuple(window.stride for window in windows))


def dilation_of(windows: tuple[Window, ...]) -> Value:
    return one(tuple(window.dilation for window in windows))


def sides_of(windows: tuple[Window, ...], x: Shape) -> Sides:
    """The padding of windows, at the end as much as the last one needs where they are rounded up."""
    sides = []
    for window, n in zip(windows, x.spatial, strict=True):
        after = window.after
        if window.fit == "ceil":
            after = (window.size(n) - 1) * window.stride + window.span - n - window.before
        sides.append((window.before, after))
    return tuple(sides)


def padding_of(sides: Sides) -> Value:
    """PyTorch's own padding; None if the two sides of an axis differ."""
    return one(tuple(before for before, _ in sides)) if all(a == b for a, b in sides) else None


def convolution(layer: Conv | Depthwise, x: Shape, filters: int, groups: int) -> LayerCall:
    windows = layer.windows(x)
    sides = sides_of(windows, x)
    padding = padding_of(sides)
    name = f"Conv{x.rank}d"
    first = (("in_channels", x.channels), ("out_channels", filters), ("kernel_size", kernel_of(windows)))
    more: dict[str, tuple[Value, Value]] = {
        "stride": (stride_of(windows), 1),
        "padding": (padding, 0),
        "dilation": (dilation_of(windows), 1),
        "groups": (groups, 1),
        "bias": (layer.bias, True),
        "padding_mode": (layer.padding_mode, "zeros"),
    }
    if padding is None:
        del more["padding"], more["padding_mode"]
        mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
        return of(f"Padded{name}", *first, **more, sides=(flat(sides), None), mode=(mode, "constant"))
    return of(f"nn.{name}", *first, **more)


def conv(layer: Conv, x: Shape) -> LayerCall:
    if layer.standardize:
        raise LackingError("weight standardization is not written")
    return convolution(layer, x, layer.filters, layer.groups)


def depthwise(layer: Depthwise, x: Shape) -> LayerCall:
    return convolution(layer, x, x.channels * layer.multiplier, x.channels)


def separable(layer: Separable, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    sides = sides_of(windows, x)
    padding = padding_of(sides)
    if padding is None and layer.padding_mode != "zeros":
        raise LackingError("it copies a border that differs between the sides")
    return of(
        f"SeparableConv{x.rank}d",
        ("in_channels", x.channels),
        ("out_channels", layer.filters),
        ("kernel_size", kernel_of(windows)),
        stride=(stride_of(windows), 1),
        padding=(0 if padding is None else padding, 0),
        sides=(flat(sides) if padding is None else None, None),
        dilation=(dilation_of(windows), 1),
        multiplier=(layer.multiplier, 1),
        bias=(layer.bias, True),
        padding_mode=(layer.padding_mode, "zeros"),
    )


def conv_transpose(layer: ConvTranspose, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    extra = tuple(window.before - window.after + window.extra for window in windows)
    if any(not 0 <= n < max(w.stride, w.dilation) for n, w in zip(extra, windows, strict=True)):
        raise LackingError("it crops the output by other amounts than PyTorch can")
    return of(
        f"nn.ConvTranspose{x.rank}d",
        ("in_channels", x.channels),
        ("out_channels", layer.filters),
        ("kernel_size", one(tuple(window.kernel for window in windows))),
        stride=(one(tuple(window.stride for window in windows)), 1),
        padding=(one(tuple(window.before for window in windows)), 0),
        output_padding=(one(extra), 0),
        groups=(layer.groups, 1),
        bias=(layer.bias, True),
        dilation=(one(tuple(window.dilation for window in windows)), 1),
    )


def dense(layer: Dense, x: Shape) -> LayerCall:
    call = of("nn.Linear", ("in_features", x.size), ("out_features", layer.units), bias=(layer.bias, True))
    return LayerCall(call.callee, call.arguments, flattens=x.rank > 0)


def is_own(windows: tuple[Window, ...], sides: Sides) -> bool:
    """Whether PyTorch's pooling takes the padding: as much on both sides, at most half the kernel."""
    return all(a == b and 2 * a <= w.kernel for (a, b), w in zip(sides, windows, strict=True))


def maxpool(layer: MaxPool, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    written = tuple((window.before, window.after) for window in windows)
    first = ("kernel_size", kernel_of(windows))
    stride, dilation = (stride_of(windows), kernel_of(windows)), (dilation_of(windows), 1)
    if is_own(windows, written):
        padding, ceil = one(tuple(a for a, _ in written)), layer.fit == "ceil"
        return of(
            f"nn.MaxPool{x.rank}d", first, stride=stride, padding=(padding, 0), dilation=dilation,
            ceil_mode=(ceil, False),
        )  # fmt: skip
    sides = flat(sides_of(windows, x))
    return of(f"PaddedMaxPool{x.rank}d", first, stride=stride, dilation=dilation, sides=(sides, None))


def undilated(layer: AvgPool | LpPool, x: Shape) -> tuple[Window, ...]:
    windows = layer.windows(x)
    if any(window.dilation > 1 for window in windows):
        raise LackingError("PyTorch has no dilation for it")
    return windows


def avgpool(layer: AvgPool, x: Shape) -> LayerCall:
    windows = undilated(layer, x)
    sides = tuple((window.before, window.after) for window in windows)
    first, stride = ("kernel_size", kernel_of(windows)), (stride_of(windows), kernel_of(windows))
    if is_own(windows, sides):
        return of(
            f"nn.AvgPool{x.rank}d",
            first,
            stride=stride,
            padding=(one(tuple(a for a, _ in sides)), 0),
            ceil_mode=(layer.fit == "ceil", False),
            count_include_pad=(layer.count_padding, True),
        )
    if layer.fit == "ceil" or not layer.count_padding:
        raise LackingError("its padding differs between the sides, or is more than half the kernel")
    return of(f"PaddedAvgPool{x.rank}d", first, stride=stride, sides=(flat(sides), None))


def lppool(layer: LpPool, x: Shape) -> LayerCall:
    windows = undilated(layer, x)
    if layer.order != 2 or layer.fit == "ceil" or any(w.before or w.after for w in windows):
        raise LackingError("PyTorch has it for order 2, without padding, rounded down")
    kernel, stride = kernel_of(windows), stride_of(windows)
    return of(
        f"nn.LPPool{x.rank}d", ("norm_type", 2), ("kernel_size", kernel), stride=(stride, kernel)
    )  # fmt: skip


def adaptive(name: str) -> Callable[[AdaptiveAvgPool | AdaptiveMaxPool, Shape], LayerCall]:
    def call(layer: AdaptiveAvgPool | AdaptiveMaxPool, x: Shape) -> LayerCall:
        return of(f"nn.{name}{x.rank}d", ("output_size", one(layer.output(x).spatial)))

    return call


def whole(name: str) -> Callable[[Layer, Shape], LayerCall]:
    return lambda layer, x: of(f"nn.{name}{x.rank}d", ("output_size", 1))


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


def prelu(layer: PRelu, x: Shape) -> LayerCall:
    if layer.per == "element":
        raise LackingError("PyTorch has slopes for each channel or one for all")
    return of("nn.PReLU", num_parameters=(x.channels if layer.per == "channel" else 1, 1))


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
        raise LackingError("one factor for each channel is not written")
    return of("Rescale", ("factor", layer.factor), offset=(layer.offset, 0.0))


def reshape(layer: Reshape, x: Shape) -> LayerCall:
    return of("Reshape", ("shape", layer.output(x).dims()))


def slice_(layer: Slice, x: Shape) -> LayerCall:
    start, stop = layer.channels
    return of("Slice", ("start", start), ("stop", stop), dim=(1, 1))


def part(layer: Split | Select, x: Shape) -> LayerCall:
    axis, start, stop = layer.bounds(x)
    return of("Slice", ("start", start), ("stop", stop), dim=(axis + 1, 1))


def permute(layer: Permute, x: Shape) -> LayerCall:
    return of("Permute", ("dims", (0, *(axis_number(name, x) + 1 for name in layer.order))))


def reduce(layer: Reduce, x: Shape) -> LayerCall:
    numbers = axis_numbers(layer.over, x)
    if layer.mode == "product":
        raise LackingError("torch.prod takes one axis")
    if not layer.keepdims and len(numbers) > x.rank:
        raise LackingError("it leaves no axis")
    names = {"max": "amax", "min": "amin", "l2": "norm"}
    dims = tuple(number + 1 for number in numbers)
    return of(
        "Reduce",
        ("how", names.get(layer.mode, layer.mode)),
        ("dims", dims),
        keepdim=(layer.keepdims, True),
    )


def l2_normalize(layer: L2Normalize, x: Shape) -> LayerCall:
    dims = tuple(number + 1 for number in axis_numbers(layer.over, x))
    return of("L2Normalize", ("dims", dims), eps=(layer.eps, 1e-12))


def along(name: str) -> Callable[[AlongAxis, Shape], LayerCall]:
    return lambda layer, x: of(f"nn.{name}", dim=(axis_number(layer.axis, x) + 1, None))


def clamp(layer: Clamp, x: Shape) -> LayerCall:
    least = -inf if layer.min == "none" else layer.min
    most = inf if layer.max == "none" else layer.max
    if least == most:
        raise LackingError("nn.Hardtanh needs two different limits")
    return of("nn.Hardtanh", ("min_val", least), ("max_val", most))


def shrink(layer: Shrink, x: Shape) -> LayerCall:
    if layer.offset not in (0, layer.threshold):
        raise LackingError("PyTorch has an offset of 0, or equal to the threshold")
    return of("nn.Softshrink" if layer.offset else "nn.Hardshrink", ("lambd", layer.threshold))


def pad(layer: Pad, x: Shape) -> LayerCall:
    sides = flat(both_sides(x, layer.amount, "amount"))
    if layer.value:
        if layer.channels:
            raise LackingError("it also appends channels")
        return of(f"nn.ConstantPad{x.rank}d", ("padding", one(sides)), ("value", layer.value))
    if layer.channels:
        if layer.mode != "zeros":
            raise LackingError("it also appends channels")
        return of("nn.ZeroPad3d" if x.rank == 2 else "Pad", ("padding", (*sides, 0, layer.channels)))
    names = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
    return of(f"nn.{names[layer.mode]}Pad{x.rank}d", ("padding", one(sides)))


def crop(layer: Crop, x: Shape) -> LayerCall:
    sides = flat(both_sides(x, layer.amount, "amount"))
    return of(f"nn.ZeroPad{x.rank}d", ("padding", one(tuple(-n for n in sides))))


def upsample(layer: Upsample, x: Shape) -> LayerCall:
    method, coefficient = layer.method, layer.cubic_coefficient
    if method == "area":
        return of(f"nn.AdaptiveAvgPool{x.rank}d", ("output_size", one(layer.output(x).spatial)))
    where = "asymmetric" if method == "nearest" else "half_pixel"
    if layer.coordinates not in (None, where) or layer.rounding != "floor":
        raise LackingError("PyTorch maps outputs to inputs in another way")
    if method == "cubic" and (x.rank != 2 or coefficient != -0.75):
        raise LackingError("PyTorch has it for two spatial axes, with the coefficient -0.75")
    linear = ("linear", "bilinear", "trilinear")[x.rank - 1]
    mode = {"nearest": "nearest", "linear": linear, "cubic": "bicubic"}[method]
    corners: Value = (layer.align_corners and method != "nearest") or None
    if layer.size is not None:
        size: Value = one(layer.output(x).spatial)
        return of("nn.Upsample", size=(size, None), mode=(mode, "nearest"), align_corners=(corners, None))
    factor: Value = layer.scale
    return of(
        "nn.Upsample", scale_factor=(factor, None), mode=(mode, "nearest"), align_corners=(corners, None)
    )


def shuffled(name: str, option: str) -> Callable[[PixelShuffle | SpaceToDepth, Shape], LayerCall]:
    def call(layer: PixelShuffle | SpaceToDepth, x: Shape) -> LayerCall:
        need_axes(x, most=2, least=2)
        return of(f"nn.{name}", (option, layer.factor))

    return call


def channel_shuffle(layer: ChannelShuffle, x: Shape) -> LayerCall:
    need_axes(x)
    return of("nn.ChannelShuffle", ("groups", layer.groups))


MODULES: Mapping[type[Layer], Callable[..., LayerCall]] = {
    Conv: conv,
    Depthwise: depthwise,
    Separable: separable,
    ConvTranspose: conv_transpose,
    Dense: dense,
    Embedding: lambda layer, x: of(
        "ChannelEmbedding", ("num_embeddings", layer.entries), ("embedding_dim", layer.units)
    ),
    MaxPool: maxpool,
    AvgPool: avgpool,
    LpPool: lppool,
    GlobalAvgPool: whole("AdaptiveAvgPool"),
    GlobalMaxPool: whole("AdaptiveMaxPool"),
    AdaptiveAvgPool: adaptive("AdaptiveAvgPool"),
    AdaptiveMaxPool: adaptive("AdaptiveMaxPool"),
    BatchNorm: batchnorm,
    LayerNorm: layernorm,
    RmsNorm: rms_norm,
    GroupNorm: groupnorm,
    InstanceNorm: instancenorm,
    LocalResponseNorm: lrn,
    Relu: plain("nn.ReLU"),
    Relu6: plain("nn.ReLU6"),
    LeakyRelu: lambda layer, x: of("nn.LeakyReLU", negative_slope=(layer.slope, 0.01)),
    PRelu: prelu,
    Elu: lambda layer, x: of("nn.ELU", alpha=(layer.alpha, 1.0)),
    Selu: plain("nn.SELU"),
    Celu: lambda layer, x: of("nn.CELU", alpha=(layer.alpha, 1.0)),
    Gelu: lambda layer, x: of("nn.GELU", approximate=(layer.approximate, "none")),
    Silu: plain("nn.SiLU"),
    HardSwish: plain("nn.Hardswish"),
    HardSigmoid: plain("nn.Hardsigmoid"),
    Sigmoid: plain("nn.Sigmoid"),
    Tanh: plain("nn.Tanh"),
    Softplus: plain("nn.Softplus"),
    Mish: plain("nn.Mish"),
    Softsign: plain("nn.Softsign"),
    ThresholdedRelu: lambda layer, x: of("nn.Threshold", ("threshold", layer.threshold), ("value", 0.0)),
    Shrink: shrink,
    Softmax: along("Softmax"),
    LogSoftmax: along("LogSoftmax"),
    Scale: scale,
    Shift: shift,
    Rescale: rescale,
    Clamp: clamp,
    Dropout: lambda layer, x: of("nn.Dropout", ("p", layer.rate)),
    Identity: plain("nn.Identity"),
    Flatten: plain("nn.Flatten"),
    Reshape: reshape,
    ChannelShuffle: channel_shuffle,
    Slice: slice_,
    Split: part,
    Select: part,
    Permute: permute,
    Reduce: reduce,
    L2Normalize: l2_normalize,
    Pad: pad,
    Crop: crop,
    Upsample: upsample,
    PixelShuffle: shuffled("PixelShuffle", "upscale_factor"),
    SpaceToDepth: shuffled("PixelUnshuffle", "downscale_factor"),
}
"""The module of each kind, from its options and the shape of its input."""

NO_CLASS = "torch.nn has no such layer"
LACKING: Mapping[type[Layer], str] = {
    LocallyConnected: NO_CLASS,
    SparseConv: NO_CLASS,
    MixPool: NO_CLASS,
    WeightedAvgPool: NO_CLASS,
    BlurPool: NO_CLASS,
    SpatialPyramidPool: NO_CLASS,
    SpectralPool: NO_CLASS,
    Hardmax: NO_CLASS,
    GlobalResponseNorm: NO_CLASS,
    Unpool: "nn.MaxUnpool2d needs the indices of a max pooling",
    MaxUnpool: "the indices of a max pooling are not written",
    Attention: "its tensors are those of several layers there",
    CrossAttention: "its tensors are those of several layers there",
    Parameter: "a tensor without an input is not written",
    Constant: "a tensor without an input is not written",
    Custom: "the spec declares its numbers, not what it computes",
}
"""Why a kind cannot be exported."""


def _pairs(name: str) -> Callable[[list[str]], str]:
    def joined(xs: list[str]) -> str:
        text = xs[0]
        for x in xs[1:]:
            text = f"torch.{name}({text}, {x})"
        return text

    return joined


MERGES: Mapping[type[Layer], Callable[[list[str]], str]] = {
    Add: " + ".join,
    Mul: " * ".join,
    Subtract: " - ".join,
    Average: lambda xs: f"({' + '.join(xs)}) / {len(xs)}",
    Maximum: _pairs("maximum"),
    Minimum: _pairs("minimum"),
    MatMul: _pairs("matmul"),
    Concat: lambda xs: f"torch.cat([{', '.join(xs)}], dim=1)",
}
"""The expression of each merge of variables."""

OF_CROPPED: Mapping[type[Layer], str] = {Add: "sum(cropped({}))", Concat: "torch.cat(cropped({}), dim=1)"}
"""The same for `align: crop`."""

OF_BRANCHES: Mapping[type[Layer], str] = {Add: "Add", Mul: "Mul", Concat: "Concat"}
"""The classes of `HELPERS` that merge what branches of one tensor give."""


def module_of(layer: Layer, shapes: tuple[Shape, ...]) -> LayerCall:
    """The module of a layer that is no merge; raises LackingError."""
    kind = type(layer)
    if kind not in MODULES:
        raise LackingError(LACKING.get(kind, NO_CLASS))
    if any(each in (inf, -inf) for each in _numbers(layer)):
        raise LackingError("it has an option that is not finite")
    (x,) = shapes
    if x.rank > 3:
        raise LackingError("PyTorch has layers with up to 3 spatial axes")
    return MODULES[kind](layer, x)


def _numbers(layer: Layer) -> list[object]:
    return [getattr(layer, name) for name in layer.__struct_fields__]


def is_simple(layer: Layer, shapes: tuple[Shape, ...]) -> bool:
    """Whether a merge joins tensors that need no crop and no further axes."""
    if isinstance(layer, Concat) and layer.axis != "channels":
        return False
    sizes = {x.rank if type(layer) is Mul else x.spatial for x in shapes}
    return type(layer) in OF_BRANCHES and len(sizes) == 1


def merged(layer: Merge, shapes: tuple[Shape, ...], names: list[str]) -> str:
    """The expression of a merge of variables; raises LackingError."""
    kind = type(layer)
    if isinstance(layer, MatMul):
        turned = (layer.transpose_first, layer.transpose_second)
        texts = [f"{name}.transpose(-1, -2)" if t else name for name, t in zip(names, turned, strict=True)]
        return f"torch.matmul({', '.join(texts)})"
    if not isinstance(layer, AlignedMerge):
        raise LackingError(LACKING.get(kind, NO_CLASS))
    if isinstance(layer, Concat) and layer.axis != "channels":
        dim = axis_number(layer.axis, shapes[0]) + 1
        return f"torch.cat([{', '.join(names)}], dim={dim})"
    rank = max(x.rank for x in shapes)
    if layer.align == "crop" and len({x.spatial for x in shapes}) > 1:
        if kind not in OF_CROPPED or layer.broadcast:
            raise LackingError("`align: crop` is written for add and concat only")
        return OF_CROPPED[kind].format(", ".join(names))
    if kind is Concat and len({x.spatial for x in shapes}) > 1:
        raise LackingError("torch.cat repeats no sizes")
    beside = f"[:, :, {', '.join(['None'] * rank)}]"
    texts = [name + beside * (x.rank < rank) for name, x in zip(names, shapes, strict=True)]
    return MERGES[kind](texts)
