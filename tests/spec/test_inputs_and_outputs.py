"""Several inputs, several outputs and auxiliary heads in specs."""

import pytest

from cnncalc import SpecError, analyze, load
from cnncalc.shapes import Shape

TWO = """cnncalc: 1
inputs: {image: [3, 8, 8], mask: {channels: 1, height: 16, width: 16}}
layers:
  - {conv: 4, kernel: 3, padding: 1, from: image, name: a}
  - {conv: 4, kernel: 2, stride: 2, from: mask, name: b}
  - {add: [a, b]}
"""
HEADS = """cnncalc: 1
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: stem}
  - {conv: 2, kernel: 3, name: aux}
  - {conv: 5, kernel: 3, from: stem, name: top}
  - {conv: 1, kernel: 1, repeat: 2, name: head}
"""


def test_inputs_come_first_and_have_their_names() -> None:
    graph = load(TWO).graph
    assert [(node.name, node.shape) for node in graph.inputs] == [
        ("image", Shape(3, (8, 8))),
        ("mask", Shape(1, (16, 16))),
    ]
    assert [node.name for node in graph.layers] == ["a", "b", "add"]
    assert graph.names["mask"] == 1


def test_a_single_named_input_is_what_the_first_layer_reads() -> None:
    graph = load("cnncalc: 1\ninputs: {image: [3, 8, 8]}\nlayers: [relu]\n").graph
    assert graph.layers[0].inputs == (0,)


def test_the_section_input_is_what_the_first_layer_reads() -> None:
    text = "cnncalc: 1\ninput: [3, 8, 8]\ninputs: {mask: [1, 8, 8]}\nlayers: [relu, {concat: [prev, mask]}]\n"
    graph = load(text).graph
    assert [node.name for node in graph.inputs] == ["input", "mask"]
    assert [node.inputs for node in graph.layers] == [(0,), (2, 1)]


def test_layers_that_are_left_out_do_not_decide_what_is_read() -> None:
    text = TWO.replace("layers:\n", "layers:\n  - {relu: , when: false}\n  - {relu: , repeat: 0}\n")
    assert [node.name for node in load(text).graph.layers] == ["a", "b", "add"]


def test_a_block_reads_inputs_that_it_is_given() -> None:
    text = """cnncalc: 1
inputs: {image: [3, 8, 8], mask: [3, 8, 8]}
blocks: {join: {inputs: [other], layers: [{add: [input, other]}]}}
layers:
  - {use: join, from: image, other: mask}
"""
    assert load(text).graph.layers[0].inputs == (0, 1)


@pytest.mark.parametrize(
    ("given", "shapes"),
    [
        ({"image": "3x4x4", "mask": "1x8x8"}, ["3×4×4", "1×8×8"]),
        ({"mask": "1x17x17"}, ["3×8×8", "1×17×17"]),
    ],
)
def test_each_input_can_be_replaced(given: dict[str, str], shapes: list[str]) -> None:
    assert [node.shape.text() for node in load(TWO, input=given).graph.inputs] == shapes


@pytest.mark.parametrize("given", ["1x8x8", {"": "1x8x8"}, {"input": "1x8x8"}])
def test_a_single_input_needs_no_name(given: str | dict[str, str]) -> None:
    spec = load("cnncalc: 1\ninput: [3, 8, 8]\nlayers: [relu]\n", input=given)
    assert spec.graph.inputs[0].shape == Shape(1, (8, 8))


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ("3x8x8", "--input: the network has several inputs: image, mask", "such as --input image=3x320x320"),
        ({"imag": "3x8x8"}, "--input: there is no input 'imag'", "did you mean 'image'?"),
        ({"style": "3x8x8"}, "--input: there is no input 'style'", "expected one of image, mask"),
        ({"mask": "big"}, "--input: 'big' is not a shape", "such as 3x320x320, in the spec's layout"),
    ],
)
def test_a_wrong_shape_is_refused(given: str | dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(TWO, input=given)
    assert [(each.message, each.hint) for each in caught.value.problems] == [(message, hint)]


def test_input_must_be_a_shape_or_a_dict() -> None:
    with pytest.raises(TypeError, match=r"^input: expected a shape such as '3x320x320', or a dict such as"):
        load(TWO, input=3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "outputs"),
    [
        ("", {"head": 5}),
        ("outputs: [top]", {"top": 3}),
        ("outputs: top", {"top": 3}),
        ("outputs: [top, head.1]", {"top": 3, "head.1": 5}),
        ("outputs: {boxes: top, classes: head}", {"boxes": 3, "classes": 5}),
        ('outputs: ["head.*", top]', {"head.0": 4, "head.1": 5, "top": 3}),
        ('outputs: {maps: "head.*"}', {"maps.0": 4, "maps.1": 5}),
        ('outputs: ["hea*"]', {"head": 5}),
        ('outputs: ["h*d.*", "t*p"]', {"head.0": 4, "head.1": 5, "top": 3}),
        ('outputs: {maps: "*d.1"}', {"maps": 5}),
        ("outputs: [prev, input]", {"prev": 5, "input": 0}),
    ],
)
def test_outputs(section: str, outputs: dict[str, int]) -> None:
    graph = load(HEADS + section).graph
    assert graph.outputs == outputs
    assert graph.output == next(iter(outputs.values()))


