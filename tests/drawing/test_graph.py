"""The graph of every bundled network, parsed back from its SVG: all is there, and nothing overlaps."""

from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import cnncalc
from cnncalc.drawing.folding import Hierarchy
from cnncalc.drawing.wording import options
from cnncalc.spec.files import bundled_specs
from tests.conftest import bundled, mostly_slow
from tests.drawing.picture import SVG, Picture, crossed, overlapping

SPECS = bundled(bundled_specs())
each_network = pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
each_depth = pytest.mark.parametrize("depth", mostly_slow((None, 9, 1, 2), (0, 1)), ids=str)


@cache
def picture(path: Path, depth: int | None) -> Picture:
    return Picture(cnncalc.draw(path, depth=depth).svg())


@each_network
@each_depth
def test_no_texts_or_boxes_overlap(path: Path, depth: int | None) -> None:
    drawn = picture(path, depth)
    boxes = [drawn.box(group) for group in drawn.groups("box")]
    shapes = [area for group in drawn.groups("shape") for area in drawn.texts(group)]
    assert overlapping(boxes) == []
    assert overlapping(drawn.texts()) == []
    assert overlapping(boxes, shapes) == []
    assert [each for each in [*boxes, *drawn.texts()] if not drawn.page.holds(each)] == []


@each_network
@each_depth
def test_text_is_inside_its_box(path: Path, depth: int | None) -> None:
    drawn = picture(path, depth)
    for name in ("box", "frame"):
        for group in drawn.groups(name):
            box = drawn.box(group)
            assert [text for text in drawn.texts(group) if not box.holds(text)] == []


@each_network
@each_depth
def test_wires_run_around_boxes_and_texts(path: Path, depth: int | None) -> None:
    drawn = picture(path, depth)
    boxes = [drawn.box(group) for group in drawn.groups("box")]
    texts = [area for group in drawn.groups("shape") for area in drawn.texts(group)]
    wires = drawn.wires()
    assert [
        (piece.what, area.what)
        for wire in wires
        for piece in wire.pieces
        for area in (*boxes, *texts)
        if crossed(piece, area)
    ] == []


def in_whole(drawn: Picture, name: str) -> list[dict[str, str]]:
    """The attributes of a class's groups, without those of what is in folded blocks."""
    details = {id(each) for detail in drawn.groups("detail") for each in drawn.groups(name, detail)}
    return [each.attrib for each in drawn.groups(name) if id(each) not in details]


@each_network
@each_depth
def test_every_layer_edge_and_shape_is_there(path: Path, depth: int | None) -> None:
    report = cnncalc.analyze(path)
    drawn = picture(path, depth)
    boxes = in_whole(drawn, "box")
    assert sum(int(box["data-layers"]) for box in boxes) == len(report.layers)
    ids = [each.get("id") for each in drawn.root.iter() if each.get("id")]
    assert not [id for id, times in Counter(ids).items() if times > 1]
    diagram = Hierarchy(report).diagram(depth)
    names = [box.name for box in diagram.boxes]
    edges = {(names[edge.source], names[edge.target]) for edge in diagram.edges}
    assert {(edge["data-from"], edge["data-to"]) for edge in in_whole(drawn, "edge")} == edges
    read = {names[edge.source] for edge in diagram.edges}
    assert {shape["data-of"] for shape in in_whole(drawn, "shape")} == read


@each_network
def test_the_boxes_connect_as_the_layers_do(path: Path) -> None:
    """Contracting the boxes of the layers gives the edges, found another way: from rows to boxes."""
    report = cnncalc.analyze(path)
    diagram = Hierarchy(report).diagram(9)
    home = {row.name: at for at, box in enumerate(diagram.boxes) for row in box.rows}
    assert home.keys() == {row.name for row in report.layers}
    home.update((row.name, at) for at, row in enumerate(report.entries))
    alone = {at for at, box in enumerate(diagram.boxes) if len(box.rows) == 1}
    wanted = {(home[read], home[row.name]) for row in report.layers for read in row.inputs}
    found = {(edge.source, edge.target) for edge in diagram.edges}
    assert {pair for pair in wanted - found if alone.issuperset(pair)} == set()
    layers = {at for at, box in enumerate(diagram.boxes) if box.rows}
    assert {pair for pair in found - wanted if pair[1] in layers} == set()


