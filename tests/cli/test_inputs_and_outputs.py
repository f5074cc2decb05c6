"""Commands on networks with several inputs, several outputs and auxiliary heads."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnncalc import load, run
from tests.cli.conftest import Run
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden" / "ends"
SPEC = """cnncalc: 1
name: guided
inputs: {image: [3, 12, 12], mask: [1, 24, 24]}
layers:
  - {conv: 4, kernel: 3, padding: 1, from: image, name: a}
  - {conv: 4, kernel: 4, stride: 2, padding: 1, from: mask, name: b}
  - {add: [a, b], name: joined}
  - {conv: 2, kernel: 1, name: head, from: b}
  - {conv: 6, kernel: 3, padding: 1, from: a, name: dead}
  - {conv: 5, kernel: 3, from: joined, name: top}
outputs: {classes: top, early: a}
auxiliary: [head]
expect: {params: 587, params_with_auxiliary: 597, outputs: {classes: [5, 10, 10], early: [4, 12, 12]}}
budget: {output: 1K}
"""

CALLS = {
    "show.txt": "show",
    "show.md": "show --format markdown",
    "show.json": "show --format json --depth 1",
    "show.csv": "show --format csv --columns name,auxiliary,params,receptive_field",
    "field.txt": "field classes",
    "field.json": "field classes --json",
    "field_of_one.txt": "field b",
    "explain.txt": "explain classes --of receptive_field,output",
    "explain_network.txt": "explain",
    "check.txt": "check --show-passed",
    "diff.txt": "diff --input image=3x16x16 --input mask=1x32x32",
    "diff.json": "diff --input image=3x16x16 --input mask=1x32x32 --json",
    "compare.txt": "compare",
    "compare.json": "compare --json",
    "worksheet.txt": "worksheet",
    "reconcile.txt": "reconcile params=597",
}


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    return "net.yaml"


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, spec: str, cnncalc: Run, golden: GoldenCheck) -> None:
    command, *options = CALLS[name].split()
    done = cnncalc(command, spec, *options)
    golden(GOLDEN / name, done.out + done.err)


REFUSED = {
    "show net.yaml --input 3x16x16": "--input: the network has several inputs: image, mask",
    "show net.yaml --input imag=3x16x16": "--input: there is no input 'imag'",
    "show net.yaml --input mask=1x8x8 --input mask=1x9x9": "--input: 'mask' is given twice; "
    "with several inputs name each: --input image=3x320x320",
    "diff net.yaml --input 3x8x8 --input 3x9x9": "--input: two shapes for one input; "
    "with several inputs name each: --input image=3x320x320",
    "run net.yaml --input mask=m.npy": "--input: expected a shape such as 3x64x64; pass a file with --data "
    "mask=m.npy",
    "run net.yaml --data i.npy": "--data i.npy: expected NAME=FILE for one of the inputs: image, mask",
    "run net.yaml --data imag=i.npy": "--data imag=i.npy: there is no input 'imag'; did you mean 'image'?",
    "run net.yaml --data image=i.npy": "--data: no file for the input mask",
    "run net.yaml --data image=i.npy --data image=m.npy": "--data: two files for the input 'image'",
    "run net.yaml --data image=m.npy --data mask=m.npy": "expected an input of 3×12×12, with or without "
    "a batch axis; found 2×1×24×24",
    "run net.yaml --data image=i.npy --data mask=one.npy": "expected the same number of samples for "
    "every input; found image 2, mask 1",
    "run net.yaml --output y.npy": "y.npy: a .npy file holds one array, and the network has 2 outputs: "
    "classes, early; write y.npz, or one of them with --save",
    "influence net.yaml classes": "expected a network with one input; this one has 2: image, mask",
    "occlusion net.yaml": "expected a network with one input; this one has 2: image, mask",
    "equivariance net.yaml": "expected a network with one input; this one has 2: image, mask",
    "patches net.yaml classes": "expected a network with one input; this one has 2: image, mask",
}


@pytest.mark.parametrize("call", REFUSED)
def test_wrong_calls(call: str, spec: str, cnncalc: Run) -> None:
    assert spec == "net.yaml"
    np.save("i.npy", np.zeros((2, 3, 12, 12)))
    np.save("m.npy", np.zeros((2, 1, 24, 24)))
    np.save("one.npy", np.zeros((1, 24, 24)))
    done = cnncalc(*call.split())
    assert done.code == 2
    assert REFUSED[call] in done.err


def test_run_reads_and_writes_every_array(spec: str, cnncalc: Run) -> None:
    x = {name: np.random.default_rng(0).normal(size=size) for name, size in SIZES.items()}
    for name, array in x.items():
        np.save(f"{name}.npy", array)
    data = [part for name in x for part in ("--data", f"{name}={name}.npy")]
    assert cnncalc("run", spec, *data, "--output", "y.npz", "--save", "head", "--save", "early").code == 0
    expected = run(load(spec), {n: a.astype("float32") for n, a in x.items()}, keep=["head"])
    with np.load("y.npz") as file:
        assert {*file} == {"classes", "early"}
        for name, array in expected.outputs.items():
            assert np.array_equal(file[name], array)
    assert np.array_equal(np.load("head.npy"), expected["head"])
    assert np.array_equal(
        np.load("a.npy" if Path("a.npy").exists() else "early.npy"), expected.outputs["early"]
    )


SIZES = {"image": (2, 3, 12, 12), "mask": (2, 1, 24, 24)}


def test_heads_run_only_if_they_are_saved(spec: str, cnncalc: Run) -> None:
    rows = json.loads(cnncalc("run", spec, "--json").out)["layers"]
    assert [row["name"] for row in rows] == ["a", "b", "joined", "dead", "top"]
    rows = json.loads(cnncalc("run", spec, "--json", "--save", "head").out)["layers"]
    assert [row["name"] for row in rows] == ["a", "b", "joined", "head", "dead", "top"]


def test_the_analysis_agrees_with_the_executor(spec: str, cnncalc: Run) -> None:
    found = json.loads(cnncalc("verify", spec, "--json").out)
    assert (found["agrees"], found["fields_measured"]) == (True, True)
    assert [layer["name"] for layer in found["layers"]] == ["a", "b", "joined", "head", "dead", "top"]


def test_gradients_are_saved_for_every_input(spec: str, cnncalc: Run) -> None:
    assert cnncalc("gradients", spec, "--of", "classes", "--save", "g.npz").code == 0
    with np.load("g.npz") as file:
        assert file["image"].shape == (1, 3, 12, 12)
        assert file["mask"].shape == (1, 1, 24, 24)


def test_a_limit_on_the_output_is_for_every_output(spec: str, cnncalc: Run) -> None:
    done = cnncalc("check", spec, "--max", "output=400", "--max", "early:output=1")
    lines = [line for line in done.out.splitlines() if line.startswith("error")]
    assert sorted(lines) == [
        "error[budget]: output of classes: 5×10×10 is over the limit of 400",
        "error[budget]: output of early: 4×12×12 is over the limit of 1",
        "error[budget]: output of early: 4×12×12 is over the limit of 400",
    ]
