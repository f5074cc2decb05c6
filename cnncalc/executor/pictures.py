"""Maps written as pictures, and several images read as one batch."""

from pathlib import Path

import numpy as np

from cnncalc.executor.arithmetic import Array
from cnncalc.executor.files import read_input, write
from cnncalc.executor.network import InputError
from cnncalc.shapes import Layout, Shape


def write_map(path: Path, values: Array) -> None:
    """Writes a map: `.npy` as it is; a picture from its least value, black, to its largest, white.

    Raises:
        InputError: pictures need two axes, and others than `.pgm` need Pillow.
        OSError: it cannot be written.
    """
    if path.suffix == ".npy":
        write(path, values)
        return
    if values.ndim != 2:
        raise InputError(f"{path}: a map of {values.ndim} axes is no picture; .npy takes it")
    least, most = float(values.min()), float(values.max())
    grey = np.round((values - least) * (255 / (most - least or 1))).astype(np.uint8)
    if path.suffix == ".pgm":
        height, width = grey.shape
        path.write_bytes(f"P5\n{width} {height}\n255\n".encode() + grey.tobytes())
        return
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            f"{path} is written with Pillow: pip install 'cnncalc[images]'; .pgm and .npy are not"
        ) from None
    try:
        Image.fromarray(grey).save(path)
    except ValueError as error:
        raise InputError(f"{path}: no kind of picture ends like this; .png, .pgm and .npy do") from error


def read_images(paths: list[Path], shape: Shape, layout: Layout) -> tuple[Array, list[str]]:
    """Images as one batch, and what each is called; an array with a batch in front counts as several.

    Raises:
        InputError: one of them is none, or they do not fit the network.
        OSError: one cannot be read.
    """
    parts, names = [], []
    dims = shape.dims(layout)
    for path in paths:
        image = read_input(path, shape, layout)
        batch = image[np.newaxis] if image.ndim == len(dims) else image
        if batch.shape[1:] != dims:
            found, wanted = "×".join(map(str, image.shape)), "×".join(map(str, dims))
            raise InputError(f"{path} is {found or 'a single number'}, and the network takes {wanted}")
        parts.append(batch)
        names += [path.name] if len(batch) == 1 else [f"{path.name}[{at}]" for at in range(len(batch))]
    return np.concatenate(parts), names
