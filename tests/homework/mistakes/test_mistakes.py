"""The numbers that mistakes give, checked against counts by hand or by brute force."""

import re
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random

import pytest

import cnncalc
from cnncalc.homework.answers import Entry, Sheet
from cnncalc.homework.grade import RIGHT as RIGHTS
from cnncalc.homework.grade import Grader
from cnncalc.homework.grade.question import Question, evident
from cnncalc.homework.mistakes.cause import Cause, Rank, together
from cnncalc.homework.mistakes.causes import single
from cnncalc.homework.mistakes.counts import COUNT_MISTAKES
from cnncalc.homework.mistakes.evidence import Reading
from cnncalc.homework.mistakes.fields import FIELD_MISTAKES, RIGHT, followed, sizes_of_state
from cnncalc.homework.mistakes.layers import LAYER_MISTAKES
from cnncalc.homework.mistakes.scales import SCALE_MISTAKES
from cnncalc.homework.quantities import QUANTITIES, Value
from cnncalc.layers import KINDS, Layer, shortest_line
from cnncalc.spec.files import bundled_specs
from tests.conftest import bundled

HEAD = "cnncalc: 1\nname: net\n"


@cache
def grader_of(spec: str) -> Grader:
    return Grader(cnncalc.load(spec))


def mistakes_of(spec: str, question: str, answer: str) -> list[str]:
    """The likeliest mistakes, then the sentences of the others."""
    (result,) = grader_of(HEAD + spec).sheet(Sheet("", (Entry(question, answer),))).results
    assert result.verdict == "wrong", result
    return [" ".join(result.mistakes), *result.also]


