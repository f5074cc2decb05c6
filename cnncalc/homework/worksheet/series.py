"""Several sheets of a network: a variant for each seed or student."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

from msgspec.structs import replace

from cnncalc.homework.worksheet.sheet import DEFAULT, Worksheet, worksheet
from cnncalc.spec import SpecLike, as_spec

MOST_SHEETS = 10_000
"""Most sheets made by one call."""
SEEDS = re.compile(r"(-?[0-9]{1,18})(?:-([0-9]{1,18}))?")


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds that are written as `7`, `1-30` or `1,4,7-9`.

    Raises:
        ValueError: the text is none of these, or there are too many.

    >>> seeds_of("1,4,7-9")
    (1, 4, 7, 8, 9)
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        found = SEEDS.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
        if last < first:
            raise ValueError(f"expected seeds such as 7, 1-30 or 1,4,7-9; found '{text}'")
        if len(seeds) + last - first >= MOST_SHEETS:
            raise ValueError(f"expected at most {MOST_SHEETS:,} seeds; found '{text}'")
        seeds |= dict.fromkeys(range(first, last + 1))
    return tuple(seeds)


def assigned(seeds: Sequence[int], students: Sequence[str]) -> list[tuple[int, str]]:
    """The seed and student of each sheet.

    Without seeds, each student has a variant of their own, from 1. With fewer seeds than students, they
    are used again. Without students, each seed has a sheet.

    >>> assigned([4, 5], ["Ann", "Bob", "Eve"])
    [(4, 'Ann'), (5, 'Bob'), (4, 'Eve')]
    """
    if not students:
        return [(seed, "") for seed in seeds]
    return list(zip(cycle(seeds or range(1, len(students) + 1)), students, strict=False))


def worksheets(
    spec: SpecLike,
    blank: Iterable[str] = DEFAULT,
    *,
    seeds: Sequence[int] = (),
    students: Sequence[str] = (),
) -> Iterator[Worksheet]:
    """Make the sheets of a class, as `assigned` says; arguments and errors are those of `worksheet`.

    >>> [(sheet.student, sheet.seed) for sheet in worksheets("lenet5", students=["Ann", "Bob"])]
    [('Ann', 1), ('Bob', 2)]
    """
    spec = as_spec(spec)
    names = tuple(blank)
    made: dict[int, Worksheet] = {}
    for seed, student in assigned(seeds, students):
        if seed not in made:
            made[seed] = worksheet(spec, names, seed=seed)
        yield replace(made[seed], student=student)
