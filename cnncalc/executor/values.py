"""Convolution and pooling of small single-channel arrays, without a network."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from msgspec import ValidationError, convert
from numpy.typing import ArrayLike

from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.names import own_name
from cnncalc.executor.network import init_weights, run
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.buffers import Buffers
from cnncalc.executor.runtime.context import OpContext
from cnncalc.layers import BY_NAME, KINDS, Layer, LayerError, find_kind, options_of
from cnncalc.layers.base import Padding
from cnncalc.problems import did_you_mean
from cnncalc.shapes import Shape
from cnncalc.spec import Spec

PerAxis = int | tuple[int, ...]

POOLS = tuple(kind.kind for kind in KINDS if kind.family == "pool")
"""All pooling kinds."""


def convolve(
    x: ArrayLike,
    kernel: ArrayLike,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    *,
    flip: bool = False,
    transposed: bool = False,
) -> Array:
    """Convolve a single-channel array with a kernel of the same number of axes.

    As in neural networks, this is cross-correlation; with `flip`, it is mathematical convolution. Integer
    inputs give integer results.

    Args:
        x: an array or nested lists: a signal, an image or a volume.
        kernel: an array or nested lists with the same number of axes.
        stride: positions from one window to the next; if transposed, the upsampling factor.
        padding: zeros around `x`, a number or a name as in specs; if transposed, positions to crop.
        dilation: distance between kernel taps.
        flip: whether to flip the kernel along all axes.
        transposed: whether to compute a transposed convolution.

    Raises:
        ValueError: an option is invalid, or the kernel does not fit.

    >>> import cnncalc
    >>> cnncalc.convolve([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, -1]]).tolist()
    [[-4, -4], [-4, -4]]
    >>> cnncalc.convolve([2, 3, 0, -1], [1, 2, -1], transposed=True).tolist()
    [2, 7, 4, -4, -2, 1]
    """
    image, taps = _numbers(x, "the array"), _numbers(kernel, "the kernel")
    if image.ndim != taps.ndim:
        raise ValueError(
            f"the array has {image.ndim} axes and the kernel {taps.ndim}; expected the same number, without "
            "channels; use cnncalc.run for channels, filters and batches"
        )
    options: dict[str, object] = {"filters": 1, "kernel": taps.shape, "bias": False}
    options |= {"stride": stride, "padding": padding, "dilation": dilation}
    layer = _layer("conv_transpose" if transposed else "conv", options)
    turned = taps[(slice(None, None, -1),) * taps.ndim] if flip else taps
    y = _carried_out(layer, image, {"layer.weight": turned[np.newaxis, np.newaxis]})
    return _whole(y, image, taps)


def pool(x: ArrayLike, kind: str = "maxpool", **options: object) -> Array:
    """Pool a single-channel array.

    Args:
        x: an array or nested lists: a signal, an image or a volume.
        kind: the kind of pooling, by any of its names: `"maxpool"`, `"avgpool"`, `"l2pool"` …
        options: the options as in a spec, such as `kernel=2, stride=2`.

    Raises:
        ValueError: the kind or an option is invalid, or the windows do not fit.

    >>> import cnncalc
    >>> cnncalc.pool([[1, 4], [5, 8]], kernel=2).tolist()
    [[8]]
    >>> cnncalc.pool([1, 2, 4], "avgpool", kernel=2, stride=1).tolist()
    [1.5, 3.0]
    """
    found = find_kind(kind)
    if found is None or found.kind not in POOLS:
        hint = did_you_mean(kind, list(POOLS)) or "`cnncalc kinds` lists them"
        raise ValueError(f"there is no pooling '{kind}'; {hint}")
    image = _numbers(x, "the array")
    y = _carried_out(_layer(found.kind, options), image, {})
    return _whole(y, image) if OPERATIONS[found.kind].selects else y


Nested = int | Fraction | float | tuple["Nested", ...]


def layer_by_layer(spec: Spec, x: Nested, weights: Mapping[str, Nested]) -> list[Nested]:
    """The output of every layer for one sample, as nested tuples, channels first.

    Missing weights have their initial values: scales 1, means 0, variances 1.
    """
    tensors = {**init_weights(spec, data_type="float64"), **{name: _exact(w) for name, w in weights.items()}}
    kept = run(spec, _exact(x), tensors, data_type="float64", keep="*", quick=False)
    return [_tuples(kept[own_name(spec.graph, at)][0].tolist()) for at in range(1, len(spec.graph.nodes))]


def _exact(values: Nested) -> Array:
    """Convert nested fractions to double precision."""
    array: Array = np.array(values, dtype=object).astype(np.float64)
    return array


def _tuples(values: float | list[object]) -> Nested:
    return tuple(map(_tuples, values)) if isinstance(values, list) else values  # type: ignore[arg-type]


def _numbers(values: ArrayLike, what: str) -> Array:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{what} has rows of different lengths") from error
    if array.dtype.kind not in "fiu" or not array.ndim or not array.size:
        raise ValueError(f"{what} must contain only numbers; found {values!r:.60}")
    return array


def _layer(kind: str, options: Mapping[str, object]) -> Layer:
    """Build a layer from options; raises ValueError for the first invalid one."""
    known = options_of(BY_NAME[kind])
    for name, value in options.items():
        if name not in known:
            raise ValueError(f"{kind} has no option '{name}'; {did_you_mean(name, list(known))}")
        try:
            convert(value, known[name].type)
        except ValidationError:
            message = f"{name} of {kind} must be {known[name].expected}; found {value!r}"
            raise ValueError(message) from None
    for option in known.values():
        if option.required and option.name not in options:
            raise ValueError(f"{kind} needs `{option.name}`")
    return convert(dict(options), BY_NAME[kind])


def _carried_out(layer: Layer, image: Array, weights: Mapping[str, Array]) -> Array:
    """Run one layer on one single-channel sample; raises ValueError if it does not fit."""
    try:
        layer.output(Shape(1, image.shape))
    except LayerError as error:
        raise ValueError(str(error) + (f" ({error.hint})" if error.hint else "")) from error
    ctx = OpContext("layer", GivenWeights(weights, "float64"), Buffers(), np.dtype("float64"), quick=False)
    sample = image.astype(np.float64)[np.newaxis, ..., np.newaxis]
    y: Array = OPERATIONS[layer.kind].forward(layer, sample, ctx=ctx)
    return y[0] if y.ndim == 2 else y[0, ..., 0]


EXACT = 2.0**53
"""Up to here, double precision is exact for integers."""


def _whole(y: Array, *inputs: Array) -> Array:
    """Convert to integers if all inputs are integers and the result is exact."""
    if any(array.dtype.kind == "f" for array in inputs):
        return y
    most = float(np.prod([float(np.abs(array).sum()) for array in inputs]))
    return y.astype(np.int64) if most < EXACT else y
