"""Reads and writes arrays. Files are never executed or trusted."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnncalc.executor.io.headers import (
    NPY,
    ZIP,
    checked_length,
    checked_lengths,
    first_bytes,
    header_of,
    headers_of,
    members_of,
    opened_zip,
    readable,
)
from cnncalc.executor.io.images import ENDINGS, View, read_image
from cnncalc.executor.io.inputs import InputError, samples
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.problems import printable
from cnncalc.shapes import Layout, Shape
from cnncalc.writing import write_whole

AS_IT_IS = View()


def read_input(path: Path, shape: Shape, layout: Layout, view: View = AS_IT_IS) -> Array:
    """Read an array from a `.npy` or `.npz` file, or an image with values from 0 to 1.

    A `.npy` file is memory-mapped. `checked_input` checks that all values are finite.

    Raises:
        InputError: the file is invalid or its shape does not fit the network.
        OSError: the file cannot be opened.
    """
    kind = _kind(path)
    if kind in ENDINGS:
        return read_image(path, shape, layout, view)
    with readable(path, kind, InputError):
        if kind == ".npy":
            return _npy(path, shape, layout)
        if kind == ".npz":
            return _npz(path, shape, layout)
    raise InputError(f"{path}: expected an array (.npy, .npz) or an image (.png, .jpg …)")


def read_images(
    paths: Sequence[Path], shape: Shape, layout: Layout, view: View = AS_IT_IS
) -> tuple[Array, list[str]]:
    """Read images as one batch, with a name for each; an array with a batch axis gives several.

    Raises:
        InputError: a file is invalid or does not fit the network.
        OSError: a file cannot be opened.
    """
    parts, names = [], []
    dims = shape.dims(layout)
    for path in paths:
        image = read_input(path, shape, layout, view)
        batch = image[np.newaxis] if image.ndim == len(dims) else image
        if batch.shape[1:] != dims:
            found, wanted = "×".join(map(str, image.shape)), "×".join(map(str, dims))
            raise InputError(f"{path}: expected {wanted}, found {found or 'a scalar'}")
        parts.append(batch)
        names += [path.name] if len(batch) == 1 else [f"{path.name}[{at}]" for at in range(len(batch))]
    return np.concatenate(parts), names


def is_image(path: Path) -> bool:
    """Whether a file is read as an image. Raises OSError."""
    return _kind(path) in ENDINGS


def _kind(path: Path) -> str:
    """The file type by its first bytes, else by its extension."""
    start = first_bytes(path)
    return ".npy" if start.startswith(NPY) else ".npz" if start.startswith(ZIP) else path.suffix.lower()


def _npy(path: Path, shape: Shape, layout: Layout) -> Array:
    with path.open("rb") as file:
        header = header_of(file, "it")
        checked_length(header, path.stat().st_size - file.tell(), "it")
    samples(*header, shape, layout)
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _npz(path: Path, shape: Shape, layout: Layout) -> Array:
    with opened_zip(path) as archive:
        members = members_of(archive)
        if len(members) != 1:
            names = ", ".join(map(printable, list(members)[:5])) or "none"
            raise InputError(f"{path}: expected one array, found {len(members)} ({names})")
        found = headers_of(archive, members)
        ((name, (dims, data_type)),) = found.items()
        samples(dims, data_type, shape, layout)
        checked_lengths(members, found)
    with np.load(path, allow_pickle=False) as file:
        array: Array = file[name]
    return array


def write(path: Path, array: Array) -> None:
    """Write a `.npy` file atomically. Raises OSError."""
    write_whole(path, lambda file: np.save(file, array))
