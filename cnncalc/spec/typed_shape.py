"""Reads an input shape in common notations, and determines which size is the channels."""

import re

from msgspec import Struct

from cnncalc.shapes import Layout, Shape, shape_of

BETWEEN = re.compile(r"\s*(?:[x×X*,;]|\bby\b)\s*")
BATCH = ("none", "-1", "n", "b", "?")
"""Notations for a batch of any size."""
COLOURS = (1, 3, 4)
UNKNOWN = "?"
IMAGE = "two sizes mean an image with one channel"


class TypedInput(Struct, frozen=True):
    """The shape of an input, the layout it was read in, and the reason for that layout."""

    shape: Shape
    layout: Layout
    why: str


class ShapeError(ValueError):
    """Text that is not a shape; `offset` and `width` point into it."""

    def __init__(self, message: str, offset: int, width: int, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


HINT = "such as 227x227x3, 3×227×227, (None, 28, 28, 1) or 28x28"


def typed_input(text: str, layout: Layout | None = None) -> TypedInput:
    """Parses an input shape.

    Without a layout, a rule determines the channels: two equal sizes of three are height and width;
    else 1, 3 or 4 at one end is the number of colours; else the channels are last, as in most homework.

    Raises:
        ShapeError: the text is not a shape.

    >>> typed_input("227x227x3").shape, typed_input("(None, 28, 28, 1)").layout
    (Shape(channels=3, spatial=(227, 227)), 'hwc')
    """
    words, is_keras = _words(text)
    dims = tuple(_size(text, *word) for word in words)
    dims, batch = _without_batch(dims, is_keras)
    if not 1 <= len(dims) <= 4:
        message = (
            f"expected 1 to 4 sizes (channels and up to three axes), found {len(dims)} in '{text.strip()}'"
        )
        raise ShapeError(message, 0, len(text), "give the batch size with --batch")
    if not layout:
        _refuse_batch(text, dims)
    found, why = _layout(dims, layout, is_keras)
    if len(dims) == 2 and layout is None:
        return TypedInput(Shape(1, dims), found, batch + IMAGE)
    if len(dims) == 4 and why and not (is_keras or batch):
        why += "; if the first size is a batch, use --batch instead"
    return TypedInput(shape_of(dims, found), found, batch + why)


def _words(text: str) -> tuple[list[tuple[str, int]], bool]:
    """The sizes as words with their offsets, and whether a batch of any size came first."""
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
        raise ShapeError(f"missing size in '{text.strip()}'", offset, 1, HINT)
    message = f"sizes must be whole numbers of at least 1; found '{word}'"
    raise ShapeError(message, offset, len(word), HINT)


def _without_batch(dims: tuple[int, ...], is_keras: bool) -> tuple[tuple[int, ...], str]:
    """The sizes without an obvious batch of 1, and a note about it."""
    colours = len(dims) == 4 and (dims[1] in COLOURS or dims[-1] in COLOURS)
    if not is_keras and dims[:1] == (1,) and (len(dims) == 5 or colours):
        return dims[1:], "the leading 1 is a batch of one sample; "
    return dims, ""


def _refuse_batch(text: str, dims: tuple[int, ...]) -> None:
    """Refuses shapes such as 64×3×32×32, which would be read as a volume."""
    if len(dims) != 4 or dims[1] not in COLOURS or {dims[0], dims[-1]} & set(COLOURS):
        return
    message = f"'{text.strip()}' looks like a batch of {dims[0]} images with {dims[1]} channels"
    sample = "x".join(map(str, dims[1:]))
    hint = f"write {sample} and --batch {dims[0]}; for a volume pass --layout"
    raise ShapeError(message, 0, len(text), hint)


def _layout(dims: tuple[int, ...], given: Layout | None, is_keras: bool) -> tuple[Layout, str]:
    """The layout and the reason for it."""
    if given:
        return given, ""
    if len(dims) < 3:
        return "hwc", ""
    first, last, inner = dims[0], dims[-1], set(dims[1:-1])
    if len({*inner, first}) == 1 and last != first:
        return "hwc", "channels last, because the other sizes are equal"
    if len({*inner, last}) == 1 and last != first:
        return "chw", "channels first, because the other sizes are equal"
    if first in COLOURS and last not in COLOURS:
        return "chw", f"channels first, because {first} is most likely the number of colours"
    if last in COLOURS:
        return (
            "hwc",
            f"channels last, because {last} is most likely the number of colours" if last != first else "",
        )
    return "hwc", "channels last, as " + ("in Keras" if is_keras else "in most homework")
