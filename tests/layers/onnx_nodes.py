"""ONNX nodes as layers: one function for each operator.

The first axis of ONNX's tensors is the batch for operators that know one. For all others a batch axis of one
is added, and axes are moved to where the kind has them.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from tests.layers.onnx_axes import AXES_READERS, EMPTY, MOST_AXES, TOO_MANY
from tests.layers.onnx_written import Array, Attributes, Reader, Written, kind

TRAINING = "training"


def whole(name: str, **options: str) -> Reader:
    """An operation on each element; `options` are the names of ONNX's attributes."""

    def read(given: Attributes, xs: list[Any]) -> Written | str:
        chosen = {ours: given[theirs] for ours, theirs in options.items() if theirs in given}
        return Written(kind(name, **chosen), [xs[0].reshape(1, -1)]) if xs[0].size else EMPTY

    return read


def hard_sigmoid(given: Attributes, xs: list[Any]) -> Written | str:
    """The kind's slope is 1/6, as in PyTorch; ONNX's default is 0.2."""
    fits = abs(given.get("alpha", 0.2) - 1 / 6) < 1e-6 and given.get("beta", 0.5) == 0.5
    return whole("hardsigmoid")(given, xs) if fits else "another slope"


def swish(given: Attributes, xs: list[Any]) -> Written | str:
    return whole("silu")(given, xs) if given.get("alpha", 1.0) == 1.0 else "another slope"


def shrink(given: Attributes, xs: list[Any]) -> Written | str:
    layer = kind("shrink", threshold=given.get("lambd", 0.5), offset=given.get("bias", 0.0))
    return Written(layer, [xs[0].reshape(1, -1)])


def leaky_relu(given: Attributes, xs: list[Any]) -> Written | str:
    return Written(kind("leaky_relu", slope=given.get("alpha", 0.01)), [xs[0].reshape(1, -1)])


def gelu(given: Attributes, xs: list[Any]) -> Written | str:
    approximate = given.get("approximate", b"none").decode()
    return Written(kind("gelu", approximate=approximate), [xs[0].reshape(1, -1)])


def clip(given: Attributes, xs: list[Any]) -> Written | str:
    limits = [None if len(xs) <= at or xs[at] is None else float(xs[at]) for at in (1, 2)]
    if None not in limits and limits[0] > limits[1]:
        return "an empty range"
    low, high = ("none" if each is None else each for each in limits)
    return Written(kind("clamp", min=low, max=high), [xs[0].reshape(1, -1)])


def prelu(given: Attributes, xs: list[Any]) -> Written | str:
    x, slopes = xs
    layer = kind("prelu", per="element")
    return Written(layer, [x[np.newaxis]], {"weight": np.broadcast_to(slopes, x.shape)})


def dropout(given: Attributes, xs: list[Any]) -> Written | str:
    if len(xs) > 2 and xs[2] is not None and bool(xs[2]):
        return TRAINING
    return Written(kind("dropout"), [xs[0].reshape(1, -1)])


def identity(given: Attributes, xs: list[Any]) -> Written | str:
    return whole("identity")(given, xs) if isinstance(xs[0], Array) else "no tensor"


def joined(name: str) -> Reader:
    """An elementwise merge, with ONNX's broadcasting: axes are compared from the last."""

    def read(given: Attributes, xs: list[Any]) -> Written | str:
        rank = max(x.ndim for x in xs)
        if not 1 <= rank <= MOST_AXES:
            return TOO_MANY
        return Written(
            kind(name, broadcast=True), [x.reshape(1, *(1,) * (rank - x.ndim), *x.shape) for x in xs]
        )

    return read


def hardmax(given: Attributes, xs: list[Any]) -> Written | str:
    """Along the channels only: other axes become them."""
    axis = given.get("axis", -1)
    moved = np.moveaxis(xs[0], axis, 0)[np.newaxis]
    return Written(kind("hardmax"), [moved], back=lambda y: np.moveaxis(y[0], 0, axis))


def sides(pads: Sequence[int]) -> tuple[tuple[int, int], ...]:
    half = len(pads) // 2
    return tuple(zip(pads[:half], pads[half:], strict=True))


AUTO = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}


def geometry(given: Attributes, rank: int) -> dict[str, Any]:
    named = AUTO.get(given.get("auto_pad", b"NOTSET").decode())
    padding = named or sides(given.get("pads", (0,) * 2 * rank))
    found = {"stride": tuple(given.get("strides", (1,) * rank)), "padding": padding}
    return found | {"dilation": tuple(given.get("dilations", (1,) * rank))}


def with_bias(xs: list[Any]) -> dict[str, Array]:
    biased = len(xs) > 2 and xs[2] is not None
    return {"weight": xs[1], "bias": xs[2]} if biased else {"weight": xs[1]}


def conv(given: Attributes, xs: list[Any]) -> Written | str:
    x, w, *_ = xs
    weights = with_bias(xs)
    options = geometry(given, x.ndim - 2) | {"groups": given.get("group", 1), "bias": "bias" in weights}
    return Written(kind("conv", filters=len(w), kernel=w.shape[2:], **options), [x], weights)


