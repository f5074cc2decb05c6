"""Report tables, for a terminal of a given width or as Markdown."""

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from cnncalc.analysis.counts import Counting, Parameters, Totals
from cnncalc.analysis.memory import megabytes
from cnncalc.analysis.outline import OutlineLine
from cnncalc.analysis.report import Report, Row, running
from cnncalc.checks import Verdict
from cnncalc.problems import Problem
from cnncalc.render.columns import BELOW_PEAK, Column, count
from cnncalc.render.grid import FAINT, GAP, HEAVY, Grid, Lane
from cnncalc.render.markdown import escaped, prose
from cnncalc.render.markdown import table as markdown_table
from cnncalc.shapes import listed

NARROWEST = 12
MARK, MARKING = "▸", Style(bold=True, color="magenta")
MARKED = ("params", "macs")
CLOSE, SOME = 0.9, 0.5
"""Layers are marked from this share of the largest value, if they are at most this share of all layers."""
NOTHING = ("0", "–", "0 %")
AUXILIARY = "auxiliary heads"
INSIDE_MACS = ("adds", "multiplications")


class WrittenColumn(Struct, frozen=True):
    """A column with the text of its cells, their styles, and the width that shows every cell on one line.

    `faint` counts the characters in front of each name that draw the tree.
    """

    column: Column
    cells: list[str]
    totals: list[str]
    natural: int
    styles: Sequence[Style | None] = ()
    faint: Sequence[int] = ()

    @property
    def least(self) -> int:
        """The minimum width: names and kinds are shortened, other text wraps, numbers stay whole."""
        if not self.column.is_text:
            return self.natural
        if self.column.name not in SHORTENED:
            parts = (cell_len(part) for cell in self.cells for part in _parts_of(cell))
            return max(min(self.natural, NARROWEST), max(parts, default=0))
        start = max(self.faint, default=0)
        return min(self.natural, start + SHORTEST[self.column.name])

    def lane(self, width: int) -> Lane:
        """The column at a given width."""
        column, cells = self.column, self.cells
        if column.name in SHORTENED:
            shorten = SHORTENED[column.name]
            starts = self.faint or [0] * len(cells)
            cells = [
                cell[:start] + shorten(cell[start:], width - start)
                for cell, start in zip(cells, starts, strict=True)
            ]
        elif column.is_text:
            cells = [broken(cell, width) for cell in cells]
        return Lane(column.header, cells, self.totals, width, column.is_text, self.styles, self.faint)


def shortened_name(name: str, width: int) -> str:
    """A name without its first blocks, so that it fits: `…residual.conv1`.

    >>> shortened_name("stage1.0.add.residual.conv1", 16), shortened_name("stage1.0.add", 12)
    ('…residual.conv1', 'stage1.0.add')
    >>> shortened_name("a_very_long_name", 10)
    '…long_name'
    """
    if cell_len(name) <= width:
        return name
    at = name.find(".")
    while at >= 0:
        if cell_len(name) - at <= width:
            return ELLIPSIS + name[at + 1 :]
        at = name.find(".", at + 1)
    while name and cell_len(name) >= width:
        name = name[1:]
    return ELLIPSIS + name


def shortened_kind(kind: str, width: int) -> str:
    """A kind without its last parts, so that it fits: `conv + …`.

    >>> shortened_kind("conv + batchnorm + relu", 20), shortened_kind("bottleneck ×3", 8)
    ('conv + batchnorm + …', 'bottlen…')
    """
    if cell_len(kind) <= width:
        return kind
    parts = kind.split(" + ")
    while len(parts) > 1:
        parts.pop()
        short = " + ".join([*parts, ELLIPSIS])
        if cell_len(short) <= width:
            return short
    while kind and cell_len(kind) >= width:
        kind = kind[:-1]
    return kind + ELLIPSIS


ELLIPSIS = "…"
SHORTENED = {"name": shortened_name, "kind": shortened_kind}
"""Columns whose cells never wrap."""
SHORTEST = {"name": 8, "kind": 12}
"""Their minimum width, for a name beside the lines of the tree."""


def table(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    width: int | None,
    note: str = "",
) -> RenderableType:
    """The table of one network with heading and totals; `width` is the terminal's, None for no limit.

    `note` says which rows are shown, if not all.
    """
    written = [_written(report, rows, column) for column in columns]
    return _table(
        report, written, columns, [note] if note else [], summary(report, columns, verdicts, changed), width
    )


