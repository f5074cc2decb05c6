"""`diff`: known differences of bundled networks, and single edits of specs."""

import io
import json
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rich.console import Console

from cnncalc import Report, SpecError, analyze, load
from cnncalc.analysis.report import Row
from cnncalc.checks.difference import ADDITIVE, Difference, diff
from cnncalc.checks.difference_groups import consequences, renamings, written
from cnncalc.layers import find_kind
from cnncalc.render.data import to_json
from cnncalc.render.difference import ShownDifference, difference_text
from cnncalc.render.difference_data import difference_data
from cnncalc.render.difference_markdown import difference_markdown
from tests.conftest import examples, mostly_slow

SPECS = Path(__file__).parent.parent.parent / "specs"
NAMES = sorted(str(path.relative_to(SPECS).with_suffix("")) for path in SPECS.rglob("*.yaml"))
PAIRS = (
    ("resnet101", "resnet152"),
    ("resnet50", "resnet101"),
    ("resnet18", "googlenet"),
    ("vgg11", "vgg13"),
    ("vgg16", "vgg16_bn"),
    ("densenet121", "densenet169"),
    ("squeezenet1_0", "squeezenet1_1"),
    ("inception_v3", "inception_v4"),
    ("alexnet", "alexnet_grouped"),
    ("unet", "lenet5"),
    ("wavenet", "tcn"),
)
Item = dict[str, object]


@cache
def report(name: str) -> Report:
    return analyze(load(name))


def increase_of_layers(found: Difference, quantity: str) -> int:
    """The sum over the layers that a total counts: auxiliary heads only for training memory."""

    def number(row: Row | None) -> int:
        is_counted = row is not None and (quantity == "memory.kept" or not row.auxiliary)
        return ADDITIVE[quantity](row) if row and is_counted else 0

    return sum(number(layer.after) - number(layer.before) for layer in found.layers)


def counts(found: Difference) -> dict[str, int]:
    """The numbers of added, removed and changed layers."""
    return {status: len(found.having(status)) for status in ("added", "removed", "changed")}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    found = diff(load(name), load(name))
    assert found.is_same
    assert {layer.status for layer in found.layers} == {"unchanged"}
    assert all(amounts.increase == 0 for amounts in found.totals.values())
    assert found.renamed == ()


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_increases_of_layers_add_up_to_the_totals(first: str, second: str) -> None:
    found = diff(report(first), report(second))
    for quantity in ADDITIVE:
        assert increase_of_layers(found, quantity) == found.totals[quantity].increase
    was, is_now = report(first), report(second)
    assert found.totals["params"].before == was.totals.params.total
    assert found.totals["memory.kept"].after == is_now.memory.kept
    assert found.totals["memory.activations"].after == is_now.memory.activations


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_layer_of_both_is_in_it_once(first: str, second: str) -> None:
    layers = diff(report(first), report(second)).layers
    befores = [layer.before.name for layer in layers if layer.before]
    assert sorted(befores) == sorted(row.name for row in report(first).layers)
    assert [layer.after.name for layer in layers if layer.after] == [
        row.name for row in report(second).layers
    ]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_reverse_difference_is_the_mirror_image(first: str, second: str) -> None:
    there, back = diff(report(first), report(second)), diff(report(second), report(first))
    for quantity, amounts in there.totals.items():
        mirrored = back.totals[quantity]
        assert (amounts.before, amounts.after) == (mirrored.after, mirrored.before)
    forth, home = counts(there), counts(back)
    assert (forth["added"], forth["removed"], forth["changed"]) == (
        home["removed"],
        home["added"],
        home["changed"],
    )


ANY_TWO = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))


