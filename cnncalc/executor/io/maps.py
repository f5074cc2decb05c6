"""Maps written as pictures."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnncalc.executor.io.arrays import Save, write, write_whole
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.runtime.arithmetic import Array


def write_map(path: Path, values: Array) -> None:
    """Writes a map: `.npy` as it is; a picture from its least value, black, to its largest, white.

    Raises:
        InputError: pictures need two axes, and others than `.pgm` need Pillow.
        OSError: it cannot be written.
    """
    if path.suffix.lower() == ".npy":
        write(path, values)
        return
    if values.ndim != 2:
        raise InputError(f"{path}: a map of {values.ndim} axes is no picture; .npy takes it")
    least, most = float(values.min()), float(values.max())
    grey = np.round((values - least) * (255 / (most - least or 1))).astype(np.uint8)
    write_whole(path, _as_pgm(grey) if path.suffix.lower() == ".pgm" else _as_picture(grey, path))


def _as_pgm(grey: NDArray[np.uint8]) -> Save:
    height, width = grey.shape
    return lambda file: file.write(f"P5\n{width} {height}\n255\n".encode() + grey.tobytes())


def _as_picture(grey: NDArray[np.uint8], path: Path) -> Save:
    """Whatever Pillow can write; raises InputError where it is not there, or cannot."""
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            f"{path} is written with Pillow: pip install 'cnncalc[images]'; .pgm and .npy are not"
        ) from None
    form = Image.registered_extensions().get(path.suffix.lower())
    if form not in Image.SAVE:
        raise InputError(f"{path}: no kind of picture ends like this; .png, .pgm and .npy do")
    return lambda file: Image.fromarray(grey).save(file, form)
