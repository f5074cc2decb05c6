"""Receptive fields of layers along axes: all, local, of parts, or unknown; each also measured."""

import pytest

import cnncalc
from cnncalc.analysis.box import box
from cnncalc.spec import Spec
from tests.spec.helpers import spec


def field_of(network: Spec, name: str = "") -> tuple[int, ...] | str | None:
    rows = {row.name: row for row in cnncalc.analyze(network).layers}
    row = rows[name] if name else [*rows.values()][-1]
    return "unknown" if row.field.unknown else row.field.size


CONV = "{conv: 4, kernel: 3, padding: 1, name: c}"


@pytest.mark.parametrize(
    ("shape", "layers", "size"),
    [
        ("[4, 9]", [CONV, "{softmax: , axis: length}"], None),
        ("[4, 9]", [CONV, "{reduce: mean}"], None),
        ("[4, 9]", [CONV, "{l2_normalize: , over: positions}"], None),
        ("[4, 9, 7]", [CONV, "{softmax: , axis: height}"], (11, 3)),
        ("[4, 9, 7]", [CONV, "{reduce: max, over: width}"], (3, 9)),
        ("[4, 9, 7]", [CONV, "{reduce: max, over: width, keepdims: false}"], None),
        ("[4, 9, 7]", [CONV, "softmax"], (3, 3)),
        ("[4, 9, 7]", [CONV, "l2_normalize"], (3, 3)),
        (
            "[4, 9, 7]",
            [CONV, "{reduce: mean, over: channels}", "{conv: 1, kernel: 3, padding: 1}", "sigmoid"],
            (5, 5),
        ),
        ("[4, 9, 7]", [CONV, "{permute: [channels, width, height]}"], (3, 3)),
        ("[4, 9, 7]", [CONV, "{permute: [height, channels, width]}"], "unknown"),
        ("[4, 9, 7]", [CONV, "{permute: [height, channels, width]}", "{conv: 2, kernel: 1}"], "unknown"),
        ("[4, 9, 7]", [CONV, "{reduce: sum, over: channels, keepdims: false}"], "unknown"),
        ("[4, 9, 7]", ["global_avgpool", "{permute: [height, channels, width]}"], None),
        ("[4, 12]", [CONV, "{split: 3, axis: length, part: 1}"], (3,)),
        ("[4, 12]", [CONV, "{select: -1}"], (3,)),
        ("[4, 12]", [CONV, "{select: [2, 7]}", "{conv: 1, kernel: 3}"], (5,)),
        ("[4, 9]", [CONV, "{attention: 2}"], None),
        ("[4, 9]", [CONV, "{attention: 2, causal: true}"], None),
        ("[4, 8, 9]", [CONV, "{attention: 2, window: [8, 9]}"], None),
        ("[4, 8, 9]", [CONV, "{attention: 2, window: [4, 3]}"], (6, 5)),
        ("[4, 8, 9]", [CONV, "{attention: 2, window: [4, 3], shift: [2, 1]}"], (6, 5)),
        ("[4, 8, 9]", [CONV, "{attention: 2, grid: [2, 3]}"], (7, 9)),
        ("[4, 9]", [CONV, "{cross_attention: [input, c], heads: 1}"], None),
        ("[4, 9]", [CONV, "{matmul: [input, c], transpose_second: true}"], None),
        ("[4, 12]", [CONV, "{conv: 4, kernel: 5}", "{concat: [c, prev], axis: length}"], (7,)),
    ],
)
def test_the_field_is_as_measured(shape: str, layers: list[str], size: tuple[int, ...] | str | None) -> None:
    network = spec(*layers, shape=shape)
    assert field_of(network) == size
    assert cnncalc.verify(network).agrees


def test_a_permute_of_channels_and_positions_is_a_finding() -> None:
    network = spec(CONV, "{permute: [length, channels]}", shape="[4, 9]")
    (found,) = [each for each in cnncalc.analyze(network).findings if each.code == "field-not-followed"]
    assert found.message == "receptive field unknown: channels and positions are exchanged"


