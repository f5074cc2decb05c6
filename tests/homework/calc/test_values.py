"""`calc --values`: layers on small arrays, checked against independent sums and published answers."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncalc.cli.output import Out
from cnncalc.cli.values import run
from cnncalc.homework.calc.arrays import Nested, parsed
from cnncalc.homework.calc.terms import Reduction
from cnncalc.homework.calc.values import Worked, worked
from cnncalc.problems import SpecError
from tests.conftest import GoldenCheck, examples

TEXT = Out("text", None, "auto")

GOLDEN = Path(__file__).parent / "golden"

IMAGE = "[[1,2,3,4],[2,4,1,2],[1,3,2,1],[1,2,3,1]]"

# Questions from exercise sheets: (values, layer, kernel, answer).
QUESTIONS = [
    ("0 1; 2 3", "conv_transpose: 1, kernel: 2", "0 1; 2 3", "0 0 1; 0 4 6; 4 12 9"),
    ("1 0 1 -1; 1 0 1 0; 0 3 0 1; 1 -1 0 1", "conv, stride: 2", "1 2; 0 1", "1 -1; 5 3"),
    (
        "2 1 3 0 1; 1 4 2 1 0; 3 1 5 2 1; 0 2 1 4 3; 1 0 3 1 2",
        "conv",
        "-1 0 1; -2 0 2; -1 0 1",
        "5 -6 -10; 6 1 -8; 6 6 -1",
    ),
    ("0 1 2; 3 4 5; 6 7 8", "maxpool: 2, stride: 1", "", "4 5; 7 8"),
    (
        "1 0 2; 2 3 0; -1 0 3",
        "conv_transpose",
        "1 0; 1 2",
        "1 0 2 0; 3 5 2 4; 1 7 9 0; -1 -2 3 6",
    ),
    ("1 2; 3 4", "conv, padding: 1", "1 1; 1 1", "1 3 2; 4 10 6; 3 7 4"),
    ("1 2 3; 4 5 6; 7 8 10", "avgpool: 2, stride: 1", "", "3 4; 6 7.25"),
    ("1 2 4 8 16", "conv, dilation: 2", "1 0 -1", "[-15]"),
    ("[[[1,2],[3,4]],[[5,6],[7,8]]]", "conv", "[[[1,0],[0,1]],[[0,1],[1,0]]]", "[[18]]"),
    (
        "[[[1,2],[3,4]],[[5,6],[7,8]]]",
        "conv: 2, kernel: 1",
        "1 1; 2 -1",
        "[[[6,8],[10,12]],[[-3,-2],[-1,0]]]",
    ),
    ("1 2; 3 4", "depthwise: 2", "1 2; 3 4", "[[30]]"),
]


def answer(values: str, line: str, kernel: str) -> Nested:
    return worked(parsed(values), [line], [parsed(kernel)] if kernel else []).steps[-1].output


@pytest.mark.parametrize(("values", "line", "kernel", "expected"), QUESTIONS)
def test_exercise_sheet_questions(values: str, line: str, kernel: str, expected: str) -> None:
    assert answer(values, line, kernel) == parsed(expected)


def total(each: Reduction) -> Any:
    """The value of a written-out sum, as an exact fraction."""
    products = [Fraction(value) * Fraction(weight) for value, weight in each.factors]
    return {"sum": sum(products) + (each.bias or 0), "max": max(products, default=0)}.get(
        each.joins, sum(products) / max(len(products), 1)
    )


LINES = [
    "conv: 2, kernel: {k}, stride: {s}, padding: {p}, dilation: {d}",
    "conv: 2, kernel: {k}, stride: {s}, fit: ceil, groups: 2",
    "conv: 3, kernel: {k}, padding: same",
    "depthwise: {k}, multiplier: 2, stride: {s}, padding: {p}",
    "conv_transpose: 3, kernel: {k}, stride: {s}, dilation: {d}",
    "conv_transpose: 2, kernel: {k}, stride: {s}, groups: 2, padding: same",
    "maxpool: {k}, stride: {s}, padding: {h}, dilation: {d}",
    "maxpool: {k}, stride: {s}, fit: ceil",
    "avgpool: {k}, stride: {s}, padding: {h}, fit: ceil",
    "avgpool: {k}, stride: {s}, padding: {h}, count_padding: false, fit: ceil",
]
NUMBERS = st.integers(-9, 9) | st.fractions(-9, 9, max_denominator=9)


def arrays(*dims: int) -> st.SearchStrategy[Any]:
    strategy: st.SearchStrategy[Any] = NUMBERS
    for n in reversed(dims):
        strategy = st.tuples(*[strategy] * n)
    return strategy


def test_written_out_sums_match_the_executor() -> None:
    drawn = given(data=st.data(), line=st.sampled_from(LINES), k=st.integers(1, 3), s=st.integers(1, 3))
    settings(max_examples=examples(150), deadline=None, derandomize=True)(drawn(check_sums))()


def check_sums(data: st.DataObject, line: str, k: int, s: int) -> None:
    """Compare two independent computations: exact sums over taps, and the executor's arrays."""
    numbers = {"k": k, "s": s, "p": data.draw(st.integers(0, 2)), "d": data.draw(st.integers(1, 2))}
    filled = line.format(h=data.draw(st.integers(0, k // 2)), **numbers)
    x = data.draw(arrays(2, data.draw(st.integers(3, 6)), data.draw(st.integers(3, 6))))
    kind, filters = filled.partition(":")[0], int(filled.partition(":")[2].partition(",")[0])
    groups = 2 if "groups" in filled else 1
    leading = {
        "conv": (filters, 2 // groups),
        "depthwise": (4, 1),
        "conv_transpose": (2, filters // groups),
    }.get(kind)
    kernels = [data.draw(arrays(*leading, k, k))] if leading else []
    try:
        found = worked(x, [filled], kernels, [data.draw(NUMBERS)] if leading else [])
    except SpecError:
        assume(False)
    step = found.steps[0]
    assert step.sums
    for each in step.sums:
        assert float(total(each)) == pytest.approx(float(each.value), abs=1e-9)


# Invalid arrays: (text, reason).
UNREADABLE = [
    ("x", "'x' is not a number"),
    ("1e999", "'1e999' is not a number"),
    ("1 2; 3", "rows differ in length"),
    ("[[1, 2], [3]", "a bracket is not closed"),
    ("[1, 2]]", "unexpected ']' after the array"),
    ("[]", "a list is empty"),
    (" ", "no number found"),
    ("[[[[[[1]]]]]]", "lists are nested more than 5 deep"),
    ("1 " * 40_000, "more than 10,000 numbers"),
]


@pytest.mark.parametrize(("text", "reason"), UNREADABLE)
def test_invalid_arrays_are_reported(text: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(text, ["relu"], to=TEXT) == 2
    message = f'cnncalc: --values: expected an array such as "[[1, 2], [3, 4]]"; {reason}\n'
    assert capsys.readouterr() == ("", message)


SQUARE = "1 2; 3 4"

# Invalid requests: (values, layers, kernels, biases, unit, message).
MISTAKES: list[tuple[str, list[str], list[str], list[str], str | None, str]] = [
    (
        "5",
        ["relu"],
        [],
        [],
        None,
        "expected a list of numbers, a matrix, or one matrix per channel",
    ),
    (SQUARE, [], [], [], None, 'missing layer; add one, such as "conv: 1, kernel: 3"'),
    (
        SQUARE,
        ["conv"],
        [],
        [],
        None,
        "'conv' needs a kernel, such as --kernel \"[[1, 0], [0, 1]]\"",
    ),
    (
        "1 2 3",
        ["softmax"],
        [],
        [],
        None,
        "softmax needs more than one channel, found 1; add flatten before it to make the numbers units",
    ),
    (SQUARE, ["maxpool: 2"], ["1 1"], [], None, "too many kernels: expected 0, found 1"),
    (SQUARE, ["maxpool: 2"], [], ["1"], None, "too many biases: expected 0, found 1"),
    (SQUARE, ["shift"], [], ["1 2"], None, "biases of shift: expected 1, found 2"),
    (
        SQUARE,
        ["conv: 1, kernel: 2"],
        ["1 2 3; 1 2 3; 1 2 3"],
        [],
        None,
        "kernel of conv: expected 2×2, found 3×3",
    ),
    (SQUARE, ["conv: 2, kernel: 2"], [SQUARE], [], None, "kernel of conv: expected 2×1×2×2, found 2×2"),
    (
        SQUARE,
        ["separable: 1, kernel: 1"],
        ["1"],
        [],
        None,
        "separable has several kernels; write it as separate layers",
    ),
    (
        SQUARE,
        ["maxpool: 2"],
        [],
        [],
        "0,1",
        "there is no output 0,1; the last one is 0,0, counting from 0",
    ),
    (SQUARE, ["maxpool: 2"], [], [], "a", "--unit: expected numbers, as in --unit 6,6; found 'a'"),
]


@pytest.mark.parametrize(("values", "lines", "kernels", "biases", "unit", "message"), MISTAKES)
def test_invalid_requests_are_reported(
    values: str,
    lines: list[str],
    kernels: list[str],
    biases: list[str],
    unit: str | None,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(values, lines, kernels, biases, explain=True, unit=unit, to=TEXT) == 2
    assert capsys.readouterr() == ("", f"cnncalc: {message}\n")


WRONG_LINES = [
    (
        ["relu", "maxpol: 2"],
        [],
        """error[unknown-kind]: unknown kind of layer 'maxpol'
 --> the arguments:3:1
 3 | maxpol: 2
   | ^^^^^^ did you mean 'maxpool'?
""",
    ),
    (
        ["conv"],
        ["1 2 3 4"],
        """error[kernel-too-large]: kernel 4 is larger than the length 3 (in conv1)
 --> the arguments:2:18
 2 | conv: 1, kernel: [4]
   |                  ^ use a smaller kernel, more padding, or less downsampling before it
""",
    ),
]
"""Layers after three numbers, their kernels, and the message with its place."""


@pytest.mark.parametrize(("lines", "kernels", "message"), WRONG_LINES)
def test_an_invalid_line_is_reported_as_by_calc(
    lines: list[str], kernels: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("1 2 3", lines, kernels, to=TEXT) == 1
    assert capsys.readouterr() == ("", message)


# (name, arguments)
PRINTED: list[tuple[str, dict[str, Any]]] = [
    (
        "conv",
        {"values": IMAGE, "lines": ["conv: 1, kernel: 3"], "kernels": ["[[1,2,1],[2,1,2],[1,2,1]]"]},
    ),
    (
        "flip",
        {
            "values": "1 2 3; 4 5 6; 7 8 9",
            "lines": ["conv"],
            "kernels": ["1 0; 2 -1"],
            "biases": ["1/2"],
            "flip": True,
            "unit": "0,1",
        },
    ),
    ("transposed", {"values": "2 3 0 -1", "lines": ["conv_transpose"], "kernels": ["1 2 -1"]}),
    (
        "pools",
        {"values": "1 4 1; 5 2 7; 0 1 -3", "lines": ["maxpool: 2, stride: 1", "avgpool: [1, 2]"]},
    ),
    (
        "chain",
        {
            "values": "[[1 2 4],[0 -1 3],[2 2 2]]",
            "lines": ["conv", "relu", "flatten", "dense"],
            "kernels": ["1 -1; 0 1/3", "1 1 1 1"],
            "biases": ["-1"],
            "explain": False,
        },
    ),
    (
        "channels",
        {
            "values": "[[[1,2],[3,4]],[[5,6],[7,8]]]",
            "lines": ["conv: 2, kernel: 1"],
            "kernels": ["1 1; 2 -1"],
            "biases": ["0 1"],
            "unit": "1,0,0",
        },
    ),
    ("norms", {"values": "3 4; -6 8", "lines": ["l2pool: 2, stride: [2, 1]"]}),
]


@pytest.mark.parametrize(("name", "arguments"), PRINTED)
def test_printed_values(
    name: str, arguments: dict[str, Any], capsys: pytest.CaptureFixture[str], golden: GoldenCheck
) -> None:
    assert run(**{"explain": True, **arguments}, to=TEXT) == 0
    golden(GOLDEN / f"values_{name}.txt", capsys.readouterr().out)


def test_values_as_json(capsys: pytest.CaptureFixture[str], golden: GoldenCheck) -> None:
    assert run("1 2; 3 5", ["avgpool: 2"], to=Out("json", None, "auto")) == 0
    golden(GOLDEN / "values.json", capsys.readouterr().out)


@pytest.mark.parametrize(
    "text", ["[[1, 2], [3, 4]]", "1 2; 3 4", "1,2;3,4;", "[[1 2] [3 4]]", "((1,2),(3,4))", "[1 2; 3 4]"]
)
def test_ways_to_write_an_array(text: str) -> None:
    assert parsed(text) == ((1, 2), (3, 4))


def test_numbers_are_exact() -> None:
    assert parsed("−1 0.1 1/3 2e3") == (-1, Fraction(1, 10), Fraction(1, 3), 2000)
    found: Worked = worked((1, Fraction(1, 3)), ["conv"], [(Fraction(1, 10), 3)])
    assert found.steps[0].output == (Fraction(11, 10),)
