"""What a module holds but never uses is left out and named, by every way to import it."""

from pathlib import Path

import pytest

from cnncalc import SpecError, analyze, from_torch
from cnncalc.cli.reading import OK
from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - fixtures
from tests.interchange.test_pytorch_layers import module_of

pytestmark = pytest.mark.crosscheck

CONV = "self.conv = nn.Conv2d(3, 4, 3)"
LEFT_OUT = {
    "a module": ("self.extra = nn.Linear(3, 4)", r"extra \(16 parameters\)"),
    "a module of modules": (
        "self.extra = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))",
        r"extra \(24 parameters and 8 buffer values\)",
    ),
    "a parameter": ("self.scale = nn.Parameter(torch.ones(1))", r"scale \(1 parameter\)"),
    "a buffer": ("self.register_buffer('mean', torch.zeros(3))", r"mean \(3 buffer values\)"),
    "a frozen module": ("self.extra = nn.Linear(3, 4).requires_grad_(False)", r"extra \(16 parameters\)"),
    "several": (
        "self.one = nn.Linear(3, 4); self.two = nn.Linear(3, 1)",
        r"one \(16 parameters\), two \(4 parameters\)",
    ),
    "many": (
        "self.extra = nn.Linear(3, 4); self.parts = nn.ParameterList(torch.ones(1) for _ in range(3)); "
        "self.a = nn.Linear(1, 1); self.b = nn.Linear(1, 1); self.c = nn.Linear(1, 1); self.d = nn.PReLU()",
        r"extra \(16 parameters\), parts \(3 parameters\), .* and 1 more",
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_never_used_is_left_out_with_a_warning(name: str) -> None:
    init, note = LEFT_OUT[name]
    with pytest.warns(UserWarning, match=f"never used and left out: {note}$"):
        spec = from_torch(module_of(f"{CONV}; {init}", "return self.conv(x)"), "3x8x8")
    assert analyze(spec).totals.params.total == 112


def test_heads_of_training_are_kept_beside_what_is_never_used() -> None:
    module = module_of(
        f"{CONV}; self.head = nn.Conv2d(4, 2, 1); self.extra = nn.Linear(3, 4)",
        "x = self.conv(x)\nreturn (x, self.head(x)) if self.training else x",
    )
    with pytest.warns(UserWarning, match=r"left out: extra \(16 parameters\)$"):
        report = analyze(from_torch(module, "3x8x8"))
    assert report.params_with_auxiliary == 112 + 10


USED = {
    "only in training": "x = self.conv(x)\nif self.training: self.extra.bias.mul_(2)\nreturn x",
    "for what is thrown away": "self.extra.weight.sum().item()\nreturn self.conv(x)",
    "for what is added nowhere": "y = self.extra.weight * 2\nreturn self.conv(x)",
}


@pytest.mark.parametrize("name", USED)
def test_what_is_used_is_not_left_out(name: str) -> None:
    with pytest.raises(SpecError, match="no layer uses extra"):
        from_torch(module_of(f"{CONV}; self.extra = nn.Linear(3, 4)", USED[name]), "3x8x8")


def test_a_failure_in_training_is_named() -> None:
    forward = "if self.training: raise ValueError('no targets')\nreturn self.conv(x)"
    with pytest.raises(
        SpecError, match=r"to know what uses extra.weight, in training: .* ValueError: no targets"
    ):
        from_torch(module_of(f"{CONV}; self.extra = nn.Linear(3, 4)", forward), "3x8x8")


def test_only_the_device_of_an_unused_parameter_is_no_use() -> None:
    module = module_of(
        f"{CONV}; self.extra = nn.Linear(3, 4)",
        "return self.conv(x.to(self.extra.weight.device, self.extra.weight.dtype))",
    )
    with pytest.warns(UserWarning, match=r"left out: extra \(16 parameters\)$"):
        from_torch(module, "3x8x8")


MODEL = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.extra = nn.Linear(3, 4)

    def forward(self, x):
        return self.conv(x)
"""


def test_commands_say_what_was_left_out(folder: Path, cnncalc: Run) -> None:  # noqa: F811
    (folder / "unused_of_a_test.py").write_text(MODEL)
    done = cnncalc("import", "unused_of_a_test:Net", "--input", "3x8x8", "-o", "net.yaml")
    assert (done.code, done.err) == (OK, "cnncalc: never used and left out: extra (16 parameters)\n")
    assert 'note: "never used and left out: extra (16 parameters)"' in Path("net.yaml").read_text()
    done = cnncalc(
        "check", "net.yaml", "--against", "unused_of_a_test:Net", "--strict", "--format", "concise"
    )
    assert done.code == OK
    assert "net.yaml: note: in the model, never used and left out: extra (16 parameters)" in done.out
