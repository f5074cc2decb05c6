"""The slips about numbers of a layer: its formula with a term left out, added or taken from elsewhere."""

import re
from functools import cache, lru_cache
from math import prod

from msgspec import Struct

from cnncalc.analysis.report import Row
from cnncalc.formula import Formula
from cnncalc.homework.quantities import windows_of
from cnncalc.layers import Layer
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

VARIABLES = {
    "f": "filters, or units",
    "v": "kernel positions",
    "k": "kernel size along one axis",
    "u": "kernel size along the last of three axes, 1 where there are fewer",
    "c": "channels of the input",
    "g": "groups",
    "h": "1 where there are biases",
    "p": "output positions",
    "q": "input positions",
    "m": "outputs",
    "n": "inputs",
    "r": "output size along one axis",
    "t": "input size along one axis",
}
LEARNS = "conv depthwise conv_transpose dense locally_connected"
SLIDES = "conv depthwise conv_transpose"
POOLS = "maxpool avgpool lppool mixpool weighted_avgpool global_avgpool global_maxpool"
ALL = f"{LEARNS} {POOLS}"
NORMS = "batchnorm layernorm groupnorm instancenorm"


class CountSlip(Struct, frozen=True):
    """A slip about a number: for which quantities and kinds, and the formula by which it is reckoned."""

    name: str
    says: str
    quantities: frozenset[str]
    kinds: frozenset[str]
    formula: Formula

    def number(self, row: Row) -> int | None:
        """What somebody who slips so comes to; None where it does not apply to the layer."""
        if row.layer is None or row.kind not in self.kinds:
            return None
        known = variables_of(row)
        value = self.formula.evaluate(*(known[name] for name in self.formula.meanings))
        return int(value) if value == int(value) else None


@cache
def formula_of(text: str) -> Formula:
    """The formula of a slip, its variables explained."""
    used = set(re.findall("[a-z]+", text))
    return Formula(text, **{name: said for name, said in VARIABLES.items() if name in used})


def variables_of(row: Row) -> dict[str, int]:
    """What the formulas speak of, for a layer with one input."""
    assert row.layer is not None
    return _variables(row.layer, row.reads[0], row.output, "bias" in row.weights)


@lru_cache(maxsize=4096)
def _variables(layer: Layer, x: Shape, y: Shape, biased: bool) -> dict[str, int]:
    windows = windows_of(layer, (x,))
    kernels = [each.kernel for each in windows if isinstance(each, Window | TransposedWindow)] or [1]
    if layer.kind.startswith("global"):
        kernels = list(x.spatial)
    groups = x.channels if layer.kind == "depthwise" else getattr(layer, "groups", 1)
    return {
        "f": y.channels,
        "v": prod(kernels),
        "k": kernels[0],
        "u": kernels[2] if len(kernels) == 3 else 1,
        "c": x.channels,
        "g": groups,
        "h": int(biased),
        "p": y.positions,
        "q": x.positions,
        "m": y.size,
        "n": x.size,
        "r": y.spatial[0] if y.spatial else 1,
        "t": x.spatial[0] if x.spatial else 1,
    }


PARAMS, PER_FILTER, MACS = "params trainable", "params_per_filter", "macs multiplications connections"
PARAMS_AND_WEIGHTS, PER_NEURON = f"{PARAMS} weights", f"{PER_FILTER} weights_per_neuron"
ALL_WEIGHTS = f"{PARAMS_AND_WEIGHTS} {MACS}"

