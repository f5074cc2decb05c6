"""Images as input arrays: numbers from 0 to 1, shifted and scaled."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from msgspec import Struct

from cnncalc.executor.io.headers import readable
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.shapes import Layout, Shape

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".avif")

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
"""Of the training images, in red, green and blue from 0 to 1, as torchvision states them."""

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""What Pillow calls a picture of so many channels: grey or colour, with or without transparency."""

ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)
"""The EXIF entry that says how the camera was held, and its values for one on its side."""

WHITE = 255


class View(Struct, frozen=True):
    """How a picture becomes an input.

    Attributes:
        mean: taken off each channel, or off all of them.
        std: what they are divided by then.
        fit: whether another size is an error, is stretched, or is scaled and its middle cut out.
    """

    mean: Sequence[float] = (0.0,)
    std: Sequence[float] = (1.0,)
    fit: Literal["exact", "resize", "crop"] = "exact"


def read_image(path: Path, shape: Shape, layout: Layout, view: View) -> Array:
    """An image in the layout of the spec; transparent parts lie on white where the network takes none.

    Raises:
        InputError: it is no image, has not the sizes that the network takes, or Pillow is not installed.
        OSError: it cannot be read.
    """
    if shape.rank != 2 or shape.channels not in MODES:
        raise InputError(f"{path}: the network takes {shape.text(layout)}, which no image has")
    with readable(path, "an image", InputError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as that a photo has 100 million pixels
        with _opened(path) as picture:
            _check_size(picture, path, shape, view)
            pixels = _pixels(picture, path, shape, view)
    mean, std = (np.array(numbers, np.float32) for numbers in (view.mean, view.std))
    array: Array = (pixels - mean) / std
    return array if layout == "hwc" else np.ascontiguousarray(np.moveaxis(array, -1, 0))


def _opened(path: Path) -> "Image":
    """The picture, of which no more than its size is read; raises InputError for none, or one too large."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise InputError(
            f"{path}: images are read with Pillow, which is not installed: pip install 'cnncalc[images]'"
        ) from None
    try:
        return Image.open(path)
    except UnidentifiedImageError:
        raise InputError(
            f"{path} cannot be read as an image: the format is unknown or the file is damaged"
        ) from None
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise InputError(
            f"{path} has more than {most:,} million pixels: write it smaller, or as an array (.npy)"
        ) from None


def _check_size(picture: "Image", path: Path, shape: Shape, view: View) -> None:
    """Looks at the size before anything is decoded."""
    lies = picture.getexif().get(ORIENTATION) in LYING
    found = picture.size if lies else picture.size[::-1]
    if found != shape.spatial and view.fit == "exact":
        sizes, wanted = ("×".join(map(str, each)) for each in (found, shape.spatial))
        raise InputError(
            f"{path} is {sizes} (height×width), and the network takes {wanted}: "
            "--resize stretches it, --crop scales it and cuts out the middle"
        )


def _pixels(picture: "Image", path: Path, shape: Shape, view: View) -> Array:
    """(height, width, channels) from 0 to 1, upright."""
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16") or (upright.mode == "I" and picture.format == "PNG"):
        return _deep(upright, shape, view)
    if upright.mode in ("I", "F"):
        raise InputError(f"{path} has pixels of {upright.mode} that say no white: write them as .npy")
    fitted = _fitted(_coloured(upright, MODES[shape.channels]), shape, view)
    values: Array = np.asarray(fitted, dtype=np.float32).reshape(*shape.spatial, shape.channels)
    return values / np.float32(WHITE)


def _deep(picture: "Image", shape: Shape, view: View) -> Array:
    """Grey of 16 bits, which Pillow would cut to 8: the same in every colour, and opaque."""
    from PIL import Image

    grey = Image.fromarray(np.asarray(picture).astype(np.float32) / 65535)
    values: Array = np.asarray(_fitted(grey, shape, view), dtype=np.float32)
    colours = np.repeat(values[..., np.newaxis], shape.channels, axis=-1)
    if shape.channels in (2, 4):
        colours[..., -1] = 1
    return colours


def _coloured(picture: "Image", mode: str) -> "Image":
    """The picture in the colours that are wanted, on white where transparency is not."""
    from PIL import Image

    if "A" in mode or not picture.has_transparency_data:
        return picture.convert(mode)
    shown = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert(mode)


def _fitted(picture: "Image", shape: Shape, view: View) -> "Image":
    """The picture in the size that is wanted; where it shrinks, pixels are averaged."""
    from PIL import Image, ImageOps

    height, width = shape.spatial
    if picture.size == (width, height):
        return picture
    if view.fit == "crop":
        return ImageOps.fit(picture, (width, height), method=Image.Resampling.BILINEAR)
    return picture.resize((width, height), Image.Resampling.BILINEAR)
