"""Numbers and shapes of weights of the lectures' layers."""

from fractions import Fraction
from math import prod

import pytest

import cnncalc
from cnncalc import SpecError
from cnncalc.analysis.symbolic import symbolic
from cnncalc.layers.convolution import CONV_MACS
from cnncalc.render.columns import weight_shapes
from tests.analysis.written import report_of
from tests.spec.helpers import spec

CONVOLUTIONS = [f"conv{number}" for number in range(1, 6)]


@pytest.mark.parametrize("groups", [1, 2, 5, 10, 20, 50, 100])
def test_groups_divide_the_weights(groups: int) -> None:
    """L0.10: 100 channels in `groups` groups; groups of 10 channels are 10."""
    row = report_of([f"{{conv: 100, kernel: 3, groups: {groups}}}"], channels=100).output
    assert row.params.weights * groups == 100 * 100 * 3 * 3
    assert row.params.biases == 100


def test_a_separable_kernel_multiplies_less() -> None:
    """L0.11: 6 multiplications per position instead of 9."""
    report = cnncalc.analyze(cnncalc.load("lectures/spatially_separable"))
    apart, square = report.layer("both.apart"), report.layer("both.square")
    assert apart.macs // apart.output.positions == 6
    assert square.macs // square.output.positions == 9
    assert apart.field == square.field


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_filter_bank_has_four_sizes(name: str) -> None:
    """L1.7: [filters, input channels, height, width]."""
    row = cnncalc.analyze(cnncalc.load("alexnet")).layer(name)
    (arriving,) = row.reads
    filters, channels, height, width = row.weights["weight"]
    assert (filters, channels) == (row.output.channels, arriving.channels)
    assert row.params.weights == filters * channels * height * width


def test_the_first_filter_bank_of_alexnet() -> None:
    """L1.7, L1.15: 96 filters of 11×11×3."""
    row = cnncalc.analyze(cnncalc.load("alexnet")).layer("conv1")
    assert row.weights["weight"] == (96, 3, 11, 11)
    assert weight_shapes(row) == "weight 96×3×11×11, bias 96"


@pytest.mark.parametrize(("layer", "polynomial"), [("both.two", "18·F²"), ("both.one", "25·F²")])
def test_two_small_kernels_against_one_large_with_the_maps_unknown(layer: str, polynomial: str) -> None:
    """L1.9: no biases, F maps in and out."""
    found = symbolic(cnncalc.load("lectures/two_small_kernels"), "F")
    weights = found.fit([report.layer(layer).params.weights for report in found.reports])
    assert weights is not None
    assert weights.text("F") == polynomial


def test_a_depthwise_separable_convolution_has_few_weights() -> None:
    """L0.12, L1.11: their ratio is 1/512 + 1/9: 1/filters + 1/kernel positions."""
    report = cnncalc.analyze(cnncalc.load("lectures/depthwise_separable"))
    steps, at_once, plain = (report.layer(f"all.{branch}") for branch in ("steps", "at_once", "plain"))
    assert steps.params == at_once.params
    assert steps.costs == at_once.costs
    assert Fraction(steps.params.total, plain.params.total) == Fraction(1, 512) + Fraction(1, 9)
    assert Fraction(steps.macs, plain.macs) == Fraction(1, 512) + Fraction(1, 9)


def test_a_filter_is_as_deep_as_its_input() -> None:
    """L2.2: for 10×10×3 it is 5×5×3, and 5×5×1 is refused."""
    (node,) = spec("{conv: 1, kernel: 5, in: 3}", shape="[3, 10, 10]").graph.layers
    assert node.layer.weights(*node.reads)["weight"] == (1, 3, 5, 5)
    with pytest.raises(SpecError) as caught:
        spec("{conv: 1, kernel: 5, in: 1}", shape="[3, 10, 10]")
    (problem,) = caught.value.problems
    assert problem.code == "channels-asserted"
    assert problem.message == "expected 1 input channels (`in`), found 3"
    assert problem.hint == "a filter is as deep as its input"


@pytest.mark.parametrize("filters", [1, 4])
def test_each_output_is_a_product_of_two_vectors_and_a_bias(filters: int) -> None:
    """L2.3: a (2, 2, 3) filter unrolls to 12 weights: 12 products and one bias."""
    row = report_of([f"{{conv: {filters}, kernel: 2}}"], channels=3, sizes=(6, 6)).output
    assert prod(row.weights["weight"][1:]) == 12
    assert row.params.biases == filters
    assert row.macs == 12 * row.output.size
    assert row.costs.adds == row.output.size
    assert str(CONV_MACS(m=1, v=4, c=3, g=1)) == "1·4·3/1 = 12"
