"""`cnncalc run`: inputs, printed output and files."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc import analyze, init_weights, load, run
from cnncalc.executor import memory, network
from cnncalc.executor.runtime import context
from tests.cli.conftest import Run, in_window
from tests.conftest import GoldenCheck, mostly_slow

GOLDEN = Path(__file__).parent / "golden"


def test_saved_arrays_can_be_loaded(cnncalc: Run, folder: Path) -> None:
    spec = load("tiny.yaml")
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    np.save("x.npy", x)
    drawn = cnncalc(
        "run", "tiny.yaml", "--seed", "7", "--save-weights", "w.npz", "--data", "x.npy", "-o", "y.npy"
    )
    assert drawn.code == 0
    given = cnncalc(
        "run", "tiny.yaml", "--weights", "w.npz", "--data", "x.npy", "-o", "z.npy", "--save", "conv1"
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
    done = cnncalc("run", "tiny.yaml", "--weights", "w.npz", "--data", "x.npy", "--format", "csv")
    rows = [line.split(",")[:-1] for line in done.out.splitlines()]
    assert rows == [
        ["layer", "kind", "output", "dtype", "min", "mean", "max", "zeros"],
        ["conv1", "conv", "2x2x2", "float32", "-18.0", "-4.25", "9.5", "0.0"],
        ["relu1", "relu", "2x2x2", "float32", "0.0", "4.75", "9.5", "0.5"],
    ]


def test_folded_rows_show_the_output_of_the_block(cnncalc: Run) -> None:
    done = cnncalc("run", "resnet18", "--input", "3x32x32", "--depth", "1")
    names = [row.name for row in analyze(load("resnet18")).at_depth(1)]
    assert [line.split()[0] for line in done.out.splitlines()[4 : 4 + len(names)]] == names


@pytest.mark.parametrize(("layout", "dims"), [("chw", (3, 5, 7)), ("hwc", (5, 7, 3))])
def test_an_image_becomes_an_array(cnncalc: Run, folder: Path, layout: str, dims: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("photo.png")
    (folder / "pass.yaml").write_text(
        f"cnncalc: 1\nlayout: {layout}\ninput: {list(dims)}\nlayers:\n  - identity\n"
    )
    done = cnncalc(
        "run", "pass.yaml", "--data", "photo.png", "--mean", "imagenet", "--std", "0.5,0.25,2", "-o", "y.npy"
    )
    assert done.code == 0
    wanted = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.5, 0.25, 2]
    found = np.load("y.npy")[0]
    assert np.allclose(found if layout == "hwc" else np.moveaxis(found, 0, -1), wanted, atol=1e-6)


def test_an_image_is_resized_on_request(cnncalc: Run, folder: Path) -> None:
    Image.new("L", (40, 60), 255).save("white.png")
    (folder / "pass.yaml").write_text("cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - identity\n")
    done = cnncalc("run", *["pass.yaml", "--data", "white.png", "--resize", "--std", "0.5", "-o", "x.npy"])
    assert done.code == 0
    assert np.array_equal(np.load("x.npy"), np.full((1, 1, 4, 4), 2))


def exact(folder: Path) -> tuple[str, ...]:
    """A network with the same numbers on every machine: sums of a few integers."""
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
    return ("run", "exact.yaml", "--data", "x.npy", "--weights", "w.npz")


@pytest.fixture
def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops the clock."""
    for module in (network, context):
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


def test_printed_values_match_the_arrays(cnncalc: Run, folder: Path) -> None:
    called = exact(folder)
    data = json.loads(cnncalc(*called, "--format", "json", "--save", "*=.", "--output", "y.npy").out)
    files = {"pair.conv1": "pair.conv1.conv"}  # the row shows the convolution alone
    for layer in data["layers"]:
        array = np.load(f"{files.get(layer['name'], layer['name'])}.npy")
        assert list(array.shape[1:]) == layer["output"]
        assert [layer["min"], layer["max"]] == [array.min(), array.max()]
        assert layer["mean"] == pytest.approx(array.mean())
        assert layer["zeros"] == pytest.approx((array == 0).mean())
    (output,) = data["outputs"].values()
    assert output == {"sizes": [1, 3], "first": np.load("y.npy")[0].tolist()}
    report = analyze(load("exact.yaml"))
    assert data["totals"]["macs"] == report.totals.macs
    assert data["totals"]["seconds"] == pytest.approx(sum(layer["seconds"] for layer in data["layers"]))


def test_all_formats_agree(cnncalc: Run, folder: Path) -> None:
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


def test_a_file_with_a_batch_is_run_as_a_batch(cnncalc: Run, folder: Path) -> None:
    x = np.arange(48, dtype=np.float32).reshape(3, 1, 4, 4)
    np.savez("x.npz", x)
    assert cnncalc("run", "tiny.yaml", "--data", "x.npz", "--batch", "3", "--output", "y.npy").code == 0
    assert np.array_equal(np.load("y.npy"), run(load("tiny.yaml"), x).output)


@pytest.mark.parametrize("text", ["1x6x6", "1×6×6", "1,6,6", "[1, 6, 6]"])
def test_input_is_the_shape_of_noise(cnncalc: Run, folder: Path, text: str) -> None:
    assert "input 1×6×6" in cnncalc("run", "tiny.yaml", "--input", text).out


def test_saved_weights_reproduce_the_run(cnncalc: Run, folder: Path) -> None:
    cnncalc("run", "tiny.yaml", "--seed", "5", "--save-weights", "w.npz", "--output", "a.npy")
    cnncalc("run", "tiny.yaml", "--seed", "5", "--output", "b.npy")
    cnncalc("run", "tiny.yaml", "--seed", "5", "--weights", "w.npz", "--output", "c.npy")
    cnncalc("run", "tiny.yaml", "--seed", "6", "--weights", "w.npz", "--output", "d.npy")
    a, b, c, d = (np.load(f"{name}.npy") for name in "abcd")
    assert np.array_equal(a, b)
    assert np.array_equal(a, c)
    assert not np.array_equal(a, d)


@pytest.mark.parametrize("width", mostly_slow([30, 50, 80, 120]))
def test_any_terminal_width_works(folder: Path, width: int) -> None:
    shown = in_window(folder, width, *exact(folder)).replace("\r", "").splitlines()
    assert max(map(len, shown)) <= width
    assert any(line.startswith("pair.conv1") for line in shown)
    assert not any("…" in line for line in shown if not line.startswith(("output", " ")) and "×" in line)


@pytest.mark.parametrize("command", ["run", "verify"])
def test_a_run_that_exceeds_memory_is_refused(
    cnncalc: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 150_000_000)
    done = cnncalc(command, "resnet18", "--batch", "64")
    assert done.code == 2
    assert "not enough memory for a batch of 64 of 3×224×224: about" in done.err
    assert "--batch 3 would fit" in done.err
    done = cnncalc(command, "resnet18", "--batch", "1", "--input", "3x1024x1024")
    assert "--input 3x384x384 --batch 1 would fit" in done.err
    assert "the weights alone do not fit" in cnncalc(command, "vgg16", "--batch", "1").err
