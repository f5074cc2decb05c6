"""Calls that tools count otherwise: functions instead of modules, which their hooks do not see.

thop and ptflops hook modules. `torch.nn.functional.interpolate` in `forward` is nothing to thop; ptflops
replaces these functions, too, and so counts a module twice, as a module and as the function it calls, and a
function once. No tool counts `x.mean((2, 3))` as pooling.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.recount import counts
from cnncalc.analysis.report import Row
from cnncalc.choices import Tool
from cnncalc.layers.activation import Softmax
from cnncalc.layers.adaptive import AdaptiveAvgPool
from cnncalc.layers.pooling import GlobalAvgPool
from cnncalc.layers.resampling import Upsample
from cnncalc.layers.reshaping import Flatten


class Call(Struct, frozen=True):
    """Layers called as functions: what they are named, which they are, and the part that is still counted."""

    title: str
    matches: Callable[[Row], bool]
    counted: Fraction = Fraction(0)


def _is_upsampling(row: Row) -> bool:
    return isinstance(row.layer, Upsample)


def _is_pooling(row: Row) -> bool:
    return row.layer is not None and row.layer.family == "pool"


def _is_global(row: Row) -> bool:
    return isinstance(row.layer, GlobalAvgPool)


def _is_activation(row: Row) -> bool:
    return row.layer is not None and row.layer.family == "activation" and not isinstance(row.layer, Softmax)


def _is_softmax(row: Row) -> bool:
    return isinstance(row.layer, Softmax)


HALF = Fraction(1, 2)
MEAN = Call("global pooling as a mean", _is_global)
CALLS: dict[Tool, tuple[Call, ...]] = {
    "thop": (
        Call("upsampling as a function", _is_upsampling),
        Call("global pooling as a function", _is_global),
        Call("all pooling as functions", _is_pooling),
        Call("softmax as a function", _is_softmax),
        Call("activations as functions", _is_activation),
    ),
    "ptflops": (
        Call("upsampling as a function", _is_upsampling, HALF),
        Call("activations as functions", _is_activation, HALF),
        Call("all pooling as functions", _is_pooling, HALF),
        Call("global pooling as a function", _is_global, HALF),
        MEAN,
    ),
    "fvcore": (MEAN,),
    "calflops": (MEAN,),
}
"""For each tool, what it counts otherwise."""
MOST_CALLS = 3


class CallsTogether(Struct, frozen=True):
    """Some calls together, and for each what is not counted of it."""

    calls: tuple[str, ...]
    missing: tuple[tuple[str, int], ...]


def called(rows: list[Row], tool: Tool, quantity: int) -> list[CallsTogether]:
    """Every combination of calls that changes a tool's total; the first one is none."""
    missing = []
    for call in CALLS.get(tool, ()):
        number = sum(int(row.counted[quantity] * (1 - call.counted)) for row in rows if call.matches(row))
        if number:
            missing.append((call, number))
    found = []
    for size in range(min(MOST_CALLS, len(missing)) + 1):
        for chosen in combinations(missing, size):
            if _are_apart([call for call, _ in chosen], rows):
                titles = tuple(call.title for call, _ in chosen)
                found.append(CallsTogether(titles, tuple((call.title, number) for call, number in chosen)))
    return found


def _are_apart(calls: list[Call], rows: list[Row]) -> bool:
    """Whether no layer belongs to two of the calls."""
    return all(sum(call.matches(row) for call in calls) < 2 for row in rows)


def kept_size(rows: list[Row], tool: Tool, quantity: int) -> int:
    """What a tool counts for an adaptive pooling before the first flatten that keeps its size.

    torchvision's VGG and AlexNet have one, so that other images fit; for the usual ones it changes nothing.
    """
    for at, row in enumerate(rows):
        if isinstance(row.layer, Flatten) and row.reads[0].positions > 1:
            if at and isinstance(rows[at - 1].layer, AdaptiveAvgPool):
                return 0
            pool = AdaptiveAvgPool(size=row.reads[0].spatial)
            pooled = replace(row, kind=pool.kind, layer=pool, output=row.reads[0], weights={})
            return (counts(pooled, tool) or (0,) * (quantity + 1))[quantity]
    return 0
