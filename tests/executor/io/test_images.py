"""Images as inputs: colours, sizes and orientation, and invalid ones."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc.executor.io.arrays import read_input
from cnncalc.executor.io.images import View
from cnncalc.executor.io.inputs import InputError
from cnncalc.shapes import Shape
from tests.executor.io.damaged_files import SMALL


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


def test_a_photo_is_rotated_by_its_exif_orientation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown rotated by 90° clockwise
    quarters(8, 4).save(tmp_path / "x.png", exif=exif)
    found = read_input(tmp_path / "x.png", Shape(1, (8, 4)), "chw")[0]
    assert found[:4, 2:].min() == 1
    assert found.mean() == 0.25


def test_resize_and_crop(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    quarters(24, 8).save(path)
    with pytest.raises(InputError) as error:
        read_input(path, SMALL, "chw")
    assert str(error.value) == (
        f"{path}: expected 4×4 (height×width), found 8×24: "
        "use --resize to stretch it, or --crop to scale and centre-crop it"
    )
    stretched = read_input(path, SMALL, "chw", View(fit="resize"))[0]
    assert np.array_equal(stretched > 0.5, np.pad(np.ones((2, 2), bool), ((0, 2), (0, 2))))
    cut = read_input(path, Shape(1, (8, 8)), "chw", View(fit="crop"))[0]
    assert np.array_equal(cut, np.asarray(quarters(8, 8)) / np.float32(255))


@pytest.mark.parametrize("shape", [Shape(5, (4, 4)), Shape(3, (4,)), Shape(3, (4, 4, 4)), Shape(16)])
def test_no_image_has_such_a_shape(shape: Shape, tmp_path: Path) -> None:
    colours("L", 0).save(tmp_path / "x.png")
    with pytest.raises(InputError, match="which cannot be an image"):
        read_input(tmp_path / "x.png", shape, "chw")


def test_pixels_without_a_scale_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "x.tiff")
    with pytest.raises(InputError, match=r"save them as \.npy"):
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
    said = r"bomb\.png has more than 178 million pixels: scale it down, or save it as an array \(\.npy\)$"
    with pytest.raises(InputError, match=said):
        read_input(path, Shape(3, (4, 4)), "chw", View(fit="resize"))


def test_without_pillow_the_message_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colours("L", 0).save(tmp_path / "x.png")
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(InputError) as error:
        read_input(tmp_path / "x.png", SMALL, "chw")
    assert str(error.value).endswith("reading images needs Pillow: pip install 'cnncalc[images]'")
