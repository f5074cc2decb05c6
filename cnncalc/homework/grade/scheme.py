"""What an answer earns: a share of its points, by its verdict and its mistakes."""

from collections.abc import Iterable, Mapping
from math import prod

from msgspec import Struct

from cnncalc.homework.grade.marks import Outcome

FOLLOWING = "following"
"""Credit for answers that follow from an earlier error."""
OF_VERDICTS: dict[Outcome, str] = {"digits": "rounded", "convention": "convention"}
"""The names of credits for right answers that are not given exactly or in the network's own convention."""

OF_ANSWERS = (FOLLOWING, *OF_VERDICTS.values())
"""The names of credits that are not those of mistakes."""


class Scheme(Struct, frozen=True):
    """The credits that a teacher chose, by name: a mistake, `rounded`, `convention` or `following`.

    Right answers earn all points unless `rounded` or `convention` say otherwise. Wrong ones earn none
    without a credit, or with a mistake that has none; two mistakes multiply their credits.
    """

    credits: dict[str, float] = {}

    def share(self, verdict: Outcome, mistakes: Iterable[str], follows: bool) -> float:
        """The share of the points that an answer earns.

        >>> scheme = Scheme({"forgot-bias": 0.5, "rounded": 0})
        >>> scheme.share("wrong", ["forgot-bias"], False), scheme.share("digits", [], False)
        (0.5, 0)
        """
        if verdict == "right":
            return 1
        if verdict in OF_VERDICTS:
            return self.credits.get(OF_VERDICTS[verdict], 1)
        if follows:
            return self.credits.get(FOLLOWING, 0)
        shares = [self.credits.get(name, 0) for name in mistakes]
        return prod(shares) if shares else 0


def scheme_of(credits: Mapping[str, float] | None = None, follow_through: bool = False) -> Scheme:
    """The scheme of these credits; raises ValueError for a credit that is not from 0 to 1."""
    chosen = {**({FOLLOWING: 1} if follow_through else {}), **(credits or {})}
    for name, share in chosen.items():
        if not 0 <= share <= 1:
            raise ValueError(f"the credit for {name} is {share:g}; expected 0 to 1")
    return Scheme({name: int(share) if share in (0, 1) else share for name, share in chosen.items()})
