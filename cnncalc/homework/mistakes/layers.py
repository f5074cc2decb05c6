"""Mistakes in one layer: its options, size or depth, likeliest first."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
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
    """A layer under a mistake: with other options or another output."""

    layer: Layer
    output: Shape


class LayerMistake(Struct, frozen=True):
    """A mistake in one layer.

    Attributes:
        name: its code.
        says: the sentence for the student, without numbers.
        options: returns the layer with the wrong options, or None if the mistake is impossible.
        size: the wrong formula for the output size along an axis.
        transposed: the same for a transposed convolution.
        depth: returns the wrong output channels, or None.
        rank: how likely it is in the layer in question.
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
        """What it gets wrong; mistakes in different parts can be combined."""
        return "options" if self.options else "depth" if self.depth else "size"


def taken(mistakes: tuple[LayerMistake, ...], layer: Layer, inputs: Inputs) -> Taken | None:
    """The layer under these mistakes; None if one is impossible or the result is invalid."""
    key = (tuple([mistake.name for mistake in mistakes]), layer, inputs)
    if key not in _TAKEN:
        if len(_TAKEN) > MOST_KEPT:
            _TAKEN.clear()
        _TAKEN[key] = _taken(mistakes, layer, inputs)
    return _TAKEN[key]


MOST_KEPT = 50_000
_TAKEN: dict[tuple[tuple[str, ...], Layer, Inputs], Taken | None] = {}
"""What was computed: each mistake is tried in the same layer for many questions, and in all variants."""


def _taken(mistakes: tuple[LayerMistake, ...], layer: Layer, inputs: Inputs) -> Taken | None:
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
    """The output under a mistake; None if it is impossible."""
    if mistake.depth:
        depth = mistake.depth(layer, inputs, output)
        return replace(output, channels=depth) if depth and depth > 0 else None
    return _with_sizes(mistake, layer, inputs, output) if mistake.part == "size" else output


def _with_sizes(mistake: LayerMistake, layer: Layer, inputs: Inputs, output: Shape) -> Shape | None:
    windows = windows_of(layer, inputs) if _has_size(type(layer)) else ()
    if not windows:
        return None
    sizes = []
    for window, n in zip(windows, inputs[0].spatial, strict=True):
        formula = mistake.transposed if isinstance(window, TransposedWindow) else mistake.size
        if formula is None or not isinstance(window, Window | TransposedWindow):
            return None
        known = variables_of(window, n)
        value = formula.evaluate(**{name: known[name] for name in formula.meanings})
        if value < 1 or value != int(value):
            return None
        sizes.append(int(value))
    return Shape(output.channels, tuple(sizes))


@cache
def _has_size(kind: type[Layer]) -> bool:
    """Whether a layer's windows have a size of their own."""
    return bool({"kernel", "amount"} & set(options_of(kind)))


