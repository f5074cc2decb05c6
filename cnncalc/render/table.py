"""A report as a table for people: in a terminal, fitted to its window, or as Markdown."""

from msgspec import Struct
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from cnncalc.analysis.counts import Counting
from cnncalc.analysis.memory import Memory, megabytes
from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict
from cnncalc.render.columns import BELOW_PEAK, Column, count
from cnncalc.render.grid import GAP, Grid, Lane
from cnncalc.render.markdown import escaped
from cnncalc.render.markdown import table as markdown_table

NARROWEST = 12
FAINT = "dim"
HELD_IN_MACS = ("adds", "multiplications")


class WrittenColumn(Struct, frozen=True):
    """A column with the text of its cells, and the width in which none of them folds."""

    column: Column
    cells: list[str]
    total: str
    natural: int

    @property
    def least(self) -> int:
        """How narrow it may get: text folds at blanks and behind dots, numbers not at all."""
        if not self.column.is_text:
            return self.natural
        parts = (cell_len(part) for cell in self.cells for part in _parts_of(cell))
        return max(min(self.natural, NARROWEST), max(parts, default=0))

    def lane(self, width: int) -> Lane:
        """The column at a width; a name that is too long for it breaks behind its dots."""
        column = self.column
        cells = [broken(cell, width) for cell in self.cells] if column.is_text else self.cells
        return Lane(column.header, cells, self.total, width, column.is_text)


def table(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    width: int | None,
) -> RenderableType:
    """The table of one network with its heading and totals; `width` is the window's, if there is one."""
    written = [_written(report, rows, column) for column in columns]
    shown = _fitted(written, width) if width else [(each, each.natural) for each in written]
    lanes = tuple(each.lane(room) for each, room in shown)
    body = Grid(lanes, any(each.column.sum for each, _ in shown))
    parts: list[RenderableType] = [heading(report), "", body, ""]
    parts += [Text(line) for line in summary(report, columns, verdicts, changed)]
    kept = [each.column for each, _ in shown]
    if left_out := ", ".join(column.title for column in columns if column not in kept):
        parts.append(Text(f"left out for want of room: {left_out} (--columns chooses)", FAINT))
    return Group(*parts)


def _written(report: Report, rows: tuple[Row, ...], column: Column) -> WrittenColumn:
    cells = [column.cell(row, report.layout) for row in rows]
    total = _total(report, column)
    natural = max(map(cell_len, (*column.header.split("\n"), *cells, total)))
    return WrittenColumn(column, cells, total, natural)


def _total(report: Report, column: Column) -> str:
    if column.name == "name":
        return "total"
    return count(column.sum(report.totals)) if column.sum else ""


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


def _fitted(written: list[WrittenColumn], width: int) -> list[tuple[WrittenColumn, int]]:
    """The columns that fit in a window, each with its width.

    Numbers are never cut. Text folds first; then whole columns give way, the least important first.
    """
    kept = [(each, each.least) for each in written]
    while True:
        room = width - sum(least + GAP for _, least in kept)
        droppable = [pair for pair in kept if pair[0].column.rank]
        if room >= 0 or not droppable or len(kept) == 1:
            break
        kept.remove(max(droppable, key=lambda pair: pair[0].column.rank))
    fitted = []
    for each, least in kept:
        grown = min(each.natural, least + max(room, 0))
        room -= grown - least
        fitted.append((each, min(grown, width)))
    return fitted


def _parts_of(text: str) -> list[str]:
    """The pieces that are not folded any further, their separators included."""
    return text.split(" ") if " " in text else text.replace(".", ".\0").split("\0")


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
    lines += _unused(report)
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


def _unused(report: Report) -> list[str]:
    """How many layers the output does not depend on, and what they add to the totals."""
    rows = report.unused
    if not rows:
        return []
    params, macs = sum(row.params.total for row in rows), sum(row.costs.macs for row in rows)
    layers = f"{count(len(rows))} layers" if len(rows) > 1 else f"1 layer ({rows[0].name})"
    do = "do" if len(rows) > 1 else "does"
    return [f"unused      {layers} {do} not reach the output: {count(params)} parameters, {count(macs)} MACs"]


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
