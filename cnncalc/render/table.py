"""A report as a table for people: in a terminal, fitted to its window, or as Markdown."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.counts import Counting
from cnncalc.analysis.memory import Memory, megabytes
from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict
from cnncalc.render.columns import BELOW_PEAK, Column, count
from cnncalc.render.markdown import escaped
from cnncalc.render.markdown import table as markdown_table

GAP = 2
"""Between columns; one of it is the divider that the box draws as a blank."""
NARROWEST = 12
FAINT = "dim"
HELD_IN_MACS = ("adds", "multiplications")
LONG = 2000
"""Layers from which on a table is laid out plainly."""


def table(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    width: int | None,
) -> RenderableType:
    """The table of one network with its heading and totals; `width` is the window's, if there is one."""
    if len(rows) > LONG:
        lines = [
            heading(report).plain,
            "",
            *_long(report, rows, columns),
            "",
            *summary(report, columns, verdicts, changed),
        ]
        return "\n".join([*lines, ""])
    shown, text_widths, left_out = _fitted(report, rows, columns, width)
    parts: list[RenderableType] = [heading(report), "", _body(report, rows, shown, text_widths), ""]
    parts += [Text(line) for line in summary(report, columns, verdicts, changed)]
    if left_out:
        names = ", ".join(column.title for column in left_out)
        parts.append(Text(f"left out for want of room: {names} (--columns chooses)", FAINT))
    return Group(*parts)


def _body(
    report: Report, rows: tuple[Row, ...], shown: tuple[Column, ...], text_widths: dict[str, int]
) -> Table:
    sums = any(column.sum for column in shown)
    body = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=sums, padding=(0, GAP - 1, 0, 0)
    )
    for column in shown:
        body.add_column(
            column.header,
            _total(report, column),
            justify="left" if column.is_text else "right",
            no_wrap=not column.is_text,
            width=text_widths.get(column.name),
            footer_style="bold",
        )
    for row in rows:
        body.add_row(*(Text(_cell(report, row, column, text_widths)) for column in shown))
    return body


def _long(report: Report, rows: tuple[Row, ...], shown: tuple[Column, ...]) -> list[str]:
    """The table of a network of very many layers: the same cells, laid out a hundred times quicker."""
    lines = [[column.title for column in shown]]
    lines += [[column.cell(row, report.layout) for column in shown] for row in rows]
    lines += [[""] * len(shown), [_total(report, column) for column in shown]]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    sides = ["<" if column.is_text else ">" for column in shown]
    form = (" " * GAP).join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
    return [form.format(*line).rstrip() for line in lines]


def _total(report: Report, column: Column) -> str:
    if column.name == "name":
        return "total"
    return count(column.sum(report.totals)) if column.sum else ""


def _cell(report: Report, row: Row, column: Column, widths: dict[str, int]) -> str:
    """The text of a cell; a name that is too long breaks behind its dots."""
    text = column.cell(row, report.layout)
    width = widths.get(column.name)
    return text if width is None else broken(text, width)


def broken(text: str, width: int) -> str:
    """A name that is too long for a width, broken behind its dots; prose is left to the table."""
    if len(text) <= width or " " in text:
        return text
    lines = [""]
    for part in _parts_of(text):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _fitted(
    report: Report, rows: tuple[Row, ...], columns: tuple[Column, ...], width: int | None
) -> tuple[tuple[Column, ...], dict[str, int], tuple[Column, ...]]:
    """The columns that fit, the widths of those of text, and the columns left out.

    Numbers are never cut. Text folds first; then whole columns give way, the least important first.
    """
    natural = {column.name: _width(report, rows, column) for column in columns}
    if width is None:
        return columns, {}, ()
    kept = list(columns)
    while True:
        least = {c.name: _least(report, rows, c, natural[c.name]) for c in kept}
        room = width - sum(least.values()) - GAP * len(kept)
        droppable = [column for column in kept if column.rank]
        if room >= 0 or not droppable:
            break
        kept.remove(max(droppable, key=lambda column: column.rank))
    texts = {}
    for column in kept:
        if column.is_text:
            grown = min(natural[column.name], least[column.name] + max(room, 0))
            room -= grown - least[column.name]
            texts[column.name] = grown
    return tuple(kept), texts, tuple(column for column in columns if column not in kept)