def conv_transpose(given: Attributes, xs: list[Any]) -> Written | str:
    x, w, *_ = xs
    if "output_shape" in given:
        return "padding that follows from the output's size"
    weights = with_bias(xs)
    groups, rank = given.get("group", 1), x.ndim - 2
    options = geometry(given, rank) | {"groups": groups, "bias": "bias" in weights}
    options["output_padding"] = tuple(given.get("output_padding", (0,) * rank))
    layer = kind("conv_transpose", filters=w.shape[1] * groups, kernel=w.shape[2:], **options)
    return Written(layer, [x], weights)


def gemm(given: Attributes, xs: list[Any]) -> Written | str:
    a, b, *c = xs
    a = a.T if given.get("transA") else a
    b = b if given.get("transB") else b.T
    weights = {"weight": given.get("alpha", 1.0) * b}
    rows = {}
    if c:
        bias = given.get("beta", 1.0) * np.broadcast_to(c[0], (len(a), len(b)))
        if not (bias == bias[:1]).all():
            return "a bias for each sample"
        rows = {"bias": bias[0]}
    return Written(kind("dense", units=len(b), bias=bool(c)), [a], weights | rows)


def pool(name: str, **options: str) -> Reader:
    def read(given: Attributes, xs: list[Any]) -> Written | str:
        rank = xs[0].ndim - 2
        more = {ours: given[theirs] for ours, theirs in options.items() if theirs in given}
        fit = "ceil" if given.get("ceil_mode", 0) else "floor"
        layer = kind(name, kernel=tuple(given["kernel_shape"]), **geometry(given, rank), fit=fit, **more)
        return Written(layer, xs[:1])

    return read


def avgpool(given: Attributes, xs: list[Any]) -> Written | str:
    more = {"count_include_pad": given.get("count_include_pad", 0)}
    return pool("avgpool", count_padding="count_include_pad")({**given, **more}, xs)


def norm(name: str, names: Sequence[str], **options: str) -> Reader:
    def read(given: Attributes, xs: list[Any]) -> Written | str:
        more = {ours: given[theirs] for ours, theirs in options.items() if theirs in given}
        return Written(kind(name, affine=True, **more), xs[:1], dict(zip(names, xs[1:], strict=False)))

    return read


def batchnorm(given: Attributes, xs: list[Any]) -> Written | str:
    if given.get("training_mode", 0):
        return TRAINING
    return norm("batchnorm", ("weight", "bias", "running_mean", "running_var"), eps="epsilon")(given, xs)


def layernorm(given: Attributes, xs: list[Any]) -> Written | str:
    """Over all axes from one on; those before it are the batch."""
    x, scale, *bias = xs
    axis = given.get("axis", -1) % x.ndim
    inner = x.shape[axis:]
    weights = {"weight": scale} | ({"bias": bias[0]} if bias else {})
    layer = kind("layernorm", over="all", center=bool(bias), eps=given.get("epsilon", 1e-5))
    return Written(layer, [x.reshape(-1, *inner)], weights)


def lrn(given: Attributes, xs: list[Any]) -> Written | str:
    """ONNX's even sizes reach further behind, those of the kind before: the channels are turned around."""
    options = {
        ours: given[name]
        for ours, name in (("alpha", "alpha"), ("beta", "beta"), ("k", "bias"))
        if name in given
    }
    layer = kind("lrn", size=given["size"], **options)
    return Written(layer, [xs[0][:, ::-1]], back=lambda y: y[:, ::-1])


def flatten(given: Attributes, xs: list[Any]) -> Written | str:
    x, axis = xs[0], given.get("axis", 1)
    rows = prod(x.shape[:axis] if axis >= 0 else x.shape[: x.ndim + axis])
    return Written(kind("flatten"), [x.reshape(rows, -1)])


def pad(given: Attributes, xs: list[Any]) -> Written | str:
    x, pads, *more = xs
    value = float(more[0]) if more and more[0] is not None and more[0].size else 0.0
    axes = [int(axis) % x.ndim for axis in more[1]] if len(more) > 1 else list(range(x.ndim))
    by_axis = dict(zip(axes, sides([int(each) for each in pads]), strict=True))
    if any(by_axis.get(axis, (0, 0)) != (0, 0) for axis in (0, 1)):
        return "padding of the batch or the channels"
    mode = {"constant": "zeros", "edge": "replicate", "wrap": "circular"}.get(
        name := given.get("mode", b"constant").decode(), name
    )
    amount = tuple(by_axis.get(axis, (0, 0)) for axis in range(2, x.ndim))
    layer = kind("pad", amount=amount, mode=mode, value=value if mode == "zeros" else 0.0)
    return Written(layer, [x])


