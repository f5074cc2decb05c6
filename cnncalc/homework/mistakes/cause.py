"""The cause of a wrong answer, and how likely it is."""

from enum import IntEnum

from msgspec import Struct


class Rank(IntEnum):
    """How likely a cause is, likeliest first: exact before vague, one mistake before two.

    Causes of equal rank are ordered by their place in the table that they come from.
    """

    HERE = 1
    """One mistake in the requested number."""
    PART = 2
    """Part of a sum, or a mistake in one part."""
    FAR_FETCHED = 3
    """One rare mistake in the requested number."""
    UNIT = 4
    """The wrong unit: bits for bytes."""
    OTHER_QUANTITY = 5
    """Correct for another quantity."""
    ELSEWHERE = 6
    """A mistake in another layer, or correct for another layer or network."""
    FACTOR = ELSEWHERE
    """The correct number times a factor."""
    PART_AND_MORE = 7
    """Part of a sum, with a mistake in it."""
    OFF_BY_ONE = PART_AND_MORE
    """Off by one, or the wrong sign."""
    DIGITS = 8
    """A digit missing, added or swapped with its neighbour."""
    LAST_DIGITS = 9
    """One wrong digit, or rounded more than the digits show."""
    TWO = 10
    """Two mistakes at once."""
    VAGUE = 11
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
