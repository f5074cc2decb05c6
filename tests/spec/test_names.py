"""Names of layers, the tensors they refer to, and layers skipped with `when`."""

import pytest

import cnncalc
from cnncalc import SpecError
from cnncalc.spec.vocabulary import RESERVED
from tests.spec.helpers import codes, graph, names, node, output, reads, spec

CONV = "{conv: 3, kernel: 1}"
PAIR = "blocks: {pair: {layers: [{conv: 3, kernel: 1, name: one}, {conv: 3, kernel: 1, name: two}]}}"


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        (["relu", "relu", "flatten"], ["relu1", "relu2", "flatten1"]),
        (["{relu: , name: relu2}", "relu", "relu"], ["relu2", "relu3", "relu4"]),
        (["relu", "{relu: , name: relu5}", "relu"], ["relu1", "relu5", "relu6"]),
        (["relu", "{relu: , name: relu1}", "relu"], ["relu_1", "relu1", "relu_2"]),
        (["{relu: , name: relu1}", "relu", "relu"], ["relu1", "relu2", "relu3"]),
        (["{relu: , name: pair12}", "{use: pair, repeat: 1}"], ["pair12", "pair13.0.one", "pair13.0.two"]),
        (["relu", "{relu: , name: relu1}", "{relu: , name: relu_1}"], ["relu_2", "relu1", "relu_1"]),
        (["{Conv2d: 3, kernel_size: 1}", CONV], ["conv1", "conv2"]),
        (["{add: [prev, input]}", "{add: [prev, input]}", "{mul: [add, add2]}"], ["add", "add2", "mul"]),
        (["{relu: , name: add}", "{add: [prev, prev]}"], ["add", "add2"]),
        (["{add: [prev, prev]}", "{relu: , name: add2}", "{add: [add, prev]}"], ["add", "add2", "add3"]),
        (["{relu: , repeat: 2}", "relu"], ["relu1.0", "relu1.1", "relu2"]),
        (["{relu: , repeat: 2, name: r}"], ["r.0", "r.1"]),
        ([f"{{add: {{main: [{CONV}], skip: []}}}}"], ["add.main.conv1", "add"]),
        ([f"{{add: {{main: [{CONV}], skip: []}}, repeat: 1}}"], ["add.0.main.conv1", "add.0"]),
        ([f"{{concat: [[{CONV}], [relu]]}}"], ["concat.0.conv1", "concat.1.relu1", "concat"]),
        (["{use: pair}", "{use: pair, repeat: 1}"], ["pair1.one", "pair1.two", "pair2.0.one", "pair2.0.two"]),
        (["{relu: , name: pair1}", "{use: pair}"], ["pair1", "pair2.one", "pair2.two"]),
        (["{relu: , name: sé_1-b}"], ["sé_1-b"]),
    ],
)
def test_automatic_numbers_continue_and_skip_no_number(layers: list[str], found: list[str]) -> None:
    assert names(*layers, top=PAIR) == found


@pytest.mark.parametrize("name", [*RESERVED, "a.b", "3a", "''", "a b", "a*"])
def test_some_words_cannot_be_names(name: str) -> None:
    assert codes(f"{{relu: , name: {name}}}") == ["bad-name"]


def test_a_name_is_given_once_in_a_list_and_again_in_another() -> None:
    assert codes("{relu: , name: a}", "{relu: , name: a}") == ["duplicate-name"]
    assert names("{relu: , name: a}", "{add: {x: [{relu: , name: a}], y: []}}") == ["a", "add.x.a", "add"]


@pytest.mark.parametrize("layer", ["{use: b, act: relu}", "{use: c, norm: batch}"])
def test_no_two_layers_have_the_same_name(layer: str) -> None:
    top = "blocks: {b: {layers: [{relu: , name: act}]}, c: {layers: [{batchnorm: , name: norm}]}}"
    try:
        found = names(layer, top=top)
    except SpecError:
        return
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("prev", "c.1.two"),
        ("input", "input"),
        ("a", "a"),
        ("b", "b.act"),
        ("b.act", "b.act"),
        ("add", "add"),
        ("add.main", "add.main.x"),
        ("add.main.x", "add.main.x"),
        ("add.skip", "b.act"),
        ("c", "c.1.two"),
        ("c.0", "c.0.two"),
        ("c.0.one", "c.0.one"),
    ],
)
def test_a_tensor_is_prev_input_an_earlier_name_or_a_path(reference: str, found: str) -> None:
    layers = ["{relu: , name: a}", "{conv: 3, kernel: 1, name: b, act: relu}"]
    layers += ["{add: {main: [{relu: , name: x}], skip: []}}", "{use: pair, repeat: 2, name: c}"]
    built = graph(*layers, f"{{relu: , from: {reference}, name: z}}", top=PAIR)
    assert reads(built, "z") == [found]


