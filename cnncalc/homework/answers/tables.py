"""Tables of answers as text: CSV with any separator, Markdown. A broken cell costs its row at most."""

import csv
import io
import re
from collections.abc import Iterator

from cnncalc.spec.files import MAX_BYTES

Table = list[tuple[int, list[str]]]
"""The rows of a table with the numbers of their lines, the header first."""


def csv_table(text: str) -> Table:
    """The rows of a table with commas, semicolons, tabs or bars between its cells."""
    first = text.lstrip().splitlines()[0]
    if first.lower().startswith("sep="):  # Excel's own line about it
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
    """The rows with the numbers of their lines.

    A quote that is not closed would swallow the rows behind it: its line is read by itself.
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
    """Lines that are read one by one, and can be read again from any one."""

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
    """The cells of a line whose quotes are amiss; where one is left open they count for nothing."""
    if line.count('"') % 2:
        return line.rstrip("\r\n").split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def markdown_tables(text: str) -> list[Table]:
    """The tables of a page."""
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
