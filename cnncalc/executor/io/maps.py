"""Writes maps and patches as images."""

import struct
import zlib
from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnncalc.executor.io.arrays import write
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.writing import Save, write_whole

Outline = tuple[tuple[int, int], ...]
"""First and last position along each axis of a box to draw around a part of a map."""

SMALLEST = 384
"""Pixels of the longer side of a picture, at least; a position is a square of several pixels."""
LOWEST = 32
"""Pixels of the height of a map with a single axis, at least."""
DASH = 4
"""Pixels of the dashes of an outline, black and white in turn, so that it shows on any grey."""
GAP = 6
"""White pixels between patches."""


def write_map(path: Path, values: Array, outline: Outline | None = None) -> None:
    """Write a map: `.npy` unchanged, other formats as an image from black (minimum) to white (maximum).

    An image has a pixel for each position; with an outline, it is a `picture`.

    Raises:
        InputError: an image needs two axes, and formats other than `.png` and `.pgm` need Pillow.
        OSError: the file cannot be written.
    """
    if path.suffix.lower() == ".npy":
        write(path, values)
        return
    if values.ndim != 2:
        raise InputError(f"{path}: an image needs 2 axes, the map has {values.ndim}; use .npy")
    grey = _grey(values) if outline is None else picture(values, outline)
    plain = {".pgm": _as_pgm, ".png": _as_png}.get(path.suffix.lower())
    write_whole(path, plain(grey) if plain else _as_picture(grey, path))


def picture(values: Array, outline: Outline | None = None) -> NDArray[np.uint8]:
    """A map of one or two axes as grey pixels, each position as a square, with a dashed outline.

    Raises:
        InputError: the map has more axes.
    """
    if values.ndim not in (1, 2):
        raise InputError(f"an image needs 1 or 2 axes, the map has {values.ndim}; --format json prints it")
    rows = np.atleast_2d(values)
    wide = max(ceil(SMALLEST / max(rows.shape)), 1)
    high = max(wide, LOWEST) if values.ndim == 1 else wide
    pixels = np.repeat(np.repeat(_grey(rows), high, axis=0), wide, axis=1)
    if outline is not None:
        (top, bottom), (left, right) = outline if len(outline) == 2 else ((0, 0), *outline)
        _outline(pixels[top * high : (bottom + 1) * high, left * wide : (right + 1) * wide])
    return pixels


def _grey(values: Array) -> NDArray[np.uint8]:
    """The values from 0 (minimum) to 255 (maximum); NaN and infinity are 0."""
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    least, most = float(values[finite].min()), float(values[finite].max())
    share = (np.where(finite, values, least) - least) / ((most - least) or 1)
    return np.round(share * 255).astype(np.uint8)


def _outline(part: NDArray[np.uint8]) -> None:
    """Draws a dashed line along the inner edge of a part of a picture, one pixel wide."""
    for edge in (part[0], part[-1], part[:, 0], part[:, -1]):
        edge[:] = np.where(np.arange(len(edge)) // DASH % 2, 0, 255)


def sheet(patches: Sequence[Array]) -> NDArray[np.uint8]:
    """Patches in rows, in their order: channels last; three channels are colours, others are averaged.

    All share one scale from black (minimum) to white (maximum).

    Raises:
        InputError: there is no patch, or one has more than two axes in addition to its channels.
    """
    if not patches:
        raise InputError("no unit has a patch: there is nothing to draw")
    rank = patches[0].ndim - 1
    if rank not in (1, 2):
        raise InputError(f"an image needs 1 or 2 axes, a patch has {rank}; --save FILE.npz writes them")
    is_colour = patches[0].shape[-1] == 3
    shown = [patch if is_colour else patch.mean(axis=-1, keepdims=True) for patch in patches]
    flat = [patch[np.newaxis] if rank == 1 else patch for patch in shown]
    sizes = [patch.shape for patch in flat]
    pixels = np.split(
        _grey(np.concatenate([patch.ravel() for patch in flat])),
        np.cumsum([patch.size for patch in flat])[:-1],
    )
    high, wide = max(size[0] for size in sizes), max(size[1] for size in sizes)
    columns = ceil(sqrt(len(flat)))
    rows = ceil(len(flat) / columns)
    zoom = max(ceil(SMALLEST / max(columns * wide, rows * high)), 1)
    high, wide = high * zoom + GAP, wide * zoom + GAP
    whole = np.full((rows * high + GAP, columns * wide + GAP, 3 if is_colour else 1), 255, np.uint8)
    for at, (size, part) in enumerate(zip(sizes, pixels, strict=True)):
        y, x = at // columns * high + GAP, at % columns * wide + GAP
        whole[y : y + size[0] * zoom, x : x + size[1] * zoom] = np.repeat(
            np.repeat(part.reshape(size), zoom, axis=0), zoom, axis=1
        )
    return whole if is_colour else whole[..., 0]


def _as_pgm(grey: NDArray[np.uint8]) -> Save:
    height, width = grey.shape
    return lambda file: file.write(f"P5\n{width} {height}\n255\n".encode() + grey.tobytes())


def _as_png(pixels: NDArray[np.uint8]) -> Save:
    return lambda file: file.write(png(pixels))


def png(pixels: NDArray[np.uint8]) -> bytes:
    """8-bit PNG (ISO/IEC 15948) of grey or coloured pixels: each row begins with its filter, 0 for none."""
    height, width = pixels.shape[:2]
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (1, 0))).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


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
