"""The mark for one answer: its verdict, and the causes of a wrong one."""

import re
from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Literal

from msgspec import Struct

from cnncalc.homework.answers import AnswerError, Number, Written, written
from cnncalc.homework.grade.question import MOST_CAUSES, Question, by_scale, evident, number_of
from cnncalc.homework.mistakes.cause import Cause, Rank, together
from cnncalc.homework.mistakes.evidence import FINE, loosely, reading_of
from cnncalc.homework.quantities import FLOAT32, Value
from cnncalc.shapes import Layout, shape_of

Outcome = Literal["right", "digits", "convention", "wrong", "unreadable", "unanswered"]
RIGHT: tuple[Outcome, ...] = ("right", "digits", "convention")
"""Verdicts that earn the points."""


class Mark(Struct, frozen=True):
    """A verdict and its remark, which never contains the correct number.

    `says` is the convention under which the answer is correct, or why it cannot be read.
    `causes` are the possible mistakes, likeliest first.
    """

    verdict: Outcome
    says: str = ""
    causes: tuple[Cause, ...] = ()


def wrong(causes: list[Cause] | tuple[Cause, ...]) -> Mark:
    """The mark for a wrong answer with these causes."""
    return Mark("wrong", "", tuple(causes[:MOST_CAUSES]))


def mark(question: Question, text: str, layout: Layout) -> Mark:
    """Mark an answer whose shapes are in `layout`."""
    try:
        answer = written(text)
    except AnswerError as error:
        return Mark("unreadable", str(error))
    if answer.everything:
        return mark_everything(question)
    if question.quantity.form in ("shape", "weights"):
        return mark_shape(question, answer, layout)
    return mark_number(question, answer)


def mark_everything(question: Question) -> Mark:
    if question.quantity.name != "receptive_field":
        return Mark("unreadable", "expected a number, such as 34,944 or 1.14G")
    if question.right == 0:
        return Mark("right")
    return Mark(
        "wrong", "", (Cause(("everything",), "a unit of this layer does not depend on the whole input"),)
    )


def mark_number(question: Question, answer: Written) -> Mark:
    sizes = answer.sizes
    if isinstance(question.right, tuple) and len(sizes) == len(question.right):
        return _per_axis(question, tuple(size for size in sizes if size is not None))
    number = number_of(question, answer)
    if number is None and len(sizes) > 1:
        return _shape_for_number(question, answer)
    if number is None:
        return Mark("unreadable", "not a number; write it as 34,944 or 1.14G")
    return verdict_on(question, number)


def _per_axis(question: Question, sizes: tuple[Fraction, ...]) -> Mark:
    values = tuple(int(size) if size.denominator == 1 else size for size in sizes)
    if values == question.right:
        return Mark("right")
    if values in question.rights:
        return Mark("convention", question.rights[values])
    return wrong(question.causes(values))


def _shape_for_number(question: Question, answer: Written) -> Mark:
    """Mark a shape given instead of a number."""
    product = Fraction(1)
    for size in answer.sizes:
        product *= size or 1
    if question.right == product:
        return Mark("convention", "the factors, not their product")
    says = "expected a number, found a shape"
    return Mark("wrong", "", (Cause(("shape-for-number",), says),))


def verdict_on(question: Question, number: Number) -> Mark:
    """Mark a number: exact before rounded, convention before mistake."""
    right = question.right
    if right is None or isinstance(right, tuple):
        return wrong(question.causes(_plain(number.value)))
    if number.value == right:
        return Mark("right")
    if number.unit == "bytes" and question.quantity.form != "bytes":
        return _bytes_for_values(question, number, Fraction(right))
    if reading_of(number).holds(right):
        return Mark("digits" if number.tolerance else "right")
    return _by_convention(question, number, Fraction(right)) or _wrong_number(question, number)


def _bytes_for_values(question: Question, number: Number, right: Fraction) -> Mark:
    """Mark a number with a unit of memory where a number of values is asked."""
    for base in (1000, 1024):
        fit = reading_of(number, base)
        if base == 1000 and fit.holds(right):
            return wrong(
                [Cause(("unit-of-memory",), "MB is a unit of memory; write M for millions of values")]
            )
        if fit.holds(FLOAT32 * right):
            says = "these are float32 bytes; expected the number of values"
            return wrong([Cause(("bytes-for-values",), says, Rank.UNIT)])
    return _wrong_number(question, number)