CONV = "input: [3, 20, 14]\nlayers: [{conv: 8, kernel: 5, stride: 2, padding: 1}]\n"
GROUPED = "input: [8, 9, 9]\nlayers: [{conv: 16, kernel: 3, groups: 4, bias: false}]\n"
DILATED = "input: [1, 31, 31]\nlayers: [{conv: 1, kernel: 3, dilation: 4}]\n"
POOL = "input: [12, 16, 16]\nlayers: [{maxpool: 2}]\n"
CEIL = "input: [4, 8, 8]\nlayers: [{maxpool: 3, stride: 2, fit: ceil}]\n"
UP = "input: [4, 5, 5]\nlayers: [{conv_transpose: 2, kernel: 4, stride: 3, padding: 1}]\n"
DENSE = "input: [20]\nlayers: [{dense: 7}]\n"
NORM = "input: [6, 5, 5]\nlayers: [batchnorm]\n"
SEPARABLE = "input: [4, 6, 6]\nlayers: [{separable: 8, kernel: 3, bias: false}]\n"
BRANCHES = "input: [4, 6, 6]\nlayers: [{concat: {a: [{conv: 3, kernel: 1}], b: [{conv: 5, kernel: 1}]}}]\n"
STACK = "input: [1, 64, 64]\nlayers: [{conv: 1, kernel: 3, stride: 2}, {maxpool: 2}, {conv: 1, kernel: 3}]\n"
CASES = [
    # the output is 8×9×6: (20 + 2 − 5)/2 + 1 = 9.5, (14 + 2 − 5)/2 + 1 = 6.5
    (CONV, "conv1.output", "8x8x5", "forgot-padding"),
    (CONV, "conv1.output", "8x10x7", "ceil-for-floor"),
    (CONV, "conv1.output", "3x9x6", "depth-of-input"),
    (CONV, "conv1.output", "8x18x12", "ignored-stride"),
    (CONV, "conv1.output", "8x6x9", "axes-swapped"),
    (CONV, "conv1.output", "24x9x6", "depth-times-filters"),
    (CONV, "conv1.output", "11x9x6", "depth-plus-filters"),
    (CONV, "conv1.output", "8x9.5x6.5", "not-rounded"),
    (CONV, "conv1.output", "9x6", "depth-missing"),
    (CONV, "conv1.output", "432", "number-for-shape"),
    (CONV, "conv1.params", f"{8 * 75}", "forgot-bias"),
    (CONV, "conv1.params", f"{8 * 75 + 1}", "one-bias"),
    (CONV, "conv1.params", f"{8 * 25 + 8}", "forgot-depth"),
    (CONV, "conv1.params", "76", "forgot-filters"),
    (CONV, "conv1.params", f"{8 * 15 + 8}", "kernel-one-axis"),
    (CONV, "conv1.params", f"{8 * 78}", "bias-for-each-channel"),
    (CONV, "conv1.params", f"{54 * 608}", "unshared"),
    (CONV, "conv1.params", f"{608 * 4}", "bytes-for-values"),
    (CONV, "conv1.params", "6080", "power-of-ten"),
    (CONV, "conv1.macs", f"{280 * 600}", "input-grid"),
    (CONV, "conv1.macs", f"{54 * 200}", "forgot-depth"),
    (CONV, "conv1.macs", f"{2 * 54 * 600}", "flops-for-macs"),
    (CONV, "conv1.macs", f"{40 * 600}", "forgot-padding"),
    (CONV, "conv1.macs", f"{16 * 54 * 600}", "batch"),
    (CONV, "conv1.macs", "600", "one-place"),
    (CONV, "conv1.flops", f"{2 * 280 * 600}", "input-grid"),
    (CONV, "conv1.neurons", "54", "one-map"),
    (CONV, "conv1.memory", "432", "values-for-bytes"),
    (CONV, "conv1.padding", "2", "both-sides"),
    (CONV, "conv1.biases", "1", "one-bias"),
    (GROUPED, "conv1.weights", f"{16 * 8 * 9}", "ungrouped"),
    (GROUPED, "conv1.params", f"{16 * 2 * 9 + 16}", "bias-added"),
    (GROUPED, "conv1.macs", f"{49 * 16 * 9}", "forgot-depth"),
    (DILATED, "conv1.output", "1x29x29", "ignored-dilation"),
    (DILATED, "conv1.output", "1x20x20", "kernel-times-dilation"),
    (DILATED, "conv1.receptive_field", "3", "kernels-added"),
    (POOL, "maxpool1.output", "6x8x8", "pool-divides-depth"),
    (POOL, "maxpool1.output", "24x8x8", "pool-multiplies-depth"),
    (POOL, "maxpool1.output", "12x16x16", "size-unchanged"),
    (POOL, "maxpool1.params", "4", "pool-has-weights"),
    (POOL, "maxpool1.params", "48", "pool-has-weights"),
    (POOL, "maxpool1.macs", f"{12 * 8 * 8 * 4}", "pool-has-macs"),
    (POOL, "maxpool1.macs", f"{12 * 8 * 8 * 4 * 12}", "pool-has-macs"),
    (POOL, "maxpool1.macs", f"{12 * 8 * 8 * 3}", "flops-for-macs"),  # three comparisons for each output
    (CEIL, "maxpool1.output", "4x3x3", "floor-for-ceil"),
    (UP, "conv_transpose1.output", "2x16x16", "forgot-padding"),  # 4·3 + 4
    (UP, "conv_transpose1.output", "2x15x15", "padded-one-side"),
    (UP, "conv_transpose1.output", "2x17x17", "forgot-minus-one"),
    (UP, "conv_transpose1.output", "2x2x2", "as-convolution"),
    (DENSE, "dense1.params", "140", "forgot-bias"),
    (DENSE, "dense1.params", "141", "one-bias"),
    (DENSE, "dense1.params", "27", "inputs-plus-outputs"),
    (NORM, "batchnorm1.params", "6", "one-number-a-channel"),
    (NORM, "batchnorm1.params", "300", "numbers-for-each-value"),
    (SEPARABLE, "separable1.params", f"{8 * 36}", "as-convolution"),
    (SEPARABLE, "separable1.params", "36", "depthwise-only"),
    (SEPARABLE, "separable1.params", "32", "pointwise-only"),
    (BRANCHES, "concat.output", "3x6x6", "concat-adds-nothing"),
    # the field is 15: 3, then 3 + 2 = 5, then 5 + 2·4 = 13
    (STACK, "conv2.receptive_field", "6", "forgot-jump"),
    (STACK, "conv2.receptive_field", "7", "forgot-pooling"),
    (STACK, "conv2.receptive_field", "169", "area"),
    (STACK, "conv2.receptive_field", "8", "kernels-added"),
    (STACK, "conv2.receptive_field", "18", "product-of-kernels"),
    (STACK, "conv2.jump", "1", "forgot-jump"),
    (STACK, "total.params", "10", "left-out"),
]


@pytest.mark.parametrize(("spec", "question", "answer", "mistake"), CASES)
def test_a_mistake_is_found(spec: str, question: str, answer: str, mistake: str) -> None:
    assert mistakes_of(spec, question, answer)[0] == mistake


