"""The growth of the receptive field, layer by layer, and the part of the input that a unit depends on."""

from collections.abc import Sequence

from msgspec import Struct

from cnncalc.analysis.box import Box, boxes_at
from cnncalc.analysis.report import Report, Row
from cnncalc.drawing import Drawing
from cnncalc.drawing.captions import (
    ENDS,
    MARGIN,
    SMALL,
    TINY,
    below,
    cluster,
    heading,
    inputs,
    times,
)
from cnncalc.drawing.folding import Hierarchy, Tile
from cnncalc.drawing.font import cut, fitted, width
from cnncalc.drawing.palette import SHADES
from cnncalc.drawing.scene import Cluster, Item, Rect, Scene, Stroke, Text
from cnncalc.drawing.svg import identifier
from cnncalc.graph import Graph, Input, Node
from cnncalc.problems import Place, did_you_mean
from cnncalc.render.columns import field_size, per_axis

LARGEST = 330.0
"""The longer side of the input."""
FLAT = 44.0
"""The height of an input with one axis."""
ROW = 19.0
BAR = 190.0
"""The length of a bar for a field as large as the input."""
BEYOND = 1.25
"""Bars of larger fields end here."""
NAMES = 210.0
MOST_OUTLINES = 12
"""The most boxes drawn on the input; more could not be told apart."""


class Stage(Struct, frozen=True):
    """One row: a layer or folded block, the last of its layers, and the shade of its box on the input."""

    tile: Tile
    row: Row
    shade: str


def growth(
    report: Report,
    *,
    depth: int | None = None,
    layer: str | None = None,
    unit: tuple[int, ...] | None = None,
) -> Drawing:
    """The figure of a network's receptive fields.

    Args:
        report: the network's numbers.
        depth: how deep blocks are open.
        layer: the layer or block of `unit`; default: the last feature map.
        unit: the position whose box on the input is drawn; default: the middle.

    Raises:
        ValueError: the input has no axes, there are too many boxes, or an unknown layer.
        IndexError: the layer has no such unit.
    """
    from cnncalc.drawing.graph import check_count

    if not any(shape.rank for shape in report.inputs.values()):
        values = report.input.channels
        raise ValueError(f"{report.name} has no receptive field: its input is a vector of {values}")
    graph = _graph(report)
    name = report.trunk.name if layer is None else layer
    if name not in graph.names:
        hint = did_you_mean(name, list(graph.names)) or "`cnncalc show` lists them"
        raise ValueError(f"there is no layer '{name}'; {hint}")
    diagram = Hierarchy(report).diagram(depth)
    check_count(diagram, depth)
    tiles = [tile for tile in diagram.boxes if tile.family not in ENDS]
    shades = _shades([tile.rows[-1] for tile in tiles])
    stages = [Stage(tile, tile.rows[-1], shades.get(tile.rows[-1].name, "")) for tile in tiles]
    found = boxes_at(graph, graph.names[name], name, unit)
    outlines = {
        stage.row.name: boxes_at(graph, graph.names[stage.row.name], stage.row.name)
        for stage in stages
        if stage.shade
    }
    return Drawing(_scene(report, stages, found, outlines))


def _graph(report: Report) -> Graph:
    """The graph of a report, to follow units back to the input."""
    at = {row.name: number for number, row in enumerate((*report.entries, *report.layers))}
    nodes = tuple(
        Node(
            row.name,
            row.layer or Input(),
            tuple(at[read] for read in row.inputs),
            row.reads,
            row.output,
            Place(row.line, 1),
        )
        for row in (*report.entries, *report.layers)
    )
    entries = len(report.entries)
    return Graph(nodes, at[report.output.name], report.layout, report.names, report.groups, entries)


def _shades(rows: Sequence[Row]) -> dict[str, str]:
    """The shade of each layer whose box is drawn: those with which the field grows, spread evenly."""
    grown: list[Row] = []
    for row in rows:
        size = row.field.size
        if size and (not grown or size != grown[-1].field.size) and max(size) > 1:
            grown.append(row)
    count = min(len(grown), MOST_OUTLINES)
    chosen = [grown[round(at * (len(grown) - 1) / max(count - 1, 1))] for at in range(count)]
    shade = [round(at * (SHADES - 1) / max(count - 1, 1)) for at in range(count)]
    return {row.name: f"shade-{number}" for row, number in zip(chosen, shade, strict=True)}


