"""Reads images as input arrays with values from 0 to 1, then normalizes them."""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
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

FORMATS = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "BMP": "BmpImagePlugin",
    "GIF": "GifImagePlugin",
    "WEBP": "WebPImagePlugin",
    "TIFF": "TiffImagePlugin",
    "PPM": "PpmImagePlugin",
    "AVIF": "AvifImagePlugin",
}
"""The formats to read and their modules in Pillow, whatever the name of a file: others start programs."""

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".avif")

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
"""Mean and standard deviation of the training images for RGB from 0 to 1, as in torchvision."""

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Pillow's image mode for each number of channels: grey or RGB, with or without alpha."""

ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)
"""The EXIF tag for orientation, and its values that swap width and height."""

WHITE = 255

MOST_VALUES = 100_000_000
"""Maximum of pixels × channels of an image, which takes about four times as many bytes to decode."""


class View(Struct, frozen=True):
    """How to convert an image to an input.

    Attributes:
        mean: subtracted from each channel, one value or one per channel.
        std: then divides each channel.
        fit: whether an image of another size is an error, is stretched, or is scaled and centre-cropped.
    """

    mean: Sequence[float] = (0.0,)
    std: Sequence[float] = (1.0,)
    fit: Literal["exact", "resize", "crop"] = "exact"


def read_image(path: Path, shape: Shape, layout: Layout, view: View) -> Array:
    """Read an image in the spec's layout; transparency is blended with white unless the input has alpha.

    Raises:
        InputError: invalid image, size does not fit the network, or Pillow is not installed.
        OSError: the file cannot be opened.
    """
    if shape.rank != 2 or shape.channels not in MODES:
        raise InputError(f"{path}: the network's input is {shape.text(layout)}, which cannot be an image")
    with readable(path, "an image", InputError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as for large photos
        with _opened(path) as picture:
            _check_values(picture, path, shape)
            _check_size(picture, path, shape, view)
            pixels = _pixels(picture, path, shape, view)
    mean, std = (np.array(numbers, np.float32) for numbers in (view.mean, view.std))
    array: Array = (pixels - mean) / std
    return array if layout == "hwc" else np.ascontiguousarray(np.moveaxis(array, -1, 0))


def _opened(path: Path) -> "Image":
    """Open an image without decoding it; raises InputError if it is invalid or too large."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise InputError(f"{path}: reading images needs Pillow: pip install 'cnncalc[images]'") from None
    try:
        return Image.open(path, formats=_formats())
    except UnidentifiedImageError:
        raise InputError(
            f"{path} cannot be read as an image: the format is unknown or the file is damaged"
        ) from None
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise InputError(f"{path} has more than {most:,} million pixels: {SMALLER}") from None


SMALLER = "scale it down, or save it as an array (.npy)"


@cache
def _formats() -> tuple[str, ...]:
    """The formats that this release of Pillow reads."""
    from PIL import Image

    for plugin in FORMATS.values():
        with suppress(ImportError):
            import_module(f"PIL.{plugin}")
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _check_values(picture: "Image", path: Path, shape: Shape) -> None:
    """Raise InputError if decoding would take much memory."""
    width, height = picture.size
    is_wide = picture.has_transparency_data or picture.mode.startswith(("I", "F"))  # 4 bytes per value
    channels = max(4 if is_wide else len(picture.getbands()), shape.channels)
    if width * height * channels > MOST_VALUES:
        most = MOST_VALUES // channels // 10**6
        pixels = f"{height:,}×{width:,} pixels, more than {most} million with {channels} channels"
        raise InputError(f"{path} has {pixels}: {SMALLER}")


def _check_size(picture: "Image", path: Path, shape: Shape, view: View) -> None:
    """Check the size before decoding."""
    is_sideways = picture.getexif().get(ORIENTATION) in SIDEWAYS
    found = picture.size if is_sideways else picture.size[::-1]
    if found != shape.spatial and view.fit == "exact":
        sizes, wanted = ("×".join(map(str, each)) for each in (found, shape.spatial))
        raise InputError(
            f"{path}: expected {wanted} (height×width), found {sizes}: "
            "use --resize to stretch it, or --crop to scale and centre-crop it"
        )


def _pixels(picture: "Image", path: Path, shape: Shape, view: View) -> Array:
    """Decode to (height, width, channels) from 0 to 1, upright."""
    from PIL import ImageOps

    ImageOps.exif_transpose(picture, in_place=True)
    upright = picture
    if upright.mode.startswith("I;16") or (upright.mode == "I" and picture.format == "PNG"):
        return _deep(upright, shape, view)
    if upright.mode in ("I", "F"):
        raise InputError(
            f"{path} has pixels of mode {upright.mode}, whose range is unknown: save them as .npy"
        )
    fitted = _fitted(_coloured(upright, MODES[shape.channels]), shape, view)
    values: Array = np.asarray(fitted, dtype=np.float32).reshape(*shape.spatial, shape.channels)
    return values / np.float32(WHITE)


def _deep(picture: "Image", shape: Shape, view: View) -> Array:
    """Decode 16-bit grey, which Pillow would truncate to 8 bits: repeated in every channel, opaque."""
    from PIL import Image

    grey = Image.fromarray(np.asarray(picture).astype(np.float32) / 65535)
    values: Array = np.asarray(_fitted(grey, shape, view), dtype=np.float32)
    colours = np.repeat(values[..., np.newaxis], shape.channels, axis=-1)
    if shape.channels in (2, 4):
        colours[..., -1] = 1
    return colours


def _coloured(picture: "Image", mode: str) -> "Image":
    """Convert to a mode, blending transparency with white if the mode has no alpha."""
    from PIL import Image

    if "A" in mode or not picture.has_transparency_data:
        return picture if picture.mode == mode else picture.convert(mode)
    shown = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert(mode)


def _fitted(picture: "Image", shape: Shape, view: View) -> "Image":
    """Resize to the input size; downscaling averages pixels."""
    from PIL import Image, ImageOps

    height, width = shape.spatial
    if picture.size == (width, height):
        return picture
    if view.fit == "crop":
        return ImageOps.fit(picture, (width, height), method=Image.Resampling.BILINEAR)
    return picture.resize((width, height), Image.Resampling.BILINEAR)
