"""Where volumes go: in one row, in several of similar width, or, for encoder-decoder networks, as a U.

In a row, arrows lead from each volume to the next, and shortcuts pass above. What leads to another row passes
right of the rows. In a U, every level is a row below the one before: its volumes begin below the end of those
of the way down, and the way up climbs from the end of a row to the beginning of the one above.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from cnncalc.drawing.captions import SMALL, key
from cnncalc.drawing.folding import Diagram, Edge, Frame, Item, Tile
from cnncalc.drawing.layout import Wiring, boxes_of
from cnncalc.drawing.scene import Cluster, Point, Rect, Stroke, Text, moved, straightened
from cnncalc.drawing.scene import Item as Shown
from cnncalc.drawing.svg import identifier
from cnncalc.drawing.ushape import U, find_u
from cnncalc.structure import Part, decompose

BETWEEN = 26.0
"""Between volumes."""
WIDEST = 1250.0
"""A figure wider than this is broken into rows."""
UNEVEN = 0.3
"""How far a row may end before or after its even share of the whole."""
LANE = 9.0
"""Between arrows side by side."""
HEADING = 15.0
"""The height of the heading of what is repeated."""
BELOW = 16.0
"""Between the volumes of a row and their text."""
ROWS = 18.0
INDENT = 14.0
"""The room for the arrow into a row that continues another."""
CLIMB = 15.0
"""The least length of an arrow from one row of a U to the next."""


class Solid(Struct, frozen=True):
    """How much room a box takes: with its text, its volumes alone, and above the middle.

    `front` is the width of a single front, `back` how far it reaches back, and `text` the height of the text.
    """

    tile: Tile
    width: float
    solid: float
    front: float
    back: float
    above: float
    text: float


class Laid(Struct, frozen=True):
    """Where everything is: the middle of each box, the y of its text, arrows and frames, and the size."""

    centers: dict[int, Point]
    texts: dict[int, float]
    items: list[Shown]
    width: float
    height: float


def lay_out(diagram: Diagram, solids: Mapping[int, Solid]) -> Laid:
    """The places of the boxes with a solid, from (0, 0) on."""
    edges = [edge for edge in diagram.edges if edge.source in solids and edge.target in solids]
    u = _u(diagram, solids)
    if u:
        return _UShape(u, solids, edges).laid()
    frames = [frame for frame in _repeated(diagram.items) if all(at in solids for at in boxes_of(frame))]
    return _Rows(solids, edges, frames).laid()


def _repeated(items: Sequence[Item]) -> Iterator[Frame]:
    """The frames of what is repeated."""
    for item in items:
        if isinstance(item, Frame):
            if item.times > 1:
                yield item
            yield from _repeated(item.items)


def _arrow(solids: Mapping[int, Solid], edge: Edge, *lines: Sequence[Point]) -> Cluster:
    """The wire of an edge; the last of its lines has the arrowhead."""
    source, target = solids[edge.source].tile, solids[edge.target].tile
    strokes = [Stroke(straightened(points), "wire", 5, points is lines[-1]) for points in lines]
    data = {"from": source.name, "to": target.name}
    return Cluster(tuple(strokes), identifier("edge", key(source), key(target)), "edge", data)


class _Rows:
    def __init__(self, solids: Mapping[int, Solid], edges: Sequence[Edge], frames: Sequence[Frame]) -> None:
        self.solids = solids
        self.edges = edges
        self.frames = frames

    def laid(self) -> Laid:
        orders = self._broken()
        left = INDENT if len(orders) > 1 else 0.0
        rows = [_Row(row, self.solids, self.edges, self.frames, left) for row in orders]
        right = max(row.right for row in rows)
        centers: dict[int, Point] = {}
        texts: dict[int, float] = {}
        items: list[Shown] = []
        wires: list[Shown] = []
        ends: dict[int, list[tuple[Edge, list[Point]]]] = {}
        y = 0.0
        lanes = 0
        waiting: dict[Edge, list[Point]] = {}
        for row in rows:
            middle = y + row.above
            centers |= {at: (x, middle) for at, x in row.center.items()}
            texts |= dict.fromkeys(row.center, middle + row.text)
            items += [moved(item, 0, middle) for item in row.items]
            for edge, points in row.arriving:
                before = waiting.pop(edge)
                lanes += 1
                lane = right + LANE * lanes
                after = [(x, middle + py) for x, py in points]
                way = [*before, (lane, before[-1][1]), (lane, after[0][1]), *after]
                wires.append(_arrow(self.solids, edge, way))
            for edge, points in row.leaving:
                waiting[edge] = [(x, middle + py) for x, py in points]
            for edge, points in row.broken:
                ends.setdefault(edge.source, []).append((edge, [(x, middle + py) for x, py in points]))
            y = middle + row.under + ROWS
        for edges in ends.values():
            for edge, line in edges:
                x = centers[edge.source][0] + self.solids[edge.source].solid / 2
                start = [(x + 2, centers[edge.source][1]), (x + 12, centers[edge.source][1])]
                wires.append(_arrow(self.solids, edge, start, line))
        whole = right + (LANE * (lanes + 0.5) if lanes else 12.0 * bool(ends))
        return Laid(centers, texts, [*items, *wires], whole, y - ROWS)

    def _broken(self) -> list[list[int]]:
        """The boxes in rows of similar width, broken where the fewest arrows pass."""
        order = list(self.solids)
        starts = [0.0]
        for at in order:
            starts.append(starts[-1] + self.solids[at].width + BETWEEN)
        whole = starts[-1]
        count = -int(-whole // WIDEST)
        place = {at: index for index, at in enumerate(order)}
        passing: Counter[int] = Counter()
        for edge in self.edges:
            first, last = place[edge.source], place[edge.target]
            if last - first > 1:
                passing.update(range(first + 1, last + 1))
        for frame in self.frames:
            within = [place[at] for at in boxes_of(frame)]
            passing.update(dict.fromkeys(range(min(within) + 1, max(within) + 1), 10))
        begins = [0]
        for turn in range(1, count):
            even = whole * turn / count
            near = [
                index
                for index in range(begins[-1] + 1, len(order))
                if abs(starts[index] - even) <= UNEVEN * whole / count
            ]
            if near:
                begins.append(min(near, key=lambda index: (passing[index], abs(starts[index] - even))))
        return [order[a:b] for a, b in zip(begins, [*begins[1:], len(order)], strict=True)]


class _Row:
    """One row: the x of its boxes, its items with the middle of the volumes at y = 0, and how far they reach.

    `arriving` and `leaving` are the wires from and to other rows up to the right end, `broken` those from the
    last box of the row before to the first one.
    """

    def __init__(
        self,
        row: Sequence[int],
        solids: Mapping[int, Solid],
        edges: Sequence[Edge],
        frames: Sequence[Frame],
        left: float,
    ) -> None:
        self.row = row
        self.solids = solids
        self.items: list[Shown] = []
        self.center: dict[int, float] = {}
        x = left
        for at in row:
            self.center[at] = x + solids[at].width / 2
            x += solids[at].width + BETWEEN
        self.right = x - BETWEEN
        self.above = max(solids[at].above for at in row)
        self.text = self.above + BELOW
        self.under = self.text + max(solids[at].text for at in row)
        self.place = {at: index for index, at in enumerate(row)}
        self.done: list[tuple[int, int, float]] = []
        self.out: Counter[int] = Counter()
        self.into: Counter[int] = Counter()
        self.risers: list[Point] = []
        """The upper ends of wires that rise from volumes."""
        self.arriving: list[tuple[Edge, list[Point]]] = []
        self.leaving: list[tuple[Edge, list[Point]]] = []
        self.broken: list[tuple[Edge, list[Point]]] = []
        self._draw(edges, frames)

    def _draw(self, edges: Sequence[Edge], frames: Sequence[Frame]) -> None:
        neighbours = set(pairwise(self.row))
        above: list[tuple[int, int, Callable[[float], None], float]] = []
        wires: list[Shown] = []
        for edge in edges:
            first, last = self.place.get(edge.source), self.place.get(edge.target)
            if (edge.source, edge.target) in neighbours:
                start, end = self._sides(edge.source)[1] + 2, self._sides(edge.target)[0] - 2
                wires.append(_arrow(self.solids, edge, [(start, 0), (end, 0)]))
            elif first is not None and last is not None:
                above.append((first, last, self._arc(edge, wires), LANE))
            elif last == 0 and first is None and self._follows(edge):
                left = self._sides(edge.target)[0]
                self.broken.append((edge, [(left - 14, 0), (left - 2, 0)]))
            elif last is not None:
                above.append((last, len(self.row), self._arrival(edge), LANE))
            elif first is not None and not self._leads_on(edge, edges):
                above.append((first, len(self.row), self._departure(edge), LANE))
        framed: list[tuple[Frame, list[int], float]] = []
        for frame in frames:
            within = [self.place[at] for at in boxes_of(frame) if at in self.place]
            if within:
                above.append((min(within), max(within), self._frame(frame, within, framed), HEADING))
        for first, last, draw, room in sorted(above, key=lambda each: each[1] - each[0]):
            y = -max(self.solids[at].above for at in self.row[first : last + 1])
            y = min([y, *(level for a, b, level in self.done if a <= last and b >= first)]) - room
            self.done.append((first, last, y))
            draw(y)
            self.above = max(self.above, 4 - y)
        self.items = [*(self._framed(*each) for each in reversed(framed)), *wires]

    def _follows(self, edge: Edge) -> bool:
        """Whether an edge comes from the box just before this row."""
        return edge.source == max((at for at in self.solids if at < self.row[0]), default=-1)

    def _leads_on(self, edge: Edge, edges: Sequence[Edge]) -> bool:
        """Whether an edge leads to the box just after this row."""
        is_last = edge.source == self.row[-1]
        return is_last and edge.target == min((at for at in self.solids if at > edge.source), default=-1)

    def _sides(self, at: int) -> tuple[float, float]:
        """The left and right end of the volumes at y = 0."""
        left = self.center[at] - self.solids[at].solid / 2
        return left, left + self.solids[at].solid

    def _top(self, at: int, *, is_start: bool) -> Point:
        """A point on the top of the first or last volume; each wire has one of its own beside the middle."""
        solid = self.solids[at]
        left, right = self._sides(at)
        half = solid.front / 2
        middle = right - half if is_start else left + solid.back + half
        counts = self.out if is_start else self.into
        shift = 3.0 * counts[at] * (1 if is_start else -1)
        counts[at] += 1
        return middle + max(min(shift, half - 1), 1 - half), -solid.above

    def _arc(self, edge: Edge, wires: list[Shown]) -> Callable[[float], None]:
        """A shortcut above what it passes."""

        def draw(y: float) -> None:
            start, end = self._top(edge.source, is_start=True), self._top(edge.target, is_start=False)
            self.risers += [(start[0], y), (end[0], y)]
            points = [start, (start[0], y), (end[0], y), (end[0], end[1] - 1)]
            wires.append(_arrow(self.solids, edge, points))

        return draw

    def _departure(self, edge: Edge) -> Callable[[float], None]:
        def draw(y: float) -> None:
            start = self._top(edge.source, is_start=True)
            self.risers.append((start[0], y))
            self.leaving.append((edge, [start, (start[0], y)]))

        return draw

    def _arrival(self, edge: Edge) -> Callable[[float], None]:
        def draw(y: float) -> None:
            end = self._top(edge.target, is_start=False)
            self.risers.append((end[0], y))
            self.arriving.append((edge, [(end[0], y), (end[0], end[1] - 1)]))

        return draw

    def _frame(
        self, frame: Frame, within: list[int], framed: list[tuple[Frame, list[int], float]]
    ) -> Callable[[float], None]:
        return lambda y: framed.append((frame, within, y))

    def _framed(self, frame: Frame, within: list[int], y: float) -> Cluster:
        """A frame around what is repeated, with how often, where no wire passes."""
        boxes = [self.row[index] for index in within]
        left = min(self.center[at] - self.solids[at].width / 2 for at in boxes) - 6
        right = max(self.center[at] + self.solids[at].width / 2 for at in boxes) + 6
        bottom = self.text + max(self.solids[at].text for at in boxes)
        text = Text(
            0, y + 10, f"{frame.label or frame.name.rsplit('.', 1)[-1]} ×{frame.times}", SMALL, "text", True
        )
        risers = sorted(x for x, top in self.risers if left < x < right and top < y + 11)
        starts = [left + 7, *(x + 4 for x in risers)]
        ends = [*(x - 4 for x in risers), right - 7]
        free = [start for start, end in zip(starts, ends, strict=True) if end - start >= text.width]
        rect = Rect(left, y - 1, right - left, bottom - y + 1, "frame", 6)
        data = {"name": frame.name, "times": str(frame.times)}
        words = ("frame", frame.name, *(() if boxes[0] == boxes_of(frame)[0] else ("on", str(self.row[0]))))
        items = (rect, moved(text, free[0] if free else left + 7, 0))
        return Cluster(items, identifier(*words), "frame", data, frame.name)


def _u(diagram: Diagram, solids: Mapping[int, Solid]) -> U | None:
    """The U that a network is, if every part of it is a single box."""
    wiring = Wiring(range(len(diagram.boxes)), diagram.edges)

    def positions(part: Part) -> int:
        shape = diagram.boxes[part].shape if isinstance(part, int) else None
        return shape.positions if shape and shape.channels else 1 << 62

    u = find_u(decompose(wiring.reads, wiring.entries, wiring.exits), positions)
    if u is None:
        return None
    parts = [part for level in u.levels for part in (*level.down, *level.up)] + [*u.bottom]
    return u if all(isinstance(part, int) for part in parts) else None


class _UShape:
    """Every box has a row and a column; a row is a level."""

    def __init__(self, u: U, solids: Mapping[int, Solid], edges: Sequence[Edge]) -> None:
        self.solids = solids
        self.edges = edges
        self.column: dict[int, int] = {}
        self.row: dict[int, int] = {}
        column = -1
        for row, level in enumerate(u.levels):
            column = self._place(level.down, row, column)
        depth = len(u.levels)
        column = self._place(u.bottom, depth, column)
        column += self._count(u.bottom) == 1
        for row, level in reversed([*enumerate(u.levels)]):
            column = self._place(level.up, row, column)

    def _count(self, parts: Sequence[Part]) -> int:
        return sum(part in self.solids for part in parts if isinstance(part, int))

    def _place(self, parts: Sequence[Part], row: int, column: int) -> int:
        """Places boxes beside each other, the first at `column`; returns the column of the last."""
        at = max(column, 0)
        for part in parts:
            if isinstance(part, int) and part in self.solids:
                self.row[part], self.column[part] = row, at
                at += 1
        return at - 1 if self._count(parts) else column

    def laid(self) -> Laid:
        lefts, whole = self._columns()
        middles, texts, height = self._rows()
        centers = {at: (lefts[self.column[at]], middles[self.row[at]]) for at in self.row}
        under = {at: texts[self.row[at]] for at in self.row}
        wires: list[Shown] = [
            _arrow(self.solids, edge, self._way(edge, centers, under)) for edge in self.edges
        ]
        return Laid(centers, under, wires, whole, height)

    def _columns(self) -> tuple[list[float], float]:
        """The middle of each column, and the width of all."""
        widths = [0.0] * (max(self.column.values()) + 1)
        for at, column in self.column.items():
            widths[column] = max(widths[column], self.solids[at].width)
        middles = []
        x = 0.0
        for width in widths:
            middles.append(x + width / 2)
            x += width + BETWEEN
        return middles, x - BETWEEN

    def _rows(self) -> tuple[list[float], list[float], float]:
        """The middle of each row, the y of its text, and the height of all."""
        middles, texts = [], []
        y = 0.0
        for row in range(max(self.row.values()) + 1):
            solids = [self.solids[at] for at, each in self.row.items() if each == row]
            above = max(solid.above for solid in solids)
            middles.append(y + above)
            texts.append(y + 2 * above + BELOW)
            y = texts[-1] + max(solid.text for solid in solids) + CLIMB
        return middles, texts, y - CLIMB

    def _way(self, edge: Edge, centers: Mapping[int, Point], texts: Mapping[int, float]) -> list[Point]:
        """Along the row, or from below the text of the upper box to the top of the lower one, or back."""
        source, target = self.solids[edge.source], self.solids[edge.target]
        (x, y), (to, end) = centers[edge.source], centers[edge.target]
        if y == end:
            return [(x + source.solid / 2 + 2, y), (to - target.solid / 2 - 2, y)]
        if end > y:
            return [(x, texts[edge.source] + source.text - 4), (to, end - target.above - 1)]
        up = texts[edge.target] + target.text - 4
        if x == to:
            return [(x, y - source.above), (to, up)]
        return [(x + source.solid / 2 + 2, y), (to, y), (to, up)]