def variables_of(window: Window | TransposedWindow, n: int) -> dict[str, int]:
    """The values of the size formulas' variables, for an axis of `n` inputs."""
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
        "forgot-bias", "the biases are missing; each filter or unit has one", with_options(bias=False)
    ),
    LayerMistake("bias-added", "biases were counted; this layer has none", with_options(bias=True)),
    LayerMistake(
        "flatten-forgets-depth",
        "the depth is missing; flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: inputs[0].positions if isinstance(layer, Flatten) else None,
    ),
    LayerMistake(
        "flatten-one-axis",
        "one axis is missing; flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: (
            y.channels // inputs[0].spatial[-1] if isinstance(layer, Flatten) and inputs[0].spatial else None
        ),
    ),
    LayerMistake(
        "flatten-adds",
        "the sizes were added; flatten multiplies them",
        depth=lambda layer, inputs, y: sum(inputs[0].dims()) if isinstance(layer, Flatten) else None,
    ),
    LayerMistake(
        "flatten-keeps-channels",
        "only the channels were counted; flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: inputs[0].channels if isinstance(layer, Flatten) else None,
    ),
    LayerMistake(
        "concat-adds-nothing",
        "only one branch's depth was kept; concat adds the channels of all branches",
        depth=lambda layer, inputs, y: inputs[0].channels if isinstance(layer, Concat) else None,
    ),
    LayerMistake(
        "add-stacks-depth",
        "the branches' depths were added; add works element by element and keeps the depth",
        depth=lambda layer, inputs, y: sum(x.channels for x in inputs) if isinstance(layer, Add) else None,
    ),
    LayerMistake("forgot-padding", "the padding is missing", with_padding(lambda before, after: (0, 0))),
    LayerMistake(
        "padded-one-side",
        "the padding was added on one side only; both sides of an axis are padded",
        with_padding(lambda before, after: (before, 0) if before else (0, after)),
    ),
    LayerMistake(
        "depth-of-input",
        "the input depth was kept; the output depth is the number of filters",
        depth=lambda layer, inputs, y: inputs[0].channels if layer.has_neurons else None,
    ),
    LayerMistake(
        "ceil-for-floor",
        "the size was rounded up; this layer rounds down",
        with_options(fit="ceil"),
    ),
    LayerMistake(
        "floor-for-ceil",
        "the size was rounded down; this layer rounds up",
        with_options(fit="floor"),
    ),
    LayerMistake(
        "forgot-plus-one",
        "the + 1 is missing; it counts the window's first position",
        size=sized("floor((n + p - d*(k - 1) - 1) / s)"),
        transposed=sized("(n - 1) * s - p + d*(k - 1) + a"),
    ),
    LayerMistake(
        "as-convolution",
        "the formula for a convolution was used; a transposed convolution enlarges its input",
        transposed=sized("floor((n + p - d*(k - 1) - 1) / s) + 1"),
    ),
    LayerMistake(
        "forgot-minus-one",
        "the − 1 is missing; there is one stride less than there are inputs",
        transposed=sized("n * s - p + d*(k - 1) + a + 1"),
    ),
    LayerMistake(
        "forgot-kernel-spread",
        "the size was only multiplied by the stride; the kernel of the last input extends further",
        transposed=sized("n * s"),
    ),
    LayerMistake("ignored-stride", "the stride was ignored", with_options(stride=1)),
    LayerMistake(
        "assumed-same",
        "'same' padding was assumed; this layer has other padding",
        size=sized("ceil(n / s)"),
    ),
    LayerMistake("size-unchanged", "the input size was kept", size=sized("n"), transposed=sized("n")),
    LayerMistake(
        "ignored-dilation",
        "the dilation was ignored; it enlarges the effective kernel",
        with_options(dilation=1),
    ),
    LayerMistake(
        "kernel-times-dilation",
        "dilation × kernel was used as the effective kernel; the dilation only widens the k − 1 gaps",
        with_stretched_kernel,
    ),
)
"""Also tried after an earlier error of the student."""

OCCASIONAL: tuple[LayerMistake, ...] = (
    LayerMistake(
        "one-too-many",
        "one was added too often",
        size=sized("floor((n + p - d*(k - 1) - 1) / s) + 2"),
        transposed=sized("(n - 1) * s - p + d*(k - 1) + a + 2"),
    ),
    LayerMistake(
        "added-before-dividing",
        "the + 1 was added before the division by the stride; add it after",
        size=sized("floor((n + p - d*(k - 1)) / s)"),
    ),
    LayerMistake(
        "rounded-to-nearest",
        "the size was rounded to the nearest number; this layer rounds down",
        size=sized("floor((n + p - d*(k - 1) - 1) / s + 1/2) + 1"),
    ),
    LayerMistake(
        "only-stride",
        "the size was only divided by the stride; the kernel is missing",
        size=sized("floor(n / s)"),
    ),
    LayerMistake(
        "forgot-kernel", "the kernel was not subtracted from the size", size=sized("floor((n + p) / s) + 1")
    ),
    LayerMistake(
        "padding-over-stride",
        "the padded size was only divided by the stride; the kernel is missing",
        size=sized("floor((n + p) / s)"),
    ),
)
"""Also tried in pairs, like the frequent ones."""

