"""Arrays in files: what commands read and write of them, and that the one does not harm the other."""

import os
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cnncalc.cli.reading import UsageError, either
from cnncalc.executor.io.arrays import is_image, read_images, read_input
from cnncalc.executor.io.images import ENDINGS, IMAGENET, View
from cnncalc.executor.io.inputs import InputError, samples
from cnncalc.executor.io.weights import Weights, WeightsError, read_weights
from cnncalc.executor.names import wanted
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.graph import Graph
from cnncalc.shapes import Layout, Shape
from cnncalc.writing import Identity, identity, would_replace


class Looks(Struct, frozen=True):
    """How an image is to become numbers, as the command line says it."""

    mean: str | None
    std: str | None
    resize: bool
    crop: bool

    @property
    def named(self) -> list[str]:
        """The options that were given."""
        given = {"--mean": self.mean, "--std": self.std, "--resize": self.resize, "--crop": self.crop}
        return [name for name, value in given.items() if value]


class SavedOutput(Struct, frozen=True):
    """A layer whose output is written, by its position in the graph, and where to."""

    name: str
    node: int
    path: Path


def targets_of(graph: Graph, save: Iterable[str]) -> list[SavedOutput]:
    """The outputs that `--save` asks for; raises UsageError."""
    return [target for asked in save for target in _targets(graph, asked)]


def _targets(graph: Graph, asked: str) -> list[SavedOutput]:
    """`conv1`, `conv1=FILE.npy`, `stage1.*` and `stage1.*=FOLDER/`; a name alone is also its file's."""
    pattern, equals, place = asked.partition("=")
    try:
        layers = [(names[0], at) for at, names in wanted(graph, [pattern]).items()]
    except InputError as error:
        raise UsageError(f"--save: {error}") from None
    if equals and not place:
        raise UsageError(f"--save {asked} names no file; {pattern} alone is written into {pattern}.npy")
    if place and not place.endswith("/") and not Path(place).is_dir():
        if len(layers) > 1:
            raise UsageError(
                f"--save {asked}: these are {len(layers)} layers for one file; "
                f"{pattern}={Path(place).stem}/ writes them into a folder"
            )
        return [SavedOutput(layers[0][0], layers[0][1], Path(place))]
    return [SavedOutput(name, at, Path(place, f"{name}.npy")) for name, at in layers]


class Writing(Struct, frozen=True):
    """A file that is to be written, what is written into it, and how its name may end."""

    path: Path
    what: str
    endings: tuple[str, ...] = (".npz",)


ARRAY, MAP = (".npy",), (".npy", ".png", ".pgm", *ENDINGS)
"""How the names of an array and of a map, which may be a picture, end."""


def check_writings(writings: Iterable[Writing], read: Iterable[str | Path | None]) -> None:
    """Raises UsageError where writing a file would lose another, or cannot work."""
    sources = [name for name in read if name is not None]
    taken: set[Identity] = set()
    for each in writings:
        path, place = each.path, identity(each.path)
        if would_replace(path, sources) or path.suffix.lower() in (".yaml", ".yml"):
            raise UsageError(f"writing {path} would take the place of what is read")
        if path.suffix.lower() not in each.endings:
            raise UsageError(f"{path}: {each.what} written as {either(each.endings[:3])}")
        if place in taken:
            raise UsageError(f"{path} would be written twice")
        taken.add(place)
        _check_folder(path)


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} to write {path.name} into")
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and a file is to be written")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"nothing may be written into {path.parent.resolve()}")


def check_is_shape(input: str | None) -> None:
    """Raises UsageError where `--input` is given a file."""
    if input and (Path(input).suffix.lower() in (".npy", ".npz", *ENDINGS) or os.path.isfile(input)):
        raise UsageError(f"--input is a shape, as in 3x64x64; a file goes with --data {input}")


def input_of(
    path: Path | None, shape: Shape, layout: Layout, looks: Looks, batch: int | None
) -> Array | None:
    """The array of a file with a batch in front, or None for noise; raises UsageError or InputError."""
    try:
        picture = path is not None and is_image(path)
        if looks.named and not picture:
            what = f"{path} is none" if path else "there is none"
            raise UsageError(f"{looks.named[0]} is for images, and {what}")
        if path is None:
            return None
        array = read_input(path, shape, layout, _view(looks, shape.channels))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    found = samples(array.shape, array.dtype, shape, layout)
    if batch not in (None, found):
        raise UsageError(f"--batch {batch} is for noise; {path} holds {found:,} sample{'s' * (found > 1)}")
    return array.reshape(found, *shape.dims(layout))


def images_of(paths: tuple[Path, ...], shape: Shape, layout: Layout, looks: Looks) -> tuple[Array, list[str]]:
    """Several files as one batch, and what each image is called; raises UsageError or InputError."""
    try:
        if looks.named and not any(map(is_image, paths)):
            raise UsageError(f"{looks.named[0]} is for images, and none of these files is one")
        return read_images(paths, shape, layout, _view(looks, shape.channels))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror or error}") from error


def _view(looks: Looks, channels: int) -> View:
    """How a picture is made to fit; raises UsageError."""
    if looks.resize and looks.crop:
        raise UsageError("--resize stretches an image, --crop cuts it: one of them, not both")
    fit: Literal["exact", "resize", "crop"] = "resize" if looks.resize else "crop" if looks.crop else "exact"
    return View(
        _numbers(looks.mean or "0", "mean", channels), _numbers(looks.std or "1", "std", channels), fit
    )


def _numbers(text: str, option: Literal["mean", "std"], channels: int) -> tuple[float, ...]:
    """One number, or one for each channel; `imagenet` stands for those of its images."""
    try:
        numbers = IMAGENET[option] if text == "imagenet" else tuple(map(float, text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or not all(map(isfinite, numbers)):
        raise UsageError(f"--{option} takes numbers, as in 0.5,0.5,0.5, or imagenet, not '{text}'")
    if len(numbers) not in (1, channels):
        raise UsageError(
            f"--{option} gives {len(numbers)} numbers, and the network takes {channels} channels"
        )
    if option == "std" and min(numbers) <= 0:
        raise UsageError("--std must be above 0")
    return numbers


def weights_of(path: Path | None, graph: Graph) -> Weights | None:
    """The tensors of a file, None where none is given; raises WeightsError."""
    if path is None:
        return None
    try:
        return read_weights(path, graph)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error
