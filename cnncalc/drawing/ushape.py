"""The layout of encoder-decoder networks as a U: down on the left, up on the right, shortcuts across."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct

from cnncalc.drawing.area import Area, Loose, Points, Spot, Wire
from cnncalc.structure import Parallel, Part, Series

ARROW = 13.0
ACROSS = 34.0
"""Length of the arrows at the bottom of the U, without their labels."""


class Level(Struct, frozen=True):
    """One level of a U: what leads down to the source of a shortcut, and what leads up from its target."""

    down: Series
    up: Series


class U(Struct, frozen=True):
    """The levels from the top down, and what is below them."""

    levels: tuple[Level, ...]
    bottom: Series


def find_u(series: Series, positions: Callable[[Part], int]) -> U | None:
    """The U that a series is: shortcuts are nested, and each inner one starts from a smaller map."""
    levels: list[Level] = []
    size = None
    while True:
        at = _shortcut(series)
        if at is None:
            break
        source = positions(series[at - 1])
        if size is not None and source >= size:
            return None
        size = source
        levels.append(Level(series[:at], series[at + 1 :]))
        series = next(branch for branch in _branches(series[at]) if branch)
    smallest = min(map(positions, series), default=0)
    is_u = len(levels) > 1 and size is not None and smallest < size
    return U(tuple(levels), series) if is_u else None


def _branches(part: Part) -> tuple[Series, ...]:
    return part.branches if isinstance(part, Parallel) else ()


def _shortcut(series: Series) -> int | None:
    """The place of the only part with a shortcut around one branch, if nodes are before and after it."""
    places = [at for at, part in enumerate(series) if not isinstance(part, int)]
    if len(places) != 1 or not 0 < places[0] < len(series) - 1:
        return None
    branches = _branches(series[places[0]])
    return places[0] if len(branches) == 2 and () in branches else None


def lay_out_u(u: U, series: Callable[[Series], Area]) -> Area:
    """The area of a U; the axis is that of the way down."""
    downs = [_Side([series((part,)) for part in level.down]) for level in u.levels]
    ups = [_Side([series((part,)) for part in reversed(level.up)], flows_up=True) for level in u.levels]
    bottom = _Bottom([series((part,)) for part in u.bottom])
    apart = max(side.right for side in downs) + bottom.gap() + max(side.left for side in ups)
    whole = Area()
    y = 0.0
    before: Area | None = None
    above: Area | None = None
    for down, up in zip(downs, ups, strict=True):
        middle = y + max(down.needed, up.needed)
        down.place(whole, 0, y, middle, is_first=before is None)
        up.place(whole, apart, y, middle, is_first=above is None)
        _connect(whole, before, down.areas[0])
        _connect(whole, up.areas[0], above)
        across: Points = [(down.end.right, middle), (up.end.x, middle)]
        whole.wires.append(Wire(_box(down.areas[-1].exits), _box(up.areas[-1].entries), across))
        before, above = down.areas[-1], up.areas[-1]
        y = max(down.end.bottom, up.end.bottom, *(loose.points[-1][1] for loose in before.exits)) + ARROW
    assert before is not None
    assert above is not None
    whole.height = bottom.place(whole, before, above, apart, y)
    whole.left, whole.right = _sides(whole)
    return whole


class _Side:
    """One side of a level: its nodes from top to bottom; the last has the shortcut."""

    def __init__(self, areas: list[Area], *, flows_up: bool = False) -> None:
        self.areas = areas
        self.flows_up = flows_up
        for area in areas if flows_up else ():
            area.flip()
        self.left = max(area.left for area in areas)
        self.right = max(area.right for area in areas)

    @property
    def end(self) -> Spot:
        """The box at the end of the shortcut."""
        last = self.areas[-1]
        return last.boxes[_box(last.entries if self.flows_up else last.exits)]

    @property
    def needed(self) -> float:
        """The least height above the middle of that box."""
        return sum(area.height + ARROW for area in self.areas[:-1]) + self.end.middle[1]

    def place(self, whole: Area, x: float, top: float, middle: float, *, is_first: bool) -> None:
        """Places the nodes between `top` and `middle`, with equal gaps, and connects them.

        Those of the first level stay together.
        """
        spare = middle - top - self.needed
        gap = ARROW + (0 if is_first else spare / len(self.areas))
        y = top + (spare if is_first else gap - ARROW)
        self.areas[-1].shift(x, middle - self.end.middle[1])
        for area in self.areas[:-1]:
            area.shift(x, y)
            y += area.height + gap
        for area, other in pairwise(self.areas):
            _connect(whole, *((other, area) if self.flows_up else (area, other)))
        for area in self.areas:
            whole.take(area)


def _sides(area: Area) -> tuple[float, float]:
    places = [*area.boxes.values(), *area.labels.values(), *area.frames.values()]
    return -min(place.x for place in places), max(place.right for place in places)


def _box(loose: Sequence[Loose]) -> int:
    box = loose[0].box
    assert box is not None
    return box


def _connect(whole: Area, first: Area | None, second: Area | None) -> None:
    """Wires from the end of one area to the beginning of the next."""
    if first is None or second is None:
        return
    for source in first.exits:
        for target in second.entries:
            whole.connect(source, target)


class _Bottom:
    """What is below the last level: up to three nodes from left to right, or else a column in the middle."""

    def __init__(self, areas: list[Area]) -> None:
        self.areas = areas
        self.is_row = len(areas) <= 3 and all(len(area.boxes) == 1 and not area.frames for area in areas)

    def gap(self) -> float:
        """The width between the two sides of the U."""
        widest = max((area.width for area in self.areas), default=0)
        labels = [place.width for area in self.areas for place in area.labels.values()]
        return widest + 2 * (ACROSS + max(labels, default=0)) * self.is_row + 2 * ACROSS * (not self.is_row)

    def place(self, whole: Area, before: Area, above: Area, apart: float, y: float) -> float:
        """Places the bottom and connects it; returns the height of the U."""
        if not self.is_row:
            return self._column(whole, before, above, apart, y)
        centers = {1: [apart / 2], 2: [0, apart / 2], 3: [0, apart / 2, apart]}[len(self.areas)]
        places = []
        middle = y + max(area.boxes[_box(area.exits)].height for area in self.areas) / 2
        for area, x in zip(self.areas, centers, strict=True):
            place = area.boxes[_box(area.exits)]
            area.shift(x, middle - place.middle[1])
            places.append(place)
            whole.take(area)
        self._row(whole, places, centers, apart)
        first, last = places[0], places[-1]
        for source in before.exits:
            x, bottom = source.points[-1]
            down = (
                [(x, bottom), (x, middle), (first.x, middle)] if centers[0] else [(x, bottom), (x, first.y)]
            )
            whole.connect(source, Loose(_box(self.areas[0].exits), down))
        for target in above.entries:
            x, bottom = target.points[0]
            up = [(last.right, middle), (x, middle)] if centers[-1] != apart else [(x, last.y)]
            whole.connect(Loose(_box(self.areas[-1].exits), up), target)
        return max(place.bottom for place in places)

    def _row(self, whole: Area, places: list[Spot], centers: list[float], apart: float) -> None:
        """The arrows between neighbours, with the shapes above them."""
        for at, (area, place) in enumerate(zip(self.areas, places, strict=True)):
            box = _box(area.exits)
            label = whole.labels.get(box)
            if at + 1 < len(places):
                after = places[at + 1]
                line: Points = [(place.right, place.middle[1]), (after.x, after.middle[1])]
                whole.wires.append(Wire(box, _box(self.areas[at + 1].exits), line))
                if label:
                    label.x = (place.right + after.x) / 2 - label.width / 2 - 2
                    label.y = place.middle[1] - 15
            elif label:
                label.x = place.right + 6 if centers[at] != apart else apart + 5
                label.y = place.middle[1] - 15 if centers[at] != apart else place.y - 14

    def _column(self, whole: Area, before: Area, above: Area, apart: float, y: float) -> float:
        y += ARROW
        pending = before
        for at, area in enumerate(self.areas):
            area.shift(apart / 2, y + ARROW)
            whole.take(area)
            if at == 0:
                around: Points = [(0, y), (apart / 2, y)]
                for source in before.exits:
                    for target in area.entries:
                        whole.connect(source, target, around)
            else:
                _connect(whole, pending, area)
            y += area.height + ARROW
            pending = area
        for source in pending.exits:
            for target in above.entries:
                x = target.points[0][0]
                whole.connect(source, target, [(apart / 2, y + 4), (x, y + 4)])
        return y + 6
