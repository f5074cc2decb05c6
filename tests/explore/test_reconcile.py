"""Explanations of published numbers: the correct tool, way of counting, or similar network."""

from fractions import Fraction
from functools import partial
from math import inf

import pytest

import cnncalc
from cnncalc.explore import reconcile as searching
from cnncalc.explore.reconcile import Answer, Explanation, stated
from cnncalc.explore.reconcile.changes import CLASSES, MORE_CLASSES, alternatives, single_changes
from cnncalc.explore.reconcile.inputs import other_inputs
from cnncalc.shapes import Shape
from tests.conftest import bundled, mostly_slow

HEAD = "cnncalc: 1\nname: net\n"

reconcile = partial(searching.reconcile, seconds=inf)
"""Without a time limit, at which a slow machine would find less."""


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


# Public questions; each network, its numbers, and what explains them.
FOUND = [
    ("input: [3, 32, 32]\nvars: {k: 7}\nlayers:\n  - {conv: 16, kernel: k, padding: half, name: a}\n",
     ["params=1216"], "parameters", "with k=5"),
    ("input: [3, 32, 32]\nlayers:\n  - {conv: 16, kernel: 7, padding: 3, name: a}\n",
     ["params=1216", f"macs={16 * 75 * 1024}"], "parameters", "with kernel 5 instead of 7 in line 5 (a)"),
    ("input: {channels: 3, depth: 16, height: 112, width: 112}\nlayers:\n"
     "  - {conv: 16, kernel: 3, padding: 1, name: a}\n",
     ["macs=339738624"], "cnncalc's MACs: multiply-adds", "with input 3×16×128×128"),
    # thop 0.1.1 on a module that calls functional.interpolate
    ("input: [3, 32, 32]\nlayers:\n"
     "  - {conv: 20, kernel: 3, padding: 1, bias: false, norm: batch, act: relu}\n"
     "  - {upsample: 2, mode: bilinear}\n  - {conv: 7, kernel: 3, padding: 1}\n",
     ["macs=5795840"], "MACs as counted by thop, with upsampling as a function", ""),
    ("input: [3, 64, 64]\nlayers: [{conv: 8, kernel: 3}, global_avgpool, flatten, {dense: 1000}]\n",
     [f"params={224 + 9 * 365}"], "parameters", "with 365 outputs instead of 1000"),
    ("input: [1, 16000]\nlayers: [{conv: 8, kernel: 80, stride: 4}]\n",
     [f"macs={8 * 80 * 1981}"], "cnncalc's MACs: multiply-adds", "with input 1×8000"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "numbers", "title", "change"), FOUND)
def test_public_questions(network: str, numbers: list[str], title: str, change: str) -> None:
    answers = reconcile(cnncalc.load(HEAD + network), numbers)
    first, *_ = answers[0].explanations
    assert (first.sum.title, first.change) == (title, change)
    assert {found.explanations[0].change for found in answers} == {change}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("numbers", "change"),
    [
        # Tan & Le 2019, table 2: 7.8 M and 0.70 B; torchvision's model has 7,794,184.
        (["params=7.8M", "macs=0.70G"], "with input 3×240×240 and depth=1.1"),
        (["params=7,794,184"], "with depth=1.1"),
        # torchvision's efficientnet_b2
        (["params=9,109,994"], "with input 3×260×260 and width=1.1 and depth=1.2"),
    ],
)
def test_scaled_networks(numbers: list[str], change: str) -> None:
    answers = reconcile(cnncalc.load("efficientnet_b0"), numbers)
    assert {found.explanations[0].change for found in answers} == {change}


TWO_PATHS = """\
inputs:
  slow: [3, 4, 64, 64]
  fast: [3, 32, 64, 64]
vars: {fusion: 5, classes: 174}
layers:
  - {conv: 16, kernel: [1, 7, 7], stride: [1, 2, 2], padding: [0, 3, 3], bias: false, from: slow, name: a}
  - {conv: 4, kernel: [5, 7, 7], stride: [1, 2, 2], padding: [2, 3, 3], bias: false, from: fast, name: b}
  - {conv: 8, kernel: [fusion, 1, 1], stride: [8, 1, 1], padding: [fusion // 2, 0, 0], bias: false, name: c}
  - {concat: [a, c], name: d}
  - global_avgpool
  - {dense: classes}
"""


