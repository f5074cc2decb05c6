"""The layout of a graph that is not series-parallel: chains in columns, wires in lanes between them.

Nodes are in rows by the longest path to them. A chain of nodes that each read the one before stays in one
column; wires to other columns run through the gaps between rows and the gutters between columns, where
every source has a track of its own.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from cnncalc.drawing.area import Area, Loose, Points, Wire

TRACK = 8.0
"""Distance between wires."""
GAP = 10.0
"""Between the wires of a gap and the boxes below it."""
GUTTER = 14.0

START, END = -1, -2


class Run(Struct):
    """A straight piece of a wire along a gap or a gutter: its ends, and whose wire it is."""

    first: float
    last: float
    net: tuple[str, int]


class Tracks:
    """The tracks of a gap or a gutter: runs of different nets that overlap are on different tracks."""

    def __init__(self) -> None:
        self.tracks: list[list[Run]] = []

    def add(self, first: float, last: float, net: tuple[str, int]) -> int:
        """The track of a run."""
        run = Run(min(first, last), max(first, last), net)
        for at, track in enumerate(self.tracks):
            if all(each.net == net or each.last < run.first or each.first > run.last for each in track):
                track.append(run)
                return at
        self.tracks.append([run])
        return len(self.tracks) - 1


class Route(Struct):
    """How an edge runs: below its source, perhaps along a gutter, and above its target."""

    source: int
    target: int
    leaving: int
    leaving_track: int | None
    gutter: int | None = None
    lane: int = 0
    arriving: int = 0
    arriving_track: int = 0


def columns(
    nodes: Sequence[int],
    areas: Mapping[int, Area],
    reads: Sequence[Sequence[int]],
    ends: tuple[set[int], set[int]],
) -> Area:
    """The nodes in columns; the axis is that of the first column."""
    return _Columns(nodes, areas, reads, ends).area()


class _Columns:
    def __init__(
        self,
        nodes: Sequence[int],
        areas: Mapping[int, Area],
        reads: Sequence[Sequence[int]],
        ends: tuple[set[int], set[int]],
    ) -> None:
        self.nodes = nodes
        self.areas = areas
        inside = set(nodes)
        begins, leaves = ends
        self.edges = [(read, node) for node in nodes for read in reads[node] if read in inside]
        self.edges += [(START, node) for node in nodes if node in begins]
        self.edges += [(node, END) for node in nodes if node in leaves]
        self.row = self._rows()
        self.column = self._columns()
        self.rows = max(self.row.values()) + 1
        self.row[START], self.row[END] = -1, self.rows
        self.column[START] = self.column[END] = 0
        self.above = [Tracks() for _ in range(self.rows + 1)]
        self.below = [Tracks() for _ in range(self.rows + 1)]
        self.gutters = [Tracks() for _ in range(max(self.column.values()) + 1)]
        self.taken = {(self.column[node], self.row[node]) for node in nodes}
        self.routes = [self._route(source, target) for source, target in self.edges]

    def _rows(self) -> dict[int, int]:
        """The longest path to each node."""
        row = dict.fromkeys(self.nodes, 0)
        for source, target in self.edges:
            if source != START and target != END:
                row[target] = max(row[target], row[source] + 1)
        return row

    def _columns(self) -> dict[int, int]:
        """The column of each node: the first, right of what it reads, that is free for its chain."""
        chains: list[list[int]] = []
        chain_of: dict[int, list[int]] = {}
        reads: dict[int, list[int]] = {node: [] for node in self.nodes}
        for source, target in self.edges:
            if source != START and target != END:
                reads[target].append(source)
        for node in self.nodes:
            open_ends = [read for read in reads[node] if chain_of[read][-1] == read]
            chain = chain_of[max(open_ends)] if open_ends else []
            if not open_ends:
                chains.append(chain)
            chain.append(node)
            chain_of[node] = chain
        column: dict[int, int] = {}
        taken: list[set[int]] = []
        for chain in chains:
            rows = set(range(self.row[chain[0]] - 1, self.row[chain[-1]] + 1))
            at = max((column[read] + 1 for read in reads[chain[0]]), default=0)
            while at < len(taken) and taken[at] & rows:
                at += 1
            taken += [set() for _ in range(at + 1 - len(taken))]
            taken[at] |= rows
            column |= dict.fromkeys(chain, at)
        return column

    def _route(self, source: int, target: int) -> Route:
        """The gaps and the gutter of an edge, and its tracks in them."""
        first, last = self.row[source], self.row[target] - 1
        start, end = self.column[source], self.column[target]
        is_free = all((start, row) not in self.taken for row in range(first + 1, last + 1))
        if is_free:
            track = None if start == end else self.above[last + 1].add(start, end, ("from", source))
            return Route(source, target, last + 1, track)
        gutter = end - 1 if end > start else end
        side = gutter + 0.5
        leaving = self.above[first + 1].add(start, side, ("from", source))
        arriving = self.below[last + 1].add(side, end, ("to", target))
        lane = self.gutters[gutter].add(first + 0.5, last + 0.5, ("from", source))
        return Route(source, target, first + 1, leaving, gutter, lane, last + 1, arriving)

    def area(self) -> Area:
        """Everything at its place."""
        centers, left, right = self._centers()
        tops, gaps, height = self._tops()
        area = Area(left, right, height)
        for node in self.nodes:
            each = self.areas[node]
            each.shift(centers[self.column[node]], tops[self.row[node]])
            sides = area.left, area.right
            area.take(each)
            area.left, area.right = sides
        lanes = self._lanes(centers)
        for route in self.routes:
            self._draw(area, route, centers, gaps, lanes)
        return area

    def _extents(self) -> list[tuple[float, float]]:
        """How far each column reaches to the left and right of its centre."""
        extents = [(20.0, 20.0)] * len(self.gutters)
        for node in self.nodes:
            at, area = self.column[node], self.areas[node]
            extents[at] = max(extents[at][0], area.left), max(extents[at][1], area.right)
        return extents

    def _centers(self) -> tuple[list[float], float, float]:
        extents = self._extents()
        centers = [0.0]
        for at in range(1, len(extents)):
            gutter = GUTTER * 2 + TRACK * max(len(self.gutters[at - 1].tracks) - 1, 0)
            centers.append(centers[-1] + extents[at - 1][1] + gutter + extents[at][0])
        outer = len(self.gutters[-1].tracks)
        right = centers[-1] + extents[-1][1] + (GUTTER + TRACK * (outer - 1) if outer else 0)
        return centers, extents[0][0], right

    def _lanes(self, centers: list[float]) -> list[float]:
        """The x of the first lane in each gutter."""
        return [center + right + GUTTER for center, (_, right) in zip(centers, self._extents(), strict=True)]

    def _tops(self) -> tuple[list[float], list[tuple[float, float]], float]:
        """The y of each row, and in each gap that of its first leaving and arriving wire."""
        heights = [0.0] * self.rows
        for node in self.nodes:
            heights[self.row[node]] = max(heights[self.row[node]], self.areas[node].height)
        y = 0.0
        tops: list[float] = []
        gaps: list[tuple[float, float]] = []
        for gap in range(self.rows + 1):
            leaving, arriving = len(self.above[gap].tracks), len(self.below[gap].tracks)
            gaps.append((y + 7, y + 7 + TRACK * leaving))
            y += 7 + TRACK * max(leaving + arriving - 1, 0) + (GAP + 4 if gap < self.rows else 1)
            if gap < self.rows:
                tops.append(y)
                y += heights[gap]
        return tops, gaps, y

    def _draw(
        self,
        area: Area,
        route: Route,
        centers: list[float],
        gaps: list[tuple[float, float]],
        lanes: list[float],
    ) -> None:
        """Adds the wires of an edge: more than one if its ends are frames with several loose ends."""
        start, end = centers[self.column[route.source]], centers[self.column[route.target]]
        middle: Points = []
        if route.leaving_track is not None:
            y = gaps[route.leaving][0] + TRACK * route.leaving_track
            middle = [(start, y), (end, y)]
        if route.gutter is not None:
            x = lanes[route.gutter] + TRACK * route.lane
            arriving = gaps[route.arriving][1] + TRACK * route.arriving_track
            middle = [(start, y), (x, y), (x, arriving), (end, arriving)]
        sources = [Loose(None, [(0, 0)])] if route.source == START else self.areas[route.source].exits
        targets = (
            [Loose(None, [(0, area.height)])] if route.target == END else self.areas[route.target].entries
        )
        for source in sources:
            for target in targets:
                points = [*source.points, *middle, *target.points]
                if source.box is None and target.box is not None:
                    area.entries.append(Loose(target.box, points))
                elif target.box is None and source.box is not None:
                    area.exits.append(Loose(source.box, points))
                elif source.box is not None and target.box is not None:
                    area.wires.append(Wire(source.box, target.box, points))
