"""Small arrays as people write them: read from text, exact, and recovered from what was computed."""

import re
from collections.abc import Callable
from fractions import Fraction
from math import isfinite, prod

Number = int | Fraction | float
Nested = Number | tuple["Nested", ...]
"""A number, or nested tuples of them, each level of one length."""

Dims = tuple[int, ...]

TOKEN = re.compile(r"[\[\](){};]|[^\s,;\[\](){}]+")
NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})(e[+-]?\d{1,2})?|[+-]?\d{1,15}/0*[1-9]\d{0,14}")
OPENING, CLOSING = "[({", "])}"
MOST_NUMBERS = 10_000
DEEPEST = 5

DENOMINATOR = 1000
"""Quotients of whole numbers up to here are recognised in what was computed."""


def parsed(text: str) -> Nested:
    """`[[1, 2], [3, 4]]`, `1 2; 3 4` or `[[1 2] [3 4]]`, with whole numbers, decimals and fractions.

    Raises:
        ValueError: it is no array of numbers.
    """
    tokens = TOKEN.findall(text.replace("−", "-"))
    if not tokens:
        raise ValueError("there is no number in it")
    if len(tokens) > 3 * MOST_NUMBERS:
        raise ValueError(f"it is longer than {MOST_NUMBERS:,} numbers")
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
        raise ValueError(f"'{tokens[end]}' is left over behind the array")
    dims_of(nested)
    return nested


def _unwrapped(tokens: list[str]) -> list[str]:
    """Rows between semicolons, without an empty one at the end or brackets around them all."""
    inner = [token for token in tokens if token not in "()"]
    if inner[:2] == ["[", "["] and inner[-2:] == ["]", "]"]:
        inner = inner[1:-1]
    return inner[:-2] if inner[-2:] == ["[", "]"] else inner


def _item(tokens: list[str], at: int, depth: int) -> tuple[Nested, int]:
    """The number or the list that begins at a token, and where what follows it begins."""
    token = tokens[at]
    if token not in OPENING:
        if not NUMBER.fullmatch(token.lower()):
            raise ValueError(f"'{token}' is no number")
        value = Fraction(token)
        return (int(value) if value.denominator == 1 else value), at + 1
    if depth == DEEPEST:
        raise ValueError(f"its lists are nested more than {DEEPEST} deep")
    items, at = [], at + 1
    while at < len(tokens) and tokens[at] not in CLOSING:
        item, at = _item(tokens, at, depth + 1)
        items.append(item)
    if at == len(tokens):
        raise ValueError("a bracket is not closed")
    if not items:
        raise ValueError("a list in it is empty")
    return tuple(items), at + 1


def dims_of(nested: Nested) -> Dims:
    """The sizes of an array; raises ValueError where its rows differ."""
    if not isinstance(nested, tuple):
        return ()
    inner = {dims_of(item) for item in nested}
    if len(inner) > 1:
        raise ValueError("its rows are not of one length")
    return (len(nested), *inner.pop())


def flat(nested: Nested) -> list[Number]:
    """All numbers, in order."""
    return [number for item in nested for number in flat(item)] if isinstance(nested, tuple) else [nested]


def shaped(numbers: list[Number], dims: Dims) -> Nested:
    """Numbers in order as an array of some sizes."""
    if not dims:
        return numbers[0]
    step = prod(dims[1:])
    parts = (numbers[at * step : (at + 1) * step] for at in range(dims[0]))
    return tuple(shaped(part, dims[1:]) for part in parts)


def mapped(change: Callable[[Number], Number], nested: Nested) -> Nested:
    """An array with each of its numbers changed."""
    return tuple(mapped(change, item) for item in nested) if isinstance(nested, tuple) else change(nested)


def turned(nested: Nested, axes: int) -> Nested:
    """An array with its last axes in reverse: the kernel of a convolution as mathematics has it."""
    if not isinstance(nested, tuple):
        return nested
    inner = tuple(turned(item, axes) for item in nested)
    return inner[::-1] if len(dims_of(nested)) <= axes else inner


def recovered(value: Number) -> Number:
    """What a computed number stands for: a whole number or a fraction, where it is one but for rounding."""
    if not isfinite(value):
        return value
    exact = Fraction(value)
    near = exact.limit_denominator(DENOMINATOR)
    if abs(near - exact) > max(Fraction(1), abs(exact)) / 10**12:
        return value
    return int(near) if near.denominator == 1 else near


def element(nested: Nested, place: Dims) -> Number:
    """The number at a place."""
    for at in place:
        assert isinstance(nested, tuple)
        nested = nested[at]
    assert not isinstance(nested, tuple)
    return nested
