"""Small exact arrays: parsed from text, and recovered from computed floats."""

import re
from collections.abc import Callable
from fractions import Fraction
from math import isfinite, prod

Number = int | Fraction | float
Nested = Number | tuple["Nested", ...]
"""A number, or nested tuples of numbers, equally long at each level."""

Dims = tuple[int, ...]

TOKEN = re.compile(r"[\[\](){};]|[^\s,;\[\](){}]+")
NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})(e[+-]?\d{1,2})?|[+-]?\d{1,15}/0*[1-9]\d{0,14}")
OPENING, CLOSING = "[({", "])}"
MOST_NUMBERS = 10_000
DEEPEST = 5

DENOMINATOR = 1000
"""Largest denominator of fractions recognized in computed floats."""


def parsed(text: str) -> Nested:
    """Parse `[[1, 2], [3, 4]]`, `1 2; 3 4`, `[[1 2] [3 4]]` or a row per line.

    Numbers are integers, decimals and fractions.

    Raises:
        ValueError: it is not an array of numbers.
    """
    if "[" not in text and ";" not in text and "(" not in text:  # a matrix with a row on each line
        text = "; ".join(line for line in text.splitlines() if line.strip())
    tokens = TOKEN.findall(text.replace("−", "-"))
    if not tokens:
        raise ValueError("no number found")
    if len(tokens) > 3 * MOST_NUMBERS:
        raise ValueError(f"more than {MOST_NUMBERS:,} numbers")
    if ";" in tokens:
        tokens = [
            "[",
            *(part for token in tokens for part in (("]", "[") if token == ";" else (token,))),
            "]",
        ]
        tokens = tokens if tokens.count("[") == 1 else ["[", *_unwrapped(tokens), "]"]
    elif tokens[0] not in OPENING and len(tokens) > 1:
        tokens = ["[", *tokens, "]"]
    nested, end = _item(tokens, 0, 0)
    if end < len(tokens):
        raise ValueError(f"unexpected '{tokens[end]}' after the array")
    dims_of(nested)
    return nested


def _unwrapped(tokens: list[str]) -> list[str]:
    """Rows between semicolons, without an empty last row or brackets around them all."""
    inner = [token for token in tokens if token not in "()"]
    if inner[:2] == ["[", "["] and inner[-2:] == ["]", "]"]:
        inner = inner[1:-1]
    return inner[:-2] if inner[-2:] == ["[", "]"] else inner


def _item(tokens: list[str], at: int, depth: int) -> tuple[Nested, int]:
    """The number or list that starts at a token, and the position after it."""
    token = tokens[at]
    if token not in OPENING:
        if not NUMBER.fullmatch(token.lower()):
            raise ValueError(f"'{token}' is not a number")
        value = Fraction(token)
        return (int(value) if value.denominator == 1 else value), at + 1
    if depth == DEEPEST:
        raise ValueError(f"lists are nested more than {DEEPEST} deep")
    items, at = [], at + 1
    while at < len(tokens) and tokens[at] not in CLOSING:
        item, at = _item(tokens, at, depth + 1)
        items.append(item)
    if at == len(tokens):
        raise ValueError("a bracket is not closed")
    if not items:
        raise ValueError("a list is empty")
    return tuple(items), at + 1


def dims_of(nested: Nested) -> Dims:
    """The sizes of an array; raises ValueError if its rows differ in length."""
    if not isinstance(nested, tuple):
        return ()
    inner = {dims_of(item) for item in nested}
    if len(inner) > 1:
        raise ValueError("rows differ in length")
    return (len(nested), *inner.pop())


def flat(nested: Nested) -> list[Number]:
    """All numbers, in order."""
    return [number for item in nested for number in flat(item)] if isinstance(nested, tuple) else [nested]


def shaped(numbers: list[Number], dims: Dims) -> Nested:
    """Arrange a list of numbers as an array of the given sizes."""
    if not dims:
        return numbers[0]
    step = prod(dims[1:])
    parts = (numbers[at * step : (at + 1) * step] for at in range(dims[0]))
    return tuple(shaped(part, dims[1:]) for part in parts)


def mapped(change: Callable[[Number], Number], nested: Nested) -> Nested:
    """Apply a function to every number of an array."""
    return tuple(mapped(change, item) for item in nested) if isinstance(nested, tuple) else change(nested)


def flipped(nested: Nested, axes: int) -> Nested:
    """Reverse an array's last axes: the kernel of a mathematical convolution."""
    if not isinstance(nested, tuple):
        return nested
    inner = tuple(flipped(item, axes) for item in nested)
    return inner[::-1] if len(dims_of(nested)) <= axes else inner


def recovered(value: Number) -> Number:
    """The whole number or fraction that a float equals up to rounding; otherwise the float."""
    if not isfinite(value):
        return value
    exact = Fraction(value)
    near = exact.limit_denominator(DENOMINATOR)
    if abs(near - exact) > max(Fraction(1), abs(exact)) / 10**12:
        return value
    return int(near) if near.denominator == 1 else near


def element(nested: Nested, place: Dims) -> Number:
    """The number at an index."""
    for at in place:
        assert isinstance(nested, tuple)
        nested = nested[at]
    assert not isinstance(nested, tuple)
    return nested
