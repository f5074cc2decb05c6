"""What a run has seen, as a table, as data for programs, and as CSV."""

import csv
import io
from math import isfinite, prod

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.report import Report
from cnncalc.executor.seen import Seen
from cnncalc.render.table import megabytes

COLUMNS = ("layer", "kind", "output", "type", "min", "mean", "max", "zeros", "time")


def folded(seen: tuple[Seen, ...], report: Report, depth: int | None) -> list[Seen]:
    """The layers, or blocks as one: with the values of the output that they end in, and the sum of times."""
    if not depth:
        return list(seen)
    blocks: dict[str, list[Seen]] = {}
    for each in seen:
        blocks.setdefault(".".join(each.name.split(".")[:depth]), []).append(each)
    rows = []
    for row, inside in zip(report.at_depth(depth), blocks.values(), strict=True):
        last = seen[report.names[row.name] - 1] if row.name in report.names else inside[-1]
        rows.append(last.renamed(row.name, row.kind, sum(each.seconds for each in inside)))
    return rows


def _dims(seen: Seen, report: Report) -> str:
    channels, *spatial = seen.dims
    sizes = (*spatial, channels) if report.layout == "hwc" else seen.dims
    return "×".join(map(str, sizes))


def _value(number: float) -> str:
    return f"{number:.4g}" if isfinite(number) else str(number)


def activations_text(rows: list[Seen], report: Report, seen: tuple[Seen, ...]) -> RenderableType:
    """A row for each layer, then the sums."""
    title = Text(report.name, style="bold")
    title.append(f"  input {report.input.text(report.layout)}, batch {report.batch}\n", style="not bold dim")
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("layer", "kind", "type") else "right")
    for each in rows:
        values = (*map(_value, (each.least, each.mean, each.most)), f"{each.zeros:.1%}")
        style = "red" if each.bad else ""
        cells = (each.name, each.kind, _dims(each, report), each.data_type, *values, _time(each.seconds))
        table.add_row(*cells, style=style)
    return Group(title, table, _sums(seen))


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def _sums(seen: tuple[Seen, ...]) -> Text:
    seconds = sum(each.seconds for each in seen)
    macs = sum(each.counts.get("macs", 0) for each in seen)
    lines = [f"\ntime  {_time(seconds)}"]
    if macs and seconds:
        lines.append(f"MACs  {macs:,} carried out, {macs / seconds / 1e9:.1f} billion a second")
    peak = max((each.alive for each in seen), default=0)
    lines.append(f"peak  {megabytes(peak)} of activations")
    return Text("\n".join(lines))


def not_finite(seen: tuple[Seen, ...], batch: int) -> str:
    """Where the first number stands that is NaN or infinite; nothing where all are finite."""
    first = next((each for each in seen if each.bad), None)
    if first is None:
        return ""
    return (
        f"{first.name} ({first.kind}) is the first layer that puts out NaN or infinity: {first.bad:,} of "
        f"{prod(first.dims) * batch:,} numbers; --dtype float64, or other weights, may keep it finite"
    )


def activations_data(rows: list[Seen], report: Report) -> dict[str, object]:
    """The JSON object of a run; numbers that are not finite are null."""
    return {
        "schema_version": 1,
        "name": report.name,
        "input": list(report.input.dims(report.layout)),
        "layout": report.layout,
        "batch": report.batch,
        "layers": [_row(each, report) for each in rows],
    }


def _row(each: Seen, report: Report) -> dict[str, object]:
    values = {"min": each.least, "mean": each.mean, "max": each.most}
    return {
        "name": each.name,
        "kind": each.kind,
        "output": [int(n) for n in _dims(each, report).split("×")],
        "dtype": each.data_type,
        **{name: number if isfinite(number) else None for name, number in values.items()},
        "zeros": each.zeros,
        "finite": not each.bad,
        "seconds": each.seconds,
        "operations": dict(each.counts),
    }


def activations_csv(rows: list[Seen], report: Report) -> str:
    """One line for each layer; times in seconds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in rows:
        values = (each.least, each.mean, each.most, each.zeros, each.seconds)
        writer.writerow((each.name, each.kind, _dims(each, report), each.data_type, *values))
    return text.getvalue()
