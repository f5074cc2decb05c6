"""Unknowns, targets, solutions, and the reasons if there are none."""

from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

from cnncalc.analysis.report import Report
from cnncalc.printed import Printed, plural
from cnncalc.shapes import Layout


class Unknown(Struct, frozen=True):
    """A `?`: its variable, its option, and its argument.

    Argument 0 is the input, 1 the first layer.
    """

    variable: str
    option: str
    argument: int
    title: str


class Target(Struct, frozen=True):
    """A target: a quantity between two bounds, or sizes, where None means any.

    Attributes:
        quantity: output, params, macs, flops or receptive_field.
        written: the target as written.
        sizes: sizes of an output or a receptive field, channels first.
        low: the smallest accepted number.
        high: the largest.
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
    """Values of the unknowns that reach every target; `fits` if every stride divides evenly."""

    values: Mapping[str, int]
    layers: tuple[str, ...]
    input: str
    report: Report
    fits: bool


class Solved(Printed, Struct, frozen=True):
    """The solutions in the usual ranges, simplest first, or the reasons if there are none.

    Attributes:
        unknowns: every `?` of the arguments.
        targets: what each solution reaches.
        solutions: the simplest ones.
        others: the number of further solutions.
        free: unknowns that no target depends on.
        reasons: why there are no solutions.
        ranges: the range tried for each unknown.
        is_complete: whether the search finished within the time limit.
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
        return f"<Solved: {plural(len(self.solutions) + self.others, 'solution')}{found and f', {found}'}>"

    @property
    def values(self) -> list[dict[str, int]]:
        """The solutions as plain numbers: `[{"kernel": 3}]`."""
        return [dict(solution.values) for solution in self.solutions]
