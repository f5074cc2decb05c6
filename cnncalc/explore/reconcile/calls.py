"""Layers that are called otherwise than as PyTorch's own modules, and what each tool then counts.

thop and ptflops hook modules. `torch.nn.functional.interpolate` in `forward` is nothing to thop; ptflops
replaces these functions, too, and so counts a module twice, as a module and as the function it calls, and a
function once. Both miss a module whose class is derived from PyTorch's; torchinfo counts only modules
without parts. No tool counts `x.mean((2, 3))` as pooling.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import combinations
from math import prod
from operator import or_

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.recount import counts
from cnncalc.analysis.report import Row
from cnncalc.choices import Tool
from cnncalc.explore.reconcile.attending import WAYS_TO_ATTEND, AttentionSizes, sizes_of
from cnncalc.layers.activation import Relu, Softmax
from cnncalc.layers.adaptive import AdaptiveAvgPool
from cnncalc.layers.attending import Attending
from cnncalc.layers.convolution import Conv, Depthwise
from cnncalc.layers.normalization import BatchNorm, LayerNorm
from cnncalc.layers.pooling import GlobalAvgPool
from cnncalc.layers.resampling import Upsample
from cnncalc.layers.reshaping import Flatten
from cnncalc.layers.scaling import Scale, Shift
from cnncalc.shapes import Shape

Rows = Sequence[Row]
Select = Callable[[Rows], Rows]
Count = Callable[[Row, int], int]
"""What a tool counts for a layer that is called otherwise, from the layer and what it counts for a module."""


def _nothing(_: Row, __: int) -> int:
    return 0


def _half(_: Row, count: int) -> int:
    return count // 2


def _at_one_position(row: Row, count: int) -> int:
    """torchinfo multiplies the weights of a linear layer by the batch only, not by its positions."""
    return count // row.output.positions


def _without_bias(row: Row, count: int) -> int:
    """calflops counts the biases of a convolution, but not of a linear layer."""
    return count - ("bias" in row.weights) * row.output.size


def _with_bias(row: Row, count: int) -> int:
    return count + ("bias" in row.weights) * row.output.size


def _each_value(row: Row, _: int) -> int:
    return row.output.size


class Call(Struct, frozen=True):
    """Layers that are called otherwise: what they are named, which they are, and what each tool counts.

    `steps` is how unusual that is. With `any_one`, it may also be only one of them.
    """

    title: str
    layers: Select
    counts: dict[str, Count]
    steps: int = 1
    any_one: str = ""


def _are(matches: Callable[[Row], bool]) -> Select:
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


def _beside_layer_norms(rows: Rows) -> Rows:
    """1×1 convolutions in the same part of a block as a layer norm: linear layers of a transformer."""
    parts = {_part(row) for row in rows if isinstance(row.layer, LayerNorm)}
    return [row for row in rows if _is_pointwise(row) and _part(row) in parts]


def _part(row: Row) -> str:
    return row.name.rpartition(".")[0]


UPSAMPLING = _are(lambda row: isinstance(row.layer, Upsample))
NORMS = _are(lambda row: isinstance(row.layer, BatchNorm))
LAYER_NORMS = _are(lambda row: isinstance(row.layer, LayerNorm))
GLOBAL = _are(lambda row: isinstance(row.layer, GlobalAvgPool))
GLOBAL_IN_BLOCKS = _are(lambda row: isinstance(row.layer, GlobalAvgPool) and "." in row.name)
IN_BLOCKS = _are(lambda row: _is_pooling(row) and "." in row.name)
POINTWISE = _are(_is_pointwise)
DENSE = _are(lambda row: row.neurons > 0 and row.layer is not None and row.layer.family == "dense")
SCALES = _are(lambda row: isinstance(row.layer, Scale))
ATTENTION = _are(lambda row: isinstance(row.layer, Attending))

RARE = 2
"""Steps of what few networks do."""
AS_FUNCTION: dict[str, Count] = {"thop": _nothing, "ptflops": _half}
UNSEEN: dict[str, Count] = {"thop": _nothing, "ptflops": _nothing}
AS_MEAN: dict[str, Count] = {"ptflops": _nothing, "fvcore": _nothing, "calflops": _nothing}
AS_LINEAR: dict[str, Count] = {"torchinfo": _at_one_position, "calflops": _without_bias}


def _attending(count: Callable[[AttentionSizes], int]) -> Count:
    return lambda row, _: count(sizes_of(row))


CALLS = (
    Call("upsampling as a function", UPSAMPLING, AS_FUNCTION),
    Call("activations as functions", _are(_is_activation), AS_FUNCTION),
    Call("all pooling as functions", _are(_is_pooling), AS_FUNCTION),
    Call("pooling inside of blocks as functions", IN_BLOCKS, AS_FUNCTION),
    Call("global pooling as a function", GLOBAL, AS_FUNCTION),
    Call("global pooling inside of blocks as a function", GLOBAL_IN_BLOCKS, AS_FUNCTION),
    Call("global pooling as a mean", GLOBAL, AS_MEAN),
    Call("global pooling inside of blocks as a mean", GLOBAL_IN_BLOCKS, AS_MEAN),
    Call("softmax as a function", _are(lambda row: isinstance(row.layer, Softmax)), {"thop": _nothing}),
    Call("batch norms in a derived class", NORMS, UNSEEN, RARE, any_one="a batch norm in a derived class"),
    Call("batch norms with parts", NORMS, {"torchinfo": _nothing}, any_one="a batch norm that has parts"),
    Call("layer norms in a derived class", LAYER_NORMS, UNSEEN),
    Call("layer norms between blocks in a derived class", _between_blocks, UNSEEN, RARE),
    Call("convolutions of the usual kernel in a derived class", _of_usual_kernel, UNSEEN, RARE),
    Call("1×1 convolutions as linear layers", POINTWISE, AS_LINEAR, RARE),
    Call("1×1 convolutions beside layer norms as linear layers", _beside_layer_norms, AS_LINEAR, RARE),
    Call("dense layers in a derived class", DENSE, UNSEEN, RARE, any_one="a dense layer in a derived class"),
    Call(
        "dense layers as 1×1 convolutions",
        DENSE,
        {"calflops": _with_bias},
        RARE,
        any_one="a dense layer as a 1×1 convolution",
    ),
    Call(
        "dense layers but the last as convolutions",
        lambda rows: DENSE(rows)[:-1],
        {"calflops": _with_bias},
        RARE,
    ),
    Call("ReLU6 for ReLU", _are(lambda row: isinstance(row.layer, Relu)), {"calflops": _nothing}, RARE),
    Call("learned scales by torch.mul", SCALES, {"calflops": _each_value, "ptflops": _each_value}, RARE),
    Call(
        "learned scales and shifts as parameters",
        _are(lambda row: isinstance(row.layer, Scale | Shift)),
        {"torchinfo": _nothing},
    ),
    *(
        Call(way.title, ATTENTION, {key: _attending(count) for key, count in way.counts.items()})
        for way in WAYS_TO_ATTEND
    ),
)
"""What networks call otherwise, and what the tools that notice it then count."""
MOST_CALLS = 3


class CallsTogether(Struct, frozen=True):
    """Some calls together: for each its title and how much it changes the tool's total, and their steps."""

    changes: tuple[tuple[str, int], ...]
    steps: int

    @property
    def calls(self) -> tuple[str, ...]:
        return tuple(title for title, _ in self.changes)


