"""The expression parser: exact, bounded, with precise error positions."""

import time
import warnings
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.expression import MAX_BITS, Value, evaluate
from cnncalc.syntax import MAX_LENGTH, ExpressionError, parse

NAMES: dict[str, Value] = {"x": 7, "half": Fraction(1, 2), "word": "relu", "sizes": (3, 5), "nothing": None}
NAMES |= {"a.b.c": 11, "né": 5, "yes": True}


def lookup(name: str) -> Value:
    """The value of one of NAMES."""
    if name not in NAMES:
        raise ExpressionError(f"nothing is called '{name}'", hint="x?")
    return NAMES[name]


def value(text: str) -> Value:
    """The value of an expression."""
    return evaluate(parse(text), lookup)


def refused(text: str) -> ExpressionError:
    """The error from parsing or evaluating an expression."""
    with pytest.raises(ExpressionError) as caught:
        value(text)
    return caught.value


VALUES: list[tuple[str, Value]] = [
    ("2 + 3 * 4", 14),
    ("(2 + 3) * 4", 20),
    ("10 - 3 - 2", 5),
    ("100 / 10 / 5", 2),
    ("2 ** 3 ** 2", 512),
    ("-2 ** 2", -4),
    ("2 ** -1", Fraction(1, 2)),
    ("2 ** -2 * 4", 1),
    ("half ** 2", Fraction(1, 4)),
    ("half ** -2", 4),
    ("-7 // 2", -4),
    ("-7 % 3", 2),
    ("7 / 2", Fraction(7, 2)),
    ("6 / 2", 3),
    ("0.1 + 0.2", Fraction(3, 10)),
    ("1.2 * 5", 6),
    ("1 / 3 + 1 / 6", half := Fraction(1, 2)),
    ("half", half),
    ("1e3", 1000),
    ("0x10 + 0o17", 31),
    ("100000000000000000.5 * 2", 200000000000000001),
    ("0.1234567890123456789 * 10 ** 19", 1234567890123456789),
    ("12345678901234567890 * 10 + 1", 123456789012345678901),
    ("(10 ** 40 + 1) // 10", 10**39),
    ("round(2.5)", 3),
    ("round(2.4999)", 2),
    ("floor(-0.5)", -1),
    ("ceil(-0.5)", 0),
    ("floor(10 ** 30 / 7)", 10**30 // 7),
    ("ceil(10 ** 30 / 7)", 10**30 // 7 + 1),
    ("abs(-1 / 3)", Fraction(1, 3)),
    ("min(3, half, 2)", half),
    ("max(3, 3.5, 2)", Fraction(7, 2)),
    ("max(4)", 4),
    ("round8(12)", 16),
    ("1 < 2 < 3", True),
    ("1 < 3 < 2", False),
    ("1 == 1.0 != 2", True),
    ("word == 'relu'", True),
    ("word != 'relu'", False),
    ("x == 'relu'", False),
    ("not 1 == 2", True),
    ("1 == 1 and 2 == 3 or 4 == 4", True),
    ("1 == 2 and nobody", False),
    ("1 == 1 or nobody", True),
    ("3 if x > 5 else nobody", 3),
    ("word if yes else 3", "relu"),
    ("sizes", (3, 5)),
    ("a.b.c * 2", 22),
    ("né * né + 1", 26),
    ("True + 1", 2),
    ("  x  ", 7),
    ("x\n+ 1", 8),
    ("+x", 7),
]


@pytest.mark.parametrize(("text", "wanted"), VALUES)
def test_an_expression_has_its_value_exactly(text: str, wanted: Value) -> None:
    found = value(text)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(("text", "whole"), [("4 ** half", 2), ("8 ** (1 / 3)", 2), ("9 ** 0.5", 3)])
def test_a_whole_root_is_as_good_as_whole(text: str, whole: int) -> None:
    assert value(text) == whole


@pytest.mark.parametrize(
    ("text", "offset", "width"),
    [
        ("nobody", 0, 6),
        ("x + nobody", 4, 6),
        ("   x + nobody * 2", 7, 6),
        ("\tnobody", 1, 6),
        ("x +\nnobody", 4, 6),
        ("x * (1 + nobody.part)", 9, 11),
        ("né + nobody", 5, 6),
        ("max(1, print(2))", 7, 8),
        ("1 + [2]", 4, 3),
        ("2 + word", 4, 4),
        ("2 + sizes", 4, 5),
        ("2 + nothing", 4, 7),
        ("1 + floor(1, 2)", 4, 11),
        ("x if 1 in 2 else 3", 5, 6),
    ],
)
def test_an_error_points_at_the_part_that_is_wrong(text: str, offset: int, width: int) -> None:
    error = refused(text)
    assert (error.offset, error.width) == (offset, width)


def test_the_hint_of_the_lookup_is_kept() -> None:
    assert refused("1 + nobody").hint == "x?"


SYNTAX = """1 + | 1 + ( | ) | 1 2 | x y | x = 1 | x := 1 | 1;2 | 1 if x | if x: 1 | `x` | 1 <> 2
 | yield x | return x | import os | é² | $x | x! | ' | " | \\ | 1..2 | # x | max(1 | x. | .x | 1 + * 2"""
FORBIDDEN = """[1] | (1, 2) | {1} | {1: 2} | x[0] | lambda: 1 | [y for y in x] | f'{x}' | b'1' | ... | None
 | 1j | ~1 | 1 << 2 | 1 & 2 | 1 ^ 2 | 1 @ 2 | 1 in sizes | x is x | not x in sizes | print(1)
 | __import__('os') | x.real() | (1).real | 'a'.upper | max(*sizes) | max(1, key=2) | max(**sizes) | max(1)(2)
 | (lambda: 1)() | await x"""
NO_VALUE = """1 / 0 | 1 // 0 | 1 % 0 | 0 ** -1 | (-8) ** half | floor(word) | max() | round() | floor(1, 2)
 | -word | 'a' + 'b' | 'a' * 3 | 'a' < 'b' | sizes + sizes | nothing * 2 | max(1, word) | nobody | a.b"""
WRONG = ["", "   ", "a\nb", "x\0", *" | ".join([SYNTAX, FORBIDDEN, NO_VALUE]).replace("\n", "").split(" | ")]


@pytest.mark.parametrize("text", WRONG)
def test_all_that_is_not_arithmetic_is_refused(text: str) -> None:
    assert refused(text).message


@pytest.mark.parametrize(
    "text",
    [
        "9" * MAX_LENGTH + "9",
        "2 ** 10 ** 10",
        "2 ** 999999999999",
        "10 ** 10 ** 100",
        "(2 ** 2000) * (2 ** 2000)",
        f"2 ** {MAX_BITS + 1}",
        "1.5 ** 100000",
        "half ** 1000000",
        "half ** -1000000",
        "(1 / 3) ** 100000",
        "(1.5 ** 2000) ** 20",
        "(2 ** 0.5) * 10 ** 600",
        "1e400 - 1e400",
        "floor(1e999999999)",
        "-" * 900 + "1",
        "(" * 400 + "1" + ")" * 400,
    ],
)
def test_what_is_too_large_or_too_deep_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    error = refused(text)
    assert error.message
    assert time.perf_counter() - start < 1


def test_a_long_sum_is_not_too_deep() -> None:
    assert value("+".join("1" * 300)) == 300


@pytest.mark.parametrize("text", ["2if yes else 1", "1 if yes else'2'", "0x1for x in 3", "'\\d' == 'd'"])
def test_parsing_gives_no_warnings(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value(text)
        except ExpressionError as error:
            text = error.message
    assert not caught


def test_one_expression_may_have_many_values() -> None:
    tree = parse("n * 2")
    assert [evaluate(tree, {"n": n}.__getitem__) for n in range(3)] == [0, 2, 4]


NUMBERS = st.integers(-50, 50) | st.decimals(-9, 9, places=2, allow_nan=False)
Tree = tuple[str, Fraction | None]
"""The text of an expression and its value, or None if it divides by zero."""


def leaf(number: object) -> Tree:
    text = str(number)
    return (f"({text})" if text.startswith("-") else text), Fraction(text)


def joined(parts: tuple[Tree, str, Tree]) -> Tree:
    """Two trees with an operator between, in parentheses, and the value from Fraction."""
    (left, a), sign, (right, b) = parts
    text = f"({left} {sign} {right})"
    if a is None or b is None or (sign in ("/", "//", "%") and b == 0):
        return text, None
    operations = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "//": lambda: Fraction(a // b),
        "%": lambda: a % b,
    }
    return text, operations[sign]()


TREES = st.recursive(
    NUMBERS.map(leaf),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(joined),
    max_leaves=12,
)


@given(TREES)
def test_arithmetic_is_that_of_fractions(tree: Tree) -> None:
    text, wanted = tree
    if wanted is None:
        assert "division by zero" in refused(text).message
    else:
        found = value(text)
        assert found == wanted
        assert isinstance(found, int) == (wanted.denominator == 1)


@given(st.lists(st.tuples(st.sampled_from("+-*"), st.integers(0, 99)), min_size=1, max_size=20))
def test_without_brackets_precedence_is_that_of_python(parts: list[tuple[str, int]]) -> None:
    text = "1" + "".join(f" {sign} {number}" for sign, number in parts)
    assert value(text) == eval(text)


@given(st.fractions(-20, 20, max_denominator=9), st.integers(-6, 6))
def test_a_whole_power_of_a_fraction_is_exact(base: Fraction, exponent: int) -> None:
    if base or exponent >= 0:
        assert (
            value(f"(({base.numerator}) / {base.denominator}) ** ({exponent})") == Fraction(base) ** exponent
        )


@given(st.text(max_size=30))
def test_any_text_has_a_value_or_an_error_within_it(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value(text)
        except ExpressionError as error:
            offset, end = error.offset, error.offset + error.width
            inside = 0 <= offset <= end <= max(len(text), 1)
        else:
            inside = True
    assert inside
