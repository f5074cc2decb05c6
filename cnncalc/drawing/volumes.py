"""The figure of papers: feature maps as volumes whose sides follow channels and sizes.

Lengths grow with the square root of what they stand for, so that large maps and deep ones both fit.
"""

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
    summary,
    times,
)
from cnncalc.drawing.folding import Diagram, Hierarchy, Tile
from cnncalc.drawing.font import cut, fitted, width
from cnncalc.drawing.scene import Cluster, Item, Point, Polygon, Rect, Scene, Stroke, Text, moved
from cnncalc.drawing.volume_rows import Solid, lay_out
from cnncalc.shapes import Shape

HIGHEST, DEEPEST = 150.0, 60.0
"""The length of the largest size, and of the most channels."""
THINNEST = 3.0
OBLIQUE = 0.27
"""How much of its width a volume reaches back to the right, and up."""
REPEATED = 6.0
"""Between the volumes of a repeat."""
MOST_REPEATED = 4
STRIPE = 7.0
"""The distance of stripes."""
STRIPED = frozenset(("pool",))
"""Families whose volumes are striped."""
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
    def room(self) -> Solid:
        """The room that it takes."""
        text = self.lines[-1].y + 6
        return Solid(self.tile, self.width, self.solid, self.front[0], self.back, self.above, text)

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
    laid = lay_out(diagram, {at: volume.room for at, volume in shown.items()})
    top, right = below(lines), max(line.left + line.width for line in lines)
    items = [*laid.items, *(_drawn(volume, laid.centers[at], laid.texts[at]) for at, volume in shown.items())]
    description = f"{summary(report)}. {len(shown)} volumes, {inputs(report)}"
    return Scene(
        max(right, MARGIN + laid.width) + MARGIN,
        top + laid.height + MARGIN,
        report.name,
        description,
        (*lines, *(moved(item, MARGIN, top) for item in items)),
    )


def _drawn(volume: Volume, center: Point, text: float) -> Cluster:
    items: list[Item] = []
    x, y = center
    left = x - volume.solid / 2
    if volume.tile.family == "merge":
        high = volume.front[1]
        items.append(Rect(left, y - high / 2, volume.front[0], high, "merge", high / 2))
        items.append(Text(x, y + 3.5, times(volume.tile), SMALL, "text", True, "middle"))
    else:
        for turn in range(volume.count):
            items += _solid(left + turn * (volume.front[0] + volume.back + REPEATED), y, volume)
    items += [moved(line, x, text) for line in volume.lines]
    return cluster(volume.tile, items)


def _role(tile: Tile) -> str:
    """The colour of a volume: of its family, of the costliest layer in a block, or grey."""
    if tile.family in ENDS or not tile.rows:
        return "shape"
    costliest = max(tile.rows, key=lambda row: row.costs.macs).layer
    return costliest.family if tile.family == "block" and costliest else tile.family


def _solid(x: float, y: float, volume: Volume) -> list[Item]:
    """The front, the top and the side of a volume; pooling is striped, as colours may be missing in print."""
    (wide, high), back = volume.front, volume.back
    top = y - volume.above + back
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
    solid = [Polygon(lid, f"lid-{role}"), Polygon(side, f"side-{role}"), Polygon(front, f"front-{role}")]
    if role not in STRIPED:
        return [*solid]
    count = max(round(high / STRIPE), 2)
    stripes = [top + high * turn / count for turn in range(1, count)]
    return [
        *solid,
        *(
            Stroke(((x, at), (x + wide, at), (x + wide + back, at - back)), f"stripe-{role}")
            for at in stripes
        ),
    ]
