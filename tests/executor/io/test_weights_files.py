"""Weights from files: a round trip is exact; damaged or hostile files give one message."""

import io
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc import init_weights, load
from cnncalc.executor.io.weights import WeightsError, write_weights
from cnncalc.executor.weight_files import read_weights
from tests.conftest import examples

TEXT = "cnncalc: 1\ninput: [2, 6, 6]\nlayers:\n  - {conv: 3, kernel: 3}\n  - flatten\n  - {dense: 2}\n"
SPEC = load(TEXT)
WEIGHTS = init_weights(SPEC)

MAGIC = b"\x93NUMPY"
MEGABYTE = 1 << 20


def header(dims: tuple[int, ...], data_type: str = "<f4") -> bytes:
    """The start of a `.npy` file with a given shape."""
    file = io.BytesIO()
    fields = {"descr": data_type, "fortran_order": False, "shape": dims}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


PARTS = {f"{name}.npy": header(tensor.shape) + tensor.tobytes() for name, tensor in WEIGHTS.items()}


def archive(**changed: bytes) -> bytes:
    """A valid file with a tensor replaced (`conv1` is conv1.weight) or an entry added."""
    file = io.BytesIO()
    entries = PARTS | {{"conv1": "conv1.weight.npy"}.get(name, name): data for name, data in changed.items()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return file.getvalue()


class Payload:
    """The code that a pickle would execute."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('executed')",))


NOT_THESE = "the weights do not fit this network\n  "
UNREADABLE = "cannot be read as .npz: "

HOSTILE: dict[str, tuple[bytes, str]] = {
    "no file of that kind": (b"hello", UNREADABLE + "it is no zip archive"),
    "an empty file": (b"", UNREADABLE + "it is no zip archive"),
    "a truncated one": (archive()[:-40], UNREADABLE + "it is truncated or damaged"),
    "its beginning gone": (archive()[100:], UNREADABLE),
    "a single array": (
        PARTS["conv1.weight.npy"],
        "expected an .npz file with named tensors, found a single array",
    ),
    "10^12 numbers": (
        archive(conv1=header((10**6, 10**6))),
        NOT_THESE + "conv1.weight: expected 3×2×3×3, found 1000000×1000000",
    ),
    "10^30 numbers": (
        archive(conv1=header((10**30,))),
        NOT_THESE + f"conv1.weight: expected 3×2×3×3, found {10**30}",
    ),
    "an extra tensor of 10^12 numbers": (
        archive(**{"more.npy": header((10**12,))}),
        NOT_THESE + "unknown tensor more",
    ),
    "fewer than none": (
        archive(conv1=header((3, 2, 3, -3))),
        UNREADABLE + "conv1.weight.npy has an invalid shape: (3, 2, 3, -3)",
    ),
    "fewer than it says": (
        archive(conv1=header((3, 2, 3, 3)) + b"12"),
        UNREADABLE
        + "conv1.weight.npy is truncated: expected 216 bytes for 3×2×3×3 of float32, found 130 bytes",
    ),
    "objects": (
        archive(conv1=header((3, 2, 3, 3), "|O") + pickle.dumps([Payload()] * 54)),
        NOT_THESE + "conv1.weight: expected numbers, found object",
    ),
    "a pickle": (
        archive(conv1=pickle.dumps(Payload())),
        UNREADABLE + "conv1.weight.npy does not start with the .npy signature",
    ),
    "code for a header": (
        archive(conv1=MAGIC + b"\x01\x00" + struct.pack("<H", 64) + b"exec('raise SystemExit')".ljust(64)),
        UNREADABLE + "malformed node or string on line 1: ",
    ),
    "a header of 200 MB": (
        archive(conv1=MAGIC + b"\x02\x00" + struct.pack("<I", 200 * MEGABYTE) + b" " * 200 * MEGABYTE),
        UNREADABLE + "conv1.weight.npy has a header of 209,715,200 bytes",
    ),
    "a version to come": (
        archive(conv1=MAGIC + b"\x09\x00" + header((3,))[8:]),
        UNREADABLE + "conv1.weight.npy has .npy version 9.0, which is not for numeric arrays",
    ),
    "an extra text": (
        archive(**{"README.txt": b"hello there"}),
        "the weights do not fit this network\n  unknown tensor README.txt",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_a_message_and_takes_no_memory(what: str, tmp_path: Path) -> None:
    data, message = HOSTILE[what]
    path = tmp_path / "w.npz"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(WeightsError) as caught:
        read_weights(path, SPEC.graph)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(caught.value).startswith((f"{path} {message}", f"{path}: {message}"))
    assert peak < 2 * MEGABYTE


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.npz", WEIGHTS)
    found = read_weights(tmp_path / "w.npz", SPEC.graph)
    assert found.keys() == WEIGHTS.keys()
    assert all(np.array_equal(found[name], WEIGHTS[name]) for name in WEIGHTS)
    assert [path.name for path in tmp_path.iterdir()] == ["w.npz"], "nothing unfinished is left"
    np.savez_compressed(tmp_path / "c.npz", **WEIGHTS)
    assert np.array_equal(read_weights(tmp_path / "c.npz", SPEC.graph)["dense1.bias"], WEIGHTS["dense1.bias"])


@pytest.mark.parametrize("name", [".", "missing.npz"])
def test_what_cannot_be_opened_is_an_error_of_the_system(name: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"."):
        read_weights(tmp_path / name, SPEC.graph)


@settings(
    max_examples=examples(300), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(data=st.data(), compressed=st.booleans())
def test_a_damaged_file_is_read_or_refused(
    data: st.DataObject, compressed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Changed bytes or a truncated end give weights or a message, and nothing else."""
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    written = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(written, **WEIGHTS)
    whole = bytearray(written.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.unlink(missing_ok=True)
    path.write_bytes(whole[: data.draw(st.just(len(whole)) | st.integers(0, len(whole)))])
    try:
        found = read_weights(path, SPEC.graph)
    except WeightsError:
        return
    assert {name: tensor.shape for name, tensor in found.items()} == {n: t.shape for n, t in WEIGHTS.items()}