def test_swapped_digits_are_likelier_than_a_close_answer() -> None:
    """AlexNet has 62,378,344 parameters."""
    answers = Sheet("", (Entry("total.params", "62,373,844"),))
    (result,) = Grader(cnncalc.load("alexnet")).sheet(answers).results
    assert (result.mistakes, result.says) == (("digits-swapped",), "two digits seem to be swapped")
    assert result.also == ("this is close; check for a small missing or extra part, and the arithmetic",)


def test_causes_are_ranked_exact_before_vague_and_one_before_two() -> None:
    one, elsewhere = Cause(("a",), "a", place=7), Cause(("b",), "b", Rank.ELSEWHERE)
    ranked = [
        Cause(("first",), "", place=1),
        one,
        elsewhere,
        Cause(("digits",), "", Rank.DIGITS),
        together(one, one),
        together(one, elsewhere),
        Cause(("near",), "", Rank.VAGUE),
    ]
    orders = [cause.order for cause in ranked]
    assert orders == sorted(set(orders))
    assert together(one, elsewhere).says == "a; and b"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.family == "pool"])
def test_every_kind_of_pooling_has_the_mistakes_of_its_family(kind: type[Layer]) -> None:
    pool = f"input: [12, 16, 16]\nlayers: [{shortest_line(kind)}]\n"
    name = cnncalc.load(HEAD + pool).graph.layers[0].name
    assert mistakes_of(pool, f"{name}.elements", str(12 * 16 * 16))[0] == "counted-inputs"


def test_an_unexplained_answer_has_no_mistakes() -> None:
    assert mistakes_of(CONV, "conv1.params", "31415") == [""]
    assert mistakes_of(CONV, "conv1.output", "99x98x97") == [""]


BY_CHANCE = [
    ("lenet5", "total.memory", "34 KB"),
    ("lenet5", "total.params", "12"),
    ("lenet5", "conv1.macs", "12"),
    ("lenet5", "conv2.params", "24"),
    ("lenet5", "total.params", "800"),
    ("lenet5", "conv1.params", "10K"),
    ("alexnet", "fc6.neurons", "400"),
    ("alexnet", "conv1.params", "1.3M"),
    pytest.param("alexnet", "total.neurons", "3M", marks=pytest.mark.slow),
    pytest.param("vgg16", "total.macs", "1000G", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("spec", "question", "answer"), BY_CHANCE)
def test_chance_matches_are_not_diagnosed(spec: str, question: str, answer: str) -> None:
    (result,) = grader_of(spec).sheet(Sheet("", (Entry(question, answer),))).results
    assert (result.verdict, result.mistakes) == ("wrong", ())


@pytest.mark.parametrize("digits", [1, 2, 3])
@pytest.mark.parametrize("name", bundled(["lenet5", "alexnet", "vgg16"]))
def test_random_answers_are_rarely_diagnosed(name: str, digits: int) -> None:
    """The more digits a random number has, the less often it matches a mistake."""
    random, grader, diagnosed, tried = Random(1), grader_of(name), 0, 0
    for quantity in ("params", "macs", "flops", "neurons", "memory", "connections"):
        right = grader.names.asked(f"total.{quantity}").quantity.of(grader.network.row(""))
        assert isinstance(right, int)
        for _ in range(30):
            text = f"{right * 10 ** random.uniform(-2, 2):.{digits - 1}e}"
            (result,) = grader.sheet(Sheet("", (Entry(f"total.{quantity}", text),))).results
            tried += 1
            diagnosed += bool(result.mistakes)
    assert diagnosed / tried < (1 / 20 if digits == 3 else 1 / 8)


def test_unshared_weights_are_those_of_locally_connected_layers() -> None:
    local = CONV.replace("conv:", "locally_connected:")
    params = cnncalc.analyze(cnncalc.load(HEAD + local)).totals.params.total
    assert mistakes_of(CONV, "conv1.params", str(params))[0] == "unshared"


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size"), list(product((2, 3, 5), (1, 2, 3), (0, 1), (9, 12)))
)
def test_sizes_under_a_mistake_match_brute_force(kernel: int, stride: int, padding: int, size: int) -> None:
    def places(n: int, s: int, before: int, after: int) -> int:
        """The number of windows on the padded axis, tried one by one."""
        return sum(first % s == 0 for first in range(n + before + after - kernel + 1))

    from cnncalc.homework.mistakes.layers import taken
    from cnncalc.layers.convolution import Conv
    from cnncalc.shapes import Shape

    layer, x = Conv(4, kernel, stride, padding), Shape(2, (size,))
    expected = {
        "forgot-padding": places(size, stride, 0, 0) if padding else None,
        "padded-one-side": places(size, stride, padding, 0) if padding else None,
        "padding-twice": places(size, stride, 2 * padding, 2 * padding) if padding else None,
        "ignored-stride": places(size, 1, padding, padding) if stride > 1 else None,
        "forgot-plus-one": places(size, stride, padding, padding) - 1 or None,
        "one-too-many": places(size, stride, padding, padding) + 1,
        "assumed-same": len(range(0, size, stride)),
        "size-unchanged": size,
    }
    mistakes = {mistake.name: mistake for mistake in LAYER_MISTAKES}
    for name, length in expected.items():
        found = taken((mistakes[name],), layer, (x,))
        assert (found and found.output.spatial[0]) == length, name


