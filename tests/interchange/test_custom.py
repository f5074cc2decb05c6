"""`custom=True`: what has no kind becomes a custom layer whose numbers are those of PyTorch."""

from pathlib import Path
from typing import Any

import pytest

from cnncalc import SpecError, analyze, check, from_torch
from cnncalc.analysis.report import Report
from cnncalc.spec import Spec
from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - fixtures
from tests.with_torch import Module, flop_counter, torch

pytestmark = pytest.mark.crosscheck

MODELS = """
import torch
import torch.nn.functional as F
from torch import nn


class Spectral(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.filter = nn.Parameter(torch.ones(channels, 1, 1))
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.norm(torch.fft.irfft2(torch.fft.rfft2(x) * self.filter, s=x.shape[-2:]))


class Stage(nn.Module):
    def __init__(self, old, new):
        super().__init__()
        self.conv, self.mix = nn.Conv2d(old, new, 3, 2, 1), Spectral(new)

    def forward(self, x):
        return F.relu(self.mix(self.conv(x)))


class Fourier(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.Sequential(Stage(3, 8), Stage(8, 16), Stage(16, 32))
        self.fc = nn.Linear(32, 5)

    def forward(self, x):
        return self.fc(self.stages(x).mean((2, 3)))


class Sorting(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.conv(x).sort(dim=1)[0].mean((2, 3)))


class Align(nn.Module):
    def __init__(self):
        super().__init__()
        self.where = nn.Sequential(nn.Conv2d(3, 2, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 6))

    def forward(self, x):
        grid = F.affine_grid(self.where(x).view(-1, 2, 3), x.shape, align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.align, self.body = Align(), nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.body(self.align(x))


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 4, 4)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.lstm = nn.LSTM(16, 8, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(16, 3)

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        x = self.attention(x, x, x)[0]
        return self.fc(self.lstm(x)[0][:, -1])


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = Spectral(3)
        self.mix.requires_grad_(False)

    def forward(self, x):
        return self.mix(self.mix(x).relu())


class Product(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return torch.hypot(self.one(x), self.other(x))


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Sorting()

    def forward(self, x):
        return self.model(x)
"""


def made(name: str) -> Module:
    names: dict[str, Any] = {}
    exec(MODELS, names)
    return names[name]()


def imported(name: str, *, flat: bool = False) -> tuple[Module, Spec, Report]:
    model = made(name)
    spec = from_torch(model, "3x16x16", custom=True, flat=flat)
    return model, spec, analyze(spec)


LAYERS = {
    "Fourier": ["Spectral (fft_rfft2)"] * 3,
    "Sorting": ["sort"],
    "Transformer": ["Align (affine_grid)"],
    "Sequences": ["LSTM (lstm)"],
    "Twice": ["Spectral (fft_rfft2)"] * 2,
    "Wrapped": ["sort"],
}


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_the_smallest_part_is_declared_and_the_totals_are_those_of_pytorch(name: str, flat: bool) -> None:
    model, spec, report = imported(name, flat=flat)
    custom = [node.note for node in spec.graph.layers if node.layer.kind == "custom"]
    assert custom == LAYERS[name]
    assert all(verdict.holds for verdict in check(report, spec))
    assert report.totals.params.total == sum(each.numel() for each in model.parameters())
    kept = [each.numel() for key, each in model.named_buffers() if "num_batches" not in key]
    assert report.totals.buffers == sum(kept)
    with torch.no_grad():
        assert report.output.output.dims() == tuple(model.eval()(torch.zeros(1, 3, 16, 16)).shape[1:])


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Sequences"])
def test_multiply_adds_are_those_of_the_counter_of_pytorch(name: str) -> None:
    model, _, report = imported(name)
    with flop_counter.FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, 3, 16, 16))
    assert report.totals.macs == counter.get_total_flops() // 2


def test_an_lstm_has_the_products_of_all_steps() -> None:
    """PyTorch's counter sees none of them: 16 steps, two directions, gates of 4 × 8 from 16 and 8 values."""
    _, _, report = imported("Sequences")
    (lstm,) = (row for row in report.layers if row.name == "lstm")
    assert lstm.macs == 16 * 2 * (4 * 8) * (16 + 8)
    assert lstm.params.total == 2 * 4 * 8 * (16 + 8 + 2)


def test_one_module_is_one_layer_under_its_name_and_shared_and_frozen_as_it_is() -> None:
    _, spec, _ = imported("Fourier")
    assert "name: mix" in spec.source.text
    assert spec.source.text.count("use: stage") == 3
    _, _, twice = imported("Twice")
    assert [row.shares for row in twice.layers if row.kind == "custom"] == ["", "custom1"]
    assert twice.totals.params.frozen == 9


def test_what_reads_two_tensors_is_refused() -> None:
    message = (
        "no kind of layer for hypot, in the network itself, nor a custom layer: 2 tensors in, 1 tensor out"
    )
    with pytest.raises(SpecError, match=message):
        imported("Product")


def test_the_command_names_the_option_that_imports_it(cnncalc: Run, folder: Path) -> None:  # noqa: F811
    (folder / "models_with_custom.py").write_text(MODELS)
    arguments = ("import", "models_with_custom:Fourier", "--input", "3x16x16")
    done = cnncalc(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "no kind of layer for fft_rfft2: 3 uses, first in stages.0.mix (Spectral)" in done.err
    assert "`cnncalc import --custom` writes it as a `custom` layer with measured numbers" in done.err
    assert cnncalc(*arguments, "--custom", "-o", "net.yaml").code == 0
    assert cnncalc("check", "net.yaml").code == 0
    assert cnncalc("check", "net.yaml", "--against", "models_with_custom:Fourier").code == 0
    assert cnncalc("check", "net.yaml", "--against", "models_with_custom:Sorting").code == 1
