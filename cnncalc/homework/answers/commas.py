"""Rows with more cells than columns: commas of numbers and shapes that were taken for separators."""

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["number", "shape", "bracketed", "answer", "text"]
"""What a column has: numbers, shapes, shapes with other signs than commas, any of these, or none."""

NUMBER = re.compile(r"[~≈=]?\s*[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?\s*[A-Za-z]{0,9}")
DECIMAL = re.compile(r"[~≈=]?\s*[0-9]+(\.[0-9]{3})*,[0-9]+\s*[A-Za-z]{0,9}")
BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")
SIZES = re.compile(r"[0-9]+(\s*,\s*[0-9]+){1,3}")
FORMS: dict[Kind, tuple[re.Pattern[str], ...]] = {
    "number": (NUMBER, DECIMAL),
    "shape": (BRACKETS, SIZES),
    "bracketed": (BRACKETS,),
    "answer": (NUMBER, BRACKETS, SIZES, DECIMAL),
    "text": (),
}
MOST_CELLS = 60
"""Longest row that is joined again."""
DOUBT = "the commas of numbers and those of the table cannot be told apart; quote the numbers"


def joined(row: list[str], kinds: tuple[Kind, ...]) -> list[str | None]:
    """The row in one cell for each column; None for cells that can be joined in several ways.

    >>> joined(["conv1", "28x28x6", "34", "944"], ("text", "shape", "number"))
    ['conv1', '28x28x6', '34,944']
    >>> joined(["conv1", "34", "944", "105", "415", "200"], ("text", "number", "number"))
    ['conv1', None, None]
    """
    width = len(kinds)
    while len(row) > width and not row[-1].strip():
        row = row[:-1]
    if len(row) <= width:
        return [*row]
    loosely: tuple[Kind, ...] = tuple("shape" if kind == "bracketed" else kind for kind in kinds)
    for each, is_decimal in ((kinds, False), (loosely, False), (kinds, True), (loosely, True)):
        found = _ways(tuple(row[:MOST_CELLS]), each, is_decimal)
        if found:
            return [cells[0] if len(set(cells)) == 1 else None for cells in zip(*found, strict=True)]
    is_cut = kinds[-1] != "text" and re.match(r"\s*[0-9]", row[width]) is not None
    return [*row[: width - 1], None if is_cut else row[width - 1]]


@lru_cache(maxsize=4096)
def _ways(row: tuple[str, ...], kinds: tuple[Kind, ...], is_decimal: bool) -> tuple[tuple[str, ...], ...]:
    """At most two ways to join neighbouring cells so that each column has one; last, with decimal commas."""
    if len(row) == len(kinds):
        return (row,)
    if not kinds or len(row) < len(kinds):
        return ()
    forms = [form for form in FORMS[kinds[0]] if is_decimal or form is not DECIMAL]
    found: list[tuple[str, ...]] = []
    for length in range(1, len(row) - len(kinds) + 2):
        cell = ",".join(row[:length])
        if length == 1 or any(form.fullmatch(cell.strip()) for form in forms):
            found += [(cell, *rest) for rest in _ways(row[length:], kinds[1:], is_decimal)]
        if len(found) > 1:
            break
    return tuple(found[:2])