def _by_convention(question: Question, number: Number, right: Fraction) -> Mark | None:
    if number.power and not number.binary and reading_of(number, 1024).holds(right):
        return Mark("convention", "KB and MB as powers of 1024 (KiB, MiB)")
    if number.power and number.binary:
        thousands = Number(
            number.value * Fraction(1000, 1024) ** number.power,
            number.tolerance * Fraction(1000, 1024) ** number.power,
        )
        if reading_of(thousands).holds(right):
            return Mark("convention", "KiB and MiB as powers of 1000 (KB, MB)")
    fit = reading_of(number)
    for value, says in question.rights.items():
        if fit.holds(value):
            return Mark("convention", says)
    return None


FEW = 3
"""Digits from which a number with trailing zeros is rather rounded than a sum with a mistake in one part."""


def _wrong_number(question: Question, number: Number) -> Mark:
    """Try exact mistakes, then rounding to few digits, then rounded mistakes and typing mistakes."""
    loose = loosely(number)
    is_rounded = (
        loose is not None and number.significant >= FEW and reading_of(loose).holds(question.right or 0)
    )
    if not number.tolerance:
        causes = evident(question, reading_of(number), question.causes(_plain(number.value)))
        if causes and causes[0].rank <= (Rank.OCCASIONAL if is_rounded else Rank.FACTOR):
            return wrong(causes)
    if loose is not None:
        rounded = verdict_on(question, loose)
        if rounded.verdict != "wrong" or rounded.causes:
            return rounded
    fit = reading_of(number)
    is_coarse = number.tolerance > FINE * abs(number.value)
    causes = (
        evident(question, fit, question.causes_within(fit, is_coarse))
        if number.tolerance
        else evident(question, fit, question.causes(_plain(number.value)))
    )
    others = by_scale(question, number, fit)
    return wrong(sorted([*causes, *others], key=lambda cause: cause.order))


def _plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


Dims = tuple[int | Fraction, ...]

WHOLE = ("axes-swapped",)
"""Causes that explain a whole shape but not a part of it."""
ONES = "axes of size 1 added or omitted"
ORDER = {"chw": "channels first", "hwc": "channels last"}


def mark_shape(question: Question, answer: Written, layout: Layout) -> Mark:
    """Mark an answer to a question for a shape."""
    right = question.right
    if not isinstance(right, tuple):
        return wrong([])
    sizes = answer.sizes
    if len(_bare(right)) < 2 and len(sizes) > 1 and _is_grouped(answer):
        sizes = ()
    if not sizes or any(size is not None and size.denominator > 1 for size in sizes):
        return _not_whole(question, sizes) if sizes else _number_for_shape(question, answer)
    dims = tuple(int(size) for size in sizes if size is not None)
    if (
        question.quantity.form == "shape"
        and len(_bare(right)) < 2 < 2 * len(dims)
        and _bare(dims) == _bare(right)
    ):
        return Mark("right") if dims == right else Mark("convention", ONES)
    if len(sizes) == len(right) + 1 and len(dims) == len(sizes):
        dims = dims[1:]  # the batch
    if question.quantity.form == "weights":
        return _weights(question, dims)
    layout = answer.layout or layout
    if len(dims) == 1 and len(right) > 1:
        return _number_for_shape(question, answer)
    return _in_layout(question, dims, layout)


def _is_grouped(answer: Written) -> bool:
    """Whether an answer such as 16,777,216 is rather a count with separators than several sizes."""
    return answer.number is not None and bool(re.search(r"[0-9]{1,3}(,[0-9]{3})+$", answer.text.strip()))


def _weights(question: Question, dims: tuple[int, ...]) -> Mark:
    if dims == question.right:
        return Mark("right")
    if dims in question.rights:
        return Mark("convention", question.rights[dims])
    if isinstance(question.right, tuple) and sorted(dims) == sorted(question.right[1:]):
        return wrong(
            [Cause(("one-filter",), "this is the shape of one filter; expected that of all filters")]
        )
    return wrong(question.causes(dims))


