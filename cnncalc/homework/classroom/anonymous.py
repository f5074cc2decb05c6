"""Grades without names, for tables that are shown to a class."""

from collections.abc import Sequence

from msgspec.structs import replace

from cnncalc.homework.grade import Graded


def anonymous(grades: Sequence[Graded]) -> list[Graded]:
    """The grades with numbers for names, the best first, and nothing that tells who it is.

    Neither the order of the files nor the variants remain, and problems do not quote a sheet.
    """
    ordered = sorted(
        grades,
        key=lambda each: (bool(each.problem), -each.score, [(a.score, a.answer) for a in each.results]),
    )
    return [
        replace(
            each,
            student=f"student {number}",
            variant=None,
            sheet=None,
            notices=(),
            source=None,
            problem=replace(each.problem, message="not graded", place=None, hint="")
            if each.problem
            else None,
        )
        for number, each in enumerate(ordered, start=1)
    ]
