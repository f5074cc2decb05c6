"""A laid-out part of a figure: boxes, labels, frames and wires around a vertical axis at x = 0."""

from collections.abc import Iterable

from cnncalc.drawing.scene import Point

Points = list[Point]


class Spot:
    """A rectangle: of a box by its index, of its shape's label, or of a frame."""

    __slots__ = ("height", "width", "x", "y")

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


class Loose:
    """One end of a wire: from a box on, or up to a box; None is where the area itself begins.

    `stem` is the beginning of the points, up to a column beside the axis: from there, the wire can also
    enter a box from the side.
    """

    __slots__ = ("box", "points", "stem")

    def __init__(self, box: int | None, points: Points, stem: Points | None = None) -> None:
        self.box, self.points, self.stem = box, points, stem


class Wire:
    """The points of an edge."""

    __slots__ = ("points", "source", "target")

    def __init__(self, source: int, target: int, points: Points) -> None:
        self.source, self.target, self.points = source, target, points


class Area:
    """What was laid out, from y = 0 to `height` and from x = -`left` to `right`.

    Attributes:
        boxes: the place of each box.
        labels: the place of the output shape of each box that has one.
        frames: the place of each open block, by its name.
        wires: the edges between its boxes.
        entries: wires from the top of the axis to boxes.
        exits: wires from boxes to the bottom of the axis.
        throughs: wires from the top to the bottom.
        is_node: whether it is one box or frame.
    """

    def __init__(
        self, left: float = 0, right: float = 0, height: float = 0, *, is_node: bool = False
    ) -> None:
        self.left, self.right, self.height = left, right, height
        self.boxes: dict[int, Spot] = {}
        self.labels: dict[int, Spot] = {}
        self.frames: dict[str, Spot] = {}
        self.wires: list[Wire] = []
        self.entries: list[Loose] = []
        self.exits: list[Loose] = []
        self.throughs: list[Loose] = []
        self.is_node = is_node

    @property
    def width(self) -> float:
        return self.left + self.right

    def _places(self) -> Iterable[Spot]:
        yield from self.boxes.values()
        yield from self.labels.values()
        yield from self.frames.values()

    def shift(self, dx: float, dy: float) -> None:
        """Moves everything in it; the axis stays at x = 0."""
        for place in self._places():
            place.x += dx
            place.y += dy
        for wire in self.wires:
            wire.points = [(x + dx, y + dy) for x, y in wire.points]
        for loose in (*self.entries, *self.exits, *self.throughs):
            loose.points = [(x + dx, y + dy) for x, y in loose.points]
            if loose.stem:
                loose.stem = [(x + dx, y + dy) for x, y in loose.stem]

    def flip(self) -> None:
        """Turns it upside down: it flows upwards."""
        for place in self._places():
            place.y = self.height - place.bottom
        for wire in self.wires:
            wire.points = [(x, self.height - y) for x, y in wire.points]
        for loose in (*self.entries, *self.exits, *self.throughs):
            loose.points = [(x, self.height - y) for x, y in loose.points]
            loose.stem = None

    def connect(self, source: Loose, target: Loose, between: Points | None = None) -> None:
        """Adds the wire from the box of one loose end to that of another."""
        assert source.box is not None
        assert target.box is not None
        points = [*source.points, *(between or []), *target.points]
        self.wires.append(Wire(source.box, target.box, points))

    def take(self, other: "Area") -> None:
        """Adds what another area contains, where it is; not its loose ends."""
        self.boxes |= other.boxes
        self.labels |= other.labels
        self.frames |= other.frames
        self.wires += other.wires
        self.left = max(self.left, other.left)
        self.right = max(self.right, other.right)
