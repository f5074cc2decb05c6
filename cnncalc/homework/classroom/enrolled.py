"""The grades of the students in the list of a class."""

from collections.abc import Sequence

from cnncalc.homework.classroom.roster import Roster
from cnncalc.homework.grade import Graded
from cnncalc.problems import Problem

MOST_NAMED = 5


def enrolled(grades: Sequence[Graded], roster: Roster, warnings: list[Problem]) -> list[Graded]:
    """The grades in the order of the list, with those who handed in nothing, and then those not in the list.

    Adds a warning for students who are not in the list, and for those with several sheets.
    """
    found: dict[int, list[Graded]] = {}
    strangers = []
    for graded in grades:
        at = roster.find(graded.student)
        if at is None:
            strangers.append(graded)
        else:
            found.setdefault(at, []).append(graded)
    nothing = Problem("missing", "no sheet was handed in")
    ordered = [
        each
        for at, name in enumerate(roster.names)
        for each in found.get(at, [Graded(name, problem=nothing)])
    ]
    several = [roster.names[at] for at, sheets in found.items() if len(sheets) > 1]
    for names, says in (
        ([each.student for each in strangers], "not in the list of the class, or not clearly"),
        (several, "handed in several sheets; each is graded"),
    ):
        if names:
            shown = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
            warnings.append(Problem("students", f"{says}: {shown}", level="warning"))
    return [*ordered, *strangers]