@pytest.mark.parametrize(
    "reference",
    ["later", "z", "nobody", "c.2", "c.0.three", "prev.a", "input.a", "'c.*.one'", "c.*", "", "[a, c]"],
)
def test_other_references_are_refused(reference: str) -> None:
    layers = [
        "{use: pair, repeat: 2, name: c}",
        f"{{relu: , from: {reference}, name: z}}",
        "{relu: , name: later}",
    ]
    assert codes(*layers, top=PAIR)


def test_a_star_in_a_merge_reads_every_repeat_in_order() -> None:
    top = "blocks: {b: {layers: [{conv: 3, kernel: 1, name: skip}, {add: {m: [{relu: , name: r}], s: []}}]}}"
    built = graph(
        "{use: b, repeat: 12, name: stack}",
        "{add: [stack.*.skip]}",
        "{add: [stack.*.add.m.r, prev]}",
        top=top,
    )
    assert reads(built, "add") == [f"stack.{i}.skip" for i in range(12)]
    assert reads(built, "add2") == [*(f"stack.{i}.add.m.r" for i in range(12)), "add"]
    assert codes("{use: b, repeat: 2, name: stack}", "{add: [stack.*.skap]}", top=top) == ["unknown-tensor"]


def test_a_star_stands_for_a_part_of_a_name() -> None:
    layers = ["{use: pair, name: ca}", "{use: pair, name: cb}", "{use: pair, name: d}"]
    assert reads(graph(*layers, "{add: [c*.one]}", top=PAIR), "add") == ["ca.one", "cb.one"]
    assert reads(graph(*layers, "{add: [c*.t*o, d.on*]}", top=PAIR), "add") == ["ca.two", "cb.two", "d.one"]
    branch = "{concat: {x: [{relu: , name: cz}, {add: [c*]}], y: []}, name: z}"  # its own names come first
    assert reads(graph(*layers, branch, top=PAIR), "z.x.add") == ["z.x.cz"]
    assert codes(*layers, "{add: [e*.one, d]}", top=PAIR) == ["unknown-tensor"]


@pytest.mark.parametrize(
    "layers", [["{add: [add, prev]}"], ["{add: {a: [{relu: , name: x}], b: [{add: [x, prev]}]}}"]]
)
def test_a_later_layer_or_a_sibling_branch_cannot_be_read(layers: list[str]) -> None:
    assert codes(*layers) == ["unknown-tensor"]


def test_a_branch_sees_the_layers_around_it_and_its_own_input() -> None:
    layers = ["{conv: 4, kernel: 1, name: a}", "{conv: 3, kernel: 1, name: b}"]
    built = graph(*layers, "{concat: {x: [{relu: , from: a}, {concat: [input, prev]}], y: []}, name: z}")
    assert reads(built, "z.x.concat") == ["b", "z.x.relu1"]
    assert reads(built, "z.x.relu1") == ["a"]


@pytest.mark.parametrize(
    "inner",
    [
        "{add: [a, prev]}",
        "{relu: , from: a}",
        "{conv: a.channels, kernel: 1}",
        "{conv: i + 1, kernel: 1}",
        "{conv: w, kernel: 1}",
        "{relu: , when: first}",
        "{relu: , when: last}",
    ],
)
def test_a_block_sees_nothing_of_its_caller(inner: str) -> None:
    top = f"blocks: {{b: {{layers: [{inner}]}}, o: {{params: [w], layers: [{{use: b}}]}}}}"
    assert codes("{relu: , name: a}", "{use: b, repeat: 2}", top=top)[0] in ("unknown-tensor", "expression")
    assert codes("{relu: , name: a}", "{use: o, w: 3}", top=top)[0] in ("unknown-tensor", "expression")


def test_a_block_sees_its_own_names_its_params_its_inputs_and_the_vars() -> None:
    top = """vars: {c: 2}
blocks:
  b: {inputs: [skip], params: [n], layers: [{conv: n * c, kernel: 1, name: x}, {concat: [skip, x, input]}]}"""
    built = graph("{conv: 5, kernel: 1, name: a}", "{relu: , name: r}", "{use: b, n: 3, skip: a}", top=top)
    assert reads(built, "b1.concat") == ["a", "b1.x", "r"]
    assert node(built, "b1.concat").shape.channels == 5 + 6 + 5


