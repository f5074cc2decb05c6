"""The volumes of every bundled network, parsed back from the SVG."""

import re
from functools import cache
from pathlib import Path

import pytest

import cnncalc
from cnncalc.drawing.folding import Hierarchy
from cnncalc.spec.files import bundled_specs
from tests.conftest import bundled, mostly_slow
from tests.drawing.picture import SVG, Picture, crossed, overlapping

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


@each_network
@each_depth
def test_no_wire_runs_through_a_text_or_off_the_page(path: Path, depth: int | None) -> None:
    drawn = picture(path, depth)
    pieces = [piece for wire in drawn.wires() for piece in wire.pieces]
    assert [
        (piece.what, text.what) for piece in pieces for text in drawn.texts() if crossed(piece, text)
    ] == []
    assert [piece.what for piece in pieces if not drawn.page.holds(piece)] == []
    assert len({group.get("id") for group in drawn.groups("edge")}) == len(list(drawn.groups("edge")))


@pytest.mark.parametrize("name", ["unet", "retinanet_resnet50", "densenet169", "yolov3_tiny", "wavenet"])
def test_long_networks_stay_readable(name: str) -> None:
    """Text of 9.5 units on a page of 17 cm is at least 2.5 pt high if the figure is that narrow."""
    assert picture(name).page.right < 1900


def test_an_encoder_and_decoder_is_a_u() -> None:
    drawn = picture("unet")
    middles = {
        group.get("data-name", ""): (solid.left + solid.right, solid.top + solid.bottom)
        for group in drawn.groups("box")
        if (solid := drawn.solid(group))
    }
    encoders = [middles[f"enc{level}"] for level in (1, 2, 3, 4)]
    decoders = [middles[f"dec{level}.double1"] for level in (1, 2, 3, 4)]
    for side in (encoders, decoders):
        assert [y for _, y in side] == sorted(y for _, y in side)
    assert [x for x, _ in encoders] == sorted(x for x, _ in encoders)
    assert [x for x, _ in decoders] == sorted((x for x, _ in decoders), reverse=True)
    for encoder, decoder in zip(encoders, decoders, strict=True):
        assert encoder[1] == pytest.approx(decoder[1], abs=1)
    across = [wire for wire in drawn.wires() if wire.source.startswith("enc") and "concat" in wire.target]
    assert [len(wire.pieces) for wire in across] == [1, 1, 1, 1]


def test_repeated_layers_are_in_a_frame_that_says_how_often() -> None:
    drawn = picture("densenet169")
    frames = {group.get("data-name"): group for group in drawn.groups("frame")}
    said = [text.what for group in frames.values() for text in drawn.texts(group)]
    assert sorted(said) == sorted(
        f"dense_layer ×{times}" for times in (6, 12, 32, 32)
    )  # Huang et al., table 1
    area = drawn.box(frames["denseblock1"])
    inside = [
        group for group in drawn.groups("box") if (group.get("data-name") or "").startswith("denseblock1.")
    ]
    assert len(inside) == 3
    assert all(area.holds(solid) for group in inside if (solid := drawn.solid(group)))


def test_pooling_is_striped() -> None:
    stripes = {
        group.get("data-name"): len(
            [each for each in group if (each.get("class") or "").startswith("c-stripe")]
        )
        for group in picture("vgg16").groups("box")
    }
    assert all((number > 0) is (name or "").startswith("pool") for name, number in stripes.items())
