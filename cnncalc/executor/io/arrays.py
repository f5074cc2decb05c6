"""Arrays from files and into files. Nothing is executed or trusted; files are written whole or not at all."""

import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from cnncalc.analysis.memory import megabytes
from cnncalc.executor.io.headers import (
    NPY,
    ZIP,
    begins,
    checked_length,
    checked_lengths,
    header_of,
    headers_of,
    readable,
)
from cnncalc.executor.io.images import ENDINGS, View, read_image
from cnncalc.executor.io.inputs import InputError, samples
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.machine import available
from cnncalc.shapes import Layout, Shape

Save = Callable[[IO[bytes]], object]
"""Writes into an open file."""

AS_IT_IS = View()


def read_input(path: Path, shape: Shape, layout: Layout, view: View = AS_IT_IS) -> Array:
    """The array of a `.npy` file, the one of an `.npz` file, or an image as numbers from 0 to 1.

    Of a `.npy` file only what is used is read. Whether all numbers are finite is left to `taken`.

    Raises:
        InputError: it cannot be read, or has not the sizes that the network takes.
        OSError: there is no such file.
    """
    kind = _kind(path)
    if kind in ENDINGS:
        return read_image(path, shape, layout, view)
    with readable(path, kind, InputError):
        if kind == ".npy":
            return _npy(path, shape, layout)
        if kind == ".npz":
            return _npz(path, shape, layout)
    raise InputError(
        f"{path}: an input is an array (.npy, .npz), an image (.png, .jpg …) or a shape, 3x64x64"
    )


def read_images(
    paths: Sequence[Path], shape: Shape, layout: Layout, view: View = AS_IT_IS
) -> tuple[Array, list[str]]:
    """Images as one batch, and what each is called; an array with a batch in front counts as several.

    Raises:
        InputError: one of them is none, or they do not fit the network.
        OSError: one cannot be read.
    """
    parts, names = [], []
    dims = shape.dims(layout)
    for path in paths:
        image = read_input(path, shape, layout, view)
        batch = image[np.newaxis] if image.ndim == len(dims) else image
        if batch.shape[1:] != dims:
            found, wanted = "×".join(map(str, image.shape)), "×".join(map(str, dims))
            raise InputError(f"{path} is {found or 'a single number'}, and the network takes {wanted}")
        parts.append(batch)
        names += [path.name] if len(batch) == 1 else [f"{path.name}[{at}]" for at in range(len(batch))]
    return np.concatenate(parts), names


def is_image(path: Path) -> bool:
    """Whether a file would be read as an image. Raises OSError."""
    return _kind(path) in ENDINGS


def _kind(path: Path) -> str:
    """What a file begins like, else what it is called."""
    start = begins(path)
    return ".npy" if start.startswith(NPY) else ".npz" if start.startswith(ZIP) else path.suffix.lower()


def _npy(path: Path, shape: Shape, layout: Layout) -> Array:
    with path.open("rb") as file:
        header = header_of(file, "it")
        checked_length(header, path.stat().st_size - file.tell(), "it")
    samples(*header, shape, layout)
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _npz(path: Path, shape: Shape, layout: Layout) -> Array:
    with zipfile.ZipFile(path) as archive:
        found = headers_of(archive)
        if len(found) != 1:
            names = ", ".join(list(found)[:5]) or "none"
            raise InputError(f"{path} holds {len(found)} arrays ({names}): an input is one")
        ((name, (dims, data_type)),) = found.items()
        samples(dims, data_type, shape, layout)
        checked_lengths(archive, found)
    size, room = int(np.prod(dims, dtype=object)) * data_type.itemsize, available()
    if room is not None and size > room:
        raise InputError(f"{path} takes {megabytes(size)}, and {megabytes(room)} are free")
    with np.load(path, allow_pickle=False) as file:
        array: Array = file[name]
    return array


def write(path: Path, array: Array) -> None:
    """Writes a `.npy` file, all of it or nothing. Raises OSError."""
    write_whole(path, lambda file: np.save(file, array))


def write_whole(path: Path, save: Save) -> None:
    """Writes a file, all of it or nothing; links stay links, devices devices. Raises OSError."""
    try:
        target = path.resolve()
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            with target.open("wb") as file:
                save(file)
        else:
            _put_in_place(target, save)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # and not the name of the unfinished one
        raise


def _put_in_place(target: Path, save: Save) -> None:
    """Writes beside the file and puts it in its place in the end."""
    unfinished = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            save(file)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
