"""`grade`: verdicts, points and the likeliest mistake for each answer."""

from cnncalc.homework.grade.grader import Graded, GradedAnswer, Grader, grade
from cnncalc.homework.grade.marks import RIGHT, Outcome

__all__ = ["RIGHT", "Graded", "GradedAnswer", "Grader", "Outcome", "grade"]
