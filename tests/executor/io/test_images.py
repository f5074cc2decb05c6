"""Images as inputs: colours, sizes and orientation, and invalid ones."""

import os
import struct
import zlib
from pathlib import Path
from typing import Literal

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


@pytest.mark.parametrize(
    ("height", "width", "kind", "said"),
    [
        (60_000, 60_000, 2, "has more than 178 million pixels"),
        (13_300, 13_300, 2, "has 13,300×13,300 pixels, more than 33 million with 3 channels"),
        (6_000, 6_000, 2, "has 6,000×6,000 pixels, more than 33 million with 3 channels"),
        (5_100, 5_100, 6, "has 5,100×5,100 pixels, more than 25 million with 4 channels"),
        (6_000, 6_000, 0, "has 6,000×6,000 pixels, more than 33 million with 3 channels"),
    ],
)
@pytest.mark.parametrize("fit", ["exact", "resize"])
def test_an_image_that_unpacks_to_gigabytes_is_refused_before_it_is_decoded(
    height: int, width: int, kind: int, said: str, fit: Literal["exact", "resize"], tmp_path: Path
) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    path = tmp_path / "bomb.png"  # its pixels cannot be decoded, which would give another message
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"?" * 100) + chunk(b"IEND", b"")
    )
    with pytest.raises(InputError) as error:
        read_input(path, Shape(3, (4, 4)), "chw", View(fit=fit))
    assert str(error.value) == f"{path} {said}: scale it down, or save it as an array (.npy)"


STARTED = {
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\nshowpage\n",
    "PDF": b"%PDF-1.4\n%%EOF\n",
    "WMF": b"\xd7\xcd\xc6\x9a" + bytes(100),
    "FITS": b"SIMPLE  =                    T".ljust(2880),
    "XPM": b'/* XPM */\nstatic char *x[] = {"1 1 1 1","a c #000000","a"};\n',
}


@pytest.mark.parametrize("name", STARTED)
@pytest.mark.parametrize("ending", [".png", ".jpg", ".tiff"])
def test_no_other_format_is_opened_and_no_program_started(
    name: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("gs", "gswin64c"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    path = tmp_path / f"x{ending}"
    path.write_bytes(STARTED[name])
    with pytest.raises(InputError) as error:
        read_input(path, Shape(3, (4, 4)), "chw", View(fit="resize"))
    said = f"{path} cannot be read as an image: the format is unknown or the file is damaged"
    assert str(error.value) == said
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp", ".gif", ".tiff", ".ppm", ".webp"])
def test_these_formats_are_read(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{ending}"
    colours("RGB", 255, 255, 255).save(path)
    assert read_input(path, Shape(3, (4, 4)), "chw").mean() > 0.99


def test_without_pillow_the_message_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colours("L", 0).save(tmp_path / "x.png")
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(InputError) as error:
        read_input(tmp_path / "x.png", SMALL, "chw")
    assert str(error.value).endswith("reading images needs Pillow: pip install 'cnncalc[images]'")