def test_a_default_sees_what_the_block_sees() -> None:
    top = """vars: {c: 2}
blocks:
  b: {params: [n=c * 2, m=n + input.channels], layers: [{conv: m, kernel: 1}]}
  d: {inputs: [skip], params: [n=skip.channels], layers: [{conv: n, kernel: 1}]}"""
    assert output("{use: b}", top=top) == (7, 8, 8)
    assert output("{use: b, n: 1}", top=top) == (4, 8, 8)
    assert output("{conv: 5, kernel: 1, name: a}", "relu", "{use: d, skip: a}", top=top) == (5, 8, 8)


def test_blocks_nest_and_stand_in_branches_of_blocks() -> None:
    top = """blocks:
  inner: {inputs: [t], params: [n], layers: [{conv: n, kernel: 1, name: c}, {add: [t, prev]}]}
  outer:
    inputs: [t]
    layers:
      - {add: {m: [{use: inner, n: prev.channels, t: t, repeat: 2, name: z}], s: []}}
      - {concat: [add.m.z.0.c, t, add.m.z]}"""
    built = graph("relu", "{use: outer, t: input}", "{relu: , from: outer1.add.m.z.1.c}", top=top)
    assert reads(built, "outer1.add.m.z.1.c") == ["outer1.add.m.z.0.add"]
    assert reads(built, "outer1.add.m.z.1.add") == ["input", "outer1.add.m.z.1.c"]
    assert reads(built, "outer1.concat") == ["outer1.add.m.z.0.c", "input", "outer1.add.m.z.1.add"]
    assert reads(built, "relu2") == ["outer1.add.m.z.1.c"]


def test_a_block_cannot_use_itself() -> None:
    top = "blocks: {b: {layers: [{use: c}]}, c: {layers: [{add: {x: [{use: b}], y: []}}]}}"
    assert codes("{use: b}", top=top) == ["block-recursion"]


def test_from_is_the_source_of_the_first_repeat_only() -> None:
    built = graph(
        "{relu: , name: a}", "relu", "{relu: , from: a, repeat: 2, name: z}", "{use: pair, from: a}", top=PAIR
    )
    assert [reads(built, name) for name in ("z.0", "z.1", "pair1.one")] == [["a"], ["z.0"], ["a"]]


def test_from_is_the_input_of_a_merge() -> None:
    built = graph(
        "{relu: , name: a}",
        "relu",
        f"{{add: {{x: [{CONV}], y: []}}, from: a}}",
        "{add: [prev, input], from: a}",
    )
    assert reads(built, "add") == ["add.x.conv1", "a"]
    assert reads(built, "add.x.conv1") == ["a"]
    assert reads(built, "add2") == ["a", "input"]


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("{conv: 9, kernel: 1, act: relu, norm: batch, when: false, name: z}", "r"),
        ("{conv: 9, kernel: 1, when: 1 > 2, from: a, otherwise: pass, name: z}", "a"),
        ("{use: pair, when: false, from: a, otherwise: pass, name: z}", "a"),
        ("{use: pair, repeat: 3, when: false, from: a, otherwise: pass, name: z}", "a"),
        ("{use: pair, repeat: 0, name: z}", "r"),
        ("{relu: , repeat: 0, from: a, otherwise: pass, name: z}", "a"),
        ("{add: [prev, prev], when: false, name: z}", "r"),
    ],
)
def test_a_skipped_layer_is_the_identity(layer: str, source: str) -> None:
    built = graph("{relu: , name: a}", "{relu: , name: r}", layer, "{concat: [prev, z]}", top=PAIR)
    assert reads(built, "concat") == [source, source]


def test_when_is_evaluated_in_every_repeat() -> None:
    built = graph("{use: pair, repeat: 3, when: i != 1, name: z}", "{concat: [z.*.one, z.1]}", top=PAIR)
    assert reads(built, "z.2.one") == ["z.0.two"]
    assert reads(built, "concat") == ["z.0.one", "z.2.one", "z.0.two"]


def test_a_network_may_skip_all_layers() -> None:
    assert output("{conv: 9, kernel: 1, when: false}", "{use: pair, repeat: 0}", top=PAIR) == (3, 8, 8)
    assert cnncalc.analyze(spec("{conv: 9, kernel: 1, when: false}")).output.output.dims() == (3, 8, 8)


QUOTED = [
    '{conv: 4, kernel: 1, name: "layer1.0.conv1"}',
    '{conv: 5, kernel: 1, name: "layer1.1.conv1"}',
    '{relu: , from: layer1.0.conv1, name: "/features/2/Relu"}',
]