@pytest.mark.parametrize(
    ("options", "boxes"),
    [
        ("window: 4", [(0, 3), (0, 3), (4, 7), (8, 11)]),
        ("window: 4, shift: 1", [(0, 0), (1, 4), (1, 4), (9, 11)]),
        ("window: 12, shift: 5", [(0, 4), (0, 4), (0, 4), (5, 11)]),
        ("grid: 3", [(0, 8), (3, 11), (0, 8), (3, 11)]),
        ("window: 4, causal: true", [(0, 0), (0, 3), (4, 4), (8, 11)]),
        ("window: 4, shift: 1, causal: true", [(0, 0), (1, 3), (1, 4), (9, 11)]),
        ("window: 12, causal: true", [(0, 0), (0, 3), (0, 4), (0, 11)]),
        ("grid: 3, causal: true", [(0, 0), (3, 3), (0, 4), (3, 11)]),
    ],
)
def test_the_box_of_a_unit_in_a_window_is_exact(options: str, boxes: list[tuple[int, int]]) -> None:
    network = spec(f"{{attention: 2, {options}, name: w}}", shape="[4, 12]")
    assert [box(network.graph, "w", (unit,)).intervals for unit in (0, 3, 4, 11)] == [(b,) for b in boxes]
    (found,) = cnncalc.analyze(network).findings
    assert (found.code, found.layer) == ("field-varies", "w")
    assert cnncalc.verify(network).agrees


def test_a_token_joined_to_flattened_patches_leaves_their_field() -> None:
    layers = [
        "{parameter: [4, 1], name: token, aside: true}",
        "{conv: 4, kernel: 3, stride: 3}",
        "{reshape: [4, -1]}",
        "{concat: [token, prev], axis: length}",
        "{shift: , per: element}",
    ]
    network = spec(*layers, shape="[3, 9, 12]")
    assert field_of(network) == (3, 3)
    assert cnncalc.verify(network).agrees


def test_cross_attention_reads_its_queries_in_place_and_all_of_the_context() -> None:
    text = """
cnncalc: 1
inputs: {x: [4, 6], memory: [8, 9]}
layers:
  - {cross_attention: [x, memory], heads: 2, name: a}
"""
    network = cnncalc.load(text)
    (row,) = cnncalc.analyze(network).layers
    assert (row.fields["x"].size, row.fields["memory"].is_global) == ((1,), True)
    assert cnncalc.verify(network).agrees


@pytest.mark.parametrize("inputs", ["{x: [4, 6], memory: [8, 9, 5]}", "{x: [4, 6, 5], memory: [8, 9]}"])
def test_queries_and_context_may_have_different_axes(inputs: str) -> None:
    text = f"cnncalc: 1\ninputs: {inputs}\nlayers:\n  - {{cross_attention: [x, memory], heads: 2}}\n"
    assert cnncalc.verify(text).agrees


@pytest.mark.parametrize(
    "options",
    [
        "0.3",
        "0.3, mode: bicubic",
        "1/3, mode: bicubic",
        "1/3, mode: linear",
        "[0.2, 3], mode: bilinear",
        "0.3, mode: area",
    ],
)
def test_the_field_of_a_map_that_shrinks_is_as_measured(options: str) -> None:
    network = spec(CONV, f"{{upsample: {options}}}", shape="[4, 9, 8]")
    assert cnncalc.verify(network).agrees


@pytest.mark.parametrize(
    ("factor", "n", "size"),
    [("1/3", 9, 3), ("2/3", 9, 6), ("1/7", 21, 3), ("3/7", 7, 3), ("1.9999999999", 8, 15)],
)
def test_a_factor_is_the_fraction_that_is_written(factor: str, n: int, size: int) -> None:
    network = spec(f"{{upsample: {factor}, mode: linear}}", shape=f"[2, {n}]")
    graph = network.graph
    assert graph.nodes[graph.output].shape.spatial == (size,)  # as in PyTorch, except the last
    assert cnncalc.verify(network).agrees


def test_a_unit_of_a_joined_axis_reads_the_input_that_it_comes_from() -> None:
    layers = [CONV, "{conv: 4, kernel: 5, from: input, name: d}", "{concat: [c, d], axis: length, name: j}"]
    network = spec(*layers, shape="[4, 12]")
    boxes = [box(network.graph, "j", (unit,)).intervals for unit in (0, 11, 12, 19)]
    assert boxes == [((0, 1),), ((10, 11),), ((0, 4),), ((7, 11),)]
