"""Reads an SVG back: boxes, texts, wires, and what overlaps."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from cnncalc.drawing.font import ASCENT, DESCENT, width

SVG = "{http://www.w3.org/2000/svg}"
TOLERANCE = 0.5


class Area(NamedTuple):
    """A rectangle on the page, and what it is of."""

    left: float
    top: float
    right: float
    bottom: float
    what: str

    def overlaps(self, other: "Area") -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > TOLERANCE
            and min(self.bottom, other.bottom) - max(self.top, other.top) > TOLERANCE
        )

    def holds(self, other: "Area") -> bool:
        return (
            other.left >= self.left - TOLERANCE
            and other.right <= self.right + TOLERANCE
            and other.top >= self.top - TOLERANCE
            and other.bottom <= self.bottom + TOLERANCE
        )


class Wire(NamedTuple):
    """An edge: the data of its group, and the straight pieces of its path."""

    source: str
    target: str
    pieces: list[Area]


class Picture:
    """An SVG document that has been read."""

    def __init__(self, text: str) -> None:
        self.root = ET.fromstring(text)
        self.page = Area(0, 0, float(self.root.get("width", 0)), float(self.root.get("height", 0)), "page")

    def groups(self, name: str, under: ET.Element | None = None) -> Iterator[ET.Element]:
        """The groups of a class."""
        for group in (self.root if under is None else under).iter(f"{SVG}g"):
            if name in (group.get("class") or "").split():
                yield group

    def texts(self, under: ET.Element | None = None) -> list[Area]:
        """The texts, with the places that they take."""
        return [area_of_text(each) for each in (self.root if under is None else under).iter(f"{SVG}text")]

    def box(self, group: ET.Element) -> Area:
        """The place of a group's first rectangle; of all, if it has an outline behind it."""
        rects = [area_of_rect(each, group.get("data-name", "")) for each in group.findall(f"{SVG}rect")]
        first = [each for each in rects if each.bottom - each.top > 8]
        return Area(
            min(each.left for each in first),
            min(each.top for each in first),
            max(each.right for each in first),
            max(each.bottom for each in first),
            group.get("data-name", ""),
        )

    def solid(self, group: ET.Element) -> Area | None:
        """The place of a group's polygons."""
        points = [
            (float(x), float(y))
            for each in group.iter(f"{SVG}polygon")
            for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", each.get("points", ""))
        ]
        if not points:
            return None
        xs, ys = zip(*points, strict=True)
        return Area(min(xs), min(ys), max(xs), max(ys), group.get("data-name", ""))

    def wires(self, under: ET.Element | None = None) -> list[Wire]:
        found = []
        for group in self.groups("edge", under):
            path = group.find(f"{SVG}path")
            assert path is not None
            points = points_of(path.get("d", ""))
            name = f"{group.get('data-from')} → {group.get('data-to')}"
            pieces = [
                Area(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]), name)
                for a, b in pairwise(points)
            ]
            found.append(Wire(group.get("data-from", ""), group.get("data-to", ""), pieces))
        return found


def area_of_text(element: ET.Element) -> Area:
    text = element.text or ""
    size = float(element.get("font-size", 0))
    wide = width(text, size, element.get("font-weight") == "700")
    x, y = float(element.get("x", 0)), float(element.get("y", 0))
    left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor", "start")]
    return Area(left, y - ASCENT * size, left + wide, y + DESCENT * size, text)


def area_of_rect(element: ET.Element, what: str) -> Area:
    x, y, wide, high = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + wide, y + high, what)


def points_of(path: str) -> list[tuple[float, float]]:
    """The corners of a path of straight lines with round corners."""
    points = []
    for command, numbers in re.findall(r"([MLQ])([^MLQ]*)", path):
        values = [float(number) for number in numbers.split()]
        points += [(values[at], values[at + 1]) for at in range(0, len(values), 2)]
        assert len(values) == (4 if command == "Q" else 2)
    return points


def overlapping(areas: list[Area], others: list[Area] | None = None) -> list[tuple[str, str]]:
    """The pairs that overlap."""
    if others is None:
        return [(a.what, b.what) for at, a in enumerate(areas) for b in areas[at + 1 :] if a.overlaps(b)]
    return [(a.what, b.what) for a in areas for b in others if a.overlaps(b)]


def crossed(piece: Area, area: Area) -> bool:
    """Whether a straight piece of a wire runs through an area."""
    return (
        min(piece.right, area.right) - max(piece.left, area.left) > -TOLERANCE
        and min(piece.bottom, area.bottom) - max(piece.top, area.top) > -TOLERANCE
        and area.left + 1 < piece.right
        and piece.left < area.right - 1
        and area.top + 1 < piece.bottom
        and piece.top < area.bottom - 1
    )
