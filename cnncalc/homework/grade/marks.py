"""The verdict on one answer to one question."""

from cnncalc.homework.answers import AnswerError, written
from cnncalc.homework.grade.numbers import mark_everything, mark_number
from cnncalc.homework.grade.question import Question
from cnncalc.homework.grade.shapes import mark_shape
from cnncalc.homework.grade.verdict import Mark
from cnncalc.shapes import Layout


def mark(question: Question, text: str, layout: Layout) -> Mark:
    """The verdict on an answer, whose shapes are written in `layout`."""
    try:
        answer = written(text)
    except AnswerError as error:
        return Mark("unreadable", str(error))
    if answer.everything:
        return mark_everything(question)
    if question.quantity.form in ("shape", "weights"):
        return mark_shape(question, answer, layout)
    return mark_number(question, answer)
