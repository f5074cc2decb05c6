"""Mistakes in a layer's counts: its formula with a term missing, added or replaced."""

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache
from math import prod

from msgspec import Struct

from cnncalc.analysis.report import Row
from cnncalc.formula import Formula
from cnncalc.layers import Layer
from cnncalc.layers.base import Weightless
from cnncalc.layers.convolution import Depthwise, Separable
from cnncalc.layers.local import SparseConv
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

VARIABLES = {
    "f": "filters or units",
    "v": "kernel positions",
    "k": "kernel size along one axis",
    "u": "kernel size along the third axis, 1 if there are fewer axes",
    "c": "input channels",
    "g": "groups",
    "h": "1 if there are biases",
    "p": "output positions",
    "q": "input positions",
    "m": "outputs",
    "n": "inputs",
    "r": "output size along one axis",
    "t": "input size along one axis",
}
PRIMES = dict(
    zip(
        (name for name in VARIABLES if name not in "mn"),
        (10007, 10037, 10061, 10079, 10093, 10111, 10133, 10141, 10151, 10159, 10163),
        strict=True,
    )
)
"""A large prime for each variable: two formulas agree on them only if they are the same."""
LEARNS, SLIDES, POOLS, ALL, NORMS = "learns", "slides", "pools", "all", "norms"
SEPARABLE, DENSE = "separable", "dense"


def _learns(layer: Layer) -> bool:
    """Whether its weights are f·v·c/g: not a sparse convolution, and not in two steps."""
    return layer.has_neurons and not isinstance(layer, Separable | SparseConv)


def _slides(layer: Layer) -> bool:
    """Whether the same weights are used at every position."""
    shares = "output positions" not in layer.tensor_axes.get("weight", ())
    return _learns(layer) and layer.family == "conv" and shares


ABOUT: dict[str, Callable[[Layer], bool]] = {
    LEARNS: _learns,
    SLIDES: _slides,
    POOLS: lambda layer: layer.family == "pool",
    ALL: lambda layer: _learns(layer) or layer.family == "pool",
    NORMS: lambda layer: layer.family == "norm" and not isinstance(layer, Weightless),
    SEPARABLE: lambda layer: isinstance(layer, Separable),
    DENSE: lambda layer: layer.family == "dense",
}
"""The layers that a mistake applies to, selected by class, so that new kinds are included."""


class CountMistake(Struct, frozen=True):
    """A mistake in a count: its quantities, its layers, and the wrong formula."""

    name: str
    says: str
    quantities: frozenset[str]
    is_about: Callable[[Layer], bool]
    formula: Formula

    def number(self, layer: Layer, known: dict[str, int]) -> int | None:
        """The value of the wrong formula for a layer and its variables; None if it does not apply to it."""
        if not self.is_about(layer) or not known.keys() >= self.formula.meanings.keys():
            return None
        value = self.formula.evaluate(*(known[name] for name in self.formula.meanings))
        return int(value) if value == int(value) else None


@cache
def formula_of(text: str) -> Formula:
    """The formula of a mistake with the meanings of its variables."""
    used = set(re.findall("[a-z]+", text))
    return Formula(text, **{name: meaning for name, meaning in VARIABLES.items() if name in used})


def variables_of(row: Row) -> dict[str, int]:
    """The values of the formulas' variables, for a layer with one input."""
    assert row.layer is not None
    return _variables(row.layer, row.reads[0], row.output, "bias" in row.weights)


def miscounts(quantity: str, row: Row) -> tuple[int | None, ...]:
    """The number that each of the quantity's mistakes gives for a layer; None where it does not apply."""
    if row.layer is None:
        return (None,) * len(count_mistakes(quantity))
    return _miscounts(quantity, row.layer, row.reads[0], row.output, "bias" in row.weights)


@lru_cache(maxsize=16384)
def _miscounts(quantity: str, layer: Layer, x: Shape, y: Shape, biased: bool) -> tuple[int | None, ...]:
    known = _variables(layer, x, y, biased)
    numbers = tuple(mistake.number(layer, known) for mistake in count_mistakes(quantity))
    trivial = tuple((name, value) for name, value in known.items() if value < 2)
    repeated = _repeated(quantity, tuple(number is not None for number in numbers), trivial)
    return tuple(None if at in repeated else number for at, number in enumerate(numbers))


