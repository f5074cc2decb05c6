"""The figure of the network as boxes and arrows, with what is in its folded blocks beside it."""

from collections.abc import Iterable, Sequence
from math import log

from cnncalc.analysis.report import Report, running
from cnncalc.choices import Bar
from cnncalc.drawing import Drawing
from cnncalc.drawing.area import Area, Spot
from cnncalc.drawing.captions import (
    ENDS,
    MARGIN,
    SMALL,
    TINY,
    TITLE,
    below,
    cluster,
    heading,
    inputs,
    key,
    role_of,
    summary,
    times,
)
from cnncalc.drawing.folding import Diagram, Frame, Hierarchy, Item, Tile
from cnncalc.drawing.font import cut, fitted, width
from cnncalc.drawing.layout import LINE, STUB, Sizes, boxes_of, lay_out, lay_out_open
from cnncalc.drawing.scene import Cluster, Rect, Scene, Stroke, Text, moved, straightened
from cnncalc.drawing.scene import Item as Shown
from cnncalc.drawing.svg import identifier
from cnncalc.drawing.wording import MEASURED, cost, percent

PAD = 9.0
NARROWEST, WIDEST = 104.0, 216.0
ROW = 14.0
APART, GAP, HEAD = 36.0, 16.0, 46.0
"""Between the network and the details, between details, and above and below what is in one."""
PROPORTIONS = 1.7
"""Width by height that is aimed for."""
BEHIND = 3.0
"""How far the outline of repetitions shows behind a box."""

PILLS = ENDS | {"merge"}
"""Families that are drawn small, on one line."""


def graph(report: Report, *, depth: int | None = None, bar: Bar = "macs") -> Drawing:
    """The figure of a network.

    Args:
        report: the network's numbers.
        depth: how deep blocks are open; 1 folds every block. Default: as deep as the figure stays small.
        bar: what the bars show the share of.

    Raises:
        ValueError: there are too many boxes.
    """
    network = Hierarchy(report)
    total = sum(cost(row, bar) for row in running(report.layers))
    diagram = network.diagram(depth)
    check_count(diagram, depth)
    whole = Drawn(diagram, bar, total)
    details = [
        Drawn(each.diagram, bar, total, each.label or each.name, each.name)
        for each in network.details(diagram)
    ]
    return Drawing(_scene(report, whole, details, bar, total), diagram)


MOST = 2000
"""The most boxes that are drawn."""
MOST_EDGES = 5_000


def check_count(diagram: Diagram, depth: int | None) -> None:
    """Raises ValueError if a figure would have too many boxes or arrows."""
    if len(diagram.boxes) > MOST:
        count = len(diagram.boxes)
        raise ValueError(f"the figure would have {count:,} boxes, more than {MOST:,}; {_fewer(depth)}")
    if len(diagram.edges) > MOST_EDGES:
        count = len(diagram.edges)
        raise ValueError(f"the figure would have {count:,} arrows, more than {MOST_EDGES:,}; {_fewer(depth)}")


def _fewer(depth: int | None) -> str:
    return (
        f"a depth below {depth} folds more blocks"
        if depth
        else "blocks and repeats in the spec can be folded"
    )


