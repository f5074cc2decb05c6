"""Activations saved for training, against the tensors that PyTorch saves for the backward pass."""

from collections.abc import Callable
from typing import Any

import pytest

from cnncalc import analyze, load
from tests.with_torch import Module, Tensor, functional, torch

pytestmark = pytest.mark.crosscheck

HEAD = "cnncalc: 1\ninput: [2, 12, 12]\nlayers:\n"


def saved_bytes(run: Callable[[Tensor], Tensor], parameters: set[int]) -> int:
    """Bytes of the distinct tensors that a forward pass saves, without parameters."""
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in parameters:
            saved[place] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = run(torch.randn(1, 2, 12, 12))
    del result
    return sum(saved.values())


def conv(inputs: int, outputs: int, **options: Any) -> Module:
    return torch.nn.Conv2d(inputs, outputs, 3, **options)


PLAIN = [
    "{conv: 4, kernel: 3, act: relu, name: a}",
    "{avgpool: 2}",
    "{conv: 6, kernel: 3, act: sigmoid, name: b}",
    "flatten",
    "{dense: 3, act: tanh}",
]


def plain() -> Module:
    nn = torch.nn
    layers = [conv(2, 4), nn.ReLU(), nn.AvgPool2d(2), conv(4, 6), nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(6 * 9, 3), nn.Tanh())


RESIDUAL = [
    "{conv: 4, kernel: 3, padding: 1, act: silu, name: a}",
    "{add: {m: [{conv: 4, kernel: 3, padding: 1, name: m}, gelu], skip: []}}",
    "{mul: {m: [{conv: 4, kernel: 3, padding: 1, name: n}], skip: []}}",
]


def residual() -> Module:
    class Residual(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.m, self.n = conv(2, 4, padding=1), conv(4, 4, padding=1), conv(4, 4, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            x = functional.silu(self.a(x))
            x = x + functional.gelu(self.m(x))
            return x * self.n(x)

    return Residual()


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("layers", "build"), [(PLAIN, plain), (RESIDUAL, residual)], ids=["plain", "residual"]
)
def test_training_keeps_what_pytorch_saves(
    layers: list[str], build: Callable[[], Module], frozen: bool
) -> None:
    text = HEAD + "".join(f"  - {layer}\n" for layer in layers) + ("freeze: [a]\n" if frozen else "")
    module = build()
    first = next(child for child in module.modules() if isinstance(child, torch.nn.Conv2d))
    first.requires_grad_(not frozen)
    parameters = {parameter.untyped_storage().data_ptr() for parameter in module.parameters()}
    assert analyze(load(text)).memory.kept == saved_bytes(module, parameters)
