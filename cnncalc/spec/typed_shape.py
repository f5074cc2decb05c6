"""Reads the shape of an input as people write it, and decides which of its sizes are the channels."""

import re

from msgspec import Struct

from cnncalc.shapes import Layout, Shape, shape_of

BETWEEN = re.compile(r"\s*(?:[x×X*,;]|\bby\b)\s*")
BATCH = ("none", "-1", "n", "b", "?")
"""What stands in the place of a batch of any size."""
COLOURS = (1, 3, 4)
UNKNOWN = "?"
IMAGE = "two sizes are an image of one channel"


class TypedInput(Struct, frozen=True):
    """The shape of an input, the layout that it was read in, and why in that one."""

    shape: Shape
    layout: Layout
    why: str


class ShapeError(ValueError):
    """Text that is no shape; `offset` and `width` point into it."""

    def __init__(self, message: str, offset: int, width: int, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


HINT = "as in 227x227x3, 3×227×227, (None, 28, 28, 1) or 28x28"


def typed_input(text: str, layout: Layout | None = None) -> TypedInput:
    """The shape that a text means.

    Without a layout the channels are found by a rule: of three sizes two that are equal are height and
    width; else 1, 3 or 4 at one end are colours; else they come last, as in most homework.

    Raises:
        ShapeError: it is no shape.

    >>> typed_input("227x227x3").shape, typed_input("(None, 28, 28, 1)").layout
    (Shape(channels=3, spatial=(227, 227)), 'hwc')
    """
    words, is_keras = _words(text)
    dims = tuple(_size(text, *word) for word in words)
    dims, batch = _without_batch(dims, is_keras)
    if not 1 <= len(dims) <= 4:
        message = f"'{text.strip()}' has {len(dims)} sizes; there are 1 to 4: channels and up to three axes"
        raise ShapeError(message, 0, len(text), "the batch stays out of it: --batch")
    if not layout:
        _refuse_batch(text, dims)
    found, why = _layout(dims, layout, is_keras)
    if len(dims) == 2 and layout is None:
        return TypedInput(Shape(1, dims), found, batch + IMAGE)
    if len(dims) == 4 and why and not (is_keras or batch):
        why += "; if the first size is a batch, say it with --batch instead"
    return TypedInput(shape_of(dims, found), found, batch + why)


def _words(text: str) -> tuple[list[tuple[str, int]], bool]:
    """The sizes as words with their places, without brackets; whether a batch of any size led them."""
    inner = text.strip()
    start = text.index(inner) if inner else 0
    if len(inner) > 1 and inner[0] in "([" and inner[-1] in ")]":
        start, inner = start + 1, inner[1:-1]
    words: list[tuple[str, int]] = []
    at = 0
    for mark in [*BETWEEN.finditer(inner), None]:
        end = mark.start() if mark else len(inner)
        word = inner[at:end]
        words.append((word.strip(), start + at + len(word) - len(word.lstrip())))
        at = mark.end() if mark else at
    if len(words) > 1 and not words[-1][0]:  # a tuple's last comma: (5,)
        words.pop()
    if len(words) > 1 and words[0][0].lower() in BATCH:
        return words[1:], True
    return words, False


def _size(text: str, word: str, offset: int) -> int:
    if re.fullmatch(r"[0-9]{1,12}", word) and int(word):
        return int(word)
    if not word:
        raise ShapeError(f"a size is missing in '{text.strip()}'", offset, 1, HINT)
    message = f"'{word}' is not a size: sizes are whole numbers of at least 1"
    raise ShapeError(message, offset, len(word), HINT)


def _without_batch(dims: tuple[int, ...], is_keras: bool) -> tuple[tuple[int, ...], str]:
    """The sizes without a batch of 1, where it can be nothing else, and what was left out."""
    colours = len(dims) == 4 and (dims[1] in COLOURS or dims[-1] in COLOURS)
    if not is_keras and dims[:1] == (1,) and (len(dims) == 5 or colours):
        return dims[1:], "the leading 1 is a batch of one sample; "
    return dims, ""


def _refuse_batch(text: str, dims: tuple[int, ...]) -> None:
    """64×3×32×32 would be counted as a volume, and all numbers would be wrong."""
    if len(dims) != 4 or dims[1] not in COLOURS or {dims[0], dims[-1]} & set(COLOURS):
        return
    message = f"'{text.strip()}' looks like a batch of {dims[0]}: {dims[1]} is most likely colours"
    sample = "x".join(map(str, dims[1:]))
    hint = f"write {sample}, and the batch with --batch; of a volume say the --layout"
    raise ShapeError(message, 0, len(text), hint)


def _layout(dims: tuple[int, ...], given: Layout | None, is_keras: bool) -> tuple[Layout, str]:
    """The layout, and what speaks for it."""
    if given:
        return given, ""
    if len(dims) < 3:
        return "hwc", ""
    first, last, inner = dims[0], dims[-1], set(dims[1:-1])
    if len({*inner, first}) == 1 and last != first:
        return "hwc", "channels last, because the sizes before are equal"
    if len({*inner, last}) == 1 and last != first:
        return "chw", "channels first, because the sizes behind are equal"
    if first in COLOURS and last not in COLOURS:
        return "chw", f"channels first, because {first} is most likely colours"
    if last in COLOURS:
        return "hwc", f"channels last, because {last} is most likely colours" if last != first else ""
    return "hwc", "channels last, as " + ("Keras writes them" if is_keras else "most write them")
