"""Every command that reads a spec reads a PyTorch model, with the shape of its input."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - fixtures

pytestmark = pytest.mark.crosscheck

MODEL = """
from torch import nn


def small(width=4):
    pool = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU(), pool, nn.Flatten(), nn.Linear(width, 2))


class Two(nn.Module):
    def forward(self, left, right):
        return left + right
"""

NAME = "commands_of_a_test:small"
SHAPE = ("--input", "3x8x8")


@pytest.fixture
def model(folder: Path) -> Path:  # noqa: F811
    (folder / "commands_of_a_test.py").write_text(MODEL)
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((NAME,), "total"),  # short for show
        (("reconcile", NAME, "params=122"), "122"),
        (("worksheet", NAME), "| conv1 |"),
        (("dialects", NAME), "PyTorch"),
        (("compare", NAME, NAME + "(width=5)"), "small"),
    ],
)
def test_commands_take_a_model(arguments: tuple[str, ...], said: str, model: Path, cnncalc: Run) -> None:  # noqa: F811
    done = cnncalc(*arguments, *SHAPE)
    assert (done.code, done.err) == (0, "")
    assert said in done.out


def test_a_model_has_the_input_of_the_spec_that_it_is_compared_with(model: Path, cnncalc: Run) -> None:  # noqa: F811
    assert cnncalc("import", NAME, *SHAPE, "-o", "small.yaml").code == 0
    for pair in ("small.yaml", NAME), (NAME, "small.yaml"):
        done = cnncalc("diff", *pair)
        assert (done.code, done.err) == (0, "")
        assert "are the same network: 5 layers" in done.out
    assert "filters 4 → 5" in cnncalc("diff", "small.yaml", NAME + "(width=5)").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("diff", NAME, *SHAPE), "a model is compared with a spec or another model"),
        (("show", NAME, "--symbolic", "width"), "a model has no variables; write its spec first"),
        (("worksheet", NAME, *SHAPE, "--seed", "2"), "--seed excludes --input"),
        (("reconcile", NAME, "params=1"), "the shape of the input is needed: --input 3x224x224"),
        (
            ("show", "commands_of_a_test:Smal", *SHAPE),
            "has no Smal\n --> commands_of_a_test:Smal\n  did you mean 'small'?",
        ),
        (("import", "commands_of_a_test", "--call", "nn.Conv2d", *SHAPE), "nn.Conv2d() failed: TypeError"),
        (
            ("show", "commands_of_a_test:Two", *SHAPE),
            "forward takes 2 inputs: left, right; missing a required argument: 'right'\n --> "
            "commands_of_a_test:Two\n  give the shape of each: --input left=3x8x8 --input right=3x8x8",
        ),
    ],
)
def test_what_a_model_cannot_do_is_said(
    arguments: tuple[str, ...],
    said: str,
    model: Path,
    cnncalc: Run,  # noqa: F811
) -> None:
    done = cnncalc(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_an_input_that_needs_too_much_memory_is_refused(
    model: Path,
    cnncalc: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def randn(*sizes: int, **options: object) -> object:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to")

    monkeypatch.setattr(import_module("torch"), "randn", randn)
    done = cnncalc("import", NAME, "--input", "3x100000x100000")
    assert (done.code, done.out) == (2, "")
    assert "a run of the model needs more memory than there is" in done.err
