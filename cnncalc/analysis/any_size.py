"""A network on an input of any size: what does not depend on it as numbers, the rest as symbols.

The network is built at many sizes. A size that comes out is a whole number, a line (2·H − 3), or a
division that rounds down (⌊(H − 3)/2⌋ + 1); the form must give the size at every one of them, or the
size is shown as `varies`. Counts are polynomials of the size, as in `symbolic`.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm

from msgspec import Struct

from cnncalc.analysis.symbolic import Symbolic, symbolic
from cnncalc.problems import SpecError
from cnncalc.spec import Spec, rebuilt

STARTS = (64, 256, 1024, 4096)
"""Sizes to start from: the first with which the network can be built."""

FURTHER = (1001, 2310)
"""Sizes far from the start, which every form must give too."""

MOST_DIVISOR = 256
MOST_BUILDS = 40_000
"""Layers to build at all sizes together."""


class AnySize(Struct, frozen=True):
    """The counts as polynomials, and for each layer the sizes that come out, in the order of the layout.

    The polynomials hold where the variable is a multiple of `step`.
    """

    symbolic: Symbolic
    outputs: tuple[tuple[str, ...], ...]
    step: int


def any_size(spec: Spec, variable: str, names: Sequence[str]) -> AnySize:
    """A network whose input sizes are a variable of the spec.

    Args:
        spec: a spec whose input has the variable on each axis of unknown size.
        variable: its name.
        names: the name of each size of a shape: the variable of its axis, such as `("C", "H", "W")`.

    Raises:
        SpecError: the network cannot be built at any size.
        ValueError: the layers depend on the variable, or the network is too large.
    """
    points, shapes = _shapes(spec, variable)
    layers = list(zip(*shapes, strict=True))
    step = lcm(*(divisor(points, sizes) for layer in layers for sizes in zip(*layer, strict=True)))
    steps = tuple(step * -(-points[0] * times // step) for times in (1, 4))
    found = symbolic(spec, variable, steps=steps)
    outputs = tuple(
        tuple(
            size_text(points, sizes, name) or _polynomial(found, at, axis)
            for axis, (sizes, name) in enumerate(zip(zip(*layer, strict=True), names, strict=False))
        )
        for at, layer in enumerate(layers)
    )
    return AnySize(found, outputs, step)


def _polynomial(found: Symbolic, at: int, axis: int) -> str:
    """One size of a layer's output as a polynomial: flatten of a map has the product of its sizes."""
    dims = [report.layers[at].output.dims(report.layout)[axis] for report in found.reports]
    polynomial = found.fit(dims)
    return polynomial.text(found.variable) if polynomial else "varies"


Dims = tuple[int, ...]


def _shapes(spec: Spec, variable: str) -> tuple[list[int], list[list[Dims]]]:
    """Sizes of the input, and the shapes of all layers at each."""
    failed: SpecError | None = None
    layers = max(len(spec.graph.layers), 1)
    for start in STARTS:
        number = min(2 * MOST_DIVISOR, MOST_BUILDS // layers)
        if number < len(FURTHER):
            raise ValueError(f"{layers:,} layers are too many for an input of any size")
        points = [*range(start, start + number), *(start + far for far in FURTHER)]
        try:
            return points, [_dims(rebuilt(spec, {variable: point}, None)) for point in points]
        except SpecError as error:
            failed = failed or error
    assert failed is not None
    raise failed


def _dims(spec: Spec) -> list[Dims]:
    return [node.shape.dims(spec.layout) for node in spec.graph.layers]


def divisor(points: Sequence[int], sizes: Sequence[int]) -> int:
    """By how much the input must grow for one more; 1 if that is no whole number of at least 1."""
    growth = sizes[-1] - sizes[0]
    if not growth:
        return 1
    return max(round(Fraction(points[-1] - points[0], growth)), 1)


def size_text(points: Sequence[int], sizes: Sequence[int], name: str) -> str:
    """A size that comes out as a formula of the size that goes in; empty if it has neither form.

    >>> size_text(range(64, 80), [(n - 1) // 2 + 1 for n in range(64, 80)], "H")
    '⌊(H − 1)/2⌋ + 1'
    """
    if len(set(sizes)) == 1:
        return str(sizes[0])
    return _line(points, sizes, name) or _division(points, sizes, name)


def _line(points: Sequence[int], sizes: Sequence[int], name: str) -> str:
    """`2·H − 3`, or nothing if the sizes are not on a line."""
    slope = Fraction(sizes[-1] - sizes[0], points[-1] - points[0])
    start = sizes[0] - slope * points[0]
    if slope.denominator > 1 or any(slope * n + start != size for n, size in zip(points, sizes, strict=True)):
        return ""
    return _plus(name if slope == 1 else f"{slope}·{name}", int(start))


def _division(points: Sequence[int], sizes: Sequence[int], name: str) -> str:
    """`⌊(H − 3)/2⌋ + 1`, or nothing if no division gives the sizes."""
    by = divisor(points, sizes)
    rises = (n for n, (before, size) in zip(points[1:], pairwise(sizes), strict=True) if size == before + 1)
    first = next(rises, None)
    if first is None or by == 1:
        return ""
    added = by * sizes[points.index(first)] - first
    if any((n + added) // by != size for n, size in zip(points, sizes, strict=True)):
        return ""
    if not added:
        return f"⌊{name}/{by}⌋"
    inner = _plus(name, added - by)
    return f"⌊{f'({inner})' if inner != name else name}/{by}⌋ + 1"


def _plus(text: str, number: int) -> str:
    return f"{text} {'+' if number > 0 else '−'} {abs(number)}" if number else text
