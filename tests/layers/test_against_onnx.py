"""The node tests that ship with ONNX, for every operator that has a kind."""

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.network import Network
from cnncalc.graph import Graph
from cnncalc.layers import TensorSource
from cnncalc.shapes import Shape
from tests.executor.agreement import entry, node
from tests.layers.onnx_nodes import READERS, Written

AGREE: Mapping[str, int] = {
    **dict.fromkeys(("Relu", "Selu", "HardSwish", "Swish", "Mish", "Constant", "Upsample"), 1),
    **dict.fromkeys(("Sigmoid", "Tanh", "Softplus", "Softsign", "Shrink", "PRelu", "LRN", "DepthToSpace"), 2),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "BatchNormalization"), 2),
    **dict.fromkeys(("InstanceNormalization", "GroupNormalization"), 2),
    **dict.fromkeys(("LeakyRelu", "Elu", "Celu", "ThresholdedRelu", "Identity", "Sum", "Mean"), 3),
    "HardSigmoid": 0,
    "Gelu": 4,
    "Clip": 11,
    "Dropout": 6,
    "Concat": 12,
    "Softmax": 7,
    "Hardmax": 7,
    "Add": 8,
    "Sub": 9,
    "Mul": 9,
    "Max": 14,
    "Min": 14,
    "Gemm": 10,
    "Conv": 6,
    "ConvTranspose": 9,
    "MaxPool": 19,
    "AveragePool": 20,
    "LpPool": 8,
    "LayerNormalization": 19,
    "Flatten": 9,
    "Pad": 6,
    "Resize": 22,
    "SpaceToDepth": 4,
}
"""How many cases of each operator a kind can say; all others need an attribute that no kind has."""


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


def written(case: Any) -> Written | None:
    """The node of a case as a layer, with its inputs."""
    from onnx.helper import get_attribute_value

    (only,) = case.model.graph.node
    attributes = {each.name: get_attribute_value(each) for each in only.attribute}
    arrays = iter(case.data_sets[0][0])
    return READERS[only.op_type](attributes, [next(arrays) if name else None for name in only.input])


def output(found: Written) -> np.ndarray:
    """What the layer computes, in double precision."""
    inputs = [np.asarray(x, np.float64) for x in found.inputs]
    nodes = [replace(entry(Shape(x.shape[1], x.shape[2:])), name=f"input{at}") for at, x in enumerate(inputs)]
    reads = () if isinstance(found.layer, TensorSource) else tuple(range(len(inputs)))
    nodes.append(node("layer", found.layer, reads, nodes, None))
    names = {each.name: at for at, each in enumerate(nodes)}
    graph = Graph(tuple(nodes), len(inputs), "chw", names, {}, entries=len(inputs))
    weights = {f"layer.{name}": np.asarray(each, np.float64) for name, each in found.weights.items()}
    network = Network(graph, GivenWeights(weights, "float64"), "float64")
    return found.back(network.run({f"input{at}": x for at, x in enumerate(inputs)}).output)


@pytest.mark.parametrize("operator", READERS)
@pytest.mark.crosscheck("onnx")
def test_a_layer_computes_what_the_node_does(operator: str) -> None:
    agreed = 0
    for case in cases()[operator]:
        found = written(case)
        if found is not None:
            wanted = np.asarray(case.data_sets[0][1][0], np.float64)
            values = output(found).reshape(wanted.shape)
            rounding = 1e-2 if "bfloat16" in case.name else case.rtol
            np.testing.assert_allclose(values, wanted, rounding, max(case.atol, 1e-6), err_msg=case.name)
            agreed += 1
    assert agreed == AGREE[operator]
