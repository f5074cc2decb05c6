"""Writes maps as images."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnncalc.executor.io.arrays import write
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.writing import Save, write_whole


def write_map(path: Path, values: Array) -> None:
    """Write a map: `.npy` unchanged, other formats as an image from black (minimum) to white (maximum).

    Raises:
        InputError: an image needs two axes, and formats other than `.png` and `.pgm` need Pillow.
        OSError: the file cannot be written.
    """
    if path.suffix.lower() == ".npy":
        write(path, values)
        return
    if values.ndim != 2:
        raise InputError(f"{path}: an image needs 2 axes, the map has {values.ndim}; use .npy")
    least, most = float(values.min()), float(values.max())
    grey = np.round((values - least) * (255 / (most - least or 1))).astype(np.uint8)
    plain = {".pgm": _as_pgm, ".png": _as_png}.get(path.suffix.lower())
    write_whole(path, plain(grey) if plain else _as_picture(grey, path))


def _as_pgm(grey: NDArray[np.uint8]) -> Save:
    height, width = grey.shape
    return lambda file: file.write(f"P5\n{width} {height}\n255\n".encode() + grey.tobytes())


def _as_png(grey: NDArray[np.uint8]) -> Save:
    """8-bit grey PNG (ISO/IEC 15948): each row is preceded by the number of its filter, 0 for none."""
    height, width = grey.shape
    rows = np.pad(grey, ((0, 0), (1, 0))).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return lambda file: file.write(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _as_picture(grey: NDArray[np.uint8], path: Path) -> Save:
    """An image in any format of Pillow; raises InputError if the format or Pillow is missing."""
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            f"{path}: this format needs Pillow: pip install 'cnncalc[images]'; .png, .pgm and .npy do not"
        ) from None
    form = Image.registered_extensions().get(path.suffix.lower())
    if form not in Image.SAVE:
        raise InputError(f"{path}: unknown image format: use .png, .pgm or .npy")
    return lambda file: Image.fromarray(grey).save(file, form)
