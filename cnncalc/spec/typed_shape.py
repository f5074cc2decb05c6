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
    """The shape of an input, the layout it was read in, the reason for that layout, and the batch size."""

    shape: Shape
    layout: Layout
    why: str
    batch: int = 1
    free: tuple[str, ...] = ()
    """Where a size is unknown, the variable of each size; `shape` has a sample of them."""

    @property
    def variable(self) -> str:
        """The variable of the unknown sizes; empty if all are known."""
        return next((name for name in self.free if name), "")

    @property
    def names(self) -> tuple[str, ...]:
        """The letter of each size in the order of the layout: C, H, W."""
        channels, *axes = LETTERS[self.shape.rank]
        return (*axes, channels) if self.layout == "hwc" else (channels, *axes)

    @property
    def written(self) -> tuple[str, ...]:
        """The sizes as text, unknown ones as their letters."""
        dims = self.shape.dims(self.layout)
        return tuple(
            name or str(size) for name, size in zip(self.free or ("",) * len(dims), dims, strict=True)
        )

    def dims(self) -> tuple[int | str, ...]:
        """The sizes in the order of the layout, unknown ones as their variable."""
        dims = self.shape.dims(self.layout)
        return tuple(
            (name and self.variable) or size
            for size, name in zip(dims, self.free or ("",) * len(dims), strict=True)
        )


class Axes(Struct, frozen=True):
    """What layers say about their input: the number of axes, and the layout of their library."""

    rank: int = 0
    layout: Layout | None = None


ANY = Axes()
"""Layers that say nothing about their input."""


AS_USUAL = "channels last, as "
"""The reason of a layout that the sizes do not tell."""


