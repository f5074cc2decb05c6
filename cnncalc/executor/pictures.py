"""Images and maps as files: arrays (.npy), grey pictures (.pgm) without further help, others by Pillow."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cnncalc.executor.arithmetic import Array
from cnncalc.executor.network import InputError
from cnncalc.shapes import Layout, Shape


def read_image(path: Path, shape: Shape, layout: Layout) -> Array:
    """An array from a `.npy` file, or a picture as numbers from 0 to 1, in the spec's layout.

    Raises:
        InputError: it is no array or picture, or Pillow is not installed, or the channels do not fit.
        OSError: it cannot be read.
    """
    if path.suffix == ".npy":
        try:
            array: Array = np.load(path, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise InputError(f"{path} cannot be read as .npy: it holds no plain array") from error
        return array
    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    if shape.rank != 2 or shape.channels not in modes:
        raise InputError(f"a picture has 1, 3 or 4 channels; the input is {shape.text(layout)}: give a .npy")
    try:
        from PIL import Image, UnidentifiedImageError  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise InputError(f"{path}: pictures need Pillow (pip install pillow); .npy files do not") from error
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert(modes[shape.channels]), dtype=np.float64) / 255
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is no picture that Pillow can read") from error
    if shape.channels == 1:
        pixels = pixels[..., np.newaxis]
    return pixels if layout == "hwc" else np.moveaxis(pixels, -1, 0)


def write_map(path: Path, values: Array) -> None:
    """Writes a map: `.npy` as it is; a picture from its least value, black, to its largest, white.

    Raises:
        InputError: pictures need two axes, and others than `.pgm` need Pillow.
        OSError: it cannot be written.
    """
    if path.suffix == ".npy":
        np.save(path, values)
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
        from PIL import Image  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise InputError(f"{path}: such pictures need Pillow; .pgm and .npy do not") from error
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
        image = read_image(path, shape, layout)
        batch = image[np.newaxis] if image.ndim == len(dims) else image
        if batch.shape[1:] != dims:
            found, wanted = "×".join(map(str, image.shape)), "×".join(map(str, dims))
            raise InputError(f"{path} is {found or 'a single number'}, and the network takes {wanted}")
        parts.append(batch)
        names += [path.name] if len(batch) == 1 else [f"{path.name}[{at}]" for at in range(len(batch))]
    return np.concatenate(parts), names


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Writes arrays by name as `.npz`, whatever the ending.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
