"""Explanations of published numbers: the correct tool, way of counting, or similar network."""

from fractions import Fraction

import pytest

import cnncalc
from cnncalc.explore.reconcile import Answer, Explanation, reconcile, stated
from cnncalc.explore.reconcile.nearby import alternatives, nearby
from tests.conftest import bundled, mostly_slow

HEAD = "cnncalc: 1\nname: net\n"


def answer(spec: cnncalc.Spec, number: str, most: int = 5) -> Answer:
    (found,) = reconcile(spec, [stated(number)], most)
    return found


def first(network: str, number: str) -> Explanation:
    spec = cnncalc.load(network) if "\n" not in network else cnncalc.load(HEAD + network)
    found = answer(spec, number)
    assert found.fits, [each.sum.title for each in found.explanations]
    return found.explanations[0]


# Totals of ResNet-50 as each tool prints them.
TOTALS = [
    ("macs", 4_089_184_256, "cnncalc's MACs: multiply-adds"),
    ("macs", 4_089_238_376, "Mult-Adds as counted by torchinfo"),
    ("flops", 4_111_512_576, "flops as counted by fvcore"),
    ("macs", 4_132_436_968, "MACs as counted by ptflops"),
    ("macs", 4_133_742_592, "MACs as counted by thop"),
    ("flops", 8_178_368_512, "FLOPs as counted by torch.utils.flop_counter"),
    ("flops", 8_211_108_352, "FLOPs as counted by calflops"),
]


@pytest.mark.parametrize(("quantity", "total", "title"), mostly_slow(TOTALS, (0, 2, 4)))
def test_an_exact_total_names_only_its_tool(quantity: str, total: int, title: str) -> None:
    found = answer(cnncalc.load("resnet50"), f"{quantity}={total}")
    assert [each.sum.title for each in found.explanations if each.steps < 3] == [title]
    assert found.explanations[0].sum.total == total


@pytest.mark.parametrize("digits", [pytest.param(2, marks=pytest.mark.slow), 3])
@pytest.mark.parametrize("asked", [pytest.param("macs", marks=pytest.mark.slow), "flops"])
@pytest.mark.parametrize(("quantity", "total", "title"), mostly_slow(TOTALS, (3, 6)))
def test_a_rounded_total_names_its_tool_early(
    quantity: str, total: int, title: str, digits: int, asked: str
) -> None:
    found = answer(cnncalc.load("resnet50"), f"{asked}={total / 1e9:.{digits}f}G", most=3)
    titles = [name for each in found.explanations for name in (each.sum.title, *each.also)]
    if asked == "flops":
        title = title.replace("cnncalc's MACs: multiply-adds", "multiply-adds, each counted once")
    assert title in titles


# Network, published number, title and parts of the explanation.
EXPLAINED = [
    # Keras, ResNet50: running statistics are parameters, and convolutions before norms have biases.
    (
        "resnet50_v1",
        "params=25,636,712",
        "parameters, running statistics and biases for filters without bias",
        [25_557_032, 53_120, 26_560],
    ),
    # He et al. 2015, table 1: 3.8 × 10⁹, where 3.86 would be 3.9 rounded.
    ("resnet50_v1", "flops=3.8e9", "multiply-adds, each counted once", [3_857_973_248]),
    # CS231n, notes on VGG: the table omits biases.
    ("vgg16", "params=138,344,128", "parameters (without biases)", [138_357_544, -13_416]),
    # Keras, VGG16 with include_top=False: github.com/fchollet/deep-learning-models.
    ("vgg16", "params=14,714,688", "parameters (without dense layers)", [138_357_544, -123_642_856]),
    # numel over the state_dict of torchvision's model.
    (
        "resnet50",
        "params=25,610,205",
        "parameters, running statistics and PyTorch's batch counters",
        [25_557_032, 53_120, 53],
    ),
    ("resnet50", "flops=8.22G", "cnncalc's FLOPs: 2 × multiply-adds, biases, norms, activations, pooling "
     "and merges", [8_178_368_512, 1_000, 22_227_968, 9_608_704, 1_705_984, 5_519_360]),
    ("resnet50", "macs=4,087,136,256", "multiply-adds (without dense)", [4_089_184_256, -2_048_000]),
    # L4.9: the computations of AlexNet's layers, summed.
    ("alexnet", "flops=1,135,915,368", "computations as counted by the lecture", [1_135_256_096, 659_272]),
]  # fmt: skip


