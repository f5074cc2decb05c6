"""The comparison of two networks as the cells of two tables, and the tables for a terminal."""

from collections.abc import Callable, Iterator

from msgspec import Struct, structs
from rich.console import Group as Parts
from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from cnncalc.analysis.memory import megabytes
from cnncalc.analysis.report import Report, Row
from cnncalc.checks.difference import Amounts, Change, Difference, LayerDifference
from cnncalc.checks.difference_groups import (
    Group,
    Renaming,
    consequences,
    each_alone,
    renamings,
    value_text,
    written,
)
from cnncalc.render.columns import BELOW_PEAK, count, field_sizes
from cnncalc.render.grid import GAP, Grid, lane
from cnncalc.render.publishing import PlainTable, Publication
from cnncalc.render.table import declared_notes
from cnncalc.shapes import Layout, Shape

MARKS = {"added": "+", "removed": "−", "changed": "~", "consequence": "="}
STYLES = {
    "+": Style(color="green"),
    "−": Style(color="red"),
    "~": Style(color="yellow"),
    "=": Style(dim=True),
}
MOST_NAMES = 6
MOST_READ = 2
NONE = "–"


class DifferenceColumn(Struct, frozen=True):
    """A column of the layer table; narrow terminals hide the highest rank first, and rank 0 never."""

    header: str
    rank: int = 0
    is_text: bool = False


COLUMNS = (
    DifferenceColumn("", is_text=True),
    DifferenceColumn("layer", is_text=True),
    DifferenceColumn("what", is_text=True),
    DifferenceColumn("output", 3),
    DifferenceColumn("parameters", 1),
    DifferenceColumn("MACs", 2),
    DifferenceColumn("activations", 4),
    DifferenceColumn("receptive field", 5),
)
TOTALS = ("", "before", "after", "change", "")
NARROWEST = 18
"""Minimum width of a text column."""


class ShownDifference(Struct, frozen=True):
    """A difference and the titles of its sides; with `each`, every layer has a separate line."""

    difference: Difference
    titles: tuple[str, str]
    each: bool = False

    @property
    def groups(self) -> list[Group]:
        """The lines of the layer table."""
        if self.each:
            return each_alone(self.difference)
        return [*written(self.difference), *consequences(self.difference)]


def titles(difference: Difference, given: tuple[str, str], replaced: tuple[str, ...]) -> tuple[str, str]:
    """The titles of both sides: the networks' names, with files or overrides if they are equal."""
    old, new = difference.before.name, difference.after.name
    if replaced:
        return old, f"{new} with {', '.join(replaced)}"
    if old != new or given[0] == given[1]:
        return old, new
    return f"{old} ({given[0]})", f"{new} ({given[1]})"


def difference_text(shown: ShownDifference, width: int | None) -> RenderableType:
    """The totals, then added, removed and changed layers, then the effects on other layers."""
    difference = shown.difference
    if difference.is_same:
        return Parts(Text(same(shown)), *map(Text, renamed(difference)))
    parts: list[RenderableType] = [Text(" → ".join(shown.titles), "bold"), "", _totals(difference, width)]
    parts += [*(Text(note, "dim") for note in notes(difference)), ""]
    lines = [cells(group, difference) for group in shown.groups]
    if lines:
        columns = _fitted(lines, width)
        parts += [_body(lines, columns, width), ""]
        gone = [column.header for column in COLUMNS if column not in columns]
        parts += (
            [Text(f"columns hidden: {', '.join(gone)} (the terminal is too narrow)", "dim")] if gone else []
        )
    return Parts(*parts, Text(summary(difference)), *map(Text, renamed(difference)))


def difference_publication(shown: ShownDifference) -> Publication:
    """The totals and the layers that differ, as tables for documents."""
    difference = shown.difference
    if difference.is_same:
        return Publication(" → ".join(shown.titles), (), [same(shown), *renamed(difference)])
    totals = PlainTable(TOTALS, (True, *(False for _ in TOTALS[1:])), totals_rows(difference))
    titles, are_texts = zip(*((column.header, column.is_text) for column in COLUMNS), strict=True)
    lines = [cells(group, difference) for group in shown.groups]
    tables = [totals, *([PlainTable(titles, are_texts, lines)] if lines else [])]
    said = [*notes(difference), summary(difference), *renamed(difference)]
    return Publication(" → ".join(shown.titles), tables, said)


def notes(difference: Difference) -> list[str]:
    """Notes on totals that may look wrong."""
    reports = (difference.before, difference.after)
    below = any(each.memory.trains_on_less for each in reports)
    return [*([f"training memory: {BELOW_PEAK}"] if below else []), *declared_notes(reports)]


