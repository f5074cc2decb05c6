"""Expressions in a spec: where they are allowed, which names they see, what is refused."""

import pytest

from tests.spec.helpers import codes, graph, output

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
