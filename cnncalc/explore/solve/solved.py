"""What `solve` is asked and what it finds: unknowns, targets, solutions, or why there are none."""

from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

from cnncalc.analysis.report import Report
from cnncalc.printed import printed
from cnncalc.shapes import Layout


class Unknown(Struct, frozen=True):
    """A `?`: the variable that stands for it, which option of which argument it is.

    Arguments count from 1, the layers; 0 is the input.
    """

    variable: str
    option: str
    argument: int
    title: str


class Target(Struct, frozen=True):
    """What has to come out: a quantity between two bounds, or sizes of which None may be any.

    Attributes:
        quantity: output, params, macs, flops or receptive_field.
        written: as it was asked for.
        sizes: of an output or a receptive field, in the order of channels and axes.
        low: the least number that will do.
        high: the greatest.
    """

    quantity: str
    written: str
    sizes: tuple[int | None, ...] = ()
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)

    @property
    def nominal(self) -> Fraction:
        """The number in the middle."""
        return (self.low + self.high) / 2


class Solution(Struct, frozen=True):
    """Values of the unknowns that reach every target; `fits` where no stride leaves a rest."""

    values: Mapping[str, int]
    layers: tuple[str, ...]
    input: str
    report: Report
    fits: bool


class Solved(Struct, frozen=True):
    """All solutions in the usual ranges, the simplest first, or why there are none.

    Attributes:
        unknowns: what was asked for, by the name of each.
        targets: what had to be reached.
        solutions: as many as were wanted.
        others: how many more there are.
        free: unknowns on which no target depends.
        reasons: why there are no solutions.
        ranges: what was tried for each unknown.
        is_complete: whether all of that was tried, before the time was up.
    """

    unknowns: tuple[Unknown, ...]
    targets: tuple[Target, ...]
    layout: Layout
    solutions: tuple[Solution, ...]
    others: int
    free: tuple[str, ...]
    reasons: tuple[str, ...]
    ranges: Mapping[str, tuple[int, int]]
    is_complete: bool
    note: str = ""

    def __repr__(self) -> str:
        found = ", ".join(str(values) for values in self.values[:3])
        return f"<Solved: {len(self.solutions) + self.others} solutions{found and f', {found}'}>"

    def __str__(self) -> str:
        return printed(self)

    @property
    def values(self) -> list[dict[str, int]]:
        """The solutions as plain numbers: `[{"kernel": 3}]`."""
        return [dict(solution.values) for solution in self.solutions]
