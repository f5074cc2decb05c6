"""`share`: weights are counted once, operations each time; `freeze`: weights are not trained."""

import pytest

import cnncalc
from cnncalc import Report
from tests.spec.helpers import codes, graph, node, reads, spec

CONV = "{conv: 3, kernel: 1}"
BLOCK = """blocks:
  b:
    layers:
      - {conv: 3, kernel: 1, name: p, norm: batch}
      - {add: {m: [{conv: 3, kernel: 3, padding: same}], s: []}}"""
ONE = 3 * 3 + 3
"""Parameters of CONV."""


def report(*layers: str, top: str = "") -> Report:
    """The numbers of a network."""
    return cnncalc.analyze(spec(*layers, top=top))


def frozen(*layers: str, top: str = "") -> set[str]:
    """The names of the frozen layers that have weights."""
    return {row.name for row in report(*layers, top=top).layers if row.params.frozen}


@pytest.mark.parametrize(
    ("layers", "uses"),
    [
        (["{conv: 3, kernel: 1, name: a}", "{conv: 3, kernel: 1, share: a}"], 2),
        (["{conv: 3, kernel: 1, name: a}", "{conv: 3, kernel: 1, share: a, repeat: 3}"], 4),
        (["{conv: 3, kernel: 1, name: a, repeat: 1}", "{conv: 3, kernel: 1, share: a.0}"], 2),
        ([CONV, "{conv: 3, kernel: 1, share: conv1, name: s}", "{conv: 3, kernel: 1, share: s}"], 3),
        ([CONV, "{add: {m: [{conv: 3, kernel: 1, share: conv1}], s: []}}"], 2),
        ([f"{{add: {{m: [{CONV}], s: []}}}}", "{conv: 3, kernel: 1, share: add.m.conv1}"], 2),
        ([CONV, "{conv: 3, kernel: 1, share: conv1, when: false}", CONV.replace("}", ", share: conv1}")], 2),
        ([CONV, "{conv: 3, kernel: 1, share: conv1, act: relu}"], 2),
    ],
)
def test_shared_weights_count_once_and_operations_each_time(layers: list[str], uses: int) -> None:
    found = report(*layers)
    assert found.totals.params.total == ONE
    assert found.totals.macs == uses * 9 * 64


ATTENTION = """blocks:
  mlp: {layers: [{conv: 4, kernel: 1, bias: false, name: in_}, relu, {conv: 16, kernel: 1, bias: false}]}
"""


@pytest.mark.parametrize(
    "branches",
    [
        "avg: [global_avgpool, {use: mlp, name: m}], max: [global_maxpool, {use: mlp, share: avg.m}]",
        "avg: [global_avgpool, {conv: 4, kernel: 1, bias: false, name: p}, relu, "
        "{conv: 16, kernel: 1, bias: false, name: q}], max: [global_maxpool, "
        "{conv: 4, kernel: 1, bias: false, share: avg.p}, relu, "
        "{conv: 16, kernel: 1, bias: false, share: avg.q}]",
    ],
)
def test_branches_share_the_mlp_of_channel_attention(branches: str) -> None:
    layers = ["{conv: 16, kernel: 1, bias: false}", f"{{add: {{{branches}}}, name: gate}}", "sigmoid"]
    found = report(*layers, top=ATTENTION)
    assert found.totals.params.total == 3 * 16 + 2 * 16 * 4
    assert found.totals.macs == 3 * 16 * 64 + 2 * 2 * 16 * 4


def test_a_branch_reads_the_branches_before_it() -> None:
    top = "blocks: {k: {layers: [{conv: 3, kernel: 3, padding: 1}]}}"
    split = "{concat: {one: [{slice: [0, 3]}], two: [{slice: [3, 6]}, {use: k}], "
    split += "three: [{slice: [6, 9], name: x}, {add: [x, two]}, {use: k}]}, name: res2}"
    built = graph("{conv: 9, kernel: 1}", split, top=top)
    assert reads(built, "res2.three.add") == ["res2.three.x", "res2.two.k1.conv1"]


def test_a_whole_merge_is_shared() -> None:
    whole = "{add: {m: [{conv: 3, kernel: 1, name: p}], s: []}, name: x}"
    found = report(whole, whole.replace("name: x", "share: x, repeat: 2"))
    assert found.totals.params.total == ONE
    assert found.totals.macs == 3 * 9 * 64
    assert codes(whole, "{add: [x, x], share: x}") == ["share"]


def test_a_layer_hides_a_branch_of_the_same_name() -> None:
    layers = [
        "{conv: 5, kernel: 1, name: one}",
        "{concat: {one: [relu], two: [{relu: , from: one, name: z}]}}",
    ]
    assert reads(graph(*layers), "concat.two.z") == ["one"]
    assert codes("{concat: {one: [{relu: , from: two}], two: [relu]}}") == ["unknown-tensor"]


def test_stride_padding_and_dilation_may_differ() -> None:
    found = report("{conv: 3, kernel: 3, name: a}", "{conv: 3, kernel: 3, stride: 2, padding: 2, share: a}")
    assert found.totals.params.total == 84
    assert found.output.output.dims() == (3, 4, 4)


