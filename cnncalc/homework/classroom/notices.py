"""What a teacher should know before the grades: how sheets were read, each notice once."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.homework.grade import Graded
from cnncalc.problems import Problem


class Notice(Struct, frozen=True):
    """What was not clear in a file; `source` is empty for the class as a whole."""

    problem: Problem
    source: str = ""


def said(grades: Sequence[Graded], warnings: Sequence[Problem]) -> Iterator[Notice]:
    """The notices about the class, then those about its files."""
    yield from map(Notice, warnings)
    for source, problems in said_once(grades).items():
        for problem in problems:
            yield Notice(problem, source)


def said_once(grades: Sequence[Graded]) -> dict[str, list[Problem]]:
    """The notices of a class by the first file of each; those of further files are only counted."""
    first: dict[tuple[str, str], tuple[str, Problem]] = {}
    files: dict[tuple[str, str], set[str]] = {}
    for graded in grades:
        source = graded.source.name if graded.source else "answers"
        for notice in graded.notices:
            first.setdefault((notice.message, notice.hint), (source, notice))
            files.setdefault((notice.message, notice.hint), set()).add(source)
    found: dict[str, list[Problem]] = {}
    for key, (source, notice) in first.items():
        others = len(files[key]) - 1
        more = f" (and in {others} other file{'s' if others > 1 else ''})" if others else ""
        found.setdefault(source, []).append(replace(notice, message=notice.message + more))
    return found
