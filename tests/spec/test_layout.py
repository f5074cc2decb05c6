"""Shapes are channels first, or channels last with `layout: hwc`."""

import pytest

import cnncalc
from cnncalc.shapes import Shape
from tests.spec.helpers import codes, graph, output, spec

HWC = "layout: hwc"


def holds(*layers: str, shape: str, top: str) -> bool:
    """Whether all expected values of a spec match."""
    loaded = spec(*layers, shape=shape, top=top)
    verdicts = cnncalc.check(cnncalc.analyze(loaded), loaded)
    assert verdicts
    return all(verdict.holds for verdict in verdicts)


@pytest.mark.parametrize(
    ("shape", "top", "found"),
    [
        ("[3, 8, 9]", "", Shape(3, (8, 9))),
        ("3x8x9", "", Shape(3, (8, 9))),
        ("3×8×9", "layout: chw", Shape(3, (8, 9))),
        ("227x227x3", HWC, Shape(3, (227, 227))),
        ("[8, 9, 3]", HWC, Shape(3, (8, 9))),
        ("[9, 3]", HWC, Shape(3, (9,))),
        ("[7, 8, 9, 3]", HWC, Shape(3, (7, 8, 9))),
        ("[3]", HWC, Shape(3)),
        ("3", HWC, Shape(3)),
        ("{height: 8, channels: 3, width: 9}", HWC, Shape(3, (8, 9))),
        ("{height: 8, channels: 3, width: 9}", "", Shape(3, (8, 9))),
        ("[n, n + 1, c]", "layout: hwc\nvars: {n: 8, c: 3}", Shape(3, (8, 9))),
    ],
)
def test_an_input_is_read_in_the_layout(shape: str, top: str, found: Shape) -> None:
    assert graph("relu", shape=shape, top=top).nodes[0].shape == found


@pytest.mark.parametrize("layout", ["wide", "whc", "[h, w, c]", "{h: w}"])
def test_there_is_no_other_layout(layout: str) -> None:
    assert codes("relu", top=f"layout: {layout}") == ["layout"]


def test_the_layout_changes_no_number() -> None:
    layers = [
        "{conv: 4, kernel: 3x5, padding: [1, 0], stride: [1, 2]}",
        "{maxpool: [2, 1]}",
        "flatten",
        "{dense: 5}",
    ]
    first = cnncalc.analyze(spec(*layers, shape="[3, 8, 9]"))
    last = cnncalc.analyze(spec(*layers, shape="[8, 9, 3]", top=HWC))
    assert last.totals == first.totals
    assert [row.output for row in last.layers] == [row.output for row in first.layers]


def test_results_know_the_layout_they_are_written_in() -> None:
    report = cnncalc.analyze(spec("{conv: 4, kernel: 3}", shape="[8, 9, 3]", top=HWC))
    assert report.layout == "hwc"
    assert report.output.output.text(report.layout) == "6×7×4"
    assert cnncalc.analyze(spec("relu")).layout == "chw"


@pytest.mark.parametrize("written", ["[6, 7, 4]", "6x7x4", "6×7×4"])
def test_every_shape_in_expect_is_read_channels_last(written: str) -> None:
    layer = "{conv: 4, kernel: 3, expect: {output: OUT}}".replace("OUT", written)
    top = f"{HWC}\nexpect: {{output: {written}, layers: {{conv1: {{output: {written}}}}}}}"
    assert holds(layer, shape="8x9x3", top=top)


@pytest.mark.parametrize("written", ["[4, 6, 7]", "[7, 6, 4]", "[6, 7]", "[6, 7, 4, 1]", "168"])
def test_another_order_does_not_match(written: str) -> None:
    assert not holds("{conv: 4, kernel: 3}", shape="8x9x3", top=f"{HWC}\nexpect: {{output: {written}}}")


def test_a_vector_is_the_same_in_both_layouts() -> None:
    for top in ("", HWC):
        assert holds("flatten", shape="[4, 5, 6]", top=f"{top}\nexpect: {{output: [120]}}")


