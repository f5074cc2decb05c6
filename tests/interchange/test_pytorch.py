"""Models of PyTorch as people write them: imported, with the totals of PyTorch itself."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import cnncalc as cnncalc_of_users
from cnncalc import SpecError, analyze, check, from_torch
from cnncalc.analysis.report import Report
from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - fixtures
from tests.with_torch import Module, flop_counter, torch

pytestmark = pytest.mark.crosscheck

MODELS = """
import torch
import torch.nn.functional as F
from torch import nn


class Unit(nn.Module):
    def __init__(self, old, new, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(old, new, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(new)
        self.conv2 = nn.Conv2d(new, new, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(new)
        self.short = nn.Conv2d(old, new, 1, stride) if stride > 1 or old != new else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += x if self.short is None else self.short(x)
        return F.relu_(y)


class ResNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        widths = [(16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
        self.units = nn.ModuleList([Unit(*each) for each in widths])
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = self.stem(x)
        for unit in self.units:
            x = unit(x)
        return self.fc(x.mean([2, 3]))


def double(old, new):
    return nn.Sequential(
        nn.Conv2d(old, new, 3, padding=1), nn.BatchNorm2d(new), nn.ReLU(inplace=True),
        nn.Conv2d(new, new, 3, padding=1), nn.BatchNorm2d(new), nn.ReLU(inplace=True),
    )


class Up(nn.Module):
    def __init__(self, old, new):
        super().__init__()
        self.up = nn.ConvTranspose2d(old, new, 2, stride=2)
        self.conv = double(new * 2, new)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], dim=1))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([double(1, 8), double(8, 16), double(16, 32)])
        self.bottom = double(32, 64)
        self.up = nn.ModuleList([Up(64, 32), Up(32, 16), Up(16, 8)])
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for block in self.up:
            x = block(x, skips.pop())
        return self.head(x)


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())
        self.scores = nn.Conv2d(16, 5, 1)
        self.boxes = nn.Conv2d(16, 4, 1)

    def forward(self, x):
        x = self.body(x)
        return {"scores": self.scores(x).sigmoid(), "boxes": self.boxes(x)}


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3))
        self.fc = nn.Linear(16, 2)

    def forward(self, left, right):
        both = [self.body(x).mean((-2, -1)) for x in (left, right)]
        return self.fc(torch.cat(both, 1))


class Audio(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv1d(2, 8, 9, stride=4), nn.Conv1d(8, 16, 9, stride=4)])
        self.gate = nn.Conv1d(16, 16, 1)
        self.fc = nn.Linear(16 * 60, 3)

    def forward(self, x):
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        x = x * torch.sigmoid(self.gate(x))
        return self.fc(x.view(x.size(0), -1))