class _Change(Struct, frozen=True):
    """A call, the layers as bits, and how much it changes a total."""

    title: str
    layers: int
    number: int
    steps: int


class Selected:
    """The layers of each call, selected once for all tools."""

    def __init__(self, rows: Rows) -> None:
        at = {row.name: number for number, row in enumerate(rows)}
        self.each = [(call, [at[row.name] for row in call.layers(rows)]) for call in CALLS]
        self.rows = rows

    def changes(self, key: str, counted: Sequence[int]) -> tuple[list[_Change], list[_Change]]:
        """What changes a tool's total, from its counts: calls of all their layers, and of one layer.

        `key` is the tool, for its first quantity, or the tool and another quantity.
        """
        every: list[_Change] = []
        single: list[_Change] = []
        for call, layers in self.each:
            count = call.counts.get(key)
            if count is None or not layers:
                continue
            each = [count(self.rows[at], counted[at]) - counted[at] for at in layers]
            bits = reduce(or_, (1 << at for at in layers))
            _add(every, _Change(call.title, bits, sum(each), call.steps))
            if call.any_one:
                single += self._any_one(call, layers, each)
        return every, single

    def _any_one(self, call: Call, layers: list[int], each: list[int]) -> Iterator[_Change]:
        """A change of each layer on its own; of those that change as much, the first."""
        number_of = Counter(each)
        first = {number: at for at, number in zip(reversed(layers), reversed(each), strict=True)}
        for number, at in first.items():
            name = self.rows[at].name if number_of[number] == 1 else f"such as {self.rows[at].name}"
            yield _Change(f"{call.any_one} ({name})", 1 << at, number, call.steps + RARE)

    def together(self, key: str, counted: Sequence[int], most_steps: int) -> Iterator[CallsTogether]:
        """Every combination of calls that changes a tool's total; the first one is none."""
        every, single = self.changes(key, counted)
        for size in range(min(MOST_CALLS, len(every)) + 1):
            for chosen in combinations(every, size):
                steps = sum(each.steps for each in chosen)
                if steps > most_steps or not _are_apart(chosen):
                    continue
                yield _together(chosen)
                for one in single if size < MOST_CALLS else ():
                    if steps + one.steps <= most_steps and _are_apart((*chosen, one)):
                        yield _together((*chosen, one))