def resize(given: Attributes, xs: list[Any]) -> Written | str:
    x = xs[0]
    scales = xs[2] if len(xs) > 2 and xs[2] is not None and xs[2].size else None
    sizes = xs[3] if len(xs) > 3 and xs[3] is not None else None
    where = given.get("coordinate_transformation_mode", b"half_pixel").decode()
    pytorch = where == "pytorch_half_pixel"
    where = "half_pixel" if pytorch else where
    lacks = "exclude_outside", "antialias", "keep_aspect_ratio_policy"
    if where == "tf_crop_and_resize" or any(given.get(name) not in (None, 0, b"stretch") for name in lacks):
        return "cropping, antialiasing or keeping the aspect ratio"
    axes = [int(axis) % x.ndim for axis in given.get("axes", range(x.ndim))]
    given_sizes = dict(zip(axes, scales if scales is not None else sizes, strict=True))
    both = [given_sizes.get(axis, 1.0 if scales is not None else x.shape[axis]) for axis in range(x.ndim)]
    if scales is not None:
        target: dict[str, Any] = {"scale": tuple(round(float(each), 6) for each in both[2:])}
    else:
        target = {"size": tuple(int(each) for each in both[2:])}
    resized = [n * float(each) if scales is not None else each for n, each in zip(x.shape, both, strict=True)]
    if where == "align_corners" and any(each % 1 for each in resized):
        return "aligned corners of a size that is no whole number"
    if pytorch and 1 in resized[2:]:
        return "a single output at the first input"
    layer = kind(
        "upsample",
        mode=given.get("mode", b"nearest").decode(),
        coordinates=where,
        rounding=given.get("nearest_mode", b"round_prefer_floor").decode(),
        cubic_coefficient=given.get("cubic_coeff_a", -0.75),
        **target,
    )
    return Written(layer, [x])


def upsample(given: Attributes, xs: list[Any]) -> Written | str:
    return Written(kind("upsample", scale=tuple(map(float, xs[1][2:]))), [xs[0]])


def depth_to_space(given: Attributes, xs: list[Any]) -> Written | str:
    """ONNX's default DCR has the block before the channels, the kind after them."""
    x, size = xs[0], given["blocksize"]
    if given.get("mode", b"DCR") == b"DCR":
        blocks = x.reshape(len(x), size * size, -1, *x.shape[2:])
        x = blocks.swapaxes(1, 2).reshape(x.shape)
    return Written(kind("pixel_shuffle", factor=size), [x])


def space_to_depth(given: Attributes, xs: list[Any]) -> Written | str:
    """ONNX's default DCR has the block before the channels, the kind after them."""
    size = given["blocksize"]
    if given.get("mode", b"DCR") == b"CRD":
        return Written(kind("space_to_depth", factor=size), xs[:1])

    def back(y: Array) -> Array:
        return y.reshape(len(y), -1, size * size, *y.shape[2:]).swapaxes(1, 2).reshape(y.shape)

    return Written(kind("space_to_depth", factor=size), xs[:1], back=back)


def constant(given: Attributes, xs: list[Any]) -> Written | str:
    from onnx.numpy_helper import to_array

    value = to_array(given["value"])
    return Written(kind("constant", shape=value.shape), [np.zeros((1, 1))], {"value": value})


READERS: Mapping[str, Reader] = {
    "Relu": whole("relu"),
    "LeakyRelu": leaky_relu,
    "Elu": whole("elu", alpha="alpha"),
    "Selu": lambda given, xs: "another scale" if "gamma" in given else whole("selu")(given, xs),
    "Celu": whole("celu", alpha="alpha"),
    "Gelu": gelu,
    "Sigmoid": whole("sigmoid"),
    "HardSigmoid": hard_sigmoid,
    "HardSwish": whole("hardswish"),
    "Swish": swish,
    "Tanh": whole("tanh"),
    "Softplus": whole("softplus"),
    "Mish": whole("mish"),
    "Abs": whole("abs"),
    "Softsign": whole("softsign"),
    "ThresholdedRelu": whole("thresholded_relu", threshold="alpha"),
    "Shrink": shrink,
    "Clip": clip,
    "PRelu": prelu,
    "Dropout": dropout,
    "Identity": identity,
    "Constant": constant,
    "Add": joined("add"),
    "Sum": joined("add"),
    "Sub": joined("subtract"),
    "Mul": joined("mul"),
    "Mean": joined("average"),
    "Max": joined("maximum"),
    "Min": joined("minimum"),
    "Hardmax": hardmax,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Gemm": gemm,
    "MaxPool": pool("maxpool"),
    "AveragePool": avgpool,
    "LpPool": pool("lppool", order="p"),
    "GlobalAveragePool": lambda given, xs: Written(kind("global_avgpool"), xs),
    "GlobalMaxPool": lambda given, xs: Written(kind("global_maxpool"), xs),
    "BatchNormalization": batchnorm,
    "InstanceNormalization": norm("instancenorm", ("weight", "bias"), eps="epsilon"),
    "GroupNormalization": norm("groupnorm", ("weight", "bias"), eps="epsilon", groups="num_groups"),
    "LayerNormalization": layernorm,
    "LRN": lrn,
    "Flatten": flatten,
    "Pad": pad,
    "Resize": resize,
    "Upsample": upsample,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    **AXES_READERS,
}
"""The operators that have a kind."""
