"""A report as a table for people: in a terminal, fitted to its window, or as Markdown."""

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict
from cnncalc.render.columns import Column, count

GAP = 2
NARROWEST_NAME = 16
FAINT = "dim"


def table(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    width: int | None,
) -> RenderableType:
    """The table of one network with its heading and totals; `width` is the window's, if there is one."""
    shown, name_width, left_out = _fitted(report, rows, columns, width)
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=True, padding=(0, GAP, 0, 0))
    for column in shown:
        body.add_column(
            column.header,
            _total(report, column),
            justify="left" if column.is_text else "right",
            no_wrap=not (column.is_text and name_width),
            overflow="fold",
            max_width=name_width if column.is_text else None,
            footer_style="bold",
        )
    for row in rows:
        body.add_row(*(Text(column.cell(row, report.layout)) for column in shown))
    parts: list[RenderableType] = [heading(report), "", body, ""]
    parts += [Text(line) for line in summary(report, verdicts, changed)]
    if left_out:
        names = ", ".join(column.header for column in left_out)
        parts.append(Text(f"left out for want of room: {names} (--columns chooses)", FAINT))
    return Group(*parts)


def _total(report: Report, column: Column) -> str:
    if column.name == "name":
        return "total"
    return count(column.sum(report.totals)) if column.sum else ""


def _fitted(
    report: Report, rows: tuple[Row, ...], columns: tuple[Column, ...], width: int | None
) -> tuple[tuple[Column, ...], int | None, tuple[Column, ...]]:
    """The columns that fit, the width that text folds to (None: no need), and those left out.

    Numbers are never cut. First text is folded, then whole columns give way, the least important
    first.
    """
    if width is None:
        return columns, None, ()
    widths = {column.name: _width(report, rows, column) for column in columns}
    kept = list(columns)
    while True:
        texts = [column for column in kept if column.is_text]
        fixed = sum(widths[column.name] + GAP for column in kept if not column.is_text)
        room = width - fixed - GAP * len(texts)
        if room >= sum(widths[column.name] for column in texts):
            name_width = None
            break
        name_width = room // len(texts) if texts else 0
        droppable = [column for column in kept if column.rank]
        if (not texts and room >= 0) or name_width >= NARROWEST_NAME or not droppable:
            break
        kept.remove(max(droppable, key=lambda column: column.rank))
    return tuple(kept), name_width and max(name_width, 8), tuple(c for c in columns if c not in kept)


def _width(report: Report, rows: tuple[Row, ...], column: Column) -> int:
    cells = [column.header, _total(report, column), *(column.cell(row, report.layout) for row in rows)]
    return max(map(len, cells))


def heading(report: Report) -> Text:
    """The network, its input, and where it comes from."""
    text = Text(report.name, "bold")
    batch = f" · batch {report.batch}" if report.batch > 1 else ""
    text.append(f"  input {report.input.text(report.layout)}{batch}", "not bold")
    if report.origin:
        text.append(f"  {report.origin}", "not bold dim")
    return text


def summary(report: Report, verdicts: tuple[Verdict, ...], changed: bool) -> list[str]:
    """The lines under a table: what the totals are made of, and whether claims hold."""
    totals = report.totals
    params = totals.params
    lines = [f"parameters  {count(params.total)}" + _parts(params.trainable, params.frozen, totals.buffers)]
    lines.append(f"MACs        {count(totals.macs)}  (multiply-accumulates of convolutions and dense layers)")
    lines.append(f"FLOPs       {count(totals.flops)}  (2 × MACs + every other operation)")
    claims = [verdict for verdict in verdicts if not verdict.is_budget]
    budgets = [verdict for verdict in verdicts if verdict.is_budget]
    if claims:
        lines.append(f"expectations: {sum(v.holds for v in claims)} of {len(claims)} hold")
    elif changed:
        lines.append("expectations: not checked, they are about the network as written")
    if budgets:
        lines.append(f"budget: {sum(v.holds for v in budgets)} of {len(budgets)} limits kept")
    return lines


def _parts(trainable: int, frozen: int, buffers: int) -> str:
    parts = []
    if frozen:
        parts += [f"{count(trainable)} trainable", f"{count(frozen)} frozen"]
    if buffers:
        parts.append(f"besides {count(buffers)} buffers")
    return f"  ({', '.join(parts)})" if parts else ""


def markdown(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
) -> str:
    """The table as GitHub-flavoured Markdown."""
    lines = [f"## {_escaped(report.name)}", "", f"input {report.input.text(report.layout)}", ""]
    lines.append(_line([column.header for column in columns]))
    lines.append(_line([":--" if column.is_text else "--:" for column in columns]))
    lines += [_line([_escaped(column.cell(row, report.layout)) for column in columns]) for row in rows]
    lines.append(_line([f"**{total}**" if (total := _total(report, column)) else "" for column in columns]))
    lines += ["", *(f"- {line}" for line in summary(report, verdicts, changed)), ""]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """Text that Markdown leaves alone."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def plain_console(width: int) -> Console:
    """A console without a window: nothing is truncated, nothing is coloured."""
    return Console(width=width, force_terminal=False, color_system=None, legacy_windows=False)
