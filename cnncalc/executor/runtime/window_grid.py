"""Windows over arrays: borders, starts and views, found by placing each window.

The analysis computes sizes with formulas; here they are counted from the possible window positions.
"""

from functools import lru_cache
from math import prod
from typing import Protocol

import numpy as np
from msgspec import Struct

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.layers.base import Amount, Padding

PerAxis = int | tuple[int, ...]
Sides = tuple[tuple[int, int], ...]
Index = tuple[int | slice, ...]
"""An index that selects a part of an array."""


class WindowGrid(Struct, frozen=True):
    """Windows over the spatial axes of an array.

    Attributes:
        kernel, stride, dilation: one value for each axis.
        counts: the number of windows along each axis.
        padded: the sizes of the padded array.
        border: the padding before and after each axis.
        beyond: positions past the padding that the last window of `fit: ceil` covers.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    counts: tuple[int, ...]
    padded: tuple[int, ...]
    border: Sides
    beyond: tuple[int, ...]

    @property
    def taps(self) -> list[tuple[int, ...]]:
        """Every kernel index."""
        return list(np.ndindex(*self.kernel))

    @property
    def spans(self) -> tuple[int, ...]:
        """The effective kernel along each axis."""
        return _spans(self.kernel, self.dilation)

    @property
    def sides(self) -> Sides:
        """The positions to add on each side so that all windows lie inside."""
        return tuple(
            (before, after + beyond) for (before, after), beyond in zip(self.border, self.beyond, strict=True)
        )

    def under(self, padded: Array, tap: tuple[int, ...]) -> Array:
        """A view of the values under one tap of every window: (batch, *outputs, channels)."""
        axes = zip(tap, self.dilation, self.stride, self.counts, strict=True)
        return padded[:, *(slice(t * d, t * d + (count - 1) * s + 1, s) for t, d, s, count in axes)]

    def windows(self, padded: Array) -> Array:
        """A view of all windows: (batch, *outputs, *kernel, channels)."""
        batch, *spatial, channels = padded.strides
        return np.lib.stride_tricks.as_strided(
            padded,
            (padded.shape[0], *self.counts, *self.kernel, padded.shape[-1]),
            (
                batch,
                *(step * s for step, s in zip(spatial, self.stride, strict=True)),
                *(step * d for step, d in zip(spatial, self.dilation, strict=True)),
                channels,
            ),
            writeable=False,
        )


def pairs_outside(grid: WindowGrid, kept: Sides) -> int:
    """The pairs of a window and a tap outside what is left after cropping `kept` from the padded array.

    Counted position by position along each axis.
    """
    inside = 1
    axes = zip(grid.kernel, grid.dilation, grid.stride, grid.counts, grid.padded, kept, strict=True)
    for k, d, s, count, size, (before, after) in axes:
        starts = np.arange(count) * s
        places = (starts + tap * d for tap in range(k))
        inside *= sum(int(np.count_nonzero((at >= before) & (at < size - after))) for at in places)
    return prod(grid.counts) * prod(grid.kernel) - inside


@lru_cache(maxsize=1024)
def window_grid(
    sizes: tuple[int, ...],
    kernel: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    fit: str = "floor",
) -> WindowGrid:
    """The windows of a layer over a map; the default stride is the kernel size."""
    rank = len(sizes)
    taps, gaps = spread(kernel, rank), spread(dilation, rank)
    steps, spans = taps if stride is None else spread(stride, rank), _spans(taps, gaps)
    border = _border(sizes, padding, spans, steps)
    padded = tuple(n + before + after for n, (before, after) in zip(sizes, border, strict=True))
    axes = zip(sizes, border, padded, spans, steps, strict=True)
    counts = tuple(_count(n, before, full, span, step, fit) for n, (before, _), full, span, step in axes)
    ends = zip(counts, steps, spans, padded, strict=True)
    beyond = tuple(max((count - 1) * step + span - full, 0) for count, step, span, full in ends)
    return WindowGrid(taps, steps, gaps, counts, padded, border, beyond)


@lru_cache(maxsize=1024)
def transposed_grid(
    counts: tuple[int, ...], kernel: PerAxis, stride: PerAxis, dilation: PerAxis
) -> WindowGrid:
    """The output windows of a transposed convolution, one for each input."""
    rank = len(counts)
    taps, steps, gaps = spread(kernel, rank), spread(stride, rank), spread(dilation, rank)
    axes = zip(counts, steps, _spans(taps, gaps), strict=True)
    covered = tuple((count - 1) * step + span for count, step, span in axes)
    return WindowGrid(taps, steps, gaps, counts, covered, ((0, 0),) * rank, (0,) * rank)


def _spans(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))


def _border(
    sizes: tuple[int, ...], padding: Padding, spans: tuple[int, ...], stride: tuple[int, ...]
) -> Sides:
    if not isinstance(padding, str):
        return both_sides(padding, len(sizes))
    return tuple(named_border(padding, *axis) for axis in zip(sizes, spans, stride, strict=True))


def _count(n: int, before: int, padded: int, span: int, stride: int, fit: str) -> int:
    """Count the windows along an axis by moving a window."""
    last_start = padded - span
    if fit != "ceil":
        return len(range(0, last_start + 1, stride))
    # the last window is the first that reaches the end, unless it would start past the input
    starts = range(0, last_start + stride, stride)
    return sum(start < before + n for start in starts)


def spread(value: PerAxis, rank: int) -> tuple[int, ...]:
    """One value for each axis."""
    return (value,) * rank if isinstance(value, int) else value


def both_sides(amount: int | tuple[Amount, ...], rank: int) -> Sides:
    """(before, after) for each axis."""
    if isinstance(amount, int):
        return ((amount, amount),) * rank
    return tuple((a, a) if isinstance(a, int) else (a[0], a[1]) for a in amount)


def named_border(name: str, n: int, span: int, stride: int) -> tuple[int, int]:
    """The zeros that a named padding adds before and after an axis of `n` positions."""
    if name in ("same", "same_lower"):
        starts = range(0, n, stride)  # one window per stride that starts inside
        missing = max(starts[-1] + span - n, 0)
        less, more = missing // 2, missing - missing // 2
        return (less, more) if name == "same" else (more, less)
    return {
        "valid": (0, 0),
        "half": (span // 2, span // 2),
        "causal": (span - 1, 0),
        "full": (span - 1, span - 1),
    }[name]


class Lends(Protocol):
    """Provides memory for arrays."""

    def empty(self, shape: tuple[int, ...]) -> Array: ...


def bordered(x: Array, sides: Sides, memory: Lends, fill: float = 0.0) -> Array:
    """`x` with a border of one value; `x` itself if the border is empty."""
    if not any(before or after for before, after in sides):
        return x
    sizes = tuple(n + before + after for n, (before, after) in zip(x.shape[1:-1], sides, strict=True))
    y = memory.empty((x.shape[0], *sizes, x.shape[-1]))
    inside: tuple[slice, ...] = (slice(None),)
    for n, (before, _) in zip(x.shape[1:-1], sides, strict=True):
        y[*inside, :before] = fill
        y[*inside, before + n :] = fill
        inside = (*inside, slice(before, before + n))
    y[inside] = x
    return y


def cropped(x: Array, sides: Sides) -> Array:
    """A view of `x` without its border."""
    inside = (slice(before, n - after) for n, (before, after) in zip(x.shape[1:-1], sides, strict=True))
    return x[:, *inside]


def positions(x: Array) -> int:
    """The number of positions in one map."""
    return prod(x.shape[1:-1])