def _least(report: Report, rows: tuple[Row, ...], column: Column, natural: int) -> int:
    """How narrow a column may get: text folds at blanks and behind dots, numbers not at all."""
    if not column.is_text:
        return natural
    cells = (column.cell(row, report.layout) for row in rows)
    parts = (part for cell in cells for part in _parts_of(cell))
    return max(min(natural, NARROWEST), max(map(len, parts), default=0))


def _parts_of(text: str) -> list[str]:
    """The pieces that are not folded any further, their separators included."""
    return text.split(" ") if " " in text else text.replace(".", ".\0").split("\0")


def _width(report: Report, rows: tuple[Row, ...], column: Column) -> int:
    cells = [_total(report, column), *(column.cell(row, report.layout) for row in rows)]
    return max(map(len, (*column.header.split("\n"), *cells)))


def heading(report: Report) -> Text:
    """The network, its input, and where it comes from."""
    text = Text(report.name, "bold")
    batch = f" · batch {report.batch}" if report.batch > 1 else ""
    text.append(f"  input {report.input.text(report.layout)}{batch}", "not bold")
    if report.origin:
        text.append(f"  {report.origin}", "not bold dim")
    return text


def summary(
    report: Report, columns: tuple[Column, ...], verdicts: tuple[Verdict, ...], changed: bool
) -> list[str]:
    """The lines under a table: what the totals are made of, and whether claims hold."""
    totals = report.totals
    params = totals.params
    lines = [f"parameters  {count(params.total)}" + _parts(params.trainable, params.frozen, totals.buffers)]
    lines.append(f"MACs        {count(totals.macs)}  (multiply-accumulates of conv and dense layers)")
    lines.append(f"FLOPs       {count(totals.flops)}  (2 × MACs + every other operation)")
    lines += _besides_macs(columns)
    if report.counting:
        lines += counted_lines(report.counting, totals.counted)
    lines.append(f"memory      {_memory(report.memory)}")
    claims = [verdict for verdict in verdicts if not verdict.is_budget]
    budgets = [verdict for verdict in verdicts if verdict.is_budget]
    if claims:
        lines.append(f"expectations: {sum(v.holds for v in claims)} of {len(claims)} hold")
    elif changed:
        lines.append("expectations: not checked, they are about the network as written")
    if report.note:
        lines.append(f"note: {report.note}")
    if budgets:
        lines.append(f"budget: {sum(v.holds for v in budgets)} of {len(budgets)} limits kept")
    return lines


def _besides_macs(columns: tuple[Column, ...]) -> list[str]:
    """What is not in a column that one may think holds all additions, or all multiplications."""
    shown = [column.title for column in columns if column.name in HELD_IN_MACS]
    said = f"{', '.join(shown)}: besides those in the MACs, each of which is a multiplication and an addition"
    return [said] if shown else []


def counted_lines(counting: Counting, totals: tuple[int, ...]) -> list[str]:
    """What another tool counts in all, and the kinds that do arithmetic and that it does not count."""
    numbers = (f"{count(n)} {name}" for n, name in zip(totals, counting.quantities, strict=True))
    lines = [f"{counting.tool:<11} {', '.join(numbers)}  ({counting.source})"]
    reasons = ((counting.unknown, "unknown to it"), (counting.ignored, "0 by its rule"))
    parts = [f"{', '.join(kinds)} ({reason})" for kinds, reason in reasons if kinds]
    return [*lines, f"not counted by {counting.tool}: {'; '.join(parts)}"] if parts else lines


def _memory(memory: Memory) -> str:
    """What an inference and a training step take, and which layer holds the peak."""
    why = f", which {BELOW_PEAK}" if memory.trains_on_less else ""
    return (
        f"{megabytes(memory.parameters)} of parameters, {megabytes(memory.peak)} of activations at the peak "
        f"({memory.peak_layer}); to train {megabytes(memory.training)}{why}  "
        f"({memory.data_type}, {memory.method})"
    )


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
    lines = [f"## {escaped(report.name)}", "", f"input {report.input.text(report.layout)}", ""]
    cells = [[escaped(column.cell(row, report.layout)) for column in columns] for row in rows]
    totals = [f"**{total}**" if (total := _total(report, column)) else "" for column in columns]
    titles = [column.title for column in columns]
    lines += markdown_table(titles, (column.is_text for column in columns), [*cells, totals])
    lines += ["", *(f"- {line}" for line in summary(report, columns, verdicts, changed)), ""]
    return "\n".join(lines)