def _add(known: list[_Change], change: _Change) -> None:
    """Adds a change that changes something, unless a simpler call is the same change to the total."""
    if change.number and all((change.layers, change.number) != (each.layers, each.number) for each in known):
        known.append(change)


def _together(changes: Sequence[_Change]) -> CallsTogether:
    return CallsTogether(
        tuple((each.title, each.number) for each in changes), sum(each.steps for each in changes)
    )


def _are_apart(changes: Sequence[_Change]) -> bool:
    """Whether no layer belongs to two of the calls."""
    known = 0
    for each in changes:
        if known & each.layers:
            return False
        known |= each.layers
    return True


KEPT_SIZE = "an adaptive pooling that keeps the size"
OF_ONE_POSITION = "a global pooling of a single position"


def pooling_of_nothing(rows: Rows, tool: Tool, quantity: int) -> Iterator[tuple[str, int]]:
    """Poolings that change nothing for the usual image, each with what a tool counts for it.

    torchvision's VGG and AlexNet have an adaptive pooling before the flatten, so that other images fit;
    timm's VGG has a global pooling before the last dense layer, as its dense layers are convolutions.
    """
    for before, row in zip((None, *rows), rows, strict=False):
        if isinstance(row.layer, Flatten) and row.reads[0].positions > 1:
            if before is None or not isinstance(before.layer, AdaptiveAvgPool):
                yield KEPT_SIZE, _pooled(row, row.reads[0], tool, quantity)
            break
    last = next(reversed(DENSE(rows)), None)
    if last is not None and not last.reads[0].rank and not any(map(_is_global, rows)):
        yield OF_ONE_POSITION, _pooled(last, Shape(last.reads[0].channels, (1, 1)), tool, quantity)


def _is_global(row: Row) -> bool:
    return isinstance(row.layer, GlobalAvgPool)


def _pooled(row: Row, shape: Shape, tool: Tool, quantity: int) -> int:
    """What a tool counts for an adaptive pooling that keeps this shape."""
    pool = AdaptiveAvgPool(size=shape.spatial)
    pooled = replace(row, kind=pool.kind, layer=pool, reads=(shape,), output=shape, weights={})
    return (counts(pooled, tool) or (0,) * (quantity + 1))[quantity]
