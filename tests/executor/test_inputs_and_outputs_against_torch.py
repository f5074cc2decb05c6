"""Two inputs, three outputs and auxiliary heads against PyTorch: counts, values, gradients, memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncalc import Report, Spec, analyze, gradients, init_weights, load, run
from cnncalc.analysis.box import boxes
from tests.with_torch import Module, Tensor, functional, nn, torch

pytestmark = pytest.mark.crosscheck

TWO_INPUTS = """cnncalc: 1
inputs: {image: [3, 12, 14], mask: [1, 24, 28]}
layers:
  - {conv: 4, kernel: 3, padding: 1, act: relu, from: image, name: a}
  - {conv: 4, kernel: 5, stride: 2, padding: 2, act: sigmoid, from: mask, name: b}
  - {mul: [a, b]}
  - {concat: [prev, a]}
  - {conv: 2, kernel: 3, name: c}
"""
THREE_OUTPUTS = """cnncalc: 1
input: [3, 16, 16]
layers:
  - {conv: 4, kernel: 3, padding: 1, act: relu, name: a}
  - {conv: 6, kernel: 3, stride: 2, act: tanh, name: b}
  - {conv: 2, kernel: 3, from: a, name: edges}
  - {conv: 3, kernel: 1, from: b, name: coarse}
  - {global_avgpool: , from: b}
  - flatten
  - {dense: 5, name: c}
outputs: {classes: c, edges: edges, parts: coarse}
"""
AUXILIARY = """cnncalc: 1
input: [3, 16, 16]
layers:
  - {conv: 4, kernel: 3, act: relu, name: a}
  - {conv: 2, kernel: 3, stride: 3, act: sigmoid, name: h1}
  - flatten
  - {dense: 5, name: aux}
  - {conv: 6, kernel: 3, stride: 2, act: tanh, from: a, name: b}
  - flatten
  - {dense: 5, name: c}
auxiliary: [aux]
"""
TWO_ENCODERS = """cnncalc: 1
inputs: {before: [3, 16, 16], after: [3, 16, 16]}
blocks:
  encoder:
    layers:
      - {conv: 4, kernel: 3, padding: 1, act: tanh, name: fine}
      - {conv: 6, kernel: 2, stride: 2, act: tanh, name: coarse}
layers:
  - {use: encoder, from: before, name: a}
  - {use: encoder, from: after, share: a, name: b}
  - {concat: [a, b]}
  - {conv: 4, kernel: 1, act: tanh, name: joined}
  - {upsample: 2}
  - {concat: [prev, a.fine, b.fine]}
  - {conv: 1, kernel: 3, padding: 1, act: sigmoid, name: change}
