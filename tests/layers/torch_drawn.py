"""Strategies for random layers: inputs, windows and paddings, also in PyTorch's terms."""

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnncalc.layers import Layer
from cnncalc.shapes import Shape
from tests.layers.named_paddings import NAMED
from tests.with_torch import Module, torch

LARGEST = {1: 12, 2: 7, 3: 4}
"""The largest input along each axis, by the number of axes."""


Sides = tuple[tuple[int, int], ...]


PerAxis = int | tuple[int, ...]


Options = dict[str, Any]


class Case(NamedTuple):
    """A layer, its input, and a function that builds it in PyTorch, which may fail."""

    layer: Layer
    x: Shape
    build: Callable[[], Module]


FEW_CHANNELS = st.integers(1, 6)


@st.composite
def shapes(
    draw: DrawFn, channels: SearchStrategy[int] = FEW_CHANNELS, smallest: int = 1, rank: int | None = None
) -> Shape:
    rank = draw(st.integers(1, 3)) if rank is None else rank
    return Shape(draw(channels), tuple(draw(st.integers(smallest, LARGEST[rank])) for _ in range(rank)))


def about(groups: int) -> SearchStrategy[int]:
    """Numbers of channels, mostly multiples of `groups`."""
    return st.sampled_from((groups, 2 * groups, 6, 3 * groups, 5))


def per_axis(x: Shape, low: int, high: int) -> SearchStrategy[PerAxis]:
    number = st.integers(low, high)
    return number | st.tuples(*[number] * x.rank)


def spread(value: PerAxis, x: Shape) -> tuple[int, ...]:
    return (value,) * x.rank if isinstance(value, int) else value


def windows(x: Shape) -> SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"kernel": per_axis(x, 1, 4), "stride": per_axis(x, 1, 3), "dilation": per_axis(x, 1, 2)}
    )


def spans(x: Shape, options: Options) -> tuple[int, ...]:
    """From the first to the last tap, taken from a list of the taps."""
    kernels, dilations = spread(options["kernel"], x), spread(options.get("dilation", 1), x)
    return tuple(len(range(k * d)[: (k - 1) * d + 1]) for k, d in zip(kernels, dilations, strict=True))


WRITTEN = ("number", "per axis", "per side")


PADDINGS = (*WRITTEN, *NAMED)


@st.composite
def paddings(draw: DrawFn, x: Shape, options: Options, style: str) -> tuple[Any, Sides]:
    """A padding as a spec writes it, and its (before, after) for each axis."""
    if style in NAMED:
        geometry = zip(x.spatial, spans(x, options), spread(options["stride"], x), strict=True)
        return style, tuple(NAMED[style](*axis) for axis in geometry)
    return draw(written_sides(x, style))


@st.composite
def written_sides(draw: DrawFn, x: Shape, style: str, most: int = 3) -> tuple[Any, Sides]:
    """Amounts on the sides of axes, written in one of three ways."""
    number = st.integers(0, most)
    if style == "per side":
        sides = draw(st.tuples(*[st.tuples(number, number)] * x.rank))
        return sides, sides
    amount = draw(number if style == "number" else st.tuples(*[number] * x.rank))
    return amount, tuple((n, n) for n in spread(amount, x))


def nd(name: str, x: Shape) -> Callable[..., Module]:
    """torch.nn's class for the number of axes of `x`."""
    found: Callable[..., Module] = getattr(torch.nn, f"{name}{x.rank}d")
    return found


def flat(sides: Sides) -> tuple[int, ...]:
    """In PyTorch's order: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def border(x: Shape, sides: Sides, fill: float = 0.0) -> Module:
    return nd("ConstantPad", x)(flat(sides), fill)


def crop(x: Shape, sides: Sides) -> Module:
    return border(x, tuple((-before, -after) for before, after in sides))


def symmetric(sides: Sides) -> tuple[int, ...] | None:
    """PyTorch's padding argument, if both sides of each axis are equal."""
    return tuple(before for before, _ in sides) if all(a == b for a, b in sides) else None


def in_torch(options: Options) -> Options:
    return {"kernel_size" if name == "kernel" else name: value for name, value in options.items()}
