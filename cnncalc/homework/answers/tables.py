"""Tables of answers: CSV, Markdown, or printed by a program. A malformed cell affects its row only."""

import csv
import io
import re
from collections.abc import Iterator

from cnncalc.spec.files import MAX_BYTES

MAX_LINE = 2_000
"""Longest line of a printed table."""
Table = list[tuple[int, list[str]]]
"""The rows of a table with their line numbers, header first."""


DELIMITERS = ";\t|,"
GAPS = re.compile(r"\s{2,}|\s*[|\u2502\u2503]\s*")
"""Between the columns of a table that a program has printed."""
RULE = re.compile(r"[\s|+:=_\u2500-\u257f-]*")
"""A line of a table without cells."""


def csv_tables(text: str) -> list[Table]:
    """A table as each separator divides it: semicolons, tabs, bars or commas, the likeliest first.

    Excel's `sep=` line decides.
    """
    first = text.lstrip().splitlines()[0]
    if first.lower().startswith("sep="):
        text = text.split("\n", 1)[1] if "\n" in text else ""
        return [_divided(text, first[4:5] or ",")]
    used = [delimiter for delimiter in DELIMITERS if delimiter in text] or [","]
    return [_divided(text, each) for each in sorted(used, key=first.count, reverse=True)]


def csv_table(text: str) -> Table:
    """A table as its likeliest separator divides it."""
    return csv_tables(text)[0]


def _divided(text: str, delimiter: str) -> Table:
    longest = csv.field_size_limit(MAX_BYTES)
    try:
        rows = list(_rows(text, delimiter))
    finally:
        csv.field_size_limit(longest)
    return [(line, row) for line, row in rows if not all(RULE.fullmatch(cell) for cell in row)]


def printed_table(text: str) -> Table:
    """A table that a program has printed, with columns between gaps or lines, such as Keras' summary."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        (number, GAPS.split(line.strip(" \t|\u2502\u2503")))
        for number, line in lines
        if len(line) <= MAX_LINE and not RULE.fullmatch(line)
    ]


ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
"""A sign that is no markup in Markdown."""
UNSEEN = "<!-- -->"
"""What keeps a name or number in Markdown from being a link."""
ASSIGNED = re.compile(r"([^=:;|,\t]{1,80}?)\s*=\s*([^=\s].*)")


def assignments(text: str) -> Table:
    """Lines such as `conv1.params = 156`; empty if most lines are not of this form."""
    lines = [(at, line.strip()) for at, line in enumerate(text.splitlines(), start=1) if line.strip()]
    found = [(at, pair) for at, line in lines if len(line) <= MAX_LINE and (pair := ASSIGNED.fullmatch(line))]
    return [(at, [pair[1], pair[2]]) for at, pair in found] if 2 * len(found) > len(lines) else []


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


def unescaped(text: str) -> str:
    """Markdown text as its reader sees it.

    >>> unescaped("stem\\\\_1, @<!-- -->ann")
    'stem_1, @ann'
    """
    return ESCAPED.sub(r"\1", text.replace(UNSEEN, ""))


def markdown_tables(text: str) -> list[Table]:
    """Read all tables of a Markdown page."""
    tables: list[Table] = [[]]
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.lstrip().startswith("|"):
            tables.append([])
            continue
        cells = [
            unescaped(cell).strip().strip("`") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))
        ]
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            tables[-1].append((number, cells))
    return [table for table in tables if table]
