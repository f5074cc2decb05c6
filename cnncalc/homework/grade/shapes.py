"""The verdict on a shape: its order, its batch, its sizes and its depth."""

from collections.abc import Callable
from fractions import Fraction
from math import prod

from cnncalc.homework.answers import Written
from cnncalc.homework.grade.question import Question
from cnncalc.homework.grade.verdict import Mark, wrong
from cnncalc.homework.mistakes.layer import Cause
from cnncalc.homework.quantities import Value
from cnncalc.shapes import Layout, shape_of

Dims = tuple[int | Fraction, ...]

WHOLE = ("axes-swapped",)
"""What explains a whole shape and no part of it."""
ONES = "axes of size 1 written otherwise"
ORDER = {"chw": "channels first", "hwc": "channels last"}


def mark_shape(question: Question, answer: Written, layout: Layout) -> Mark:
    """The verdict on an answer that is a shape, or should be one."""
    right = question.right
    if not isinstance(right, tuple):
        return wrong([])
    sizes = answer.sizes
    if not sizes or any(size is not None and size.denominator > 1 for size in sizes):
        return _not_whole(question, sizes) if sizes else _number_for_shape(question, answer)
    dims = tuple(int(size) for size in sizes if size is not None)
    if len(sizes) == len(right) + 1 and len(dims) == len(sizes):
        dims = dims[1:]  # the batch
    if question.quantity.form == "weights":
        return _weights(question, dims)
    layout = answer.layout or layout
    if len(dims) == 1 and len(right) > 1:
        return _number_for_shape(question, answer)
    return _in_layout(question, dims, layout)


def _weights(question: Question, dims: tuple[int, ...]) -> Mark:
    if dims == question.right:
        return Mark("right")
    if dims in question.rights:
        return Mark("convention", question.rights[dims])
    if isinstance(question.right, tuple) and sorted(dims) == sorted(question.right[1:]):
        return wrong(
            [Cause(("one-filter",), "these are the sizes of one filter; those of all filters are asked for")]
        )
    return wrong(question.causes(dims))


def _in_layout(question: Question, dims: tuple[int, ...], layout: Layout) -> Mark:
    right = question.right
    assert isinstance(right, tuple)
    same, other = layouts(dims, layout)
    if same == right:
        return Mark("right")
    if other == right:
        turned: Layout = "chw" if layout == "hwc" else "hwc"
        return Mark("convention", ORDER[turned])
    if _bare(dims) == _bare(right) and len(_bare(right)) < 2:
        return Mark("convention", ONES)
    found = _causes(question, same) or _causes(question, other)
    return wrong(found or _one_number_wrong(question, same, other))


def _bare(dims: Dims) -> Dims:
    return tuple(size for size in dims if size != 1)


def _causes(question: Question, dims: tuple[int, ...]) -> list[Cause]:
    """Why somebody comes to a shape: by one table, or by its sizes and its depth each for itself."""
    first, *_ = question.tables()
    if dims in first:
        return first[dims]
    parts = _by_parts(question, dims)
    return parts or question.causes(dims)


def _by_parts(question: Question, dims: tuple[int, ...]) -> list[Cause]:
    """The causes of the depth and of the sizes, where one slip explains each."""
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
            return [_joined(causes)]
    return []


def _first(table: dict[Value, list[Cause]], matches: Callable[[Dims], bool]) -> list[Cause]:
    found = [
        causes[0]
        for value, causes in table.items()
        if isinstance(value, tuple) and len(value) > 1 and matches(value) and causes[0].slips != WHOLE
    ]
    return sorted(found, key=lambda cause: cause.steps)[:1]


def _joined(causes: list[Cause]) -> Cause:
    names = tuple(name for cause in causes for name in cause.slips)
    says = "; and ".join(dict.fromkeys(cause.says for cause in causes))
    return Cause(names, says, sum(cause.steps for cause in causes))


def _one_number_wrong(question: Question, *readings: tuple[int, ...]) -> list[Cause]:
    """Which part is wrong, where nothing says why."""
    right = question.right
    assert isinstance(right, tuple)
    for dims in readings:
        if len(dims) != len(right):
            continue
        if dims[0] == right[0] and len(right) > 1:
            return [Cause(("size-wrong",), "the depth is right, and the size is not", 900)]
        if dims[1:] == right[1:] and len(right) > 1:
            return [Cause(("depth-wrong",), "the size is right, and the depth is not", 900)]
    return _too_few(question, readings[0])


def _too_few(question: Question, dims: tuple[int, ...]) -> list[Cause]:
    right = question.right
    assert isinstance(right, tuple)
    given = sorted(dims)
    if len(dims) == len(right) - 1 and given == sorted(right[1:]):
        return [Cause(("depth-missing",), "the size is right, and the depth is missing")]
    if prod(dims) == prod(right):
        return [Cause(("same-number",), "the number of values is right, and the shape is not")]
    return []


def _not_whole(question: Question, sizes: tuple[Fraction | None, ...]) -> Mark:
    says = "a size is a whole number: what the stride leaves over is dropped"
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
        return wrong(
            [Cause(("number-for-shape",), "this is how many values there are; the shape is asked for")]
        )
    if number is not None and len(right) > 1 and set(right[1:]) == {number.value}:
        return wrong(
            [Cause(("depth-missing",), "the size is right; the shape has the other axes and the depth, too")]
        )
    if number is not None and len(right) == 1:
        return wrong(question.causes((int(number.value),)) if number.value.denominator == 1 else [])
    return wrong([Cause(("number-for-shape",), "a shape is asked for, and this is one number", 900)])


def layouts(dims: tuple[int, ...], layout: Layout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Sizes read in a layout and in the other one, both channels first."""
    other: Layout = "chw" if layout == "hwc" else "hwc"
    return shape_of(dims, layout).dims(), shape_of(dims, other).dims()
