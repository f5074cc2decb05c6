"""`grade` for a class: folders of sheets, a variant for each student, and what the class gets wrong."""

from cnncalc.homework.classroom.classroom import Classroom, grade
from cnncalc.homework.classroom.enrolled import enrolled
from cnncalc.homework.classroom.grades import Grades
from cnncalc.homework.classroom.notices import Notice, said, said_once
from cnncalc.homework.classroom.roster import Roster, roster_of
from cnncalc.homework.classroom.submissions import Submission, submissions, submissions_of

__all__ = [
    "Classroom",
    "Grades",
    "Notice",
    "Roster",
    "Submission",
    "enrolled",
    "grade",
    "roster_of",
    "said",
    "said_once",
    "submissions",
    "submissions_of",
]
