"""Counts as exact polynomials in one variable of a spec.

The network is built at a few integer values of the variable. Counts of a CNN are polynomials of low
degree in its widths and sizes, so a few values determine them (Newton's divided differences, with
fractions). Additional values must agree, otherwise the count is not a polynomial.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.problems import SpecError
from cnncalc.spec import Settings, Spec, rebuilt

DEGREE = 4
CHECKS = 2
FAR = (50, 257)
"""Distant values, to detect a `min` or `max` width in the spec."""

STEPS = (1, 2, 4, 8, 16, 32, 64)
"""The variable takes multiples of the first of these with which the network can be built."""

MULTIPLES = (*range(1, DEGREE + CHECKS + 2), *FAR)
MOST_LAYERS = 4000

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Polynomial(Struct, frozen=True):
    """`coefficients[k]` is the coefficient of the k-th power."""

    coefficients: tuple[Fraction, ...]

    def __call__(self, x: int) -> Fraction:
        result = Fraction(0)
        for coefficient in reversed(self.coefficients):
            result = result * x + coefficient
        return result

    def text(self, variable: str) -> str:
        """`18·F² + 2·F − 1`, highest power first."""
        parts: list[str] = []
        for power in range(len(self.coefficients) - 1, -1, -1):
            coefficient = self.coefficients[power]
            if coefficient:
                parts.append(("− " if coefficient < 0 else "+ ") + _term(abs(coefficient), power, variable))
        first, *others = parts or ["+ 0"]
        first = first.removeprefix("+ ") if first.startswith("+") else "−" + first.removeprefix("− ")
        return " ".join([first, *others])


def _term(coefficient: Fraction, power: int, variable: str) -> str:
    number = f"{coefficient.numerator:,}" if coefficient.denominator == 1 else str(coefficient)
    if power == 0:
        return number
    raised = variable if power == 1 else f"{variable}{str(power).translate(SUPERSCRIPTS)}"
    return raised if coefficient == 1 else f"{number}·{raised}"


class Symbolic(Struct, frozen=True):
    """The reports of a network at several values of one variable."""

    variable: str
    points: tuple[int, ...]
    reports: tuple[Report, ...]

    @property
    def step(self) -> int:
        """The variable's values are multiples of this."""
        return self.points[0]

    def fit(self, values: Sequence[int]) -> Polynomial | None:
        """The polynomial through one value for each report; None if there is none."""
        return fitted(self.points, values)


def fitted(points: Sequence[int], values: Sequence[int]) -> Polynomial | None:
    """The polynomial of degree at most `DEGREE` through all points, or None.

    >>> fitted([1, 2, 3, 4, 5, 6, 7], [18 * f * f for f in range(1, 8)]).text("F")
    '18·F²'
    """
    return _fitted(tuple(points), tuple(values))


@lru_cache(maxsize=4096)
def _fitted(points: tuple[int, ...], values: tuple[int, ...]) -> Polynomial | None:
    """`fitted`, cached: networks repeat the same layer many times."""
    table = [Fraction(value) for value in values[: DEGREE + 1]]
    known = points[: DEGREE + 1]
    for order in range(1, len(table)):
        for at in range(len(table) - 1, order - 1, -1):
            table[at] = (table[at] - table[at - 1]) / (known[at] - known[at - order])
    coefficients = [Fraction(0)]
    for at in range(len(table) - 1, -1, -1):
        shifted = [Fraction(0), *coefficients]
        coefficients = [a - known[at] * b for a, b in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
        coefficients[0] += table[at]
    while len(coefficients) > 1 and not coefficients[-1]:
        coefficients.pop()
    polynomial = Polynomial(tuple(coefficients))
    holds = all(polynomial(x) == value for x, value in zip(points, values, strict=True))
    return polynomial if holds else None


def symbolic(
    spec: Spec, variable: str, settings: Settings | None = None, steps: Sequence[int] = STEPS
) -> Symbolic:
    """The reports for fitting polynomials in a variable of the spec; `settings` fix other variables.

    The variable takes multiples of the first of `steps` with which the network can be built.

    Raises:
        KeyError: the spec has no such variable.
        SpecError: the network cannot be built at enough values.
        ValueError: the layers themselves depend on the variable.
    """
    if variable not in spec.document.variables:
        raise KeyError(variable)
    failed: SpecError | None = None
    if (layers := len(spec.graph.layers)) > MOST_LAYERS:
        times = f"--symbolic builds the network {len(MULTIPLES)} times"
        raise ValueError(f"{layers:,} layers are too many: {times} and takes up to {MOST_LAYERS:,} layers")
    for step in steps:
        points = tuple(step * k for k in MULTIPLES)
        try:
            specs = (rebuilt(spec, {**(settings or {}), variable: point}, None) for point in points)
            reports = tuple(map(analyze, specs))
        except SpecError as error:
            failed = failed or error
            continue
        as_written = tuple(node.name for node in spec.graph.layers)
        if {tuple(row.name for row in report.layers) for report in reports} == {as_written}:
            return Symbolic(variable, points, reports)
    if failed:
        raise failed
    raise ValueError(f"the layers depend on {variable}: use --set to try single values")
