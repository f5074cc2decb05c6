"""Variables, parameters and text: valid values, scoping, --set and --input."""

from collections.abc import Mapping

import pytest

from tests.spec.helpers import codes, graph, names, node, output, spec

Given = Mapping[str, int | float | bool | str]
TEXT = """vars: {word: tanh, pad: same}
blocks:
  b: {params: [act=relu, norm=none], layers: [{conv: 4, kernel: 1, act: $act, norm: $norm}]}
  c: {params: [pad], layers: [{conv: 4, kernel: 3, padding: $pad}]}
  d: {params: [how], layers: [{use: b, act: $how}]}
  e: {params: [mode, n], layers: [{upsample: $n, mode: $mode}]}"""


def test_a_parameter_hides_a_variable_of_the_same_name() -> None:
    top = "vars: {w: 5}\nblocks: {b: {params: [w=w + 1], layers: [{conv: w, kernel: 1}]}}"
    assert output("{use: b}", top=top) == (6, 8, 8)
    assert output("{use: b, w: w * 2}", "{conv: w, kernel: 1}", top=top) == (5, 8, 8)


@pytest.mark.parametrize("value", ["[3, 5]", "3x5", "size", "$size"])
def test_an_argument_may_be_a_list(value: str) -> None:
    top = "vars: {size: 3x5}\nblocks: {b: {params: [k], layers: [{conv: 2, kernel: k}, {pad: $k}]}}"
    assert output(f"{{use: b, k: {value}}}", top=top) == (2, 12, 14)


def test_variables_may_have_names_of_kinds_and_functions() -> None:
    top = "vars: {conv: 7, relu: 1, max: 9}\n"
    top += "blocks: {b: {params: [pool, add], layers: [{maxpool: pool}, {conv: add, kernel: 1}]}}"
    assert output("{conv: conv, kernel: relu, act: relu}", "{conv: 'max(max, 5)', kernel: 1}", top=top) == (
        9,
        8,
        8,
    )
    assert output("{use: b, pool: 2, add: conv}", top=top) == (7, 4, 4)


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        ("{use: b}", ["conv", "relu"]),
        ("{use: b, act: elu}", ["conv", "elu"]),
        ("{use: b, act: none}", ["conv"]),
        ("{use: b, act: null}", ["conv"]),
        ("{use: b, act: ~}", ["conv"]),
        ("{use: b, act: }", ["conv"]),
        ("{use: b, act: $word}", ["conv", "tanh"]),
        ("{use: b, act: word, norm: batch}", ["conv", "batchnorm", "tanh"]),
        ("{use: d, how: gelu}", ["conv", "gelu"]),
        ("{use: d, how: $word}", ["conv", "tanh"]),
        ("{conv: 4, kernel: 1, act: $word}", ["conv", "tanh"]),
    ],
)
def test_a_text_parameter_is_used_where_text_is_expected(layer: str, found: list[str]) -> None:
    assert [each.layer.kind for each in graph(layer, top=TEXT).layers] == found


def test_a_text_parameter_may_name_a_padding_or_a_mode() -> None:
    assert output("{use: c, pad: same}", "{use: c, pad: pad}", "{use: c, pad: full}", top=TEXT) == (4, 10, 10)
    assert output("{use: c, pad: 1}", "{use: e, mode: bilinear, n: 2}", top=TEXT) == (4, 16, 16)
    assert codes("{use: c, pad: sane}", top=TEXT)
    assert codes("{use: b, act: $nobody}", top=TEXT)


@pytest.mark.parametrize(
    ("variables", "set", "value"),
    [
        ("a: 4, b: a * 2, c: a + b", None, 12),
        ("a: 4, b: a * 2, c: a + b", {"a": 1}, 3),
        ("a: 4, b: a * 2, c: a + b", {"b": 1}, 5),
        ("a: 4, b: a-1, c: b", None, 3),
        ("a: 4, b: 'a * 2', c: b", None, 8),
        ("c: 010", None, 10),
        ("c: 3", {"c": "0x10"}, 16),
        ("c: 3", {"c": "1e1"}, 10),
        ("c: 3", {"c": 4.0}, 4),
        ("b: 1.0, c: round8(32 * b)", {"b": 0.75}, 24),
        ("b: 1.0, c: 3 if b == 0.1 else 4", {"b": 0.1}, 3),
        ("b: true, c: 3 if b else 4", {"b": False}, 4),
        ("b: true, c: 3 if b else 4", {"b": "false"}, 4),
    ],
)
def test_variables_use_those_above_and_set_replaces_them(
    variables: str, set: Given | None, value: int
) -> None:
    assert output("{conv: c, kernel: 1}", top=f"vars: {{{variables}}}", set=set) == (value, 8, 8)


