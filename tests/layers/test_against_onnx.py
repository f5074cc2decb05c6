"""The node tests that ship with ONNX, for every operator that has a kind."""

import warnings
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.network import Network
from cnncalc.graph import Graph, Node
from cnncalc.layers import Layer, TensorSource
from cnncalc.layers.rearranging import Split
from cnncalc.shapes import Shape
from tests.executor.agreement import entry, node
from tests.layers.onnx_axes import EMPTY
from tests.layers.onnx_nodes import READERS, Written

AGREE: Mapping[str, int] = {
    **dict.fromkeys(("Abs", "Relu", "Selu", "HardSwish", "Swish", "Mish", "Constant", "Upsample"), 1),
    **dict.fromkeys(("Sigmoid", "Tanh", "Softplus", "Softsign", "Shrink", "PRelu", "LRN", "DepthToSpace"), 2),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "BatchNormalization"), 2),
    **dict.fromkeys(("InstanceNormalization", "GroupNormalization"), 2),
    **dict.fromkeys(("LeakyRelu", "Elu", "Celu", "ThresholdedRelu", "Identity", "Sum", "Mean"), 3),
    **dict.fromkeys(("Hardmax", "Softmax", "LogSoftmax", "Transpose"), 7),
    **dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceL2", "ReduceProd", "ReduceLogSumExp"), 8),
    **dict.fromkeys(("ReduceMax", "ReduceMin", "Reshape", "Flatten", "Sub", "Mul", "ConvTranspose"), 9),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization", "MaxPool"), 19),
    "HardSigmoid": 0,
    "Gelu": 4,
    "Clip": 11,
    "Dropout": 6,
    "Concat": 12,
    "Add": 8,
    "Max": 14,
    "Min": 14,
    "Gemm": 10,
    "Conv": 6,
    "AveragePool": 20,
    "LpPool": 8,
    "Pad": 6,
    "Resize": 22,
    "SpaceToDepth": 4,
    "Squeeze": 2,
    "Unsqueeze": 3,
    "Split": 14,
    "Slice": 6,
    "MatMul": 4,
    "LpNormalization": 3,
    "MeanVarianceNormalization": 1,
    "Attention": 15,
}
"""How many cases of each operator a kind can say."""

LACKS: Mapping[str, Mapping[str, int]] = {
    "Attention": {
        "a mask": 46,
        "a soft cap": 6,
        "a window that slides": 10,
        "causal attention to a sequence of another length": 9,
        "lengths without padding": 5,
        "past keys and values": 1,
        "the scores as an output": 1,
    },
    "BatchNormalization": {"training": 2},
    "Clip": {"an empty range": 1},
    "ConvTranspose": {"padding that follows from the output's size": 2},
    "Dropout": {"training": 6},
    "Gemm": {"a bias for each sample": 1},
    "HardSigmoid": {"another slope": 3},
    "Identity": {"no tensor": 2},
    "LpNormalization": {"the sum of absolute values": 3},
    "MatMul": {"matrices repeated to the other input's": 3},
    "ReduceL2": {EMPTY: 1},
    "ReduceLogSumExp": {EMPTY: 1},
    "ReduceMax": {EMPTY: 2},
    "ReduceMin": {EMPTY: 1},
    "ReduceProd": {EMPTY: 1},
    "ReduceSum": {EMPTY: 2, "no axes": 2},
    "Reshape": {EMPTY: 1},
    "Resize": {
        "a single output at the first input": 1,
        "aligned corners of a size that is no whole number": 2,
        "cropping, antialiasing or keeping the aspect ratio": 14,
    },
    "Selu": {"another scale": 2},
    "Slice": {"a step": 1, EMPTY: 1},
    "Split": {EMPTY: 2},
    "Unsqueeze": {"no axes, or more than four": 4},
}
"""What no kind can say, and how many cases of each operator need it."""


@cache
def cases() -> dict[str, list[Any]]:
    """The cases with a single node, by operator."""
    from onnx.backend.test.loader import load_node_model_tests

    found: dict[str, list[Any]] = {name: [] for name in READERS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the examples of other operators overflow
        loaded = load_node_model_tests()
    for case in loaded:
        if len(case.model.graph.node) == 1 and (op := case.model.graph.node[0].op_type) in found:
            found[op].append(case)
    return found


def written(case: Any) -> Written | str:
    """The node of a case as a layer, with its inputs, or what no kind can say."""
    from onnx.helper import get_attribute_value

    (only,) = case.model.graph.node
    attributes = {each.name: get_attribute_value(each) for each in only.attribute}
    arrays = iter(case.data_sets[0][0])
    inputs = [next(arrays) if name else None for name in only.input]
    return READERS[only.op_type]({**attributes, "outputs": len(only.output)}, inputs)


def outputs(found: Written) -> list[np.ndarray]:
    """What the layer computes, in double precision: of a split, each part."""
    inputs = [np.asarray(x, np.float64) for x in found.inputs]
    nodes = [replace(entry(Shape(x.shape[1], x.shape[2:])), name=f"input{at}") for at, x in enumerate(inputs)]
    reads = () if isinstance(found.layer, TensorSource) else tuple(range(len(inputs)))
    return [
        found.back(output(layer, reads, nodes, inputs, found.weights))
        for layer in found.layer.separate(*(nodes[at].shape for at in reads))
    ]


def output(
    layer: Layer,
    reads: tuple[int, ...],
    entries: list[Node],
    inputs: list[np.ndarray],
    weights: Mapping[str, np.ndarray],
) -> np.ndarray:
    nodes = [*entries, node("layer", layer, reads, entries, None)]
    names = {each.name: at for at, each in enumerate(nodes)}
    graph = Graph(tuple(nodes), len(inputs), "chw", names, {}, entries=len(inputs))
    tensors = {f"layer.{name}": np.asarray(each, np.float64) for name, each in weights.items()}
    network = Network(graph, GivenWeights(tensors, "float64"), "float64")
    return network.run({f"input{at}": x for at, x in enumerate(inputs)}).output


@pytest.mark.parametrize("operator", READERS)
@pytest.mark.crosscheck("onnx")
def test_a_layer_computes_what_the_node_does(operator: str) -> None:
    agreed, lacks = 0, Counter[str]()
    for case in cases()[operator]:
        found = written(case)
        if isinstance(found, str):
            lacks[found] += 1
            continue
        wanted = case.data_sets[0][1]
        for values, each in zip(outputs(found), wanted, strict=isinstance(found.layer, Split)):
            rounding = 1e-2 if "bfloat16" in case.name else case.rtol
            exact = np.asarray(each, np.float64)
            np.testing.assert_allclose(
                values.reshape(exact.shape), exact, rounding, max(case.atol, 1e-6), err_msg=case.name
            )
        agreed += 1
    assert agreed == AGREE[operator]
    assert lacks == LACKS.get(operator, {})