@pytest.mark.slow
def test_three_changes_explain_two_numbers() -> None:
    """As in SlowFast: a fusion kernel of 7 for 5, larger crops, and Kinetics-400."""
    spec = cnncalc.load(HEAD + TWO_PATHS)
    report = cnncalc.analyze(
        spec, set={"fusion": 7, "classes": 400}, input={"slow": "3x4x96x96", "fast": "3x32x96x96"}
    )
    numbers = [f"params={report.totals.params.total}", f"macs={report.totals.macs}"]
    answers = reconcile(spec, numbers)
    changes = {found.explanations[0].change for found in answers}
    assert changes == {"with input 3×4×96×96 and classes=400 and fusion=7"}


# What the tools print for torchvision 0.28's models, which call some layers as functions.
PRINTED = [
    ("vgg11", "macs", 7_609_140_224, "thop"),
    ("vgg11", "flops", 7_609_115_136, "fvcore"),
    ("vgg11", "macs", 7_643_686_888, "ptflops"),
    ("vgg16_bn", "macs", 15_524_504_576, "thop"),
    ("vgg16_bn", "flops", 15_497_384_448, "fvcore"),
    ("googlenet_torchvision", "macs", 1_513_907_448, "ptflops"),
    ("googlenet_torchvision", "macs", 1_511_332_032, "thop"),
    ("googlenet_torchvision", "flops", 1_504_878_688, "fvcore"),
    ("googlenet_torchvision", "macs", 1_498_391_752, "torchinfo"),
]


@pytest.mark.parametrize(("network", "quantity", "total", "tool"), PRINTED)
def test_totals_that_tools_print(network: str, quantity: str, total: int, tool: str) -> None:
    found = first(network, f"{quantity}={total}")
    assert f"as counted by {tool}" in found.sum.title
    assert (found.change, found.sum.total) == ("", total)
    assert sum(part.value for part in found.sum.parts) == total


@pytest.mark.parametrize(
    ("number", "is_weak"),
    [
        ("macs=4G", True),
        ("macs=4.1G", True),
        ("macs=4.09G", False),
        ("macs=0.41e10", True),
        ("params=25,557,032", False),
    ],
)
def test_few_digits_are_weak_evidence(number: str, is_weak: bool) -> None:
    found = answer(cnncalc.load("resnet50"), number)
    assert found.is_weak == is_weak
    if is_weak:
        assert found.matching > 10


def test_what_was_tried_without_an_explanation() -> None:
    found = answer(cnncalc.load("lenet5"), "params=9,999,999,999")
    assert not found.fits
    assert found.tried.networks > 100
    assert found.tried.sums > 3
    assert found.tried.changes["input"] > 100


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


@pytest.mark.slow
def test_several_numbers_are_explained_by_two_changes() -> None:
    spec = cnncalc.load("resnet50")
    answers = reconcile(spec, [stated("macs=5.34G"), stated("params=23,528,522")])
    changes = {each.change for found in answers for each in found.explanations}
    assert changes == {"with input 3×256×256 and classes=10"}
    assert not any(found.apart for found in answers)


def test_several_numbers_of_one_tool_are_explained_by_that_tool() -> None:
    """calflops prints both; thop's MACs, or twice fvcore's flops, would round to them, too."""
    answers = reconcile(cnncalc.load("resnet50"), ["flops=8.21G", "macs=4.09G"])
    assert not any(found.mixed for found in answers)
    titles = [(found.explanations[0].sum.title, *found.explanations[0].also) for found in answers]
    assert "FLOPs as counted by calflops" in titles[0]
    assert "MACs as counted by calflops" in titles[1]


