"""add, mul and concat: what they join, in which order, and that nothing is resized silently."""

import pytest

from cnncalc.layers import Merge
from cnncalc.shapes import Shape
from tests.spec.helpers import codes, graph, names, node, output, reads

THREE = ["{conv: 4, kernel: 1, name: a}", "{conv: 4, kernel: 1, name: b}", "{conv: 4, kernel: 1, name: c}"]
GATE = "{conv: 3, kernel: 1, name: a}"


def cropped(large: tuple[int, ...], small: tuple[int, ...]) -> list[tuple[int, int]]:
    """The crop of `align: crop` on each axis of the larger of two maps: (before, after)."""
    built = graph(
        f"{{adaptive_avgpool: {list(large)}, name: large}}",
        f"{{adaptive_avgpool: {list(small)}, name: small}}",
        "{add: [large, small], align: crop}",
        shape=f"[2, {', '.join('32' for _ in large)}]",
    )
    layer = node(built, "add").layer
    assert isinstance(layer, Merge)
    wide, _ = layer.reads(Shape(2, large), Shape(2, small))
    return [(-window.before, -window.after) for window in wide]


@pytest.mark.parametrize("kind", ["add", "mul", "concat"])
def test_a_merge_takes_named_branches_or_tensor_names(kind: str) -> None:
    branches = f"{{{kind}: {{x: [{{relu: , name: r}}], y: [], z: [relu, relu]}}}}"
    assert reads(graph(*THREE, branches), kind) == [f"{kind}.x.r", "c", f"{kind}.z.relu2"]
    assert reads(graph(*THREE, f"{{{kind}: [b, prev, input, a]}}", shape="[4, 8, 8]"), kind) == [
        "b",
        "c",
        "input",
        "a",
    ]


def test_branches_may_be_written_in_block_style() -> None:
    layer = "concat:\n  left:\n    - relu\n    - {conv: 2, kernel: 1}\n  right: []\nname: both\nact: relu"
    built = graph(layer)
    assert reads(built, "both") == ["both.left.conv1", "input"]
    assert built.nodes[built.output].name == "both.act"


def test_unnamed_branches_can_be_mixed_with_names() -> None:
    built = graph(*THREE, "{concat: [[relu], a, [], prev]}")
    assert [each.removesuffix(".relu1")[:6] for each in reads(built, "concat")] == ["concat", "a", "c", "c"]
    assert node(built, "concat").shape == Shape(16, (8, 8))


def test_an_empty_branch_is_an_identity() -> None:
    assert reads(graph("{add: {main: [], skip: []}}"), "add") == ["input", "input"]
    assert reads(graph("{add: [[], []]}"), "add") == ["input", "input"]


def test_each_branch_reads_the_input_of_the_merge() -> None:
    built = graph(*THREE, "{add: {x: [{relu: , name: r}], y: [{relu: , name: s}]}}")
    assert reads(built, "add.x.r") == reads(built, "add.y.s") == ["c"]


def test_concat_stacks_channels_in_the_order_written() -> None:
    layers = ["{conv: 1, kernel: 1, name: a}", "{conv: 2, kernel: 1, name: b}", "{concat: [b, a, b]}"]
    assert output(*layers) == (5, 8, 8)
    assert output(*layers, shape="[3, 7]") == (5, 7)
    assert output(*layers, shape="[3, 2, 3, 4]") == (5, 2, 3, 4)


def test_vectors_join_too() -> None:
    layers = ["{dense: 4, name: a}", "{dense: 5, name: b, from: input}"]
    assert output(*layers, "{concat: [a, b, input]}", shape="[3]") == (12,)
    assert output(*layers, "{add: {x: [{dense: 7}], y: [{dense: 7}]}}", shape="[3]") == (7,)


