"""Reads and checks the headers of array files before loading the arrays."""

import errno
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
from cnncalc.executor.runtime.machine import available
from cnncalc.problems import printable

NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
"""The first bytes of .npy and .npz files."""

LENGTH_FORMATS = {(1, 0): "<H", (2, 0): "<I"}
"""The header length format of each .npy version; later versions are for non-numeric arrays."""

LONGEST_HEADER = 10_000
"""The header of a numeric array has about 100 bytes."""

Header = tuple[tuple[int, ...], np.dtype]
"""The shape and data type of an array."""


@contextmanager
def readable(path: Path, kind: str, wrong: type[ValueError]) -> Iterator[None]:
    """Convert any exception of a file reader to one error type that names the file.

    Use it after the file has been opened once, so OSError is not expected.
    """
    try:
        yield
    except wrong:
        raise
    except Exception as error:
        raise wrong(f"{path} cannot be read as {kind}: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """The first line of an error message."""
    text = str(error).strip()
    if isinstance(error, MemoryError):
        return "not enough memory"
    return text.splitlines()[0] if text else type(error).__name__


def first_bytes(path: Path) -> bytes:
    """Read the first bytes of a file. Raises OSError, also for a pipe, which cannot be read twice."""
    if not (path.is_file() or path.is_dir()) and path.exists():
        raise OSError(errno.EINVAL, "it is not a file")
    with path.open("rb") as file:
        return file.read(len(NPY))


def header_of(file: IO[bytes], name: str) -> Header:
    """Read the header of an array; raises ValueError if it is invalid."""
    start = file.read(len(NPY) + 2)
    if not start.startswith(NPY) or len(start) < len(NPY) + 2:
        raise ValueError(f"{name} does not start with the .npy signature")
    version = (start[-2], start[-1])
    if version not in LENGTH_FORMATS:
        raise ValueError(
            f"{name} has .npy version {version[0]}.{version[1]}, which is not for numeric arrays"
        )
    form = LENGTH_FORMATS[version]
    (length,) = struct.unpack(form, file.read(struct.calcsize(form)))
    if length > LONGEST_HEADER:
        raise ValueError(f"{name} has a header of {length:,} bytes, which is too long")
    header = file.read(length)
    if len(header) < length:
        raise ValueError(f"{name} is truncated in its header")
    dims, data_type = _parsed(form, header)
    if not all(type(n) is int and n >= 0 for n in dims):
        raise ValueError(f"{name} has an invalid shape: {dims}")
    return dims, data_type


def _parsed(form: str, header: bytes) -> Header:
    """Parse a header with NumPy, which executes nothing."""
    whole = io.BytesIO(struct.pack(form, len(header)) + header)
    read = np.lib.format.read_array_header_1_0 if form == "<H" else np.lib.format.read_array_header_2_0
    dims, _, data_type = read(whole)
    return tuple(dims), data_type


def checked_length(header: Header, held: int, name: str) -> None:
    """Raise ValueError if an array is larger than the `held` bytes after its header."""
    dims, data_type = header
    said = prod(dims) * data_type.itemsize
    if data_type.kind != "O" and said > held:
        sizes = "×".join(map(str, dims))
        raise ValueError(
            f"{name} is truncated: expected {megabytes(said)} for {sizes} of {data_type}, "
            f"found {megabytes(held)}"
        )


MOST_MEMBERS = 20_000
"""Arrays of an .npz file; networks of 10,000 layers have about so many tensors."""
END_OF_ZIP = b"PK\x05\x06"
END_LENGTH, LONGEST_COMMENT = 22, 65_535


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file within bounds: the number of its members, and the memory that they declare.

    Both are checked before a member is read: a file of a few megabytes can unpack to terabytes.

    Raises:
        ValueError: it exceeds a bound or is not a zip file.
        OSError: it cannot be opened.
    """
    members = _declared_members(path)
    if members > MOST_MEMBERS:
        raise ValueError(f"it has {members:,} arrays or more, and at most {MOST_MEMBERS:,} are read")
    try:
        opened = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        whole = first_bytes(path).startswith(ZIP)
        raise ValueError("it is truncated or damaged" if whole else "it is no zip archive") from None
    with opened as archive:
        size, room = sum(member.file_size for member in archive.infolist()), available()
        if room is not None and size > room:
            raise ValueError(f"it unpacks to {megabytes(size)}; {megabytes(room)} of memory are available")
        if len(archive.infolist()) > MOST_MEMBERS:  # more than it declares
            raise ValueError(f"it has more than {MOST_MEMBERS:,} arrays")
        yield archive


def _declared_members(path: Path) -> int:
    """The number of members that the end of a zip file declares; 65,535 stands for more."""
    with path.open("rb") as file:
        length = file.seek(0, io.SEEK_END)
        file.seek(max(length - END_LENGTH - LONGEST_COMMENT, 0))
        end = file.read()
    at = end.rfind(END_OF_ZIP)
    declared = end[at + 10 : at + 12] if at >= 0 else b""
    return int.from_bytes(declared, "little")


Members = dict[str, zipfile.ZipInfo]
"""The arrays of an .npz file by name."""


def members_of(archive: zipfile.ZipFile) -> Members:
    """The arrays of an .npz file, without reading them; raises ValueError if two have one name."""
    found: Members = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in found:
            raise ValueError(f"duplicate array {printable(name)}")
        found[name] = member
    return found


def headers_of(archive: zipfile.ZipFile, members: Members) -> dict[str, Header]:
    """Read the headers of some arrays of an .npz file; raises ValueError if one is invalid."""
    found: dict[str, Header] = {}
    for name, member in members.items():
        with archive.open(member) as file:
            found[name] = header_of(file, printable(member.filename))
    return found


def checked_lengths(members: Members, found: dict[str, Header]) -> None:
    """Raise ValueError if an array of an .npz file is larger than its data."""
    for name, header in found.items():
        checked_length(header, members[name].file_size, printable(members[name].filename))
