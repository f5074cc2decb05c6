"""Scalars: YAML 1.2 values, sizes such as 3x5, counts such as 25.6M, exact numbers."""

from fractions import Fraction

import pytest

import cnncalc
from cnncalc.spec.values import counted, literal, sizes
from tests.spec.helpers import codes, graph, node, output, spec

NUMBERS: list[tuple[str, int | Fraction]] = [
    ("0", 0),
    ("-0", 0),
    ("10", 10),
    ("010", 10),
    ("-007", -7),
    ("+12", 12),
    ("0x10", 16),
    ("0xfF", 255),
    ("0o17", 15),
    ("1e6", 1_000_000),
    ("1E6", 1_000_000),
    ("1.5e+3", 1500),
    ("12e03", 12_000),
    ("2.0", 2),
    ("2.", 2),
    (".5", Fraction(1, 2)),
    ("-.5", Fraction(-1, 2)),
    ("+.5e1", 5),
    ("0.1", Fraction(1, 10)),
    ("1e-3", Fraction(1, 1000)),
    ("100000000000000000000000000001", 10**29 + 1),
    ("100000000000000000000.5", Fraction(10**20 * 2 + 1, 2)),
]

TEXT = ["no", "yes", "on", "off", "y", "n", "NO", "1:30", "190:20:30", "1.2.3", "0b11", "1_000", "0o18"]
TEXT += ["0xg", "tRUE", "nULL", "1e", "e5", ".", "-", "+", "2001-12-14", "1,000", "=", "３"]


@pytest.mark.parametrize(("written", "number"), NUMBERS)
def test_a_number_of_yaml_1_2_is_that_number_exactly(written: str, number: int | Fraction) -> None:
    found = literal(written)
    assert found == number
    assert isinstance(found, Fraction if isinstance(number, Fraction) else int)


@pytest.mark.parametrize("written", TEXT)
def test_text_in_yaml_1_2_is_not_a_number_or_boolean(written: str) -> None:
    assert literal(written) is None


@pytest.mark.parametrize("written", ["true", "True", "TRUE"])
def test_three_spellings_are_true(written: str) -> None:
    assert literal(written) is True
    assert output(f"{{conv: 2, kernel: 1, bias: {written}}}") == (2, 8, 8)


@pytest.mark.parametrize("written", ["false", "False", "FALSE"])
def test_three_spellings_are_false(written: str) -> None:
    assert literal(written) is False
    assert "bias" not in node(graph(f"{{conv: 2, kernel: 1, bias: {written}}}"), "conv1").layer.weights(
        cnncalc.Shape(3, (8, 8))
    )


@pytest.mark.parametrize("written", ["no", "yes", "on", "off", "y", "n", "0", "1", "tRUE"])
def test_no_other_word_is_a_boolean(written: str) -> None:
    assert codes(f"{{conv: 2, kernel: 1, bias: {written}}}") == ["bad-value"]


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_an_operation_may_have_any_null_as_its_value(written: str) -> None:
    assert output(f"relu: {written}") == (3, 8, 8)
    assert output(f"{{relu: {written}, name: a}}") == (3, 8, 8)


@pytest.mark.parametrize("written", ["nULL", "''", '"null"', "none"])
def test_nothing_else_is_null(written: str) -> None:
    assert codes(f"relu: {written}") == ["no-main"]


def test_a_missing_value_of_an_option_is_reported() -> None:
    assert codes("{maxpool: 4, stride: }") == ["no-value"]


@pytest.mark.parametrize("written", ["~", "null", "Null", "NULL"])
def test_an_option_that_is_null_has_its_default(written: str) -> None:
    assert output(f"{{maxpool: 4, stride: {written}}}") == (3, 2, 2)


@pytest.mark.parametrize("written", ["", "~", "null"])
@pytest.mark.parametrize("key", ["when", "repeat"])
def test_a_null_condition_or_count_is_refused(key: str, written: str) -> None:
    assert codes(f"{{relu: , {key}: {written}}}")


@pytest.mark.parametrize("shape", ["", "~", "{channels: 3, height: 8, width: }", "[3, 8, ~]"])
def test_an_empty_input_is_refused(shape: str) -> None:
    assert codes("relu", shape=shape)


def test_names_and_titles_are_not_converted() -> None:
    loaded = spec("{relu: , name: no}", top="name: 1:30\nsource: 010")
    assert (loaded.name, loaded.origin) == ("1:30", "010")
    assert [each.name for each in loaded.graph.layers] == ["no"]


