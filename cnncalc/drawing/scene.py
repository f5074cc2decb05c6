"""What a figure consists of, whatever the format: shapes and text with roles, in groups.

Lengths are in pixels, y grows downwards, and the y of a text is its baseline. A role stands for colours,
which `palette` has for light and dark figures.
"""

from collections.abc import Iterator, Sequence
from math import hypot
from typing import TypeAlias, Union

from msgspec import Struct, field

from cnncalc.drawing.font import ASCENT, DESCENT, width

Point: TypeAlias = tuple[float, float]

ARROW_LENGTH, ARROW_WIDTH = 6.0, 5.0


class Rect(Struct, frozen=True):
    """A rectangle with round corners."""

    x: float
    y: float
    width: float
    height: float
    role: str
    radius: float = 0


class Polygon(Struct, frozen=True):
    """A closed shape."""

    points: tuple[Point, ...]
    role: str


class Stroke(Struct, frozen=True):
    """A line through points, with round corners and possibly an arrowhead at its end."""

    points: tuple[Point, ...]
    role: str
    radius: float = 0
    arrow: bool = False


class Text(Struct, frozen=True):
    """A line of text; `anchor` says which of its ends x is."""

    x: float
    y: float
    text: str
    size: float
    role: str = "text"
    bold: bool = False
    anchor: str = "start"

    @property
    def width(self) -> float:
        return width(self.text, self.size, self.bold)

    @property
    def left(self) -> float:
        return self.x - self.width * {"start": 0, "middle": 0.5, "end": 1}[self.anchor]

    @property
    def top(self) -> float:
        return self.y - ASCENT * self.size

    @property
    def bottom(self) -> float:
        return self.y + DESCENT * self.size


class Cluster(Struct, frozen=True):
    """Items that belong together, such as a box with its text.

    `data` become attributes of the SVG element, and `hover` the text shown under the pointer.
    """

    items: "tuple[Item, ...]"
    id: str = ""
    classes: str = ""
    data: dict[str, str] = field(default_factory=dict)
    hover: str = ""


Item: TypeAlias = Union[Rect, Polygon, Stroke, Text, Cluster]  # noqa: UP007


class Scene(Struct, frozen=True):
    """A figure: its size, a title and a description for readers who cannot see it, and its items."""

    width: float
    height: float
    title: str
    description: str
    items: tuple[Item, ...]


def flat(items: Sequence[Item]) -> "Iterator[Rect | Polygon | Stroke | Text]":
    """The items without groups, in the order in which they are painted."""
    for item in items:
        if isinstance(item, Cluster):
            yield from flat(item.items)
        else:
            yield item


def moved(item: Item, dx: float, dy: float) -> Item:
    """The same item at another place."""
    match item:
        case Rect():
            return Rect(item.x + dx, item.y + dy, item.width, item.height, item.role, item.radius)
        case Text():
            return Text(item.x + dx, item.y + dy, item.text, item.size, item.role, item.bold, item.anchor)
        case Polygon():
            return Polygon(_shifted(item.points, dx, dy), item.role)
        case Stroke():
            return Stroke(_shifted(item.points, dx, dy), item.role, item.radius, item.arrow)
        case Cluster():
            inside = tuple(moved(each, dx, dy) for each in item.items)
            return Cluster(inside, item.id, item.classes, item.data, item.hover)


def _shifted(points: tuple[Point, ...], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((x + dx, y + dy) for x, y in points)


def straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points without those that repeat, or lie on the straight line between their neighbours."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(point[0] - kept[-1][0]) < 0.01 and abs(point[1] - kept[-1][1]) < 0.01:
            continue
        if len(kept) > 1 and _is_straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _is_straight(a: Point, b: Point, c: Point) -> bool:
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return abs(cross) < 0.01 and along >= 0


def arrowhead(line: Stroke) -> tuple[Point, Point, Point]:
    """The triangle at the end of a line: its tip and its other corners."""
    (x0, y0), (x, y) = line.points[-2:]
    length = hypot(x - x0, y - y0) or 1
    dx, dy = (x - x0) / length, (y - y0) / length
    back_x, back_y = x - dx * ARROW_LENGTH, y - dy * ARROW_LENGTH
    side_x, side_y = -dy * ARROW_WIDTH / 2, dx * ARROW_WIDTH / 2
    return (x, y), (back_x + side_x, back_y + side_y), (back_x - side_x, back_y - side_y)


def shaft(line: Stroke) -> tuple[Point, ...]:
    """The points of a line, shortened so that it does not show beside the tip of its arrow."""
    if not line.arrow:
        return line.points
    (x0, y0), (x, y) = line.points[-2:]
    length = hypot(x - x0, y - y0) or 1
    back = min(ARROW_LENGTH - 1, length) / length
    return (*line.points[:-1], (x - (x - x0) * back, y - (y - y0) * back))


def corners(line: Stroke) -> "Iterator[tuple[Point, Point, Point]]":
    """For each corner of a line: where its round starts, the corner itself, and where the round ends."""
    points = shaft(line)
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        yield _towards(corner, before, line.radius), corner, _towards(corner, after, line.radius)


def _towards(corner: Point, other: Point, radius: float) -> Point:
    length = hypot(other[0] - corner[0], other[1] - corner[1]) or 1
    share = min(radius, length / 2) / length
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def curve(line: Stroke) -> "Iterator[tuple[str, tuple[Point, ...]]]":
    """The pieces of a line: `L` with the points of a straight one, `C` with those of a cubic curve."""
    points = shaft(line)
    yield "L", (points[0],)
    for start, corner, end in corners(line):
        yield "L", (start,)
        yield "C", (_between(start, corner, 2 / 3), _between(end, corner, 2 / 3), end)
    yield "L", (points[-1],)


CIRCLE = 0.5523
"""How far the handles of a curve reach that is a quarter of a circle."""


def outline(rect: Rect) -> "Iterator[tuple[str, tuple[Point, ...]]]":
    """The pieces of a rectangle's outline, like those of `curve`."""
    x, y, right, bottom = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
    radius = min(rect.radius, rect.width / 2, rect.height / 2)
    around = ((x, y), (right, y), (right, bottom), (x, bottom))
    if not radius:
        yield "L", around
        return
    for at, corner in enumerate(around):
        start, end = _towards(corner, around[at - 1], radius), _towards(corner, around[(at + 1) % 4], radius)
        yield "L", (start,)
        yield "C", (_between(start, corner, CIRCLE), _between(end, corner, CIRCLE), end)


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
