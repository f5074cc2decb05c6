"""The figure of the network as boxes and arrows, with what is in its folded blocks beside it."""

from collections.abc import Iterable, Sequence

from cnncalc.analysis.report import Report
from cnncalc.choices import Bar
from cnncalc.drawing import Drawing
from cnncalc.drawing.area import Area, Spot
from cnncalc.drawing.folding import Diagram, Frame, Hierarchy, Item, Tile
from cnncalc.drawing.font import cut, fitted, width
from cnncalc.drawing.layout import Sizes, lay_out
from cnncalc.drawing.scene import Cluster, Rect, Scene, Stroke, Text, moved, straightened
from cnncalc.drawing.scene import Item as Shown
from cnncalc.drawing.svg import identifier
from cnncalc.drawing.wording import MEASURED, cost, percent, short

TITLE, SMALL, TINY = 11.5, 9.5, 9.0
PAD = 9.0
NARROWEST, WIDEST = 104.0, 216.0
ROW = 14.0
MARGIN = 16.0
BEHIND = 3.0
"""How far the outline of repetitions shows behind a box."""

ENDS = frozenset(("input", "output"))
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
    total = sum(cost(row, bar) for row in report.layers)
    diagram = network.diagram(depth)
    if len(diagram.boxes) > MOST:
        raise ValueError(
            f"the figure would have {len(diagram.boxes):,} boxes, more than {MOST:,}; {_fewer(depth)}"
        )
    whole = Drawn(diagram, bar, total)
    details = [
        Drawn(each.diagram, bar, total, f"{each.label}", each.name) for each in network.details(diagram)
    ]
    return Drawing(_scene(report, whole, details, bar, total), diagram)


MOST = 2000
"""The most boxes that are drawn."""


def _fewer(depth: int | None) -> str:
    return (
        f"a depth below {depth} folds more blocks"
        if depth
        else "blocks and repeats in the spec can be folded"
    )


class Drawn:
    """A diagram laid out, with its items at their places from (0, 0) on."""

    def __init__(self, diagram: Diagram, bar: Bar, total: int, label: str = "", instance: str = "") -> None:
        self.diagram = diagram
        self.bar = bar
        self.total = total
        self.label = label
        self.instance = instance
        self.room = min(max(map(_needed, diagram.boxes), default=0), WIDEST)
        self.room = max(self.room, NARROWEST)
        read = {edge.source for edge in diagram.edges}
        shown = [box.output if at in read or instance else "" for at, box in enumerate(diagram.boxes)]
        self.labels = [_label(box, text) for box, text in zip(diagram.boxes, shown, strict=True)]
        sizes = [self._size(box) for box in diagram.boxes]
        self.area: Area = lay_out(diagram, Sizes(sizes, [width(text, TINY) for text in self.labels]))
        self.area.shift(self.area.left, 0)

    def share(self, box: Tile) -> float:
        """The share of a box in the network's cost."""
        return sum(cost(row, self.bar) for row in box.rows) / self.total if self.total else 0

    def _size(self, box: Tile) -> tuple[float, float]:
        if box.family in PILLS:
            return min(max(width(_pill(box), TITLE, True) + 2 * PAD, 44), WIDEST), 21
        height = 37 if box.detail or _name(box) else 23
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
            line = Stroke(straightened(wire.points), "wire", 5, arrow=True)
            shown.append(
                Cluster((line,), self._id("edge", *map(_key, ends)), "edge", {"from": source, "to": target})
            )
        shown += [self._box(self.diagram.boxes[at], place) for at, place in self.area.boxes.items()]
        for at, place in self.area.labels.items():
            box = self.diagram.boxes[at]
            text = Text(place.x, place.y + 8, self.labels[at], TINY, "muted")
            shown.append(Cluster((text,), self._id("shape", _key(box)), "shape", {"of": box.name}))
        return shown

    def _id(self, *words: str) -> str:
        return identifier(*([self.instance] if self.instance else []), *words)

    def _frame(self, frame: Frame, place: Spot) -> Cluster:
        name = frame.name.rsplit(".", 1)[-1]
        label = frame.label if frame.label and not name.startswith(frame.label) else ""
        times = f" ×{frame.times}" if frame.times > 1 else ""
        head = f"{label}{times}" if label else f"{name}{times}"
        room = place.width - 2 * PAD
        items: list[Shown] = []
        if frame.times > 1:
            items.append(Rect(place.x + BEHIND, place.y + BEHIND, place.width, place.height, "frame", 6))
        items.append(Rect(place.x, place.y, place.width, place.height, "frame", 6))
        head = cut(head, room / 2 - 8, SMALL + 1, True)
        items.append(Text(place.x + PAD, place.y + 15, head, SMALL + 1, "text", True))
        if label:
            text = fitted(frame.name, room / 2 - 8, TINY)
            items.append(Text(place.right - PAD, place.y + 15, text, TINY, "muted", anchor="end"))
        data = {"name": frame.name, "times": str(frame.times)}
        return Cluster(tuple(items), self._id("frame", frame.name), "frame-of-block", data, frame.name)

    def _box(self, box: Tile, place: Spot) -> Cluster:
        items = _pill_items(box, place) if box.family in PILLS else self._box_items(box, place)
        data = {"name": box.name, "kind": box.title, "layers": str(len(box.rows))}
        if box.times > 1:
            data["times"] = str(box.times)
        if box.output:
            data["output"] = box.output
        kind = "layer" if box.family not in ("input", "output", "block") else box.family
        return Cluster(tuple(items), self._id(_key(box)), f"box {kind}", data, self._hover(box))

    def _hover(self, box: Tile) -> str:
        parts = [f"{box.name}: {_times(box)}", box.detail, f"output {box.output}" if box.output else ""]
        if box.rows:
            parts.append(f"{sum(row.params.total for row in box.rows):,} parameters")
            parts.append(f"{sum(row.costs.macs for row in box.rows):,} MACs")
        return "\n".join(filter(None, parts))

    def _box_items(self, box: Tile, place: Spot) -> list[Shown]:
        room, behind = place.width - 2 * PAD, BEHIND if box.times > 1 else 0
        height = place.height - behind
        items: list[Shown] = []
        if behind:
            items.append(
                Rect(place.x + BEHIND, place.y + BEHIND, place.width - BEHIND, height, box.family, 4)
            )
        w = place.width - behind
        items.append(Rect(place.x, place.y, w, height, box.family, 4))
        room = w - 2 * PAD
        left, right, y = place.x + PAD, place.x + w - PAD, place.y + 16
        items.append(Text(left, y, cut(_times(box), room, TITLE, True), TITLE, "text", True))
        name, detail = _name(box), box.detail
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