class Volume(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(1, 4, (1, 3, 3), padding=(0, 1, 1), groups=1)
        self.pool = nn.MaxPool3d(2, ceil_mode=True)
        self.conv2 = nn.Conv3d(4, 8, 3, dilation=2)
        self.norm = nn.GroupNorm(2, 8)

    def forward(self, x):
        x = self.norm(self.conv2(self.pool(F.elu(self.conv(x)))))
        return F.adaptive_avg_pool3d(x, 1).flatten(1)


class WithHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.aux = nn.Conv2d(4, 2, 1)
        self.top = nn.Conv2d(4, 5, 1)

    def forward(self, x):
        x = self.stem(x)
        return (self.top(x), self.aux(x)) if self.training else self.top(x)


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        self.top = nn.Conv2d(4, 5, 1)
        for parameter in self.stem.parameters():
            parameter.requires_grad = False

    def forward(self, x):
        return self.top(self.stem(x))


class Deciding(nn.Module):
    def forward(self, x):
        return x.relu() if x.sum() > 0 else x


class Stale(nn.Module):
    def forward(self, x):
        x = x.relu()
        y = x.view(x.shape[0], -1)
        y.sigmoid_()
        return x.tanh()


class Assigned(nn.Module):
    def forward(self, x):
        y = x.sigmoid()
        y[:, :1] = F.relu(y[:, :1])
        return y.tanh()


class AssignedData(nn.Module):
    def forward(self, x):
        y = x.sigmoid()
        y.data = F.relu(y)
        return y.tanh()


class StaleInInference(Stale):
    @torch.inference_mode()
    def forward(self, x):
        return super().forward(x)


class AlwaysTrained(nn.BatchNorm2d):
    def __init__(self):
        super().__init__(3)

    def train(self, mode=True):
        return super().train(True)


class Outside(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(torch.ones(2, 3, 8, 8)) + self.conv(x)


class Unknown(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.ModuleList([Cumulative(), Cumulative()])

    def forward(self, x):
        return self.inner[1](self.inner[0](x))


class Cumulative(nn.Module):
    def forward(self, x):
        return torch.cumsum(x, 1)


class Weighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))

    def forward(self, x):
        return self.conv(x)
"""

Create = Callable[[str], Module]


@pytest.fixture(scope="module")
def create() -> Create:
    """Makes a model by the name of its class."""
    names: dict[str, object] = {}
    exec(MODELS, names)

    def made(name: str) -> Module:
        model = names[name]
        assert callable(model)
        return model()

    return made


INPUTS: dict[str, str | Mapping[str, str]] = {
    "ResNet": "3x32x32",
    "UNet": "1x64x64",
    "Detector": "3x32x32",
    "Siamese": {"left": "1x16x16", "right": "1x16x16"},
    "Audio": "2x1000",
    "Volume": "1x9x16x16",
    "WithHead": "3x8x8",
    "Frozen": "3x8x8",
}


def counted(model: Module, shapes: Mapping[str, str]) -> int:
    """The multiply-adds that PyTorch counts in a run of one sample, with attention as products."""
    tensors = {name: torch.zeros(1, *map(int, shape.split("x"))) for name, shape in shapes.items()}
    was_fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with (
            flop_counter.FlopCounterMode(display=False) as counter,
            torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH),
            torch.no_grad(),
        ):
            model.eval()(*tensors.values())
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fast)
    total: int = counter.get_total_flops()
    return total // 2


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("flat", [False, True])
def test_a_model_has_the_totals_of_pytorch(name: str, flat: bool, create: Create) -> None:
    model, given = create(name), INPUTS[name]
    spec = from_torch(model, given, flat=flat)
    report = analyze(spec)
    assert all(verdict.holds for verdict in check(report, spec))
    assert report.params_with_auxiliary == sum(each.numel() for each in model.parameters())
    assert report.totals.macs == counted(model, {"input": given} if isinstance(given, str) else given)


def lines_of(name: str, create: Create) -> list[str]:
    return from_torch(create(name), INPUTS[name]).source.text.splitlines()


def test_a_person_would_write_the_resnet_like_this(create: Create) -> None:
    lines = lines_of("ResNet", create)
    assert "  unit:" in lines
    assert "  - {use: unit, width: 32, stride: 2 if first else 1, repeat: 2}" in lines


def test_skips_of_a_u_net_are_inputs_of_its_blocks(create: Create) -> None:
    lines = lines_of("UNet", create)
    assert "    inputs: [skip]" in lines
    assert sum("use: up" in line for line in lines) == 3


def test_a_module_that_is_called_twice_is_shared(create: Create) -> None:
    report = analyze(from_torch(create("Siamese"), INPUTS["Siamese"]))
    assert sum(bool(row.shares) for row in report.layers) == 3
    shared = "        - {use: body, share: main.body, from: right, name: body}"
    assert shared in lines_of("Siamese", create)


def test_frozen_parameters_and_training_heads(create: Create) -> None:
    def totals(name: str) -> Report:
        return analyze(from_torch(create(name), INPUTS[name]))

    assert totals("Frozen").totals.params.frozen == 3 * 4 * 9 + 4
    assert totals("WithHead").auxiliary.params.total == 4 * 2 + 2


def test_the_outputs_have_the_names_of_the_model(create: Create) -> None:
    outputs = analyze(from_torch(create("Detector"), INPUTS["Detector"])).outputs
    assert {name: row.output.dims() for name, row in outputs.items()} == {
        "scores": (5, 8, 8),
        "boxes": (4, 8, 8),
    }


REFUSED = {
    "Deciding": "what runs depends on the values of a tensor",
    "Stale": "tanh reads a view that was changed in place",
    "StaleInInference": "tanh reads a view that was changed in place",
    "Assigned": "no kind of layer for __setitem__: 1 use",
    "AssignedData": "no kind of layer for __set__: 1 use",
    "AlwaysTrained": "batch_norm with the statistics of the batch at inference",
    "Outside": r"7,776 multiply-adds .* do not depend on .* input, first conv2d in conv \(Conv2d\)",
    "Unknown": r"no kind of layer for cumsum: 2 uses, first in inner.0 \(Cumulative\)",
    "Weighted": "conv2d whose weight is computed from",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_spec_is_named(name: str, create: Create) -> None:
    with pytest.raises(SpecError, match=REFUSED[name]):
        from_torch(create(name), "3x8x8")


def test_a_program_of_torch_export_is_one_message() -> None:
    program = torch.export.export(torch.nn.Conv2d(3, 4, 3).eval(), (torch.zeros(2, 3, 8, 8),))
    with pytest.raises(SpecError, match="the module cannot be set to evaluation"):
        from_torch(program.module(), "3x8x8")


def test_a_module_is_analyzed_like_a_spec(create: Create) -> None:
    model = create("ResNet")
    report = cnncalc_of_users.analyze(model, input=(3, 32, 32), batch=2)
    assert report.totals.params.total == sum(each.numel() for each in model.parameters())
    assert report.totals.macs == 2 * counted(model, {"input": "3x32x32"})
    with pytest.raises(TypeError, match="expected the input shape of the module"):
        cnncalc_of_users.analyze(model)


def test_the_model_stays_as_it_is(create: Create) -> None:
    model = create("WithHead").train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    from_torch(model, "3x8x8")
    assert model.training
    assert model.aux.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_the_command_imports_from_the_current_folder(cnncalc: Run, folder: Path) -> None:  # noqa: F811
    (folder / "models_of_a_test.py").write_text(f"print('imported')\n{MODELS}")
    done = cnncalc("import", "models_of_a_test:ResNet", "--input", "3x32x32", "-o", "net.yaml")
    assert (done.code, done.out, done.err) == (0, "", "imported\n")
    assert cnncalc("check", "net.yaml").code == 0
    called = cnncalc("import", "models_of_a_test", "--call", "ResNet(classes=3)", "--input", "3x32x32")
    assert "output: [3]}" in called.out
    shown = cnncalc("show", "models_of_a_test:ResNet", "--input", "3x32x32", "--json")
    assert '"name": "ResNet"' in shown.out


ERRORS = {
    "models_of_a_test:Nothing --input 3x8x8": "models_of_a_test has no Nothing",
    "models_of_a_test:F --input 3x8x8": "expected a torch.nn.Module, found module",
    "models_of_a_test:Unit --input 3x8x8": "give arguments in parentheses or with --call",
    "models_of_a_test:ResNet": "the shape of the input is needed: --input 3x224x224",
    "models_of_a_test:ResNet --input 4x8x8": "the module does not run on an input of 4×8×8",
    "models_of_a_test:ResNet --input 3x0": "expected a shape such as 3x224x224, found '3x0'",
    "no_such_module:Net --input 3x8x8": "cannot import no_such_module",
    "models_of_a_test --input 3x8x8": "expected package.module:Net or package.module:Net(classes=10)",
}


@pytest.mark.parametrize("arguments", ERRORS)
def test_errors_of_the_command(arguments: str, cnncalc: Run, folder: Path) -> None:  # noqa: F811
    (folder / "models_of_a_test.py").write_text(MODELS)
    done = cnncalc("import", *arguments.split())
    assert (done.code, done.out) == (2, "")
    assert ERRORS[arguments] in done.err
