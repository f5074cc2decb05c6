"""Array files that commands read and write, with checks against overwriting inputs."""

import os
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cnncalc.cli.reading import UsageError, either
from cnncalc.cli.terminal import complain
from cnncalc.executor.io.arrays import is_image, read_images, read_input
from cnncalc.executor.io.images import ENDINGS, IMAGENET, View
from cnncalc.executor.io.inputs import InputError, samples
from cnncalc.executor.io.weights import Weights, WeightsError
from cnncalc.executor.names import wanted
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.weight_files import read_mapped
from cnncalc.graph import Graph
from cnncalc.problems import did_you_mean
from cnncalc.shapes import Layout, Shape
from cnncalc.writing import Identity, identity, would_replace


class ImageOptions(Struct, frozen=True):
    """The options that convert an image to numbers."""

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
    """A layer whose output is saved, its index in the graph, and the file."""

    name: str
    node: int
    path: Path


def targets_of(graph: Graph, save: Iterable[str]) -> list[SavedOutput]:
    """The outputs selected by `--save`; raises UsageError."""
    return [target for asked in save for target in _targets(graph, asked)]


def _targets(graph: Graph, asked: str) -> list[SavedOutput]:
    """Parses `conv1`, `conv1=FILE.npy`, `stage1.*` and `stage1.*=FOLDER/`; default file: `conv1.npy`."""
    pattern, equals, place = asked.partition("=")
    try:
        layers = [(names[0], at) for at, names in wanted(graph, [pattern]).items()]
    except InputError as error:
        raise UsageError(f"--save: {error}") from None
    if equals and not place:
        raise UsageError(f"--save {asked}: expected a file after =; --save {pattern} writes {pattern}.npy")
    if place and not place.endswith("/") and not Path(place).is_dir():
        if len(layers) > 1:
            raise UsageError(
                f"--save {asked}: expected a folder for {len(layers)} layers, as in "
                f"{pattern}={Path(place).stem}/"
            )
        return [SavedOutput(layers[0][0], layers[0][1], Path(place))]
    return [SavedOutput(name, at, Path(place, f"{name}.npy")) for name, at in layers]


class OutputFile(Struct, frozen=True):
    """A file to write, its contents, and the allowed endings."""

    path: Path
    what: str
    endings: tuple[str, ...] = (".npz",)


ARRAY, MAP = (".npy",), (".npy", ".png", ".pgm", *ENDINGS)
"""Endings of array files, and of maps, which may be images."""


def check_output_files(output_files: Iterable[OutputFile], read: Iterable[str | Path | None]) -> None:
    """Raises UsageError if a file would overwrite another one or cannot be written."""
    sources = [name for name in read if name is not None]
    taken: set[Identity] = set()
    for each in output_files:
        path, place = each.path, identity(each.path)
        if would_replace(path, sources) or path.suffix.lower() in (".yaml", ".yml"):
            raise UsageError(f"{path} would overwrite an input or a spec")
        if path.suffix.lower() not in each.endings:
            raise UsageError(f"{path}: {each.what} saved as {either(each.endings[:3])}")
        if place in taken:
            raise UsageError(f"{path}: expected a different file for each output")
        taken.add(place)
        _check_folder(path)


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise UsageError(f"cannot write {path}: expected a file, found a folder")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}: no permission to write into {path.parent.resolve()}")


def check_is_shape(input: Iterable[str] | None) -> None:
    """Raises UsageError if `--input` is a file."""
    for text in input or ():
        file = text.rpartition("=")[2]
        if Path(file).suffix.lower() in (".npy", ".npz", *ENDINGS) or os.path.isfile(file):
            raise UsageError(f"--input: expected a shape such as 3x64x64; pass a file with --data {text}")


