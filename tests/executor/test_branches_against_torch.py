"""Branches that share weights, read each other or read past themselves equal the same network in PyTorch."""

import numpy as np
import pytest

import cnncalc
from tests.with_torch import Tensor, functional, torch

pytestmark = pytest.mark.crosscheck

CBAM = """cnncalc: 1
input: [8, 6, 7]
layers:
  - {conv: 16, kernel: 3, padding: 1, name: map}
  - add:
      avg:
        - global_avgpool
        - {conv: 4, kernel: 1, name: squeeze, act: relu}
        - {conv: 16, kernel: 1, name: excite}
      max:
        - global_maxpool
        - {conv: 4, kernel: 1, share: avg.squeeze, act: relu}
        - {conv: 16, kernel: 1, share: avg.excite}
    act: sigmoid
    name: gate
  - {mul: [map, gate]}
"""
"""Woo et al. 2018, arXiv:1807.06521: the channel attention's two paths share one MLP."""

RES2 = """cnncalc: 1
input: [6, 6, 7]
blocks:
  res2:
    layers:
      - {conv: 9, kernel: 1, name: split}
      - concat:
          one: [{slice: [0, 3]}]
          two: [{slice: [3, 6]}, {conv: 3, kernel: 3, padding: 1, name: c}]
          three: [{slice: [6, 9], name: x}, {add: [x, two]}, {conv: 3, kernel: 3, padding: 1, name: c}]
      - {conv: 6, kernel: 1, name: join}
      - add:
          main: []
          skip: [{conv: 6, kernel: 1, from: entry, name: short}]
layers: [{use: res2, name: b}]
"""
"""Gao et al. 2019, arXiv:1904.01169: each part also reads the output of the part before it."""


def ran(text: str) -> tuple[dict[str, object], object, np.ndarray, cnncalc.Spec]:
    """The weights and the input as tensors of PyTorch, our output, and the spec."""
    spec = cnncalc.load(text)
    weights = cnncalc.init_weights(spec, seed=3, data_type="float64")
    x = np.random.default_rng(4).normal(size=(2, *spec.graph.nodes[0].shape.dims()))
    found = cnncalc.run(spec, x, weights, data_type="float64")
    tensors = {name: torch.from_numpy(np.asarray(each)) for name, each in weights.items()}
    return tensors, torch.from_numpy(x), np.asarray(found.output), spec


def test_channel_attention_with_a_shared_mlp() -> None:
    w, x, ours, spec = ran(CBAM)

    def conv(name: str, x: object, padding: int = 0) -> object:
        return functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=padding)

    def mlp(pooled: object) -> object:
        hidden = functional.relu(conv("gate.avg.squeeze", pooled))
        return conv("gate.avg.excite", hidden)

    features = conv("map", x, 1)
    gate = mlp(functional.adaptive_avg_pool2d(features, 1)) + mlp(functional.adaptive_max_pool2d(features, 1))
    theirs = features * torch.sigmoid(gate)
    assert np.allclose(ours, theirs.numpy(), atol=1e-12)
    assert cnncalc.analyze(spec).totals.params.total == sum(each.numel() for each in w.values())
    assert {name.rpartition(".")[0] for name in w} == {"map", "gate.avg.squeeze", "gate.avg.excite"}


def test_branches_that_read_earlier_ones_and_the_entry_of_the_block() -> None:
    w, x, ours, spec = ran(RES2)

    def conv(name: str, x: object, padding: int = 0) -> object:
        return functional.conv2d(x, w[f"b.{name}.weight"], w[f"b.{name}.bias"], padding=padding)

    one, second, third = conv("split", x).split(3, dim=1)
    two = conv("concat.two.c", second, 1)
    three = conv("concat.three.c", third + two, 1)
    theirs = conv("join", torch.cat([one, two, three], dim=1)) + conv("add.skip.short", x)
    assert np.allclose(ours, theirs.numpy(), atol=1e-12)
    assert cnncalc.analyze(spec).totals.params.total == sum(each.numel() for each in w.values())


SEGNET = """cnncalc: 1
input: [3, 13, 12]
layers:
  - {conv: 4, kernel: 3, padding: 1, name: encoder}
  - {maxpool: [3, 2], name: pool}
  - {conv: 4, kernel: 3, padding: 1, name: middle}
  - {max_unpool: [middle, encoder], kernel: [3, 2]}
  - {conv: 2, kernel: 3, name: decoder}
"""
"""Badrinarayanan et al. 2015, arXiv:1511.00561: the decoder repeats the choice of the encoder's pooling."""


def test_unpooling_where_the_pooling_found_its_maximum() -> None:
    w, x, ours, spec = ran(SEGNET)
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in w.items()}

    def conv(x: Tensor, name: str, padding: int) -> Tensor:
        return functional.conv2d(x, leaves[f"{name}.weight"], leaves[f"{name}.bias"], padding=padding)

    encoded = conv(x, "encoder", 1)
    pooled, chosen = functional.max_pool2d(encoded, (3, 2), return_indices=True)
    unpooled = functional.max_unpool2d(
        conv(pooled, "middle", 1), chosen, (3, 2), output_size=encoded.shape[2:]
    )
    y = conv(unpooled, "decoder", 0)
    assert np.allclose(ours, y.detach().numpy())
    y.sum().backward()
    found = cnncalc.gradients(spec, x.numpy(), {name: each.detach().numpy() for name, each in w.items()})
    for name, leaf in leaves.items():
        assert np.allclose(found.weights[name], leaf.grad.numpy()), name
    assert cnncalc.verify(spec).agrees


TABLES = """cnncalc: 1
input: [4, 5, 6]
layers:
  - {parameter: [4, 5, 6], name: positions, aside: true}
  - {parameter: [1, 5, 1], name: rows, aside: true}
  - {add: [input, positions]}
  - {scale: {per: layer}, name: alpha}
  - {average: [prev, rows], broadcast: true}
  - {rescale: [0.5, 1, 2, 4], offset: 0.1}
  - {conv: 2, kernel: 3, standardize: true, padding: 1, padding_mode: reflect, name: final}
"""


def test_learned_tensors_and_their_gradients() -> None:
    w, x, ours, spec = ran(TABLES)
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in w.items()}
    y = (x + leaves["positions.weight"]) * leaves["alpha.weight"]
    y = (y + leaves["rows.weight"]) / 2
    y = y * torch.tensor([0.5, 1, 2, 4], dtype=torch.float64).reshape(1, 4, 1, 1) + 0.1
    rows = leaves["final.weight"].flatten(1)
    rows = (rows - rows.mean(1, keepdim=True)) / (rows.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
    framed = functional.pad(y, (1, 1, 1, 1), mode="reflect")
    y = functional.conv2d(framed, rows.reshape(leaves["final.weight"].shape), leaves["final.bias"])
    assert np.allclose(ours, y.detach().numpy())
    (y * y).sum().backward()
    weights = {name: each.detach().numpy() for name, each in w.items()}
    found = cnncalc.gradients(spec, x.numpy(), weights, cotangent=2 * ours)
    for name, leaf in leaves.items():
        assert np.allclose(found.weights[name], leaf.grad.numpy()), name
    assert cnncalc.verify(spec).agrees