def tree(
    report: Report,
    lines: tuple[OutlineLine, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    width: int | None,
) -> RenderableType:
    """The table as a tree: blocks in bold, zeros dim, the costliest layers marked."""
    written = [_of_tree(report, lines, column) for column in columns]
    marked = [each.column.title for each in written if any(cell.startswith(MARK) for cell in each.cells)]
    notes = [f"{MARK} layers with the most {' or '.join(marked)}"] if marked else []
    return _table(report, written, columns, notes, summary(report, columns, verdicts, changed), width)


def _table(
    report: Report,
    written: list[WrittenColumn],
    columns: tuple[Column, ...],
    notes: list[str],
    below: list[str],
    width: int | None,
) -> RenderableType:
    shown = _fitted(written, width)
    body = _grid(shown, any(each.column.sum for each, _ in shown))
    parts: list[RenderableType] = [heading(report), "", body, ""]
    parts += [Text(line) for line in [*notes, *below]]
    kept = [each.column for each, _ in shown]
    if hidden := ", ".join(column.title for column in columns if column not in kept):
        parts.append(Text(f"columns hidden: the terminal is too narrow ({hidden}; --columns chooses)", "dim"))
    return Group(*parts)


def rows_before(report: Report, columns: tuple[Column, ...], width: int | None, note: str) -> RenderableType:
    """The rows of a part of a network, without totals, and a note below them."""
    written = [_written(report, report.layers, column) for column in columns]
    return Group(heading(report), "", _grid(_fitted(written, width), False), "", Text(note))


def _grid(shown: list[tuple[WrittenColumn, int]], has_totals: bool) -> Grid:
    lanes = tuple(each.lane(room) for each, room in shown)
    return Grid(lanes if has_totals else tuple(structs.replace(lane, footers=()) for lane in lanes))


def _written(report: Report, rows: tuple[Row, ...], column: Column) -> WrittenColumn:
    cells = [column.cell(row, report) for row in rows]
    totals = totals_of(report, column)
    natural = max(map(cell_len, (*column.header.split("\n"), *cells, *totals)))
    return WrittenColumn(column, cells, totals, natural)


def _of_tree(report: Report, lines: tuple[OutlineLine, ...], column: Column) -> WrittenColumn:
    """A column of the tree."""
    written = _written(report, tuple(line.row for line in lines), column)
    if column.name == "name":
        stems = [_stem(line.trail) for line in lines]
        cells = [stem + line.label for stem, line in zip(stems, lines, strict=True)]
        natural = max(map(cell_len, (column.header, *cells, *written.totals)))
        styles = [HEAVY if line.is_block else None for line in lines]
        return WrittenColumn(column, cells, written.totals, natural, styles, [*map(len, stems)])
    costliest = _costliest(lines, column) if column.name in MARKED else set()
    cells = [f"{MARK} {cell}" if at in costliest else cell for at, cell in enumerate(written.cells)]
    styles = [
        MARKING if at in costliest else FAINT if cell in NOTHING else HEAVY if line.is_block else None
        for at, (cell, line) in enumerate(zip(cells, lines, strict=True))
    ]
    natural = max(written.natural, *map(cell_len, cells)) if cells else written.natural
    return WrittenColumn(column, cells, written.totals, natural, styles)


def _stem(trail: tuple[bool, ...]) -> str:
    """The lines in front of a name that lead to it from the block above."""
    _, *inner = trail
    if not inner:
        return ""
    *above, follows = inner
    return "".join("│ " if more else "  " for more in above) + ("├ " if follows else "└ ")


def _costliest(lines: tuple[OutlineLine, ...], column: Column) -> set[int]:
    """The layers whose value is close to the largest, unless those are many of the layers."""
    assert column.sum is not None
    values = {at: column.sum(line.row) for at, line in enumerate(lines) if not line.is_block}
    most, costly = max(values.values(), default=0), [value for value in values.values() if value]
    found = {at for at, value in values.items() if value and value >= CLOSE * most}
    return found if len(found) <= SOME * len(costly) else set()


def totals_of(report: Report, column: Column) -> list[str]:
    """The cells of a column below the layers: the total, and if there are any, that of auxiliary heads."""
    sums = {"total": report.totals, AUXILIARY: report.auxiliary}
    return [
        title if column.name == "name" else count(column.sum(totals)) if column.sum else ""
        for title, totals in sums.items()
        if title != AUXILIARY or report.heads
    ]


def broken(text: str, width: int) -> str:
    """A long name with line breaks after its dots; text with spaces is returned as it is."""
    if len(text) <= width or " " in text:
        return text
    lines = [""]
    for part in _parts_of(text):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _fitted(written: list[WrittenColumn], width: int | None) -> list[tuple[WrittenColumn, int]]:
    """The columns that fit the width, each with its own width.

    Numbers are never cut. Text becomes narrower first; then columns are hidden, the highest rank first.
    """
    if not width:
        return [(each, each.natural) for each in written]
    kept = [(each, each.least) for each in written]
    while True:
        room = width + GAP - sum(least + GAP for _, least in kept)
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
    """The pieces of a text between which it may wrap, with their separators."""
    return text.split(" ") if " " in text else text.replace(".", ".\0").split("\0")


def heading(report: Report) -> Text:
    """The name of the network, its input and its source."""
    text = Text(report.name, "bold")
    batch = f" · batch {report.batch}" if report.batch > 1 else ""
    text.append(f"  {_entries(report)}{batch}{dialect_of(report)}", "not bold")
    if report.origin:
        text.append(f"  {report.origin}", "not bold dim")
    return text


def inputs_text(report: Report) -> str:
    """The shape of the only input, or the names and shapes of several."""
    return listed(report.inputs, report.layout)


def _entries(report: Report) -> str:
    return f"{'inputs' if len(report.inputs) > 1 else 'input'} {inputs_text(report)}"


def dialect_of(report: Report) -> str:
    """The dialect of a spec that names one."""
    is_own = report.dialect == "cnncalc"
    return "" if is_own else f" · dialect {report.dialect}"


def _what_multiplies(report: Report) -> str:
    """What the multiply-accumulates are of: also products of activations and declared layers, if any."""
    rows = (row for row in running(report.layers) if row.costs.macs)
    others = [row.layer for row in rows if row.layer and not row.layer.has_neurons]
    words = ["conv", "dense"]
    words += ["attention"] if any(not layer.is_declared for layer in others) else []
    words += ["declared"] if any(layer.is_declared for layer in others) else []
    return f"multiply-accumulates of {', '.join(words[:-1])} and {words[-1]} layers"


def summary(
    report: Report, columns: tuple[Column, ...], verdicts: tuple[Verdict, ...], changed: bool
) -> list[str]:
    """The lines under a table: totals, unused layers, memory, expectations and budgets."""
    totals = report.totals
    params = totals.params
    with_heads = f", with auxiliary heads {count(report.params_with_auxiliary)}" if report.heads else ""
    of = totals.declared
    lines = [
        f"parameters  {count(params.total)}{_parts(params, totals.buffers)}{with_heads}{declared(of.params)}",
        f"MACs        {count(totals.macs)}  ({_what_multiplies(report)}){declared(of.macs)}",
        f"2 × MACs    {count(2 * totals.macs)}  (what most courses call FLOPs){declared(2 * of.macs)}",
        f"FLOPs       {count(totals.flops)}  (2 × MACs + all other operations){declared(of.flops)}",
    ]
    lines += _without_macs(columns)
    if report.counting:
        lines += counted_lines(report.counting, totals.counted)
    if len(report.ends) > 1:
        shapes = {name: row.output for name, row in report.outputs.items()}
        lines.append(f"outputs     {listed(shapes, report.layout)}")
    lines += _heads(report)
    lines += _unused(report)
    lines.append(f"memory      {_memory(report)}")
    claims = [verdict for verdict in verdicts if not verdict.is_budget]
    budgets = [verdict for verdict in verdicts if verdict.is_budget]
    if claims:
        lines.append(f"expected values: {sum(v.holds for v in claims)} of {len(claims)} match")
    elif changed:
        lines.append("expected values: not checked, because the network was changed by an option")
    if report.note:
        lines.append(f"note: {report.note}")
    lines += read_as(report.findings)
    if budgets:
        lines.append(f"budgets: {sum(v.holds for v in budgets)} of {len(budgets)} met")
    return lines


def declared(number: int) -> str:
    """How much of a total the spec declares; empty if nothing."""
    return f", of which declared: {count(number)}" if number else ""


def declared_totals(totals: Totals) -> str:
    """`18,496 parameters, 9,437,184 MACs`, as far as the spec declares them; empty if nothing."""
    of = totals.declared
    numbers = {"parameters": of.params, "MACs": of.macs, "FLOPs": of.flops}
    return ", ".join(f"{count(number)} {name}" for name, number in numbers.items() if number)


def declared_layers(report: Report) -> list[str]:
    """The names of the layers whose numbers the spec declares."""
    return [row.name for row in report.layers if row.layer is not None and row.layer.is_declared]


def declared_part(totals: Totals) -> str:
    """How much of a line of totals the spec declares; empty if nothing."""
    text = declared_totals(totals)
    return f"; of which declared: {text}" if text else ""


def declared_notes(reports: Iterable[Report]) -> list[str]:
    """For each network with declared layers, how much of its totals the spec declares."""
    found = ((report.name, declared_totals(report.totals)) for report in reports)
    return [f"{name}: of which declared: {text}" for name, text in dict.fromkeys(found) if text]


def read_as(findings: Sequence[Problem]) -> list[str]:
    """The layers as understood, one on each line as in a spec, if some were written otherwise."""
    found = [problem for problem in findings if problem.code == "read-as"]
    lines = [f"- {each.message}" + (f"  # {each.hint}" if each.hint else "") for each in found]
    return ["read as", *(f"  {line}" for line in lines)] if lines else []


def _heads(report: Report) -> list[str]:
    """The auxiliary heads, with the number and the MACs of their layers."""
    if not report.heads:
        return []
    layers = sum(row.auxiliary for row in report.layers)
    names = ", ".join(report.heads)
    macs = report.auxiliary.macs
    return [
        f"auxiliary   {names}: {count(layers)} layer{'s' * (layers > 1)}, {count(macs)} MACs, training only"
        + declared_part(report.auxiliary)
    ]


def _unused(report: Report) -> list[str]:
    """The number of layers that no output depends on, with their parameters and MACs."""
    rows = report.unused
    if not rows:
        return []
    params, macs = sum(row.params.total for row in rows), sum(row.costs.macs for row in rows)
    layers = f"{count(len(rows))} layers" if len(rows) > 1 else f"1 layer ({rows[0].name})"
    do = "do" if len(rows) > 1 else "does"
    return [f"unused      {layers} {do} not reach an output: {count(params)} parameters, {count(macs)} MACs"]


def _without_macs(columns: tuple[Column, ...]) -> list[str]:
    """A note that the columns of additions and multiplications leave out those inside MACs."""
    shown = [column.title for column in columns if column.name in INSIDE_MACS]
    note = f"{', '.join(shown)}: without those in MACs (each MAC is one multiplication and one addition)"
    return [note] if shown else []


def counted_lines(counting: Counting, totals: tuple[int, ...]) -> list[str]:
    """The totals of another tool, and the kinds with arithmetic that it does not count."""
    numbers = (f"{count(n)} {name}" for n, name in zip(totals, counting.quantities, strict=True))
    lines = [f"{counting.tool:<11} {', '.join(numbers)}  ({counting.source})"]
    reasons = ((counting.unknown, "unsupported"), (counting.ignored, "ignored"))
    parts = [f"{', '.join(kinds)} ({reason})" for kinds, reason in reasons if kinds]
    return [*lines, f"not counted by {counting.tool}: {'; '.join(parts)}"] if parts else lines


def _memory(report: Report) -> str:
    """Memory of parameters, of all outputs, of inference at its peak, and of a training step."""
    memory = report.memory
    note = f" ({BELOW_PEAK})" if memory.trains_on_less else ""
    batch = f" (batch {report.batch})" if report.batch > 1 else ""
    return (
        f"parameters {megabytes(memory.parameters)}, "
        f"all outputs {megabytes(report.totals.activation)}{batch}, "
        f"peak activations {megabytes(memory.peak)} at {memory.peak_layer}, "
        f"training {megabytes(memory.training)}{note}  ({memory.data_type}, {memory.method})"
    )


def _parts(params: Parameters, buffers: int) -> str:
    parts = []
    if params.weights and params.biases:
        plural = "es" * (params.biases != 1)
        parts.append(f"{count(params.weights)} weights + {count(params.biases)} bias{plural}")
    if params.frozen:
        parts.append(f"{count(params.trainable)} trainable, {count(params.frozen)} frozen")
    if buffers:
        parts.append(f"plus {count(buffers)} buffer value{'s' * (buffers != 1)}, not learned")
    return f"  ({'; '.join(parts)})" if parts else ""


def markdown(
    report: Report,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    verdicts: tuple[Verdict, ...],
    changed: bool,
    note: str = "",
) -> str:
    """The table as GitHub-flavoured Markdown."""
    entry = escaped(f"{_entries(report)}{dialect_of(report)}")
    lines = [f"## {escaped(report.name)}", "", entry, ""]
    cells = [[escaped(column.cell(row, report)) for column in columns] for row in rows]
    sums = zip(*(totals_of(report, column) for column in columns), strict=True)
    totals = [[f"**{total}**" if total else "" for total in line] for line in sums]
    titles = [column.title for column in columns]
    lines += markdown_table(titles, (column.is_text for column in columns), [*cells, *totals])
    said = [*([note] if note else []), *summary(report, columns, verdicts, changed)]
    lines += ["", *(f"- {prose(line)}" for line in said), ""]
    return "\n".join(lines)
