"""The volumes of every bundled network, parsed back from the SVG."""

import re
from functools import cache
from pathlib import Path

import pytest

import cnncalc
from cnncalc.drawing.folding import Hierarchy
from cnncalc.spec.files import bundled_specs
from tests.conftest import bundled, mostly_slow
from tests.drawing.picture import SVG, Picture, overlapping

each_network = pytest.mark.parametrize("path", bundled(bundled_specs()), ids=lambda path: path.stem)
each_depth = pytest.mark.parametrize("depth", mostly_slow((None, 1, 9)), ids=str)


@cache
def picture(path: Path | str, depth: int | None = None) -> Picture:
    return Picture(cnncalc.draw(path, style="volumes", depth=depth).svg())


def corners(drawn: Picture, name: str, face: str) -> list[tuple[float, float]]:
    """The corners of a face of a layer's first volume."""
    group = next(each for each in drawn.groups("box") if each.get("data-name") == name)
    polygon = next(
        each for each in group.iter(f"{SVG}polygon") if (each.get("class") or "").startswith(f"c-{face}")
    )
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", polygon.get("points", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def sides(drawn: Picture, name: str) -> tuple[float, float, float]:
    """How thick, high and deep a layer's volume is."""
    xs, ys = zip(*corners(drawn, name, "front"), strict=True)
    side = [x for x, _ in corners(drawn, name, "side")]
    return max(xs) - min(xs), max(ys) - min(ys), max(side) - min(side)


@each_network
@each_depth
def test_texts_and_volumes_are_apart_and_on_the_page(path: Path, depth: int | None) -> None:
    drawn = picture(path, depth)
    assert overlapping(drawn.texts()) == []
    assert [text for text in drawn.texts() if not drawn.page.holds(text)] == []
    solids = [solid for group in drawn.groups("box") if (solid := drawn.solid(group))]
    assert overlapping(solids, drawn.texts()) == []
    assert overlapping(solids) == []


@each_network
@each_depth
def test_every_layer_edge_and_shape_is_there(path: Path, depth: int | None) -> None:
    report = cnncalc.analyze(path)
    drawn = picture(path, depth)
    boxes = list(drawn.groups("box"))
    assert sum(int(box.get("data-layers", 0)) for box in boxes) == len(report.layers)
    diagram = Hierarchy(report).diagram(depth)
    names = [box.name for box in diagram.boxes]
    ends = {at for at, box in enumerate(diagram.boxes) if box.family == "output"}
    wanted = {(names[edge.source], names[edge.target]) for edge in diagram.edges if edge.target not in ends}
    assert {(wire.source, wire.target) for wire in drawn.wires()} == wanted
    for box in boxes:
        assert box.get("data-output") in {text.what for text in drawn.texts(box)}


def test_sides_follow_channels_and_sizes() -> None:
    drawn = picture("vgg16")
    first, second, last = (sides(drawn, name) for name in ("conv1", "conv2", "conv5"))
    assert first[0] < second[0] < last[0]
    assert first[1] > second[1] > last[1]
    assert first[2] > second[2] > last[2]
    channels, positions = (64 / 512) ** 0.5, (14 / 224) ** 0.5
    assert first[0] / last[0] == pytest.approx(channels, rel=0.02)
    assert last[1] / first[1] == pytest.approx(positions, rel=0.02)


def test_a_repeated_layer_is_as_many_volumes() -> None:
    group = next(each for each in picture("vgg16").groups("box") if each.get("data-name") == "conv3")
    assert sum((each.get("class") or "") == "c-front-conv" for each in group.iter(f"{SVG}polygon")) == 3
