"""A layer name means the same everywhere: the output that `from:` reads in a spec."""

import numpy as np
import pytest

from cnncalc import gradients, load, run
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.names import node_of, own_name, wanted
from cnncalc.executor.visualize.effective_field import influence
from cnncalc.executor.visualize.occlusion import occlusion
from cnncalc.executor.visualize.top_patches import patches

SPEC = load("""
cnncalc: 1
input: [2, 6, 6]
blocks:
  pair:
    layers:
      - {conv: 2, kernel: 3, act: tanh}
      - {maxpool: 2}
layers:
  - {conv: 3, kernel: 3, padding: same, norm: instance, act: sigmoid}
  - {use: pair, name: deep}
  - {identity: null, from: conv1, name: tap}
  - {conv: 1, kernel: 1, from: deep, name: end}
""")
GRAPH = SPEC.graph

POSITIONS = {
    "conv1": 3,
    "conv1.act": 3,
    "conv1.norm": 2,
    "conv1.conv": 1,
    "deep": 6,
    "deep.conv1": 5,
    "deep.conv1.conv": 4,
    "deep.maxpool1": 6,
    "tap": 7,
    "end": 8,
    "pair": None,
    "deep.pair": None,
    "input": None,
}


@pytest.mark.parametrize("name", POSITIONS)
def test_a_name_stands_for_one_node(name: str) -> None:
    if (at := POSITIONS[name]) is not None:
        assert node_of(GRAPH, name) == at
        assert wanted(GRAPH, [name]) == {at: [name]}
    else:
        with pytest.raises(InputError, match=f"^there is no layer '{name}'; "):
            node_of(GRAPH, name)


def test_every_node_has_a_name_of_its_own() -> None:
    names = [own_name(GRAPH, at) for at in range(1, len(GRAPH.nodes))]
    assert names == [
        "conv1.conv", "conv1.norm", "conv1.act", "deep.conv1.conv", "deep.conv1.act", "deep.maxpool1",
        "tap", "end",
    ]  # fmt: skip
    assert [node_of(GRAPH, name) for name in names] == list(range(1, len(GRAPH.nodes)))


PATTERNS = {
    "*": {*POSITIONS} - {"deep", "pair", "deep.pair", "input"},
    "deep.*": {"deep.conv1", "deep.conv1.conv", "deep.conv1.act", "deep.maxpool1"},
    "conv?": {"conv1", "conv1.conv", "conv1.norm", "conv1.act"},
    "*.conv1": {"deep.conv1", "deep.conv1.conv", "deep.conv1.act"},
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_pattern_covers(pattern: str) -> None:
    expected = PATTERNS[pattern] | ({"deep.conv1.act"} if pattern == "*" else set())
    assert set(run(SPEC, keep=[pattern])) == expected


def test_keep_and_of_and_from_mean_the_same() -> None:
    kept = run(SPEC, keep="*", data_type="float64")
    assert kept["conv1"].tolist() == kept["tap"].tolist() == kept["conv1.act"].tolist()
    assert kept["conv1.conv"].min() < 0 < kept["conv1"].min()
    for name in kept:
        assert gradients(SPEC, of=name).value == pytest.approx(kept[name].sum(), rel=1e-12, abs=1e-12)
        alone = run(SPEC, keep=[name], data_type="float64")
        assert list(alone) == [name]
        assert np.array_equal(alone[name], kept[name])


def test_gradients_are_kept_by_the_same_names() -> None:
    everything = gradients(SPEC, keep="*").layers
    assert everything["conv1"].tolist() == everything["conv1.act"].tolist()
    assert everything["conv1"].tolist() != everything["conv1.conv"].tolist()
    for name in everything:
        assert gradients(SPEC, keep=[name]).layers[name].tolist() == everything[name].tolist()
    assert "tap" not in everything, "nothing that is differentiated reads it"


def test_what_is_seen_of_a_convolution_alone_is_its_own() -> None:
    """The norm after it depends on the whole image, the convolution on 3×3."""
    assert influence(SPEC, "conv1.conv", (2, 2)).field == ((1, 3), (1, 3))
    assert influence(SPEC, "conv1", (2, 2)).field == ((0, 5), (0, 5))
    (best, *_) = patches(SPEC, "conv1.conv", 0)
    assert best.value == pytest.approx(run(SPEC, batch=8, keep=["conv1.conv"])["conv1.conv"][:, 0].max())
    unit = (0, 2, 2)
    watched = occlusion(SPEC, of="conv1.conv", unit=unit, patch=1)
    assert watched.value == pytest.approx(run(SPEC, keep=["conv1.conv"])["conv1.conv"][0, 0, 2, 2])
