"""What is said of one answer, as data: the verdict, and the slips that may have led to a wrong one."""

from typing import Literal

from msgspec import Struct

from cnncalc.homework.mistakes.layer import Cause

Verdict = Literal["right", "digits", "convention", "wrong", "unreadable", "unanswered"]
RIGHT: tuple[Verdict, ...] = ("right", "digits", "convention")
"""Verdicts that give the points."""


MOST_CAUSES = 3
"""So many slips are named at most."""


class Mark(Struct, frozen=True):
    """A verdict and what is to be said with it; no number of the right answer is in it.

    `says` is the convention under which it is right, what went wrong, or why it cannot be read.
    `causes` are the slips that may have led to it, the likeliest first.
    """

    verdict: Verdict
    says: str = ""
    causes: tuple[Cause, ...] = ()


def wrong(causes: list[Cause] | tuple[Cause, ...]) -> Mark:
    """A wrong answer, with the slips that lead to it."""
    return Mark("wrong", "", tuple(causes[:MOST_CAUSES]))