def _in_layout(question: Question, dims: tuple[int, ...], layout: Layout) -> Mark:
    right = question.right
    assert isinstance(right, tuple)
    same, other = layouts(dims, layout)
    if same == right:
        return Mark("right")
    if other == right:
        swapped: Layout = "chw" if layout == "hwc" else "hwc"
        return Mark("convention", ORDER[swapped])
    if _bare(dims) == _bare(right) and len(_bare(right)) < 2:
        return Mark("convention", ONES)
    found = _causes(question, same) or _causes(question, other)
    return wrong(found or _one_number_wrong(question, same, other))


def _is_vector(dims: Dims) -> bool:
    return len(_bare(dims)) < 2


def _bare(dims: Dims) -> Dims:
    return tuple(size for size in dims if size != 1)


def _causes(question: Question, dims: tuple[int, ...]) -> list[Cause]:
    """The causes of a shape: as a whole, or separately for size and depth."""
    first, *_ = question.tables()
    if dims in first:
        return first[dims]
    parts = _by_parts(question, dims)
    return parts or question.causes(dims)


def _by_parts(question: Question, dims: tuple[int, ...]) -> list[Cause]:
    """The causes of depth and size, if one mistake explains each."""
    right = question.right
    if not isinstance(right, tuple) or len(dims) != len(right) or len(dims) < 2:
        return []
    depth, sizes = dims[0], dims[1:]
    causes: list[Cause] = []
    for table in question.tables():
        causes = []
        if sizes != right[1:]:
            causes += _first(table, lambda value: value[1:] == sizes)
        if depth != right[0]:
            causes += _first(table, lambda value: value[0] == depth)
        if len(causes) == (sizes != right[1:]) + (depth != right[0]):
            return [together(*causes, rank=max(cause.rank for cause in causes))]
    return []


def _first(table: dict[Value, list[Cause]], matches: Callable[[Dims], bool]) -> list[Cause]:
    found = [
        causes[0]
        for value, causes in table.items()
        if isinstance(value, tuple) and len(value) > 1 and matches(value) and causes[0].mistakes != WHOLE
    ]
    return sorted(found, key=lambda cause: cause.order)[:1]


def _one_number_wrong(question: Question, *readings: tuple[int, ...]) -> list[Cause]:
    """Which part of a shape is wrong, if no cause is known."""
    right = question.right
    assert isinstance(right, tuple)
    for dims in readings:
        if len(dims) != len(right):
            continue
        if dims[0] == right[0] and len(right) > 1:
            return [Cause(("size-wrong",), "the depth is correct, the size is not", Rank.VAGUE)]
        if dims[1:] == right[1:] and len(right) > 1:
            return [Cause(("depth-wrong",), "the size is correct, the depth is not", Rank.VAGUE)]
    return _too_few(question, readings[0])


def _too_few(question: Question, dims: tuple[int, ...]) -> list[Cause]:
    right = question.right
    assert isinstance(right, tuple)
    given = sorted(dims)
    if len(dims) == len(right) - 1 and given == sorted(right[1:]):
        return [Cause(("depth-missing",), "the size is correct, but the depth is missing")]
    if prod(dims) == prod(right):
        return [Cause(("same-number",), "the number of values is correct, the shape is not")]
    return []


def _not_whole(question: Question, sizes: tuple[Fraction | None, ...]) -> Mark:
    says = "sizes are whole numbers; round the quotient down, or up with `fit: ceil`"
    return Mark("wrong", "", (Cause(("not-rounded",), says),))


def _number_for_shape(question: Question, answer: Written) -> Mark:
    right = question.right
    assert isinstance(right, tuple)
    number = answer.number
    if number is not None and number.value == prod(right):
        if len(right) == 1:
            return Mark("right")
        if len(_bare(right)) < 2:
            return Mark("convention", ONES)
        return wrong([Cause(("number-for-shape",), "this is the number of values; expected the shape")])
    if number is not None and len(right) > 1 and set(right[1:]) == {number.value}:
        return wrong(
            [Cause(("depth-missing",), "the size is correct; the other axes and the depth are missing")]
        )
    if number is not None and len(right) == 1:
        return wrong(question.causes((int(number.value),)) if number.value.denominator == 1 else [])
    return wrong([Cause(("number-for-shape",), "expected a shape, found one number", Rank.VAGUE)])


def layouts(dims: tuple[int, ...], layout: Layout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Sizes read in a layout and in the other one, both returned channels first."""
    other: Layout = "chw" if layout == "hwc" else "hwc"
    return shape_of(dims, layout).dims(), shape_of(dims, other).dims()
