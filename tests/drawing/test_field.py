"""The growth of the receptive field, parsed back from the SVG: numbers, scale, and the box of a unit."""

import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

import cnncalc
from cnncalc.analysis.box import box
from cnncalc.choices import Style
from cnncalc.spec.files import bundled_specs
from tests.conftest import bundled, mostly_slow
from tests.drawing.picture import SVG, Area, Picture, area_of_rect, overlapping

WITH_AXES = [path for path in bundled_specs() if cnncalc.load(path).graph.nodes[0].shape.rank]
each_network = pytest.mark.parametrize("path", bundled(WITH_AXES), ids=lambda path: path.stem)
each_depth = pytest.mark.parametrize("depth", mostly_slow((None, 1, 9)), ids=str)


@cache
def picture(path: Path, depth: int | None) -> Picture:
    return Picture(cnncalc.draw(path, style="field", depth=depth).svg())


@each_network
@each_depth
def test_texts_are_apart_and_on_the_page(path: Path, depth: int | None) -> None:
    drawn = picture(path, depth)
    assert overlapping(drawn.texts()) == []
    assert [text for text in drawn.texts() if not drawn.page.holds(text)] == []


@each_network
@each_depth
def test_each_row_has_the_numbers_of_its_last_layer(path: Path, depth: int | None) -> None:
    report = cnncalc.analyze(path)
    drawn = picture(path, depth)
    rows = list(drawn.groups("box"))
    assert sum(int(row.get("data-layers", 0)) for row in rows) == len(report.layers)
    for row in rows:
        shown = {text.what for text in drawn.texts(row)}
        assert {row.get("data-field"), row.get("data-jump"), row.get("data-start")} <= shown


def test_the_numbers_of_a_known_network() -> None:
    rows = {row.get("data-name"): row for row in picture(Path("specs/vgg16.yaml"), None).groups("box")}
    assert [rows["pool5"].get(f"data-{each}") for each in ("field", "jump", "start")] == [
        "212×212",
        "32",
        "31/2",
    ]
    assert rows["fc6"].get("data-field") == "all"


def rects(drawn: Picture, role: str) -> list[Area]:
    found = (each for each in drawn.root.iter(f"{SVG}rect") if each.get("class") == f"c-{role}")
    return [area_of_rect(each, role) for each in found]


@pytest.mark.parametrize(
    ("spec", "layer", "unit"), [("lenet5", "conv2", (3, 9)), ("vgg16", "pool5", (0, 6)), ("tcn", None, None)]
)
def test_the_box_of_a_unit_is_drawn_to_scale(
    spec: str, layer: str | None, unit: tuple[int, ...] | None
) -> None:
    drawn = Picture(cnncalc.draw(spec, style="field", layer=layer, unit=unit).svg())
    graph, report = cnncalc.load(spec).graph, cnncalc.analyze(spec)
    wanted = box(graph, layer or report.trunk.name, unit).intervals
    assert wanted is not None
    page, marked = rects(drawn, "page")[0], rects(drawn, "marked")[0]
    scale = (page.right - page.left) / report.input.spatial[-1]
    first, last = wanted[-1]
    assert (marked.left - page.left) / scale == pytest.approx(first, abs=0.05)
    assert (marked.right - page.left) / scale == pytest.approx(last + 1, abs=0.05)
    if len(wanted) == 2:
        assert (marked.top - page.top) / scale == pytest.approx(wanted[0][0], abs=0.05)
        assert (marked.bottom - page.top) / scale == pytest.approx(wanted[0][1] + 1, abs=0.05)


def test_bars_are_as_long_as_the_fields() -> None:
    drawn = picture(Path("specs/vgg16.yaml"), None)
    bars = [each.right - each.left for each in rects(drawn, "grown")]
    fields = [5, 6, 14, 16, 40, 44, 92, 100, 196, 212, 212, 224, 224, 224]
    assert [length / bars[-1] for length in bars] == pytest.approx([size / 224 for size in fields], abs=0.01)


TWO_INPUTS = """
cnncalc: 1
inputs: {image: [3, 32, 32], mask: [1, 16, 16]}
layers:
  - {conv: 4, kernel: 3, stride: 2, padding: 1, from: image, name: a}
  - {conv: 4, kernel: 5, padding: 2, from: mask, name: b}
  - {constant: [4, 16, 16], name: grid}
  - {concat: [a, b, grid], name: both}
"""


def test_fields_on_several_inputs_say_on_which() -> None:
    drawn = Picture(cnncalc.draw(TWO_INPUTS, style="field").svg())
    shown = {row.get("data-name"): row.get("data-field") for row in drawn.groups("box")}
    assert shown == {"a": "image 3×3", "b": "mask 5×5", "grid": "0×0", "both": "image 3×3"}
    assert len(rects(drawn, "grown")) == 3  # a constant has no field, and no bar
    assert "reads nothing of this input" not in {text.what for text in drawn.texts()}


def test_an_input_without_axes_has_no_field() -> None:
    with pytest.raises(ValueError, match="no receptive field: its input is a vector of 100"):
        cnncalc.draw("dcgan", style="field")


@pytest.mark.parametrize("spec", ["googlenet", "unet", "c3d"])
def test_a_report_gives_the_figure_of_its_spec(spec: str) -> None:
    for style in get_args(Style):
        assert cnncalc.draw(cnncalc.analyze(spec), style=style).svg() == cnncalc.draw(spec, style=style).svg()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bar": "params"}, "field has no bars of cost: `bar` belongs to the style graph"),
        (
            {"style": "volumes", "bar": "macs"},
            "volumes has no bars of cost: `bar` belongs to the style graph",
        ),
        ({"style": "graph", "bar": "flops"}, "bar: expected one of macs, params, memory; found 'flops'"),
        ({"style": "volumes", "unit": (0, 0)}, "volumes shows no unit: `layer` and `unit` belong to"),
        ({"style": "graph", "layer": "conv1"}, "graph shows no unit: `layer` and `unit` belong to"),
        ({"set": {"classes": 3}}, "a report is of one input and its variables: pass the spec"),
    ],
)
def test_an_option_without_effect_is_an_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        cnncalc.draw(cnncalc.analyze("lenet5"), **{"style": "field", **options})
