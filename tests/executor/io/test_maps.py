"""Maps as images: what Pillow, where it is installed, reads from them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cnncalc.executor.io.maps import SMALLEST, picture, png, sheet, write_map

VALUES = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
GREY = [[0, 51, 102], [153, 204, 255]]


@pytest.mark.parametrize("name", ["map.png", "map.pgm"])
def test_the_pixels_are_the_values_from_black_to_white(name: str, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    write_map(tmp_path / name, VALUES)
    with image.open(tmp_path / name) as picture:
        assert picture.mode == "L"
        assert np.asarray(picture).tolist() == GREY


def test_png_needs_no_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    write_map(tmp_path / "map.png", VALUES)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_picture_has_a_square_for_each_position() -> None:
    pixels = picture(VALUES)
    assert pixels.shape == (256, 384)
    assert SMALLEST == 384
    assert pixels[64::128, 64::128].tolist() == GREY
    assert {len(np.unique(each)) for row in np.split(pixels, 2) for each in np.split(row, 3, axis=1)} == {1}


def test_the_outline_is_around_the_box_and_shows_on_any_grey() -> None:
    plain = picture(np.arange(48.0).reshape(6, 8))
    drawn = picture(np.arange(48.0).reshape(6, 8), ((1, 2), (3, 6)))
    changed = np.argwhere(plain != drawn)
    zoom = 48
    assert changed.min(axis=0).tolist() == [1 * zoom, 3 * zoom]
    assert changed.max(axis=0).tolist() == [3 * zoom - 1, 7 * zoom - 1]
    assert (drawn != plain)[1 * zoom + 1 : 3 * zoom - 1, 3 * zoom + 1 : 7 * zoom - 1].sum() == 0
    assert set(np.unique(drawn[1 * zoom, 3 * zoom : 7 * zoom])) == {0, 255}


@pytest.mark.parametrize("sizes", [(5,), (1, 5)])
def test_a_sequence_is_a_strip(sizes: tuple[int, ...]) -> None:
    strip = picture(np.arange(5.0).reshape(sizes), tuple((0, n - 1) for n in sizes))
    assert strip.shape == (77, 385)


def test_values_that_are_no_numbers_are_black() -> None:
    pixels = picture(np.array([[np.nan, 1.0], [3.0, np.inf]]))
    assert pixels[::192, ::192].tolist() == [[0, 0], [255, 0]]
    assert not picture(np.full((2, 2), np.nan)).any()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_patches_are_in_rows(channels: int) -> None:
    patches = [np.full((4, 4, channels), float(at)) for at in range(5)]
    pixels = sheet(patches)
    assert pixels.shape == ((2 * 134 + 6, 3 * 134 + 6, 3)[: 3 if channels == 3 else 2])
    centres = pixels[70::134, 70::134]
    assert centres.reshape(6, -1)[:, 0].tolist() == [0, 64, 128, 191, 255, 255]


def test_a_coloured_png_is_what_pillow_reads(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    (tmp_path / "x.png").write_bytes(png(pixels))
    with image.open(tmp_path / "x.png") as read:
        assert np.asarray(read).tolist() == pixels.tolist()