def _key(box: Tile) -> str:
    """What begins ids: a layer may be called `input` or `output`, too."""
    return f"{box.family if box.family in ENDS else 'box'}-{box.name}"


def _needed(box: Tile) -> float:
    if box.family in PILLS:
        return 0
    below = width(box.detail, SMALL) + (8 if box.detail else 0) + width(_name(box), TINY)
    return max(width(_times(box), TITLE, True), below) + 2 * PAD + BEHIND


def _times(box: Tile) -> str:
    return f"{box.title} ×{box.times}" if box.times > 1 else box.title


def _name(box: Tile) -> str:
    """A layer's own name; the blocks that it is in have frames."""
    return box.name.rsplit(".", 1)[-1] if not box.name.rsplit(".", 1)[-1].isdigit() else box.name


def _pill(box: Tile) -> str:
    return " · ".join(filter(None, (_times(box), box.detail)))


def _pill_items(box: Tile, place: Spot) -> list[Shown]:
    x, y = place.middle
    text = cut(_pill(box), place.width - 2 * PAD + 1, TITLE, True)
    return [
        Rect(place.x, place.y, place.width, place.height, box.family, place.height / 2),
        Text(x, y + 4, text, TITLE, "text", True, "middle"),
    ]


def _label(box: Tile, shape: str) -> str:
    return shape


def _frames(items: Iterable[Item]) -> Iterable[Frame]:
    for item in items:
        if isinstance(item, Frame):
            yield item
            yield from _frames(item.items)


def _scene(report: Report, whole: Drawn, details: Sequence[Drawn], bar: Bar, total: int) -> Scene:
    """The network on the left, its blocks in columns right of it, below a heading."""
    totals = report.totals
    summary = f"{short(totals.params.total)} parameters · {short(totals.costs.macs)} MACs"
    legend = f"bars: share of {MEASURED[bar]}" if total else ""
    lines = [
        Text(MARGIN, MARGIN + 12, report.name, 14, "text", True),
        Text(MARGIN, MARGIN + 28, summary, SMALL, "muted"),
    ]
    if legend:
        lines.append(Text(MARGIN, MARGIN + 41, legend, SMALL, "muted"))
    top = MARGIN + 54
    items: list[Shown] = [*lines]
    items += [moved(item, MARGIN, top) for item in whole.items()]
    right = max([MARGIN + whole.area.width, *(line.left + line.width for line in lines)])
    bottom = top + whole.area.height
    x, y, column = MARGIN + whole.area.width + 36, top, 0.0
    limit = max([whole.area.height, *(each.area.height + 46 for each in details)])
    for each in details:
        name = "" if each.instance == each.label else each.instance
        head = each.label or each.instance
        wide = max(each.area.width, width(head, TITLE, True) + width(name, TINY) + 12) + 2 * MARGIN
        high = each.area.height + 46
        if y > top and y + high > top + limit:
            x, y, column = x + column + 16, top, 0.0
        inside: list[Shown] = [Rect(x, y, wide, high, "frame", 8)]
        inside.append(Text(x + MARGIN, y + 18, head, TITLE, "text", True))
        if name:
            inside.append(Text(x + wide - MARGIN, y + 18, name, TINY, "muted", anchor="end"))
        dx = x + (wide - each.area.width) / 2
        inside += [moved(item, dx, y + 32) for item in each.items()]
        items.append(
            Cluster(
                tuple(inside),
                identifier("detail", each.instance),
                "detail",
                {"of": each.label, "name": each.instance},
            )
        )
        right, bottom = max(right, x + wide), max(bottom, y + high)
        column = max(column, wide)
        y += high + 16
    description = f"{summary}. {len(whole.diagram.boxes)} boxes, input {report.input.text(report.layout)}"
    return Scene(right + MARGIN, bottom + MARGIN, report.name, description, tuple(items))