RARE: tuple[LayerMistake, ...] = (
    LayerMistake(
        "added-kernel",
        "the kernel was added to the size; subtract it",
        size=sized("floor((n + p + d*(k - 1) + 1) / s) + 1"),
    ),
    LayerMistake("stride-of-kernel", "the kernel size was used as the stride", with_stride_of_kernel),
    LayerMistake(
        "half-the-border",
        "half the kernel was subtracted on one side only",
        size=sized("floor((n + p - floor(k / 2) - 1) / s) + 1"),
    ),
    LayerMistake(
        "padding-twice",
        "the padding was counted twice",
        with_padding(lambda before, after: (2 * before, 2 * after)),
    ),
    LayerMistake("padding-of-one", "padding was added; this layer has none", with_padding_of_one),
    LayerMistake(
        "padding-taken-off",
        "the padding was subtracted; add it",
        size=sized("floor((n - p - d*(k - 1) - 1) / s) + 1"),
    ),
    LayerMistake(
        "divided-too-early",
        "the size was divided by the stride before the kernel was subtracted; subtract first",
        size=sized("floor((n + p) / s) - k + 1"),
    ),
    LayerMistake(
        "layer-twice",
        "the layer was applied twice",
        size=sized("floor((floor((n + p - d*(k - 1) - 1) / s) + p - d*(k - 1)) / s) + 1"),
    ),
    LayerMistake(
        "stride-twice",
        "the stride was applied twice",
        size=sized("ceil(n / s / s)"),
    ),
    LayerMistake(
        "kernel-taken-off",
        "the kernel was subtracted; the stride and the + 1 are missing",
        size=sized("n - k"),
    ),
    LayerMistake(
        "size-times-kernel",
        "the size was multiplied by the kernel; kernels overlap if the stride is smaller",
        transposed=sized("n * k"),
    ),
    LayerMistake(
        "size-plus-kernel",
        "only the kernel was added to the size; the stride is missing",
        transposed=sized("n + k"),
    ),
    LayerMistake("size-of-kernel", "this is the kernel size", size=sized("k")),
    LayerMistake(
        "ungrouped",
        "the groups were ignored; each filter reads only the channels of its group",
        with_options(groups=1),
    ),
    LayerMistake(
        "grouped",
        "each filter was given one channel; it reads all input channels",
        with_group_for_each,
    ),
    LayerMistake(
        "depth-times-filters",
        "the depth was multiplied by the filters; each filter reads all channels and gives one feature map",
        depth=lambda layer, inputs, y: inputs[0].channels * y.channels if layer.has_neurons else None,
    ),
    LayerMistake(
        "depth-plus-filters",
        "the filters were added to the depth; the output has one channel per filter",
        depth=lambda layer, inputs, y: inputs[0].channels + y.channels if layer.has_neurons else None,
    ),
    LayerMistake(
        "pool-divides-depth",
        "the depth was divided; pooling works on each channel separately and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels // (kernel_of(layer, inputs) or 1) if layer.family == "pool" else None
        ),
    ),
    LayerMistake(
        "pool-divides-depth-by-window",
        "the depth was divided; pooling works on each channel separately and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels // (kernel_of(layer, inputs) or 1) ** 2 if layer.family == "pool" else None
        ),
    ),
    LayerMistake(
        "pool-multiplies-depth",
        "the depth was multiplied; pooling works on each channel separately and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels * (kernel_of(layer, inputs) or 1) if layer.family == "pool" else None
        ),
    ),
    LayerMistake(
        "one-map",
        "only one feature map was counted",
        depth=lambda layer, inputs, y: 1 if y.channels > 1 else None,
    ),
    LayerMistake(
        "depth-of-group",
        "only the filters of one group were counted",
        depth=lambda layer, inputs, y: y.channels // int(getattr(layer, "groups", 1)),
    ),
    LayerMistake(
        "kernel-as-depth",
        "the kernel size was used as the depth; the output has one channel per filter",
        depth=lambda layer, inputs, y: kernel_of(layer, inputs),
        rank=Rank.FAR_FETCHED,
    ),
    LayerMistake(
        "size-as-depth",
        "the input size was used as the depth; the output has one channel per filter",
        depth=lambda layer, inputs, y: inputs[0].spatial[0] if inputs[0].spatial and y.spatial else None,
        rank=Rank.FAR_FETCHED,
    ),
    LayerMistake(
        "pads-depth",
        "the depth was padded too; padding applies to the spatial axes only",
        depth=lambda layer, inputs, y: (
            y.channels + sum(added_around(layer, inputs)) if added_around(layer, inputs) else None
        ),
        rank=Rank.FAR_FETCHED,
    ),
    LayerMistake(
        "pads-depth-once",
        "the depth was padded too; padding applies to the spatial axes only",
        depth=lambda layer, inputs, y: (
            y.channels + added_around(layer, inputs)[0] if added_around(layer, inputs) else None
        ),
        rank=Rank.FAR_FETCHED,
    ),
)
"""Tried alone; mistakes in depth are also combined with one in size."""

