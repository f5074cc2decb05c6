"""The cause of a wrong answer, and how likely it is."""

from collections.abc import Sequence
from enum import IntEnum

from msgspec import Struct


class Rank(IntEnum):
    """How likely a cause is, likeliest first: exact before vague, one mistake before two.

    Causes of equal rank are ordered by their place in the table that they come from.
    """

    HERE = 1
    """One frequent mistake in the requested number, or a frequent one in rounding the sizes before it."""
    OCCASIONAL = 2
    """One mistake in the requested number that is less frequent."""
    PART = 3
    """Part of a sum, or a mistake in one part."""
    FAR_FETCHED = 4
    """One rare mistake in the requested number."""
    UNIT = 5
    """The wrong unit: bits for bytes."""
    OTHER_QUANTITY = 6
    """Correct for another quantity."""
    ELSEWHERE = 7
    """A mistake in another layer, or correct for another layer or network."""
    FACTOR = ELSEWHERE
    """The correct number times a factor."""
    PART_AND_MORE = 8
    """Part of a sum, with a mistake in it."""
    OFF_BY_ONE = PART_AND_MORE
    """Off by one, or the wrong sign."""
    DIGITS = 9
    """A digit missing, added or swapped with its neighbour."""
    LAST_DIGITS = 10
    """One wrong digit, or rounded more than the digits show."""
    TWO = 11
    """Two mistakes at once."""
    VAGUE = 12
    """A description without a cause: close, or correct size and wrong depth."""


class Cause(Struct, frozen=True, gc=False):
    """The cause of a wrong answer.

    Attributes:
        mistakes: the names of the mistakes that give it.
        says: the sentence for the student.
        rank: how likely it is.
        place: its place in the table that it comes from, likeliest first.
        of: the ranks of two combined mistakes, the less likely first.
    """

    mistakes: tuple[str, ...]
    says: str
    rank: Rank = Rank.HERE
    place: int = 0
    of: tuple[Rank, ...] = ()

    @property
    def order(self) -> tuple[Rank, tuple[Rank, ...], int]:
        """Sort key; the smallest is the likeliest."""
        return self.rank, self.of, self.place

    def ties_with(self, other: "Cause") -> bool:
        """Whether two causes of one answer are equally likely, and different statements."""
        is_equal = self.rank == other.rank and self.rank in OF_EQUAL_PRIOR
        return is_equal and self.mistakes != other.mistakes and self.says != other.says


OF_EQUAL_PRIOR = (Rank.HERE, Rank.OCCASIONAL, Rank.PART, Rank.FAR_FETCHED, Rank.ELSEWHERE)
"""Ranks whose causes are equally likely, and are named together if they give the same answer."""


def sentence(causes: Sequence[Cause]) -> str:
    """What is said of causes that are named together."""
    return "; or ".join(cause.says for cause in causes)


def named_together(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """The likeliest cause and those that tie with it."""
    first = causes[:1]
    return (*first, *(cause for cause in causes[1:] if first[0].ties_with(cause)))


def together(first: Cause, *others: Cause, rank: Rank = Rank.TWO) -> Cause:
    """Several causes combined into one."""
    mistakes, says, place, of = first.mistakes, [first.says], first.place, [first.rank]
    for cause in others:
        mistakes += cause.mistakes
        if cause.says not in says:
            says.append(cause.says)
        place += cause.place
        of.append(cause.rank)
    of.sort(reverse=True)
    return Cause(mistakes, "; and ".join(says), rank, place, tuple(of))
