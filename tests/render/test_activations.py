"""Formatting of values, times and rates of a run."""

from math import inf, nan

import pytest

from cnncalc.render.activations import duration, rate, value

VALUES = {
    0.0: "0",
    -1.0: "-1",
    0.123456: "0.1235",
    -0.00012345: "-0.0001234",
    1.5e-9: "1.5e-09",
    999.96: "1000",
    1234.5: "1,234",
    -12043.7: "-12,044",
    9_999_999.0: "9,999,999",
    12345678.0: "1.235e+07",
    3.4e38: "3.4e+38",
    inf: "inf",
    -inf: "-inf",
}


@pytest.mark.parametrize("number", VALUES)
def test_values_have_four_digits(number: float) -> None:
    assert value(number) == VALUES[number]


def test_nan_and_infinity_are_named() -> None:
    assert value(nan) == "NaN"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.00 ms"), (0.0123, "12.30 ms"), (0.9994, "999.40 ms"), (1, "1.00 s"), (6350, "6,350.00 s")],
)
def test_times_are_in_milliseconds_or_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(312e3, "0.31 million"), (99e6, "99.00 million"), (1e8, "0.1 billion"), (52.24e9, "52.2 billion")],
)
def test_rates_are_in_millions_or_billions(number: float, text: str) -> None:
    assert rate(number) == text
