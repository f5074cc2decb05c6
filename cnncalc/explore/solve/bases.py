"""Values with which the layers are valid, found by trying: where a search starts."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

from cnncalc.explore.solve.measuring import Measuring, Values
from cnncalc.explore.solve.ranges import COUNTS, Span
from cnncalc.explore.solve.solved import Unknown
from cnncalc.explore.solve.task import INPUT_SIZE

SMALL, LARGE = (0, 1, 2), (4, 8, 16, 32, 64)
SOME_COUNTS = (1, 12, 64, 2520)
SOME_SIZES = (8, 32, 224, 1024, 16384)
SOME_PADDINGS = (0, 1, 3, 16, 64, 512)
"""Values tried to find valid networks; small and large ones are added to the lowest value of an option."""

Choice = tuple[int, int, int, int]
Spans = Mapping[str, Span]


def bases(measuring: Measuring, unknowns: tuple[Unknown, ...], spans: Spans) -> list[Values]:
    """Values of all unknowns that give valid networks, with room for other values in the last one."""
    found: list[Values] = []
    for small in (*SMALL, *LARGE):
        if small in SMALL or len(found) < len(SMALL):
            found += islice(valid_values(measuring, unknowns, spans, _some((small,))), 2)
    roomy = product(SMALL, SOME_COUNTS, SOME_SIZES[::-1], SOME_PADDINGS[::-1])
    found += islice(valid_values(measuring, unknowns, spans, roomy), 1)
    return [values for at, values in enumerate(found) if values not in found[:at]]


def _some(added: tuple[int, ...] = (*SMALL, *LARGE)) -> Iterable[Choice]:
    return product(added, SOME_COUNTS, SOME_SIZES, SOME_PADDINGS)


def valid_values(
    measuring: Measuring, unknowns: tuple[Unknown, ...], spans: Spans, choices: Iterable[Choice] | None = None
) -> Iterator[Values]:
    """Different values of all unknowns that give valid networks."""
    tried: list[Values] = []
    for choice in _some() if choices is None else choices:
        values = {each.variable: _value(each, spans[each.variable], *choice) for each in unknowns}
        if values not in tried:
            tried.append(values)
            if measuring.network(values) is not None:
                yield values


def _value(unknown: Unknown, span: Span, added: int, count: int, size: int, padding: int) -> int:
    if unknown.option in COUNTS:
        value = count
    elif unknown.option == INPUT_SIZE:
        value = size
    elif unknown.option == "padding":
        value = padding
    else:
        value = span.low + added
    return min(max(value, span.low), span.high)
