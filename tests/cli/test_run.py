"""`cnncalc run`: what it reads, prints and writes, and how it says no."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc import analyze, init_weights, load, run
from cnncalc.executor import memory, network, tools
from tests.cli.conftest import Run, in_window
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden"

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
        ["layer", "kind", "output", "dtype", "min", "mean", "max", "zeros"],
        ["conv1", "conv", "2x2x2", "float32", "-18.0", "-4.25", "9.5", "0.0"],
        ["relu1", "relu", "2x2x2", "float32", "0.0", "4.75", "9.5", "0.5"],
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
    "--input text.npy": "text.npy cannot be read as .npy: it does not begin as .npy does",
    "--input objects.npy": "the input holds object, not numbers",
    "--input empty.npy": "empty.npy cannot be read as .npy: it does not begin as .npy does",
    "--input huge.npy": "huge.npy cannot be read as .npy: it should be 1000000×1000000 of float64, which is "
    "8,000.0 GB, and 0 bytes are there",
    "--input words.npy": "the input holds <U3, not numbers",
    "--input nan.npy": "16 numbers of the input are not finite in float32 (NaN or infinity)",
    "--input large.npy": "a number of the input is not finite in float32 (NaN or infinity)",
    "--input other.npy": "the input is 1×4×5, and the network takes 1×4×4, with or without a batch in front",
    "--input last.npy": "the input is 4×4×1, and the network takes 1×4×4, with or without a batch in front; "
    "it seems to be in the other order, and chw is needed",
    "--input none.npy": "the input is 0×1×4×4: it holds no sample",
    "--input number.npy": "the input is a single number, and the network takes 1×4×4, with or without a "
    "batch in front",
    "--input missing.npy": "missing.npy cannot be read: No such file or directory",
    "--input ./3x4x4": "3x4x4 cannot be read: No such file or directory",
    "--input .": ". cannot be read: Is a directory",
    "--input text.png": "text.png cannot be read as an image: cannot identify image file 'text.png'",
    "--input wide.png": "wide.png is 4×5 (height×width), and the network takes 4×4: --resize stretches it, "
    "--crop scales it and cuts out the middle",
    "--input good.npy --batch 4": "--batch 4 is for noise; good.npy holds 3 samples",
    "--input good.npy --resize": "--resize is for images, and good.npy is none",
    "--std 2": "--std is for images, and there is none",
    "--weights text.npz": "text.npz cannot be read as .npz: File is not a zip file",
    "--weights missing.npz": "missing.npz cannot be read: No such file or directory",
    "--weights two.npz": "two.npz: the weights are not those of this network\n"
    "  there is no tensor conv1.bias, of 2",
    "--weights objects.npz": "objects.npz: the weights are not those of this network\n"
    "  conv1.weight holds object, not numbers",
    "--weights turned.npz": "turned.npz: the weights are not those of this network\n"
    "  conv1.weight is 3×3×1×2, and 2×1×3×3 is needed",
    "--save conv2": "--save: there is no layer 'conv2'; did you mean 'conv1'?",
    "--save convolutions*": "--save: there is no layer 'convolutions*'; known here: conv1, relu1",
    "--save conv1=": "--save conv1= names no file; conv1 alone is written into conv1.npy",
    "--save *=a.npy": "--save *=a.npy: these are 2 layers for one file; *=a/ writes them into a folder",
    "--save conv1=nowhere/": "there is no folder nowhere to write conv1.npy into",
    "--save conv1=a.npy --save relu1=a.npy": "a.npy would be written twice",
    "--save conv1 --save *": "conv1.npy would be written twice",
    "--output tiny.yaml": "writing tiny.yaml would take the place of what is read",
    "--output other.yml": "writing other.yml would take the place of what is read",
    "--output nowhere/y.npy": "there is no folder nowhere to write y.npy into",
    "--output y.json": "y.json: an output is written as .npy",
    "--output folder.npy": "folder.npy is a folder, and a file is to be written",
    "--save-weights w.pt": "w.pt: weights are written as .npz",
    "--input nan.npy --output nan.npy": "writing nan.npy would take the place of what is read",
    "--input wide.png --resize --output ./wide.png": "writing wide.png would take the place of what is read",
    "--weights two.npz --save-weights two.npz": "writing two.npz would take the place of what is read",
    "--input wide.png --resize --crop": "--resize stretches an image, --crop cuts it: one of them, not both",
    "--input wide.png --resize --mean a": "--mean takes numbers, as in 0.5,0.5,0.5, or imagenet, not 'a'",
    "--input wide.png --resize --mean nan": "--mean takes numbers, as in 0.5,0.5,0.5, or imagenet, not 'nan'",
    "--input wide.png --resize --std 0": "--std must be above 0",
    "--input wide.png --resize --std 1,2": "--std gives 2 numbers, and the network takes 1 channels",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_be_done_is_said(cnncalc: Run, folder: Path, options: str) -> None:
    damaged(folder)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    done = cnncalc("run", "tiny.yaml", *options.split())
    assert done == (2, "", f"cnncalc: {REFUSED[options]}\n")
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_the_first_layer_that_is_not_finite_is_named(cnncalc: Run, folder: Path) -> None:
    np.savez("w.npz", **{"conv1.weight": np.full((2, 1, 3, 3), 1e38), "conv1.bias": np.zeros(2)})
    np.save("x.npy", np.full((1, 4, 4), 9.0))
    overflows = ("run", "tiny.yaml", "--weights", "w.npz", "--input", "x.npy")
    done = cnncalc(*overflows, "--output", "y.npy")
    assert done.code == 1
    assert done.err == (
        "cnncalc: conv1 (conv) is the first layer that puts out NaN or infinity: 8 of 8 numbers; "
        "--dtype float64, or other weights, may keep it finite\n"
    )
    assert np.isinf(np.load("y.npy")).all()
    assert cnncalc(*overflows, "--dtype", "float64").code == 0
    data = json.loads(cnncalc(*overflows, "--format", "json").out)
    assert data["first_not_finite"] == "conv1"
    assert data["layers"][0]["max"] is None
    assert [layer["finite"] for layer in data["layers"]] == [False, False]
    assert data["output"]["first"] == [None] * 6


def test_weights_that_are_none_themselves_are_named(cnncalc: Run, folder: Path) -> None:
    weight = np.ones((2, 1, 3, 3))
    weight[1, 0, 2, :2] = np.nan, np.inf
    np.savez("w.npz", **{"conv1.weight": weight, "conv1.bias": np.zeros(2)})
    done = cnncalc("run", "tiny.yaml", "--weights", "w.npz")
    assert (done.code, done.err) == (
        1,
        "cnncalc: conv1 (conv) is the first layer that puts out NaN or infinity: 4 of 8 numbers; "
        "2 of conv1.weight are so in the weights' file: look where it was written\n",
    )


def test_a_block_in_which_numbers_go_astray_is_not_finite(cnncalc: Run, folder: Path) -> None:
    (folder / "block.yaml").write_text(
        "cnncalc: 1\ninput: [1, 4, 4]\nblocks: {deep: {layers: [{conv: 1, kernel: 3, bias: false}, relu]}}\n"
        "layers:\n  - {use: deep, name: deep}\n"
    )
    np.savez("w.npz", **{"deep.conv1.weight": np.full((1, 1, 3, 3), -1e38)})
    np.save("x.npy", np.full((1, 4, 4), 9.0))
    called = ("run", "block.yaml", "--weights", "w.npz", "--input", "x.npy", "--format", "json")
    (whole,) = json.loads(cnncalc(*called, "--depth", "1").out)["layers"]
    assert whole["max"] == 0
    assert not whole["finite"]


def exact(folder: Path) -> tuple[str, ...]:
    """A network whose numbers are the same on every machine: sums of few whole numbers."""
    (folder / "exact.yaml").write_text(
        "cnncalc: 1\nname: exact\ninput: [1, 6, 6]\nblocks:\n  pair:\n    layers:\n"
        "      - {conv: 2, kernel: 3, act: relu}\n      - {maxpool: 2}\n"
        "layers:\n  - {use: pair, name: pair}\n  - flatten\n  - {dense: 3}\n"
    )
    np.save("x.npy", np.arange(36).reshape(1, 6, 6) % 7)
    spec = load("exact.yaml")
    tensors = {
        name: np.arange(each.size).reshape(each.shape) % 5 - 2 for name, each in init_weights(spec).items()
    }
    np.savez("w.npz", **tensors)
    return ("run", "exact.yaml", "--input", "x.npy", "--weights", "w.npz")


@pytest.fixture
def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands still."""
    for module in (network, tools):
        monkeypatch.setattr(module, "perf_counter", lambda: 0.0)