@pytest.mark.parametrize(("network", "number", "title", "parts"), mostly_slow(EXPLAINED, (0, 2, 3, 7)))
def test_explanations_are_sums_of_parts(network: str, number: str, title: str, parts: list[int]) -> None:
    found = first(network, number)
    assert title in (found.sum.title, *found.also)
    assert not found.change
    assert [part.value for part in found.sum.parts] == parts
    assert sum(parts) == found.sum.total


# torchvision 0.28 at other sizes and widths, by its own flop counter.
NEARBY = [
    ("resnet50", "macs=5.34G", "with input 3×256×256"),
    ("mobilenet_v2", "macs=97.1M", "with width=0.5"),
    ("mobilenet_v2", "params=6.11M", "with width=1.4"),
    ("resnet50", "params=23,528,522", "with classes=10"),
    ("alexnet_torchvision", "macs=927M", "with input 3×256×256"),
]


@pytest.mark.parametrize(("network", "number", "change"), mostly_slow(NEARBY, (1, 3)))
def test_a_similar_network_explains_a_number(network: str, number: str, change: str) -> None:
    assert first(network, number).change == change


def test_the_written_network_comes_before_similar_ones() -> None:
    found = answer(cnncalc.load("resnet50"), "params=25.6M")
    assert [(each.change, each.sum.title) for each in found.explanations] == [("", "parameters")]


STRIDES = """\
input: [16, 32, 32]
vars: {early: true}
layers:
  - {conv: 16, kernel: 1, stride: 2 if early else 1, bias: false}
  - {conv: 16, kernel: 3, padding: 1, stride: 1 if early else 2, bias: false}
"""


def test_a_boolean_variable_is_tried_both_ways() -> None:
    late = 32 * 32 * 16 * 16 + 16 * 16 * 16 * 16 * 9
    assert first(STRIDES, f"macs={late}").change == "with early=false"


AUXILIARY = """\
input: [3, 9, 9]
layers:
  - {conv: 4, kernel: 3, name: stem}
  - {conv: 5, kernel: 7, name: aux}
  - {conv: 6, kernel: 1, from: stem}
"""


def test_unused_layers_are_included_or_omitted() -> None:
    spec = cnncalc.load(HEAD + AUXILIARY)
    without = "without 1 unused layer"
    stem, aux, last = 4 * 28, 5 * (4 * 49 + 1), 6 * 5
    assert answer(spec, f"params={stem + aux + last}").explanations[0].change == ""
    assert answer(spec, f"params={stem + last}").explanations[0].change == without
    macs = 49 * 4 * 27 + 49 * 6 * 4
    assert answer(spec, f"macs={macs}").explanations[0].change == without


SHARED = """\
input: [4, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: one}
  - {conv: 4, kernel: 3, share: one}
"""


def test_shared_weights_may_have_been_counted_twice() -> None:
    found = first(SHARED, f"params={2 * 4 * 37}")
    assert found.sum.title == "parameters and shared weights counted twice"


FROZEN = """\
input: [4, 8, 8]
layers:
  - {conv: 4, kernel: 3, freeze: true}
  - {conv: 2, kernel: 1}
"""


def test_frozen_parameters_may_be_omitted() -> None:
    assert first(FROZEN, "params=10").sum.title == "parameters (without frozen parameters)"


def test_a_unit_may_be_a_power_of_1024() -> None:
    found = first("resnet50", "params=24.37M")
    assert (found.sum.title, found.base) == ("parameters", 1024)


def test_digits_may_be_truncated() -> None:
    found = first("resnet50", "macs=4.08G")
    assert (found.sum.title, found.is_cut) == ("cnncalc's MACs: multiply-adds", True)


def test_counts_of_tools_may_be_doubled() -> None:
    title = "twice the flops as counted by fvcore"
    assert first("resnet50", f"flops={2 * 4_111_512_576}").sum.title == title


def test_several_numbers_are_explained_by_one_network_if_possible() -> None:
    spec = cnncalc.load("resnet50")
    numbers = [stated("macs=5.34G"), stated("params=25.6M")]
    answers = reconcile(spec, numbers)
    assert {each.change for found in answers for each in found.explanations} == {"with input 3×256×256"}