@lru_cache(maxsize=4096)
def _repeated(
    quantity: str, applies: tuple[bool, ...], trivial: tuple[tuple[str, int], ...]
) -> frozenset[int]:
    """The mistakes that say the same as an earlier one, because some variables are 0 or 1.

    With one input channel, to forget depth and biases is to forget the biases. Other numbers that agree by
    chance, as 3 channels with a kernel of 3, are different mistakes; so those variables are taken as primes.
    """
    known = {**PRIMES, **dict(trivial)}
    known |= {"m": known["f"] * known["p"], "n": known["c"] * known["q"]}
    seen: set[Fraction] = set()
    repeated = []
    for at, mistake in enumerate(count_mistakes(quantity)):
        if not applies[at]:
            continue
        value = Fraction(mistake.formula.evaluate(*(known[name] for name in mistake.formula.meanings)))
        if value in seen:
            repeated.append(at)
        seen.add(value)
    return frozenset(repeated)


@lru_cache(maxsize=4096)
def _variables(layer: Layer, x: Shape, y: Shape, biased: bool) -> dict[str, int]:
    return {
        **_of_kernel(layer, x),
        "f": y.channels,
        "c": x.channels,
        "g": x.channels if isinstance(layer, Depthwise) else getattr(layer, "groups", 1),
        "h": int(biased),
        "p": y.positions,
        "q": x.positions,
        "m": y.size,
        "n": x.size,
        "r": y.spatial[0] if y.spatial else 1,
        "t": x.spatial[0] if x.spatial else 1,
    }


def _of_kernel(layer: Layer, x: Shape) -> dict[str, int]:
    """The kernel variables: the whole map for global layers; empty for bins of different sizes."""
    windows = layer.windows(x)
    kernels = [1] if isinstance(windows, str) else []
    if windows == "everything":
        kernels = list(x.spatial) or [1]
    elif not isinstance(windows, str):
        kernels = [each.kernel for each in windows if isinstance(each, Window | TransposedWindow)]
    if not kernels:
        return {}
    return {"v": prod(kernels), "k": kernels[0], "u": kernels[2] if len(kernels) == 3 else 1}


PARAMS, PER_FILTER, MACS = "params trainable", "params_per_filter", "macs multiplications connections"
PARAMS_AND_WEIGHTS, PER_NEURON = f"{PARAMS} weights", f"{PER_FILTER} weights_per_neuron"
ALL_WEIGHTS = f"{PARAMS_AND_WEIGHTS} {MACS}"

SENTENCES = {
    "as-convolution": "this is a standard convolution; a separable one has two steps",
    "depthwise-only": "only the depthwise step is counted; the pointwise 1×1 convolution is missing",
    "pointwise-only": "only the pointwise step is counted; the depthwise convolution is missing",
    "one-bias": "one bias was counted for the whole layer; each filter or unit has one",
    "forgot-depth": "the input depth is missing; each filter spans all input channels",
    "forgot-filters": "only one filter was counted",
    "forgot-depth-and-bias": "the input depth and the biases are missing",
    "one-filter-without-bias": "only one filter was counted, without its bias",
    "forgot-depth-one-bias": "the input depth is missing, and one bias was counted for the whole layer",
    "one-map-of-one-channel": "only one filter on one channel was counted",
    "kernel-alone": "only the positions of one kernel were counted",
    "bias-for-each-output": "one bias per output value was counted; each filter has one for all positions",
    "bias-for-each-channel": "one bias per channel of each filter was counted; each filter has one",
    "bias-for-each-input": "one bias per input was counted; each filter or unit has one",
    "kernel-two-axes": "the kernel was counted along two axes; it has three",
    "kernel-one-axis": "the kernel was counted along one axis only",
    "unshared": "each position was given its own weights; a convolution shares them",
    "fully-connected": "this is a dense layer; a filter reads only its window",
    "weight-for-each-input": "one weight per input value was counted; a filter has those of its window",
    "weight-for-each-position": "one weight per input position was counted; a filter has those of its window",
    "weight-for-each-side": "the input size was used instead of the kernel",
    "depth-of-output": "the output depth was used instead of the input depth",
    "added-depth": "kernel and depth were added; they must be multiplied",
    "inputs-plus-outputs": "inputs and outputs were added; every input connects to every output, so multiply",
    "bias-counted": "the biases are included; expected the weights only",
    "pool-has-weights": "the window was counted; pooling has no parameters",
    "pool-has-macs": "the window was counted as multiplications; pooling only compares or adds",
    "keeps-statistics": "the running statistics are included; they are not learned",
    "one-number-a-channel": "one parameter per channel was counted; there are two, a scale and a shift",
    "numbers-for-each-value": "scale and shift were counted per value; all positions of a channel share them",
    "forgot-bias": "the biases are missing; each filter or unit has one",
    "all-filters": "this is for all filters; expected one filter",
    "input-grid": "the input positions were counted; use the output positions",
    "one-place": "the weights were counted once; they are used at every output position",
    "forgot-kernel": "the kernel size is missing; a filter has a weight for each kernel position",
    "output-one-axis": "the output was counted along one axis only",
    "params-times-input": "the parameters were multiplied by the input positions",
    "forgot-depth-and-filters": "only one filter on one channel was counted",
    "one-result": "only the products for one output value were counted",
    "one-map": "only one feature map was counted",
    "counted-filters": "the filters were counted; each gives a whole feature map",
    "counted-inputs": "the inputs were counted; expected the outputs",
    "bias-shared": "the biases were shared; without sharing, each position has its own",
}
"""What is wrong, for the student; the sentences contain no numbers."""

