"""Requirements for every command; a failure says what is missing and where to add it.

`cnncalc/cli/commands/__init__.py` says how to add a command.
"""

import inspect
import shlex
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

from cnncalc.cli import commands
from cnncalc.cli.app import summary
from cnncalc.cli.commands import COMMANDS, MODULES
from cnncalc.cli.output import with_output
from tests.cli.conftest import Run

FOLDER = Path(commands.__file__).parent
TABLE = "COMMANDS in cnncalc/cli/commands/__init__.py"
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.name != "__init__.py")

CALLS = {
    "show": ("lenet5", "61,706"),
    "specs": ("", "lenet5"),
    "field": ("lenet5 conv2", "8 … 21"),
    "reconcile": ("lenet5 macs=416,520", "multiply-adds of conv and dense"),
    "compare": ("lenet5 alexnet", "AlexNet"),
    "kinds": ("conv", "kernel"),
    "draw": ("lenet5", "conv 5×5, 16"),
    "report": ("lenet5", "<title>LeNet-5</title>"),
    "view": ("--help", "--no-open"),
    "export": ("lenet5", "class LeNet5(nn.Module):"),
    "explain": ("lenet5 conv1", "6×28×28"),
    "calc": ("28x28x1 flatten", "784"),
    "solve": ("'dense: ?' --input 10 --params 33", "dense: 3"),
    "grade": ("tiny.yaml answers.csv", "1 of 1 points"),
    "worksheet": ("lenet5", "conv1"),
    "check": ("tiny.yaml", "1 spec checked"),
    "rule": ("budget", "budget"),
    "diff": ("lenet5 lenet5", "the same network"),
    "dialects": ("resnet18", "64×57×57"),
    "init": ("-", "cnncalc: 1"),
    "import": ("--help", "--flat"),
    "schema": ("spec", "$schema"),
    "run": ("tiny.yaml", "MACs    72"),
    "verify": ("tiny.yaml", "analysis and executor agree"),
    "gradients": ("tiny.yaml", "gradients of relu1"),
    "influence": ("tiny.yaml conv1", "9 positions"),
    "occlusion": ("tiny.yaml", "drop of relu1[0,0]"),
    "patches": ("tiny.yaml conv1", "channel 0 of conv1"),
    "equivariance": ("tiny.yaml", "image shifted by 0,1"),
    "guide": ("numbers", "MACs"),
}
"""A call of each command, and part of its output."""


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_in_the_table(name: str) -> None:
    assert name in MODULES, f"commands/{name}.py has no line in {TABLE}"


@pytest.mark.parametrize("name", MODULES)
def test_every_command_has_a_file(name: str) -> None:
    assert name in FILES, f"{TABLE} lists '{name}', but there is no cnncalc/cli/commands/{name}.py"
    assert MODULES[name] == f"cnncalc.cli.commands.{name}", f"{TABLE}: '{name}' names another module"
    module = import_module(MODULES[name])
    assert inspect.isfunction(getattr(module, name, None)), f"commands/{name}.py defines no {name}()"


@pytest.mark.parametrize("name", MODULES)
def test_every_command_has_one_line_of_help(name: str) -> None:
    first, _, rest = (import_module(MODULES[name]).__doc__ or "").partition("\n")
    assert first, f"commands/{name}.py has no docstring, which is its help"
    assert summary(name) == first, f"commands/{name}.py: the docstring does not begin on its first line"
    assert first.endswith("."), f"commands/{name}.py: the first line of the docstring is no sentence"
    assert not rest.partition("\n")[0], f"commands/{name}.py: a blank line belongs below the first"


@pytest.mark.parametrize("name", MODULES)
def test_every_option_has_help(name: str) -> None:
    hints = get_type_hints(with_output(getattr(import_module(MODULES[name]), name)), include_extras=True)
    hints.pop("ctx", None)
    assert hints.pop("return") is int, f"commands/{name}.py: {name}() returns the exit code, an int"
    for option, hint in hints.items():
        helps = [each.help for each in getattr(hint, "__metadata__", ())]
        assert any(helps), f"commands/{name}.py: '{option}' has no help"


@pytest.mark.parametrize("name", MODULES)
def test_every_command_runs(name: str, folder: Path, cnncalc: Run) -> None:
    assert name in CALLS, f"CALLS in tests/cli/test_contract.py has no call of '{name}'"
    Path("answers.csv").write_text("question,answer\nconv1.params,20\n", encoding="utf-8")
    arguments, printed = CALLS[name]
    done = cnncalc(name, *shlex.split(arguments))
    assert (done.code, done.err) == (0, "")
    assert printed in done.out


@pytest.mark.parametrize("name", CALLS)
def test_every_call_names_a_command(name: str) -> None:
    assert name in MODULES, f"CALLS in tests/cli/test_contract.py calls '{name}', which {TABLE} lacks"


def test_help_groups_commands_under_headings(cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line.strip("│╭╮─ ") for line in cnncalc("--help").out.splitlines()]
    at = lines.index(next(iter(COMMANDS)))
    for heading, names in COMMANDS.items():
        assert lines[at] == heading
        for shift, name in enumerate(names, start=1):
            assert lines[at + shift].split(maxsplit=1) == [name, summary(name)]
        at += len(names) + 2


QUOTED = """cnncalc: 1
input: [3, 8, 8]
blocks: {b: {layers: [{conv: 4, kernel: 1}]}}
layers:
  - {conv: 4, kernel: 3, name: stem}
  - {conv: 4, kernel: 3, name: "layer1.0.conv1"}
  - {use: b, name: b}
"""


@pytest.mark.parametrize(
    ("typed", "at", "offered"),
    [
        ("cnncalc sho", 1, ["show"]),
        ("cnncalc ", 1, [*MODULES]),
        ("cnncalc show --form", 2, ["--format"]),
        ("cnncalc field lenet5 --format ", 4, ["text", "json", "latex", "html"]),
        ("cnncalc kinds maxp", 2, ["maxpool"]),
        ("cnncalc field quoted.yaml lay", 3, ["layer1.0.conv1"]),
        ("cnncalc field quoted.yaml ", 3, ["stem", "layer1.0.conv1", "b.conv1", "b"]),
    ],
)
def test_the_shell_completes(
    typed: str, at: int, offered: list[str], folder: Path, cnncalc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "quoted.yaml").write_text(QUOTED)
    monkeypatch.setenv("_CNNCALC_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(at))
    assert cnncalc().out.split() == offered
