"""Tables of answers: CSV with any separator, and Markdown. A malformed cell affects its row only."""

import csv
import io
import re
from collections.abc import Iterator

from cnncalc.spec.files import MAX_BYTES

Table = list[tuple[int, list[str]]]
"""The rows of a table with their line numbers, header first."""


def csv_table(text: str) -> Table:
    """Read a table separated by commas, semicolons, tabs or bars."""
    first = text.lstrip().splitlines()[0]
    if first.lower().startswith("sep="):  # Excel's line that names the separator
        text = text.split("\n", 1)[1] if "\n" in text else ""
        delimiter = first[4:5] or ","
    else:
        delimiter = max(";\t,|", key=first.count)
    longest = csv.field_size_limit(MAX_BYTES)
    try:
        return [(line, row) for line, row in _rows(text, delimiter) if any(cell.strip() for cell in row)]
    finally:
        csv.field_size_limit(longest)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their line numbers.

    An unclosed quote would swallow the following rows, so its line is read separately.
    """
    lines = _Lines(list(io.StringIO(text, newline="")))
    while lines.at < len(lines.lines):
        first = lines.at
        try:
            for row in csv.reader(lines, delimiter=delimiter, strict=True):
                yield lines.at, row
                first = lines.at
        except csv.Error:
            lines.at = first + 1
            yield lines.at, _alone(lines.lines[first], delimiter)


class _Lines:
    """An iterator over lines that can be reset to any line."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def _alone(line: str, delimiter: str) -> list[str]:
    """The cells of a line with malformed quotes; an unclosed quote is an ordinary character."""
    if line.count('"') % 2:
        return line.rstrip("\r\n").split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def markdown_tables(text: str) -> list[Table]:
    """Read all tables of a Markdown page."""
    tables: list[Table] = [[]]
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.lstrip().startswith("|"):
            tables.append([])
            continue
        cells = [
            cell.strip().replace(r"\|", "|").strip("`")
            for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))
        ]
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            tables[-1].append((number, cells))
    return [table for table in tables if table]
