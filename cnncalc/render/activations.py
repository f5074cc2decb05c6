"""Results of `run`: statistics of every layer's output, as a table, Markdown, CSV or JSON."""

import csv
import io
from collections.abc import Callable
from math import isfinite, isnan, prod
from typing import NamedTuple

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.memory import megabytes
from cnncalc.analysis.report import Report
from cnncalc.executor.nonfinite import NonFinite
from cnncalc.executor.top import TopClasses
from cnncalc.executor.trace import LayerTrace
from cnncalc.render.data import SCHEMA_VERSION, inputs_data
from cnncalc.render.grid import FAINT, GAP
from cnncalc.render.markdown import escaped, prose
from cnncalc.render.markdown import table as markdown_table
from cnncalc.render.table import broken, heading
from cnncalc.shapes import Layout, shape_of

NARROWEST = 24
"""Minimum width of the column of layer names."""

MOST_SAMPLES = 8
"""The most samples whose classes are printed."""

FOLDED = "folded rows show the output of their last layer and the total time"


class FirstValues(Struct, frozen=True):
    """The name, the shape and the first values of an output."""

    name: str
    sizes: tuple[int, ...]
    first: tuple[float, ...]


class Ran(Struct, frozen=True):
    """The results of a run."""

    report: Report
    traces: tuple[LayerTrace, ...]
    depth: int | None
    outputs: tuple[FirstValues, ...]
    nonfinite: NonFinite | None
    top: tuple[TopClasses, ...] = ()


class OutputRow(NamedTuple):
    """A layer, or a folded block: the output of its last layer and the time of all."""

    name: str
    kind: str
    last: LayerTrace
    seconds: float
    bad: int
    layout: Layout


class OutputColumn(NamedTuple):
    """One column. On a narrow terminal the highest `rank` is hidden first; rank 0 is never hidden."""

    header: str
    rank: int
    cell: Callable[[OutputRow], str]
    is_text: bool = False


def _sizes(line: OutputRow) -> str:
    return shape_of(line.last.dims).text(line.layout)


def value(number: float) -> str:
    """A number with four digits."""
    if not isfinite(number):
        return "NaN" if isnan(number) else f"{number}"
    return f"{number:,.0f}" if 1e3 <= abs(number) < 1e7 else f"{number:.4g}"


def duration(seconds: float) -> str:
    """`12.34 ms`, `6.35 s`."""
    return f"{seconds:,.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def rate(number: float) -> str:
    """A rate per second: `52.2 billion`, `0.31 million`."""
    return f"{number / 1e9:,.1f} billion" if number >= 1e8 else f"{number / 1e6:.2f} million"


COLUMNS = (
    OutputColumn("layer", 0, lambda line: line.name, is_text=True),
    OutputColumn("kind", 8, lambda line: line.kind, is_text=True),
    OutputColumn("output", 2, _sizes),
    OutputColumn("dtype", 9, lambda line: line.last.data_type, is_text=True),
    OutputColumn("min", 5, lambda line: value(line.last.least)),
    OutputColumn("mean", 3, lambda line: value(line.last.mean)),
    OutputColumn("max", 4, lambda line: value(line.last.most)),
    OutputColumn("zeros", 7, lambda line: f"{line.last.zeros:.1%}"),
    OutputColumn("time", 6, lambda line: f"{line.seconds * 1000:,.2f} ms"),
)


def lines_of(ran: Ran) -> list[OutputRow]:
    """A row per layer, or per block at the chosen depth."""
    layout = ran.report.layout
    if not ran.depth:
        return [OutputRow(each.name, each.kind, each, each.seconds, each.bad, layout) for each in ran.traces]
    blocks: dict[str, list[LayerTrace]] = {}
    for each in ran.traces:
        blocks.setdefault(".".join(each.name.split(".")[: ran.depth]), []).append(each)
    lines = []
    by_name = {each.name: each for each in ran.traces}
    for row in ran.report.at_depth(ran.depth):
        if (inside := blocks.get(row.name)) is None:
            continue  # an auxiliary head, which did not run
        at = ran.report.names.get(row.name)
        last = inside[-1] if at is None else by_name.get(ran.report.row_at(at).name, inside[-1])
        seconds, bad = sum(each.seconds for each in inside), sum(each.bad for each in inside)
        lines.append(OutputRow(row.name, row.kind, last, seconds, bad, layout))
    return lines


def activations_text(ran: Ran, width: int | None) -> RenderableType:
    """The table and the totals for a terminal of `width`; layers with NaN or infinity are red."""
    lines = lines_of(ran)
    shown, room = _fitted(lines, width)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column in shown:
        justify, overflow = ("left", "fold") if column.is_text else ("right", "ellipsis")
        table.add_column(column.header, justify=justify, overflow=overflow, no_wrap=not column.is_text)  # type: ignore[arg-type]
    for line in lines:
        name, *others = (column.cell(line) for column in shown)
        table.add_row(Text(broken(name, room)), *map(Text, others), style="red" if line.bad else "")
    notes = [FOLDED] if ran.depth else []
    hidden = ", ".join(column.header for column in COLUMNS if column not in shown)
    notes += [f"columns hidden: the terminal is too narrow ({hidden})"] if hidden else []
    return Group(
        heading(ran.report), "", table, "", *map(Text, summary(ran)), *(Text(note, FAINT) for note in notes)
    )