def test_numbers_of_different_networks_are_explained_separately() -> None:
    spec = cnncalc.load("resnet50")
    macs, params = reconcile(spec, [stated("macs=5.34G"), stated("params=23,528,522")])
    assert macs.explanations[0].change == "with input 3×256×256"
    assert params.explanations[0].change == "with classes=10"


def test_without_an_explanation_the_closest_sums_are_given() -> None:
    found = answer(cnncalc.load("vgg16"), "params=61706")
    assert not found.fits
    distances = [abs(each.off) for each in found.explanations]
    assert distances == sorted(distances)
    assert found.explanations[-1].sum.title == "parameters"
    assert found.explanations[-1].off == 138_357_544 - 61_706


def test_most_limits_the_explanations() -> None:
    found = answer(cnncalc.load("lenet5"), "flops=0.8M", most=2)
    assert len(found.explanations) == 2
    assert found.others > 0


@pytest.mark.parametrize("network", bundled(["wavenet", "c3d", "unet", "googlenet"], {"c3d"}))
def test_every_explanation_fits_and_adds_up(network: str) -> None:
    spec = cnncalc.load(network)
    report = cnncalc.analyze(spec)
    macs, params = report.totals.macs, report.totals.params.total
    for found in reconcile(spec, [stated(f"macs={macs / 1e9:.2f}G"), stated(f"params={params}")], 99):
        low = found.stated.value - found.stated.tolerance
        high = found.stated.value + found.stated.tolerance
        for each in found.explanations:
            scale = found.stated.scale(each.base)
            assert sum(part.value for part in each.sum.parts) == each.sum.total
            assert each.is_cut or low * scale <= each.sum.total <= high * scale
    assert found.explanations[0].sum.total == params


@pytest.mark.parametrize(
    ("text", "value", "tolerance", "power", "decimals"),
    [
        ("macs=4.13G", 4_130_000_000, 5_000_000, 3, 2),
        ("FLOPs = 8.2 g", 8_200_000_000, 50_000_000, 3, 1),
        ("params=25,557,032", 25_557_032, 0, 0, 0),
        ("params=25_557_032", 25_557_032, 0, 0, 0),
        ("params=26M", 26_000_000, 500_000, 2, 0),
        ("macs=4.1e9", 4_100_000_000, 50_000_000, 0, 1),
        ("macs=4E9", 4_000_000_000, 500_000_000, 0, 0),
        ("macs=1.5B", 1_500_000_000, 50_000_000, 3, 1),
    ],
)
def test_the_digits_shown_give_the_tolerance(
    text: str, value: int, tolerance: int, power: int, decimals: int
) -> None:
    found = stated(text)
    assert (found.value, found.tolerance) == (Fraction(value), Fraction(tolerance))
    assert (found.power, found.decimals) == (power, decimals)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4.13G", "expected macs=, flops= or params="),
        ("mcas=4G", "did you mean 'macs'?"),
        ("neurons=3", "expected macs=, flops= or params="),
        ("macs=", "found ''"),
        ("macs=many", "found 'many'"),
        ("macs=4,13G", "found '4,13G'"),
        ("macs=0", "found '0'"),
        ("macs=-4G", "expected a number above 0"),
    ],
)
def test_invalid_numbers_are_rejected_with_an_example(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="as in") as refused:
        stated(text)
    assert message in str(refused.value)


def test_inputs_are_tried_in_the_layout_of_the_spec() -> None:
    spec = cnncalc.load(HEAD + "layout: hwc\ninput: 224x224x3\nlayers: [{conv: 2, kernel: 3}]\n")
    assert "with input 227×227×3" in {network.change for network in nearby(spec)}


def test_sizes_that_do_not_fit_are_omitted() -> None:
    spec = cnncalc.load(HEAD + "input: [1, 32, 32]\nlayers: [{conv: 2, kernel: 30}]\n")
    assert [network.change for network in nearby(spec)] == ["", "with input 1×64×64", "with input 1×96×96"]


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("plain", True, [False]),
        ("classes", 21, [10, 100, 1000, 1001]),
        ("growth", 32, [31, 33, 16, 64]),
        ("offset", 0, [1]),
        ("act", "relu", []),
    ],
)
def test_other_values_of_a_variable(name: str, value: bool | int | str, others: list[object]) -> None:
    assert alternatives(name, value) == others


def test_a_multiplier_is_tried_at_common_values() -> None:
    assert {Fraction(1, 2), Fraction(7, 5), 2} <= {*map(Fraction, map(str, alternatives("width", 1)))}