def _scene(
    report: Report, stages: Sequence[Stage], found: Sequence[Box], outlines: dict[str, tuple[Box, ...]]
) -> Scene:
    several = "; with several inputs, on the one named" if len(report.entries) > 1 else ""
    about = f"receptive field of each layer{several}; on the input, the fields of the middle units"
    lines = heading(report, about)
    top = below(lines)
    shown: list[Item] = []
    right, bottom = MARGIN, top
    for number, entry in enumerate(report.entries):
        if entry.output.rank:
            boxes = {name: each[number] for name, each in outlines.items()}
            page = _Page(report, entry, MARGIN, bottom)
            shown += page.items(stages, found[number], boxes)
            right, bottom = max(right, page.right), page.bottom + 20
    bottom -= 20
    table, wide, end = _table(report, stages, right + 28, top)
    right = max(right + 28 + wide, *(line.left + line.width for line in lines))
    size = field_size(report.trunk.field)
    description = f"{len(stages)} layers, {inputs(report)}, field of the last map {size}"
    items: tuple[Item, ...] = (*lines, *shown, *table)
    return Scene(right + MARGIN, max(bottom, end) + MARGIN, report.name, description, items)


class _Page:
    """An input to scale; of one with three axes, the last two."""

    def __init__(self, report: Report, entry: Row, x: float, y: float) -> None:
        self.name = entry.name
        self.shape = entry.output.text(report.layout)
        spatial = entry.output.spatial[-2:]
        self.scale = LARGEST / max(spatial)
        self.x, self.y = x, y + 16
        self.width = max(spatial[-1] * self.scale, 4)
        self.height = max(spatial[0] * self.scale, 4) if len(spatial) > 1 else FLAT
        self.right = x + self.width
        self.bottom = self.y + self.height + 29

    def items(self, stages: Sequence[Stage], found: Box, outlines: dict[str, Box]) -> list[Item]:
        """The input, with the boxes of middle units, large ones first, and of the chosen unit."""
        title = f"input {self.shape}" if self.name == "input" else f"{self.name} {self.shape}"
        page: list[Item] = [Rect(self.x, self.y, self.width, self.height, "page")]
        page += [self._placed(found, "marked")] if found.intervals else []
        items: list[Item] = [
            Text(self.x, self.y - 5, title, SMALL, "text", True),
            Cluster(tuple(page), identifier("page", self.name), "page", {"shape": self.shape}),
        ]
        for stage in sorted(stages, key=lambda stage: -sum(stage.row.field.size or ())):
            outline = outlines.get(stage.row.name)
            if outline is not None and outline.intervals:
                data = {"of": stage.tile.name, "box": _intervals(outline)}
                name = identifier("outline", self.name, stage.tile.name)
                items.append(Cluster((self._placed(outline, stage.shade),), name, "outline", data))
        items += _caption(found, self.x, self.y + self.height + 15)
        ends = [text.left + text.width for text in items if isinstance(text, Text)]
        self.right = max(self.right, *ends)
        return items

    def _placed(self, found: Box, role: str) -> Rect:
        """The box of a unit."""
        *rows, (first, last) = list(found.intervals or ())[-2:]
        x, wide = self.x + first * self.scale, max((last - first + 1) * self.scale, 1)
        if not rows:
            return Rect(x, self.y, wide, self.height, role)
        top, end = rows[0]
        return Rect(x, self.y + top * self.scale, wide, max((end - top + 1) * self.scale, 1), role)


def _caption(found: Box, x: float, y: float) -> list[Item]:
    """What the marked box is."""
    unit = ",".join(map(str, found.unit))
    whose = f"unit {unit} of {found.layer}" if unit else found.layer
    whose = fitted(whose, LARGEST - 60, SMALL, True)
    items: list[Item] = [
        Rect(x, y - 8, 10, 10, "marked"),
        Text(x + 16, y, whose, SMALL, "text", True),
        Text(x + 16, y + 13, _intervals(found) or "reads nothing of this input", TINY, "muted"),
    ]
    return items


