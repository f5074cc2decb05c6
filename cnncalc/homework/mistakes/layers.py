"""Mistakes about one layer: its options, its size, its depth, in the order of their likelihood."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, product

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.formula import Formula
from cnncalc.homework.mistakes.cause import Rank
from cnncalc.homework.mistakes.changes import (
    Inputs,
    added_around,
    kernel_of,
    sized,
    with_group_for_each,
    with_options,
    with_padding,
    with_padding_of_one,
    with_stretched_kernel,
    with_stride_of_kernel,
)
from cnncalc.homework.quantities import windows_of
from cnncalc.layers import Layer, LayerError, options_of
from cnncalc.layers.merging import Add, Concat
from cnncalc.layers.reshaping import Flatten
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window


class Taken(Struct, frozen=True):
    """A layer as it is taken by mistake: with other options, or with another output."""

    layer: Layer
    output: Shape


class LayerMistake(Struct, frozen=True):
    """A mistake about one layer.

    Attributes:
        name: what programs call it.
        says: the sentence to the student; it names no number.
        options: the layer with the options that it is taken to have, None where it could not be.
        size: the output size along an axis, from the formula's variables.
        transposed: the same of a transposed convolution.
        depth: the output's channels.
        rank: how likely it is, in the layer that is asked about.
    """

    name: str
    says: str
    options: Callable[[Layer, Inputs], Layer | None] | None = None
    size: Formula | None = None
    transposed: Formula | None = None
    depth: Callable[[Layer, Inputs, Shape], int | None] | None = None
    rank: Rank = Rank.HERE

    @property
    def part(self) -> str:
        """What it gets wrong; mistakes of different parts can happen at once."""
        return "options" if self.options else "depth" if self.depth else "size"


def taken(mistakes: tuple[LayerMistake, ...], layer: Layer, inputs: Inputs) -> Taken | None:
    """The layer as it is taken when these mistakes happen; None where one cannot happen, or none fits."""
    try:
        for mistake in mistakes:
            if mistake.options:
                changed = mistake.options(layer, inputs)
                if changed is None:
                    return None
                layer = changed
        output = layer.output(*inputs)
        for mistake in mistakes:
            changed_output = _with_output(mistake, layer, inputs, output)
            if changed_output is None:
                return None
            output = changed_output
    except (LayerError, ArithmeticError, IndexError):
        return None
    return Taken(layer, output)


def _with_output(mistake: LayerMistake, layer: Layer, inputs: Inputs, output: Shape) -> Shape | None:
    """The output that a mistake makes of a layer's; None where it cannot happen."""
    if mistake.depth:
        depth = mistake.depth(layer, inputs, output)
        return replace(output, channels=depth) if depth and depth > 0 else None
    return _with_sizes(mistake, layer, inputs, output) if mistake.part == "size" else output


def _with_sizes(mistake: LayerMistake, layer: Layer, inputs: Inputs, output: Shape) -> Shape | None:
    windows = windows_of(layer, inputs)
    if not windows or not {"kernel", "amount"} & set(options_of(type(layer))):
        return None
    sizes = []
    for window, n in zip(windows, inputs[0].spatial, strict=True):
        formula = mistake.transposed if isinstance(window, TransposedWindow) else mistake.size
        if formula is None or not isinstance(window, Window | TransposedWindow):
            return None
        known = variables_of(window, n)
        value = Fraction(formula.evaluate(**{name: known[name] for name in formula.meanings}))
        if value < 1 or value.denominator > 1:
            return None
        sizes.append(int(value))
    return Shape(output.channels, tuple(sizes))


def variables_of(window: Window | TransposedWindow, n: int) -> dict[str, int]:
    """What the formulas of sizes speak of, for an axis of `n` inputs."""
    return {
        "n": n,
        "p": window.before + window.after,
        "d": window.dilation,
        "k": window.kernel,
        "s": window.stride,
        "a": window.extra if isinstance(window, TransposedWindow) else 0,
    }