@pytest.mark.parametrize(
    ("written", "filters"),
    [("010", 10), ("1e1", 10), ("0x10", 16), ("0o17", 15), ("4.0", 4), ("+4", 4), ("'4'", 4)],
)
def test_a_layer_accepts_every_notation_of_an_integer(written: str, filters: int) -> None:
    assert output(f"{{conv: {written}, kernel: 1}}") == (filters, 8, 8)


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "1:30", "true", "no", "[2, 3]", "12e-1"])
def test_an_invalid_count_is_refused(written: str) -> None:
    assert codes(f"{{conv: {written}, kernel: 1}}")[0] in ("bad-value", "expression")


def test_a_decimal_option_keeps_its_value() -> None:
    built = graph("{dropout: .25}", "{leaky_relu: 1e-2}")
    assert [getattr(each.layer, each.layer.main) for each in built.layers] == [0.25, 0.01]


@pytest.mark.parametrize("written", [".inf", "-.inf", ".nan", ".NaN", "1.01", "-.1"])
def test_a_probability_is_a_number_from_0_to_1(written: str) -> None:
    assert codes(f"{{dropout: {written}}}")[0] in ("bad-value", "expression")


@pytest.mark.parametrize("written", ["1e400", "1e9999", "9" * 500, "1e99999", "1.5 ** 99999"])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("{conv: N, kernel: 1}", "[3, 8, 8]"),
        ("{conv: 2, kernel: N}", "[3, 8, 8]"),
        ("{conv: 2, kernel: 1, stride: 1, padding: N}", "[3, 8, 8]"),
        ("{relu: , repeat: N}", "[3, 8, 8]"),
        ("{relu: , in: N}", "[3, 8, 8]"),
        ("{relu: , when: N}", "[3, 8, 8]"),
        ("relu", "[N, 8, 8]"),
        ("{conv: 2, kernel: 1}", "{channels: 3, length: N}"),
    ],
)
def test_a_huge_number_is_a_problem_and_not_a_crash(layer: str, shape: str, written: str) -> None:
    assert codes(layer.replace("N", written), shape=shape.replace("N", written))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("3x5", (3, 5)),
        ("3×5", (3, 5)),
        ("227x227x3", (227, 227, 3)),
        ("10x20", (10, 20)),
        ("3", None),
        ("3x", None),
        ("x3", None),
        ("3x5.0", None),
        ("-3x5", None),
        ("3X5", None),
        ("axb", None),
    ],
)
def test_sizes_are_whole_numbers_with_a_cross_between(written: str, found: tuple[int, ...] | None) -> None:
    assert sizes(written) == found


def test_three_by_five_is_read_as_a_list() -> None:
    assert output("{conv: 2, kernel: 3x5}") == output("{conv: 2, kernel: [3, 5]}") == (2, 6, 4)


@pytest.mark.parametrize(
    ("written", "value", "half"),
    [
        ("61706", 61706, 0),
        ("25.6M", 25_600_000, 50_000),
        ("25.60M", 25_600_000, 5_000),
        ("26M", 26_000_000, 500_000),
        ("4G", 4 * 10**9, 5 * 10**8),
        ("4B", 4 * 10**9, 5 * 10**8),
        ("1.5K", 1500, 50),
        ("1.5k", 1500, 50),
        ("2T", 2 * 10**12, 5 * 10**11),
        ("0.1M", 100_000, 50_000),
    ],
)
def test_a_count_with_a_unit_means_the_digits_shown(written: str, value: int, half: int) -> None:
    assert counted(written) == (value, half)


@pytest.mark.parametrize("written", ["M", "25.6MB", "25.6.1M", "twenty", "", "1e6M", "M25"])
def test_text_that_is_not_a_count_is_none(written: str) -> None:
    assert counted(written) is None


@pytest.mark.parametrize(
    ("expression", "filters"),
    [
        ("1.2 * 5", 6),
        ("0.1 * 30", 3),
        ("(0.1 + 0.2) * 10", 3),
        ("1.1 * 1.1 * 100", 121),
        ("7 / 2 * 2", 7),
        ("1 / 3 * 3", 1),
        ("32 * 0.75", 24),
        ("64 * 2 ** -1", 32),
        ("(10 ** 30 + 1) - 10 ** 30", 1),
        ("(10 ** 30 + 7) // 10 ** 30", 1),
        ("(2 ** 200 + 5) % 2 ** 200", 5),
    ],
)
def test_arithmetic_is_exact(expression: str, filters: int) -> None:
    assert output(f"{{conv: {expression}, kernel: 1}}") == (filters, 8, 8)