@pytest.mark.parametrize("path", bundled(bundled_specs()), ids=lambda path: path.stem)
def test_the_recurrence_without_a_mistake_is_the_receptive_field(path: object) -> None:
    spec = cnncalc.load(str(path))
    report = cnncalc.analyze(spec)
    states = followed(spec.graph, RIGHT)[spec.graph.entries :]
    for row, state in zip(report.layers, states, strict=True):
        size = sizes_of_state(state)
        if size is not None and row.field.size and len(row.inputs) == 1:
            assert max(row.field.size) >= (max(size) if isinstance(size, tuple) else size)


def test_sentences_have_no_numbers_and_names_are_unique() -> None:
    mistakes = [*LAYER_MISTAKES, *COUNT_MISTAKES, *FIELD_MISTAKES, *SCALE_MISTAKES]
    for mistake in mistakes:
        assert not re.search(r"[02-9]{2,}", mistake.says.replace("1024", "").replace("float32", "")), (
            mistake.name
        )
        assert not mistake.says.endswith(".")
    names = [mistake.name for mistake in LAYER_MISTAKES]
    assert len(names) == len(set(names))


ASKED_ABOUT = [
    *((mistake.name, mistake.quantities) for mistake in COUNT_MISTAKES),
    *((mistake.name, frozenset(mistake.quantities.split())) for mistake in SCALE_MISTAKES),
]


@pytest.mark.parametrize(("name", "quantities"), ASKED_ABOUT)
def test_mistakes_are_about_known_quantities(name: str, quantities: frozenset[str]) -> None:
    assert quantities <= QUANTITIES.keys(), name


COLOR = "input: [3, 20, 20]\nlayers: [{conv: 8, kernel: 5}, {maxpool: 2}, {conv: 4, kernel: 1}]\n"
INCEPTION = """
input: [12, 6, 6]
layers:
  - concat: {a: [{conv: 5, kernel: 1}, {conv: 8, kernel: 3, padding: 1}], b: [{conv: 7, kernel: 1}]}
"""
TIES = [
    # 8 filters of 5·5·3 + 1 weights: without the depth, or of a grey image, 8·26
    (COLOR, "conv1.params", "208", {"forgot-depth", "image-as-grey"}),
    (COLOR, "total.params", f"{208 + 36}", {"forgot-depth", "image-as-grey"}),
    # 3 channels and a kernel of 3: 3·3 is the kernel without the depth, and one axis of it with the depth
    (COLOR.replace("5", "3"), "conv1.params", "80", {"forgot-depth", "image-as-grey", "kernel-one-axis"}),
    # with one input channel, the depth is no mistake
    (COLOR.replace("[3,", "[1,"), "conv1.params", "200", {"forgot-bias"}),
    # 'same' padding with stride 1 is the input size: one statement
    (COLOR, "conv1.output", "8x20x20", {"assumed-same"}),
]


@pytest.mark.parametrize(("spec", "question", "answer", "mistakes"), TIES)
def test_equally_likely_mistakes_are_named_together(
    spec: str, question: str, answer: str, mistakes: set[str]
) -> None:
    (result,) = grader_of(HEAD + spec).sheet(Sheet("", (Entry(question, answer),))).results
    assert {" ".join(codes) for codes in (result.mistakes, *result.tied)} == mistakes
    assert result.says.count("; or ") == len(mistakes) - 1


