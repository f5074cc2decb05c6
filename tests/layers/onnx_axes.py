"""Operators along axes, matrix products and attention as layers. A batch axis of one is added but for
attention and normalization."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np

from cnncalc.shapes import Shape
from tests.layers.onnx_written import Array, Attributes, Reader, Written, kind

MOST_AXES = 4
TOO_MANY = "no axes, or more than four"
EMPTY = "an empty tensor"


def named(x: Array) -> tuple[str, ...]:
    """The names of the axes of a tensor."""
    return ("channels", *Shape(1, x.shape[1:]).axes)


def transpose(given: Attributes, xs: list[Any]) -> Written | str:
    (x,) = xs
    order = given.get("perm", range(x.ndim)[::-1])
    return Written(kind("permute", order=tuple(named(x)[at] for at in order)), [x[np.newaxis]])


def reshape(given: Attributes, xs: list[Any]) -> Written | str:
    x, sizes = xs
    if not x.size:
        return EMPTY
    shape = tuple(x.shape[at] if n == 0 else int(n) for at, n in enumerate(sizes))
    return Written(kind("reshape", shape=shape), [x[np.newaxis]])


def unsqueeze(given: Attributes, xs: list[Any]) -> Written | str:
    x, axes = xs
    shape = np.expand_dims(x, tuple(axes)).shape
    return Written(kind("reshape", shape=shape), [x[np.newaxis]]) if len(shape) <= MOST_AXES else TOO_MANY


def squeeze(given: Attributes, xs: list[Any]) -> Written | str:
    x, axes = xs
    return Written(kind("reshape", shape=x.squeeze(tuple(axes)).shape), [x[np.newaxis]])


def along(name: str) -> Reader:
    """An operation along one axis."""

    def read(given: Attributes, xs: list[Any]) -> Written | str:
        return Written(kind(name, axis=named(xs[0])[given.get("axis", -1)]), [x[np.newaxis] for x in xs])

    return read


def reduce(mode: str) -> Reader:
    def read(given: Attributes, xs: list[Any]) -> Written | str:
        x, *axes = xs
        if not x.size:
            return EMPTY
        over = tuple(named(x)[at] for at in axes[0]) if axes else ()
        if not over and given.get("noop_with_empty_axes", 0):
            return "no axes"
        layer = kind("reduce", mode=mode, over=over or named(x), keepdims=bool(given.get("keepdims", 1)))
        return Written(layer, [x[np.newaxis]])

    return read


def split(given: Attributes, xs: list[Any]) -> Written | str:
    """The last of equal parts may be smaller; the number of parts is that of the outputs."""
    x, *sizes = xs
    if not x.size:
        return EMPTY
    at = given.get("axis", 0)
    if sizes:
        parts: Any = tuple(int(n) for n in sizes[0])
    else:
        parts, n = given["outputs"], x.shape[at]
        if n % parts:
            each = -(-n // parts)
            parts = (each,) * (parts - 1) + (n - each * (parts - 1),)
    return Written(kind("split", parts=parts, axis=named(x)[at]), [x[np.newaxis]])


def sliced(given: Attributes, xs: list[Any]) -> Written | str:
    x, starts, ends, *more = xs
    axes = more[0] if more else range(len(starts))
    steps = more[1] if len(more) > 1 else (1,) * len(starts)
    cut = {}
    for start, end, at, step in zip(starts, ends, axes, steps, strict=True):
        if step != 1:
            return "a step"
        first, last, _ = slice(int(start), int(end)).indices(x.shape[at])
        if first >= last:
            return EMPTY
        if (first, last) != (0, x.shape[at]):
            cut[int(at)] = first, last
    ((at, index),) = cut.items()
    return Written(kind("select", index=index, axis=named(x)[at]), [x[np.newaxis]])


def matmul(given: Attributes, xs: list[Any]) -> Written | str:
    a, b = xs
    if a.ndim == b.ndim == 1:
        a, b = a[np.newaxis], b[:, np.newaxis]
    if a.ndim != b.ndim or a.shape[:-2] != b.shape[:-2]:
        return "matrices repeated to the other input's"
    return Written(kind("matmul"), [a[np.newaxis], b[np.newaxis]])


def lp_normalization(given: Attributes, xs: list[Any]) -> Written | str:
    (x,) = xs
    if given.get("p", 2) != 2:
        return "the sum of absolute values"
    return Written(kind("l2_normalize", over=named(x)[given.get("axis", -1)]), [x[np.newaxis]])


def rms_normalization(given: Attributes, xs: list[Any]) -> Written | str:
    """Over all axes from one on; those before it are the batch."""
    x, scale = xs
    inner = x.shape[given.get("axis", -1) % x.ndim :]
    layer = kind("rms_norm", over="all", eps=given.get("epsilon", 1e-5))
    return Written(layer, [x.reshape(-1, *inner)], {"weight": scale})


def mean_variance_normalization(given: Attributes, xs: list[Any]) -> Written | str:
    """Over the batch, too, which becomes an axis of positions."""
    (x,) = xs
    if given.get("axes", [0, 2, 3]) != [0, 2, 3]:
        return "other axes"
    layer = kind("instancenorm", affine=False, eps=0.0)
    return Written(layer, [x.swapaxes(0, 1)[np.newaxis]], back=lambda y: y[0].swapaxes(0, 1))


def repeated(heads: int, shared: int, channels: int, before: int, total: int) -> Array:
    """Weights that take `channels` of each head from number `before` on; heads may share some."""
    weights = np.zeros((heads * channels, total))
    for head in range(heads):
        for channel in range(channels):
            weights[head * channels + channel, before + head * shared // heads * channels + channel] = 1
    return weights


def attention(given: Attributes, xs: list[Any]) -> Written | str:
    """With weights that leave queries unchanged and take keys and values from the channels of a context."""
    names = ("queries", "keys", "values", "a mask", "past keys", "past values", "lengths without padding")
    has = {name: x for name, x in zip(names, xs, strict=False) if x is not None}
    windows = {given.get(name, -1) for name in ("left_window_size", "right_window_size")}
    for what, unsaid in (
        ("a window that slides", windows != {-1}),
        ("a mask", "a mask" in has),
        ("past keys and values", "past keys" in has),
        ("lengths without padding", "lengths without padding" in has),
        ("a soft cap", bool(given.get("softcap", 0))),
        ("the scores as an output", given["outputs"] > 1),
    ):
        if unsaid:
            return what
    four = xs[0].ndim == MOST_AXES
    q, k, v = (x.swapaxes(1, 2).reshape(len(x), x.shape[2], -1) if four else x for x in xs[:3])
    heads, shared = (x.shape[1] for x in xs[:2]) if four else (given["q_num_heads"], given["kv_num_heads"])
    causal = bool(given.get("is_causal", 0))
    if causal and q.shape[1] != k.shape[1]:
        return "causal attention to a sequence of another length"
    key, value, both = q.shape[2] // heads, v.shape[2] // shared, k.shape[2] + v.shape[2]
    scale = given.get("scale", 1 / sqrt(key)) * sqrt(key)
    layer = kind(
        "cross_attention",
        heads=heads,
        key=key,
        value=value,
        out=heads * value,
        bias=False,
        out_bias=False,
        causal=causal,
    )
    weights = {
        "query": scale * np.eye(heads * key),
        "key": repeated(heads, shared, key, 0, both),
        "value": repeated(heads, shared, value, k.shape[2], both),
        "out": np.eye(heads * value),
    }

    def back(y: Array) -> Array:
        rows = y.swapaxes(1, 2)
        return rows.reshape(*rows.shape[:2], heads, value).swapaxes(1, 2) if four else rows

    return Written(layer, [q.swapaxes(1, 2), np.concatenate((k, v), 2).swapaxes(1, 2)], weights, back)


AXES_READERS: Mapping[str, Reader] = {
    "Concat": along("concat"),
    "Softmax": along("softmax"),
    "LogSoftmax": along("log_softmax"),
    "Transpose": transpose,
    "Reshape": reshape,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "ReduceMean": reduce("mean"),
    "ReduceMax": reduce("max"),
    "ReduceMin": reduce("min"),
    "ReduceSum": reduce("sum"),
    "ReduceL2": reduce("l2"),
    "ReduceProd": reduce("product"),
    "ReduceLogSumExp": reduce("logsumexp"),
    "Split": split,
    "Slice": sliced,
    "MatMul": matmul,
    "LpNormalization": lp_normalization,
    "RMSNormalization": rms_normalization,
    "MeanVarianceNormalization": mean_variance_normalization,
    "Attention": attention,
}
