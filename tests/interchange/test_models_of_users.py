"""Code of users that does not give a model: each is one message with what to do, and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - fixtures

pytestmark = pytest.mark.crosscheck

CODE = """
import ctypes
import os
import sys
from dataclasses import dataclass

import torch
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())


class NeedsArguments(nn.Module):
    def __init__(self, classes):
        super().__init__()


class RaisesAtOnce(nn.Module):
    def __init__(self):
        raise ValueError("no data")


class Exits(nn.Module):
    def forward(self, x):
        sys.exit(0)


class Raises(nn.Module):
    def forward(self, x):
        raise KeyError("lost")


class Odd(BaseException):
    pass


class RaisesOtherwise(nn.Module):
    def forward(self, x):
        raise Odd("not an Exception")


class Interrupted(nn.Module):
    def forward(self, x):
        raise KeyboardInterrupt


class Prints(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 4, 3)

    def forward(self, x):
        print("by Python")
        os.write(1, b"by the system" + bytes([10]))
        os.system("echo by a process")
        ctypes.CDLL(None).puts(b"by C")
        return super().forward(x)


class ReturnsNothing(nn.Sequential):
    def forward(self, x):
        super().forward(x)


class Lazy(nn.Sequential):
    def __init__(self):
        super().__init__(nn.LazyConv2d(4, 3))


@dataclass
class Both:
    logits: torch.Tensor
    features: torch.Tensor


class WithTwo(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        x = self.body(x)
        return Both(self.head(x), x)


def on_meta():
    with torch.device("meta"):
        return Net()


def in_half():
    return Net().half()


def in_double():
    return Net().double().train()


number = 3
"""

REFUSED = {
    "code_of_users:NeedsArguments": "give arguments in parentheses or with --call, as in",
    "code_of_users:RaisesAtOnce": "RaisesAtOnce() failed: ValueError: no data\n",
    "code_of_users:Exits": "does not run on an input of 3×8×8: SystemExit: 0",
    "code_of_users:Raises": "does not run on an input of 3×8×8: KeyError: 'lost'",
    "code_of_users:RaisesOtherwise": "does not run on an input of 3×8×8: Odd: not an Exception",
    "code_of_users:ReturnsNothing": "the module returns no tensor that depends on its input",
    "code_of_users:Lazy": "0.weight has no shape yet: run the module once before",
    "code_of_users:on_meta": "the module is on the device meta, where tensors have no values: create it on",
    "code_of_users:number": "code_of_users:number: expected a torch.nn.Module, found int",
    "code_of_users:Net(": "expected package.module:Net or package.module:Net(classes=10), found",
    "code_of_users.py:Net": "name the module without .py: code_of_users:Net",
    "exits_at_once:Net": "cannot import exits_at_once: SystemExit: 3",
    "not_python:Net": "cannot import not_python: SyntaxError",
}


@pytest.fixture(autouse=True)
def _code(folder: Path) -> None:  # noqa: F811
    (folder / "code_of_users.py").write_text(CODE)
    (folder / "exits_at_once.py").write_text("import sys\nsys.exit(3)\n")
    (folder / "not_python.py").write_text("def f(:\n")


@pytest.mark.parametrize("target", REFUSED)
def test_what_gives_no_model_is_one_message(target: str, cnncalc: Run) -> None:  # noqa: F811
    done = cnncalc("import", target, "--input", "3x8x8")
    assert (done.code, done.out) == (2, "")
    assert REFUSED[target] in done.err
    assert "Traceback" not in done.err


def test_an_interrupt_ends_the_command(cnncalc: Run) -> None:  # noqa: F811
    done = cnncalc("import", "code_of_users:Interrupted", "--input", "3x8x8")
    assert (done.code, done.out, done.err) == (130, "", "cnncalc: interrupted\n")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the code of the user is for POSIX")
def test_what_code_prints_is_no_part_of_the_result(folder: Path) -> None:  # noqa: F811
    command = [sys.executable, "-m", "cnncalc", "import", "code_of_users:Prints", "--input", "3x8x8"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout.startswith("cnncalc: 1\n")
    assert "by" not in done.stdout.split()
    assert sorted(each for each in done.stderr.splitlines() if each.startswith("by ")) == [
        "by C",
        "by Python",
        "by a process",
        "by the system",
    ]


@pytest.mark.parametrize("name", ["Net", "in_half", "in_double", "WithTwo", "Net()"])
def test_types_modes_and_results_of_users_are_imported(name: str, cnncalc: Run) -> None:  # noqa: F811
    done = cnncalc("import", f"code_of_users:{name}", "--input", "3x8x8", "-o", "net.yaml")
    assert (done.code, done.err) == (0, "")
    assert cnncalc("check", "net.yaml").code == 0


COMMANDS = (
    "show MODEL",
    "diff MODEL tiny.yaml",
    "compare tiny.yaml MODEL",
    "explain MODEL conv1",
    "field MODEL",
    "draw MODEL -o net.svg",
    "report MODEL -o net.html",
    "run MODEL",
    "verify MODEL",
    "gradients MODEL",
    "influence MODEL conv1",
    "occlusion MODEL",
    "patches MODEL conv1",
    "equivariance MODEL",
    "dialects MODEL",
    "export MODEL",
    "check MODEL",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_read_a_spec_read_a_model(command: str, cnncalc: Run) -> None:  # noqa: F811
    words = command.replace("MODEL", "code_of_users:Net").split()
    done = cnncalc(*words, "--input", "3x8x8")
    assert done.code in (0, 1)
    assert "error" not in done.err


OTHERWISE = {
    "reconcile code_of_users:Net params=3": "the shape of the input is needed: --input 3x224x224",
    "show code_of_users:Net --input 3x8x8 --watch": "import code_of_users:Net -o net.yaml",
    "view code_of_users:Net": "import code_of_users:Net -o net.yaml",
    "show code_of_users:Net --input 3x8x8 -o code_of_users:Net": "is the name of a model; choose",
    "show code_of_users.py": "name the model in it: code_of_users:Net --input 3x224x224",
}


@pytest.mark.parametrize("command", OTHERWISE)
def test_what_a_model_cannot_be_used_for_says_what_to_do(command: str, cnncalc: Run) -> None:  # noqa: F811
    done = cnncalc(*command.split())
    assert (done.code, done.out) == (2, "")
    assert OTHERWISE[command] in done.err