FREQUENT: tuple[LayerMistake, ...] = (
    LayerMistake(
        "forgot-bias", "the biases are left out: each filter or unit has one", with_options(bias=False)
    ),
    LayerMistake("bias-added", "biases are counted, and this layer has none", with_options(bias=True)),
    LayerMistake(
        "flatten-forgets-depth",
        "the depth is forgotten: flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: inputs[0].positions if isinstance(layer, Flatten) else None,
    ),
    LayerMistake(
        "flatten-one-axis",
        "one axis is forgotten: flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: (
            y.channels // inputs[0].spatial[-1] if isinstance(layer, Flatten) and inputs[0].spatial else None
        ),
    ),
    LayerMistake(
        "flatten-adds",
        "the sizes are added; flatten multiplies them",
        depth=lambda layer, inputs, y: sum(inputs[0].dims()) if isinstance(layer, Flatten) else None,
    ),
    LayerMistake(
        "flatten-keeps-channels",
        "only the channels are counted; flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: inputs[0].channels if isinstance(layer, Flatten) else None,
    ),
    LayerMistake(
        "concat-adds-nothing",
        "the depth of one branch is kept; concat puts the channels of all branches side by side",
        depth=lambda layer, inputs, y: inputs[0].channels if isinstance(layer, Concat) else None,
    ),
    LayerMistake(
        "add-stacks-depth",
        "the depths of the branches are added up; add joins value by value and keeps the depth",
        depth=lambda layer, inputs, y: sum(x.channels for x in inputs) if isinstance(layer, Add) else None,
    ),
    LayerMistake("forgot-padding", "the padding is left out", with_padding(lambda before, after: (0, 0))),
    LayerMistake(
        "padded-one-side",
        "the padding is added on one side only; both sides of an axis have it",
        with_padding(lambda before, after: (before, 0) if before else (0, after)),
    ),
    LayerMistake(
        "depth-of-input",
        "the depth of the input is kept; the depth of the output is the number of filters",
        depth=lambda layer, inputs, y: inputs[0].channels if layer.has_neurons else None,
    ),
    LayerMistake(
        "ceil-for-floor",
        "the size is rounded up; what the stride leaves over is dropped",
        with_options(fit="ceil"),
    ),
    LayerMistake(
        "floor-for-ceil",
        "the size is rounded down; here the last window reaches out",
        with_options(fit="floor"),
    ),
    LayerMistake(
        "forgot-plus-one",
        "the + 1 is forgotten: the window's first place counts, too",
        size=sized("floor((n + p - d*(k - 1) - 1) / s)"),
        transposed=sized("(n - 1) * s - p + d*(k - 1) + a"),
    ),
    LayerMistake(
        "as-convolution",
        "the formula of a convolution is used; a transposed convolution makes the map larger",
        transposed=sized("floor((n + p - d*(k - 1) - 1) / s) + 1"),
    ),
    LayerMistake(
        "forgot-minus-one",
        "the − 1 is forgotten: the stride lies between the inputs, one time less than there are inputs",
        transposed=sized("n * s - p + d*(k - 1) + a + 1"),
    ),
    LayerMistake(
        "forgot-kernel-spread",
        "the size is only multiplied with the stride; the kernel of the last input reaches further",
        transposed=sized("n * s"),
    ),
    LayerMistake("ignored-stride", "the stride is ignored", with_options(stride=1)),
    LayerMistake(
        "assumed-same",
        "padding that keeps the size is assumed ('same'), and this layer has another padding",
        size=sized("ceil(n / s)"),
    ),
    LayerMistake("size-unchanged", "the size of the input is kept", size=sized("n"), transposed=sized("n")),
    LayerMistake(
        "ignored-dilation", "the dilation is ignored: the kernel is taken as it is", with_options(dilation=1)
    ),
    LayerMistake(
        "kernel-times-dilation",
        "the effective kernel is taken as dilation × kernel; between the taps there are only k − 1 gaps",
        with_stretched_kernel,
    ),
)
"""Looked for also behind an earlier error of the student."""

OCCASIONAL: tuple[LayerMistake, ...] = (
    LayerMistake(
        "one-too-many",
        "one is added too often",
        size=sized("floor((n + p - d*(k - 1) - 1) / s) + 2"),
        transposed=sized("(n - 1) * s - p + d*(k - 1) + a + 2"),
    ),
    LayerMistake(
        "added-before-dividing",
        "the + 1 is added before the division by the stride; it comes after it",
        size=sized("floor((n + p - d*(k - 1)) / s)"),
    ),
    LayerMistake(
        "rounded-to-nearest",
        "the size is rounded to the nearest number; what the stride leaves over is dropped",
        size=sized("floor((n + p - d*(k - 1) - 1) / s + 1/2) + 1"),
    ),
    LayerMistake(
        "only-stride",
        "the size is only divided by the stride; the kernel is forgotten",
        size=sized("floor(n / s)"),
    ),
    LayerMistake(
        "forgot-kernel", "the kernel is not taken off the size", size=sized("floor((n + p) / s) + 1")
    ),
    LayerMistake(
        "padding-over-stride",
        "the padded size is only divided by the stride",
        size=sized("floor((n + p) / s)"),
    ),
)
"""Looked for also in pairs, as the frequent ones."""

