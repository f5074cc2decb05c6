"""Maps as images: what Pillow, where it is installed, reads from them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cnncalc.executor.io.maps import write_map

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
