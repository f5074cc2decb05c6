"""Questions in GIFT, the text format of Moodle: numerical, short answers for shapes, or multiple choice.

The format is described at https://docs.moodle.org/en/GIFT_format.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from cnncalc.homework.worksheet.quiz import Quiz, QuizQuestion
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
        return
    if isinstance(question.right, tuple):
        sizes = [str(size) for size in question.right]
        for sign in SIGNS:
            for text in (sign.join(sizes), f"({sign.join(sizes)})") if "," in sign else (sign.join(sizes),):
                yield f"={_plain(text)}"
        wrong = [each for each in question.wrong if isinstance(each.value, tuple)]
        for each in wrong:
            for sign in SIGNS[:2]:
                yield f"=%0%{_plain(sign.join(map(str, each.value)))}{_feedback(each.says)}"  # type: ignore[arg-type]
        return
    yield f"={question.right}:0"
    for value, says in question.others:
        yield f"=%100%{value}:0{_feedback(convention(says))}"
    for each in question.wrong:
        yield f"=%0%{each.value}:0{_feedback(each.says)}"


def _feedback(says: str) -> str:
    return f"#{_plain(escape(says, quote=False))}"


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text)
