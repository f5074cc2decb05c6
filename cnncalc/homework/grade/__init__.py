"""`grade`: verdicts, points and the likeliest mistake for each answer."""

from cnncalc.homework.grade.grader import Graded, Grader, Result, grade
from cnncalc.homework.grade.verdict import RIGHT, Verdict

__all__ = ["RIGHT", "Graded", "Grader", "Result", "Verdict", "grade"]
