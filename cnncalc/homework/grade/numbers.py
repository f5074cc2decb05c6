"""The verdict on a number."""

from fractions import Fraction

from cnncalc.homework.answers import Number, Written
from cnncalc.homework.grade.question import Question, by_scale, evident, number_of
from cnncalc.homework.grade.verdict import Mark, wrong
from cnncalc.homework.mistakes.fit import FINE, fitting, loosely
from cnncalc.homework.mistakes.layer import Cause


def mark_everything(question: Question) -> Mark:
    if question.quantity.name != "receptive_field":
        return Mark("unreadable", "a number is asked for; write it as 34,944 or 1.14G")
    if question.right == 0:
        return Mark("right")
    return Mark("wrong", "", (Cause(("everything",), "a unit of this layer does not see the whole input"),))


def mark_number(question: Question, answer: Written) -> Mark:
    sizes = answer.sizes
    if isinstance(question.right, tuple) and len(sizes) == len(question.right):
        return _per_axis(question, tuple(size for size in sizes if size is not None))
    number = number_of(question, answer)
    if number is None and len(sizes) > 1:
        return _shape_for_number(question, answer)
    if number is None:
        return Mark("unreadable", "this is not a number; write it as 34,944 or 1.14G")
    return verdict_on(question, number)


def _per_axis(question: Question, sizes: tuple[Fraction, ...]) -> Mark:
    values = tuple(int(size) if size.denominator == 1 else size for size in sizes)
    if values == question.right:
        return Mark("right")
    if values in question.rights:
        return Mark("convention", question.rights[values])
    return wrong(question.causes(values))


def _shape_for_number(question: Question, answer: Written) -> Mark:
    """A shape where a number is asked for."""
    product = Fraction(1)
    for size in answer.sizes:
        product *= size or 1
    if question.right == product:
        return Mark("convention", "the factors, not multiplied out")
    says = "a number is asked for, and this is a shape"
    return Mark("wrong", "", (Cause(("shape-for-number",), says),))


def verdict_on(question: Question, number: Number) -> Mark:
    """The verdict on a number: exactly right before rounded, a convention before a slip."""
    right = question.right
    if right is None or isinstance(right, tuple):
        return wrong(question.causes(_plain(number.value)))
    if number.value == right and not number.tolerance:
        return Mark("right")
    is_asked = number.unit != "bytes" or question.quantity.form == "bytes"
    if is_asked and fitting(number).holds(right):
        return Mark("digits" if number.tolerance else "right")
    return _by_convention(question, number, Fraction(right)) or _wrong_number(question, number)


def _by_convention(question: Question, number: Number, right: Fraction) -> Mark | None:
    if number.power and not number.binary and fitting(number, 1024).holds(right):
        return Mark("convention", "KB and MB taken as powers of 1024: KiB, MiB")
    if number.power and number.binary:
        thousands = Number(
            number.value * Fraction(1000, 1024) ** number.power,
            number.tolerance * Fraction(1000, 1024) ** number.power,
        )
        if fitting(thousands).holds(right):
            return Mark("convention", "KiB and MiB taken as powers of 1000: KB, MB")
    fit = fitting(number)
    for value, says in question.rights.items():
        if fit.holds(value):
            return Mark("convention", says)
    return None


def _wrong_number(question: Question, number: Number) -> Mark:
    """Exact slips first; then whether it is rounded to few digits; then rounded slips; then the pen."""
    if not number.tolerance:
        causes = evident(question, fitting(number), question.causes(_plain(number.value)))
        if causes and causes[0].steps < 400:
            return wrong(causes)
    loose = loosely(number)
    if loose is not None:
        rounded = verdict_on(question, loose)
        if rounded.verdict != "wrong" or rounded.causes:
            return rounded
    fit = fitting(number)
    is_coarse = number.tolerance > FINE * abs(number.value)
    causes = (
        evident(question, fit, question.causes_within(fit, is_coarse))
        if number.tolerance
        else evident(question, fit, question.causes(_plain(number.value)))
    )
    others = by_scale(question, number, fit)
    return wrong(sorted([*causes, *others], key=lambda cause: cause.steps))


def _plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value