def _totals(difference: Difference, width: int | None) -> Grid:
    """The totals; a narrow terminal hides the column `before`."""
    cells = list(zip(*totals_rows(difference), strict=True))
    lanes = [
        lane(header, texts, is_text=not at)
        for at, (header, texts) in enumerate(zip(TOTALS, cells, strict=True))
    ]
    if width and Grid(tuple(lanes)).width > width:
        del lanes[TOTALS.index("before")]
    return Grid(tuple(lanes))


def _body(lines: list[tuple[str, ...]], columns: list[DifferenceColumn], width: int | None) -> Grid:
    """The layer table; text wraps where the columns are wider than the terminal."""
    lanes = [
        lane(column.header, cells, is_text=column.is_text)
        for column, cells in zip(COLUMNS, zip(*lines, strict=True), strict=True)
        if column in columns
    ]
    excess = Grid(tuple(lanes)).width - width if width else 0
    for at in sorted(range(len(lanes)), key=lambda at: -lanes[at].width):
        if excess > 0 and lanes[at].is_text:
            narrowed = max(lanes[at].width - excess, min(lanes[at].width, NARROWEST))
            excess -= lanes[at].width - narrowed
            lanes[at] = structs.replace(lanes[at], width=narrowed)
    return Grid(tuple(lanes), styles=[STYLES[line[0]] for line in lines])


def _fitted(lines: list[tuple[str, ...]], width: int | None) -> list[DifferenceColumn]:
    """The columns that fit in a terminal of this width."""
    columns = list(COLUMNS)
    widths = {}
    for column, column_cells in zip(COLUMNS, zip(*lines, strict=True), strict=True):
        natural = max(map(len, (column.header, *column_cells)))
        widths[column] = min(natural, NARROWEST) if column.is_text else natural
    while width and sum(widths[column] + GAP for column in columns) - GAP > width:
        leaving = max(columns, key=lambda column: column.rank)
        if not leaving.rank:
            break
        columns.remove(leaving)
    return columns


def same(shown: ShownDifference) -> str:
    """The line for two networks without differences."""
    totals = shown.difference.after.totals
    first, second = shown.titles
    names = f"{first} and {second}" if first != second else f"{first}, before and after,"
    numbers = f"{count(totals.params.total)} parameters, {count(totals.macs)} MACs"
    return f"{names} are the same network: {_layers(len(shown.difference.after.layers))}, {numbers}"


def _layers(number: int) -> str:
    return f"{count(number)} layer{'s' if number != 1 else ''}"


def summary(difference: Difference) -> str:
    """The number of layers per status."""
    numbers = {status: len(difference.having(status)) for status in ("added", "removed", "changed")}
    parts = [f"{count(number)} {status}" for status, number in numbers.items() if number]
    following = len(difference.having("consequence"))
    if following:
        parts.append(f"{count(following)} with other numbers as a result")
    parts.append(f"{count(len(difference.having('unchanged')))} unchanged")
    return "layers: " + ", ".join(parts)


def renamed(difference: Difference) -> list[str]:
    """The renamed layers, separate from those that are only renumbered."""
    found = renamings(difference.layers)
    sorts = {
        "renamed": [each for each in found if not each.is_numbering],
        "renumbered": [each for each in found if each.is_numbering],
    }
    return [f"{what}: {_renamings(chosen)}" for what, chosen in sorts.items() if chosen]


def _renamings(chosen: list[Renaming]) -> str:
    names = [f"{each.before} → {each.after}" for each in chosen[:MOST_NAMES]]
    if len(chosen) > MOST_NAMES:
        names.append(f"… and {count(len(chosen) - MOST_NAMES)} more")
    return f"{', '.join(names)}  ({_layers(sum(each.layers for each in chosen))})"


def totals_rows(difference: Difference) -> list[tuple[str, str, str, str, str]]:
    """The totals of both networks: before, after, the change, and the change in percent."""
    before, after, totals = difference.before, difference.after, difference.totals
    rows = [_row("parameters", totals["params"])]
    if any(report.totals.params.frozen for report in (before, after)):
        rows.append(_row("trainable", totals["trainable"]))
    rows += [_row("MACs", totals["macs"]), _row("FLOPs", totals["flops"])]
    rows.append(_row("peak activations", totals["memory.peak"], is_bytes=True))
    rows.append(_row("training memory", totals["memory.training"], is_bytes=True))
    for name, old, new in (
        ("receptive field", field_sizes(before.trunk), field_sizes(after.trunk)),
        *_ends("input", before.inputs, after.inputs, after.layout),
        *_ends("output", _shapes(before), _shapes(after), after.layout),
    ):
        rows.append((name, old, new, NONE if old == new else "changed", ""))
    return [*rows, _row("depth", totals["depth"]), _row("layers", totals["layers"])]