def test_rounding_up_in_an_earlier_layer_is_named_with_a_mistake_in_the_layer_itself() -> None:
    """The pooling gives (14 − 3)/2 + 1 = 6.5: 6, or 7 rounded up. The convolution gives 5 or 6."""
    spec = "input: [1, 14, 14]\nlayers: [{maxpool: 3, stride: 2}, {conv: 4, kernel: 2}]\n"
    (result,) = grader_of(HEAD + spec).sheet(Sheet("", (Entry("conv1.output", "4x6x6"),))).results
    assert "in maxpool1: the size was rounded up; this layer rounds down" in result.says


def test_the_depth_of_another_branch_is_named() -> None:
    """The 3×3 reads 5 channels; with the 12 of the input, or the 7 of the other branch, it has others."""
    for depth, other in ((12, "input"), (7, "concat.b.conv1")):
        answer = str(8 * 9 * depth + 8)
        (result,) = (
            grader_of(HEAD + INCEPTION).sheet(Sheet("", (Entry("concat.a.conv2.params", answer),))).results
        )
        assert result.says == f"the depth of {other} was used as the input depth"
    total = str(65 + 8 * 9 * 7 + 8 + 91)
    (result,) = grader_of(HEAD + INCEPTION).sheet(Sheet("", (Entry("total.params", total),))).results
    assert result.says == "in concat.a.conv2: the depth of concat.b.conv1 was used as the input depth"


def test_megabytes_for_millions_of_values_are_named() -> None:
    """AlexNet has 62.4 million parameters, and 249.5 MB of them."""
    for answer, mistake in (
        ("62.4 MB", "unit-of-memory"),
        ("249.5 MB", "bytes-for-values"),
        ("238 MiB", "bytes-for-values"),
    ):
        (result,) = grader_of("alexnet").sheet(Sheet("", (Entry("total.params", answer),))).results
        assert (result.verdict, result.mistakes) == ("wrong", (mistake,))


SMALL = ("lenet5", "lectures/inception_module", "lectures/skip_connection", "lectures/depthwise_separable")
LARGER = (
    "alexnet",
    "alexnet_torchvision",
    "bn_alexnet",
    "bn_nin",
    "nin",
    "dcgan",
    "lenet5_1998",
    "c3d",
    "ecg_1d",
    "vgg16",
    "lectures/transposed",
)
AUDITED = (
    "output",
    "params",
    "weights",
    "macs",
    "flops",
    "receptive_field",
    "neurons",
    "connections",
    "padding",
)


def is_chance(question: Question, value: Value, cause: Cause) -> bool:
    """Whether a number is so small that other mistakes give all numbers of its size: then none is named."""
    if isinstance(value, tuple):
        return False
    return not evident(question, Reading(Fraction(value), Fraction(0)), [cause])


def confused(spec: str) -> tuple[list[str], int]:
    """The mistakes in a layer that are not named first, in a tie, or after a likelier one; and all tried."""
    grader, missed, tried = grader_of(spec), [], 0
    for row, name in product(grader.network.report.layers, AUDITED):
        question = Question(grader.network, row.name, QUANTITIES[name])
        for value, cause in single(grader.network, row.name, question.quantity):
            if cause.rank > Rank.FAR_FETCHED or value in (question.right, *question.rights):
                continue
            text = "x".join(map(str, value)) + " chw" if isinstance(value, tuple) else str(value)
            (result,) = grader.sheet(Sheet("", (Entry(question.key, text),))).results
            if result.verdict in RIGHTS or (not result.mistakes and is_chance(question, value, cause)):
                continue
            tried += 1
            known = next(question.tables()).get(value, [])
            likelier = [each for each in known if each.order[:2] < cause.order[:2]]
            is_named = cause.mistakes in (result.mistakes, *result.tied) or cause.says == result.says
            if not is_named and not (likelier and likelier[0].mistakes == result.mistakes):
                missed.append(f"{question.key}: {text} is {cause.mistakes}, named {result.mistakes}")
    return missed, tried


@pytest.mark.parametrize("spec", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGER)])
def test_the_mistake_that_was_made_is_named_unless_a_likelier_one_gives_the_same(spec: str) -> None:
    missed, tried = confused(spec)
    assert tried > 50
    assert len(missed) <= tried / 100, missed