def test_quoted_names_have_dots_and_slashes() -> None:
    layers = [
        *QUOTED,
        "{conv: layer1.0.conv1.channels * 2, kernel: 1, from: /features/2/Relu, name: top}",
        "{concat: [layer1.*.conv1, top]}",
    ]
    built = graph(*layers)
    assert reads(built, "/features/2/Relu") == ["layer1.0.conv1"]
    assert reads(built, "top") == ["/features/2/Relu"]
    assert reads(built, "concat") == ["layer1.0.conv1", "layer1.1.conv1", "top"]
    assert node(built, "top").shape.channels == 8


def test_quoted_names_inside_blocks_and_of_blocks() -> None:
    top = 'blocks: {b: {layers: [{conv: 4, kernel: 1, name: "x.y"}, {relu: , from: x.y}]}}'
    built = graph('{use: b, name: "u.v", repeat: 2}', "{concat: [u.v.0.x.y, u.v.*.x.y, u.v]}", top=top)
    assert reads(built, "concat") == ["u.v.0.x.y", "u.v.0.x.y", "u.v.1.x.y", "u.v.1.relu1"]


def test_expected_values_freeze_and_set_take_quoted_names() -> None:
    top = 'vars: {"stage1.width": 4}\nfreeze: [layer1.0.conv1]\n'
    top += 'expect: {layers: {layer1.0.conv1: {params: 16}, "layer1.*.conv1": {macs: 1}, '
    top += "/features/2/Relu: {output: [4, 8, 8]}}}"
    found = spec(*QUOTED, "{conv: stage1.width, kernel: 1}", top=top)
    assert [claim.layer for claim in found.claims] == ["layer1.0.conv1", "layer1.*.conv1", "/features/2/Relu"]
    assert node(found.graph, "layer1.0.conv1").frozen
    wide = spec(*QUOTED, "{conv: stage1.width, kernel: 1}", top=top, set={"stage1.width": 7})
    assert node(wide.graph, "conv1").shape.channels == 7


@pytest.mark.parametrize(
    "layers",
    [
        ["{use: pair, name: l, repeat: 2}", '{relu: , name: "l.1.two"}'],
        ['{relu: , name: "l.1.two"}', "{use: pair, name: l, repeat: 2}"],
        ['{relu: , name: "l.1"}', "{use: pair, name: l, repeat: 2}"],
        ["{add: {m: [relu], n: []}, name: l}", '{relu: , name: "l.n"}'],
        ['{relu: , name: "l.m"}', "{add: {m: [relu], n: []}, name: l}"],
    ],
)
def test_a_quoted_name_that_is_also_a_path_is_refused(layers: list[str]) -> None:
    assert codes(*layers, top=PAIR) == ["duplicate-name"]


@pytest.mark.parametrize(
    "name", ["a.b", "'prev.a'", "'input/a'", "'a..b'", "'a.'", "'.a'", "'a//b'", "'a.*'", "'a b.c'"]
)
def test_names_with_dots_are_quoted_and_whole(name: str) -> None:
    assert codes(f"{{relu: , name: {name}}}", "{relu: , from: 'a.b'}")[0] == "bad-name"


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("{kind: relu, name: a}", "{relu: , name: a}"),
        ("{kind: conv, filters: 4, kernel: 3, padding: 1}", "{conv: 4, kernel: 3, padding: 1}"),
        ("{kind: Conv2d, out_channels: 4, kernel_size: 3}", "{Conv2d: 4, kernel_size: 3}"),
        ("{kind: add, inputs: [prev, input]}", "{add: [prev, input]}"),
        ("{kind: concat, inputs: {m: [{kind: relu}], n: []}}", "{concat: {m: [relu], n: []}}"),
        ("{kind: squeeze_excite, reduced: 2}", "{squeeze_excite: 2}"),
        (
            "{conv: 4, kernel: 1, norm: {kind: group, groups: 2}}",
            "{conv: 4, kernel: 1, norm: {group: {groups: 2}}}",
        ),
        (
            "{conv: 4, kernel: 1, act: {kind: leaky_relu, slope: 0.5}}",
            "{conv: 4, kernel: 1, act: {leaky_relu: 0.5}}",
        ),
    ],
)
def test_the_long_form_is_the_same_layer(long: str, short: str) -> None:
    one, other = graph(long), graph(short)
    assert [(each.name, each.layer, each.inputs) for each in one.nodes] == [
        (each.name, each.layer, each.inputs) for each in other.nodes
    ]
