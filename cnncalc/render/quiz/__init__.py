"""Questions in the formats of learning platforms: Moodle XML, GIFT, and QTI 1.2 as Canvas imports it.

To add a format, write a module with a function that takes quizzes and a number of choices, and add it to
`TEXTS`. Zipped formats are bytes: see `qti`.
"""

from collections.abc import Callable, Sequence

from cnncalc.homework.worksheet.quiz import Quiz
from cnncalc.render.quiz.gift import gift
from cnncalc.render.quiz.moodle import moodle
from cnncalc.render.quiz.qti import qti

TEXTS: dict[str, Callable[[Sequence[Quiz], int], str]] = {"moodle": moodle, "gift": gift}
"""The formats that are one text. 0 choices are open questions."""

__all__ = ["TEXTS", "gift", "moodle", "qti"]
