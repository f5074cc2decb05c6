"""Weights of a model on its imported spec: outputs are those of the module, in any order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc import from_torch, load_weights, run
from cnncalc.executor.weight_files import read_mapped
from cnncalc.problems import SpecError
from cnncalc.spec import Spec
from tests.interchange.test_pytorch import INPUTS, MODELS
from tests.with_torch import Module, torch

pytestmark = pytest.mark.crosscheck

ORDERS = """
class Reversed(nn.Module):
    '''Layers of the same shapes, called in another order than they were made in.'''
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(4))

    def forward(self, x):
        for layer in reversed(self.layers):
            x = layer(x)
        return x


class Backwards(nn.Module):
    def __init__(self):
        super().__init__()
        self.second, self.first = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.norm2, self.norm1 = nn.BatchNorm2d(8), nn.BatchNorm2d(8)

    def forward(self, x):
        return x + self.norm2(self.second(F.relu(self.norm1(self.first(x)))))


class OutOfOrder(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 3)
        self.blocks = nn.Sequential(Backwards(), Backwards(), Backwards())
        self.stem = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


class Scaled(nn.Module):
    '''As in ConvNeXt: a parameter of the module itself, linear layers over the channels.'''
    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width, 1, 1))
        self.conv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm, self.wide = nn.LayerNorm(width), nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x):
        y = self.norm(self.conv(x).permute(0, 2, 3, 1))
        return x + self.gamma * self.narrow(F.gelu(self.wide(y))).permute(0, 3, 1, 2)


class ConvNext(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Scaled(8), Scaled(8), Scaled(8))
        self.stem = nn.Conv2d(3, 8, 4, 4)

    def forward(self, x):
        return self.blocks(self.stem(x))


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.aux = nn.Linear(8, 2)
        self.right, self.left = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        x = torch.cat([self.left(x), self.right(x)], 1).mean((2, 3))
        return (self.fc(x), self.aux(x)) if self.training else self.fc(x)


class InTwoPlaces(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.other = self.one

    def forward(self, x):
        return self.other(self.norm(self.one(x)))


class Attending(nn.Module):
    '''Projections that were made in another order than they are used in.'''
    def __init__(self):
        super().__init__()
        self.out_proj, self.v_proj, self.k_proj, self.q_proj = (nn.Linear(8, 8) for _ in range(4))

    def forward(self, x):
        x = x.flatten(2).transpose(1, 2)
        projections = (self.q_proj, self.k_proj, self.v_proj)
        query, key, value = (each(x).unflatten(2, (2, 4)).transpose(1, 2) for each in projections)
        return self.out_proj(self.attend(query, key, value).transpose(1, 2).flatten(2)).mean(1)

    def attend(self, query, key, value):
        return F.scaled_dot_product_attention(query, key, value)


class Interchanged(Attending):
    def attend(self, query, key, value):
        return F.scaled_dot_product_attention(key, query, value)
"""
NAMES = ["Reversed", "OutOfOrder", "ConvNext", "Branches", "InTwoPlaces"]


def made(name: str) -> Module:
    """A model whose parameters and statistics are all different."""
    names: dict[str, Any] = {}
    exec(MODELS + ORDERS, names)
    return randomized(names[name]())


def randomized(model: Module) -> Module:
    """A model with random parameters and statistics; constants stay as they are."""
    torch.manual_seed(3)
    constants = [name for name, _ in model.named_buffers() if "running_" not in name]
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if "running_var" in key:
                tensor.uniform_(0.5, 2)
            elif tensor.is_floating_point() and key not in constants:
                tensor.normal_(0, 0.3)
    return model.eval()


def assert_same_outputs(spec: Spec, model: Module, path: Path) -> None:
    rng = np.random.default_rng(0)
    x = {node.name: rng.normal(size=(2, *node.shape.dims())).astype("float32") for node in spec.graph.inputs}
    found = run(spec, x if len(x) > 1 else next(iter(x.values())), load_weights(path, spec)).outputs
    with torch.inference_mode():
        theirs = model(*map(torch.from_numpy, x.values()))
    outputs = [*theirs.values()] if isinstance(theirs, dict) else [theirs]
    for ours, output in zip(found.values(), outputs, strict=True):
        np.testing.assert_allclose(ours, output.numpy(), rtol=1e-4, atol=1e-4)


def saved(model: Module, kind: str, folder: Path) -> Path:
    tensors = model.state_dict()
    if kind == "npz":
        np.savez(folder / "w.npz", **{key: each.numpy() for key, each in tensors.items()})
    elif kind == "safetensors":
        pytest.importorskip("safetensors.torch").save_model(model, folder / "w.safetensors")
    else:
        is_zip = kind == "pt"
        torch.save(tensors, folder / f"w.{kind}", _use_new_zipfile_serialization=is_zip)
    return folder / f"w.{kind}"


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", [*NAMES, *INPUTS])
def test_the_outputs_are_those_of_the_module(name: str, flat: bool, tmp_path: Path) -> None:
    model = made(name)
    given: str | Mapping[str, str] = INPUTS.get(name, "3x16x16")
    spec = from_torch(model, given, flat=flat)
    assert_same_outputs(spec, model, saved(model, "pt", tmp_path))


def test_projections_of_attention_follow_their_names(tmp_path: Path) -> None:
    model = made("Attending")
    assert_same_outputs(from_torch(model, "8x3x5"), model, saved(model, "pt", tmp_path))


def test_projections_that_would_be_exchanged_are_refused() -> None:
    with pytest.raises(SpecError, match=r"attention would get the weights q_proj\.weight, k_proj\.weight"):
        from_torch(made("Interchanged"), "8x3x5")


@pytest.mark.parametrize("kind", ["pt", "npz", "safetensors", "pth"])
def test_every_format_is_read(kind: str, tmp_path: Path) -> None:
    model = made("OutOfOrder")
    assert_same_outputs(from_torch(model, "3x16x16"), model, saved(model, kind, tmp_path))


@pytest.mark.parametrize("kind", ["pt", "safetensors", "pth"])
@pytest.mark.parametrize("type_", ["float16", "bfloat16"])
def test_half_precision_is_read(type_: str, kind: str, tmp_path: Path) -> None:
    model = made("ConvNext")
    spec = from_torch(model, "3x16x16")
    path = saved(model.to(getattr(torch, type_)), kind, tmp_path)
    assert_same_outputs(spec, model.float(), path)


def test_names_that_the_flat_import_keeps_decide(tmp_path: Path) -> None:
    model = made("OutOfOrder")
    spec = from_torch(model, "3x16x16", flat=True)
    assert read_mapped(saved(model, "pt", tmp_path), spec.graph).by_order == 0
