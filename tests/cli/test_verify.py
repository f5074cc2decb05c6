"""`cnncalc verify`: output for agreement and disagreement."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from cnncalc.layers.convolution import Conv
from cnncalc.shapes import Shape
from tests.cli.conftest import Run
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden"

NETWORK = """
cnncalc: 1
name: small
layout: hwc
input: 12x10x2
layers:
  - {conv: 3, kernel: 3, act: relu}
  - {maxpool: 2}
  - {conv: 4, kernel: 3}
  - flatten
  - {dense: 2}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A spec; the clock is stopped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(import_module("cnncalc.executor.verify"), "perf_counter", lambda: 0.0)
    Path("small.yaml").write_text(NETWORK, encoding="utf-8")
    return "small.yaml"


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the analysis of convolutions wrong: the output is one row too small."""
    right = Conv.output

    def one_less_high(self: Conv, x: Shape) -> Shape:
        shape = right(self, x)
        return Shape(shape.channels, (shape.spatial[0] - 1, *shape.spatial[1:]))

    monkeypatch.setattr(Conv, "output", one_less_high)


WAYS = pytest.mark.parametrize("way", [(), ("--verbose",)], ids=["short", "verbose"])


@WAYS
def test_agreement(way: tuple[str, ...], spec: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc("verify", spec, *way)
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / f"verify{'_verbose' * len(way)}.txt", done.out)


@WAYS
@pytest.mark.usefixtures("fault")
def test_a_disagreement_shows_both_numbers(
    way: tuple[str, ...], spec: str, cnncalc: Run, golden: GoldenCheck
) -> None:
    done = cnncalc("verify", spec, *way)
    assert (done.code, done.err) == (1, "")
    golden(GOLDEN / f"verify_fault{'_verbose' * len(way)}.txt", done.out)


@pytest.mark.usefixtures("fault")
def test_the_number_of_printed_differences_is_limited(spec: str, cnncalc: Run) -> None:
    deep = NETWORK.replace("12x10x2", "60x60x2").replace("kernel: 3}", "kernel: 3, repeat: 9}")
    Path(spec).write_text(deep, encoding="utf-8")
    found = json.loads(cnncalc("verify", spec, "--format", "json").out)
    total = len(found["network"]) + sum(len(layer["differences"]) for layer in found["layers"])
    assert total > 40
    assert cnncalc("verify", spec).out.splitlines()[-1] == (f"… and {total - 40} more (--verbose prints all)")


@pytest.mark.usefixtures("fault")
def test_json_names_the_first_layer_that_differs(spec: str, cnncalc: Run) -> None:
    found = json.loads(cnncalc("verify", spec, "--format", "json").out)
    assert (found["agrees"], found["first"]) == (False, "conv1")
    assert found["inputs"] == {"input": [12, 10, 2]}
    assert found["layers"][0]["output"] == [10, 8, 3]
    assert found["layers"][0]["differences"][0] == {
        "quantity": "output shape",
        "analysis": "9×8×3",
        "executor": "10×8×3",
    }