SEVERAL = """
cnncalc: 1
inputs: {image: [3, 64, 64], depth: [1, 64, 64], meta: [10]}
defaults: {conv: {kernel: 3, padding: half, norm: batch, act: relu}}
layers:
  - {conv: 16, from: image, name: a}
  - {conv: 16, from: depth, name: b}
  - {concat: [a, b]}
  - {conv: 32, stride: 2, name: c}
  - {conv: 10, kernel: 1, name: early}
  - {conv: 64, from: c, stride: 2, name: d}
  - global_avgpool
  - flatten
  - {concat: [prev, meta]}
  - {dense: 10, name: classes}
  - {conv: 4, from: d, kernel: 1, norm: none, act: none, name: boxes}
outputs: [classes, boxes]
auxiliary: [early]
"""


def test_several_inputs_and_outputs_have_their_names() -> None:
    drawn = Picture(cnncalc.draw(SEVERAL).svg())
    ends = {kind: [each.get("data-name") for each in drawn.groups(kind)] for kind in ("input", "output")}
    assert ends == {"input": ["image", "depth", "meta"], "output": ["classes", "boxes", "early"]}
    assert {(wire.source, wire.target) for wire in drawn.wires()} >= {
        ("image", "a"),
        ("depth", "b"),
        ("meta", "concat2"),
        ("classes", "classes"),
        ("boxes", "boxes"),
        ("early", "early"),
    }


TENSORS = """
cnncalc: 1
input: [2, 16]
blocks:
  boxes:
    layers:
      - {constant: [2, 16], name: cells}
      - {constant: [1, 16], name: strides}
      - {add: [cells, input], name: corner}
      - {subtract: [cells, input], name: size}
      - {concat: [corner, size]}
      - {mul: [prev, strides], broadcast: true}
layers:
  - {conv: 2, kernel: 1, name: a}
  - {use: boxes, name: boxes}
"""


@each_depth
def test_no_wire_enters_a_tensor_without_inputs(depth: int | None) -> None:
    drawn = Picture(cnncalc.draw(TENSORS, depth=depth).svg())
    assert not [wire for wire in drawn.wires() if wire.target in ("boxes.cells", "boxes.strides")]
    assert cnncalc.draw(TENSORS, style="field", depth=depth).svg()


@pytest.mark.parametrize("spec", ["yolov8n", "slowfast_r50_4x16"])
def test_an_output_is_not_alone_in_a_column(spec: str) -> None:
    drawn = Picture(cnncalc.draw(spec).svg())
    [end] = map(drawn.box, drawn.groups("output"))
    boxes = map(drawn.box, drawn.groups("box"))
    over = [box for box in boxes if box.left < end.right and end.left < box.right and box.bottom < end.top]
    assert end.top - max(box.bottom for box in over) < 60


def test_a_slice_is_a_range_of_channels() -> None:
    spec = {"cnncalc": 1, "input": [8, 4, 4], "layers": [{"slice": [2, 6]}]}
    assert "slice, channels 2…5" in {text.what for text in Picture(cnncalc.draw(spec).svg()).texts()}


def test_outputs_of_one_block_are_one_box() -> None:
    drawn = Picture(cnncalc.draw("retinanet_resnet50").svg())
    ends = [drawn.texts(each)[0].what for each in drawn.groups("output")]
    assert ends == ["scores · boxes"] * 5
    shapes = {
        each.get("data-of"): [text.what for text in drawn.texts(each)] for each in drawn.groups("shape")
    }
    assert shapes["head7"] == ["819×7×7", "36×7×7"]


def test_a_head_of_training_is_marked_and_has_no_share() -> None:
    drawn = Picture(cnncalc.draw(SEVERAL).svg())
    marked = [each for each in drawn.groups("box") if each.get("data-auxiliary")]
    assert [each.get("data-name") for each in marked] == ["early", "early"]
    assert [text.what for text in drawn.texts(marked[1])] == ["early (training)"]
    assert not [text.what for each in marked for text in drawn.texts(each) if "%" in text.what]
    shares = [
        float(text.what.removesuffix(" %"))
        for each in drawn.groups("layer")
        for text in drawn.texts(each)
        if text.what.endswith(" %") and "<" not in text.what
    ]
    assert sum(shares) == pytest.approx(100, abs=0.5)


