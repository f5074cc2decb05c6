"""The classes that outputs rank highest, with their names from a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.printed import plural
from cnncalc.problems import printable

LONGEST = 10_000_000
"""Bytes of a file of labels."""


class RankedClass(Struct, frozen=True):
    """A class: its index in the output, its label if there are any, and its value."""

    index: int
    label: str
    value: float


class TopClasses(Struct, frozen=True):
    """The classes with the largest values in an output, for one sample, best first."""

    output: str
    sample: int
    classes: tuple[RankedClass, ...]


def read_labels(path: Path) -> tuple[str, ...]:
    """The labels of a text file, one in each line; raises InputError."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > LONGEST:
        raise InputError(f"{path} is too large: at most {LONGEST:,} bytes of labels are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: byte {error.start:,} is invalid") from error
    if "\0" in text:
        raise InputError(f"{path} is not text: byte {text.index(chr(0)):,} is 0")
    if not text.strip():
        raise InputError(f"{path} is empty: expected the name of a class in each line")
    return tuple(printable(line.strip()) for line in text.rstrip().split("\n"))


def check_labels(
    sizes: Mapping[str, tuple[int, ...]],
    labels: Sequence[str] | None,
    what: str = "labels",
    option: str = "--top",
) -> None:
    """Raise InputError unless every output is a vector of classes, as many as there are labels."""
    for name, dims in sizes.items():
        classes = max(dims)
        if sum(n > 1 for n in dims) > 1:
            shape = "×".join(map(str, dims))
            raise InputError(f"{option}: {name} is {shape}; expected one value for each class")
        if labels is not None and len(labels) != classes:
            raise InputError(f"{what} has {plural(len(labels), 'label')}; {name} has {classes:,} classes")


def top_classes(
    outputs: Mapping[str, Array], count: int, labels: Sequence[str] | None = None
) -> tuple[TopClasses, ...]:
    """The `count` largest values of each sample of each output; equal ones by index, NaN last."""
    found = []
    for name, output in outputs.items():
        for sample, values in enumerate(output.reshape(len(output), -1)):
            order = np.argsort(-values, kind="stable")[:count]
            ranked = (
                RankedClass(int(at), labels[at] if labels is not None else "", float(values[at]))
                for at in order
            )
            found.append(TopClasses(name, sample, tuple(ranked)))
    return tuple(found)