def _shapes(report: Report) -> dict[str, Shape]:
    return {name: row.output for name, row in report.outputs.items()}


def _ends(
    what: str, before: dict[str, Shape], after: dict[str, Shape], layout: Layout
) -> Iterator[tuple[str, str, str]]:
    """The shapes of inputs or outputs before and after: by name, if either network has several."""
    if len(before) == len(after) == 1:
        ((old,), (new,)) = before.values(), after.values()
        yield what, old.text(layout), new.text(layout)
        return
    for name in {**before, **after}:
        old_shape, new_shape = before.get(name), after.get(name)
        yield (
            f"{what} {name}",
            old_shape.text(layout) if old_shape else "none",
            new_shape.text(layout) if new_shape else "none",
        )


def _row(name: str, amounts: Amounts, is_bytes: bool = False) -> tuple[str, str, str, str, str]:
    shown = megabytes if is_bytes else count
    return (
        name,
        shown(amounts.before),
        shown(amounts.after),
        signed(amounts.increase, is_bytes),
        share(amounts),
    )


def signed(increase: int, is_bytes: bool = False) -> str:
    """`+1,536`, `−1.5 KB`, or a dash for no change."""
    if not increase:
        return NONE
    return ("+" if increase > 0 else "−") + (megabytes if is_bytes else count)(abs(increase))


def share(amounts: Amounts) -> str:
    """The change in percent: `+5.3%`; empty if there is no change or nothing before."""
    if not amounts.increase or amounts.share is None:
        return ""
    percent = 100 * amounts.share
    shown = f"{percent:+,.1f}" if abs(percent) >= 0.1 else f"{percent:+.1g}"
    return shown.replace("-", "−") + "%"


def cells(group: Group, difference: Difference) -> tuple[str, ...]:
    """One line of the layer table."""
    layout = difference.after.layout
    outputs = {_both(layer, lambda row: row.output.text(layout)) for layer in group.layers}
    last = group.layers[-1]
    varies = group.status == "changed" and len(outputs) > 1
    folded = group.status == "consequence" and len(group.layers) > 1
    return (
        MARKS[group.status],
        _names(group),
        _what(group),
        "" if varies or folded else _both(last, lambda row: row.output.text(layout)),
        signed(group.increase("params")),
        signed(group.increase("macs")),
        signed(group.increase("memory.activations"), is_bytes=True),
        _both(last, field_sizes) if not varies else "",
    )


def _both(layer: LayerDifference, shown: Callable[[Row], str]) -> str:
    """A value before and after, or once if both are equal."""
    rows = [row for row in (layer.before, layer.after) if row]
    return " → ".join(dict.fromkeys(map(shown, rows)))


def _names(group: Group) -> str:
    if group.status == "consequence" and len(group.layers) > 1:
        return _layers(len(group.layers))
    layer = group.layers[0]
    if len(group.names) == 1 and layer.before and layer.is_renamed:
        return f"{layer.before.name} → {group.names[0]}"
    return " … ".join(group.names)


def _what(group: Group) -> str:
    number = len(group.layers)
    what = group.what
    if group.status == "changed":
        others = ", ".join(change_text(change) for change in group.changes if change.what != "kind")
        kinds = [change for change in group.changes if change.what == "kind"]
        what = f"{kinds[0].before} → {kinds[0].after}" if kinds else what
        what = f"{what}: {others}" if others else what
    is_said = number == 1 or group.status == "consequence" or what.endswith(f"×{number}")
    return what if is_said else f"{what}  ({number} layers)"


def change_text(change: Change) -> str:
    """`kernel 7 → 5`; for inputs, only the tensors that differ."""
    before, after = change.before, change.after
    if isinstance(before, tuple) and isinstance(after, tuple) and change.what == "reads":
        return f"reads {_others(before, after)} → {_others(after, before)}"
    return f"{change.what} {value_text(before)} → {value_text(after)}"


def _others(names: tuple[str, ...], known: tuple[str, ...]) -> str:
    """The names that are not in `known`, or their number if there are many."""
    others = [name for name in names if name not in known]
    if len(others) > MOST_READ:
        return f"{len(others)} layers"
    return ", ".join(others) or ("nothing else" if len(names) < len(known) else ", ".join(names))
