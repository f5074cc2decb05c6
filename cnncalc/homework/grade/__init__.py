"""`grade`: verdicts, points and the likeliest mistake for each answer."""

from cnncalc.homework.grade.grader import Graded, GradedAnswer, Grader
from cnncalc.homework.grade.marks import RIGHT, Outcome
from cnncalc.homework.grade.scheme import Scheme, scheme_of

__all__ = ["RIGHT", "Graded", "GradedAnswer", "Grader", "Outcome", "Scheme", "scheme_of"]
