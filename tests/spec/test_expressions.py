"""Expressions in a spec: where they are allowed, which names they see, what is refused."""

from fractions import Fraction

import pytest

from cnncalc import SpecError
from cnncalc.expression import make_divisible
from tests.spec.helpers import codes, graph, output, spec

BLOCK = "blocks: {b: {params: [w=4], layers: [{conv: w, kernel: 1}]}}"


def filters(expression: str, top: str = "") -> int:
    """The value of an expression, as the number of filters that a convolution gets."""
    layers = ["{maxpool: [2, 4], name: pooled}", f"{{conv: {expression}, kernel: 1}}"]
    return output(*layers, shape="[3, 8, 12]", top=top)[0]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("width * 4", 40),
        ("2 ** (width % 4)", 4),
        ("prev.channels // 2", 1),
        ("prev.height", 4),
        ("input.height + prev.width", 11),
        ("pooled.channels * 2", 6),
        ("2 if width > 3 else 1", 2),
        ("2 if not width > 3 else 1", 1),
        ("1 if width < 3 or 3 < width and width != 10 else 8", 8),
        ('"max(width, 3)"', 10),
        ("'min(width, 3)'", 3),
        ("round8(width)", 16),
        ("ceil(width / 3)", 4),
        ("floor(width / 3)", 3),
        ("round(width / 4)", 3),
        ('"round8(1280 * max(1, 0.5))"', 1280),
        ("round8(32 * 0.35)", 16),
        ("round8(24 * 0.35)", 8),
        ("width // 3 + width % 3", 4),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-width + 11", 1),
        ("1 if 1 < width <= 10 else 2", 1),
        ("width - 2", 8),
        ("width-2", 8),
        ("$width", 10),
    ],
)
def test_an_expression_can_replace_a_number(expression: str, value: int) -> None:
    assert filters(expression, top="vars: {width: 10}") == value


@pytest.mark.parametrize(
    ("scaled", "rounded"),
    [
        ("8", 8),
        ("1", 8),
        ("11", 16),
        ("12", 16),
        ("19", 24),
        ("20", 24),
        ("34", 32),
        ("36", 40),
        ("11.2", 16),
        ("60", 64),
    ],
)
def test_round8_is_the_rounding_of_mobilenet(scaled: str, rounded: int) -> None:
    # _make_divisible of torchvision: int(x + 4) // 8 * 8, at least 8, and 8 more where that is below 0.9·x
    x = float(scaled)
    wanted = max(8, int(x + 4) // 8 * 8)
    assert wanted + 8 * (wanted < 0.9 * x) == rounded
    assert filters(f"round8({scaled})") == rounded


def torchvision(v: float, divisor: int, min_value: int | None = None) -> int:
    """`_make_divisible` of torchvision and TensorFlow, as published."""
    new_v = max(min_value or divisor, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


def test_make_divisible_is_that_of_torchvision_for_every_width() -> None:
    cases = [(v, divisor, least) for v in range(1, 400) for divisor in (4, 8, 10) for least in (None, 1, 16)]
    for v, divisor, least in cases:
        assert make_divisible(v, divisor, least) == torchvision(v, divisor, least)
    for quarter in range(1, 2000):  # fractions that floats hold exactly
        assert make_divisible(Fraction(quarter, 4), 8) == torchvision(quarter / 4, 8)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("make_divisible(32 * 0.35, 8)", 16),
        ("make_divisible(15, 8)", 16),
        ("make_divisible(3, 8)", 8),
        ("make_divisible(3, 8, 4)", 4),
        ("make_divisible(90, 8)", 88),
        ("make_divisible(17.5, 4)", 16),
        ("make_divisible(24)", 24),
        ("make_divisible(11, 8)", 16),
        ("make_divisible(18, 16)", 32),
    ],
)
def test_make_divisible_rounds_and_never_below_nine_tenths(call: str, value: int) -> None:
    assert filters(f'"{call}"') == value


@pytest.mark.parametrize("call", ["make_divisible(8, 0)", "make_divisible(8, -8)", "make_divisible()"])
def test_a_divisor_is_positive(call: str) -> None:
    assert codes(f'{{conv: "{call}", kernel: 1}}') == ["expression"]


WORDS = """vars: {on: ON, word: tanh, pad: same, hyphen: "x-y"}
defaults: {maxpool: {padding: half if on else valid}}
blocks:
  b:
    params: [norm=none, act=relu, pad=0]
    layers: [{conv: 3, kernel: 3, norm: $norm, act: $act, padding: pad}]
  c: {params: [act=tanh if on else relu], layers: [{conv: 3, kernel: 1, act: $act if on else act}]}
"""