@settings(max_examples=examples(15), deadline=None)
@given(ANY_TWO, st.sampled_from([60, 100, 200]))
def test_any_two_networks_can_be_compared_and_shown(names: tuple[str, str], width: int) -> None:
    found = diff(report(names[0]), report(names[1]))
    for quantity in ADDITIVE:
        assert increase_of_layers(found, quantity) == found.totals[quantity].increase
    groups = [*written(found), *consequences(found)]
    folded = sum(len(group.layers) for group in groups)
    assert folded == len(found.layers) - len(found.having("unchanged"))
    for quantity in ("params", "macs", "memory.activations"):
        every = sum(layer.increase(quantity) for layer in found.layers)
        assert sum(group.increase(quantity) for group in groups) == every
    for each in (False, True):
        shown = ShownDifference(found, names, each)
        console = Console(width=width, file=io.StringIO())
        console.print(difference_text(shown, width))
        assert difference_markdown(shown, [])
    assert json.loads(to_json(difference_data(found, names, [])))["same"] == found.is_same


@pytest.mark.parametrize(
    ("first", "second", "added", "removed", "changed"),
    [
        ("resnet50", "resnet101", 170, 0, 0),
        ("resnet101", "resnet152", 170, 0, 0),
        ("vgg16", "vgg19", 6, 0, 0),
        ("vgg16", "vgg16_bn", 13, 0, 0),
    ],
)
def test_known_differences_of_families(
    first: str, second: str, added: int, removed: int, changed: int
) -> None:
    found = diff(report(first), report(second))
    assert counts(found) == {"added": added, "removed": removed, "changed": changed}


# One edit of a bundled spec.


@cache
def parsed(name: str) -> dict[str, object]:
    """A bundled spec without the sections that refer to layers by name."""
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    data: dict[str, object] = yaml.safe_load(text)
    return {key: value for key, value in data.items() if key not in ("expect", "budget", "freeze")}


@cache
def plain(name: str) -> Report:
    return analyze(load(yaml.safe_dump(parsed(name), sort_keys=False)))


def items_of(data: dict[str, object]) -> list[object]:
    layers = data["layers"]
    assert isinstance(layers, list)
    return layers


def as_mapping(item: object) -> Item:
    """An item of a spec with its kind as a key."""
    return dict(item) if isinstance(item, dict) else {str(item): None}


def changed(name: str, edit: object, at: int, replaced: int) -> Report:
    """The network with an item replaced; skips invalid networks."""
    data = deepcopy(parsed(name))
    items_of(data)[at : at + replaced] = [] if edit is None else [edit]
    try:
        return analyze(load(yaml.safe_dump(data, sort_keys=False)))
    except SpecError:
        assume(False)
        raise


def rows_of(name: str, at: int) -> list[str]:
    """The kinds of all layers that one item of the list adds."""
    items = items_of(parsed(name))
    beginnings = ({**parsed(name), "layers": items[:end]} for end in (at, at + 1))
    lengths = []
    for data in beginnings:
        try:
            text = yaml.safe_dump(data, sort_keys=False)
            lengths.append(len(load(text).graph.layers) if data["layers"] else 0)
        except SpecError:
            assume(False)
    return [row.kind for row in plain(name).layers][lengths[0] : lengths[1]]


SETTINGS = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
PLACES = st.tuples(st.sampled_from(NAMES), st.integers(0, 10_000))


def place(chosen: tuple[str, int], may_adapt: bool = True) -> tuple[str, int]:
    """A spec and one of its items; optionally none whose layers depend on the input's shape."""
    name, number = chosen
    assume(may_adapt or ".channels" not in (SPECS / f"{name}.yaml").read_text(encoding="utf-8"))
    return name, number % len(items_of(parsed(name)))


@SETTINGS
@given(PLACES, st.sampled_from(["relu", "dropout", "tanh", "batchnorm", "identity"]))
def test_an_inserted_layer_is_the_only_difference(chosen: tuple[str, int], kind: str) -> None:
    name, at = place(chosen)
    found = diff(plain(name), changed(name, kind, at, 0))
    assert counts(found) == {"added": 1, "removed": 0, "changed": 0}
    added = found.having("added")[0]
    assert added.row.kind == kind
    where = found.layers.index(added)
    before = len([row for row in found.layers[:where] if row.before])
    expected = sum(len(rows_of(name, index)) for index in range(at))
    between = {row.kind for row in plain(name).layers[min(before, expected) : max(before, expected)]}
    assert between <= {kind}  # next to others of its kind it may be any of them
    assert all(each.is_numbering for each in renamings(found.layers))


