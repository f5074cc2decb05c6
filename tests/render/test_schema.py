"""The JSON Schemas: valid, and correct for input and output."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cnncalc.homework import quantities
from cnncalc.render.schema import NAMES, SchemaName, schema
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture
from tests.conftest import FEW, bundled
from tests.render.validation import SPECS, validator


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid(name: SchemaName) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert json.loads(json.dumps(schema(name))) == schema(name)


@pytest.mark.parametrize("name", NAMES)
def test_all_definitions_exist_and_are_used(name: SchemaName) -> None:
    text = json.dumps(schema(name))
    used = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', text))
    definitions = schema(name)["$defs"]
    assert isinstance(definitions, dict)
    assert used == set(definitions)


def test_an_unknown_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown schema 'specs'; expected one of spec, report"):
        schema("specs")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", bundled(SPECS, FEW), ids=lambda path: path.stem)
def test_the_output_of_show_is_valid(
    path: Path,
    cnncalc: Run,  # noqa: F811
) -> None:
    data = json.loads(cnncalc(str(path), "--format", "json").out)
    assert [error.message for error in validator("report").iter_errors(data)] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("lenet5", "alexnet"),
        ("resnet50", "--depth", "1", "--batch", "4"),
        ("vgg16", "--count-as", "fvcore", "-v"),
        ("unet", "--dtype", "float16", "--optimizer", "adam", "--layout", "hwc"),
    ],
)
def test_the_output_of_show_with_options_is_valid(
    arguments: tuple[str, ...],
    cnncalc: Run,  # noqa: F811
) -> None:
    data = json.loads(cnncalc(*arguments, "--format", "json").out)
    assert [error.message for error in validator("report").iter_errors(data)] == []
    broken = data[0] if isinstance(data, list) else data
    del broken["totals"]["macs"]
    assert not validator("report").is_valid(data)


HEAD = "cnncalc: 1\ninput: [3, 8, 8]\n"
NETS = {
    "good.yaml": f"{HEAD}layers: [{{conv: 4, kernel: 3}}]\nexpect: {{params: 112}}\n",
    "bad.yaml": f"{HEAD}layers: [{{conv: 4, kernel: 3, norm: batch}}]\nexpect: {{params: 9}}\n",
    "broken.yaml": f"{HEAD}layers: [{{conv: 4, kernel: 9}}]\n",
    "binary.yaml": "cnncalc: 1\0",
    "other.yaml": "services: {}\n",
    "cnncalc.toml": '[[budgets]]\nmatch = "no*"\nparams = 3\n[[budgets]]\nlayers.conv1.macs = 10\n',
}


@pytest.mark.parametrize("options", [(), ("--show-passed", "-v"), ("-q", "--exit-zero"), ("--strict",)])
def test_the_output_of_check_is_valid(
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cnncalc: Run,  # noqa: F811
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in NETS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    data = json.loads(cnncalc("check", ".", "lenet5", "--format", "json", *options).out)
    assert [error.message for error in validator("check").iter_errors(data)] == []
    assert {file["path"] for file in data["files"]} >= {"good.yaml", "bad.yaml", "binary.yaml", "lenet5"}
    assert sum(map(len, (file["findings"] for file in data["files"]))) == sum(data["counts"].values()) >= 5
    assert [each["path"] for each in data["skipped"]] == ([] if "-q" in options else ["other.yaml"])
    assert all(("verdicts" in file) == ("--show-passed" in options) for file in data["files"])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("holds"),
        lambda data: data["counts"].update(error=-1),
        lambda data: data["files"][0].update(more=1),
        lambda data: data["files"][0]["findings"][0].update(level="fatal"),
        lambda data: data["files"][0]["findings"][0].pop("line"),
        lambda data: data["files"][0]["expected"].update(hold="all"),
    ],
)
def test_a_changed_output_of_check_is_not_valid(
    change: Callable[[Any], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cnncalc: Run,  # noqa: F811
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(NETS["bad.yaml"], encoding="utf-8")
    data = json.loads(cnncalc("check", "--format", "json").out)
    assert validator("check").is_valid(data)
    change(data)
    assert not validator("check").is_valid(data)


@pytest.mark.parametrize(
    ("answers", "is_valid"),
    [
        ({"conv1.params": 156, "conv1.output": [6, 28, 28], "total.macs": "416.5K"}, True),
        ({"conv1": {"params": 156, "output": "6x28x28"}, "params": 61706}, True),
        ([{"layer": "conv1", "params": 156, "output": "6x28x28"}, {"layer": None, "macs": 3}], True),
        ({"student": "Ada", "answers": {"conv1": {"params": None}}}, True),
        ({"student": "Ada", "variant": 7, "conv1": {"params": 156}}, True),
        ({"student": "Ada", "variant": [7], "conv1": {"params": 156}}, False),
        ({"params": {"a": 3}}, False),
        ([3], False),
        ("61706", False),
    ],
)
def test_answers(answers: object, is_valid: bool) -> None:
    assert validator("answers").is_valid(answers) == is_valid


def test_all_quantities_are_suggested() -> None:
    offered = schema("answers")["$defs"]["answers"]["properties"]  # type: ignore[index]
    assert set(offered) - {"variant"} == set(quantities.QUANTITIES)