@pytest.mark.parametrize(
    ("layer", "true", "false"),
    [
        ("{conv: 3, kernel: 1, norm: batch if on else none}", "conv batchnorm", "conv"),
        ("{conv: 3, kernel: 1, norm: BatchNorm2d if on else layer}", "conv batchnorm", "conv layernorm"),
        ("{conv: 3, kernel: 1, act: relu if not on else leaky_relu}", "conv leaky_relu", "conv relu"),
        ("{conv: 3, kernel: 1, act: word if on else null}", "conv tanh", "conv"),
        ("{conv: 3, kernel: 1, act: $word if on else none}", "conv tanh", "conv"),
        ("{conv: 3, kernel: 1, act: relu if on else (gelu if 1 > 2 else silu)}", "conv relu", "conv silu"),
        ("{conv: 3, kernel: 1, act: relu if on else false}", "conv relu", "conv"),
        ("{use: b, act: tanh if on else none}", "conv tanh", "conv"),
        ("{use: b, norm: batch if on else none, act: none}", "conv batchnorm", "conv"),
        ("{use: c}", "conv tanh", "conv relu"),
    ],
)
def test_a_norm_or_activation_may_depend_on_a_condition(layer: str, true: str, false: str) -> None:
    for value, kinds in (("true", true), ("false", false)):
        built = graph(layer, top=WORDS.replace("ON", value))
        assert " ".join(each.layer.kind for each in built.layers) == kinds


@pytest.mark.parametrize(
    ("layer", "true", "false"),
    [
        ("{conv: 3, kernel: 3, padding: same if on else 0}", 8, 6),
        ("{conv: 3, kernel: 3, padding: 2 if on else valid}", 10, 6),
        ("{conv: 3, kernel: 3, padding: pad if on else full}", 8, 10),
        ("{conv: 3, kernel: 3, padding: $pad if on else full}", 8, 10),
        ("{use: b, pad: same if on else 0}", 8, 6),
        ("{maxpool: 3, stride: 2, padding: 0, fit: ceil if on else floor}", 4, 3),
        ("{maxpool: 3, stride: 1}", 8, 6),
        ("{upsample: 2, mode: nearest if on else bilinear}", 16, 16),
    ],
)
def test_words_of_options_may_depend_on_a_condition(layer: str, true: int, false: int) -> None:
    for value, size in (("true", true), ("false", false)):
        assert output(layer, top=WORDS.replace("ON", value))[-1] == size


@pytest.mark.parametrize("value", ["true", "false"])
@pytest.mark.parametrize(
    ("layer", "code", "word"),
    [
        ("{conv: 3, kernel: 1, norm: batsh if on else none}", "unknown-norm", "batsh"),
        ("{conv: 3, kernel: 1, norm: none if on else relu}", "unknown-norm", "relu"),
        ("{conv: 3, kernel: 1, act: relu if on else rellu}", "unknown-act", "rellu"),
        ("{conv: 3, kernel: 1, act: relu if onn else tanh}", "expression", "onn"),
        ("{conv: 3, kernel: 3, padding: sam if on else 0}", "bad-value", "sam"),
        ("{conv: 3, kernel: 3, padding: 0 if on else sam}", "bad-value", "sam"),
        ("{maxpool: 3, fit: floor if on else seil}", "bad-value", "seil"),
    ],
)
def test_an_unknown_word_is_refused_whatever_the_condition(
    layer: str, code: str, word: str, value: str
) -> None:
    with pytest.raises(SpecError) as caught:
        spec(layer, top=WORDS.replace("ON", value))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert f"'{word}'" in problem.message
    assert problem.place is not None
    assert problem.place.width == len(word)


@pytest.mark.parametrize(
    "expression",
    ["4 if word else 5", "4 if not word else 5", "4 if word and true else 5", "4 if false or word else 5"],
)
@pytest.mark.parametrize("word", ["none", "off", "relu", "[1, 2]"])
def test_text_is_no_condition(expression: str, word: str) -> None:
    assert codes(f"{{conv: {expression}, kernel: 1}}", top=f"vars: {{word: {word}}}") == ["expression"]


@pytest.mark.parametrize("comparison", ["n == '1'", "'1' == n", "n != '1'", "n == ' 01 '"])
def test_a_number_is_not_compared_with_digits_in_quotes(comparison: str) -> None:
    assert codes(f'{{relu: , when: "{comparison}"}}', top="vars: {n: 1}") == ["expression"]


def test_a_value_that_is_a_number_or_a_word_is_compared_with_both() -> None:
    layer = "{conv: 3, kernel: 3, padding: \"1 if pad == 'same' else 0\"}"
    assert output(layer, top="vars: {pad: same}")[-1] == 8
    assert output(layer, top="vars: {pad: 0}")[-1] == 6


