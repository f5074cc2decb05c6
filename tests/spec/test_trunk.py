"""What follows an item that may be left out, side branches, and what entered a block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnncalc import load
from tests.spec.helpers import codes, graph, names, output, reads, spec

CONV = "{conv: 3, kernel: 1}"
A, B = "{conv: 4, kernel: 1, name: a}", "{conv: 6, kernel: 1, name: b}"
LAST = "{conv: 2, kernel: 1, name: c}"
TOP = """vars: {on: VALUE}
blocks:
  head: {layers: [{conv: 9, kernel: 1}]}
  inside: {params: [x=1], layers: [ITEMS]}
"""


def top(value: bool, *items: str) -> str:
    """Sections with a condition `on`, and a block with these layers."""
    return TOP.replace("VALUE", str(value).lower()).replace("ITEMS", ", ".join(items) or "relu")


ITEMS = [
    "{identity: , from: a, when: on}",
    "{use: head, from: a, when: on, name: z}",
    "{use: head, from: a, repeat: 2 * on}",
    "{use: head, from: a, when: on, repeat: 3}",
    "{conv: 9, kernel: 1, from: input, when: on}",
    "{add: [prev, a], from: a, when: on}",
    "{add: {m: [{conv: 4, kernel: 1}], skip: []}, from: a, when: on}",
    "{identity: , from: a, when: true}",
    "{identity: , from: a, when: false}",
    "{identity: , from: a, repeat: 0}",
    "{identity: , from: a, aside: false, when: on}",
]


PLACES = {
    "list": [A, B, "ITEM", LAST],
    "end": [A, B, "ITEM"],
    "branch": [A, f"{{concat: {{m: [{B}, ITEM, {LAST}], n: []}}}}"],
    "end of a branch": [A, f"{{concat: {{m: [{B}, ITEM], n: []}}}}"],
    "unnamed branch": [A, f"{{concat: [[{B}, ITEM], [relu]]}}"],
    "nested": [f"{{concat: {{m: [{{concat: {{n: [{A}, {B}, ITEM]}}}}]}}}}"],
    "block": ["{use: inside}"],
    "block without use": ["relu"],
}


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("where", list(PLACES))
def test_the_choice_is_required_whatever_the_condition(item: str, where: str, value: bool) -> None:
    layers = [layer.replace("ITEM", item) for layer in PLACES[where]]
    in_block = (A, B, item) if "block" in where else ()
    assert codes(*layers, top=top(value, *in_block)) == ["unclear-source"]


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize(
    "layers",
    [
        [A, B, "{relu: , when: on}", LAST],
        [A, B, "{relu: , from: b, when: on}", LAST],
        [A, "{conv: 6, kernel: 1}", "{relu: , from: conv1, when: on}", LAST],
        [A, B, "{relu: , from: prev, when: on}", LAST],
        ["{relu: , from: input, when: on}", LAST],
        ["{relu: , from: entry, when: on}", LAST],
        [A, B, "{relu: , from: a, repeat: 2}", LAST],
        [A, B, "{relu: , from: a}", LAST],
        [A, B, "{relu: , from: a, when: on, name: z}", "{conv: 6, kernel: 1, from: b}"],
        [A, B, "{relu: , from: a, when: on, name: z}", "{concat: [b, z]}"],
        [A, B, "{relu: , from: a, when: on}", "{concat: {m: [{relu: , from: b}], n: [{relu: , from: a}]}}"],
        [A, B, "{relu: , aside: true, from: a}", "{relu: , from: b, when: on}", LAST],
        [A, B, "{add: [a, a], when: on}", LAST],
    ],
)
def test_no_choice_is_required_where_nothing_depends_on_it(layers: list[str], value: bool) -> None:
    assert spec(*layers, top=top(value)).graph


@pytest.mark.parametrize(
    ("after", "is_read"),
    [
        (["relu"], True),
        (["{relu: , from: prev}"], True),
        (["{concat: [b, prev]}"], True),
        (["{concat: {m: [{relu: , from: b}], n: []}}"], True),
        (["{concat: {m: [{relu: , from: b}], n: [{concat: [b, input]}]}}"], True),
        (["{relu: , from: b, when: on, otherwise: drop}"], True),
        (["{relu: , from: b, aside: true}"], True),
        (["{relu: , from: b, aside: true}", "{relu: , from: b}"], False),
        (["{relu: , from: b, when: on, otherwise: pass}"], False),
        (["{use: head}"], True),
        (["{concat: [b, b], when: on}"], True),
    ],
)
def test_what_counts_as_reading_it(after: list[str], is_read: bool) -> None:
    layers = [A, B, "{relu: , from: a, when: on}", *after]
    if is_read:
        assert codes(*layers, top=top(True))[0] == "unclear-source"
    else:
        assert spec(*layers, top=top(True)).graph


@pytest.mark.parametrize(
    ("choice", "value", "source"),
    [
        ("otherwise: pass", True, "z"),
        ("otherwise: pass", False, "a"),
        ("otherwise: drop", True, "z"),
        ("otherwise: drop", False, "b"),
        ("aside: true", True, "b"),
        ("aside: true", False, "b"),
        ("aside: true, otherwise: pass", False, "b"),
    ],
)
@pytest.mark.parametrize("how", ["when: on", "repeat: 1 if on else 0"])
def test_what_follows_reads(choice: str, value: bool, source: str, how: str) -> None:
    built = graph(A, B, f"{{conv: 9, kernel: 1, from: a, {how}, {choice}, name: z}}", LAST, top=top(value))
    assert [name.removesuffix(".0") for name in reads(built, "c")] == [source]


def test_a_list_that_ends_aside_gives_what_came_before() -> None:
    assert output(A, B, "{relu: , from: a, aside: true, name: z}") == (6, 8, 8)
    assert output("{use: inside}", top=top(True, "{conv: 9, kernel: 1, aside: true}")) == (3, 8, 8)
    branch = "{concat: {m: [{conv: 9, kernel: 1, aside: true, name: z}], n: []}}"
    assert output(branch, "{concat: [prev, concat.m.z]}") == (15, 8, 8)


def test_a_name_of_a_side_branch_is_read_where_it_is_there() -> None:
    layers = [A, B, "{use: head, from: a, when: on, aside: true, name: z}", LAST]
    both = [*layers, "{relu: , from: z, when: on, aside: true}", "{concat: [c, z], when: on}"]
    assert output(*both, top=top(True)) == (11, 8, 8)
    assert output(*both, top=top(False)) == (2, 8, 8)
    assert names(*both, top=top(False)) == ["a", "b", "c"]


@pytest.mark.parametrize("reader", ["{relu: , from: z}", "{concat: [b, z]}", "{relu: , from: z.conv1}"])
def test_a_name_that_is_left_out_cannot_be_read(reader: str) -> None:
    layers = [A, B, "{use: head, from: a, when: on, otherwise: drop, name: z}", reader]
    assert spec(*layers, top=top(True)).graph
    assert codes(*layers, top=top(False)) == ["left-out"]


def test_parts_of_repeats_continue_from_each_other() -> None:
    layers = [A, B, "{conv: 5, kernel: 1, from: a, when: i > N, repeat: 3, otherwise: drop, name: z}", LAST]
    built = graph(*(layer.replace("N", "0") for layer in layers))
    assert reads(built, "z.1") == ["a"]
    assert reads(built, "c") == ["z.2"]
    assert reads(graph(*(layer.replace("N", "5") for layer in layers)), "c") == ["b"]


@pytest.mark.parametrize(
    "item",
    [
        "{relu: , otherwise: pass}",
        "{relu: , repeat: 2, otherwise: drop}",
        "{relu: , when: true, otherwise: skip}",
        "{relu: , when: true, otherwise: [pass]}",
    ],
)
def test_a_choice_is_pass_or_drop_of_an_item_that_may_be_left_out(item: str) -> None:
    assert codes(item) == ["bad-otherwise"]


@pytest.mark.parametrize("value", ["yes", "1", "on == 1", "[true]"])
def test_aside_is_true_or_false(value: str) -> None:
    assert codes(f"{{relu: , aside: {value}}}") == ["bad-aside"]


def test_entry_is_what_entered_the_block_also_inside_branches() -> None:
    items = (A, B, "{concat: {m: [{concat: {n: [{conv: 2, kernel: 1, from: entry, name: z}]}}], o: []}}")
    built = graph("{conv: 7, kernel: 1, name: x}", "{use: inside}", top=top(True, *items))
    assert reads(built, "inside1.concat.m.concat.n.z") == ["x"]
    assert reads(graph(A, "{concat: {m: [{relu: , from: entry, name: z}]}}"), "concat.m.z") == ["input"]
    items = (A, "{conv: entry.channels, kernel: 1}")
    assert output("{conv: 7, kernel: 1}", "{use: inside}", top=top(True, *items)) == (7, 8, 8)


@pytest.mark.parametrize(
    ("branch", "found"),
    [
        ("{relu: , from: input}", ["branch-input"]),
        ("{relu: , from: entry}", []),
        ("{relu: , from: prev}", []),
        ("relu, {relu: , from: input}", []),
    ],
)
def test_input_at_the_start_of_a_branch_is_reported(branch: str, found: list[str]) -> None:
    text = f"cnncalc: 1\ninput: [3, 8, 8]\nlayers: [{CONV}, {{concat: {{m: [{branch}], n: []}}}}]\n"
    assert [problem.code for problem in load(text).findings] == found


Item = tuple[str, str, bool | None, str]
"""A name, the name that it reads or an empty text, the value of its condition, and its choice."""


@st.composite
def lists(draw: DrawFn) -> list[Item]:
    """Items that say what follows them, with names of earlier ones that are there."""
    items: list[Item] = []
    for number in range(draw(st.integers(2, 8))):
        readable = [
            name for name, _, value, choice in items if value is not False or choice == "otherwise: pass"
        ]
        source = draw(st.sampled_from(["", *readable]))
        value = draw(st.sampled_from([None, True, False]))
        choices = (
            ["aside: true", ""] if value is None else ["otherwise: pass", "otherwise: drop", "aside: true"]
        )
        items.append((f"n{number}", source, value, draw(st.sampled_from(choices))))
    return items


@given(lists())
def test_what_each_item_reads(items: list[Item]) -> None:
    trunk, outputs, wanted = "input", {}, {}
    for name, source, value, choice in items:
        read = outputs[source] if source else trunk
        if value is not False:
            outputs[name] = name
            wanted[name] = read
        elif choice == "otherwise: pass":
            outputs[name] = read
        if name in outputs and choice != "aside: true":
            trunk = outputs[name]
    layers = [
        f"{{relu: , name: {name}"
        + (f", from: {source}" if source else "")
        + ("" if value is None else f", when: {str(value).lower()}")
        + (f", {choice}}}" if choice else "}")
        for name, source, value, choice in items
    ]
    built = graph(*layers)
    assert {each.name: reads(built, each.name)[0] for each in built.layers} == wanted
    assert built.nodes[built.output].name == trunk
