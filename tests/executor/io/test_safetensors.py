"""`.safetensors`: every data type is read exactly, and damaged files give one message."""

import json
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from cnncalc import init_weights, load
from cnncalc.executor.io.safetensors import SafeTensors
from cnncalc.executor.io.weights import WeightsError
from cnncalc.executor.weight_files import read_mapped, read_weights

SPEC = load("cnncalc: 1\ninput: [2, 6, 6]\nlayers:\n  - {conv: 3, kernel: 3, norm: batch}\n")
WEIGHTS = init_weights(SPEC, seed=3)
NAMES = {np.dtype("float32"): "F32", np.dtype("float16"): "F16", np.dtype("int64"): "I64"}


def entry(dims: tuple[int, ...], begin: int, end: int, data_type: str = "F32") -> dict[str, object]:
    return {"dtype": data_type, "shape": list(dims), "data_offsets": [begin, end]}


def written(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def packed(tensors: dict[str, np.ndarray]) -> bytes:
    """A whole file."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, each in tensors.items():
        header[name] = entry(each.shape, len(data), len(data) + each.nbytes, NAMES[each.dtype])
        data += each.tobytes()
    return written(header, data)


def test_tensors_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(packed({"conv1.norm.num_batches_tracked": np.array(7), **WEIGHTS}))
    found = read_mapped(path, SPEC.graph)
    assert found.by_order == 0
    assert all(np.array_equal(found.tensors[name], WEIGHTS[name]) for name in WEIGHTS)


def test_bfloat16_is_the_upper_half_of_float32(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    numbers = np.array([1.0, -2.5, 3.0e38, 0.0, -np.inf], "float32")
    path.write_bytes(
        written({"x": entry((5,), 0, 10, "BF16")}, (numbers.view("uint32") >> 16).astype("<u2").tobytes())
    )
    (read,) = SafeTensors(path).read(["x"]).values()
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, numbers, rtol=2**-8)


UNREADABLE = "cannot be read as .safetensors: "
HUGE = [10**9, 10**9]

DAMAGED = {
    "empty": (b"", UNREADABLE + "it is truncated in its header"),
    "a header past the end": (
        struct.pack("<Q", 10**12) + b"{}",
        UNREADABLE + "it is truncated in its header",
    ),
    "a header of 17 MB": (
        struct.pack("<Q", 17 << 20) + b"{" + b" " * (17 << 20),
        UNREADABLE + "its header has 17,825,792 bytes, and at most 16,777,216 are read",
    ),
    "no JSON": (struct.pack("<Q", 4) + b"{abc", UNREADABLE),
    "deep JSON": (written({}) and struct.pack("<Q", 10**6) + b'{"a":' + b"[" * 10**6, UNREADABLE),
    "a list": (written([1]), UNREADABLE),
    "no shape": (written({"x": {"dtype": "F32"}}), UNREADABLE + "x needs a dtype, a shape and data_offsets"),
    "negative sizes": (written({"x": entry((-1, -4), 0, 16)}), UNREADABLE + "x needs a dtype, a shape"),
    "an unknown type": (
        written({"x": entry((4,), 0, 4, "F8_E4M3")}, b"1234"),
        UNREADABLE + "x has the data type F8_E4M3, which is not read",
    ),
    "past the end": (written({"x": entry((4,), 0, 16)}, b"1234"), UNREADABLE + "x is truncated"),
    "10^18 numbers": (
        written({"conv1.weight": entry((10**9, 10**9), 0, 4)}, b"1234"),
        UNREADABLE + "conv1.weight has 4 bytes, which its shape and data type do not take",
    ),
    "backwards": (
        written({"x": entry((2,), 8, 0)}, b"12345678"),
        UNREADABLE + "x has -8 bytes, which its shape and data type do not take",
    ),
    "another network": (
        packed({"fc.weight": np.zeros((2, 2), "float32")}),
        "the weights do not fit this network, neither by name nor by order\n  only in the network:\n",
    ),
    "misshapen": (
        packed({**WEIGHTS, "conv1.bias": np.zeros(5, "float32")}),
        "the weights do not fit this network\n  conv1.bias: expected 3, found 5",
    ),
    "truth values": (
        packed({name: each for name, each in WEIGHTS.items() if name != "conv1.bias"}),
        "the weights do not fit this network\n  missing tensor conv1.bias of 3",
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_file_is_refused_in_one_message(what: str, tmp_path: Path) -> None:
    data, message = DAMAGED[what]
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        read_weights(path, SPEC.graph)
    assert str(caught.value).startswith((f"{path} {message}", f"{path}: {message}"))


def test_changed_bytes_are_read_or_refused(tmp_path: Path) -> None:
    path, draws, whole = tmp_path / "w.safetensors", random.Random(0), packed(WEIGHTS)
    for _ in range(300):
        changed = bytearray(whole[: draws.choice((len(whole), draws.randrange(len(whole))))])
        for _ in range(min(len(changed), 3)):
            changed[draws.randrange(min(len(changed), 700))] = draws.randrange(256)
        path.write_bytes(changed)
        try:
            found = read_weights(path, SPEC.graph)
        except WeightsError:
            continue
        assert {name: each.shape for name, each in found.items()} == {n: t.shape for n, t in WEIGHTS.items()}
