"""Randomly changed files are read or refused; files are written atomically."""

import io
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc import init_weights, load
from cnncalc.executor.io.arrays import read_input, write
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.io.maps import write_map
from cnncalc.executor.io.weights import WeightsError
from cnncalc.executor.weight_files import read_weights
from tests.conftest import examples
from tests.executor.io.damaged_files import SMALL, TINY, ZEROS, npy, zipped


def test_whatever_a_file_holds_is_read_or_refused(tmp_path: Path) -> None:
    tiny = load(TINY)
    chance = random.Random(0)
    picture = io.BytesIO()
    Image.new("L", (4, 4), 200).save(picture, "PNG")
    photo = io.BytesIO()
    Image.new("L", (4, 4), 200).save(photo, "JPEG")
    weights = zipped(**{name: npy(tensor) for name, tensor in init_weights(tiny).items()})
    whole = {"x.npy": npy(ZEROS), "x.npz": zipped(a=npy(ZEROS)), "x.png": picture.getvalue()}
    whole |= {"x.jpg": photo.getvalue(), "w.npz": weights}
    refused, times = 0, examples(400)
    for name, data in whole.items():
        for _ in range(times):
            changed = bytearray(data)
            for _ in range(chance.choice((1, 1, 2, 5, 20))):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            cut = chance.randrange(len(data)) if chance.random() < 0.2 else len(data)
            path = tmp_path / name
            path.unlink(missing_ok=True)  # some file systems wait for the disk where a file is written over
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
    assert refused > times * len(whole) / 4


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


@pytest.mark.parametrize("name", ["map.npy", "map.pgm", "map.png"])
def test_an_unfinished_file_is_neither_left_nor_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="No space left") as error:
        write_map(path, ZEROS[0])
    assert error.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []
