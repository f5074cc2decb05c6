"""The figure of papers: feature maps as volumes whose sides follow channels and sizes.

Lengths grow with the square root of what they stand for, so that large maps and deep ones both fit.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

from msgspec import Struct

from cnncalc.analysis.report import Report
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
    key,
    summary,
    times,
)
from cnncalc.drawing.folding import Diagram, Edge, Hierarchy, Tile
from cnncalc.drawing.font import cut, fitted, width
from cnncalc.drawing.scene import (
    Cluster,
    Item,
    Point,
    Polygon,
    Rect,
    Scene,
    Stroke,
    Text,
    moved,
    straightened,
)
from cnncalc.drawing.svg import identifier
from cnncalc.shapes import Shape

HIGHEST, DEEPEST = 150.0, 60.0
"""The length of the largest size, and of the most channels."""
THINNEST = 3.0
OBLIQUE = 0.27
"""How much of its width a volume reaches back to the right, and up."""
BETWEEN, REPEATED = 26.0, 6.0
"""Between volumes, and between the volumes of a repeat."""
MOST_REPEATED = 4
WIDEST = 1800.0
"""A figure wider than this is broken into rows."""
LEAST = 0.4
"""The share of an even row that the last one has at least."""
LANE = 9.0
LINE_HEIGHT = 11.5
ROOM = 86.0
"""The width of the text below a volume."""


class Sides(Struct, frozen=True):
    """The size, the channels and the length of a vector that are drawn the longest."""

    size: int
    channels: int
    values: int

    def height(self, shape: Shape) -> float:
        """Of the front: by the rows of a map, by the length of a sequence, by the values of a vector."""
        if shape.is_vector:
            return max(HIGHEST * 0.8 * sqrt(shape.channels / self.values), 12)
        return max(HIGHEST * sqrt(shape.spatial[-2 if shape.rank > 1 else -1] / self.size), 6)

    def depth(self, shape: Shape) -> float:
        """How far it reaches back: by the columns of a map."""
        if shape.is_vector or shape.rank < 2:
            return THINNEST
        return max(HIGHEST * sqrt(shape.spatial[-1] / self.size), 6) * OBLIQUE

    def thickness(self, shape: Shape) -> float:
        """From left to right: by the channels."""
        if shape.is_vector:
            return THINNEST + 2
        return max(DEEPEST * sqrt(shape.channels / self.channels), THINNEST)


class Volume(Struct, frozen=True):
    """One box of the diagram: the sides of its volumes, its text, and the width of all of it."""

    tile: Tile
    shape: Shape
    lines: tuple[Text, ...]
    front: tuple[float, float]
    back: float
    width: float

    @property
    def count(self) -> int:
        return min(self.tile.times, MOST_REPEATED)

    @property
    def solid(self) -> float:
        """The width of the volumes alone."""
        return self.count * self.front[0] + (self.count - 1) * (self.back + REPEATED) + self.back

    @property
    def above(self) -> float:
        """How far it reaches above the middle."""
        return (self.front[1] + self.back) / 2


def volumes(report: Report, *, depth: int | None = None) -> Drawing:
    """The figure of a network; merges are drawn as signs, and blocks that are folded as their output.

    Raises:
        ValueError: there are too many boxes.
    """
    from cnncalc.drawing.graph import check_count

    diagram = Hierarchy(report).diagram(depth)
    check_count(diagram, depth)
    kept = [at for at, tile in enumerate(diagram.boxes) if tile.family != "output"]
    shapes = [diagram.boxes[at].shape for at in kept]
    sides = Sides(
        max((max(shape.spatial[-2:]) for shape in shapes if shape.rank), default=1),
        max((shape.channels for shape in shapes if not shape.is_vector), default=1),
        max((shape.channels for shape in shapes if shape.is_vector), default=1),
    )
    shown = {at: _volume(diagram.boxes[at], sides) for at in kept}
    return Drawing(_scene(report, diagram, shown))


def _volume(tile: Tile, sides: Sides) -> Volume:
    shape = tile.shape
    if tile.family == "merge":
        text = times(tile)
        front, back = (width(text, SMALL, True) + 14, 20.0), 0.0
    else:
        front, back = (sides.thickness(shape), sides.height(shape)), sides.depth(shape)
    lines = _lines(tile)
    volume = Volume(tile, shape, lines, front, back, 0)
    wide = max([volume.solid, *(line.width for line in lines)])
    return Volume(tile, shape, lines, front, back, wide)


def _lines(tile: Tile) -> tuple[Text, ...]:
    """What is written below a volume: what it is, its shape, and its name."""
    lines = [] if tile.family == "merge" else [(line, SMALL, "text", True) for line in _wrapped(times(tile))]
    lines.append((tile.output, TINY, "muted", False))
    if tile.detail:
        lines += [(line, TINY, "muted", False) for line in _wrapped(tile.detail, " · ")]
    if tile.auxiliary:
        lines.append(("training only", TINY, "muted", False))
    if tile.name != tile.title:
        lines.append((fitted(tile.name, ROOM, TINY), TINY, "muted", False))
    return tuple(
        Text(0, LINE_HEIGHT * at, text, size, role, bold, "middle")
        for at, (text, size, role, bold) in enumerate(lines)
    )


def _wrapped(text: str, joint: str = ", ") -> list[str]:
    """The text in lines that fit, broken after commas."""
    lines: list[str] = []
    for part in text.split(joint):
        together = f"{lines[-1]}{joint}{part}" if lines else part
        if lines and width(together, SMALL, True) <= ROOM:
            lines[-1] = together
        else:
            lines.append(part)
    return [cut(line, ROOM + 14, SMALL, True) for line in lines]


def _scene(report: Report, diagram: Diagram, shown: dict[int, Volume]) -> Scene:
    lines = heading(report)
    edges = [edge for edge in diagram.edges if edge.source in shown and edge.target in shown]
    items: list[Item] = [*lines]
    top, right = below(lines), max(line.left + line.width for line in lines)
    for row in _rows(list(shown), shown, edges):
        drawn = _Row(row, shown, edges)
        items += [moved(item, MARGIN, top + drawn.above) for item in drawn.items]
        right = max(right, MARGIN + drawn.right)
        top += drawn.above + drawn.under + 18
    description = f"{summary(report)}. {len(shown)} volumes, {inputs(report)}"
    return Scene(right + MARGIN, top - 18 + MARGIN, report.name, description, tuple(items))


def _rows(order: list[int], shown: dict[int, Volume], edges: Sequence[Edge]) -> list[list[int]]:
    """The volumes in rows of similar width; a row ends only where nothing but the next one reads its last."""
    widths = [shown[at].width + BETWEEN for at in order]
    whole = sum(widths)
    count = -int(-whole // WIDEST)
    place = {at: index for index, at in enumerate(order)}
    crossed = {
        index
        for edge in edges
        for index in range(place[edge.source] + 1, place[edge.target] + 1)
        if place[edge.target] - place[edge.source] > 1
    }
    rows: list[list[int]] = [[]]
    done = 0.0
    for index, at in enumerate(order):
        is_even = whole - done > LEAST * whole / count
        if done > whole / count * len(rows) and index not in crossed and len(rows) < count and is_even:
            rows.append([])
        rows[-1].append(at)
        done += widths[index]
    return rows


class _Row:
    """One row: its items with the middle of the volumes at y = 0, and how far they reach."""

    def __init__(self, row: Sequence[int], shown: dict[int, Volume], edges: Sequence[Edge]) -> None:
        self.row = row
        self.shown = shown
        self.items: list[Item] = []
        self.center: dict[int, float] = {}
        x = 0.0
        for at in row:
            volume = shown[at]
            self.center[at] = x + volume.width / 2
            x += volume.width + BETWEEN
        self.right = x - BETWEEN
        self.above = max(shown[at].above for at in row)
        self.under = self.above + 16
        text = self.under
        for at in row:
            self.under = max(self.under, text + shown[at].lines[-1].y + 6)
        inside = [edge for edge in edges if edge.source in self.center and edge.target in self.center]
        neighbours = set(pairwise(row))
        self._arrows([edge for edge in inside if (edge.source, edge.target) in neighbours])
        self._arcs([edge for edge in inside if (edge.source, edge.target) not in neighbours])
        self._broken([edge for edge in edges if (edge.source in self.center) != (edge.target in self.center)])
        self.items += [self._drawn(at, text) for at in row]

    def _sides(self, at: int) -> tuple[float, float]:
        """The left and right end of the volumes at y = 0."""
        volume = self.shown[at]
        left = self.center[at] - volume.solid / 2
        return left, left + volume.solid

    def _edge(self, edge: Edge, points: Sequence[Point], arrow: bool = True) -> None:
        source, target = self.shown[edge.source].tile, self.shown[edge.target].tile
        line = Stroke(straightened(points), "wire", 5, arrow)
        data = {"from": source.name, "to": target.name}
        self.items.append(Cluster((line,), identifier("edge", key(source), key(target)), "edge", data))

    def _arrows(self, edges: Sequence[Edge]) -> None:
        for edge in edges:
            self._edge(edge, [(self._sides(edge.source)[1] + 2, 0), (self._sides(edge.target)[0] - 2, 0)])

    def _broken(self, edges: Sequence[Edge]) -> None:
        """Edges from one row to the next: an arrow into the first volume."""
        for edge in edges:
            if edge.target in self.center:
                left = self._sides(edge.target)[0]
                self._edge(edge, [(left - 14, 0), (left - 2, 0)])

    def _arcs(self, edges: Sequence[Edge]) -> None:
        """Shortcuts, above what they pass: the short ones below the long ones."""
        place = {at: index for index, at in enumerate(self.row)}
        done: list[tuple[int, int, float]] = []
        leaving: Counter[int] = Counter()
        arriving: Counter[int] = Counter()
        for edge in sorted(edges, key=lambda each: place[each.target] - place[each.source]):
            first, last = place[edge.source], place[edge.target]
            y = -max(self.shown[at].above for at in self.row[first : last + 1])
            y = min([y, *(level for a, b, level in done if a <= last and b >= first)]) - LANE
            done.append((first, last, y))
            start = self._top(edge.source, leaving[first], is_end=True)
            end = self._top(edge.target, -arriving[last], is_end=False)
            leaving[first] += 1
            arriving[last] += 1
            self._edge(edge, [start, (start[0], y), (end[0], y), (end[0], end[1] - 1)])
            self.above = max(self.above, -y + 4)

    def _top(self, at: int, shift: int, *, is_end: bool) -> Point:
        """A point on the top of the first or last volume, somewhat beside its middle."""
        volume = self.shown[at]
        left, right = self._sides(at)
        half = volume.front[0] / 2
        middle = right - half if is_end else left + volume.back + half
        return middle + max(min(3.0 * shift, half - 1), 1 - half), -volume.above

    def _drawn(self, at: int, text: float) -> Cluster:
        volume = self.shown[at]
        items: list[Item] = []
        x = self._sides(at)[0]
        if volume.tile.family == "merge":
            high = volume.front[1]
            items.append(Rect(x, -high / 2, volume.front[0], high, "merge", high / 2))
            items.append(Text(self.center[at], 3.5, times(volume.tile), SMALL, "text", True, "middle"))
        else:
            for turn in range(volume.count):
                items += _solid(x + turn * (volume.front[0] + volume.back + REPEATED), volume)
        items += [moved(line, self.center[at], text) for line in volume.lines]
        return cluster(volume.tile, items)


def _role(tile: Tile) -> str:
    """The colour of a volume: of its family, of the costliest layer in a block, or grey."""
    if tile.family in ENDS or not tile.rows:
        return "shape"
    costliest = max(tile.rows, key=lambda row: row.costs.macs).layer
    return costliest.family if tile.family == "block" and costliest else tile.family


def _solid(x: float, volume: Volume) -> list[Item]:
    """The front, the top and the side of a volume."""
    (wide, high), back = volume.front, volume.back
    top = -volume.above + back
    bottom = top + high
    role = _role(volume.tile)
    front = ((x, top), (x + wide, top), (x + wide, bottom), (x, bottom))
    lid = ((x, top), (x + back, top - back), (x + wide + back, top - back), (x + wide, top))
    side = (
        (x + wide, top),
        (x + wide + back, top - back),
        (x + wide + back, bottom - back),
        (x + wide, bottom),
    )
    return [Polygon(lid, f"lid-{role}"), Polygon(side, f"side-{role}"), Polygon(front, f"front-{role}")]
