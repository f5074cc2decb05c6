"""Inputs out of files, and names in files of weights: whole, hostile, damaged or of another network."""

import io
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc import Spec, init_weights, load
from cnncalc.executor import files
from cnncalc.executor.files import read_input, read_weights, write, write_weights
from cnncalc.executor.images import View
from cnncalc.executor.inputs import InputError, samples, taken
from cnncalc.executor.weights import WeightsError
from cnncalc.shapes import Shape

SMALL = Shape(1, (4, 4))
TINY = "cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - {conv: 2, kernel: 3, norm: batch}\n"


@pytest.fixture
def tiny() -> Spec:
    return load(TINY)


def npy(array: np.ndarray) -> bytes:
    data = io.BytesIO()
    np.save(data, array, allow_pickle=True)
    return data.getvalue()


def header(text: str, version: tuple[int, int] = (1, 0), length: int | None = None) -> bytes:
    """The beginning of an .npy file that says whatever it likes."""
    data = text.encode()
    form = "<H" if version == (1, 0) else "<I"
    return b"\x93NUMPY" + bytes(version) + struct.pack(form, len(data) if length is None else length) + data


def says(dims: str, kind: str = "<f4") -> bytes:
    return header(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {dims}, }}\n")


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name is there twice
        for name, content in members.items():
            archive.writestr(name if name.endswith(".npy") else f"{name}.npy", content)
    return data.getvalue()


