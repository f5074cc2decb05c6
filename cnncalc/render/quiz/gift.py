"""Questions in GIFT, the text format of Moodle: numerical, short answers for shapes, or multiple choice.

The format is described at https://docs.moodle.org/en/GIFT_format.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from cnncalc.homework.worksheet.quiz import Given, Quiz, QuizQuestion
from cnncalc.render.quiz.common import category, convention, page, shown

SPECIAL = re.compile(r"[~=#{}:\\]")
SIGNS = ("×", "x", " × ", " x ", ", ", ",")
"""What may stand between the sizes of a right shape."""


def gift(quizzes: Sequence[Quiz], choices: int = 0) -> str:
    """The questions of each quiz in a category of their own."""
    return "\n".join(part for quiz in quizzes for part in _parts(quiz, choices))


def _parts(quiz: Quiz, choices: int) -> Iterator[str]:
    names = (SPECIAL.sub("_", name).replace("/", "//") for name in category(quiz))
    yield f"$CATEGORY: $course$/top/{'/'.join(names)}\n"
    for question in quiz.questions:
        answers = "\n".join(_answers(question, choices, quiz.sheet.seed))
        sign = "" if choices or isinstance(question.right, tuple) else "#"
        text = _plain(page(quiz, question))
        yield f"::{_plain(question.key)}::[html]{text}{{{sign}\n{answers}\n}}\n"


def _answers(question: QuizQuestion, choices: int, seed: int | None) -> Iterator[str]:
    """A line for each answer, with its feedback."""
    if choices:
        for value, says in question.choices(choices, seed):
            yield f"~{_plain(shown(value))}{_feedback(says)}" if says else f"={_plain(shown(value))}"
    elif isinstance(question.right, tuple):
        yield from _shapes(question, question.right)
    else:
        yield f"={question.right}:0"
        yield from _others(question, ("",), ":0")


def _shapes(question: QuizQuestion, right: tuple[int, ...]) -> Iterator[str]:
    """Spellings of the right shape, then those of others."""
    for sign in SIGNS:
        yield f"={_plain(_joined(right, sign))}"
        if "," in sign:
            yield f"={_plain(f'({_joined(right, sign)})')}"
    yield from _others(question, SIGNS[:2], "")


def _others(question: QuizQuestion, signs: tuple[str, ...], tolerance: str) -> Iterator[str]:
    """Answers that are right by another convention, and the wrong ones with their mistakes."""
    answers = [(100, value, convention(says)) for value, says in question.others]
    answers += [(0, each.value, each.says) for each in question.wrong]
    for percent, value, says in answers:
        for sign in signs:
            yield f"=%{percent}%{_plain(_joined(value, sign))}{tolerance}{_feedback(says)}"


def _joined(value: Given, sign: str) -> str:
    return sign.join(map(str, value)) if isinstance(value, tuple) else str(value)


def _feedback(says: str) -> str:
    return f"#{_plain(escape(says, quote=False))}"


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text)