def _fitted(lines: list[OutputRow], width: int | None) -> tuple[list[OutputColumn], int]:
    """The columns that fit the width, and the width left for names."""
    columns = list(COLUMNS)
    widths = {each: max(map(len, (each.header, *map(each.cell, lines)))) for each in columns}
    name, *others = columns
    if width is None:
        return columns, widths[name]
    least = min(widths[name], NARROWEST)
    while others and least + sum(widths[each] + GAP for each in others) > width:
        others.remove(max(others, key=lambda column: column.rank))
    return [name, *others], max(width - sum(widths[each] + GAP for each in others), 1)


def summary(ran: Ran) -> list[str]:
    """The first values of each output, and the totals."""
    seconds = sum(each.seconds for each in ran.traces)
    preparing = sum(each.preparing for each in ran.traces)
    macs = _macs(ran)
    speed = f", {rate(macs / seconds)} per second" if seconds else ""
    lines = [
        *(f"output  {_first_values(each, len(ran.outputs) > 1)}" for each in ran.outputs),
        *(line for each in ran.top[:MOST_SAMPLES] for line in _ranked(each)),
        *([f"… and {len(ran.top) - MOST_SAMPLES:,} more samples"] if len(ran.top) > MOST_SAMPLES else []),
        f"time    {duration(seconds)}  (plus {duration(preparing)} to prepare weights, once)",
    ]
    lines += [f"MACs    {macs:,}{speed}"] if macs else []
    return [*lines, f"memory  peak activations {megabytes(_peak(ran))}"]


def _ranked(top: TopClasses) -> list[str]:
    """The classes of a sample, one in each line."""
    width = max((len(value(each.value)) for each in top.classes), default=0)
    lines = [f"top {len(top.classes)} of {top.output}, sample {top.sample + 1}"]
    for each in top.classes:
        name = f"{each.label} ({each.index})" if each.label else f"class {each.index}"
        lines.append(f"  {value(each.value):>{width}}  {name}")
    return lines


def _first_values(output: FirstValues, is_named: bool) -> str:
    sizes = "×".join(map(str, output.sizes))
    more = " …" if len(output.first) < prod(output.sizes) else ""
    name = f"{output.name} " if is_named else ""
    return f"{name}{sizes}: {' '.join(map(value, output.first))}{more}"


def _macs(ran: Ran) -> int:
    return sum(each.counts.get("macs", 0) for each in ran.traces)


def _peak(ran: Ran) -> int:
    return max((each.alive for each in ran.traces), default=0)


def not_finite(found: NonFinite) -> str:
    """The message about the first layer with NaN or infinity, and how to fix it."""
    where = (
        f"{found.name} ({found.kind}) is the first layer that outputs NaN or infinity: "
        f"{found.bad:,} of {found.numbers:,} values; "
    )
    if found.tensors:
        tensors = ", ".join(f"{name} ({bad:,})" for name, bad in found.tensors.items())
        return f"{where}the weights file has NaN or infinity in {tensors}"
    return f"{where}try --dtype float64 or other weights"


def activations_data(ran: Ran) -> dict[str, object]:
    """The JSON object of a run; NaN and infinity become null."""
    report, nonfinite = ran.report, ran.nonfinite
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "inputs": inputs_data(report),
        "layout": report.layout,
        "batch": report.batch,
        "layers": [_layer(line) for line in lines_of(ran)],
        "outputs": {
            each.name: {"sizes": list(each.sizes), "first": list(map(_number, each.first))}
            for each in ran.outputs
        },
        "totals": {
            "seconds": sum(each.seconds for each in ran.traces),
            "seconds_for_weights": sum(each.preparing for each in ran.traces),
            "macs": _macs(ran),
            "peak": _peak(ran),
        },
        "first_not_finite": None if nonfinite is None else nonfinite.name,
        "top": [
            {
                "output": each.output,
                "sample": each.sample,
                "classes": [
                    {"index": one.index, "label": one.label or None, "value": _number(one.value)}
                    for one in each.classes
                ],
            }
            for each in ran.top
        ],
    }


def _number(number: float) -> float | None:
    return number if isfinite(number) else None


def _layer(line: OutputRow) -> dict[str, object]:
    last = line.last
    values = {"min": last.least, "mean": last.mean, "max": last.most}
    return {
        "name": line.name,
        "kind": line.kind,
        "output": list(shape_of(last.dims).dims(line.layout)),
        "dtype": last.data_type,
        **{name: _number(number) for name, number in values.items()},
        "zeros": last.zeros,
        "finite": not line.bad,
        "seconds": line.seconds,
    }


def activations_csv(ran: Ran) -> str:
    """One line per layer with unrounded numbers; times in seconds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.header for column in COLUMNS)
    for line in lines_of(ran):
        last = line.last
        values = (last.least, last.mean, last.most, last.zeros, line.seconds)
        writer.writerow((line.name, line.kind, _sizes(line).replace("×", "x"), last.data_type, *values))
    return text.getvalue()


def activations_markdown(ran: Ran) -> str:
    """The table and the totals as GitHub-flavoured Markdown."""
    header = [column.header for column in COLUMNS]
    rows = [[escaped(column.cell(line)) for column in COLUMNS] for line in lines_of(ran)]
    table = markdown_table(header, (column.is_text for column in COLUMNS), rows)
    lines = [f"## {escaped(ran.report.name)}", "", *table, ""]
    return "\n".join([*lines, *(_item(line) for line in summary(ran)), ""])


def _item(line: str) -> str:
    """A line of a list; one that is indented is below the item before it."""
    return f"{'  ' * line.startswith('  ')}- {prose(line.strip())}"
