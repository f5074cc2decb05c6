"""Arrays from .npy, .npz and image files, and into files: nothing is executed, nothing half written."""

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np

from cnncalc.executor.arithmetic import Array
from cnncalc.executor.network import InputError
from cnncalc.executor.weights import Weights, WeightsError, needed, unfitting
from cnncalc.graph import Graph
from cnncalc.shapes import Layout, Shape

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
"""Of the training images, in red, green and blue from 0 to 1, as torchvision states them."""

LONGEST_HEADER = 1 << 16
"""Bytes; a few hundred would do, and a hostile one may say that it has gigabytes."""

Save = Callable[[IO[bytes]], None]

UNREADABLE = (
    ValueError,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def read_input(
    path: Path,
    shape: Shape,
    layout: Layout,
    mean: Sequence[float] = (0.0,),
    std: Sequence[float] = (1.0,),
    resize: bool = False,
) -> Array:
    """The array of a `.npy` file, or an image as numbers from 0 to 1, less `mean`, over `std`.

    Raises:
        InputError: it cannot be read, or has not the sizes that the network takes.
        OSError: there is no such file.
    """
    ending = path.suffix.lower()
    if ending == ".npy":
        return _npy(path)
    if ending in IMAGES:
        return _image(path, shape, layout, mean, std, resize)
    raise InputError(f"{path}: an input is a .npy file, an image (.png, .jpg …) or a shape, 3x64x64")


def _npy(path: Path) -> Array:
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except UNREADABLE as error:
        raise InputError(f"{path} cannot be read as .npy: {reason(error)}") from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} holds several arrays: an input is one array, in a .npy file")
    return array


def _image(
    path: Path,
    shape: Shape,
    layout: Layout,
    mean: Sequence[float],
    std: Sequence[float],
    resize: bool,
) -> Array:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise InputError("images are read with Pillow: pip install 'cnncalc[images]'") from None
    mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(shape.channels)
    if mode is None or shape.rank != 2:
        raise InputError(f"{path}: the network takes {shape.text(layout)}, which no image has")
    height, width = shape.spatial
    try:
        with Image.open(path) as picture:
            if picture.size != (width, height) and not resize:
                found = "×".join(map(str, reversed(picture.size)))
                raise InputError(
                    f"{path} is {found}, and the network takes {height}×{width}: --resize scales it, "
                    f"or --input {shape.channels}x… takes another size without a file"
                )
            scaled = picture.convert(mode)
            if scaled.size != (width, height):
                scaled = scaled.resize((width, height), Image.Resampling.BILINEAR)
            pixels = np.asarray(scaled, dtype=np.float32).reshape(height, width, -1) / 255
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, *UNREADABLE) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read as an image: {reason(error)}") from error
    array: Array = (pixels - np.array(mean, np.float32)) / np.array(std, np.float32)
    return array if layout == "hwc" else np.moveaxis(array, -1, 0)


def reason(error: BaseException) -> str:
    """The first line of an error, in words that help."""
    text = str(error)
    if "pickle" in text.lower():
        return "it holds Python objects, which are never loaded, or is damaged"
    return text.splitlines()[0] if text else type(error).__name__


def read_weights(path: Path, graph: Graph) -> Weights:
    """The tensors of an `.npz` file, looked at before they are loaded.

    Raises:
        WeightsError: it is no such file, or its tensors are not those of the network.
        OSError: there is no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = {name.removesuffix(".npy"): _header(archive, name) for name in archive.namelist()}
        problems = unfitting(needed(graph), found)
        if problems:
            raise WeightsError(problems)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in found}
    except (RuntimeError, *UNREADABLE) as error:
        if isinstance(error, WeightsError):
            raise WeightsError(f"{path}: {error}") from None
        raise WeightsError(f"{path} cannot be read as .npz: {reason(error)}") from error
    except OSError as error:
        if error.filename is not None:
            raise
        raise WeightsError(f"{path} cannot be read as .npz: it is damaged") from error


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """The sizes and type that a tensor says it has."""
    with archive.open(name) as tensor:
        file = BytesIO(tensor.read(LONGEST_HEADER))
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{name} is written in a version of .npy that is not known")
        dims, _, data_type = read(file)
    return tuple(dims), data_type


def write(path: Path, array: Array) -> None:
    """Writes a `.npy` file, all of it or nothing. Raises OSError."""
    _whole(path, lambda file: np.save(file, array))


def write_weights(path: Path, tensors: Weights) -> None:
    """Writes an `.npz` file, all of it or nothing. Raises OSError."""
    _whole(path, lambda file: np.savez(file, **tensors))  # type: ignore[arg-type]


def _whole(path: Path, save: Save) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            save(file)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