def data_files(data: Iterable[str] | None, graph: Graph) -> dict[str, Path]:
    """The files of `--data [NAME=]FILE` by the name of their input; raises UsageError.

    A file for the only input needs no name.
    """
    names = [node.name for node in graph.inputs]
    found: dict[str, Path] = {}
    for text in data or ():
        name, equals, file = text.partition("=")
        if not equals or (name not in names and os.path.exists(text)):
            name, file = "", text
        if not name and len(names) > 1:
            raise UsageError(f"--data {text}: expected NAME=FILE for one of the inputs: {', '.join(names)}")
        name = name or names[0]
        if name not in names:
            hint = did_you_mean(name, names) or f"the inputs: {', '.join(names)}"
            raise UsageError(f"--data {text}: there is no input '{name}'; {hint}")
        if name in found:
            raise UsageError(f"--data: two files for the input '{name}'")
        found[name] = Path(file)
    missing = [name for name in names if name not in found]
    if found and missing:
        raise UsageError(f"--data: no file for the input{'s' * (len(missing) > 1)} {', '.join(missing)}")
    return found


def data_of(
    files: dict[str, Path], graph: Graph, options: ImageOptions, batch: int | None
) -> dict[str, Array] | None:
    """The arrays of `data_files` with a batch axis, or None for noise; raises UsageError or InputError."""
    _check_images(files, options)
    shapes = {node.name: node.shape for node in graph.inputs}
    return {
        name: _array_of(path, shapes[name], graph.layout, options, batch) for name, path in files.items()
    } or None


def _check_images(files: dict[str, Path], options: ImageOptions) -> None:
    """Raises UsageError if options for images are given without an image."""
    if not options.named:
        return
    path = None
    try:
        for path in files.values():
            if is_image(path):
                return
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    what = f"{path} is not an image" if path else "pass an image with --data"
    raise UsageError(f"{options.named[0]} applies only to images; {what}")


def _array_of(path: Path, shape: Shape, layout: Layout, options: ImageOptions, batch: int | None) -> Array:
    """The array of a file with a batch axis."""
    try:
        array = read_input(path, shape, layout, _view(options, shape.channels))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    found = samples(array.shape, array.dtype, shape, layout)
    if batch not in (None, found):
        raise UsageError(f"--batch is for noise only; {path} has {found:,} sample{'s' * (found > 1)}")
    return array.reshape(found, *shape.dims(layout))


def images_of(
    paths: tuple[Path, ...], shape: Shape, layout: Layout, options: ImageOptions
) -> tuple[Array, list[str]]:
    """Several files as one batch, and the name of each image; raises UsageError or InputError."""
    try:
        if options.named and not any(map(is_image, paths)):
            raise UsageError(f"{options.named[0]} applies only to images; none of these files is an image")
        return read_images(paths, shape, layout, _view(options, shape.channels))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror or error}") from error


def _view(options: ImageOptions, channels: int) -> View:
    """The scaling and cropping of images; raises UsageError."""
    if options.resize and options.crop:
        raise UsageError("--resize and --crop exclude each other")
    fit: Literal["exact", "resize", "crop"] = (
        "resize" if options.resize else "crop" if options.crop else "exact"
    )
    return View(
        _numbers(options.mean or "0", "mean", channels),
        _numbers(options.std or "1", "std", channels),
        fit,
    )


def _numbers(text: str, option: Literal["mean", "std"], channels: int) -> tuple[float, ...]:
    """One number or one per channel; `imagenet` means its mean or standard deviation."""
    try:
        numbers = IMAGENET[option] if text == "imagenet" else tuple(map(float, text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or not all(map(isfinite, numbers)):
        raise UsageError(f"--{option}: expected numbers such as 0.5,0.5,0.5, or imagenet; found '{text}'")
    if len(numbers) not in (1, channels):
        raise UsageError(
            f"--{option}: expected one number per channel ({channels}), or one; found {len(numbers)}"
        )
    if option == "std" and min(numbers) <= 0:
        raise UsageError("--std: expected numbers above 0")
    return numbers


def weights_of(path: Path | None, graph: Graph) -> Weights | None:
    """The tensors of a file, or None without a file; raises WeightsError."""
    if path is None:
        return None
    try:
        found = read_mapped(path, graph)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error
    if found.by_order:
        said = f"{found.by_order:,} of {len(found.tensors):,} tensors are mapped by order and shape"
        complain(f"{path}: {said}: their names are not those of the layers")
    if found.stacked:
        some = f"{found.stacked:,} tensors are" if found.stacked > 1 else "1 tensor is"
        complain(f"{path}: {some} taken apart into queries, keys and values, in this order")
    return found.tensors
