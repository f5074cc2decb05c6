"""The ranges of unknowns: usual values first, then as far as the targets allow."""

from collections.abc import Sequence

from msgspec import Struct

from cnncalc.explore.solve.solved import Target, Unknown
from cnncalc.explore.solve.task import INPUT_CHANNELS, INPUT_SIZE

RANGES: dict[str, tuple[int, int]] = {
    "filters": (1, 8192),
    "units": (1, 65536),
    INPUT_CHANNELS: (1, 65536),
    "multiplier": (1, 64),
    INPUT_SIZE: (1, 1024),
    "kernel": (1, 33),
    "stride": (1, 16),
    "padding": (0, 32),
    "dilation": (1, 32),
    "groups": (1, 64),
    "output_padding": (0, 15),
    "repeat": (1, 64),
}
"""Usual values of each option: the least, and where a search starts to look for the end of its range."""
OTHERS = (1, 64)
"""The same for any other option."""
COUNTS = ("filters", "units", INPUT_CHANNELS, "multiplier")
"""Unknowns that every count grows with."""
FEWEST: dict[str, int] = {
    "kernel": 5,
    "stride": 2,
    "padding": 2,
    "dilation": 2,
    "groups": 4,
    "output_padding": 1,
    "repeat": 4,
    INPUT_SIZE: 64,
}
"""The values tried first if combinations of unknowns must be tried."""
FEW: dict[str, int] = {
    "kernel": 11,
    "stride": 4,
    "padding": 5,
    "dilation": 4,
    "groups": 16,
    "output_padding": 3,
    "repeat": 16,
    INPUT_SIZE: 256,
}
"""The values tried next."""
COMMON = (1, 2, 3, 4, 6, 8, 10, 16, 20, 24, 32, 48, 64, 96, 100, 128, 192, 256, 384, 512, 1024, 2048, 4096)
"""Counts tried first if combinations of counts must be tried."""
COUNTED = 1024
"""Counts tried next: all up to this one."""
FARTHEST: dict[str, int] = {"repeat": 2**13}
FAR = 10**15
"""Beyond these values no search goes: layers take time, and a tensor has a limited number of elements."""
STAGES = (1, 2, 3, 4)
USUAL = 2
"""The stage after which a solution is enough."""


class Span(Struct, frozen=True):
    """The values of an unknown that a search tries; `is_bound` if a condition gives the highest."""

    low: int
    high: int
    is_bound: bool = False


def size_bound(sizes: Sequence[int], targets: Sequence[Target]) -> int:
    """The largest size on the way to the targets: windows, steps and repeats beyond it change nothing."""
    wanted = [
        size
        for target in targets
        for axis, size in enumerate(target.sizes)
        if size is not None and (target.quantity != "output" or axis)
    ]
    return max([1, *sizes, *wanted])


def usual_span(unknown: Unknown, size: int, bound: tuple[int | None, int | None]) -> Span:
    """The range in which the end of an unknown's values is searched for."""
    low, high = RANGES.get(unknown.option, OTHERS)
    if unknown.option not in (*COUNTS, "groups", "repeat"):
        high = max(high, size)
    least, most = bound
    if most is not None and most < low:
        raise ValueError(f"--where: {unknown.title} is at least {low}; no value is at most {most}")
    low = max(low, least or 0)
    return Span(low, max(low, high), False) if most is None else Span(low, most, True)


def stage_values(unknown: Unknown, stage: int, span: Span) -> Sequence[int]:
    """The values to combine with others: the fewest, a few, the usual ones, or all."""
    if span.is_bound:
        return range(span.low, span.high + 1)
    if unknown.option in COUNTS:
        if stage <= USUAL:
            return [n for n in COMMON if span.low <= n <= span.high] or [span.low]
        return range(span.low, min(COUNTED if stage == USUAL + 1 else span.high, span.high) + 1)
    high = RANGES.get(unknown.option, OTHERS)[1]
    ends = (FEWEST.get(unknown.option, high), FEW.get(unknown.option, high), high, span.high)
    return range(span.low, max(span.low, ends[stage - 1]) + 1)
