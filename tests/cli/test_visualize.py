"""The commands that visualize a network, and `calc --values`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncalc as library
from tests.cli.conftest import Run, in_window
from tests.conftest import GoldenCheck, mostly_slow

GOLDEN = Path(__file__).parent / "golden"

NETWORK = """
cnncalc: 1
name: small
input: [1, 8, 8]
layers:
  - {conv: 2, kernel: 3, name: features}
  - relu
  - {maxpool: 2}
  - flatten
  - {dense: 3, name: classes}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network, an image and weights that do not depend on a random generator."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(NETWORK, encoding="utf-8")
    rows, columns = np.mgrid[0:8, 0:8]
    np.save("image.npy", np.sin(rows * 0.9 + columns**1.5)[np.newaxis])
    spec = library.load("small.yaml")
    weights = {
        name: np.cos(np.arange(tensor.size) * 1.7 + 1).reshape(tensor.shape)
        for name, tensor in library.init_weights(spec).items()
    }
    np.savez("weights.npz", **weights)  # type: ignore[arg-type]
    return tmp_path


GIVEN = ("--data", "image.npy", "--weights", "weights.npz")

CALLS: dict[str, tuple[str, ...]] = {
    "gradients.txt": ("gradients", "small.yaml", "--unit", "1", *GIVEN),
    "gradients.json": ("gradients", "small.yaml", *GIVEN, "--format", "json"),
    "influence.txt": ("influence", "small.yaml", "maxpool1", "--unit", "0,1,2", *GIVEN),
    "influence.json": ("influence", "small.yaml", "features", *GIVEN, "--format", "json"),
    "occlusion.txt": ("occlusion", "small.yaml", "--patch", "2", "--stride", "1", *GIVEN),
    "patches.txt": (
        "patches",
        "small.yaml",
        "features",
        "image.npy",
        "--channel",
        "1",
        "--best",
        "3",
        *GIVEN[2:],
    ),
    "equivariance.txt": ("equivariance", "small.yaml", "--shift", "0,1", *GIVEN),
    "equivariance.json": ("equivariance", "small.yaml", "--shift=-2,0", *GIVEN, "--format", "json"),
    "calc_values.txt": (
        "calc",
        "--values",
        "1 2; 3 4",
        "conv",
        "relu",
        "--kernel",
        "1 -1; 0 1",
        "--bias",
        "1/2",
        "--explain",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, folder: Path, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc(*CALLS[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


MISTAKES: list[tuple[tuple[str, ...], str]] = [
    (("influence", "small.yaml", "featurs"), "there is no layer 'featurs'; did you mean 'features'?"),
    (
        ("influence", "small.yaml", "features", "--unit", "6,2"),
        "features has no unit 6,2: expected a position (height, width) up to 5,5, or a position and channel "
        "up to 1,5,5",
    ),
    (("gradients", "small.yaml", "--unit", "3"), "classes has no unit 3: expected 0 to 2"),
    (("gradients", "small.yaml", "--unit", "a"), "--unit: expected numbers, as in --unit 6,6; found 'a'"),
    (
        ("influence", "small.yaml", "features", "--share", "2"),
        "share must be above 0 and at most 1; found 2",
    ),
    (("occlusion", "small.yaml", "--patch", "9"), "the patch is larger than the image"),
    (
        ("occlusion", "small.yaml", "--patch", "0"),
        "patch must be a whole number above 0, or one per axis; found 0",
    ),
    (("occlusion", "small.yaml", "--data", "no.npy"), "no.npy cannot be read: No such file or directory"),
    (
        ("patches", "small.yaml", "features", "--channel", "2"),
        "features has no channel 2: expected 0 to 1",
    ),
    (("patches", "small.yaml", "features", "no.npy"), "no.npy cannot be read: No such file or directory"),
    (
        ("equivariance", "small.yaml", "--shift", "5,0"),
        "the shift must be at most half the image",
    ),
    (
        ("equivariance", "small.yaml", "--shift", "1"),
        "shift needs one number for each spatial axis of the input: height, width",
    ),
    (
        ("equivariance", "small.yaml", "--shift", "x"),
        "--shift: expected pixels, as in 0,4 or --shift=-2,0; found 'x'",
    ),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES)
def test_errors(call: tuple[str, ...], message: str, folder: Path, cnncalc: Run) -> None:
    assert cnncalc(*call) == (2, "", f"cnncalc: {message}\n")


WRITTEN: dict[str, str] = {
    "gradients small.yaml --save small.yaml": "small.yaml would overwrite an input or a spec",
    "gradients small.yaml --save other.yml": "other.yml would overwrite an input or a spec",
    "gradients small.yaml --weights weights.npz --save ./weights.npz": "weights.npz would overwrite "
    "an input or a spec",
    "gradients small.yaml --save all.txt": "all.txt: gradients are saved as .npz",
    "gradients small.yaml --save nowhere/all.npz": "cannot write nowhere/all.npz: there is no folder nowhere",
    "influence small.yaml features --data image.npy --save image.npy": "image.npy would "
    "overwrite an input or a spec",
    "influence small.yaml features --save map.txt": "map.txt: a map is saved as .npy, .png or .pgm",
    "occlusion small.yaml --save .": ".: a map is saved as .npy, .png or .pgm",
    "patches small.yaml features image.npy --save image.npy": "image.npy would overwrite an input or a spec",
    "patches small.yaml features only.npz --save only.npz": "only.npz would overwrite an input or a spec",
    "gradients small.yaml --data image.npy --resize": "--resize applies only to images; "
    "image.npy is not an image",
    "gradients small.yaml --mean 1": "--mean applies only to images; pass an image with --data",
    "patches small.yaml features image.npy --crop": "--crop applies only to images; "
    "none of these files is an image",
    "verify small.yaml --output small.yaml": "--output small.yaml may be a spec: expected a file that "
    "ends in .txt, .json or .xml",
}


@pytest.mark.parametrize("call", WRITTEN)
def test_inputs_are_not_overwritten(call: str, folder: Path, cnncalc: Run) -> None:
    np.savez("only.npz", np.load("image.npy"))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert cnncalc(*call.split()) == (2, "", f"cnncalc: {WRITTEN[call]}\n")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("command", ["gradients", "occlusion", "patches", "equivariance"])
def test_nan_in_the_output_is_reported(command: str, folder: Path, cnncalc: Run) -> None:
    with np.load("weights.npz") as given:
        weights = dict(given)
    weights["classes.weight"][:] = np.nan
    np.savez("nan.npz", **weights)  # type: ignore[arg-type]
    layer = ["classes"] if command == "patches" else []
    done = cnncalc(command, "small.yaml", *layer, "--weights", "nan.npz")
    assert (done.code, done.err) == (
        1,
        "cnncalc: the network outputs NaN or infinity; `cnncalc run small.yaml` shows where it starts\n",
    )


def test_images_are_converted_as_in_run(folder: Path, cnncalc: Run) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20), dtype=np.uint8)
    Image.fromarray(pixels).save("fitted.png")
    fitted = ("--crop", "--mean", "0.5", "--std", "0.25")
    Path("pass.yaml").write_text("cnncalc: 1\ninput: [1, 8, 8]\nlayers:\n  - identity\n")
    assert cnncalc("run", "pass.yaml", "--data", "fitted.png", *fitted, "--output", "fitted.npy").code == 0
    for command in ("gradients small.yaml", "occlusion small.yaml", "influence small.yaml features"):
        shown = cnncalc(*command.split(), "--data", "fitted.png", *fitted)
        assert (shown.code, shown.out) == (0, cnncalc(*command.split(), "--data", "fitted.npy").out)
    patches = ("patches", "small.yaml", "features")
    shown = cnncalc(*patches, "fitted.png", *fitted)
    assert (shown.code, shown.out) == (
        0,
        cnncalc(*patches, "fitted.npy").out.replace(".npy", ".png"),
    )


def test_saved_files_have_the_computed_values(folder: Path, cnncalc: Run) -> None:
    spec = library.load("small.yaml")
    assert cnncalc("gradients", "small.yaml", "--unit", "2", "--save", "all.npz").code == 0
    found = library.gradients(spec, unit=2)
    with np.load("all.npz") as saved:
        assert set(saved) == {"input", *found.weights}
        assert saved["features.weight"].tolist() == found.weights["features.weight"].tolist()
    assert cnncalc("influence", "small.yaml", "features", "--save", "map.npy").code == 0
    assert np.load("map.npy").tolist() == library.influence(spec, "features").map.tolist()
    assert cnncalc("occlusion", "small.yaml", "--save", "map.pgm").code == 0
    picture = Path("map.pgm").read_bytes()
    assert picture.startswith(b"P5\n8 8\n255\n")
    assert {picture[-64:].count(grey) > 0 for grey in (b"\x00", b"\xff")} == {True}
    assert cnncalc("patches", "small.yaml", "features", "--best", "2", "--save", "cut.npz").code == 0
    with np.load("cut.npz") as cut:
        assert {name: part.shape for name, part in cut.items()} == {"patch1": (1, 3, 3), "patch2": (1, 3, 3)}


IMAGES: dict[str, tuple[int, int]] = {
    "influence small.yaml features": (384, 384),
    "occlusion small.yaml": (384, 384),
    "gradients small.yaml": (384, 384),
    "patches small.yaml features --best 2": (402, 204),
}


@pytest.mark.parametrize("call", IMAGES)
def test_maps_are_written_as_images(call: str, folder: Path, cnncalc: Run) -> None:
    done = cnncalc(*call.split(), "-o", "map.png")
    assert (done.code, done.out, done.err) == (0, "", "")
    with Image.open("map.png") as picture:
        assert picture.size == IMAGES[call]
        low, high = picture.getextrema()
        assert (low, high) == (0, 255)


def test_the_outline_of_the_field_is_in_saved_images(folder: Path, cnncalc: Run) -> None:
    unit = ("influence", "small.yaml", "features", "--unit", "1,2")
    assert cnncalc(*unit, "--save", "saved.png", "-o", "written.png").code == 0
    assert Path("saved.png").read_bytes() == Path("written.png").read_bytes()
    with Image.open("written.png") as picture:
        row = np.asarray(picture)[48]  # the upper edge of rows 1 to 3, columns 2 to 4
    assert np.flatnonzero(row[:239]).tolist() == [x for x in range(96, 239) if (x - 96) // 4 % 2 == 0]


def test_a_network_with_several_inputs_has_no_single_map(folder: Path, cnncalc: Run) -> None:
    Path("two.yaml").write_text(
        "cnncalc: 1\ninputs: {a: [1, 4, 4], b: [1, 4, 4]}\nlayers:\n  - {add: [a, b]}\n"
    )
    assert cnncalc("gradients", "two.yaml", "-o", "map.png") == (
        2,
        "",
        "cnncalc: expected a network with one input; this one has 2: a, b; --save FILE.npz writes the "
        "gradients of all\n",
    )


def test_options_that_require_values(cnncalc: Run) -> None:
    done = cnncalc("calc", "28x28", "relu", "--flip")
    assert done.code == 2
    assert "--kernel, --bias, --flip and --unit require --values" in " ".join(done.err.split())


def test_the_same_as_json(cnncalc: Run) -> None:
    done = cnncalc("calc", "--values", "1 2; 3 4", "maxpool: 2", "--json")
    assert json.loads(done.out)["results"][0]["layers"][0]["output"] == [[4]]


@pytest.mark.parametrize("call", mostly_slow(["verify small.yaml --verbose", "equivariance small.yaml"]))
def test_a_narrow_terminal_cuts_no_digit(call: str, folder: Path) -> None:
    shown = in_window(folder, 36, *call.split()).replace("\r", "")
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 36
