"""A formula: one text that is evaluated, shown with its numbers, and typeset consistently."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.expression import ExpressionError
from cnncalc.formula import Formula
from cnncalc.window import OUTPUT_SIZE, SAME_PADDING

HUGE = 10**40
WHOLE = st.integers(-HUGE, HUGE)
POSITIVE = st.integers(1, HUGE)


def formula(text: str) -> Formula:
    """A formula in the variables a, b and c, if it uses them."""
    used = {
        name: name for name in "abc" if name in text.replace("abs", "").replace("ceil", "").replace("max", "")
    }
    return Formula(text, **used)


@pytest.mark.parametrize(
    ("text", "numbers", "value"),
    [
        ("a + b * c", {"a": 1, "b": 2, "c": 3}, 7),
        ("a - b - c", {"a": 1, "b": 2, "c": 3}, -4),
        ("a * b / c", {"a": 6, "b": 2, "c": 4}, 3),
        ("a / b * c", {"a": 1, "b": 3, "c": 3}, 1),
        ("floor(a / b) + 1", {"a": 4, "b": 3}, 2),
        ("ceil(a / b)", {"a": 4, "b": 3}, 2),
        ("floor((a + b) / 2 - c)", {"a": 4, "b": 3, "c": 1}, 2),
        ("floor(a / b / c)", {"a": -7, "b": 2, "c": 3}, -2),
        ("ceil(a / b / c)", {"a": -7, "b": 2, "c": 3}, -1),
        ("max(a, b, 0)", {"a": -4, "b": -3}, 0),
        ("min(a, b)", {"a": -4, "b": -3}, -4),
        ("abs(a)", {"a": -4}, 4),
        ("a ** 2", {"a": -4}, 16),
        ("a if a > b else c", {"a": 1, "b": 2, "c": 3}, 3),
    ],
)
def test_a_formula_has_a_value(text: str, numbers: dict[str, int], value: int) -> None:
    assert formula(text)(**numbers).value == value


@given(WHOLE, POSITIVE)
def test_floor_and_ceil_of_a_quotient_are_exact(a: int, b: int) -> None:
    assert formula("floor(a / b)")(a=a, b=b).value == a // b == math.floor(Fraction(a, b))
    assert formula("ceil(a / b)")(a=a, b=b).value == -(-a // b) == math.ceil(Fraction(a, b))
    assert formula("floor(a / b)")(a=a, b=-b).value == math.floor(Fraction(a, -b))
    assert formula("ceil(a / b)")(a=a, b=-b).value == math.ceil(Fraction(a, -b))


@given(WHOLE, POSITIVE, POSITIVE)
def test_nested_quotients_are_exact(a: int, b: int, c: int) -> None:
    assert formula("floor(a / b / c)")(a=a, b=b, c=c).value == a // (b * c)
    assert formula("ceil((a - 1) / b + c)")(a=a, b=b, c=c).value == math.ceil(Fraction(a - 1, b) + c)
    assert formula("floor(ceil(a / b) / c)")(a=a, b=b, c=c).value == -(-a // b) // c
    assert formula("a * b / b")(a=a, b=b).value == a


@pytest.mark.parametrize(
    ("text", "numbers", "shown"),
    [
        ("floor((a + b - c) / 2) + 1", {"a": 7, "b": 0, "c": 3}, "⌊(7 + 0 − 3)/2⌋ + 1 = 3"),
        ("ceil(a / b)", {"a": 4, "b": 3}, "⌈4/3⌉ = 2"),
        ("a * (b + c)", {"a": 2, "b": 3, "c": 4}, "2·(3 + 4) = 14"),
        ("a * b + c", {"a": 2, "b": 3, "c": 4}, "2·3 + 4 = 10"),
        ("a - (b - c)", {"a": 2, "b": 3, "c": 4}, "2 − (3 − 4) = 3"),
        ("a - (b + c)", {"a": 2, "b": 3, "c": 4}, "2 − (3 + 4) = -5"),
        ("a / (b / c)", {"a": 6, "b": 3, "c": 2}, "6/(3/2) = 4"),
        ("a / (b * c)", {"a": 6, "b": 3, "c": 2}, "6/(3·2) = 1"),
        ("(a ** b) ** c", {"a": 2, "b": 3, "c": 2}, "(2^3)^2 = 64"),
        ("a ** b ** c", {"a": 2, "b": 3, "c": 2}, "2^(3^2) = 512"),
        ("a ** 2", {"a": -3}, "(−3)^2 = 9"),
        ("max(a, 0)", {"a": -3}, "max(−3, 0) = 0"),
        ("-(a + b)", {"a": 1, "b": 2}, "−(1 + 2) = -3"),
    ],
)
def test_the_numbers_are_put_in_with_the_brackets_that_matter(
    text: str, numbers: dict[str, int], shown: str
) -> None:
    assert str(formula(text)(**numbers)) == shown
    assert f"{formula(text)(**numbers).substituted()} = {formula(text)(**numbers).value}" == shown


@pytest.mark.parametrize(
    "text", ["a // b", "1 + a // b", "(a if a > 0 else b) + 1", "1 + (a if a > 0 else b)"]
)
def test_what_is_shown_is_what_was_worked_out_or_is_no_formula(text: str) -> None:
    # 7/2 = 3 would be wrong, and "7 if 7 > 0, else 2 + 1" would add to the wrong branch
    try:
        shown = formula(text)(a=7, b=2).substituted()
    except (ValueError, ExpressionError):
        return
    assert ("⌊" if "//" in text else "(") in shown


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("floor((a + b) / c) + 1", r"\left\lfloor \frac{a + b}{c} \right\rfloor + 1"),
        ("ceil(a / b)", r"\left\lceil \frac{a}{b} \right\rceil"),
        ("a * (b - c)", r"a \cdot \left(b - c\right)"),
        ("a ** (b + 1)", r"a^{b + 1}"),
        ("(a + b) ** 2", r"\left(a + b\right)^{2}"),
        ("(a + b) / (a * c)", r"\frac{a + b}{a \cdot c}"),
        ("sqrt(a)", r"\sqrt{a}"),
        ("max(a, 0)", r"\operatorname{max}\left(a, 0\right)"),
    ],
)
def test_a_formula_is_typeset_in_latex(text: str, latex: str) -> None:
    assert formula(text).latex() == latex


def test_variables_are_renamed_everywhere_or_kept() -> None:
    names = {"n": "W", "p": "2P", "k": "F", "s": "S"}
    assert OUTPUT_SIZE.typeset(names=names) == "⌊(W + 2P − d·(F − 1) − 1)/S⌋ + 1"
    assert OUTPUT_SIZE.latex(names).count("W") == 1
    assert Formula("a * a - b", a="", b="").typeset(names={"a": "b", "b": "a"}) == "b·b − a"
    assert OUTPUT_SIZE.typeset() == "⌊(n + p − d·(k − 1) − 1)/s⌋ + 1"


def test_a_working_remembers_numbers_and_gives_the_text_on_demand() -> None:
    working = OUTPUT_SIZE(n=227, p=0, d=1, k=11, s=4)
    assert working.value == 55
    assert str(working) == "⌊(227 + 0 − 1·(11 − 1) − 1)/4⌋ + 1 = 55"
    assert "lfloor" not in working.substituted()
    assert SAME_PADDING(n=8, s=2, d=1, k=3).value == 1


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("a + b", {"a": "one"}),
        ("a + b", {}),
        ("a", {"a": "one", "b": "unused"}),
        ("floor(a)", {"a": "one", "floor": "a function"}),
    ],
)
def test_every_variable_is_explained_and_every_explanation_used(text: str, meanings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="meaning"):
        Formula(text, **meanings)


@pytest.mark.parametrize("text", ["a +", "print(a)", "round8(a)", "a[0]", "lambda: a", "floor(a", ""])
def test_a_formula_is_arithmetic_and_nothing_else(text: str) -> None:
    with pytest.raises(ExpressionError):
        Formula(text, a="one")


def test_a_formula_that_gives_no_whole_number_says_so() -> None:
    with pytest.raises(ArithmeticError):
        _ = formula("a / b")(a=1, b=2).value


def test_a_formula_takes_fractions_and_reals_too() -> None:
    assert formula("floor(a / b) + c").evaluate(a=Fraction(7, 2), b=Fraction(1, 2), c=1) == 8
    assert formula("sqrt(a)").evaluate(a=9.0) == 3.0
    assert formula("max(a, 0)").evaluate(a=-0.5) == 0
