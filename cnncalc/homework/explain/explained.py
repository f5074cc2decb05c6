"""The parts of an explanation: quantities, formulas, sums and receptive field traces."""

from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

from cnncalc.formula import Working
from cnncalc.printed import Printed
from cnncalc.problems import did_you_mean
from cnncalc.shapes import Layout, Shape

Value = int | Fraction | tuple["Value", ...] | None
"""A number, sizes, or matrices of sizes; None for a receptive field that covers the whole input."""


class Line(Struct, frozen=True):
    """A formula with its numbers. `title` is what it computes: `weight`, `height and width`, or empty."""

    title: str
    working: Working


class Term(Struct, frozen=True):
    """One layer's term in a sum."""

    name: str
    value: int


class FieldStep(Struct, frozen=True):
    """Growth of a receptive field in one layer, along one axis.

    The numbers are the report's. If no formula gives them, `says` explains why.
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
    """A receptive field from the input to a layer, along the axes that share it."""

    axes: tuple[str, ...]
    steps: tuple[FieldStep, ...]


class Derivation(Struct, frozen=True):
    """One quantity of a layer, and how it is computed.

    Attributes:
        name: its name for `--of`.
        title: its heading.
        value: its number or numbers.
        lines: the formulas that give it.
        terms: the terms of a sum over layers.
        notes: what formulas do not cover.
        traces: the growth of a receptive field.
        aside: whether it is shown on request only.
    """

    name: str
    title: str
    value: Value
    lines: tuple[Line, ...] = ()
    terms: tuple[Term, ...] = ()
    notes: tuple[str, ...] = ()
    traces: tuple[FieldTrace, ...] = ()
    aside: bool = False


class Explained(Printed, Struct, frozen=True):
    """Every number of a layer, block or network, explained.

    `parts` are the explained layers of a network, and `inputs` and `outputs` its shapes by name, which are
    empty for a layer or block; `explained["macs"]` is a Derivation.
    """

    name: str
    kind: str
    reads: tuple[Shape, ...]
    output: Shape
    layout: Layout
    quantities: Mapping[str, Derivation]
    parts: tuple["Explained", ...] = ()
    inputs: Mapping[str, Shape] = {}
    outputs: Mapping[str, Shape] = {}

    def __repr__(self) -> str:
        return f"<Explained {self.name} ({self.kind}): {len(self.quantities)} quantities>"

    def __getitem__(self, name: str) -> Derivation:
        return self.quantities[name]

    def value(self, name: str) -> Value:
        """The number of a quantity; raises KeyError if there is none."""
        if name not in self.quantities:
            hint = did_you_mean(str(name), list(self.quantities)) or "`.quantities` lists them"
            raise KeyError(f"{self.name} has no quantity '{name}'; {hint}")
        return self.quantities[name].value