PRINTED = {
    "run.txt": (),
    "run_depth1.txt": ("--depth", "1"),
    "run_plain.txt": ("--plain", "--dtype", "float64"),
    "run.md": ("--format", "markdown"),
    "run.json": ("--format", "json"),
}


@pytest.mark.usefixtures("timeless")
@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed(name: str, cnncalc: Run, folder: Path, golden: GoldenCheck) -> None:
    done = cnncalc(*exact(folder), *PRINTED[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


def test_the_printed_values_are_those_of_the_arrays(cnncalc: Run, folder: Path) -> None:
    called = exact(folder)
    data = json.loads(cnncalc(*called, "--format", "json", "--save", "*=.", "--output", "y.npy").out)
    files = {"pair.conv1": "pair.conv1.conv"}  # the row is of the convolution alone
    for layer in data["layers"]:
        array = np.load(f"{files.get(layer['name'], layer['name'])}.npy")
        assert list(array.shape[1:]) == layer["output"]
        assert [layer["min"], layer["max"]] == [array.min(), array.max()]
        assert layer["mean"] == pytest.approx(array.mean())
        assert layer["zeros"] == pytest.approx((array == 0).mean())
    assert data["output"] == {"sizes": [1, 3], "first": np.load("y.npy")[0].tolist()}
    report = analyze(load("exact.yaml"))
    assert data["totals"]["macs"] == report.totals.macs
    assert data["totals"]["seconds"] == pytest.approx(sum(layer["seconds"] for layer in data["layers"]))


def test_all_formats_tell_the_same(cnncalc: Run, folder: Path) -> None:
    called = exact(folder)
    layers = json.loads(cnncalc(*called, "--format", "json").out)["layers"]
    lines = [line.split(",") for line in cnncalc(*called, "--format", "csv").out.splitlines()]
    assert [line[0] for line in lines[1:]] == [layer["name"] for layer in layers]
    assert [float(line[6]) for line in lines[1:]] == [layer["max"] for layer in layers]


def test_several_layers_are_saved_by_a_pattern(cnncalc: Run, folder: Path) -> None:
    (folder / "out").mkdir()
    called = exact(folder)
    assert cnncalc(*called, "--save", "pair.*=out/", "--save", "pair", "--save", "dense1=d.npy").code == 0
    assert {path.name for path in (folder / "out").iterdir()} == {
        "pair.conv1.conv.npy",
        "pair.conv1.act.npy",
        "pair.maxpool1.npy",
    }
    assert np.array_equal(np.load("pair.npy"), np.load("out/pair.maxpool1.npy"))
    assert np.load("d.npy").shape == (1, 3)


def test_a_batch_of_a_file_is_run_as_it_is(cnncalc: Run, folder: Path) -> None:
    x = np.arange(48, dtype=np.float32).reshape(3, 1, 4, 4)
    np.savez("x.npz", x)
    assert cnncalc("run", "tiny.yaml", "--input", "x.npz", "--batch", "3", "--output", "y.npy").code == 0
    assert np.array_equal(np.load("y.npy"), run(load("tiny.yaml"), x).output)


@pytest.mark.parametrize("text", ["1x6x6", "1×6×6", "1,6,6", "[1, 6, 6]"])
def test_sizes_are_a_shape_for_noise(cnncalc: Run, folder: Path, text: str) -> None:
    assert "input 1×6×6" in cnncalc("run", "tiny.yaml", "--input", text).out


def test_weights_that_were_drawn_can_be_used_again(cnncalc: Run, folder: Path) -> None:
    cnncalc("run", "tiny.yaml", "--seed", "5", "--save-weights", "w.npz", "--output", "a.npy")
    cnncalc("run", "tiny.yaml", "--seed", "5", "--output", "b.npy")
    cnncalc("run", "tiny.yaml", "--seed", "5", "--weights", "w.npz", "--output", "c.npy")
    cnncalc("run", "tiny.yaml", "--seed", "6", "--weights", "w.npz", "--output", "d.npy")
    a, b, c, d = (np.load(f"{name}.npy") for name in "abcd")
    assert np.array_equal(a, b)
    assert np.array_equal(a, c)
    assert not np.array_equal(a, d)


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_a_window_is_never_too_narrow(folder: Path, width: int) -> None:
    shown = in_window(folder, width, *exact(folder)).replace("\r", "").splitlines()
    assert max(map(len, shown)) <= width
    assert any(line.startswith("pair.conv1") for line in shown)
    assert not any("…" in line for line in shown if not line.startswith(("output", " ")) and "×" in line)


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