def test_a_call_may_be_bare_outside_braces() -> None:
    assert output("conv: max(4, 5)\nkernel: 1") == (5, 8, 8)


NO_COUNTS = ["width / 4", "0 * width", "width // 0", "width == 10", "width +", "[width]", "width.real"]
NO_COUNTS += ["nobody", "$nobody", "prev", "pooled", "prev.depth", "prev.colour", "input.input.height"]
NO_COUNTS += ["i", "first", "print(1)", "__import__"]


@pytest.mark.parametrize("expression", NO_COUNTS)
def test_a_value_that_is_not_a_positive_integer_is_refused(expression: str) -> None:
    top = "vars: {width: 10}"
    assert set(codes("{maxpool: 2, name: pooled}", f"{{conv: {expression}, kernel: 1}}", top=top)) <= {
        "bad-value",
        "expression",
    }


@pytest.mark.parametrize("path", ["st.1.c.channels", "st.1.channels", "st.0.c.channels", "z.m.c.channels"])
def test_the_sizes_of_every_tensor_that_has_a_path_are_numbers(path: str) -> None:
    top = "blocks: {b: {layers: [{conv: 6, kernel: 1, name: c}]}}"
    layers = [
        "{use: b, repeat: 2, name: st}",
        "{concat: {m: [{conv: 6, kernel: 1, name: c}], s: []}, name: z}",
    ]
    assert output(*layers, f"{{conv: {path} + 1, kernel: 1}}", top=top) == (7, 8, 8)


def test_every_option_takes_expressions() -> None:
    layer = (
        "{conv: c * 2, kernel: [k, k + 2], stride: k - 2, padding: [k // 2, [0, k]], groups: c, bias: k > 3}"
    )
    built = graph(layer.replace("[k // 2, [0, k]]", "[[1, k // 2], [0, k]]"), top="vars: {c: 3, k: 3}")
    assert built.layers[0].shape.dims() == (6, 8, 7)
    assert "bias" not in built.layers[0].layer.weights(built.nodes[0].shape)


@pytest.mark.parametrize(
    "when", ["prev.channels == 3", "not prev.channels > 3", "1 < 2 and 2 < 3", "yes_please", "TRUE"]
)
def test_a_condition_is_an_expression(when: str) -> None:
    assert output(f"{{conv: 9, kernel: 1, when: {when}}}", top="vars: {yes_please: true}") == (9, 8, 8)
    assert output(f"{{conv: 9, kernel: 1, freeze: {when}}}", top="vars: {yes_please: true}") == (9, 8, 8)


@pytest.mark.parametrize(
    "when", ["1", "0", "prev.channels", "no", "'x'", "[true]", "{a: b}", "relu", "1 and 2"]
)
def test_a_condition_is_true_or_false_and_nothing_else(when: str) -> None:
    assert codes(f"{{conv: 9, kernel: 1, when: {when}}}")


def test_repeat_variables_count_from_0_and_know_the_ends() -> None:
    layer = "{conv: 100 * first + 10 * last + i + 1, kernel: 1, repeat: n + 1}"
    shapes = [each.shape.channels for each in graph(layer, top="vars: {n: 2}").layers]
    assert shapes == [101, 2, 13]
    assert graph("{conv: 1 + first + last, kernel: 1, repeat: 1}").layers[0].shape.channels == 3


def test_an_inner_repeat_has_its_own_variables() -> None:
    inner = (
        "{concat: {m: [{conv: i + 1, kernel: 1, repeat: 2}, {conv: 10 + i, kernel: 1}], s: []}, repeat: 2}"
    )
    built = graph(inner)
    found = [each.shape.channels for each in built.layers if each.layer.kind == "conv"]
    assert found == [1, 2, 10, 1, 2, 11]


@pytest.mark.parametrize("repeat", ["-1", "1.5", "true", "many", "[2]", "i", "3 / 2"])
def test_a_repeat_is_a_whole_number_from_0(repeat: str) -> None:
    assert codes(f"{{relu: , repeat: {repeat}}}")


@pytest.mark.parametrize(
    "argument", ["6", "v", "v + 0", "v-0", "v - 0", "$v", "'v * 1'", "2*3", "prev.channels*2", "v//1"]
)
def test_a_block_takes_expressions_of_its_caller(argument: str) -> None:
    assert output(f"{{use: b, w: {argument}}}", top=f"vars: {{v: 6}}\n{BLOCK}") == (6, 8, 8)


def test_arguments_are_evaluated_in_every_repeat() -> None:
    built = graph("{use: b, w: 2 if first else prev.channels * 2, repeat: 3}", top=BLOCK)
    assert [each.shape.channels for each in built.layers] == [2, 4, 8]
