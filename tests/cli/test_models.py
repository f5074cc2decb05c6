"""`model:` in a spec: a name that nothing imports unless `--against-models` is on the command line."""

import json
import sys
from pathlib import Path

import pytest

from cnncalc import SpecError, check_paths, load
from tests.cli.conftest import Run

SPEC = """cnncalc: 1
name: net
model: leaves_a_trace:Net
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: stem}
  - relu
"""

CODE = """
from pathlib import Path

Path("trace").touch()
from torch import nn


def Net(channels=4):
    return nn.Sequential(nn.Conv2d(3, channels, 3), nn.ReLU())
"""


@pytest.fixture(autouse=True)
def _project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "leaves_a_trace", raising=False)
    Path("net.yaml").write_text(SPEC)
    Path("leaves_a_trace.py").write_text(CODE)


def test_the_check_says_that_the_model_was_not_imported_and_passes(cnncalc: Run) -> None:
    done = cnncalc("check", "net.yaml", "--strict", "--format", "concise")
    assert done.code == 0
    assert done.out == (
        "net.yaml:3:8: note: the model leaves_a_trace:Net was not imported; --against-models compares it "
        "with this spec [model-not-imported]\n"
    )
    assert cnncalc("check", "net.yaml", "--quiet").out == ""
    (file,) = json.loads(cnncalc("check", "net.yaml", "--json").out)["files"]
    assert (file["holds"], file["findings"][0]["level"]) == (True, "note")
    assert not check_paths("net.yaml", ignore=["model-not-imported"]).files[0].findings
    assert not Path("trace").exists()


COMMANDS = (
    "show net.yaml",
    "check .",
    "check net.yaml --jobs 2 --strict --select ALL",
    "diff net.yaml lenet5",
    "compare net.yaml lenet5",
    "explain net.yaml stem",
    "draw net.yaml",
    "run net.yaml",
    "verify net.yaml",
    "report net.yaml -o net.html",
)
CONFIGURATIONS = (
    "against-models = true",
    "against_models = true",
    'against = "leaves_a_trace:Net"',
    'model = "leaves_a_trace:Net"',
    'include = ["leaves_a_trace:Net"]',
    'select = ["model"]',
)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_imports_what_a_spec_names(command: str, cnncalc: Run) -> None:
    cnncalc(*command.split())
    assert not Path("trace").exists()


@pytest.mark.parametrize("line", CONFIGURATIONS)
@pytest.mark.parametrize("file", ["cnncalc.toml", "pyproject.toml"])
def test_no_configuration_imports_it(file: str, line: str, cnncalc: Run) -> None:
    Path(file).write_text(line if file == "cnncalc.toml" else f"[tool.cnncalc]\n{line}")
    done = cnncalc("check", ".")
    assert not Path("trace").exists()
    assert done.code == 2


def test_no_file_of_expected_values_imports_it(cnncalc: Run) -> None:
    for text in ("model: leaves_a_trace:Net\n", "specs: {'leaves_a_trace:Net': {expect: {params: 3}}}\n"):
        Path("expect.yaml").write_text(text)
        cnncalc("check", "net.yaml", "--expect", "expect.yaml")
        assert not Path("trace").exists()


@pytest.mark.crosscheck
def test_each_spec_is_compared_with_its_model(cnncalc: Run) -> None:
    Path("wider.yaml").write_text(SPEC.replace("trace:Net", "trace:Net(channels=8)"))
    Path("none.yaml").write_text(SPEC.replace("model: leaves_a_trace:Net\n", ""))
    done = cnncalc("check", ".", "--against-models", "--format", "concise")
    assert Path("trace").exists()
    assert done.code == 1
    assert {line.split(":")[0] for line in done.out.splitlines()} == {"wider.yaml"}
    assert "filters of stem is 4; in the model it is 8" in done.out
    assert cnncalc("check", "net.yaml", "--against-models").code == 0
    assert cnncalc("check", ".", "--against-models", "--jobs", "2").code == 1
    failed = [file.path for file in check_paths(".", against_models=True).files if not file.holds]
    assert failed == ["wider.yaml"]


@pytest.mark.crosscheck
def test_a_model_that_cannot_be_imported_is_an_error_at_its_name(cnncalc: Run) -> None:
    Path("net.yaml").write_text(SPEC.replace("trace:Net", "trace:Nut"))
    done = cnncalc("check", "net.yaml", "--against-models", "--format", "concise")
    message = "net.yaml:3:8: error: leaves_a_trace has no Nut; expected one of Net [import]\n"
    assert (done.code, done.out) == (2, message)


@pytest.mark.crosscheck
def test_a_model_is_checked_like_a_spec(cnncalc: Run) -> None:
    arguments = ("check", "leaves_a_trace:Net", "--input", "3x8x8")
    assert cnncalc(*arguments, "--max", "params=112").code == 0
    assert cnncalc(*arguments, "--max", "params=111").code == 1


WRONG = {
    "3x3": "expected package.module:Net or package.module:Net(classes=10), found '3x3'",
    "mynet": "found 'mynet'",
    "os:system('x'); y": "found",
    "[{conv: 3}]": "model must be the name of a PyTorch model",
}


@pytest.mark.parametrize("name", WRONG)
def test_other_names_are_refused(name: str) -> None:
    quoted = name if name.startswith("[") else json.dumps(name)
    with pytest.raises(SpecError) as caught:
        load(SPEC.replace("leaves_a_trace:Net", quoted))
    (problem,) = caught.value.problems
    assert problem.code == "model-name"
    assert WRONG[name] in problem.message