outputs: [change]
"""


class Twin:
    """A network in PyTorch: its convolutions and dense layers by name, and how it uses them."""

    def __init__(self, spec: Spec, forward: Callable[[dict[str, Module], dict[str, Tensor]], Any]) -> None:
        self.weights = init_weights(spec, seed=3, data_type="float64")
        self.layers: dict[str, Module] = {}
        for node in spec.graph.layers:
            if node.shares is None and "weight" in (shapes := node.layer.weights(*node.reads)):
                self.layers[node.name] = self._made(node.name, shapes["weight"], node.layer)
        self.forward = forward

    def _made(self, name: str, dims: tuple[int, ...], layer: Any) -> Module:
        if len(dims) == 2:
            made = nn.Linear(dims[1], dims[0])
        else:
            options = {"stride": layer.stride, "padding": layer.padding}
            made = nn.Conv2d(dims[1], dims[0], dims[2], **options)
        made = made.double()
        with torch.no_grad():
            for part in ("weight", "bias"):
                getattr(made, part).copy_(torch.from_numpy(self.weights[f"{name}.{part}"]))
        return made

    def __call__(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.forward(self.layers, x)
        return found

    def parameters(self) -> int:
        return sum(p.numel() for layer in self.layers.values() for p in layer.parameters())


def two_inputs(layers: dict[str, Module], x: dict[str, Tensor]) -> dict[str, Tensor]:
    a = functional.relu(layers["a"](x["image"]))
    b = torch.sigmoid(layers["b"](x["mask"]))
    return {"c": layers["c"](torch.cat([a * b, a], 1))}


def three_outputs(layers: dict[str, Module], x: dict[str, Tensor]) -> dict[str, Tensor]:
    a = functional.relu(layers["a"](x["input"]))
    b = torch.tanh(layers["b"](a))
    return {
        "classes": layers["c"](b.mean((2, 3))),
        "edges": layers["edges"](a),
        "parts": layers["coarse"](b),
    }


def auxiliary(layers: dict[str, Module], x: dict[str, Tensor]) -> dict[str, Tensor]:
    a = functional.relu(layers["a"](x["input"]))
    head = torch.sigmoid(layers["h1"](a))
    b = torch.tanh(layers["b"](a))
    return {"c": layers["c"](b.flatten(1)), "aux": layers["aux"](head.flatten(1))}


def two_encoders(layers: dict[str, Module], x: dict[str, Tensor]) -> dict[str, Tensor]:
    fine = [torch.tanh(layers["a.fine"](x[name])) for name in ("before", "after")]
    coarse = [torch.tanh(layers["a.coarse"](each)) for each in fine]
    joined = torch.tanh(layers["joined"](torch.cat(coarse, 1)))
    up = functional.interpolate(joined, scale_factor=2)
    return {"change": torch.sigmoid(layers["change"](torch.cat([up, *fine], 1)))}


NETWORKS = {
    "two inputs": (TWO_INPUTS, two_inputs),
    "three outputs": (THREE_OUTPUTS, three_outputs),
    "auxiliary": (AUXILIARY, auxiliary),
    "two encoders": (TWO_ENCODERS, two_encoders),
}


class Case:
    """One network in both libraries, with the same weights and inputs."""

    def __init__(self, name: str) -> None:
        text, forward = NETWORKS[name]
        self.spec = load(text)
        self.twin = Twin(self.spec, forward)
        generator = np.random.default_rng(1)
        self.x = {
            node.name: generator.standard_normal((1, *node.shape.dims())) for node in self.spec.graph.inputs
        }

    @property
    def report(self) -> Report:
        return analyze(self.spec, data_type="float64")

    def tensors(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(x).requires_grad_() for name, x in self.x.items()}


@pytest.fixture(params=NETWORKS, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_parameters(case: Case) -> None:
    report = case.report
    assert report.params_with_auxiliary == case.twin.parameters()
    heads = [name for name in ("h1", "aux") if name in case.twin.layers]
    apart = sum(p.numel() for name in heads for p in case.twin.layers[name].parameters())
    assert report.totals.params.total == case.twin.parameters() - apart


def test_values_of_every_output(case: Case) -> None:
    heads = list(case.spec.graph.auxiliary)
    found = run(case.spec, case.x, case.twin.weights, data_type="float64", keep=heads)
    expected = case.twin(case.tensors())
    assert {*found.outputs, *heads} == {*expected}
    for name, y in expected.items():
        mine = found[name] if name in heads else found.outputs[name]
        np.testing.assert_allclose(mine, y.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_gradients_of_every_output_with_respect_to_every_input(case: Case) -> None:
    for name in case.twin(case.tensors()):
        x = case.tensors()
        case.twin(x)[name].sum().backward()
        found = gradients(case.spec, case.x, case.twin.weights, of=name)
        for entry, tensor in x.items():
            wanted = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
            np.testing.assert_allclose(found.inputs[entry], wanted, rtol=1e-9, atol=1e-12)


def test_fields_on_every_input_are_where_gradients_arrive(case: Case) -> None:
    for name in case.twin(case.tensors()):
        x = case.tensors()
        y = case.twin(x)[name]
        unit = tuple((n - 1) // 2 for n in y.shape[2:])
        y[(0, slice(None), *unit)].sum().backward()
        for box in boxes(case.spec.graph, name, unit or None):
            gradient = x[box.input].grad
            assert (gradient is None) == (box.intervals is None)
            if gradient is not None and box.intervals is not None:
                reached = np.argwhere(gradient.numpy()[0].any(axis=0))
                assert box.intervals == tuple(zip(reached.min(0), reached.max(0), strict=True))


def test_the_size_of_a_field_on_each_input(case: Case) -> None:
    """Away from the borders, the box is the receptive field of the report."""
    for name in case.spec.graph.outputs:
        row = case.report.layer(name)
        for box in boxes(case.spec.graph, name):
            field = row.fields[box.input] if row.fields else row.field
            if field.size and box.intervals:
                assert field.size == tuple(last - first + 1 for first, last in box.intervals)


def test_memory_that_training_saves_includes_auxiliary_heads(case: Case) -> None:
    owned = {p.untyped_storage().data_ptr() for m in case.twin.layers.values() for p in m.parameters()}
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in owned:
            saved[place] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = case.twin({name: torch.from_numpy(x) for name, x in case.x.items()})
    del result
    assert case.report.memory.kept == sum(saved.values())