class ShapeError(ValueError):
    """Text that is not a shape; `offset` and `width` point into it."""

    def __init__(self, message: str, offset: int, width: int, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


HINT = "such as 227x227x3, 3×227×227, (None, 28, 28, 1) or 28x28"


def typed_input(text: str, layout: Layout | None = None, axes: Axes = ANY) -> TypedInput:
    """Parses an input shape.

    Without a layout, a rule determines the channels: two equal sizes of three are height and width;
    else 1, 3 or 4 at one end is the number of colours; else the channels are last, as in most homework.
    `axes` is what the layers behind it say: with 2-D layers four sizes begin with a batch, with 1-D
    layers two sizes are a sequence.

    Raises:
        ShapeError: the text is not a shape.

    >>> typed_input("227x227x3").shape, typed_input("(None, 28, 28, 1)").layout
    (Shape(channels=3, spatial=(227, 227)), 'hwc')
    """
    if is_open(text):
        return _open_input(text, layout, axes)
    words, is_keras = _words(text)
    dims = tuple(_size(text, *word) for word in words)
    dims, why = _without_batch(dims, is_keras)
    size = 1
    if not (why or is_keras) and _is_batch(text, dims, axes):
        size, dims = dims[0], dims[1:]
        why = f"a batch of {size}; "
    if not 1 <= len(dims) <= 4:
        message = (
            f"expected 1 to 4 sizes (channels and up to three axes), found {len(dims)} in '{text.strip()}'"
        )
        raise ShapeError(message, 0, len(text), "give the batch size with --batch")
    if axes.rank == 1 and len(dims) < 3:
        return _sequence(text, dims, layout or axes.layout, why, size)
    if not layout:
        _refuse_batch(text, dims)
    found, reason = _layout(dims, layout, is_keras, axes)
    if len(dims) == 2 and layout is None:
        return TypedInput(Shape(1, dims), found, why + IMAGE, size)
    if len(dims) == 4 and reason and not (is_keras or why):
        reason += "; if the first size is a batch, use --batch instead"
    return TypedInput(shape_of(dims, found), found, why + reason, size)


SAMPLE = 1024
"""The size of an unknown size where one is needed."""

LETTERS = {0: ("N",), 1: ("C", "L"), 2: ("C", "H", "W"), 3: ("C", "D", "H", "W")}
"""Variables of the sizes of a shape, channels first, by the number of axes."""


def is_open(text: str) -> bool:
    """Whether a size is unknown; the first of `(?, 28, 28, 1)` is a batch.

    >>> is_open("?x?x3"), is_open("(?, 28, 28, 1)")
    (True, False)
    """
    words = [word for word in re.split(r"[\sx×X*,;()\[\]]+", text) if word]
    is_batch = (
        words[:1] == ["?"] and words.count("?") == 1 and (len(words) > 3 or text.strip()[:1] in ("(", "["))
    )
    return "?" in words and not is_batch and all(word == "?" or word.isdecimal() for word in words)


def _open_input(text: str, layout: Layout | None, axes: Axes) -> TypedInput:
    """An input with unknown sizes; the others decide the layout."""
    marks = [found[0] == "?" for found in re.finditer(r"\d+|\?", text)]
    sample = typed_input(text.replace("?", str(SAMPLE)), layout, axes)
    marks += [False] * (len(sample.shape.dims()) - len(marks))
    names = LETTERS[sample.shape.rank]
    names = (*names[1:], names[0]) if sample.layout == "hwc" else names
    free = tuple(name if mark else "" for name, mark in zip(names, marks, strict=False))
    channels = free[-1 if sample.layout == "hwc" else 0]
    if channels and sum(marks) > 1:
        hint = "write the number of channels, such as ?x?x3"
        raise ShapeError("the channels and the size are both unknown", 0, len(text), hint)
    return TypedInput(sample.shape, sample.layout, sample.why, sample.batch, free)


def _is_batch(text: str, dims: tuple[int, ...], axes: Axes) -> bool:
    """Whether the first size is a batch: one more than the layers need, or in (10, 3, 32, 40)."""
    if axes.rank:
        return len(dims) == axes.rank + 2
    return text.strip()[:1] in ("(", "[") and _looks_like_batch(dims)


def _sequence(text: str, dims: tuple[int, ...], layout: Layout | None, why: str, batch: int) -> TypedInput:
    """The input of 1-D layers: one size is its length, two are its length and channels."""
    if len(dims) == 1:
        return TypedInput(
            Shape(1, dims), layout or "hwc", f"{why}one size is the length of a sequence", batch
        )
    if layout is None:
        a, b = dims
        message = (
            f"'{text.strip()}' has two readings: {a} steps of {b} channels, or {a} channels of {b} steps"
        )
        raise ShapeError(message, 0, len(text), "choose with --layout hwc or --layout chw")
    shape = shape_of(dims, layout)
    other = "hwc" if layout == "chw" else "chw"
    reason = f"a sequence of {shape.spatial[0]} steps with {shape.channels} channels"
    return TypedInput(shape, layout, f"{why}{reason}; for the other order use --layout {other}", batch)


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


def _looks_like_batch(dims: tuple[int, ...]) -> bool:
    """Whether four sizes are most likely a batch of images, such as 64×3×32×32."""
    return len(dims) == 4 and dims[1] in COLOURS and not {dims[0], dims[-1]} & set(COLOURS)


def _refuse_batch(text: str, dims: tuple[int, ...]) -> None:
    """Refuses shapes such as 64×3×32×32, which would be read as a volume."""
    if not _looks_like_batch(dims):
        return
    message = f"'{text.strip()}' looks like a batch of {dims[0]} images with {dims[1]} channels"
    sample = "x".join(map(str, dims[1:]))
    hint = f"write {sample} and --batch {dims[0]}; for a volume pass --layout"
    raise ShapeError(message, 0, len(text), hint)


def _layout(dims: tuple[int, ...], given: Layout | None, is_keras: bool, axes: Axes) -> tuple[Layout, str]:
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
    if axes.layout == "chw":
        return "chw", "channels first, as in PyTorch"
    is_keras = is_keras or axes.layout == "hwc"
    return "hwc", AS_USUAL + ("in Keras" if is_keras else "in most homework")
