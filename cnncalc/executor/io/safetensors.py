"""Reads `.safetensors` files: a length, a JSON header with names, types, shapes and offsets, then the data.

The format is documented at https://github.com/huggingface/safetensors; nothing in it can execute code.
"""

from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from cnncalc.executor.io.headers import Header
from cnncalc.executor.io.matching import by_name
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.problems import printable

LENGTH = 8
"""The bytes before the header, which hold its length."""
LONGEST = 16 << 20
"""A header has about 100 bytes for each tensor."""

BFLOAT16 = "BF16"
"""The upper half of a float32, which NumPy does not have."""

TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    BFLOAT16: "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
    "BOOL": "?",
}
"""How the data of each type is stored."""


def is_safetensors(path: Path) -> bool:
    """Whether a file has the ending of the format, or begins like one. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(LENGTH + 1)
    return path.suffix.lower() == ".safetensors" or start[LENGTH:] == b"{"


Natural = Annotated[int, msgspec.Meta(ge=0)]


class StoredTensor(msgspec.Struct, frozen=True):
    """The description of a tensor in the header; offsets count from the end of the header."""

    dtype: str
    shape: tuple[Natural, ...]
    data_offsets: tuple[Natural, Natural]


class SafeTensors:
    """The tensors of a file: their headers, checked against its length, and their data on demand.

    The format does not keep the order of a model's tensors: they are sorted by name.

    Raises:
        ValueError: the file is invalid.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            held = file.seek(0, 2)
            file.seek(0)
            length = int.from_bytes(file.read(LENGTH), "little")
            if held < LENGTH or length > held - LENGTH:
                raise ValueError("it is truncated in its header")
            if length > LONGEST:
                raise ValueError(f"its header has {length:,} bytes, and at most {LONGEST:,} are read")
            header = msgspec.json.decode(file.read(length), type=dict[str, msgspec.Raw])
        header.pop("__metadata__", None)
        self.start = LENGTH + length
        self.entries = {
            name: _entry(name, header[name], held - self.start) for name in sorted(header, key=by_name)
        }

    @property
    def headers(self) -> dict[str, Header]:
        """The shape and data type of every tensor."""
        return {name: (entry.shape, _type(entry.dtype)) for name, entry in self.entries.items()}

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        """Some of the tensors. Raises OSError."""
        found: dict[str, Array] = {}
        with self.path.open("rb") as file:
            for name in names:
                entry = self.entries[name]
                file.seek(self.start + entry.data_offsets[0])
                data = np.fromfile(file, TYPES[entry.dtype], prod(entry.shape))
                found[name] = (widened(data) if entry.dtype == BFLOAT16 else data).reshape(entry.shape)
        return found


def widened(halves: Array) -> Array:
    """bfloat16 numbers, given as whole numbers of 16 bits, as float32: exact.

    >>> widened(np.array([0x3F80, 0xC000], "uint16"))
    array([ 1., -2.], dtype=float32)
    """
    return (halves.astype(np.uint32) << 16).view(np.float32)


def _type(stored: str) -> np.dtype:
    return np.dtype("float32" if stored == BFLOAT16 else TYPES[stored])


def _entry(name: str, described: msgspec.Raw, held: int) -> StoredTensor:
    """The description of a tensor in a file with `held` bytes of data; raises ValueError."""
    shown = printable(name)
    try:
        entry = msgspec.json.decode(described, type=StoredTensor)
    except msgspec.DecodeError:
        raise ValueError(f"{shown} needs a dtype, a shape and data_offsets") from None
    if entry.dtype not in TYPES:
        raise ValueError(f"{shown} has the data type {printable(entry.dtype)[:40]}, which is not read")
    begin, end = entry.data_offsets
    if end > held:
        raise ValueError(f"{shown} is truncated")
    if end - begin != prod(entry.shape) * np.dtype(TYPES[entry.dtype]).itemsize:
        raise ValueError(f"{shown} has {end - begin:,} bytes, which its shape and data type do not take")
    return entry
