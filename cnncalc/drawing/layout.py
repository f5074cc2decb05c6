"""Where boxes and wires go: parts in series below each other, branches side by side in the order written.

Every part of the structure is an `Area` around an axis. The main branch stays on the axis and shortcuts pass
beside it, or, where branches are similar, all of them are spread around it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil

from cnncalc.drawing.area import Area, Loose, Points, Spot, Wire
from cnncalc.drawing.columns import columns
from cnncalc.drawing.folding import Diagram, Edge, Frame, Item
from cnncalc.drawing.ushape import find_u, lay_out_u
from cnncalc.structure import Bridge, Parallel, Part, Series, decompose

LINE = 10.0
"""Height of a line of a label."""
STUB = 17.0
"""Height of the label below a box."""
ARROW = 13.0
"""Length of the arrow above a box."""
BUS = 7.0
"""Distance of a horizontal wire from what is above it."""
BESIDE = 20.0
"""Distance between branches."""
LANE = 15.0
"""Distance of a shortcut from what it passes."""
HEADER = 22.0
HIGHEST = 900.0
"""A series higher than this is broken into columns."""
HARDLY = 1.15
"""One column less is better if the highest is at most so many times as high."""
COLUMNS = 44.0
"""Distance between those columns."""
PADDING = 12.0

SIMILAR = 1.7
"""Two branches are spread around the axis unless one is so many times as high as the other."""
UNIQUE = 6
"""The same for more branches."""


class Sizes:
    """The width and height of each box, and the width and lines of each label; 0 wide if there is none."""

    def __init__(
        self, boxes: Sequence[tuple[float, float]], labels: Sequence[float], lines: Sequence[int]
    ) -> None:
        self.boxes = boxes
        self.labels = labels
        self.lines = lines
        self.half = max((width / 2 for width, _ in boxes), default=0)


class Wiring:
    """The items at one level of a diagram: which reads which, and which are read from outside."""

    def __init__(self, items: Sequence[Item], edges: Sequence[Edge]) -> None:
        self.item_of = {box: at for at, item in enumerate(items) for box in boxes_of(item)}
        self.reads: list[list[int]] = [[] for _ in items]
        self.entries: list[int] = []
        self.exits: list[int] = []
        for edge in edges:
            source, target = self.item_of.get(edge.source), self.item_of.get(edge.target)
            if source is None and target is not None:
                self.entries.append(target)
            elif target is None and source is not None:
                self.exits.append(source)
            elif source is not None and target is not None and source not in (target, *self.reads[target]):
                self.reads[target].append(source)


def boxes_of(item: Item) -> list[int]:
    """The boxes in an item."""
    if isinstance(item, int):
        return [item]
    return [box for each in item.items for box in boxes_of(each)]


def lay_out(diagram: Diagram, sizes: Sizes, *, wraps: bool = True) -> Area:
    """The places of everything in a diagram: as a U if it is one, and in several columns if it may wrap."""
    layout = Layout(diagram, sizes)
    return layout.whole(_framed(diagram.items, diagram.edges), wraps)


def lay_out_open(diagram: Diagram, sizes: Sizes) -> Area:
    """The places in an open block, without its inputs and outputs.

    What leads from its only input begins at the top of the axis, and what leads to its outputs ends at the
    bottom. Several inputs keep their boxes, as their names tell them apart.
    """
    ends = {"input": _ends(diagram, "input"), "output": _ends(diagram, "output")}
    inputs = () if len(ends["input"]) == 1 else ends["input"]
    kept = [item for item in diagram.items if item not in ends["output"] and item not in ends["input"]]
    layout = Layout(diagram, sizes)
    area = layout.items(_framed([*inputs, *kept], diagram.edges))
    for source in ends["input"]:
        area.wires += [
            Wire(source, each.box, each.points)
            for each in area.entries
            if each.box is not None and len(ends["input"]) == 1
        ]
    for target in ends["output"]:
        area.wires += [Wire(each.box, target, each.points) for each in area.exits if each.box is not None]
    if len(kept) == 1 and isinstance(kept[0], Frame) and kept[0].name not in area.frames:
        _enclose(area, kept[0].name)
    return area


def _enclose(area: Area, name: str) -> None:
    """Draws a frame around everything."""
    area.shift(0, HEADER)
    area.left, area.right = area.left + PADDING, area.right + PADDING
    area.height += HEADER + 6
    area.frames = {name: Spot(-area.left, 0, area.width, area.height), **area.frames}


def _ends(diagram: Diagram, family: str) -> list[int]:
    return [at for at, box in enumerate(diagram.boxes) if box.family == family]


def _framed(items: Sequence[Item], edges: Sequence[Edge]) -> tuple[Item, ...]:
    """The items without frames that have several sources or several boxes that are read outside."""
    kept: list[Item] = []
    for item in items:
        if isinstance(item, int):
            kept.append(item)
            continue
        inside = set(boxes_of(item))
        sources = {edge.source for edge in edges if edge.target in inside and edge.source not in inside}
        exits = {edge.source for edge in edges if edge.source in inside and edge.target not in inside}
        inner = _framed(
            item.items, [edge for edge in edges if edge.source in inside or edge.target in inside]
        )
        if len(sources) <= 1 and len(exits) <= 1:
            kept.append(Frame(item.name, item.label, item.times, inner))
        else:
            kept += inner
    return tuple(kept)


class Layout:
    """Lays out the items of a diagram, level by level."""

    def __init__(self, diagram: Diagram, sizes: Sizes) -> None:
        self.diagram = diagram
        self.sizes = sizes
        self.is_read = {edge.source for edge in diagram.edges}

    def whole(self, items: Sequence[Item], wraps: bool) -> Area:
        """The items of the diagram."""
        graph = Wiring(items, self.diagram.edges)
        structure = decompose(graph.reads, graph.entries, graph.exits)
        level = _Level(self, items, graph)
        u = find_u(structure, level.positions)
        if u:
            return lay_out_u(u, level.series)
        return level.wrapped(structure) if wraps else level.series(structure)

    def items(self, items: Sequence[Item]) -> Area:
        """The items of a frame."""
        graph = Wiring(items, self.diagram.edges)
        structure = decompose(graph.reads, graph.entries, graph.exits)
        return _Level(self, items, graph).series(structure)

    def node(self, item: Item) -> Area:
        """A box with its label, or a frame."""
        return self._box(item) if isinstance(item, int) else self._frame(item)

    def _box(self, box: int) -> Area:
        width, height = self.sizes.boxes[box]
        label = self.sizes.labels[box]
        high = LINE * self.sizes.lines[box]
        below = STUB - LINE + high if label else 0.0
        area = Area(width / 2, max(width / 2, label + 5 if label else 0), height + below, is_node=True)
        area.boxes[box] = Spot(-width / 2, 0, width, height)
        if label:
            area.labels[box] = Spot(5, height + 3.5, label, high)
        area.entries = [Loose(box, [(0, 0)])]
        area.exits = [Loose(box, [(0, height), (0, height + below)])]
        return area

    def _frame(self, frame: Frame) -> Area:
        area = self.items(frame.items)
        area.shift(0, HEADER + ARROW)
        area.is_node = True
        area.left += PADDING
        area.right += PADDING
        area.height += HEADER + ARROW + 6
        for loose in (*area.entries, *area.throughs):
            loose.points = [(0.0, 0.0), *loose.points]
        for loose in (*area.exits, *area.throughs):
            loose.points = [*loose.points, (0.0, area.height)]
            loose.stem = None
        area.frames[frame.name] = Spot(-area.left, 0, area.width, area.height)
        return area


class _Level:
    """One level: its items, and the structure of what reads what."""

    def __init__(self, layout: Layout, items: Sequence[Item], graph: Wiring) -> None:
        self.layout = layout
        self.items = items
        self.graph = graph

    def series(self, parts: Series) -> Area:
        """Parts below each other; each wire that leaves a part is joined to those that enter the next."""
        area = Area()
        pending = [Loose(None, [(0.0, 0.0)])]
        for at, part in enumerate(parts):
            below = self.part(part)
            below.shift(0, area.height + (ARROW if at and below.is_node else 0))
            pending = _joined(area, pending, below)
            area.take(below)
            area.height += below.height + (ARROW if at and below.is_node else 0)
        area.exits = [loose for loose in pending if loose.box is not None]
        area.throughs = [loose for loose in pending if loose.box is None]
        return area

    def wrapped(self, parts: Series) -> Area:
        """Parts in as many columns as keep each below `HIGHEST`; breaks are between nodes."""
        heights = [self.part(part).height + ARROW for part in parts]
        count = max(ceil(sum(heights) / HIGHEST), 1)
        breaks = _breaks(parts, heights, count) if count > 1 else []
        columns = [self.series(parts[a:b]) for a, b in zip([0, *breaks], [*breaks, len(parts)], strict=True)]
        if len(columns) == 1:
            return columns[0]
        highest = max(column.height for column in columns)
        area = Area(columns[0].left, columns[0].right, highest + BUS + 2)
        area.take(columns[0])
        x = 0.0
        for before, column in pairwise(columns):
            lane = x + before.right + COLUMNS / 2
            after = lane + COLUMNS / 2 + column.left
            column.shift(after, 0)
            for source in before.exits:
                for target in column.entries:
                    turn = before.height + BUS
                    around: Points = [(x, turn), (lane, turn), (lane, -ARROW), (after, -ARROW)]
                    area.connect(source, target, around)
            area.take(column)
            area.right = after + column.right
            x = after
        area.shift(0, ARROW + 2)
        area.height += ARROW + 2
        return area

    def positions(self, part: Part) -> int:
        """The number of positions of a node's feature maps; the smallest of its boxes."""
        if not isinstance(part, int):
            return 1 << 62
        boxes = self.layout.diagram.boxes
        shapes = [boxes[box].shape for box in boxes_of(self.items[part])]
        return min((shape.positions for shape in shapes if shape.channels), default=1 << 62)

    def part(self, part: Part) -> Area:
        if isinstance(part, int):
            return self._node(part)
        if isinstance(part, Bridge):
            return columns(part.nodes, self._areas(part.nodes), self.graph.reads, self._entering(part.nodes))
        return self._parallel(part)

    def _areas(self, nodes: Sequence[int]) -> Mapping[int, Area]:
        return {node: self._node(node) for node in nodes}

    def _node(self, node: int) -> Area:
        """A box or frame; no wire enters one that reads nothing, such as a constant."""
        area = self.layout.node(self.items[node])
        if not self.graph.reads[node] and node not in self.graph.entries:
            area.entries = []
        return area

    def _entering(self, nodes: Sequence[int]) -> tuple[set[int], set[int]]:
        """The nodes of a bridge that read what is before it, and those that are read behind it."""
        inside = set(nodes)
        readers = {read for at, each in enumerate(self.graph.reads) if at not in inside for read in each}
        begins = {node for node in nodes if not inside.issuperset(self.graph.reads[node])}
        ends = inside & (readers | set(self.graph.exits))
        return begins | (inside & set(self.graph.entries)), ends

    def _parallel(self, parallel: Parallel) -> Area:
        branches = [self.series(branch) if branch else None for branch in parallel.branches]
        full = [branch for branch in branches if branch]
        if not full:
            return self.series(())
        heights = sorted((branch.height for branch in full), reverse=True)
        is_main = len(full) == 1 or heights[0] >= (SIMILAR if len(full) == 2 else UNIQUE) * heights[1]
        return self._beside_main(branches, full) if is_main else self._spread(branches)

    def _beside_main(self, branches: "list[Area | None]", full: list[Area]) -> Area:
        """The highest branch on the axis, the others right of it, shortcuts on either side."""
        main = max(full, key=lambda branch: branch.height)
        top = BUS + (ARROW if len(full) > 1 or main.entries else 0)
        main.shift(0, top)
        area = Area(main.left, main.right, top + main.height + BUS)
        area.take(main)
        bus, end = BUS, area.height
        _enter(area, main, 0, bus)
        area.exits += [Loose(each.box, [*each.points, (0, end)]) for each in main.exits]
        area.throughs += [Loose(None, [(0, 0), *each.points, (0, end)]) for each in main.throughs]
        half = self.layout.sizes.half
        left, right = max(area.left, half) + LANE, max(area.right, half) + LANE
        place = branches.index(main)
        for at in (*reversed(range(place)), *range(place + 1, len(branches))):  # from the main one outwards
            branch = branches[at]
            if branch is None and at < place:
                area.throughs.append(_beside(-left, bus, end))
                area.left = left
                left += LANE
            elif branch is None:
                area.throughs.append(_beside(right, bus, end))
                area.right = right
                right += LANE
            else:
                apart = BESIDE - LANE
                x = -(left + apart + branch.right) if at < place else right + apart + branch.left
                rejoins = any(each.box in self.layout.is_read for each in branch.exits)
                branch.shift(x, top + (main.height - branch.height) / 2 * rejoins)
                _enter(area, branch, x, bus)
                sides = area.left, area.right
                area.take(branch)
                area.left, area.right = sides
                for each in branch.exits:
                    stem = [*each.points, (x, end)]
                    around = [*stem[:-1], (x, end - BUS), (0, end - BUS), (0, end)]
                    area.exits.append(Loose(each.box, around, stem))
                if at < place:
                    area.left = branch.left - x
                    left = area.left + LANE
                else:
                    area.right = x + branch.right
                    right = area.right + LANE
        return area

    def _spread(self, branches: "list[Area | None]") -> Area:
        """The branches around the axis, in order."""
        lefts = [branch.left if branch else LANE / 2 for branch in branches]
        rights = [branch.right if branch else LANE / 2 for branch in branches]
        xs = [lefts[0]]
        for at in range(1, len(branches)):
            xs.append(xs[-1] + rights[at - 1] + BESIDE + lefts[at])
        middle = (xs[0] + xs[-1]) / 2
        if len(xs) % 2 and abs(xs[len(xs) // 2] - middle) < BESIDE:
            middle = xs[len(xs) // 2]
        top = BUS + ARROW
        highest = max(branch.height for branch in branches if branch)
        end = top + highest + BUS
        area = Area(middle, xs[-1] + rights[-1] - middle, end + 1)
        for x, branch in zip((x - middle for x in xs), branches, strict=True):
            if branch is None:
                points: Points = [(0, 0), (0, BUS), (x, BUS), (x, end), (0, end), (0, end + 1)]
                area.throughs.append(Loose(None, points))
                continue
            branch.shift(x, top)
            _enter(area, branch, x, BUS)
            for each in branch.exits:
                area.exits.append(Loose(each.box, [*each.points, (x, end), (0, end), (0, end + 1)]))
            for each in branch.throughs:
                around = [(0.0, 0.0), (0.0, BUS), (x, BUS), *each.points, (x, end), (0, end), (0, end + 1)]
                area.throughs.append(Loose(None, around))
            sides = area.left, area.right
            area.take(branch)
            area.left, area.right = sides
        return area


def _breaks(parts: Series, heights: Sequence[float], count: int) -> list[int]:
    """The places at which columns begin, so that the highest of at most `count` is as low as possible.

    There are fewer columns where the highest is then hardly higher, so that none holds only a box or two
    behind a high part that cannot be divided.
    """
    begins = [0]
    begins += [
        at for at in range(1, len(parts)) if isinstance(parts[at], int) and isinstance(parts[at - 1], int)
    ]
    blocks = [sum(heights[a:b]) for a, b in zip(begins, [*begins[1:], len(parts)], strict=True)]
    limits = [_limit(blocks, each) for each in range(1, count + 1)]
    limit = next(each for each in limits if each <= limits[-1] * HARDLY)
    return [begins[at] for at in _packed(blocks, limit)]


def _limit(blocks: Sequence[float], count: int) -> float:
    """The height of the highest of `count` columns, as low as possible."""
    low, high = max(blocks), sum(blocks)
    while high - low > 1:
        limit = (low + high) / 2
        low, high = (low, limit) if len(_packed(blocks, limit)) < count else (limit, high)
    return high


def _packed(blocks: Sequence[float], limit: float) -> list[int]:
    """The blocks that begin a column if each column is filled up to a limit."""
    breaks: list[int] = []
    height = 0.0
    for at, block in enumerate(blocks):
        if at and height + block > limit:
            breaks.append(at)
            height = 0
        height += block
    return breaks


def _beside(x: float, bus: float, end: float) -> Loose:
    """A shortcut beside a branch."""
    stem: Points = [(0, 0), (0, bus), (x, bus), (x, end)]
    return Loose(None, [*stem[:-1], (x, end - BUS), (0, end - BUS), (0, end)], stem)


def _enter(area: Area, branch: Area, x: float, bus: float) -> None:
    """Joins the wires that enter a branch at `x` to the top of the axis."""
    area.entries += [Loose(each.box, [(0, 0), (0, bus), (x, bus), *each.points]) for each in branch.entries]


def _joined(area: Area, pending: list[Loose], below: Area) -> list[Loose]:
    """Joins loose wires to what is below them; returns those that are loose then."""
    after: list[Loose] = list(below.exits)
    sideways = _sideways(pending, below)
    for loose in pending:
        for entry in below.entries:
            assert entry.box is not None
            points = sideways.get(id(loose)) or [*loose.points, *entry.points]
            if loose.box is None:
                area.entries.append(Loose(entry.box, points))
            else:
                area.wires.append(Wire(loose.box, entry.box, points))
        for through in below.throughs:
            stem = [*loose.points, *through.stem] if through.stem else None
            after.append(Loose(loose.box, [*loose.points, *through.points], stem))
    return after


def _sideways(pending: list[Loose], below: Area) -> dict[int, Points]:
    """The points of the wires that enter a single box from its sides, if there is room for them."""
    found: dict[int, Points] = {}
    if len(below.boxes) != 1 or below.frames:
        return found
    (place,) = below.boxes.values()
    stems = [(loose, loose.stem) for loose in pending if loose.stem]
    for is_left in (True, False):
        side = [(loose, stem) for loose, stem in stems if (stem[-1][0] < 0) is is_left]
        apart = 6.0
        if (len(side) - 1) * apart > place.height - 8:
            continue
        for at, (loose, stem) in enumerate(side):
            y = place.middle[1] + (at - (len(side) - 1) / 2) * apart
            found[id(loose)] = [*stem[:-1], (stem[-1][0], y), (place.x if is_left else place.right, y)]
    return found
