"""Headers of arrays in files, read and checked before the arrays are."""

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from cnncalc.analysis.memory import megabytes
from cnncalc.problems import printable

NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
"""What .npy and .npz files begin with."""

LENGTH_FORMATS = {(1, 0): "<H", (2, 0): "<I"}
"""How each version of .npy writes the length of its header; later ones serve arrays that hold no numbers."""

LONGEST_HEADER = 10_000
"""Of an array of numbers it has about a hundred bytes."""

Header = tuple[tuple[int, ...], np.dtype]
"""The sizes and the type of an array."""


@contextmanager
def readable(path: Path, kind: str, wrong: type[ValueError]) -> Iterator[None]:
    """Turns whatever a hostile file makes a reader raise into one kind of error that names the file.

    The file is there and may be read: its beginning was.
    """
    try:
        yield
    except wrong:
        raise
    except Exception as error:
        raise wrong(f"{path} cannot be read as {kind}: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """The first line of an error, in words that help."""
    text = str(error).strip()
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    return text.splitlines()[0] if text else type(error).__name__


def begins(path: Path) -> bytes:
    """The first bytes of a file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(NPY))


def header_of(file: IO[bytes], name: str) -> Header:
    """The sizes and the type that an array says it has; raises ValueError where it says none."""
    start = file.read(len(NPY) + 2)
    if not start.startswith(NPY) or len(start) < len(NPY) + 2:
        raise ValueError(f"{name} does not begin as .npy does")
    version = (start[-2], start[-1])
    if version not in LENGTH_FORMATS:
        raise ValueError(
            f"{name} is written in version {version[0]}.{version[1]} of .npy, which holds no numbers"
        )
    form = LENGTH_FORMATS[version]
    (length,) = struct.unpack(form, file.read(struct.calcsize(form)))
    if length > LONGEST_HEADER:
        raise ValueError(f"{name} has a header of {length:,} bytes")
    header = file.read(length)
    if len(header) < length:
        raise ValueError(f"{name} ends within its header")
    dims, data_type = _parsed(form, header)
    if not all(type(n) is int and n >= 0 for n in dims):
        raise ValueError(f"{name} says that its sizes are {dims}")
    return dims, data_type


def _parsed(form: str, header: bytes) -> Header:
    """NumPy's own reading of a header, from which nothing is executed."""
    whole = io.BytesIO(struct.pack(form, len(header)) + header)
    read = np.lib.format.read_array_header_1_0 if form == "<H" else np.lib.format.read_array_header_2_0
    dims, _, data_type = read(whole)
    return tuple(dims), data_type


def checked_length(header: Header, held: int, name: str) -> None:
    """Raises ValueError if an array claims to be larger than the `held` bytes after its header."""
    dims, data_type = header
    said = prod(dims) * data_type.itemsize
    if data_type.kind != "O" and said > held:
        sizes = "×".join(map(str, dims))
        raise ValueError(
            f"{name} should be {sizes} of {data_type}, which is {megabytes(said)}, "
            f"and {megabytes(held)} are there"
        )


def headers_of(archive: zipfile.ZipFile) -> dict[str, Header]:
    """The arrays of an .npz file by name, without reading them; raises ValueError where one is none."""
    found: dict[str, Header] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in found:
            raise ValueError(f"{printable(name)} is there twice")
        with archive.open(member) as file:
            found[name] = header_of(file, printable(member.filename))
    return found


def checked_lengths(archive: zipfile.ZipFile, found: dict[str, Header]) -> None:
    """Raises ValueError where an array of an .npz file says that it is larger than it is."""
    for member, header in zip(archive.infolist(), found.values(), strict=True):
        checked_length(header, member.file_size, printable(member.filename))
