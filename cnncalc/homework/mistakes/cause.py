"""Why an answer is as it is, and how likely that is."""

from enum import IntEnum

from msgspec import Struct


class Rank(IntEnum):
    """How likely a cause is, the likeliest first: exact before vague, one mistake before two.

    Causes of one rank are told apart by their place in the table that they come from.
    """

    HERE = 1
    """One mistake in the number that is asked for."""
    PART = 2
    """A part of a sum, or a mistake in one part."""
    FAR_FETCHED = 3
    """One mistake in the number that is asked for, which few make."""
    UNIT = 4
    """Another unit: bits for bytes."""
    OTHER_QUANTITY = 5
    """Right for another quantity."""
    ELSEWHERE = 6
    """A mistake in another layer, or the number of another layer or network."""
    FACTOR = ELSEWHERE
    """The right number times a factor."""
    PART_AND_MORE = 7
    """A part of a sum, with a mistake in it."""
    OFF_BY_ONE = PART_AND_MORE
    """One more or less, or the other sign."""
    DIGITS = 8
    """A digit missing, added or swapped with its neighbour."""
    LAST_DIGITS = 9
    """One digit wrong, or rounded otherwise than the digits say."""
    TWO = 10
    """Two mistakes at once."""
    VAGUE = 11
    """What is wrong with the answer, and no cause of it: near, or the size right and the depth not."""


class Cause(Struct, frozen=True):
    """Why an answer is as it is.

    Attributes:
        mistakes: the names of the mistakes that lead to it.
        says: the sentence to the student.
        rank: how likely it is.
        place: its place in the table that it comes from, the likeliest first.
        of: the ranks of two mistakes at once, the less likely one first.
    """

    mistakes: tuple[str, ...]
    says: str
    rank: Rank = Rank.HERE
    place: int = 0
    of: tuple[Rank, ...] = ()

    @property
    def order(self) -> tuple[Rank, tuple[Rank, ...], int]:
        """What causes are sorted by; the least is the likeliest."""
        return self.rank, self.of, self.place


def together(*causes: Cause, rank: Rank = Rank.TWO) -> Cause:
    """Causes that come together, as one."""
    return Cause(
        mistakes=tuple(name for cause in causes for name in cause.mistakes),
        says="; and ".join(dict.fromkeys(cause.says for cause in causes)),
        rank=rank,
        place=sum(cause.place for cause in causes),
        of=tuple(sorted((cause.rank for cause in causes), reverse=True)),
    )