def test_set_replaces_words_and_sizes_too() -> None:
    top = "vars: {k: 3, word: relu}"
    layer = "{conv: 2, kernel: k, act: $word}"
    built = graph(layer, top=top, set={"k": "1x3", "word": "tanh"})
    assert built.nodes[built.output].shape.dims() == (2, 8, 6)
    assert node(built, "conv1.act").layer.kind == "tanh"


@pytest.mark.parametrize(
    "variables", ["c: b + 0, b: 3", "c: c + 1", "c: prev.channels + 0", "c: {x: 1}", "input: 3"]
)
def test_a_variable_sees_only_those_above(variables: str) -> None:
    assert codes("{conv: c, kernel: 1}", top=f"vars: {{{variables}}}")


@pytest.mark.parametrize("set", [{"nobody": 1}, {"c": "many"}, {"c": 0}, {"c": 1.5}, {"c": ""}, {"prev": 3}])
def test_set_is_checked_like_the_file(set: Given) -> None:
    assert codes("{conv: c, kernel: 1}", top="vars: {c: 3}", set=set)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("3x16x20", (3, 16, 20)),
        ("5,16", (5, 16)),
        ("1×4×5×6", (1, 4, 5, 6)),
        ("[3, 8, 8]", (3, 8, 8)),
        ("7", (7,)),
    ],
)
def test_the_input_can_be_overridden_with_any_rank(given: str, found: tuple[int, ...]) -> None:
    assert (
        spec("relu", shape="[n, 8, 8]", top="vars: {n: 3}", input=given).graph.nodes[0].shape.dims() == found
    )


@pytest.mark.parametrize(
    "given", ["", "x", "3x0x8", "3x8.5", "-3x8x8", "3x8x8x8x8", "big", "3 8 8", "[3, [8], 8]"]
)
def test_an_invalid_shape_is_refused(given: str) -> None:
    assert codes("relu", input=given) == ["bad-input"]


def test_variables_are_visible_in_blocks_and_the_input() -> None:
    top = "vars: {n: 3}\nblocks: {b: {layers: [{conv: n, kernel: n, repeat: n}]}}"
    assert output("{use: b}", shape="{channels: n * 2, length: n ** 2}", top=top) == (3, 3)
    assert names("{use: b}", shape="[n, 9]", top=top) == [f"b1.conv1.{i}" for i in range(3)]


@pytest.mark.parametrize(
    ("layer", "variable"),
    [
        ("{conv: 3, kernel: 3, padding: half}", "half: 0"),
        ("{conv: 3, kernel: 3, padding: same}", "same: valid"),
        ("{conv: 3, kernel: 1, act: relu}", "relu: tanh"),
        ("{conv: 3, kernel: 1, norm: batch}", "batch: layer"),
        ("{maxpool: 3, fit: ceil}", "ceil: floor"),
    ],
)
def test_a_word_that_is_also_a_variable_is_refused(layer: str, variable: str) -> None:
    assert codes(layer, top=f"vars: {{{variable}}}") == ["ambiguous"]


@pytest.mark.parametrize(
    ("layer", "variable"),
    [
        ("{conv: 3, kernel: 3, padding: half}", "half: relu"),
        ("{conv: 3, kernel: 3, padding: $half}", "half: 0"),
        ("{conv: 3, kernel: 1, act: relu}", "relu: false"),
        ("{conv: 3, kernel: 1, act: relu}", "relu: relu"),
        ("{maxpool: 3, fit: ceil}", "ceil: 4"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_no_problem(layer: str, variable: str) -> None:
    assert graph(layer, top=f"vars: {{{variable}}}")