def test_a_whole_block_is_shared_layer_by_layer() -> None:
    once, thrice = (
        report("{use: b}", top=BLOCK),
        report("{use: b}", "{use: b, share: b1, repeat: 2}", top=BLOCK),
    )
    assert thrice.totals.params == once.totals.params
    assert thrice.totals.buffers == once.totals.buffers == 6
    assert thrice.totals.macs == 3 * once.totals.macs
    assert thrice.layer("b2.1.add.m.conv1").shares == "b1.add.m.conv1"


def test_a_block_shares_inside_itself_in_each_of_its_uses() -> None:
    top = "blocks: {b: {layers: [{conv: 3, kernel: 1, name: p}, {conv: 3, kernel: 1, share: p}]}}"
    assert report("{use: b, repeat: 2}", top=top).totals.params.total == 2 * ONE
    assert report("{use: b}", "{use: b, share: b1}", top=top).totals.params.total == ONE


@pytest.mark.parametrize(
    "layer",
    [
        "{conv: 4, kernel: 1, share: a}",
        "{conv: 3, kernel: 3, share: a}",
        "{conv: 3, kernel: 1, bias: false, share: a}",
        "{depthwise: 1, share: a}",
        "{relu: , share: a}",
        "{conv: 3, kernel: 1, share: nobody}",
        "{conv: 3, kernel: 1, share: later}",
        "{conv: 3, kernel: 1, share: r}",
        "{conv: 3, kernel: 1, share: input}",
        "{conv: 3, kernel: 1, share: [a]}",
        "{conv: 3, kernel: 1, share: {name: a}}",
        "{conv: 3, kernel: 1, share: out}",
    ],
)
def test_only_the_same_weights_above_can_be_shared(layer: str) -> None:
    layers = [
        "{conv: 3, kernel: 1, name: a}",
        "{relu: , name: r}",
        "{conv: 9, kernel: 1, when: false, name: out}",
    ]
    assert set(codes(*layers, layer, "{conv: 3, kernel: 1, name: later}")) <= {
        "share",
        "unknown-layer",
        "left-out",
    }


def test_a_block_cannot_share_with_a_layer_of_its_caller() -> None:
    top = "blocks: {b: {layers: [{conv: 3, kernel: 1, share: a}]}}"
    assert codes("{conv: 3, kernel: 1, name: a}", "{use: b}", top=top) == ["unknown-layer"]


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        ("{conv: 3, kernel: 1, freeze: true}", {"conv1"}),
        ("{conv: 3, kernel: 1, freeze: false}", set()),
        ("{conv: 3, kernel: 1, freeze: true, norm: batch}", {"conv1", "conv1.norm"}),
        ("{conv: 3, kernel: 1, freeze: first, repeat: 2}", {"conv1.0"}),
        ("{conv: 3, kernel: 1, freeze: i > 0, repeat: 3}", {"conv1.1", "conv1.2"}),
        ("{use: b, freeze: true}", {"b1.p", "b1.p.norm", "b1.add.m.conv1"}),
        (f"{{add: {{m: [{CONV}], s: []}}, freeze: 1 == 1}}", {"add.m.conv1"}),
    ],
)
def test_freeze_of_a_layer_includes_everything_inside(layer: str, found: set[str]) -> None:
    assert frozen(layer, "{conv: 3, kernel: 1, name: free}", top=BLOCK) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("stage", {"stage.0.p", "stage.0.p.norm", "stage.0.add.m.conv1"}),
        ("stage.*", {"stage.0.p", "stage.0.p.norm", "stage.0.add.m.conv1"}),
        ("[stage.*.p]", {"stage.0.p", "stage.0.p.norm"}),
        ("[stem, stage.0.add]", {"stem", "stage.0.add.m.conv1"}),
        ("[stage.0.p.norm]", {"stage.0.p.norm"}),
        ("stage2", {"stage2"}),
        ("['*']", {"stem", "stage.0.p", "stage.0.p.norm", "stage.0.add.m.conv1", "stage2"}),
        ("[]", set()),
    ],
)
def test_freeze_at_the_top_takes_names_and_patterns(pattern: str, found: set[str]) -> None:
    layers = [
        "{conv: 3, kernel: 1, name: stem}",
        "{use: b, repeat: 1, name: stage}",
        "{conv: 3, kernel: 1, name: stage2}",
    ]
    assert frozen(*layers, top=f"{BLOCK}\nfreeze: {pattern}") == found


@pytest.mark.parametrize("pattern", ["nobody", "[stem, stages.*]", "sta", "[stem.conv1]"])
def test_freezing_an_unknown_layer_is_refused(pattern: str) -> None:
    assert codes("{conv: 3, kernel: 1, name: stem}", top=f"freeze: {pattern}") == ["unknown-layer"]


def test_frozen_parameters_are_counted_and_not_trained() -> None:
    params = report("{conv: 3, kernel: 1, freeze: true}", CONV).totals.params
    assert (params.total, params.frozen, params.trainable) == (2 * ONE, ONE, ONE)


def test_freezing_changes_only_training() -> None:
    free, held = graph(CONV), graph("{conv: 3, kernel: 1, freeze: true}")
    assert node(free, "conv1").layer == node(held, "conv1").layer
    assert node(held, "conv1").frozen
    assert not node(free, "conv1").frozen
