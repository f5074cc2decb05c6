"""Inputs from array files: valid, hostile or damaged."""

from pathlib import Path

import numpy as np
import pytest

from cnncalc.executor.io import headers
from cnncalc.executor.io.arrays import read_input
from cnncalc.executor.io.inputs import InputError, checked_input, samples
from tests.executor.io.damaged_files import SMALL, ZEROS, damaged, header, npy, says, zipped

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
    assert checked_input(found, SMALL, "chw", "float32").shape == (ARRAYS[name].size // 16, 1, 4, 4)


def test_of_a_large_file_only_what_is_used_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        file.write(says("(1000000000, 1, 4, 4)"))
        file.truncate(file.tell() + 64_000_000_000)  # a sparse file without data on disk
    found = read_input(path, SMALL, "chw")
    assert samples(found.shape, found.dtype, SMALL, "chw") == 10**9


INPUTS: dict[str, tuple[str, bytes, str]] = {
    "text": (
        "x.npy",
        b"hello, world",
        "x.npy cannot be read as .npy: it does not start with the .npy signature",
    ),
    "nothing": ("x.npy", b"", "x.npy cannot be read as .npy: it does not start with the .npy signature"),
    "cut in the header": (
        "x.npy",
        npy(ZEROS)[:40],
        "x.npy cannot be read as .npy: it is truncated in its header",
    ),
    "cut behind it": (
        "x.npy",
        npy(ZEROS)[:-1],
        "x.npy cannot be read as .npy: it is truncated: expected 64 bytes for "
        "1×4×4 of float32, found 63 bytes",
    ),
    "10¹² elements": (
        "x.npy",
        says("(1000000, 1000000)"),
        "x.npy cannot be read as .npy: it is truncated: expected 4,000.0 GB for "
        "1000000×1000000 of float32, found 0 bytes",
    ),
    "sizes below 0": (
        "x.npy",
        says("(-1, 4, 4)"),
        "x.npy cannot be read as .npy: it has an invalid shape: (-1, 4, 4)",
    ),
    "sizes that are no numbers": (
        "x.npy",
        says("(True, 4, 4)"),
        "x.npy cannot be read as .npy: it has an invalid shape: ",
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
        "x.npy cannot be read as .npy: it has .npy version 9.9, which is not for numeric arrays",
    ),
    "objects": (
        "x.npy",
        npy(np.array([[[{}]]], dtype=object)),
        "the input must be numeric; found object",
    ),
    "words": ("x.npy", npy(np.full((1, 4, 4), "one")), "the input must be numeric; found <U3"),
    "complex numbers": ("x.npy", npy(ZEROS.astype(complex)), "the input must be numeric; found complex128"),
    "two arrays": (
        "x.npz",
        zipped(a=npy(ZEROS), b=npy(ZEROS)),
        "x.npz: expected one array, found 2 (a, b)",
    ),
    "an array twice": (
        "x.npz",
        zipped(**{"a": npy(ZEROS), "b.npy": npy(ZEROS), "b": npy(ZEROS)}),
        "x.npz cannot be read as .npz: duplicate array b",
    ),
    "no array": ("x.npz", zipped(), "x.npz: expected one array, found 0 (none)"),
    "an archive of other things": (
        "x.npz",
        zipped(a=b"hello"),
        "x.npz cannot be read as .npz: a.npy does not start with the .npy signature",
    ),
    "an archive called .npy": (
        "x.npy",
        zipped(a=npy(ZEROS[:, :2])),
        "expected an input of 1×4×4, with or without a batch axis; found 1×2×4",
    ),
    "an archive that says more than it holds": (
        "x.npz",
        zipped(a=says("(1000000, 1, 4, 4)")),
        "x.npz cannot be read as .npz: a.npy is truncated: expected 64.0 MB for 1000000×1×4×4 of float32",
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
        "x.npz cannot be read as .npz: it is truncated or damaged",
    ),
    "text called .png": ("x.png", b"hello", "x.png cannot be read as an image: the format is unknown"),
    "a table": (
        "x.csv",
        b"1,2\n",
        "x.csv: expected an array (.npy, .npz) or an image (.png, .jpg …)",
    ),
}


@pytest.mark.parametrize("case", INPUTS)
def test_invalid_files_are_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    monkeypatch.setattr(headers, "available", lambda: 20_000_000)
    with pytest.raises(InputError, match=r"it unpacks to 32.0 MB; 20.0 MB of memory are available"):
        read_input(path, SMALL, "chw")