WRONG_FORMULAS = (
    ("as-convolution", PARAMS, SEPARABLE, "f*v*c + h*f"),
    ("as-convolution", PARAMS_AND_WEIGHTS, SEPARABLE, "f*v*c"),
    ("as-convolution", MACS, SEPARABLE, "m*v*c"),
    ("depthwise-only", PARAMS, SEPARABLE, "v*c + h*c"),
    ("depthwise-only", PARAMS_AND_WEIGHTS, SEPARABLE, "v*c"),
    ("depthwise-only", MACS, SEPARABLE, "p*v*c"),
    ("pointwise-only", PARAMS, SEPARABLE, "f*c + h*f"),
    ("pointwise-only", PARAMS_AND_WEIGHTS, SEPARABLE, "f*c"),
    ("pointwise-only", MACS, SEPARABLE, "m*c"),
    ("forgot-bias", PARAMS, LEARNS, "f*v*c/g"),
    ("one-bias", PARAMS, LEARNS, "f*v*c/g + h"),
    ("forgot-depth", PARAMS, LEARNS, "f*v + h*f"),
    ("forgot-filters", PARAMS, LEARNS, "v*c/g + h"),
    ("forgot-depth-and-bias", PARAMS, LEARNS, "f*v"),
    ("one-filter-without-bias", PARAMS, LEARNS, "v*c/g"),
    ("forgot-depth-one-bias", PARAMS, LEARNS, "f*v + h"),
    ("one-map-of-one-channel", PARAMS, LEARNS, "v + h"),
    ("kernel-alone", PARAMS_AND_WEIGHTS, LEARNS, "v"),
    ("bias-for-each-output", PARAMS, SLIDES, "f*v*c/g + m"),
    ("bias-for-each-channel", PARAMS, SLIDES, "f*c/g*(v + 1)"),
    ("bias-for-each-input", PARAMS, LEARNS, "f*v*c/g + c"),
    ("kernel-one-axis", PARAMS, SLIDES, "f*k*c/g + h*f"),
    ("kernel-one-axis", "weights", SLIDES, "f*k*c/g"),
    ("kernel-two-axes", PARAMS, SLIDES, "f*v/u*c/g + h*f"),
    ("kernel-two-axes", "weights", SLIDES, "f*v/u*c/g"),
    ("kernel-two-axes", MACS, SLIDES, "m*v/u*c/g"),
    ("forgot-kernel", PARAMS, SLIDES, "f*c/g + h*f"),
    ("forgot-kernel", "weights", SLIDES, "f*c/g"),
    ("unshared", PARAMS, SLIDES, "p*(f*v*c/g + h*f)"),
    ("unshared", PARAMS_AND_WEIGHTS, SLIDES, "p*f*v*c/g"),
    ("unshared", PARAMS, SLIDES, "p*f*v*c/g + f"),
    ("fully-connected", PARAMS, SLIDES, "n*m + h*m"),
    ("fully-connected", ALL_WEIGHTS, SLIDES, "n*m"),
    ("weight-for-each-input", PARAMS, SLIDES, "f*n + h*f"),
    ("weight-for-each-input", PARAMS_AND_WEIGHTS, SLIDES, "f*n"),
    ("weight-for-each-position", PARAMS, SLIDES, "f*q + h*f"),
    ("weight-for-each-position", PARAMS_AND_WEIGHTS, SLIDES, "f*q"),
    ("weight-for-each-side", PARAMS, SLIDES, "t + h"),
    ("weight-for-each-side", PARAMS_AND_WEIGHTS, SLIDES, "t"),
    ("depth-of-output", PARAMS, SLIDES, "f*v*f + h*f"),
    ("added-depth", PARAMS, SLIDES, "f*(v + c) + h*f"),
    ("inputs-plus-outputs", PARAMS_AND_WEIGHTS, DENSE, "n + m"),
    ("forgot-depth", "weights", LEARNS, "f*v"),
    ("forgot-filters", "weights", LEARNS, "v*c/g"),
    ("bias-counted", "weights", LEARNS, "f*v*c/g + h*f"),
    ("keeps-statistics", PARAMS, NORMS, "4*c"),
    ("pool-has-weights", PARAMS_AND_WEIGHTS, POOLS, "v"),
    ("pool-has-weights", PARAMS_AND_WEIGHTS, POOLS, "v*c"),
    ("pool-has-weights", PARAMS, POOLS, "v*c + c"),
    ("pool-has-weights", PARAMS, POOLS, "v*c*c + c"),
    ("pool-has-weights", PARAMS_AND_WEIGHTS, POOLS, "v*c*c"),
    ("pool-has-weights", PARAMS, POOLS, "v + 1"),
    ("one-number-a-channel", PARAMS, NORMS, "c"),
    ("numbers-for-each-value", PARAMS, NORMS, "2*n"),
    ("forgot-depth", PER_FILTER, LEARNS, "v + h"),
    ("forgot-bias", PER_FILTER, LEARNS, "v*c/g"),
    ("forgot-depth-and-bias", PER_FILTER, LEARNS, "v"),
    ("forgot-depth", "weights_per_neuron", LEARNS, "v"),
    ("bias-counted", "weights_per_neuron", LEARNS, "v*c/g + 1"),
    ("kernel-one-axis", "weights_per_neuron", SLIDES, "k*c/g"),
    ("kernel-one-axis", PER_FILTER, SLIDES, "k*c/g + h"),
    ("all-filters", PER_FILTER, LEARNS, "f*v*c/g + h*f"),
    ("all-filters", PER_NEURON, LEARNS, "f*v*c/g"),
    ("weight-for-each-position", PER_FILTER, SLIDES, "q + h"),
    ("weight-for-each-position", PER_NEURON, SLIDES, "q"),
    ("weight-for-each-input", PER_FILTER, SLIDES, "n + h"),
    ("weight-for-each-input", PER_NEURON, SLIDES, "n"),
    ("input-grid", MACS, SLIDES, "f*q*v*c/g"),
    ("forgot-depth", MACS, SLIDES, "m*v"),
    ("forgot-filters", MACS, SLIDES, "p*v*c/g"),
    ("one-place", MACS, SLIDES, "f*v*c/g"),
    ("one-place", MACS, SLIDES, "f*v*c/g + h*f"),
    ("forgot-kernel", MACS, SLIDES, "m*c/g"),
    ("kernel-one-axis", MACS, SLIDES, "m*k*c/g"),
    ("output-one-axis", MACS, SLIDES, "f*r*v*c/g"),
    ("params-times-input", MACS, SLIDES, "q*(f*v*c/g + h*f)"),
    ("pool-has-macs", MACS, POOLS, "m*v"),
    ("pool-has-macs", MACS, POOLS, "m*v*c"),
    ("forgot-depth-and-filters", MACS, SLIDES, "p*v"),
    ("one-result", MACS, LEARNS, "v*c/g"),
    ("one-map", "neurons elements", ALL, "p"),
    ("counted-filters", "neurons elements", SLIDES, "f"),
    ("counted-inputs", "neurons elements", ALL, "n"),
    ("forgot-bias", "unshared_params", SLIDES, "p*f*v*c/g"),
    ("bias-shared", "unshared_params", SLIDES, "p*f*v*c/g + f"),
    ("forgot-depth", "unshared_params", SLIDES, "p*(f*v + h*f)"),
    ("bias-for-each-output", "biases", SLIDES, "m"),
    ("one-bias", "biases", LEARNS, "1"),
    ("bias-for-each-input", "biases", LEARNS, "c"),
    ("forgot-bias", "dense_params", SLIDES, "n*m"),
)
"""Mistake, quantities, layers and wrong formula; likeliest first for each quantity."""

COUNT_MISTAKES = tuple(
    CountMistake(name, SENTENCES[name], frozenset(quantities.split()), ABOUT[layers], formula_of(text))
    for name, quantities, layers, text in WRONG_FORMULAS
)


@cache
def count_mistakes(quantity: str) -> tuple[CountMistake, ...]:
    """The mistakes in one quantity."""
    return tuple(mistake for mistake in COUNT_MISTAKES if quantity in mistake.quantities)
