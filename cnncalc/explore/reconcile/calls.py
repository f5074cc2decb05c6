"""Calls that tools count otherwise: functions instead of modules, which their hooks do not see.

thop and ptflops hook modules. `torch.nn.functional.interpolate` in `forward` is nothing to thop; ptflops
replaces these functions, too, and so counts a module twice, as a module and as the function it calls, and a
function once. Both miss a module whose class is derived from PyTorch's. No tool counts `x.mean((2, 3))` as
pooling.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.recount import counts
from cnncalc.analysis.report import Row
from cnncalc.choices import Tool
from cnncalc.layers.activation import Softmax
from cnncalc.layers.adaptive import AdaptiveAvgPool
from cnncalc.layers.convolution import Conv, Depthwise
from cnncalc.layers.normalization import BatchNorm, LayerNorm
from cnncalc.layers.pooling import GlobalAvgPool
from cnncalc.layers.resampling import Upsample
from cnncalc.layers.reshaping import Flatten
from cnncalc.layers.scaling import Scale

Rows = Sequence[Row]


def _not_at_all(_: Row) -> Fraction:
    return Fraction(0)


def _half(_: Row) -> Fraction:
    return Fraction(1, 2)


def _at_one_position(row: Row) -> Fraction:
    """torchinfo multiplies the weights of a linear layer by the batch only, not by its positions."""
    return Fraction(1, row.output.positions)


class Call(Struct, frozen=True):
    """Layers that are called otherwise: what they are named, which they are, and the part still counted.

    `steps` is how unusual that is.
    """

    title: str
    layers: Callable[[Rows], Rows]
    counted: Callable[[Row], Fraction] = _not_at_all
    steps: int = 1


def _are(matches: Callable[[Row], bool]) -> Callable[[Rows], Rows]:
    return lambda rows: [row for row in rows if matches(row)]


def _is_pooling(row: Row) -> bool:
    return row.layer is not None and row.layer.family == "pool"


def _is_activation(row: Row) -> bool:
    return row.layer is not None and row.layer.family == "activation" and not isinstance(row.layer, Softmax)


def _is_pointwise(row: Row) -> bool:
    """Whether a convolution is a linear layer at each position."""
    return isinstance(row.layer, Conv) and prod(_kernel(row)) == 1


def _kernel(row: Row) -> tuple[int, ...]:
    """The kernel's sizes, which follow the channels in a convolution's weights."""
    return next(iter(row.weights.values()), ())[2:]


def _of_usual_kernel(rows: Rows) -> Rows:
    """The convolutions with the kernel that most of them have: those of a block's own class."""
    kernels = Counter(_kernel(row) for row in rows if isinstance(row.layer, Conv))
    usual = next(iter(kernels.most_common(1)), None)
    return [row for row in rows if usual and isinstance(row.layer, Conv) and _kernel(row) == usual[0]]


def _between_blocks(rows: Rows) -> Rows:
    """Layer norms of images, which PyTorch's class cannot do; in a block, they follow a permutation."""
    by_name = {row.name: row for row in rows}
    return [
        row
        for row in rows
        if isinstance(row.layer, LayerNorm)
        and not any(name in by_name and isinstance(by_name[name].layer, Depthwise) for name in row.inputs)
    ]


UPSAMPLING = _are(lambda row: isinstance(row.layer, Upsample))
NORMS = _are(lambda row: isinstance(row.layer, BatchNorm))
GLOBAL = _are(lambda row: isinstance(row.layer, GlobalAvgPool))
IN_BLOCKS = _are(lambda row: _is_pooling(row) and "." in row.name)
RARE = 2
"""Steps of what few networks do."""
DERIVED = (
    Call("batch norms in a derived class", NORMS, steps=RARE),
    Call("convolutions of the usual kernel in a derived class", _of_usual_kernel, steps=RARE),
    Call("layer norms between blocks in a derived class", _between_blocks, steps=RARE),
)
"""thop and ptflops know a module by its exact class; torchinfo counts only modules without parts."""
MEAN = Call("global pooling as a mean", GLOBAL)
CALLS: dict[Tool, tuple[Call, ...]] = {
    "thop": (
        Call("upsampling as a function", UPSAMPLING),
        Call("global pooling as a function", GLOBAL),
        Call("all pooling as functions", _are(_is_pooling)),
        Call("pooling inside of blocks as functions", IN_BLOCKS),
        Call("softmax as a function", _are(lambda row: isinstance(row.layer, Softmax))),
        Call("activations as functions", _are(_is_activation)),
        *DERIVED,
    ),
    "ptflops": (
        Call("upsampling as a function", UPSAMPLING, _half),
        Call("activations as functions", _are(_is_activation), _half),
        Call("all pooling as functions", _are(_is_pooling), _half),
        Call("pooling inside of blocks as functions", IN_BLOCKS, _half),
        Call("global pooling as a function", GLOBAL, _half),
        MEAN,
        *DERIVED,
    ),
    "fvcore": (MEAN,),
    "calflops": (MEAN,),
    "torchinfo": (
        Call("batch norms that have parts", NORMS),
        Call("1×1 convolutions as linear layers", _are(_is_pointwise), _at_one_position, RARE),
        Call("learned scales as parameters", _are(lambda row: isinstance(row.layer, Scale))),
    ),
}
"""For each tool, what it counts otherwise."""
MOST_CALLS = 3


class CallsTogether(Struct, frozen=True):
    """Some calls together, for each what is not counted of it, and their steps."""

    calls: tuple[str, ...]
    missing: tuple[tuple[str, int], ...]
    steps: int


def called(rows: list[Row], tool: Tool, quantity: int) -> list[CallsTogether]:
    """Every combination of calls that changes a tool's total; the first one is none."""
    missing: list[tuple[Call, frozenset[str], int]] = []
    for call in CALLS.get(tool, ()):
        layers = call.layers(rows)
        number = sum(int(row.counted[quantity] * (1 - call.counted(row))) for row in layers)
        names = frozenset(row.name for row in layers)
        if number and all((names, number) != known[1:] for known in missing):
            missing.append((call, names, number))
    found = []
    for size in range(min(MOST_CALLS, len(missing)) + 1):
        for chosen in combinations(missing, size):
            if _are_apart([names for _, names, _ in chosen]):
                less = tuple((call.title, number) for call, _, number in chosen)
                steps = sum(call.steps for call, _, _ in chosen)
                found.append(CallsTogether(tuple(title for title, _ in less), less, steps))
    return found


def _are_apart(layers: list[frozenset[str]]) -> bool:
    """Whether no layer belongs to two of the calls."""
    return len(frozenset().union(*layers)) == sum(map(len, layers))


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
