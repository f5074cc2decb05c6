"""`grade` for a class: folders of sheets, a variant for each student, and what the class gets wrong."""

from cnncalc.homework.classroom.classroom import Classroom, grade
from cnncalc.homework.classroom.enrolled import enrolled
from cnncalc.homework.classroom.roster import Roster, roster_of
from cnncalc.homework.classroom.submissions import Submission, submissions

__all__ = ["Classroom", "Roster", "Submission", "enrolled", "grade", "roster_of", "submissions"]
