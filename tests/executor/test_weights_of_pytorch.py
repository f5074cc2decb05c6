"""A `state_dict` that PyTorch saved is read, mapped to the layers, and gives the module's outputs."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc import load, run
from cnncalc.executor.io.weights import WeightsError
from cnncalc.executor.weight_files import read_mapped
from tests.with_torch import Module, nn, torch

pytestmark = pytest.mark.crosscheck

TEXT = """cnncalc: 1
input: [3, 12, 12]
defaults: {conv: {bias: false, padding: half, norm: batch, act: relu}}
layers:
  - {conv: 8, kernel: 3}
  - add:
      residual:
        - {conv: 16, kernel: 3, stride: 2}
        - {conv: 16, kernel: 3, act: none}
      shortcut:
        - {conv: 16, kernel: 1, stride: 2, act: none}
  - relu
  - global_avgpool
  - {dense: 5, name: fc}
"""


def torch_block() -> Module:
    """The module of the spec, with the names and the order of torchvision's ResNet."""

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
            self.conv2, self.bn2 = nn.Conv2d(8, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
            self.conv3, self.bn3 = nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
            self.downsample = nn.Sequential(nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16))
            self.fc = nn.Linear(16, 5)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.bn1(self.conv1(x)))
            y = torch.relu(self.bn2(self.conv2(x)))
            x = torch.relu(self.bn3(self.conv3(y)) + self.downsample(x))
            return self.fc(x.mean((2, 3)))

    torch.manual_seed(1)
    block = Block()
    for each in block.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.running_mean.normal_()
            each.running_var.uniform_(0.5, 2)
    return block.eval()


def outputs(path: Path, block: Module) -> tuple[np.ndarray, np.ndarray, int]:
    spec = load(TEXT)
    read = read_mapped(path, spec.graph)
    x = torch.randn(2, 3, 12, 12)
    with torch.inference_mode():
        return run(spec, x.numpy(), read.tensors).output, block(x).numpy(), read.by_order


@pytest.mark.parametrize("checkpoint", [False, True])
def test_the_outputs_are_the_module_s(checkpoint: bool, tmp_path: Path) -> None:
    block, path = torch_block(), tmp_path / "w.pt"
    tensors = block.state_dict()
    torch.save({"epoch": 3, "state_dict": tensors} if checkpoint else tensors, path)
    ours, theirs, by_order = outputs(path, block)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert by_order == len(tensors) - len([name for name in tensors if "num_batches" in name]) - 3


def test_bfloat16_is_read(tmp_path: Path) -> None:
    block, path = torch_block().bfloat16(), tmp_path / "w.pt"
    torch.save(OrderedDict(block.state_dict()), path)
    ours, theirs, _ = outputs(path, block.float())
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(nn.Sequential(nn.ReLU()), path)
    with pytest.raises(WeightsError, match=r"it holds more than tensors; in PyTorch, save the tensors: "):
        read_mapped(path, load(TEXT).graph)


@pytest.mark.parametrize("saved", [3, [], {"epoch": 3}, {"x": "text"}])
def test_no_tensors_are_refused(saved: object, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(saved, path)
    with pytest.raises(WeightsError, match="it holds no tensors by name"):
        read_mapped(path, load(TEXT).graph)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(torch_block().state_dict(), path)
    whole = path.read_bytes()
    for cut in (10, 200, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(WeightsError, match=r"cannot be read as a state_dict of PyTorch: it is truncated"):
            read_mapped(path, load(TEXT).graph)
    at = whole.index(b"data.pkl") + 60
    path.write_bytes(whole[:at] + b"\xff\x00garbage" + whole[at + 9 :])
    with pytest.raises(WeightsError):
        read_mapped(path, load(TEXT).graph)


@pytest.mark.filterwarnings("error")
def test_tensors_that_are_no_arrays_are_refused_without_warnings(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    tensors = torch_block().state_dict()
    first = next(iter(tensors))
    torch.save(tensors | {first: tensors[first].to_sparse()}, path)
    with pytest.raises(WeightsError, match="cannot be read as a state_dict of PyTorch"):
        read_mapped(path, load(TEXT).graph)
