"""Random layers with Keras' names and `dialect: keras` against Keras: sizes, parameters and values.

cnncalc must refuse a layer if and only if Keras does. Strides together with dilation, which Keras'
convolutions refuse, have a test of their own.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

import cnncalc
from cnncalc import Spec, SpecError
from tests.with_keras import keras
from tests.with_torch import torch

pytestmark = [
    pytest.mark.crosscheck("torch", "keras"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)
LARGEST = {1: 14, 2: 9, 3: 5}

FAMILIES = (
    "Conv{}",
    "DepthwiseConv{}",
    "SeparableConv{}",
    "Conv{}Transpose",
    "Conv{}Transpose with output padding",
    "MaxPooling{}",
    "AveragePooling{}",
    "BatchNormalization",
    "PReLU",
)
RANKS = {"DepthwiseConv{}": (1, 2), "SeparableConv{}": (1, 2), "AveragePooling{}": (1, 2)}
"""The numbers of axes, if not 1 to 3. PyTorch refuses a 3-D mean over a window larger than the map."""

Options = dict[str, Any]


def sizes(rank: int, low: int, high: int) -> st.SearchStrategy[Any]:
    number = st.integers(low, high)
    return number | st.tuples(*[number] * rank)


@st.composite
def layers(draw: DrawFn, family: str) -> tuple[str, Options, tuple[int, ...]]:
    """A class of Keras, its arguments, and an input shape, channels last."""
    rank = draw(st.sampled_from(RANKS.get(family, (1, 2, 3))))
    shape = (*(draw(st.integers(1, LARGEST[rank])) for _ in range(rank)), draw(st.integers(1, 4)))
    stem, _, extra = family.partition(" ")
    name = (
        stem.format(f"{rank}D")
        if "{" in stem
        else stem + f"{rank}D" * ("Norm" not in stem and stem != "PReLU")
    )
    if family in ("BatchNormalization", "PReLU"):
        return name, {}, shape
    named = ["valid", "same"] + ["causal"] * (name == "Conv1D")
    options: Options = {"padding": draw(st.sampled_from(named))}
    if "Pooling" in family:
        options["pool_size"] = draw(sizes(rank, 1, 4))
        if draw(st.booleans()):
            options["strides"] = draw(sizes(rank, 1, 3))
        return name, options, shape
    options["use_bias"] = draw(st.booleans())
    if family != "DepthwiseConv{}":
        options["filters"] = draw(st.integers(1, 4))
    separate = family in ("DepthwiseConv{}", "SeparableConv{}")  # they have one stride for all axes
    alike = st.integers(1, 3)
    options["kernel_size"] = draw(sizes(rank, 1, 5))
    if draw(st.booleans()):
        options["strides"] = draw(alike if separate else sizes(rank, 1, 4))
    else:
        options["dilation_rate"] = draw(alike if separate else sizes(rank, 1, 3))
    if separate:
        options["depth_multiplier"] = draw(st.integers(1, 2))
    if extra:
        options["output_padding"] = draw(sizes(rank, 0, 3))
    return name, options, shape


def spec_of(name: str, options: Options, shape: tuple[int, ...]) -> Spec:
    """The same layer as a spec, with Keras' words."""
    words = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    return cnncalc.load(
        {"cnncalc": 1, "dialect": "keras", "layout": "hwc", "input": list(shape), "layers": [{name: words}]}
    )


def built(name: str, options: Options, shape: tuple[int, ...]) -> Any:
    """Keras' layer, called once; None if Keras refuses its arguments or the input."""
    try:
        layer = getattr(keras.layers, name)(**options)
        with torch.no_grad():
            y = layer(np.zeros((1, *shape), "float32"))
    except (ValueError, RuntimeError):
        return None
    return layer if y.numel() else None


@pytest.mark.parametrize("family", FAMILIES)
@EXAMPLES
@given(data=st.data())
def test_sizes_parameters_and_values_are_those_of_keras(family: str, data: st.DataObject) -> None:
    name, options, shape = data.draw(layers(family))
    layer = built(name, options, shape)
    if layer is None:
        with pytest.raises(SpecError):
            spec_of(name, options, shape)
        return
    spec = spec_of(name, options, shape)
    assert not [problem for problem in spec.findings if problem.code == "other-dialect"]
    (row,) = cnncalc.analyze(spec).layers
    assert row.params.total + row.buffers == layer.count_params()
    x = np.random.default_rng(0).normal(size=(1, *shape)).astype("float32")
    weights = weights_of(layer, row.name)
    with torch.no_grad():
        theirs = layer(x).cpu().numpy()
    assert row.output.dims("hwc") == theirs.shape[1:]
    if name.startswith("AveragePooling") and uneven(spec):
        return  # on PyTorch, Keras fills one side with copies of the border; on TensorFlow it leaves them out
    ours = cnncalc.run(spec, x, weights).output.reshape(theirs.shape)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def uneven(spec: Spec) -> bool:
    """Whether a layer pads the two sides of an axis differently."""
    _, node = spec.graph.nodes
    return any(window.before != window.after for window in node.layer.windows(*node.reads))


def weights_of(layer: Any, name: str) -> dict[str, Any]:
    """Keras' weights as cnncalc names them and orders their axes: those of the kernel last."""
    rng = np.random.default_rng(1)
    found = {}
    for each in layer.weights:
        value = rng.uniform(0.1, 1, size=tuple(each.shape)).astype("float32")
        each.assign(value)
        tensor = TENSORS.get(each.name, each.name)
        if each.name == "alpha":
            value = np.moveaxis(value, -1, 0)
        elif "kernel" in each.name:
            is_depthwise = "depthwise" in each.name or name == "depthwise1"
            order = (-2, -1) if is_depthwise else (-1, -2)
            value = np.moveaxis(value, order, (0, 1))
            value = value.reshape(-1, 1, *value.shape[2:]) if is_depthwise else value
        found[f"{name}.{tensor}"] = value
    return found


TENSORS = {
    "kernel": "weight",
    "depthwise_kernel": "depthwise",
    "pointwise_kernel": "pointwise",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "alpha": "weight",
}
"""Keras' names of tensors, and cnncalc's."""


@pytest.mark.parametrize("name", ["Conv2D", "Conv2DTranspose", "SeparableConv2D", "DepthwiseConv2D"])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 2), (2, 1), (2, 2)])
def test_a_stride_together_with_a_dilation(name: str, strides: int, dilation: int) -> None:
    first = 2 if name == "DepthwiseConv2D" else 5
    options = {"strides": strides, "dilation_rate": dilation}
    if name != "DepthwiseConv2D":
        options["kernel_size"] = 2
    written = ", ".join(f"{option}: {value}" for option, value in options.items())
    text = f"cnncalc: 1\ndialect: keras\ninput: [3, 9, 9]\nlayers: [{{{name}: {first}, {written}}}]\n"
    try:
        output = getattr(keras.layers, name)(first, **options)(np.zeros((1, 9, 9, 3), "float32"))
    except ValueError:
        with pytest.raises(SpecError, match="in Keras, a stride above 1 excludes a dilation above 1"):
            cnncalc.load(text)
    else:
        assert cnncalc.analyze(text).output.output.dims("hwc") == tuple(output.shape[1:])
