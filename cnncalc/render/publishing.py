"""Tables for documents: LaTeX with booktabs, and HTML, whose text is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct

from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict
from cnncalc.problems import printable
from cnncalc.render.columns import Column
from cnncalc.render.latex_text import escaped
from cnncalc.render.table import heading, summary, totals_of


class PlainTable(Struct, frozen=True):
    """A table of texts: its titles, whether each column is text, its rows, and rows of totals."""

    titles: Sequence[str]
    are_texts: Sequence[bool]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]] = ()


def table_of(report: Report, rows: Iterable[Row], columns: tuple[Column, ...]) -> PlainTable:
    """The rows of a network and its totals."""
    sums = [totals_of(report, column) for column in columns] if any(each.sum for each in columns) else []
    return PlainTable(
        [column.title for column in columns],
        [column.is_text for column in columns],
        [[column.cell(row, report) for column in columns] for row in rows],
        [*zip(*sums, strict=True)],
    )


def latex(table: PlainTable) -> str:
    """A tabular for a document that loads booktabs."""
    sides = "".join("l" if is_text else "r" for is_text in table.are_texts)
    totals = [r"\midrule", *map(_latex_row, table.totals)] if table.totals else []
    lines = [
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
        _latex_row(table.titles),
        r"\midrule",
        *map(_latex_row, table.rows),
        *totals,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _latex_row(cells: Sequence[str]) -> str:
    # braces keep a cell that begins with [ or * from being read as an option of the row before
    shown = (_latex_text(cell) for cell in cells)
    return " & ".join(f"{{{cell}}}" if cell[:1] in ("[", "*") else cell for cell in shown) + r" \\"


def _latex_text(text: str) -> str:
    return escaped(printable(text))


def html(table: PlainTable) -> str:
    """A table element without styles of its own, except that numbers are to the right."""
    head = _html_row("th", table.titles, table.are_texts)
    body = "\n".join(_html_row("td", row, table.are_texts) for row in table.rows)
    foot = "\n".join(_html_row("th", row, table.are_texts) for row in table.totals)
    ends = f"<tfoot>\n{foot}\n</tfoot>\n" if foot else ""
    return f"<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n{ends}</table>\n"


def _html_row(tag: str, cells: Sequence[str], are_texts: Sequence[bool]) -> str:
    sides = ("left" if is_text else "right" for is_text in are_texts)
    shown = (
        f'<{tag} style="text-align:{side}">{_html_text(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(shown)}</tr>"


def _html_text(text: str) -> str:
    return escape(printable(text))


class Publication(Struct, frozen=True):
    """Tables with the title and the notes that belong to them."""

    title: str
    tables: Sequence[PlainTable]
    notes: Sequence[str] = ()


def published(shown: Publication, format: str) -> str:
    """A publication as `latex` or `html`.

    LaTeX has the title and the notes as comments, HTML as a paragraph and a list.
    """
    if format == "latex":
        comments = [f"% {printable(line)}" for line in (shown.title, *shown.notes)]
        return "\n".join([r"% needs \usepackage{booktabs}", *comments, *map(latex, shown.tables)])
    items = "\n".join(f"<li>{_html_text(line)}</li>" for line in shown.notes)
    notes = f"<ul>\n{items}\n</ul>\n" if items else ""
    title = f"<p><strong>{_html_text(shown.title)}</strong></p>\n"
    return f"{title}{''.join(map(html, shown.tables))}{notes}"


def report_publication(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    note: str = "",
) -> Publication:
    """The table of a network, and its totals."""
    said = [*filter(None, [note]), *summary(report, columns, verdicts, changed)]
    return Publication(heading(report).plain, [table_of(report, rows, columns)], said)