def test_a_figure_that_nobody_can_read_is_refused() -> None:
    layers = "".join(f"  - {{conv: {8 + at % 2}, kernel: 1}}\n" for at in range(2100))
    with pytest.raises(ValueError, match="2,102 boxes, more than 2,000"):
        cnncalc.draw(f"cnncalc: 1\ninput: [8, 4, 4]\nlayers:\n{layers}")


@pytest.mark.parametrize(
    ("spec", "name", "short"),
    [
        ("googlenet", "inc3a.concat.1x1.conv1", "1x1.conv1"),
        ("resnet50", "stage2.1.add.residual.conv3", "residual.conv3"),
        ("densenet121", "denseblock1.2.bn_relu_conv1.conv1", "conv1"),
        ("vgg16", "conv3.2", "conv3.2"),
        ("lenet5", "fc1", "fc1"),
    ],
)
def test_a_short_name_is_that_within_block_and_branch(spec: str, name: str, short: str) -> None:
    assert Hierarchy(cnncalc.analyze(spec)).short(name) == short


def test_repetitions_of_which_others_read_each_say_so() -> None:
    shapes = {each.get("data-of"): each for each in Picture(cnncalc.draw("wavenet").svg()).groups("shape")}
    assert [text.text for text in shapes["stack"].iter(f"{SVG}text")] == ["512×16000 ×20"]


def test_the_branches_are_in_the_order_written() -> None:
    drawn = Picture(cnncalc.draw("googlenet", depth=1).svg())
    (detail,) = drawn.groups("detail")
    first = [drawn.box(group) for group in drawn.groups("layer", detail)]
    order = sorted(first, key=lambda box: (round(box.top), box.left))[:4]
    assert [box.what.split(".")[-2] for box in order] == ["1x1", "3x3", "5x5", "pool"]


def test_u_net_is_drawn_as_a_u() -> None:
    drawn = Picture(cnncalc.draw("unet").svg())
    boxes = {area.what: area for area in map(drawn.box, drawn.groups("box"))}
    for level in "1234":
        encoder, joint = boxes[f"enc{level}"], boxes[f"dec{level}.concat"]
        assert abs((encoder.top + encoder.bottom) - (joint.top + joint.bottom)) < 2
        assert encoder.right < joint.left
    assert boxes["bottom"].top > boxes["enc4"].bottom
    assert boxes["enc4"].right < boxes["bottom"].left < boxes["bottom"].right < boxes["dec4.concat"].left


def test_a_u_without_frames_has_full_names_and_says_what_is_cropped() -> None:
    drawn = Picture(cnncalc.draw("unet").svg())
    texts = Counter(text.what for text in drawn.texts())
    assert list(drawn.groups("frame")) == []
    assert [texts[f"dec{level}.{name}"] for level in "1234" for name in ("conv_transpose1", "double1")] == [
        1
    ] * 8
    assert texts["concat, crop"] == 4


def test_the_two_shapes_of_a_block_are_below_each_other() -> None:
    drawn = Picture(cnncalc.draw("retinanet_resnet50").svg())
    shape = next(group for group in drawn.groups("shape") if group.get("data-of") == "head3")
    first, second = drawn.texts(shape)
    assert (first.what, second.what) == ("819×100×100", "36×100×100")  # 91 classes and 4 sides of 9 anchors
    assert first.left == second.left
    assert first.bottom <= second.top + 1


def test_the_boxes_of_a_pyramid_stand_close_together() -> None:
    drawn = Picture(cnncalc.draw("retinanet_resnet50").svg())
    detail = next(iter(drawn.groups("detail")))
    heads = [group for group in drawn.groups("box") if (group.get("data-name") or "").startswith("head")]
    columns = sorted({round(drawn.box(each).left) for each in heads if len(each.get("data-name") or "") == 5})
    assert len(columns) == 5
    assert max(b - a for a, b in pairwise(columns)) < 190
    assert columns[-1] < drawn.box(detail).left


def test_options_are_written_as_in_a_spec() -> None:
    row = cnncalc.analyze("lenet5").layers[0]
    assert options(row)["bias"] == "true"