@SETTINGS
@given(PLACES)
def test_a_deleted_layer_or_block_is_the_only_difference(chosen: tuple[str, int]) -> None:
    name, at = place(chosen, may_adapt=False)
    item = as_mapping(items_of(parsed(name))[at])
    branches_off = "from" in item or any(isinstance(value, list) for value in item.values())
    assume(not branches_off)  # the next layer would read another tensor
    assume(len(items_of(parsed(name))) > 1)
    gone = rows_of(name, at)
    assume(gone)
    found = diff(plain(name), changed(name, None, at, 1))
    assert counts(found) == {"added": 0, "removed": len(gone), "changed": 0}
    assert sorted(layer.row.kind for layer in found.having("removed")) == sorted(gone)
    assert all(each.is_numbering for each in renamings(found.layers))


@SETTINGS
@given(PLACES)
def test_a_renamed_layer_or_block_leaves_the_same_network(chosen: tuple[str, int]) -> None:
    name, at = place(chosen)
    rows = rows_of(name, at)
    assume(rows)
    item = as_mapping(items_of(parsed(name))[at])
    item["name"] = f"{item.get('name', '')}something_else"  # patterns such as `head*` match it as before
    found = diff(plain(name), changed(name, item, at, 1))
    assert found.is_same
    renamed = [each for each in renamings(found.layers) if each.after.startswith(item["name"])]
    assert sum(each.layers for each in renamed) == len(rows)
    assert all(each.is_numbering for each in renamings(found.layers) if each not in renamed)


@SETTINGS
@given(PLACES, st.integers(1, 3))
def test_a_changed_option_is_the_only_difference(chosen: tuple[str, int], more: int) -> None:
    name, at = place(chosen, may_adapt=False)
    item = as_mapping(items_of(parsed(name))[at])
    key, kind = next((key, find_kind(key)) for key in item if key == "use" or find_kind(key))
    assume(kind is not None and isinstance(item[key], int))
    assert kind is not None
    item[key] = int(str(item[key])) + more
    found = diff(plain(name), changed(name, item, at, 1))
    repeats = rows_of(name, at).count(kind.kind)
    assert counts(found) == {"added": 0, "removed": 0, "changed": repeats}
    for layer in found.having("changed"):
        changes = [each.what for each in layer.changes]
        assert kind.main in changes
        assert set(changes) <= {kind.main, "stride"}  # a pool's stride follows its kernel
    assert found.renamed == ()


# Very large networks: quick, and still what a reader would say.

LARGE = """\
cnncalc: 1
input: [3, 8, 8]
layers:
  - {{conv: {first}, kernel: 1}}
  - {{conv: 8, kernel: {kernel}, padding: same, repeat: {times}, name: {name}}}
"""


@pytest.mark.parametrize(
    ("change", "added", "removed", "altered"),
    mostly_slow(
        [
            ({"first": 4}, 0, 0, 1),
            ({"times": 2900}, 0, 100, 0),
            ({"name": "other", "times": 3100}, 100, 0, 0),
            ({"kernel": 5}, 0, 0, 3000),
            ({"kernel": 5, "times": 3010}, 10, 0, 3000),
            ({"kernel": 5, "times": 3010, "name": "other"}, 3010, 3000, 0),
        ],
        (1, 4),
    ),
)
def test_a_network_of_thousands_of_layers(
    change: dict[str, object], added: int, removed: int, altered: int
) -> None:
    plainly: dict[str, object] = {"first": 8, "kernel": 3, "times": 3000, "name": "stack"}
    was, is_now = (load(LARGE.format(**each)) for each in (plainly, plainly | change))
    assert counts(diff(was, is_now)) == {"added": added, "removed": removed, "changed": altered}