LAYER_MISTAKES = (
    *FREQUENT,
    *(replace(each, rank=max(each.rank, Rank.OCCASIONAL)) for each in (*OCCASIONAL, *RARE)),
)
"""All, likeliest first."""


def _pairs() -> Iterator[tuple[LayerMistake, LayerMistake]]:
    common = [each for each in (*FREQUENT, *OCCASIONAL) if each.part != "depth"]
    depth = [each for each in LAYER_MISTAKES if each.part == "depth"]
    for pair in (*combinations(common, 2), *product(common, depth)):
        if {each.part for each in pair} != {"size"}:
            yield pair


def says_the_same(mistake: LayerMistake, layer: Layer, inputs: Inputs) -> bool:
    """Whether a mistake in the size says the same as a likelier one, because of the layer's options."""
    if mistake.part != "size" or not _has_size(type(layer)):
        return False
    repeated = []
    for window, n in zip(windows_of(layer, inputs), inputs[0].spatial, strict=False):
        if not isinstance(window, Window | TransposedWindow):
            return False
        trivial = tuple(each for each in variables_of(window, n).items() if each[1] < 2)
        repeated.append(mistake.name in _repeated(isinstance(window, TransposedWindow), trivial))
    return all(repeated) and bool(repeated)


@cache
def _repeated(is_transposed: bool, trivial: tuple[tuple[str, int], ...]) -> frozenset[str]:
    """The mistakes in size that say the same as a likelier one, because some variables are 0 or 1.

    With stride 1, the size under 'same' padding is the input size. The other variables are large primes.
    """
    seen: set[tuple[Fraction, ...]] = set()
    repeated = []
    for mistake in LAYER_MISTAKES:
        formula = mistake.transposed if is_transposed else mistake.size
        if formula is None:
            continue
        cases = ({**case, **dict(trivial)} for case in PRIMES)
        values = tuple(
            Fraction(formula.evaluate(**{name: case[name] for name in formula.meanings})) for case in cases
        )
        if values in seen:
            repeated.append(mistake.name)
        seen.add(values)
    return frozenset(repeated)


PRIMES = tuple(
    {"n": n, "p": p, "d": d, "k": k, "s": s, "a": a}
    for n, p, d, k, s, a in (
        (1000003, 10007, 11, 101, 7, 5),
        (1000033, 10009, 13, 103, 5, 3),
        (1000037, 10037, 17, 107, 11, 7),
    )
)
"""Values of the size formulas' variables on which two formulas agree only if they are the same."""

PAIRS = tuple(_pairs())
"""Mistakes that can be combined; two size formulas cannot."""