def test_a_pattern_lists_the_outputs_of_several_blocks_in_the_order_of_the_network() -> None:
    text = """cnncalc: 1
input: [3, 8, 8]
blocks: {head: {layers: [{conv: 4, kernel: 1, name: scores}, {conv: 2, kernel: 1, name: boxes}]}}
layers:
  - {use: head, name: head3}
  - {conv: 3, kernel: 3, name: scores}
  - {use: head, name: head4}
outputs: ["head*.scores", "head*.boxes"]
"""
    found = analyze(load(text)).outputs
    assert [*found] == ["head3.scores", "head4.scores", "head3.boxes", "head4.boxes"]
    assert [row.output.dims() for row in found.values()] == [(4, 8, 8), (4, 6, 6), (2, 8, 8), (2, 6, 6)]


def test_an_output_that_a_condition_leaves_out_is_not_there() -> None:
    text = HEADS.replace("name: top}", "when: more, aside: true, name: top}") + "vars: {more: false}\n"
    text += "outputs: {boxes: head, classes: top}\n"
    assert [*load(text).graph.outputs] == ["boxes"]
    assert [*load(text, set={"more": True}).graph.outputs] == ["boxes", "classes"]


def test_the_feature_map_of_several_outputs_has_the_largest_field() -> None:
    assert analyze(load(HEADS + "outputs: [head, aux, stem]")).trunk.name == "head.1"
    assert analyze(load(HEADS + "outputs: [aux, stem]")).trunk.name == "aux"
    assert analyze(load(HEADS + "outputs: [stem]")).trunk.name == "head.1"


def test_an_output_has_its_name_like_a_layer() -> None:
    report = analyze(load(HEADS + "outputs: {boxes: top}"))
    assert report.layer("boxes") == report.layer("top") == report.outputs["boxes"]


def test_layers_of_auxiliary_heads_exist_in_training_only() -> None:
    spec = load(HEADS + "auxiliary: [aux]")
    assert [spec.graph.nodes[at].name for at in spec.graph.training_only] == ["aux"]
    report, without = analyze(spec), analyze(load(HEADS.replace("  - {conv: 2, kernel: 3, name: aux}\n", "")))
    head = 4 * 9 * 2 + 2
    assert report.totals == without.totals
    assert report.auxiliary.params.total == head
    assert report.params_with_auxiliary == without.totals.params.total + head
    assert report.memory.inference == without.memory.inference
    # parameters, gradients and the momentum of none, and the stem's output, which the top keeps as well
    assert report.memory.training == without.memory.training + 2 * 4 * head


def test_a_layer_that_reads_only_a_head_belongs_to_it() -> None:
    text = HEADS.replace("name: aux}\n", "name: aux}\n  - {relu: , from: aux, name: more}\n")
    graph = load(text + "auxiliary: [aux]").graph
    assert {graph.nodes[at].name for at in graph.training_only} == {"aux", "more"}


def test_a_head_may_share_the_weights_of_the_network() -> None:
    text = HEADS + "auxiliary: [late]"
    text = text.replace("outputs", "outputs").replace(
        "  - {conv: 1,", "  - {conv: 5, kernel: 3, from: stem, share: top, name: late}\n  - {conv: 1,"
    )
    text = text.replace("repeat: 2, name: head}", "repeat: 2, from: top, name: head}")
    assert analyze(load(text)).auxiliary.params.total == 0


def test_an_input_that_no_output_depends_on_is_reported() -> None:
    (finding,) = load(TWO.replace("add: [a, b]", "relu: , from: a")).findings
    assert (finding.code, finding.level) == ("unused-input", "warning")
    assert finding.message == "no output depends on the input 'mask'"
    assert finding.hint == "read it with `from: mask`, or remove it"


def test_a_receptive_field_for_each_input() -> None:
    row = analyze(load(TWO)).output
    assert {name: field.size for name, field in row.fields.items()} == {"image": (3, 3), "mask": (2, 2)}
    assert {name: field.jump for name, field in row.fields.items()} == {"image": (1, 1), "mask": (2, 2)}
    assert row.field.size == (3, 3)
    assert analyze(load(TWO)).layer("b").field.size == (2, 2)
    assert analyze("lenet5").output.fields == {}