@pytest.mark.parametrize(
    ("shape", "top", "reshape", "found"),
    [
        ("[3, 8, 8]", "", "[12, 4, 4]", (12, 4, 4)),
        ("[8, 8, 3]", HWC, "[4, 4, 12]", (12, 4, 4)),
        ("[3, 8, 8]", "", "[-1, 4, 4]", (12, 4, 4)),
        ("[8, 8, 3]", HWC, "[4, 4, -1]", (12, 4, 4)),
        ("[8, 8, 3]", HWC, "[-1, 2, 6]", (6, 16, 2)),
        ("[8, 8, 3]", HWC, "16x12", (12, 16)),
        ("[8, 8, 3]", HWC, "[192]", (192,)),
        ("[8, 8, 3]", HWC, "[2, 2, 4, 12]", (12, 2, 2, 4)),
    ],
)
def test_reshape_writes_shapes_in_the_layout(
    shape: str, top: str, reshape: str, found: tuple[int, ...]
) -> None:
    assert output(f"{{reshape: {reshape}}}", shape=shape, top=top) == found


def test_lists_for_the_axes_and_slices_of_channels_know_no_layout() -> None:
    layers = ["{conv: 4, kernel: [3, 1]}", "{slice: [1, 3]}", "{pad: [[1, 0], [0, 2]]}"]
    assert output(*layers, shape="[8, 9, 3]", top=HWC) == (2, 7, 11)


def test_sizes_are_reached_by_their_names() -> None:
    layer = "{conv: prev.channels * 100 + prev.height * 10 + prev.width, kernel: 1}"
    assert output(layer, shape="[8, 9, 3]", top=HWC) == output(layer, shape="[3, 8, 9]") == (389, 8, 9)


@pytest.mark.parametrize(
    ("given", "top", "found"),
    [
        ("3x16x20", "", Shape(3, (16, 20))),
        ("16x20x3", HWC, Shape(3, (16, 20))),
        ("16x3", HWC, Shape(3, (16,))),
    ],
)
def test_an_overriding_input_is_in_the_layout_of_the_spec(given: str, top: str, found: Shape) -> None:
    assert spec("relu", top=top, input=given).graph.nodes[0].shape == found


@pytest.mark.parametrize(
    ("shape", "channels", "why"),
    [
        ("227x227x3", 3, "227×227×3: channels last, because the other sizes are equal"),
        ("7×7×512", 512, "7×7×512: channels last, because the other sizes are equal"),
        ("32x48x3", 3, "32×48×3: channels last, because 3 is most likely the number of colours"),
    ],
)
def test_an_input_that_tells_its_layout_is_read_as_by_calc(shape: str, channels: int, why: str) -> None:
    loaded = spec("relu", shape=shape)
    assert (loaded.layout, loaded.graph.nodes[0].shape.channels) == ("hwc", channels)
    assert [(found.code, found.level) for found in loaded.findings] == [("layout-read", "note")]
    assert f"note: input read as {why}" in str(cnncalc.analyze(loaded))


@pytest.mark.parametrize("shape", ["64x32x16", "3x32x48", "16x100", "28x28x28", "1x2x3x4"])
def test_an_input_that_does_not_tell_its_layout_is_channels_first(shape: str) -> None:
    loaded = spec("relu", shape=shape)
    assert (loaded.layout, str(loaded.graph.nodes[0].shape.channels)) == ("chw", shape.partition("x")[0])


@pytest.mark.parametrize("shape", ["[227, 227, 3]", "[224, 224, 1]", "[32, 32, 4]"])
def test_channels_last_without_a_layout_gets_a_finding(shape: str) -> None:
    loaded = spec("relu", shape=shape)
    assert [(found.code, found.level) for found in loaded.findings] == [("channels-last", "warning")]
    assert cnncalc.analyze(loaded).findings == loaded.findings


@pytest.mark.parametrize(
    ("shape", "top"),
    [
        ("227x227x3", HWC),
        ("3x227x227", ""),
        ("[512, 7, 7]", ""),
        ("[1, 28, 28]", ""),
        ("[3, 3, 3]", ""),
        ("[227, 3]", ""),
        ("{channels: 227, height: 227, width: 3}", ""),
    ],
)
def test_an_unambiguous_input_has_no_finding(shape: str, top: str) -> None:
    assert not spec("relu", shape=shape, top=top).findings