# Published for other inputs, heads and classes than those of the bundled network.
PUBLISHED = [
    # torchvision, ViT_B_16_Weights with SWAG at 384 pixels: 55.484 × 10⁹
    ("vit_b_16", ["macs=55.484G"], "cnncalc's MACs: multiply-adds", "with input 3×384×384"),
    # VGG-16 on CIFAR-10 with one dense layer: github.com/chengyangfu/pytorch-vgg-cifar10
    ("vgg16", ["macs=0.31G", "params=14.7M"], "multiply-adds (without dense)", "with input 3×32×32"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("network", "numbers", "title", "change"), PUBLISHED)
def test_published_numbers(network: str, numbers: list[str], title: str, change: str) -> None:
    answers = reconcile(cnncalc.load(network), numbers)
    assert {found.explanations[0].change for found in answers} == {change}
    assert answers[0].explanations[0].sum.title == title


def test_the_macs_of_attention_are_multiply_adds() -> None:
    found = first("vit_b_16", "macs=17,563,828,224")
    assert (found.sum.title, found.change) == ("cnncalc's MACs: multiply-adds", "")


def test_numbers_of_different_tools_are_called_so() -> None:
    """MACs by thop, and FLOPs as twice the multiply-adds."""
    answers = reconcile(cnncalc.load("resnet50"), ["macs=4133742592", "flops=8178368512"])
    assert all(found.fits and found.mixed for found in answers)
    assert answers[0].explanations[0].sum.title == "MACs as counted by thop"


def test_a_number_far_from_every_sum_has_a_closest_one() -> None:
    found = answer(cnncalc.load("lenet5"), "params=1e99")
    assert not found.fits
    assert [each.sum.total for each in found.explanations][-1:] == [61706]


def test_a_search_stops_at_its_limit_with_what_it_found() -> None:
    (found,) = reconcile(cnncalc.load("lenet5"), "macs=123456789", seconds=0)
    assert found.tried.is_stopped
    assert found.tried.networks == 1
    assert found.explanations


def test_a_search_is_announced_before_similar_networks_are_tried() -> None:
    announced: list[tuple[int, float]] = []

    def announce(networks: int, seconds: float) -> None:
        announced.append((networks, seconds))

    reconcile(cnncalc.load("lenet5"), "macs=416520", announce=announce)
    assert not announced
    reconcile(cnncalc.load("lenet5"), "macs=123456789", announce=announce)
    ((networks, seconds),) = announced
    assert networks > 40
    assert seconds > 0


def test_numbers_that_no_network_explains_together_are_explained_separately() -> None:
    answers = reconcile(cnncalc.load("lenet5"), [stated("params=61,706"), stated("macs=123456789123")])
    assert [found.fits for found in answers] == [True, False]
    assert all(found.apart for found in answers)


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
        ("macs=4.13 GMac", 4_130_000_000, 5_000_000, 3, 2),
        ("flops=8.21 GFLOPS", 8_210_000_000, 5_000_000, 3, 2),
        ("params=25.6M params", 25_600_000, 50_000, 2, 1),
        ("macs=4133742592 MACs", 4_133_742_592, 0, 0, 0),
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
        ("macs=4,13G", "found '4,13G'; write 4.13G"),
        ("macs=10%", "found '10%'"),
        ("macs=1e400", "found '1e400'"),
        ("macs=" + "9" * 5000, f"found '{'9' * 40}…'"),
        ("macs", "found 'macs'"),
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
    titles = {change.title for change in single_changes(spec)}
    assert {"input 227×227×3", "input 800×1333×3", "input 224×224×1"} <= titles


def test_sizes_that_do_not_fit_explain_nothing() -> None:
    spec = cnncalc.load(HEAD + "input: [1, 32, 32]\nlayers: [{conv: 2, kernel: 30}]\n")
    found = answer(spec, f"macs={900 * 2 * 35 * 35}")
    assert [each.change for each in found.explanations] == ["with input 1×64×64"]


@pytest.mark.parametrize(
    ("written", "others"),
    [
        ((1, 16000), {(1, 8000), (1, 44100), (2, 16000)}),
        ((3, 224, 224), {(3, 227, 227), (3, 480, 640), (3, 1024, 2048), (1, 224, 224)}),
        ((3, 16, 112, 112), {(3, 16, 128, 128), (3, 32, 256, 256), (3, 8, 112, 112)}),
        ((1, 64, 64, 64), {(1, 128, 128, 128), (1, 132, 132, 116)}),
        ((10,), set()),
    ],
)
def test_inputs_that_papers_use(written: tuple[int, ...], others: set[tuple[int, ...]]) -> None:
    tried = [shape.dims() for shape, _ in other_inputs(Shape(written[0], written[1:]))]
    assert others <= set(tried)
    assert written not in tried
    assert len(tried) == len(set(tried))


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("plain", True, [False]),
        ("classes", 21, [*CLASSES, *MORE_CLASSES]),
        ("growth", 32, [31, 33, 30, 34, 16, 64]),
        ("kernel", 7, [6, 8, 5, 9, 3, 14, 1, 3, 5, 7, 9, 11]),
        ("offset", 0, [1]),
        ("act", "relu", []),
    ],
)
def test_other_values_of_a_variable(name: str, value: bool | int | str, others: list[object]) -> None:
    assert alternatives(name, value) == others


def test_a_multiplier_is_tried_at_common_values() -> None:
    assert {Fraction(1, 2), Fraction(7, 5), 2} <= {*map(Fraction, map(str, alternatives("width", 1)))}