@pytest.mark.parametrize("kind", ["add", "mul"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_add_and_mul_join_equal_channels_only(kind: str, channels: int) -> None:
    layers = [f"{{conv: {channels}, kernel: 1}}", f"{{{kind}: [input, prev]}}"]
    assert codes(*layers) == ["channels-differ"]
    assert codes(layers[0], f"{{{kind}: [input, prev], align: crop}}") == ["channels-differ"]


@pytest.mark.parametrize("kind", ["add", "mul", "concat"])
@pytest.mark.parametrize(
    "layer",
    [
        "{conv: 3, kernel: 3}",
        "{conv: 3, kernel: [1, 3]}",
        "{conv: 3, kernel: 8x1}",
        "{conv: 3, kernel: 1, stride: 2}",
        "{upsample: 2}",
        "{pad: 1}",
        "{reshape: [3, 64]}",
        "{reshape: [3, 4, 16]}",
        "{reshape: [3, 2, 4, 8]}",
    ],
)
def test_sizes_must_agree(kind: str, layer: str) -> None:
    assert codes(layer, f"{{{kind}: [input, prev]}}") == ["sizes-differ"]


@pytest.mark.parametrize("kind", ["add", "concat"])
@pytest.mark.parametrize("gate", ["global_avgpool", "{maxpool: 8}"])
def test_add_and_concat_broadcast_no_gate(kind: str, gate: str) -> None:
    assert codes(gate, f"{{{kind}: [input, prev]}}") == ["sizes-differ"]
    assert codes(gate, "flatten", f"{{{kind}: [input, prev]}}") == ["sizes-differ"]


@pytest.mark.parametrize("shape", ["[3, 8, 8]", "[3, 9]", "[3, 2, 5, 4]"])
@pytest.mark.parametrize(
    "join", ["[input, prev]", "[prev, input]", "[prev, input, prev]", "[input, prev, input]"]
)
def test_mul_takes_a_gate_of_one_value_per_channel(shape: str, join: str) -> None:
    whole = tuple(int(size) for size in shape.strip("[]").split(","))
    assert output("global_avgpool", f"{{mul: {join}}}", shape=shape) == whole
    assert output("global_avgpool", "flatten", "{dense: 3}", f"{{mul: {join}}}", shape=shape) == whole


def test_a_gate_is_applied_in_branches_as_in_squeeze_and_excitation() -> None:
    layer = "{mul: {x: [], gate: [global_avgpool, flatten, {dense: 1, act: relu}, {dense: 3, act: sigmoid}]}}"
    assert output(layer) == (3, 8, 8)


@pytest.mark.parametrize(
    "layers",
    [
        ["{reshape: [1, 8, 24]}", "{conv: 1, kernel: [1, 17]}", "{mul: [input, prev]}"],
        ["{conv: 1, kernel: 1}", "{mul: [input, prev]}"],
        ["global_avgpool", "{conv: 1, kernel: 1}", "{mul: [input, prev]}"],
        ["global_avgpool", "{conv: 6, kernel: 1}", "{mul: [input, prev]}"],
        ["{maxpool: [8, 1]}", "{mul: [input, prev]}"],
        ["{maxpool: [1, 8]}", "{mul: [input, prev]}"],
        ["global_avgpool", "{mul: [input, prev, z]}"],
    ],
)
def test_mul_broadcasts_nothing_else(layers: list[str]) -> None:
    assert set(codes("{maxpool: 2, name: z}", *(_from_input(layers)))) <= {"sizes-differ", "channels-differ"}


def _from_input(layers: list[str]) -> list[str]:
    first = layers[0] if layers[0].startswith("{") else f"{{{layers[0]}: }}"
    return [first.removesuffix("}") + ", from: input}", *layers[1:]]


def test_two_gates_make_a_gate() -> None:
    assert output("{global_avgpool: , name: a}", "flatten", "{mul: [a, prev]}") == (3, 1, 1)


def test_the_operations_of_a_merge_are_those_of_its_output() -> None:
    built = graph("global_avgpool", "{mul: [input, prev]}")
    layer = node(built, "mul").layer
    assert layer.operations(Shape(3, (8, 8)), Shape(3, (1, 1)))["multiplications"].value == 3 * 64


@pytest.mark.parametrize(
    ("large", "small", "taken"),
    [
        ((8,), (6,), [(1, 1)]),
        ((8,), (5,), [(1, 2)]),
        ((8,), (7,), [(0, 1)]),
        ((8, 8), (5, 8), [(1, 2), (0, 0)]),
        ((9, 12), (4, 5), [(2, 3), (3, 4)]),
        ((6, 7, 8), (6, 6, 5), [(0, 0), (0, 1), (1, 2)]),
    ],
)
def test_crop_keeps_the_centre_and_takes_the_odd_one_at_the_end(
    large: tuple[int, ...], small: tuple[int, ...], taken: list[tuple[int, int]]
) -> None:
    assert cropped(large, small) == taken


@pytest.mark.parametrize("kind", ["add", "mul", "concat"])
def test_crop_cuts_every_axis_to_the_smallest(kind: str) -> None:
    layers = ["{maxpool: [1, 3], stride: 1, name: a}", "{maxpool: [4, 1], stride: 1, from: input, name: b}"]
    channels = 9 if kind == "concat" else 3
    assert output(*layers, f"{{{kind}: [a, b, input], align: crop}}") == (channels, 5, 6)


def test_crop_does_not_join_maps_of_different_axes() -> None:
    assert codes("{reshape: [3, 64]}", "{add: [input, prev], align: crop}") == ["sizes-differ"]


@pytest.mark.parametrize(
    "layer",
    [
        "{add: }",
        "{add: []}",
        "{add: {}}",
        "{add: prev}",
        "{add: {x: relu}}",
        "{add: {x: input, y: []}}",
        "{add: [{conv: 3}]}",
    ],
)
def test_a_merge_without_branches_or_names_is_refused(layer: str) -> None:
    assert set(codes(layer)) <= {"bad-merge", "not-a-list"}


@pytest.mark.parametrize("name", ["a.b", "''"])
def test_the_name_of_a_branch_is_one_part_of_a_path(name: str) -> None:
    assert codes(f"{{add: {{{name}: [relu], other: []}}}}") == ["bad-name"]


def test_merges_repeat_with_their_branches() -> None:
    branch = "{conv: 3, kernel: 1, when: i > 0}, {use: b, repeat: i, name: z}"
    layer = f"{{add: {{m: [{branch}], s: []}}, repeat: 3, name: r}}"
    built = graph(layer, "{concat: [r.*.m, r.1, r]}", top="blocks: {b: {layers: [relu]}}")
    assert names(layer, top="blocks: {b: {layers: [relu]}}") == [
        *("r.0", "r.1.m.conv1", "r.1.m.z.0.relu1", "r.1"),
        *("r.2.m.conv1", "r.2.m.z.0.relu1", "r.2.m.z.1.relu1", "r.2"),
    ]
    assert reads(built, "r.0") == ["input", "input"]
    assert reads(built, "concat") == ["input", "r.1.m.z.0.relu1", "r.2.m.z.1.relu1", "r.1", "r.2"]


def test_a_gate_of_one_channel_multiplies_every_channel() -> None:
    assert output("{conv: 1, kernel: 1, name: gate}", "{mul: [input, gate], broadcast: true}") == (3, 8, 8)


@pytest.mark.parametrize(
    ("shapes", "size"),
    [
        (["[3, 1, 1]"], (3, 8, 8)),
        (["[1, 8, 1]", "[1, 1, 8]"], (3, 8, 8)),
        (["[3, 8, 1]"], (3, 8, 8)),
    ],
)
@pytest.mark.parametrize("kind", ["add", "mul", "average", "maximum", "minimum"])
def test_broadcast_repeats_sizes_of_1(kind: str, shapes: list[str], size: tuple[int, ...]) -> None:
    tables = [f"{{constant: {shape}, name: t{at}, aside: true}}" for at, shape in enumerate(shapes)]
    read = ", ".join(["input", *(f"t{at}" for at in range(len(shapes)))])
    assert output(*tables, f"{{{kind}: [{read}], broadcast: true}}") == size
    assert output(*tables, f"{{{kind}: [{read}], broadcast: true, align: crop}}") == size


def test_concat_repeats_a_vector_over_the_map() -> None:
    line = "{concat: {map: [], whole: [global_avgpool, flatten]}, broadcast: true}"
    assert output(line) == (6, 8, 8)
