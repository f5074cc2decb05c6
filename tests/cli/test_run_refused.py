"""Errors of `cnncalc run`: damaged files, weights of another network, NaN."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run


def damaged(folder: Path) -> None:
    """Writes files that are damaged, or do not fit this network."""
    Path("text.npy").write_text("hello")
    Path("text.npz").write_text("hello")
    Path("text.png").write_text("hello")
    Path("empty.npy").touch()
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save("words.npy", np.full((1, 4, 4), "one"))
    np.save("nan.npy", np.full((1, 4, 4), np.nan))
    np.save("other.npy", np.zeros((1, 4, 5)))
    np.save("last.npy", np.zeros((4, 4, 1)))
    np.save("none.npy", np.zeros((0, 1, 4, 4)))
    np.save("number.npy", np.array(1.0))
    np.save("good.npy", np.zeros((3, 1, 4, 4)))
    np.save("large.npy", np.pad([[[1e300]]], ((0, 0), (0, 3), (0, 3))))
    Path("folder.npy").mkdir()
    np.savez("two.npz", **{"conv1.weight": np.zeros((2, 1, 3, 3))})
    np.savez("objects.npz", **{"conv1.weight": np.array({}), "conv1.bias": np.zeros(2)})
    np.savez("turned.npz", **{"conv1.weight": np.zeros((3, 3, 1, 2)), "conv1.bias": np.zeros(2)})
    Image.new("RGB", (5, 4)).save("wide.png")
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    Path("huge.npy").write_bytes(header.ljust(127) + b"\n")


REFUSED = {
    "--data text.npy": "text.npy cannot be read as .npy: it does not start with the .npy signature",
    "--data objects.npy": "the input must be numeric; found object",
    "--data empty.npy": "empty.npy cannot be read as .npy: it does not start with the .npy signature",
    "--data huge.npy": "huge.npy cannot be read as .npy: it is truncated: expected 8,000.0 GB for "
    "1000000×1000000 of float64, found 0 bytes",
    "--data words.npy": "the input must be numeric; found <U3",
    "--data nan.npy": "16 input values are NaN or infinite in float32",
    "--data large.npy": "1 input value is NaN or infinite in float32",
    "--data other.npy": "expected an input of 1×4×4, with or without a batch axis; found 1×4×5",
    "--data last.npy": "expected an input of 1×4×4, with or without a batch axis; found 4×4×1; "
    "the axes seem to be transposed: expected layout chw",
    "--data none.npy": "the input is an empty batch: 0×1×4×4",
    "--data number.npy": "expected an input of 1×4×4, with or without a batch axis; found a scalar",
    "--data missing.npy": "missing.npy cannot be read: No such file or directory",
    "--data ./3x4x4": "3x4x4 cannot be read: No such file or directory",
    "--data .": ". cannot be read: Is a directory",
    "--data text.png": "text.png cannot be read as an image: the format is unknown or the file is damaged",
    "--data wide.png": "wide.png: expected 4×4 (height×width), found 4×5: use --resize to stretch it, "
    "or --crop to scale and centre-crop it",
    "--data good.npy --batch 4": "--batch is for noise only; good.npy has 3 samples",
    "--data good.npy --resize": "--resize applies only to images; good.npy is not an image",
    "--std 2": "--std applies only to images; pass an image with --data",
    "--weights text.npz": "text.npz cannot be read as .npz: it is no zip archive",
    "--weights missing.npz": "missing.npz cannot be read: No such file or directory",
    "--weights two.npz": "two.npz: the weights do not fit this network\n  missing tensor conv1.bias of 2",
    "--weights objects.npz": "objects.npz: the weights do not fit this network\n"
    "  conv1.weight: expected numbers, found object",
    "--weights turned.npz": "turned.npz: the weights do not fit this network\n"
    "  conv1.weight: expected 2×1×3×3, found 3×3×1×2",
    "--save conv2": "--save: there is no layer 'conv2'; did you mean 'conv1'?",
    "--save convolutions*": "--save: there is no layer 'convolutions*'; expected one of conv1, relu1",
    "--save conv1=": "--save conv1=: expected a file after =; --save conv1 writes conv1.npy",
    "--save *=a.npy": "--save *=a.npy: expected a folder for 2 layers, as in *=a/",
    "--save conv1=nowhere/": "cannot write nowhere/conv1.npy: there is no folder nowhere",
    "--save conv1=a.npy --save relu1=a.npy": "a.npy: expected a different file for each output",
    "--save conv1 --save *": "conv1.npy: expected a different file for each output",
    "--output tiny.yaml": "--output tiny.yaml may be a spec: expected a file that ends in .txt, .json, .csv, "
    ".md, .markdown, .npy or .npz",
    "--output other.yml": "--output other.yml may be a spec: expected a file that ends in .txt, .json, .csv, "
    ".md, .markdown, .npy or .npz",
    "--output nowhere/y.npy": "cannot write nowhere/y.npy: there is no folder nowhere",
    "--output y.png": "--output y.png: expected a file that ends in .txt, .json, .csv, .md, "
    ".markdown, .npy or .npz, or --format",
    "--output folder.npy": "cannot write folder.npy: expected a file, found a folder",
    "--save-weights w.pt": "w.pt: weights are saved as .npz",
    "--data nan.npy --output nan.npy": "--output nan.npy would overwrite an input; choose another file",
    "--data nan.npy --format json --output nan.npy": "--output nan.npy would overwrite an input; "
    "choose another file",
    "--input wide.png": "--input: expected a shape such as 3x64x64; pass a file with --data wide.png",
    "--weights two.npz --save-weights two.npz": "two.npz would overwrite an input or a spec",
    "--data wide.png --resize --crop": "--resize and --crop exclude each other",
    "--data wide.png --resize --mean a": "--mean: expected numbers such as 0.5,0.5,0.5, or imagenet; "
    "found 'a'",
    "--data wide.png --resize --mean nan": "--mean: expected numbers such as 0.5,0.5,0.5, or imagenet; "
    "found 'nan'",
    "--data wide.png --resize --std 0": "--std: expected numbers above 0",
    "--data wide.png --resize --std 1,2": "--std: expected one number per channel (1), or one; found 2",
}


@pytest.mark.parametrize("options", REFUSED)
def test_errors(cnncalc: Run, folder: Path, options: str) -> None:
    damaged(folder)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    done = cnncalc("run", "tiny.yaml", *options.split())
    assert done == (2, "", f"cnncalc: {REFUSED[options]}\n")
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_the_first_nonfinite_layer_is_reported(cnncalc: Run, folder: Path) -> None:
    np.savez("w.npz", **{"conv1.weight": np.full((2, 1, 3, 3), 1e38), "conv1.bias": np.zeros(2)})
    np.save("x.npy", np.full((1, 4, 4), 9.0))
    overflows = ("run", "tiny.yaml", "--weights", "w.npz", "--data", "x.npy")
    done = cnncalc(*overflows, "--output", "y.npy")
    assert done.code == 1
    assert done.err == (
        "cnncalc: conv1 (conv) is the first layer that outputs NaN or infinity: 8 of 8 values; "
        "try --dtype float64 or other weights\n"
    )
    assert np.isinf(np.load("y.npy")).all()
    assert cnncalc(*overflows, "--dtype", "float64").code == 0
    data = json.loads(cnncalc(*overflows, "--format", "json").out)
    assert data["first_not_finite"] == "conv1"
    assert data["layers"][0]["max"] is None
    assert [layer["finite"] for layer in data["layers"]] == [False, False]
    (output,) = data["outputs"].values()
    assert output["first"] == [None] * 6


def test_nonfinite_weights_are_reported(cnncalc: Run, folder: Path) -> None:
    weight = np.ones((2, 1, 3, 3))
    weight[1, 0, 2, :2] = np.nan, np.inf
    np.savez("w.npz", **{"conv1.weight": weight, "conv1.bias": np.zeros(2)})
    done = cnncalc("run", "tiny.yaml", "--weights", "w.npz")
    assert (done.code, done.err) == (
        1,
        "cnncalc: conv1 (conv) is the first layer that outputs NaN or infinity: 4 of 8 values; "
        "the weights file has NaN or infinity in conv1.weight (2)\n",
    )


def test_a_block_with_a_nonfinite_layer_is_not_finite(cnncalc: Run, folder: Path) -> None:
    (folder / "block.yaml").write_text(
        "cnncalc: 1\ninput: [1, 4, 4]\nblocks: {deep: {layers: [{conv: 1, kernel: 3, bias: false}, relu]}}\n"
        "layers:\n  - {use: deep, name: deep}\n"
    )
    np.savez("w.npz", **{"deep.conv1.weight": np.full((1, 1, 3, 3), -1e38)})
    np.save("x.npy", np.full((1, 4, 4), 9.0))
    called = ("run", "block.yaml", "--weights", "w.npz", "--data", "x.npy", "--format", "json")
    (whole,) = json.loads(cnncalc(*called, "--depth", "1").out)["layers"]
    assert whole["max"] == 0
    assert not whole["finite"]