def _intervals(found: Box) -> str:
    """`height 4…17, width 4…17: 14×14`."""
    if not found.intervals:
        return ""
    named = zip(found.axes, found.intervals, strict=True)
    sizes = "×".join(str(last - first + 1) for first, last in found.intervals)
    return ", ".join(f"{axis} {first}…{last}" for axis, (first, last) in named) + f": {sizes}"


def _table(report: Report, stages: Sequence[Stage], x: float, y: float) -> tuple[list[Item], float, float]:
    """A row for each layer, with a bar as long as its field; its width and bottom."""
    name_room = min(max(_name_width(stage.tile) for stage in stages) if stages else 0, NAMES)
    bar = x + 16 + name_room + 14
    texts = [_numbers(report, stage.row) for stage in stages]
    headers = ("field", "jump", "start")
    widths = [
        max([width(each[at], TINY) for each in texts] + [width(headers[at], TINY, True)]) for at in range(3)
    ]
    ends: list[float] = []
    end = bar + BAR * BEYOND + 12
    for each in widths:
        end += each
        ends.append(end)
        end += 16
    items: list[Item] = [Text(x + 16, y + 11, "layer", TINY, "text", True)]
    items += [
        Text(at, y + 11, header, TINY, "text", True, "end") for at, header in zip(ends, headers, strict=True)
    ]
    bottom = y + 18 + ROW * len(stages)
    items.append(Text(bar + BAR, y + 11, "the whole input", TINY, "muted", anchor="middle"))
    items.append(Stroke(((bar + BAR, y + 16), (bar + BAR, bottom)), "limit"))
    for at, (stage, numbers) in enumerate(zip(stages, texts, strict=True)):
        items.append(_line(report, stage, numbers, (x, y + 18 + ROW * at), name_room, bar, ends))
    return items, ends[-1] - x, bottom


def _name_width(tile: Tile) -> float:
    return width(times(tile), SMALL, True) + 8 + width(tile.name, TINY)


def _numbers(report: Report, row: Row) -> tuple[str, str, str]:
    """Field, jump and start; of a network with several inputs, on the first that the layer reads."""
    named = f"{next(iter(row.fields))} " if len(report.entries) > 1 and row.fields else ""
    return named + field_size(row.field), per_axis(row.field.jump), per_axis(row.field.start)


def _line(
    report: Report,
    stage: Stage,
    numbers: tuple[str, str, str],
    place: tuple[float, float],
    name_room: float,
    bar: float,
    ends: Sequence[float],
) -> Cluster:
    x, y = place
    items: list[Item] = [Rect(x, y, ends[-1] - x, ROW, "row")]
    if stage.shade:
        items.append(Rect(x, y + 5, 9, 9, stage.shade, 1))
    title = cut(times(stage.tile), name_room, SMALL, True)
    name = fitted(stage.tile.name, name_room - width(title, SMALL, True) - 8, TINY)
    items.append(Text(x + 16, y + 13, title, SMALL, "text", True))
    if name != "…":
        items.append(Text(x + 16 + name_room, y + 13, name, TINY, "muted", anchor="end"))
    length = _share(report, stage.row) * BAR
    if length:
        items.append(Rect(bar, y + 6, max(min(length, BAR * BEYOND), 1), 8, "grown", 1))
    if length > BAR * BEYOND:
        cuts = bar + BAR * BEYOND - 9
        items.append(Stroke(((cuts, y + 15), (cuts + 4, y + 5)), "gap"))
    for end, text in zip(ends, numbers, strict=True):
        items.append(Text(end, y + 13, text, TINY, "text", anchor="end"))
    drawn = cluster(stage.tile, items)
    data = {**drawn.data, "field": numbers[0], "jump": numbers[1], "start": numbers[2]}
    return Cluster(drawn.items, drawn.id, drawn.classes, data, drawn.hover)


def _share(report: Report, row: Row) -> float:
    """The field by the input, along the axis where that is largest; the whole input is 1."""
    if row.field.is_global:
        return 1
    size = row.field.size
    if not size:
        return 0
    read = next(iter(row.fields), report.entry.name)
    return max(field / n for field, n in zip(size, report.inputs[read].spatial, strict=True))
