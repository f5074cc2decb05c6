"""A split has several outputs; layers name the one that they read."""

import cnncalc
from tests.spec.helpers import spec


def test_the_parts_of_a_split_are_named_by_their_numbers() -> None:
    network = spec(
        "{split: [2, 4], name: s}",
        "{relu: , from: s.1}",
        "{concat: [s.0, prev]}",
        "{split: 3, axis: width, name: w}",
        "{concat: [w.*]}",
        shape="[6, 8, 9]",
    )
    shapes = {node.name: node.shape.dims() for node in network.graph.layers}
    assert shapes["s.0"] == (2, 8, 9)
    assert shapes["s.1"] == (4, 8, 9)
    assert [shapes[f"w.{n}"] for n in range(3)] == [(6, 8, 3)] * 3
    assert network.graph.nodes[network.graph.output].shape.dims() == (18, 8, 3)
    assert cnncalc.verify(network).agrees


def test_a_block_can_split_and_repeat() -> None:
    text = """
cnncalc: 1
input: [8, 5]
blocks:
  shift:
    layers:
      - {split: 2, name: halves}
      - {tanh: , from: halves.0}
      - {concat: [halves.1, prev]}
layers:
  - {use: shift, repeat: 2, name: b}
"""
    network = cnncalc.load(text)
    shapes = {node.name: node.shape.dims() for node in network.graph.layers}
    assert shapes["b.1.halves.0"] == (4, 5)
    assert cnncalc.verify(network).agrees


def test_one_part_is_a_layer_like_others() -> None:
    network = spec("{split: 2, part: 1}", "relu", shape="[6]")
    assert network.graph.nodes[-1].shape.dims() == (3,)


def test_the_order_of_axes_is_written_in_the_layout() -> None:
    text = "cnncalc: 1\ninput: [4, 5, 3]\nlayout: hwc\nlayers: [{permute: [width, height, channels]}]\n"
    last = cnncalc.load(text).graph.nodes[-1].shape
    assert last.dims("hwc") == (5, 4, 3)