RARE: tuple[LayerMistake, ...] = (
    LayerMistake(
        "added-kernel",
        "the kernel is added to the size; it has to be taken off",
        size=sized("floor((n + p + d*(k - 1) + 1) / s) + 1"),
    ),
    LayerMistake("stride-of-kernel", "the kernel is taken for the stride", with_stride_of_kernel),
    LayerMistake(
        "half-the-border",
        "the border that the kernel takes is taken off one side only",
        size=sized("floor((n + p - floor(k / 2) - 1) / s) + 1"),
    ),
    LayerMistake(
        "padding-twice",
        "the padding is counted twice",
        with_padding(lambda before, after: (2 * before, 2 * after)),
    ),
    LayerMistake("padding-of-one", "a padding is added that this layer does not have", with_padding_of_one),
    LayerMistake(
        "padding-taken-off",
        "the padding is taken off the size; it has to be added",
        size=sized("floor((n - p - d*(k - 1) - 1) / s) + 1"),
    ),
    LayerMistake(
        "divided-too-early",
        "only the size is divided by the stride; what is left when the kernel is taken off has to be",
        size=sized("floor((n + p) / s) - k + 1"),
    ),
    LayerMistake(
        "stride-twice",
        "the stride is applied twice",
        size=sized("ceil(n / s / s)"),
    ),
    LayerMistake(
        "layer-twice",
        "the layer is applied twice",
        size=sized("floor((floor((n + p - d*(k - 1) - 1) / s) + p - d*(k - 1)) / s) + 1"),
    ),
    LayerMistake(
        "kernel-taken-off",
        "the kernel is taken off the size, and no more: neither the stride nor the + 1",
        size=sized("n - k"),
    ),
    LayerMistake(
        "size-times-kernel",
        "the size is multiplied with the kernel; the kernels overlap where the stride is smaller",
        transposed=sized("n * k"),
    ),
    LayerMistake(
        "size-plus-kernel",
        "the kernel is added to the size, and no more",
        transposed=sized("n + k"),
    ),
    LayerMistake("size-of-kernel", "this is the size of the kernel", size=sized("k")),
    LayerMistake(
        "ungrouped",
        "the groups are ignored: each filter reads only the channels of its group",
        with_options(groups=1),
    ),
    LayerMistake(
        "grouped",
        "each filter is taken to read one channel; it reads all channels of the input",
        with_group_for_each,
    ),
    LayerMistake(
        "depth-times-filters",
        "the depth is multiplied with the filters; each filter reads the whole depth and gives one map",
        depth=lambda layer, inputs, y: inputs[0].channels * y.channels if layer.has_neurons else None,
    ),
    LayerMistake(
        "depth-plus-filters",
        "the filters are added to the depth; the output has one map for each filter",
        depth=lambda layer, inputs, y: inputs[0].channels + y.channels if layer.has_neurons else None,
    ),
    LayerMistake(
        "pool-divides-depth",
        "the depth is divided; pooling works on each channel by itself and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels // (kernel_of(layer, inputs) or 1) if layer.family == "pool" else None
        ),
    ),
    LayerMistake(
        "pool-divides-depth-by-window",
        "the depth is divided; pooling works on each channel by itself and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels // (kernel_of(layer, inputs) or 1) ** 2 if layer.family == "pool" else None
        ),
    ),
    LayerMistake(
        "pool-multiplies-depth",
        "the depth is multiplied; pooling works on each channel by itself and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels * (kernel_of(layer, inputs) or 1) if layer.family == "pool" else None
        ),
    ),
    LayerMistake(
        "one-map",
        "one map is taken to come out",
        depth=lambda layer, inputs, y: 1 if y.channels > 1 else None,
    ),
    LayerMistake(
        "depth-of-group",
        "the filters of one group are counted only",
        depth=lambda layer, inputs, y: y.channels // int(getattr(layer, "groups", 1)),
    ),
    LayerMistake(
        "kernel-as-depth",
        "the size of the kernel is taken for the depth; the output has one map for each filter",
        depth=lambda layer, inputs, y: kernel_of(layer, inputs),
        rank=Rank.FAR_FETCHED,
    ),
    LayerMistake(
        "size-as-depth",
        "the size of the input is taken for the depth; the output has one map for each filter",
        depth=lambda layer, inputs, y: inputs[0].spatial[0] if inputs[0].spatial and y.spatial else None,
        rank=Rank.FAR_FETCHED,
    ),
    LayerMistake(
        "pads-depth",
        "the depth is padded, too; zeros are added around each map only",
        depth=lambda layer, inputs, y: (
            y.channels + sum(added_around(layer, inputs)) if added_around(layer, inputs) else None
        ),
        rank=Rank.FAR_FETCHED,
    ),
    LayerMistake(
        "pads-depth-once",
        "the depth is padded, too; zeros are added around each map only",
        depth=lambda layer, inputs, y: (
            y.channels + added_around(layer, inputs)[0] if added_around(layer, inputs) else None
        ),
        rank=Rank.FAR_FETCHED,
    ),
)
"""Looked for by themselves; those about depth also together with one about the size."""

LAYER_MISTAKES = (*FREQUENT, *OCCASIONAL, *RARE)
"""All, the likeliest first."""


def _pairs() -> Iterator[tuple[LayerMistake, LayerMistake]]:
    common = [each for each in (*FREQUENT, *OCCASIONAL) if each.part != "depth"]
    depth = [each for each in LAYER_MISTAKES if each.part == "depth"]
    for pair in (*combinations(common, 2), *product(common, depth)):
        if {each.part for each in pair} != {"size"}:
            yield pair


PAIRS = tuple(_pairs())
"""What may happen at once: of two formulas for the size only one."""