class Drawn:
    """A diagram laid out, with its items at their places from (0, 0) on."""

    def __init__(
        self,
        diagram: Diagram,
        bar: Bar,
        total: int,
        label: str = "",
        instance: str = "",
        *,
        is_open: bool = False,
    ) -> None:
        self.diagram = diagram
        self.bar = bar
        self.total = total
        self.label = label
        self.instance = instance
        self.within = [instance] if instance else []
        self.room = min(max(map(_needed, diagram.boxes), default=0), WIDEST)
        self.room = max(self.room, NARROWEST)
        self.labels = self._labels()
        sizes = Sizes(
            [self._size(box) for box in diagram.boxes],
            [max(width(line, TINY) for line in lines) for lines in self.labels],
            [len(lines) for lines in self.labels],
        )
        self.area: Area = (
            lay_out_open(diagram, sizes) if is_open else lay_out(diagram, sizes, wraps=not instance)
        )
        self.axis = self.area.left
        self.area.shift(self.area.left, 0)
        self.unframed = {
            at
            for frame in _frames(diagram.items)
            if frame.name not in self.area.frames
            for at in boxes_of(frame)
        }
        """Boxes in blocks whose frame is not drawn, as in a U: their full names say which block it is."""

    def _labels(self) -> list[list[str]]:
        """The lines below each box that is read: its shapes, and how many tensors of a folded block are."""
        tensors = {edge.source: edge.tensors for edge in sorted(self.diagram.edges)}
        labels: list[list[str]] = []
        for at, box in enumerate(self.diagram.boxes):
            is_shown = at in tensors or self.instance
            is_repeated = box.family == "block" and tensors.get(at, 1) > 1 and ", " not in box.output
            times = f" ×{tensors[at]}" if is_repeated else ""
            labels.append(f"{box.output}{times}".split(", ") if is_shown else [""])
        return labels

    def share(self, box: Tile) -> float:
        """The share of a box in the network's cost; what only training runs has none."""
        return sum(cost(row, self.bar) for row in running(box.rows)) / self.total if self.total else 0

    def _size(self, box: Tile) -> tuple[float, float]:
        if box.family in PILLS:
            return min(max(width(_pill(box), TITLE, True) + 2 * PAD, 44), WIDEST), 21
        height = 37 if box.detail or box.short else 23
        return self.room, height + (11 if self.share(box) else 0) + BEHIND * (box.times > 1)

    def items(self) -> list[Shown]:
        """Frames first, then wires, boxes, and the shapes on the wires."""
        frames = {frame.name: frame for frame in _frames(self.diagram.items)}
        shown: list[Shown] = [
            self._frame(frames[name], at) for name, at in reversed(self.area.frames.items())
        ]
        for wire in self.area.wires:
            ends = self.diagram.boxes[wire.source], self.diagram.boxes[wire.target]
            source, target = (box.name for box in ends)
            line = Stroke(straightened(wire.points), "wire", 5, arrow=wire.target in self.area.boxes)
            shown.append(
                Cluster((line,), self._id("edge", *map(key, ends)), "edge", {"from": source, "to": target})
            )
        shown += [self._box(at, place) for at, place in self.area.boxes.items()]
        shown += self._exits()
        for at, place in self.area.labels.items():
            box = self.diagram.boxes[at]
            lines = tuple(
                Text(place.x, place.y + 8 + LINE * line, text, TINY, "muted")
                for line, text in enumerate(self.labels[at])
            )
            shown.append(Cluster(lines, self._id("shape", key(box)), "shape", {"of": box.name}))
        return shown

    def _exits(self) -> list[Shown]:
        """Arrows that leave a block."""
        read = {edge.source for edge in self.diagram.edges}
        ends = [place for at, place in self.area.boxes.items() if self.instance and at not in read]
        return [
            Cluster((Stroke((bottom, (bottom[0], bottom[1] + STUB)), "wire", arrow=True),), "", "exit")
            for bottom in ((place.middle[0], place.bottom) for place in ends)
        ]

    def _id(self, *words: str) -> str:
        return identifier(*self.within, *words)

    def _frame(self, frame: Frame, place: Spot) -> Cluster:
        items: list[Shown] = []
        if frame.times > 1:
            items.append(Rect(place.x + BEHIND, place.y + BEHIND, place.width, place.height, "frame", 6))
        items.append(Rect(place.x, place.y, place.width, place.height, "frame", 6))
        name = frame.name.rsplit(".", 1)[-1]
        label = frame.label if frame.label and not name.startswith(frame.label) else ""
        times = f" ×{frame.times}" if frame.times > 1 else ""
        items += _heading(f"{label or name}{times}", frame.name if label else "", place)
        data = {"name": frame.name, "times": str(frame.times)}
        return Cluster(tuple(items), self._id("frame", frame.name), "frame", data, frame.name)

    def _box(self, at: int, place: Spot) -> Cluster:
        box = self.diagram.boxes[at]
        name = box.name if at in self.unframed else box.short
        items = _pill_items(box, place) if box.family in PILLS else self._box_items(box, name, place)
        return cluster(box, items, *self.within)

    def _box_items(self, box: Tile, name: str, place: Spot) -> list[Shown]:
        room, behind = place.width - 2 * PAD, BEHIND if box.times > 1 else 0
        height = place.height - behind
        items: list[Shown] = []
        if behind:
            items.append(
                Rect(place.x + BEHIND, place.y + BEHIND, place.width - BEHIND, height, role_of(box), 4)
            )
        w = place.width - behind
        items.append(Rect(place.x, place.y, w, height, role_of(box), 4))
        room = w - 2 * PAD
        left, right, y = place.x + PAD, place.x + w - PAD, place.y + 16
        items.append(Text(left, y, cut(times(box), room, TITLE, True), TITLE, "text", True))
        detail = box.detail
        if name or detail:
            y += ROW
            detail = cut(detail, room if not name else max(room - width(name, TINY) - 8, room / 2), SMALL)
            name = fitted(name, room - (width(detail, SMALL) + 8 if detail else 0), TINY)
            if detail:
                items.append(Text(left, y, detail, SMALL, "muted"))
                items.append(Text(right, y, name, TINY, "muted", anchor="end"))
            else:
                items.append(Text(left, y, name, TINY, "muted"))
        share = self.share(box)
        if share:
            text = percent(share)
            beside = right - 36
            items.append(Rect(left, y + 7, beside - left, 4, "track", 2))
            items.append(Rect(left, y + 7, max((beside - left) * share, 1.5), 4, f"bar-{box.family}", 2))
            items.append(Text(right, y + 12, text, TINY, "muted", anchor="end"))
        return items


