"""What an explanation is made of: quantities, the formulas that lead to them, sums, and traces."""

from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

from cnncalc.formula import Working
from cnncalc.printed import printed
from cnncalc.shapes import Layout, Shape

Value = int | Fraction | tuple["Value", ...] | None
"""A number, sizes, or matrices of them; None for a receptive field that is everything."""


class Line(Struct, frozen=True):
    """A formula with its numbers, and what it gives: `weight`, `height and width`, or nothing to add."""

    title: str
    working: Working


class Term(Struct, frozen=True):
    """What one layer adds to a sum."""

    name: str
    value: int


class FieldStep(Struct, frozen=True):
    """How a receptive field grows in one layer, along one axis.

    The numbers are the report's; a formula is given where one leads to them, else `says` tells why not.
    """

    layer: str
    kind: str
    window: str
    size: int | None
    jump: Fraction | None
    start: Fraction | None
    growth: Working | None = None
    pace: Working | None = None
    centre: Working | None = None
    says: str = ""


class FieldTrace(Struct, frozen=True):
    """A receptive field from the input to a layer, for the axes along which it is the same."""

    axes: tuple[str, ...]
    steps: tuple[FieldStep, ...]


class Derivation(Struct, frozen=True):
    """One number of a layer, or several that belong together, with the way to them.

    Attributes:
        name: what `--of` calls it.
        title: what it is.
        value: what comes out.
        lines: the formulas that lead there.
        terms: where it is a sum over layers, what each adds.
        notes: what no formula says.
        traces: of a receptive field, how it grows.
        aside: whether it is told only when asked for.
    """

    name: str
    title: str
    value: Value
    lines: tuple[Line, ...] = ()
    terms: tuple[Term, ...] = ()
    notes: tuple[str, ...] = ()
    traces: tuple[FieldTrace, ...] = ()
    aside: bool = False


class Explained(Struct, frozen=True):
    """Every number of a layer, of a block or of a whole network, explained.

    `parts` are the layers of a network, each explained; what `explained["macs"]` gives is a Derivation.
    """

    name: str
    kind: str
    reads: tuple[Shape, ...]
    output: Shape
    layout: Layout
    quantities: Mapping[str, Derivation]
    parts: tuple["Explained", ...] = ()

    def __repr__(self) -> str:
        return f"<Explained {self.name} ({self.kind}): {', '.join(self.quantities)}>"

    def __str__(self) -> str:
        return printed(self)

    def __getitem__(self, name: str) -> Derivation:
        return self.quantities[name]

    def value(self, name: str) -> Value:
        """The number of that name; raises KeyError where there is none."""
        return self.quantities[name].value