def damaged(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


ZEROS = np.zeros((1, 4, 4), np.float32)

ARRAYS: dict[str, np.ndarray] = {
    "float32": np.arange(16, dtype=np.float32).reshape(1, 4, 4),
    "float64 from last to first": np.asfortranarray(np.arange(16, dtype=np.float64).reshape(1, 4, 4)),
    "bytes": np.arange(16, dtype=np.uint8).reshape(1, 4, 4),
    "big-endian": np.arange(16, dtype=">i2").reshape(1, 4, 4),
    "a batch": np.arange(48, dtype=np.float16).reshape(3, 1, 4, 4),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("ending", [".npy", ".npz", ""])
def test_an_array_is_read_as_it_was_written(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{ending}"
    path.write_bytes(zipped(only=npy(ARRAYS[name])) if ending == ".npz" else npy(ARRAYS[name]))
    found = read_input(path, SMALL, "chw")
    assert np.array_equal(found, ARRAYS[name])
    assert taken(found, SMALL, "chw", "float32").shape == (ARRAYS[name].size // 16, 1, 4, 4)


def test_of_a_large_file_only_what_is_used_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        file.write(says("(1000000000, 1, 4, 4)"))
        file.truncate(file.tell() + 64_000_000_000)  # a hole: the disk holds nothing of it
    found = read_input(path, SMALL, "chw")
    assert samples(found.shape, found.dtype, SMALL, "chw") == 10**9


INPUTS: dict[str, tuple[str, bytes, str]] = {
    "text": ("x.npy", b"hello, world", "x.npy cannot be read as .npy: it does not begin as .npy does"),
    "nothing": ("x.npy", b"", "x.npy cannot be read as .npy: it does not begin as .npy does"),
    "cut in the header": (
        "x.npy",
        npy(ZEROS)[:40],
        "x.npy cannot be read as .npy: it ends within its header",
    ),
    "cut behind it": (
        "x.npy",
        npy(ZEROS)[:-1],
        "x.npy cannot be read as .npy: it should be 1×4×4 of float32, which is 64 bytes, "
        "and 63 bytes are there",
    ),
    "10¹² elements": (
        "x.npy",
        says("(1000000, 1000000)"),
        "x.npy cannot be read as .npy: it should be 1000000×1000000 of float32, which is 4,000.0 GB, "
        "and 0 bytes are there",
    ),
    "sizes below 0": (
        "x.npy",
        says("(-1, 4, 4)"),
        "x.npy cannot be read as .npy: it says that its sizes are (-1, 4, 4)",
    ),
    "sizes that are no numbers": (
        "x.npy",
        says("(True, 4, 4)"),
        "x.npy cannot be read as .npy: it says that",
    ),
    "a call in the place of sizes": (
        "x.npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os').abort()}\n"),
        "x.npy cannot be read as .npy: ",
    ),
    "a long header": (
        "x.npy",
        header(" " * 100, (2, 0), 2**31),
        "x.npy cannot be read as .npy: it has a header of 2,147,483,648 bytes",
    ),
    "another version": (
        "x.npy",
        header("", (9, 9)),
        "x.npy cannot be read as .npy: it is written in version 9.9 of .npy, which holds no numbers",
    ),
    "objects": (
        "x.npy",
        npy(np.array([[[{}]]], dtype=object)),
        "the input holds object, not numbers",
    ),
    "words": ("x.npy", npy(np.full((1, 4, 4), "one")), "the input holds <U3, not numbers"),
    "complex numbers": ("x.npy", npy(ZEROS.astype(complex)), "the input holds complex128, not numbers"),
    "two arrays": (
        "x.npz",
        zipped(a=npy(ZEROS), b=npy(ZEROS)),
        "x.npz holds 2 arrays (a, b): an input is one",
    ),
    "an array twice": (
        "x.npz",
        zipped(**{"a": npy(ZEROS), "b.npy": npy(ZEROS), "b": npy(ZEROS)}),
        "x.npz cannot be read as .npz: b is there twice",
    ),
    "no array": ("x.npz", zipped(), "x.npz holds 0 arrays (none): an input is one"),
    "an archive of other things": (
        "x.npz",
        zipped(a=b"hello"),
        "x.npz cannot be read as .npz: a.npy does not begin as .npy does",
    ),
    "an archive called .npy": (
        "x.npy",
        zipped(a=npy(ZEROS[:, :2])),
        "the input is 1×2×4, and the network takes 1×4×4",
    ),
    "an archive that says more than it holds": (
        "x.npz",
        zipped(a=says("(1000000, 1, 4, 4)")),
        "x.npz cannot be read as .npz: a.npy should be 1000000×1×4×4 of float32",
    ),
    "a header of zeros without end": (
        "x.npz",
        zipped(a=header("", (2, 0), 2**32 - 1) + bytes(50_000_000)),
        "x.npz cannot be read as .npz: a.npy has a header of 4,294,967,295 bytes",
    ),
    "a damaged archive": (
        "x.npz",
        damaged(zipped(a=npy(ARRAYS["float32"])), 60),
        "x.npz cannot be read as .npz: ",
    ),
    "half an archive": (
        "x.npz",
        zipped(a=npy(ZEROS))[:100],
        "x.npz cannot be read as .npz: File is not a zip file",
    ),
    "text called .png": ("x.png", b"hello", "x.png cannot be read as an image: cannot identify image file"),
    "a table": (
        "x.csv",
        b"1,2\n",
        "x.csv: an input is an array (.npy, .npz), an image (.png, .jpg …) or a shape",
    ),
}


@pytest.mark.parametrize("case", INPUTS)
def test_what_is_no_input_is_said(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, data, said = INPUTS[case]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(InputError) as error:
        read_input(Path(name), SMALL, "chw")
    assert str(error.value).startswith(said)


def test_an_archive_that_unpacks_to_more_than_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.npz"
    path.write_bytes(zipped(a=says("(500000, 1, 4, 4)") + bytes(32_000_000)))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(files, "available", lambda: 20_000_000)
    with pytest.raises(InputError, match=r"bomb.npz takes 32.0 MB, and 20.0 MB are free"):
        read_input(path, SMALL, "chw")


def colours(mode: str, *colour: int) -> Image.Image:
    return Image.new(mode, (4, 4), colour if len(colour) > 1 else colour[0])


PICTURES: dict[str, tuple[Image.Image, dict[int, list[float]]]] = {
    "grey": (colours("L", 51), {1: [0.2], 2: [0.2, 1], 3: [0.2] * 3, 4: [0.2, 0.2, 0.2, 1]}),
    "colour": (colours("RGB", 255, 0, 51), {1: [0.3216], 3: [1, 0, 0.2], 4: [1, 0, 0.2, 1]}),
    "black or white": (colours("1", 1), {1: [1], 3: [1, 1, 1]}),
    "half transparent": (colours("RGBA", 255, 0, 0, 51), {3: [1, 0.8, 0.8], 4: [1, 0, 0, 0.2], 1: [0.86]}),
    "grey and transparent": (colours("LA", 0, 0), {1: [1], 2: [0, 0], 3: [1, 1, 1]}),
    "with a palette": (colours("RGB", 255, 0, 51).quantize(2), {3: [1, 0, 0.2]}),
    "16 bits": (
        Image.fromarray(np.full((4, 4), 13107, np.uint16)),
        {1: [0.2], 3: [0.2] * 3, 4: [0.2, 0.2, 0.2, 1]},
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_becomes_numbers_from_0_to_1(name: str, tmp_path: Path) -> None:
    picture, wanted = PICTURES[name]
    picture.save(tmp_path / "x.png")
    for channels, expected in wanted.items():
        found = read_input(tmp_path / "x.png", Shape(channels, (4, 4)), "chw")
        assert found.shape == (channels, 4, 4)
        assert found[:, 1, 2] == pytest.approx(expected, abs=2e-3)
        last = read_input(tmp_path / "x.png", Shape(channels, (4, 4)), "hwc")
        assert np.array_equal(np.moveaxis(last, -1, 0), found)


def test_mean_and_deviation_are_those_of_the_channels(tmp_path: Path) -> None:
    colours("RGB", 255, 0, 51).save(tmp_path / "x.png")
    view = View(mean=(0.5, 0.25, 0.1), std=(0.5, 0.25, 0.1))
    assert read_input(tmp_path / "x.png", Shape(3, (4, 4)), "chw", view)[:, 0, 0] == pytest.approx([1, -1, 1])


def quarters(width: int, height: int) -> Image.Image:
    """White in the upper left quarter, black elsewhere."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[: height // 2, : width // 2] = 255
    return Image.fromarray(pixels)


def test_a_photo_is_turned_as_the_camera_was_held(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # what is shown is the file turned by 90° clockwise
    quarters(8, 4).save(tmp_path / "x.png", exif=exif)
    found = read_input(tmp_path / "x.png", Shape(1, (8, 4)), "chw")[0]
    assert found[:4, 2:].min() == 1
    assert found.mean() == 0.25


def test_another_size_is_stretched_or_cut_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    quarters(24, 8).save(path)
    with pytest.raises(InputError) as error:
        read_input(path, SMALL, "chw")
    assert str(error.value) == (
        f"{path} is 8×24 (height×width), and the network takes 4×4: "
        "--resize stretches it, --crop scales it and cuts out the middle"
    )
    stretched = read_input(path, SMALL, "chw", View(fit="resize"))[0]
    assert np.array_equal(stretched > 0.5, np.pad(np.ones((2, 2), bool), ((0, 2), (0, 2))))
    cut = read_input(path, Shape(1, (8, 8)), "chw", View(fit="crop"))[0]
    assert np.array_equal(cut, np.asarray(quarters(8, 8)) / np.float32(255))


@pytest.mark.parametrize("shape", [Shape(5, (4, 4)), Shape(3, (4,)), Shape(3, (4, 4, 4)), Shape(16)])
def test_no_image_has_such_a_shape(shape: Shape, tmp_path: Path) -> None:
    colours("L", 0).save(tmp_path / "x.png")
    with pytest.raises(InputError, match="which no image has"):
        read_input(tmp_path / "x.png", shape, "chw")


def test_pixels_without_a_scale_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "x.tiff")
    with pytest.raises(InputError, match=r"write them as \.npy"):
        read_input(tmp_path / "x.tiff", SMALL, "chw")


def test_a_picture_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
    with pytest.raises(InputError, match=r"bomb\.png cannot be read as an image: "):
        read_input(path, Shape(3, (4, 4)), "chw", View(fit="resize"))


def test_without_pillow_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colours("L", 0).save(tmp_path / "x.png")
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(InputError) as error:
        read_input(tmp_path / "x.png", SMALL, "chw")
    assert str(error.value).endswith("which is not installed: pip install 'cnncalc[images]'")


def changed(**other: np.ndarray | None) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    def change(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        merged = {**weights, **{name.replace("__", "."): tensor for name, tensor in other.items()}}
        return {name: tensor for name, tensor in merged.items() if tensor is not None}

    return change


def prefixed(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"module.{name}": tensor for name, tensor in weights.items()}


HEAD = "w.npz: the weights are not those of this network\n  "

UNFITTING = {
    "one too few": (changed(conv1__bias=None), "there is no tensor conv1.bias, of 2"),
    "one too many": (changed(conv2__bias=np.zeros(2)), "no layer has a tensor conv2.bias"),
    "misshapen": (
        changed(conv1__weight=np.zeros((3, 3, 1, 2))),
        "conv1.weight is 3×3×1×2, and 2×1×3×3 is needed",
    ),
    "no numbers": (changed(conv1__bias=np.array(["a", "b"])), "conv1.bias holds <U1, not numbers"),
    "objects": (
        changed(conv1__bias=np.array([{}, {}], dtype=object)),
        "conv1.bias holds object, not numbers",
    ),
    "names that steer a terminal": (
        changed(**{"\x1b[2J": np.zeros(2)}),
        "no layer has a tensor \ufffd[2J",
    ),
    "PyTorch's counters": (
        changed(**{"conv1.norm.num_batches_tracked": np.array(5)}),
        "no layer has a tensor conv1.norm.num_batches_tracked\n"
        "  leave out the 1 tensors .num_batches_tracked, which PyTorch only counts in",
    ),
    "a prefix": (
        prefixed,
        "there is no tensor conv1.weight, of 2×1×3×3\n"
        "  there is no tensor conv1.bias, of 2\n"
        "  there is no tensor conv1.norm.weight, of 2\n"
        "  there is no tensor conv1.norm.bias, of 2\n"
        "  there is no tensor conv1.norm.running_mean, of 2\n"
        "  there is no tensor conv1.norm.running_var, of 2\n"
        "  no layer has a tensor module.conv1.weight\n"
        "  no layer has a tensor module.conv1.bias\n"
        "  no layer has a tensor module.conv1.norm.weight\n"
        "  no layer has a tensor module.conv1.norm.bias\n"
        "  … and 2 more\n"
        "  take 'module.' off the beginning of 6 names, and they are known",
    ),
}


@pytest.mark.parametrize("case", UNFITTING)
def test_weights_of_another_network_are_named(
    case: str, tiny: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, said = UNFITTING[case]
    monkeypatch.chdir(tmp_path)
    Path("w.npz").write_bytes(
        zipped(**{name: npy(each) for name, each in change(init_weights(tiny)).items()})
    )
    with pytest.raises(WeightsError) as error:
        read_weights(Path("w.npz"), tiny.graph)
    assert str(error.value) == HEAD + said


def test_weights_of_quite_another_network_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    write_weights(path, init_weights(load("mobilenet_v3_small")))
    with pytest.raises(WeightsError) as error:
        read_weights(path, load("densenet121").graph)
    assert str(error.value).count("\n") == 11


def test_a_file_of_pytorch_is_never_executed(tiny: Spec, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(WeightsError, match="is a file of PyTorch, which would have to be executed"):
        read_weights(path, tiny.graph)


def test_whatever_a_file_holds_is_read_or_refused(tiny: Spec, tmp_path: Path) -> None:
    chance = random.Random(0)
    picture = io.BytesIO()
    quarters(4, 4).save(picture, "PNG")
    photo = io.BytesIO()
    quarters(4, 4).save(photo, "JPEG")
    weights = zipped(**{name: npy(tensor) for name, tensor in init_weights(tiny).items()})
    whole = {"x.npy": npy(ZEROS), "x.npz": zipped(a=npy(ZEROS)), "x.png": picture.getvalue()}
    whole |= {"x.jpg": photo.getvalue(), "w.npz": weights}
    refused = 0
    for name, data in whole.items():
        for _ in range(400):
            changed = bytearray(data)
            for _ in range(chance.choice((1, 1, 2, 5, 20))):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            cut = chance.randrange(len(data)) if chance.random() < 0.2 else len(data)
            path = tmp_path / name
            path.write_bytes(changed[:cut])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    if name == "w.npz":
                        read_weights(path, tiny.graph)
                    else:
                        read_input(path, SMALL, "chw")
                except (InputError, WeightsError):
                    refused += 1
    assert refused > 500


def test_what_is_written_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "y.npy"
    write(path, ZEROS)
    before = path.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fails)
    with pytest.raises(OSError, match="No space left"):
        write(path, ZEROS + 1)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_links_stay_links_and_devices_devices(tmp_path: Path) -> None:
    (tmp_path / "real.npy").touch()
    (tmp_path / "link.npy").symlink_to("real.npy")
    write(tmp_path / "link.npy", ZEROS)
    assert (tmp_path / "link.npy").is_symlink()
    assert np.array_equal(np.load(tmp_path / "real.npy"), ZEROS)
    write(Path("/dev/null"), ZEROS)
    assert Path("/dev/null").is_char_device()
