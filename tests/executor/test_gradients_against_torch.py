"""Gradients of random layers, graphs and networks equal those of PyTorch's autograd."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

import cnncalc
from cnncalc import Spec
from cnncalc.executor.gradients import BackwardPass, outputs
from cnncalc.executor.io.weights import GivenWeights, Weights
from cnncalc.executor.network import inside, outside
from cnncalc.graph import Graph
from tests.executor.agreement import inputs, nontrivial, single
from tests.executor.random_layers import LAYERS
from tests.executor.twin import FUNCTIONS, Twin
from tests.spec.helpers import spec
from tests.with_torch import torch

pytestmark = pytest.mark.crosscheck

TOLERANCE = 1e-9
"""Relative to the largest value of a gradient."""

SLOPES = {
    **FUNCTIONS,
    "hardsigmoid": lambda layer, w, x: torch.nn.functional.relu6(x + 3) / 6,
    "celu": lambda layer, w, x: x.clamp(min=0) + layer.alpha * torch.expm1(x.clamp(max=0) / layer.alpha),
}
"""PyTorch's derivatives of hardsigmoid and celu use 1/6 and 1/alpha in single precision."""

Array = np.ndarray


def theirs(graph: Graph, weights: Weights, x: Array, dy: Array) -> dict[str, Array]:
    """torch.autograd on the twin: for the input, under an empty name, and for each learnable tensor."""
    twin = Twin(graph, weights)
    leaves = {"": torch.from_numpy(x).requires_grad_()}
    values = []
    for node, own in zip(graph.nodes, twin.weights, strict=True):
        layer = node.name if node.shares is None else graph.nodes[node.shares].name
        for name in own.keys() - {"running_mean", "running_var"}:
            own[name] = leaves.setdefault(f"{layer}.{name}", own[name].clone().requires_grad_())
        read = [values[at] for at in node.inputs] or [leaves[""]]
        values.append(SLOPES[node.layer.kind](node.layer, own, *read))
    found = torch.autograd.grad(
        values[graph.output], list(leaves.values()), torch.from_numpy(dy), allow_unused=True
    )
    found = (
        torch.zeros_like(leaf) if g is None else g for g, leaf in zip(found, leaves.values(), strict=True)
    )
    return {name: gradient.numpy() for name, gradient in zip(leaves, found, strict=True)}


def ours(graph: Graph, weights: Weights, x: Array, dy: Array) -> dict[str, Array]:
    tensors = GivenWeights(weights, "float64")
    values = outputs(graph, graph.output, {graph.inputs[0].name: x}, tensors, "float64")
    backward = BackwardPass(graph, tensors, values)
    found = backward.run(graph.output, inside(dy, "chw"), {0})
    return {"": outside(found[0], "chw"), **backward.learned}


def assert_agrees(graph: Graph, batch: int, seed: int) -> None:
    weights, x = nontrivial(graph, seed), inputs(graph, batch, seed)
    dims = graph.nodes[graph.output].shape.dims()
    dy = np.random.default_rng([seed, 2]).standard_normal((batch, *dims))
    found, wanted = ours(graph, weights, x, dy), theirs(graph, weights, x, dy)
    assert found.keys() == wanted.keys()
    for name, gradient in found.items():
        assert gradient.shape == wanted[name].shape
        worst = float(np.abs(gradient - wanted[name]).max())
        size = max(float(np.abs(wanted[name]).max()), 1e-4)  # the bias of keys has no gradient but rounding
        assert worst <= TOLERANCE * size, f"{name or 'input'}: {worst:.3g} off, of {size:.3g}"


WITHOUT_SLOPES = ("hardmax", "parameter", "constant")
"""Kinds whose output does not depend on the input, or in steps: PyTorch has no gradient there."""


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in WITHOUT_SLOPES])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(data=st.data(), batch=st.integers(1, 2), seed=st.integers(0, 99))
def test_a_layer_s_gradients_are_pytorch_s(name: str, data: st.DataObject, batch: int, seed: int) -> None:
    layer, x = data.draw(LAYERS[name])
    assert_agrees(single(layer, x), batch, seed)


KEEPING = (
    "{conv: 6, kernel: 3, padding: same}",
    "{depthwise: 3, padding: same}",
    "{conv: 6, kernel: 1, groups: 2, bias: false}",
    "relu",
    "sigmoid",
    "hardswish",
    "batchnorm",
    "{groupnorm: 3}",
    "{layernorm: }",
    "{lrn: 3}",
    "{maxpool: 3, stride: 1, padding: 1}",
    "{channel_shuffle: 3}",
)
"""Layers that keep 6 maps of the same size, to combine in any order."""

SMALLER = (
    "{maxpool: 2}",
    "{avgpool: 3, stride: 2, padding: 1}",
    "{conv: 6, kernel: 3, stride: 2}",
    "{conv: 6, kernel: 2, dilation: 2}",
    "{separable: 6, kernel: 3}",
)


@st.composite
def networks(draw: DrawFn) -> Spec:
    """Chains, residual and gated branches, crops and shared weights, in sequence."""
    items = ["{conv: 6, kernel: 3, padding: 1, name: stem}"]

    def chain(least: int = 0) -> str:
        return "[" + ", ".join(draw(st.lists(st.sampled_from(KEEPING), min_size=least, max_size=3))) + "]"

    for _ in range(draw(st.integers(1, 4))):
        items += {
            "plain": lambda: [draw(st.sampled_from(KEEPING + SMALLER))],
            "residual": lambda: [f"{{add: {{main: {chain(1)}, skip: {chain()}}}}}"],
            "gate": lambda: [
                f"{{mul: {{map: {chain(1)}, gate: [global_avgpool, {{conv: 6, kernel: 1}}, sigmoid]}}}}"
            ],
            "concat": lambda: [f"{{concat: {{a: {chain(1)}, b: {chain()}}}}}", "{conv: 6, kernel: 1}"],
            "crop": lambda: [
                f"{{add: {{a: [{{conv: 6, kernel: 3}}], b: {chain()}}}, align: crop}}",
            ],
            "share": lambda: ["tanh", "{conv: 6, kernel: 3, padding: 1, share: again}"],
            "far": lambda: ["{upsample: 2, mode: bilinear}", "{add: [prev, prev]}"],
        }[draw(st.sampled_from(("plain", "residual", "gate", "concat", "crop", "far", "share")))]()
    if any("share" in item for item in items):
        items.insert(1, "{conv: 6, kernel: 3, padding: 1, name: again}")
    return spec(
        *items,
        *draw(st.sampled_from([[], ["global_maxpool"], ["flatten", "{dense: 3}"]])),
        shape="[2, 16, 15]",
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(network=networks(), batch=st.integers(1, 2), seed=st.integers(0, 99))
def test_a_graph_s_gradients_are_pytorch_s(network: Spec, batch: int, seed: int) -> None:
    assert_agrees(network.graph, batch, seed)


# (network, input instead of its own)
NETWORKS = [
    ("lenet5", None),
    ("lectures/inception_module", None),
    ("lectures/skip_connection", None),
    ("resnet18", "3x64x64"),
    ("mobilenet_v2", "3x64x64"),
    ("unet", "1x188x188"),
]


@pytest.mark.parametrize(("name", "input"), NETWORKS)
def test_a_network_s_gradients_are_pytorch_s(name: str, input: str | None) -> None:
    assert_agrees(cnncalc.load(name, input=input).graph, 1, 0)
