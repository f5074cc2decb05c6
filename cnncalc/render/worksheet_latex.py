"""Tables of a worksheet in LaTeX that fit the page of an `article`, which needs no package for them.

There, lines are 345 pt and pages 550 pt: tables are divided into parts that fit, and cells break their lines.
"""

import re
from collections.abc import Iterator, Sequence
from math import ceil

from cnncalc.render.latex_text import escaped

LINE, PAGE, HEAD = 345.0, 520.0, 100.0
"""Width of a line, height of a page, and height of what is above the first table, in points."""
FONT, LEADING, STRETCH = 8.0, 9.5, 1.4
LETTER = 4.3
"""Width of a letter, on average with room to break lines."""
PAD = 7.0
"""Space on both sides of a column, with its rule."""
NAME, GIVEN, ANSWER = 75.0, 95.0, 46.0
"""Most for the names of layers, least for what is given, and room to write an answer by hand."""
PARTS = re.compile(r"[^._/×,-]{0,12}[._/×,-]+|[^._/×,-]{1,12}")
"""Parts of a word, between which it may be divided."""

Row = Sequence[str]


def tables(header: Row, rows: Sequence[Row]) -> list[str]:
    """The table, whose first two columns are the layer and what is given, in parts of lines and columns."""
    lines = [
        rf"{{\fontsize{{{FONT:g}}}{{{LEADING:g}}}\selectfont\setlength{{\tabcolsep}}{{3pt}}%",
        rf"\renewcommand{{\arraystretch}}{{{STRETCH:g}}}",
    ]
    left = PAGE - HEAD
    for columns, widths in _parts(header, rows):
        for chunk in _pages([[row[at] for at in columns] for row in rows], widths, left):
            lines += _tabular([header[at] for at in columns], chunk, widths, texts=2 if 1 in columns else 1)
            left = PAGE
    return [*lines, "}"]


def _parts(header: Row, rows: Sequence[Row]) -> Iterator[tuple[list[int], list[float]]]:
    """The columns of each part with their widths in points; the first part has what is given."""
    needs = [max(_width(row[at]) for row in (header, *rows)) for at in range(len(header))]
    name = min(needs[0], NAME) + PAD
    answers = [max(need, ANSWER) + PAD for need in needs[2:]]
    first, done = min(needs[1], GIVEN) + PAD, 0
    while done < len(answers):
        taken, room = 1, LINE - name - first - answers[done]
        while done + taken < len(answers) and answers[done + taken] <= room:
            room -= answers[done + taken]
            taken += 1
        chosen = answers[done : done + taken]
        if done:
            yield [0, *range(2 + done, 2 + done + taken)], [name, *chosen]
        else:
            wide = min(first + max(room, 0), needs[1] + PAD)
            yield [0, 1, *range(2, 2 + taken)], [name, max(wide, first), *chosen]
        first, done = 0.0, done + taken


def _pages(rows: Sequence[Row], widths: list[float], left: float) -> Iterator[list[Row]]:
    """The rows in parts of which each fits a page, the first one below what is above it."""
    chunk: list[Row] = []
    room = left - LEADING * STRETCH
    for row in rows:
        height = _height(row, widths)
        if chunk and height > room:
            yield chunk
            chunk, room = [], PAGE - LEADING * STRETCH
        chunk.append(row)
        room -= height
    yield chunk


def _height(row: Row, widths: list[float]) -> float:
    cells = zip(row, widths, strict=True)
    lines = max(ceil(_width(cell) / (width - PAD)) for cell, width in cells)
    return LEADING * (STRETCH + max(lines - 1, 0)) + 0.4


def _width(text: str) -> float:
    return (len(text) + text.count("×")) * LETTER


def _tabular(header: Row, rows: Sequence[Row], widths: list[float], texts: int) -> list[str]:
    """A part of the table, in which the words of the first `texts` columns may be divided."""
    columns = "".join(
        rf"p{{\dimexpr{int(1000 * width / LINE) / 1000:g}\linewidth-2\tabcolsep-.4pt}}|" for width in widths
    )
    return [
        rf"\noindent\begin{{tabular}}{{@{{}}|{columns}@{{}}}}",
        r"\hline",
        *(_line(row, texts) for row in (header, *rows)),
        r"\end{tabular}\par\medskip",
    ]


def _line(row: Row, texts: int) -> str:
    cells = [*map(_broken, row[:texts]), *map(escaped, row[texts:])]
    return " & ".join(rf"\raggedright {cell}" if cell else "" for cell in cells) + r" \tabularnewline \hline"


def _broken(text: str) -> str:
    """Text whose long words may be divided."""
    words = (PARTS.findall(word) for word in text.split())
    return " ".join(r"\allowbreak{}".join(map(escaped, parts)) for parts in words)
