"""`cnncalc run`: what it reads, prints and writes, and how it says no."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc import analyze, init_weights, load, run
from cnncalc.executor import memory
from tests.cli.conftest import Run

TINY = "cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - {conv: 2, kernel: 3}\n  - relu\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a spec of one small convolution."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


def test_what_is_written_can_be_read_again(cnncalc: Run, folder: Path) -> None:
    spec = load("tiny.yaml")
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    np.save("x.npy", x)
    drawn = cnncalc(
        "run", "tiny.yaml", "--seed", "7", "--save-weights", "w.npz", "--input", "x.npy", "-o", "y.npy"
    )
    assert drawn.code == 0
    given = cnncalc(
        "run", "tiny.yaml", "--weights", "w.npz", "--input", "x.npy", "-o", "z.npy", "--save", "conv1"
    )
    assert given.code == 0
    expected = run(spec, x, init_weights(spec, seed=7), keep="*")
    assert np.array_equal(np.load("y.npy"), expected.output)
    assert np.array_equal(np.load("z.npy"), expected.output)
    assert np.array_equal(np.load("conv1.npy"), expected["conv1"])
    assert expected["conv1"].min() < 0 <= expected.output.min()


def test_a_row_has_the_values_of_its_array(cnncalc: Run, folder: Path) -> None:
    np.save("x.npy", np.ones((1, 4, 4)))
    np.savez(
        "w.npz", **{"conv1.weight": np.full((2, 1, 3, 3), [[[[1.0]]], [[[-2.0]]]]), "conv1.bias": [0.5, 0]}
    )
    done = cnncalc("run", "tiny.yaml", "--weights", "w.npz", "--input", "x.npy", "--format", "csv")
    rows = [line.split(",")[:-1] for line in done.out.splitlines()]
    assert rows == [
        ["layer", "kind", "output", "type", "min", "mean", "max", "zeros"],
        ["conv1", "conv", "2×2×2", "float32", "-18.0", "-4.25", "9.5", "0.0"],
        ["relu1", "relu", "2×2×2", "float32", "0.0", "4.75", "9.5", "0.5"],
    ]


def test_folded_rows_end_in_the_output_of_the_block(cnncalc: Run) -> None:
    done = cnncalc("run", "resnet18", "--input", "3x32x32", "--depth", "1")
    names = [row.name for row in analyze(load("resnet18")).at_depth(1)]
    assert [line.split()[0] for line in done.out.splitlines()[4 : 4 + len(names)]] == names


@pytest.mark.parametrize(("layout", "dims"), [("chw", (3, 5, 7)), ("hwc", (5, 7, 3))])
def test_a_picture_becomes_numbers(cnncalc: Run, folder: Path, layout: str, dims: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("photo.png")
    (folder / "pass.yaml").write_text(
        f"cnncalc: 1\nlayout: {layout}\ninput: {list(dims)}\nlayers:\n  - identity\n"
    )
    done = cnncalc(
        "run", "pass.yaml", "--input", "photo.png", "--mean", "imagenet", "--std", "0.5,0.25,2", "-o", "y.npy"
    )
    assert done.code == 0
    wanted = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.5, 0.25, 2]
    found = np.load("y.npy")[0]
    assert np.allclose(found if layout == "hwc" else np.moveaxis(found, 0, -1), wanted, atol=1e-6)


def test_a_picture_is_scaled_when_asked(cnncalc: Run, folder: Path) -> None:
    Image.new("L", (40, 60), 255).save("white.png")
    (folder / "pass.yaml").write_text("cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - identity\n")
    done = cnncalc("run", *["pass.yaml", "--input", "white.png", "--resize", "--std", "0.5", "-o", "x.npy"])
    assert done.code == 0
    assert np.array_equal(np.load("x.npy"), np.full((1, 1, 4, 4), 2))


def damaged(folder: Path) -> None:
    """Files that are not what they are called, or not for this network."""
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
    np.savez("two.npz", **{"conv1.weight": np.zeros((2, 1, 3, 3))})
    np.savez("objects.npz", **{"conv1.weight": np.array({}), "conv1.bias": np.zeros(2)})
    np.savez("turned.npz", **{"conv1.weight": np.zeros((3, 3, 1, 2)), "conv1.bias": np.zeros(2)})
    Image.new("RGB", (5, 4)).save("wide.png")
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    Path("huge.npy").write_bytes(header.ljust(127) + b"\n")


REFUSED = {
    "--input text.npy": "text.npy cannot be read as .npy: it holds Python objects, which are never loaded, "
    "or is damaged",
    "--input objects.npy": "objects.npy cannot be read as .npy: ",
    "--input empty.npy": "empty.npy cannot be read as .npy: ",
    "--input huge.npy": "huge.npy cannot be read as .npy: ",
    "--input words.npy": "the input holds <U3, not numbers",
    "--input nan.npy": "the input holds numbers that are not finite (NaN or infinity)",
    "--input other.npy": "the input is 1×4×5, and the network takes 1×4×4, with or without a batch in front",
    "--input last.npy": "the input is 4×4×1, and the network takes 1×4×4, with or without a batch in front; "
    "it seems to be in the other order, and chw is needed",
    "--input none.npy": "the input is 0×1×4×4, and the network takes 1×4×4, with or without a batch in front",
    "--input missing.npy": "missing.npy cannot be read: No such file or directory",
    "--input .": ".: an input is a .npy file, an image (.png, .jpg …) or a shape, 3x64x64",
    "--input text.png": "text.png cannot be read as an image: cannot identify image file 'text.png'",
    "--input wide.png": "wide.png is 4×5, and the network takes 4×4: --resize scales it",
    "--weights text.npz": "text.npz cannot be read as .npz: File is not a zip file",
    "--weights missing.npz": "missing.npz cannot be read: No such file or directory",
    "--weights two.npz": "two.npz: the weights are not those of this network\n"
    "  there is no tensor conv1.bias, of 2",
    "--weights objects.npz": "objects.npz: the weights are not those of this network\n"
    "  conv1.weight holds object, not numbers",
    "--weights turned.npz": "turned.npz: the weights are not those of this network\n"
    "  conv1.weight is 3×3×1×2, and 2×1×3×3 is needed",
    "--save conv2": "--save: there is no layer 'conv2'; did you mean 'conv1'?",
    "--save conv1=a.npy --save relu1=a.npy": "a.npy would be written twice",
    "--output tiny.yaml": "writing tiny.yaml would take the place of what is read",
    "--output nowhere/y.npy": "there is no folder nowhere to write y.npy into",
    "--input nan.npy --output nan.npy": "writing nan.npy would take the place of what is read",
    "--input wide.png --resize --mean a": "--mean takes numbers, as in 0.5,0.5,0.5, or imagenet, not 'a'",
    "--input wide.png --resize --std 0": "--std must be above 0",
    "--input wide.png --resize --std 1,2": "--std gives 2 numbers, and there are 1 channels",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_be_done_is_said(cnncalc: Run, folder: Path, options: str) -> None:
    damaged(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = cnncalc("run", "tiny.yaml", *options.split())
    assert done.err.startswith(f"cnncalc: {REFUSED[options]}")
    assert (done.code, done.out) == (2, "")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_the_first_layer_that_is_not_finite_is_named(cnncalc: Run, folder: Path) -> None:
    np.savez("w.npz", **{"conv1.weight": np.full((2, 1, 3, 3), 1e38), "conv1.bias": np.zeros(2)})
    np.save("x.npy", np.full((1, 4, 4), 9.0))
    done = cnncalc("run", "tiny.yaml", "--weights", "w.npz", "--input", "x.npy")
    assert done.code == 1
    assert done.err == (
        "cnncalc: conv1 (conv) is the first layer that puts out NaN or infinity: 8 of 8 numbers; "
        "--dtype float64, or other weights, may keep it finite\n"
    )
    assert (
        cnncalc("run", "tiny.yaml", "--weights", "w.npz", "--input", "x.npy", "--dtype", "float64").code == 0
    )


@pytest.mark.parametrize("command", ["run", "verify"])
def test_what_does_not_fit_in_memory_is_refused(
    cnncalc: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 150_000_000)
    done = cnncalc(command, "resnet18", "--batch", "64")
    assert done.code == 2
    assert "a batch of 64 of 3×224×224 takes about" in done.err
    assert "--batch 3 would fit" in done.err
    done = cnncalc(command, "resnet18", "--batch", "1", "--input", "3x1024x1024")
    assert "--input 3x384x384 --batch 1 would fit" in done.err
    assert "its weights alone are too many" in cnncalc(command, "vgg16", "--batch", "1").err