def _heading(title: str, name: str, place: Spot) -> list[Text]:
    """The heading of a frame: its title, and its name if there is room."""
    room = place.width - 2 * PAD
    title = cut(title, room, SMALL + 1, True)
    found = [Text(place.x + PAD, place.y + 15, title, SMALL + 1, "text", True)]
    left = room - found[0].width - 10
    if name and left > 30:
        found.append(
            Text(place.right - PAD, place.y + 15, fitted(name, left, TINY), TINY, "muted", anchor="end")
        )
    return found


def _needed(box: Tile) -> float:
    if box.family in PILLS:
        return 0
    below = width(box.detail, SMALL) + (8 if box.detail else 0) + width(box.short, TINY)
    return max(width(times(box), TITLE, True), below) + 2 * PAD + BEHIND


def _pill(box: Tile) -> str:
    return " · ".join(filter(None, (times(box), box.detail)))


def _pill_items(box: Tile, place: Spot) -> list[Shown]:
    x, y = place.middle
    text = cut(_pill(box), place.width - 2 * PAD + 1, TITLE, True)
    return [
        Rect(place.x, place.y, place.width, place.height, role_of(box), place.height / 2),
        Text(x, y + 4, text, TITLE, "text", True, "middle"),
    ]


def _frames(items: Iterable[Item]) -> Iterable[Frame]:
    for item in items:
        if isinstance(item, Frame):
            yield item
            yield from _frames(item.items)


def _detail_width(detail: Drawn) -> float:
    head = width(detail.label, TITLE, True) + width(detail.instance, TINY) + 12
    return max(detail.area.width, head) + 2 * MARGIN


def _height(column: Sequence[Drawn]) -> float:
    return sum(each.area.height + HEAD + GAP for each in column) - GAP


def _columns(details: Sequence[Drawn], left: float, height: float) -> list[list[Drawn]]:
    """Details in columns, of all heights the one with which the figure has the proportions of a slide."""

    def columns(limit: float) -> list[list[Drawn]]:
        found: list[list[Drawn]] = []
        for each in details:
            if not found or _height([*found[-1], each]) > limit:
                found.append([])
            found[-1].append(each)
        return found

    def unlikeness(found: list[list[Drawn]]) -> float:
        wide = left + sum(max(map(_detail_width, column)) + GAP for column in found)
        return abs(log(wide / max([height, *map(_height, found)]) / PROPORTIONS))

    tallest = max([height, *(_height([each]) for each in details)])
    return min((columns(tallest * share / 4) for share in range(4, 17)), key=unlikeness)


def _detail(each: Drawn, x: float, y: float) -> Cluster:
    """What is in a folded block, in a frame."""
    name = "" if each.instance == each.label else each.instance
    wide, high = _detail_width(each), each.area.height + HEAD
    inside: list[Shown] = [Rect(x, y, wide, high, "frame", 8)]
    inside.append(Text(x + MARGIN, y + 18, each.label, TITLE, "text", True))
    if name:
        inside.append(Text(x + wide - MARGIN, y + 18, name, TINY, "muted", anchor="end"))
    dx = x + (wide - each.area.width) / 2
    inside += [moved(item, dx, y + 32) for item in each.items()]
    data = {"of": each.label, "name": each.instance}
    return Cluster(tuple(inside), identifier("detail", each.instance), "detail", data)


def _scene(report: Report, whole: Drawn, details: Sequence[Drawn], bar: Bar, total: int) -> Scene:
    """The network on the left, its blocks in columns right of it, below a heading."""
    lines = heading(report, f"bars: share of {MEASURED[bar]}" if total else "")
    top = below(lines)
    items: list[Shown] = [*lines, *(moved(item, MARGIN, top) for item in whole.items())]
    right = max([MARGIN + whole.area.width, *(line.left + line.width for line in lines)])
    left = MARGIN + whole.area.width + APART
    columns = _columns(details, left, whole.area.height)
    for column in columns:
        y, widest = top, max(map(_detail_width, column))
        for each in column:
            items.append(_detail(each, left, y))
            y += each.area.height + HEAD + GAP
        right = max(right, left + widest)
        left += widest + GAP
    bottom = top + max([whole.area.height, *(_height(column) for column in columns)])
    description = f"{summary(report)}. {len(whole.diagram.boxes)} boxes, {inputs(report)}"
    return Scene(right + MARGIN, bottom + MARGIN, report.name, description, tuple(items))