SAYS = {
    "as-convolution": "this counts a plain convolution, which a separable one splits in two",
    "depthwise-only": "the first step is counted only; 1×1 filters over all channels follow it",
    "pointwise-only": "the second step is counted only; a filter for each channel comes before it",
    "one-bias": "one bias is counted for the whole layer; each filter or unit has one",
    "forgot-depth": "the depth is forgotten: each filter reaches through all channels",
    "forgot-filters": "one filter is counted only",
    "forgot-depth-and-bias": "the depth and the biases are forgotten",
    "one-filter-without-bias": "one filter is counted only, and without its bias",
    "forgot-depth-one-bias": "the depth is forgotten, and one bias is counted for the whole layer",
    "one-map-of-one-channel": "one filter on one channel is counted only",
    "kernel-alone": "the positions of one kernel are counted only",
    "bias-for-each-output": "a bias is counted for each output; all places of a map share one",
    "bias-for-each-channel": "a bias is counted for each channel of each filter; a filter has one",
    "bias-for-each-input": "a bias is counted for each input; each output has one",
    "kernel-two-axes": "the kernel is counted along two axes only; here it has three",
    "kernel-one-axis": "the kernel is counted along one axis only",
    "unshared": "each position is given weights of its own; a convolution shares them",
    "fully-connected": "every input is connected with every output; a filter reads its window only",
    "weight-for-each-input": "a weight is counted for each input; a filter has those of its window",
    "weight-for-each-position": "a weight is counted for each position of the input",
    "weight-for-each-side": "the size of the input is taken in place of the kernel",
    "depth-of-output": "the depth of the output is taken for that of the input",
    "added-depth": "kernel and depth are added; they multiply",
    "inputs-plus-outputs": "inputs and outputs are added; every input meets every output",
    "bias-counted": "the biases are counted, too; weights are asked for",
    "pool-has-weights": "the window is counted; a pooling learns nothing",
    "pool-has-macs": "the window is counted as if it multiplied; a pooling compares or adds",
    "keeps-statistics": "the running statistics are counted, too; they are not learned",
    "one-number-a-channel": "one number is counted for each channel; there are a scale and a shift",
    "numbers-for-each-value": "the numbers are counted for each value; the places of a channel share them",
    "forgot-bias": "the biases are left out: each filter or unit has one",
    "all-filters": "all filters together are counted; one is asked for",
    "input-grid": "the grid of the input is taken; there is a result for each place of the output",
    "one-place": "the weights are counted once; they are used at every place of the output",
    "forgot-kernel": "the kernel is forgotten: a filter has a weight for each of its positions",
    "output-one-axis": "the output is counted along one axis only",
    "params-times-input": "the parameters are multiplied with the grid of the input",
    "forgot-depth-and-filters": "one filter on one channel is counted only",
    "one-result": "the products of one result are counted only",
    "one-map": "one map is counted only",
    "counted-filters": "the filters are counted; each gives a whole map",
    "counted-inputs": "the inputs are counted",
    "bias-shared": "the biases are shared; each position has its own here",
}
"""What a slip is, said to the student; no sentence holds a number."""

RULES = (
    ("as-convolution", PARAMS, "separable", "f*v*c + h*f"),
    ("as-convolution", PARAMS_AND_WEIGHTS, "separable", "f*v*c"),
    ("as-convolution", MACS, "separable", "m*v*c"),
    ("depthwise-only", PARAMS, "separable", "v*c + h*c"),
    ("depthwise-only", PARAMS_AND_WEIGHTS, "separable", "v*c"),
    ("depthwise-only", MACS, "separable", "p*v*c"),
    ("pointwise-only", PARAMS, "separable", "f*c + h*f"),
    ("pointwise-only", PARAMS_AND_WEIGHTS, "separable", "f*c"),
    ("pointwise-only", MACS, "separable", "m*c"),
    ("forgot-bias", PARAMS, LEARNS, "f*v*c/g"),
    ("one-bias", PARAMS, LEARNS, "f*v*c/g + 1"),
    ("forgot-depth", PARAMS, LEARNS, "f*v + h*f"),
    ("forgot-filters", PARAMS, LEARNS, "v*c/g + h"),
    ("forgot-depth-and-bias", PARAMS, LEARNS, "f*v"),
    ("one-filter-without-bias", PARAMS, LEARNS, "v*c/g"),
    ("forgot-depth-one-bias", PARAMS, LEARNS, "f*v + 1"),
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
    ("inputs-plus-outputs", PARAMS_AND_WEIGHTS, "dense", "n + m"),
    ("forgot-depth", "weights", LEARNS, "f*v"),
    ("forgot-filters", "weights", LEARNS, "v*c/g"),
    ("bias-counted", "weights weight_shape", LEARNS, "f*v*c/g + h*f"),
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
"""Slip, quantities, kinds and formula, in the order of likelihood for each quantity."""

COUNT_SLIPS = tuple(
    CountSlip(name, SAYS[name], frozenset(quantities.split()), frozenset(kinds.split()), formula_of(text))
    for name, quantities, kinds, text in RULES
)


@cache
def count_slips(quantity: str) -> tuple[CountSlip, ...]:
    """The slips about one quantity."""
    return tuple(slip for slip in COUNT_SLIPS if quantity in slip.quantities)
