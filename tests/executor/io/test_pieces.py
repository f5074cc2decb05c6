"""Stacked projections, tables with their channels last, and tensors that no layer needs."""

from pathlib import Path

import numpy as np
import pytest

from cnncalc import init_weights, load
from cnncalc.executor.io.pieces import Piece, pieces_of
from cnncalc.executor.io.weights import Weights, WeightsError
from cnncalc.executor.weight_files import read_mapped
from cnncalc.spec import Spec
from tests.executor.io.test_matching import headers

QKV = {
    **{f"attn.{name}": (4, 4) for name in ("query", "key", "value", "out")},
    **{f"attn.{name}_bias": (4,) for name in ("query", "key", "value", "out")},
}


def found(wanted: dict[str, tuple[int, ...]], file: dict[str, tuple[int, ...]], *tables: str) -> list[str]:
    """What is mapped to layers: the names with those of the file, and the sizes."""
    pieces = pieces_of(headers(file), wanted, tables)
    return [
        f"{name}: {piece.name}{' turned' if piece.channels_last else ''} {'×'.join(map(str, dims))}"
        for name, (piece, (dims, _)) in pieces.items()
    ]


@pytest.mark.parametrize(
    "name",
    ["qkv.weight", "attn.qkv.weight", "to_qkv.weight", "Wqkv.weight", "qkv_proj.weight", "in_proj_weight"],
)
def test_projections_are_taken_apart_by_the_usual_names(name: str) -> None:
    parent = f"{name.rpartition('qkv.')[0]}" if name == "attn.qkv.weight" else ""
    assert found(QKV, {name: (12, 4)}) == [
        f"{parent}query.weight: {name}[0:4] 4×4",
        f"{parent}key.weight: {name}[4:8] 4×4",
        f"{parent}value.weight: {name}[8:12] 4×4",
    ]


@pytest.mark.parametrize("name", ["fc.weight", "qkvx.weight", "kv.weight", "qkv.gamma", "qkv"])
def test_other_names_stay_whole(name: str) -> None:
    assert found(QKV, {name: (12, 4)}) == [f"{name}: {name} 12×4"]


@pytest.mark.parametrize("dims", [(9, 4), (12, 5), (12,), (12, 4, 2)])
def test_other_sizes_stay_whole(dims: tuple[int, ...]) -> None:
    assert found(QKV, {"qkv.weight": dims}) == [f"qkv.weight: qkv.weight {'×'.join(map(str, dims))}"]


def test_keys_and_values_of_their_own_sizes_with_biases_and_sizes_of_1() -> None:
    wanted = {"a.query": (2, 3), "a.key": (2, 5), "a.value": (7, 5), "a.key_bias": (2,), "a.value_bias": (7,)}
    assert found(wanted, {"a.kv.weight": (9, 5, 1, 1), "a.kv.bias": (9,), "a.q.weight": (2, 3)}) == [
        "a.key.weight: a.kv.weight[0:2] 2×5×1×1",
        "a.value.weight: a.kv.weight[2:9] 7×5×1×1",
        "a.key.bias: a.kv.bias[0:2] 2",
        "a.value.bias: a.kv.bias[2:9] 7",
        "a.q.weight: a.q.weight 2×3",
    ]


def test_what_the_network_has_as_a_layer_stays_whole() -> None:
    wanted = QKV | {"conv.weight": (12, 4)}
    assert found(wanted, {"qkv.weight": (12, 4)}) == ["qkv.weight: qkv.weight 12×4"]
    assert len(found(wanted, {"qkv.weight": (12, 4), "fc.weight": (12, 4)})) == 4
    both = {"one.qkv.weight": (12, 4), "other.qkv.weight": (12, 4)}  # which of them is the layer?
    assert len(found(wanted, both)) == 2


def test_two_ways_to_take_a_tensor_apart_are_none() -> None:
    wanted = {"a.query": (2, 4), "a.key": (2, 4), "a.value": (8, 4)}
    wanted |= {"b.query": (4, 4), "b.key": (4, 4), "b.value": (4, 4)}
    assert found(wanted, {"qkv.weight": (12, 4)}) == ["qkv.weight: qkv.weight 12×4"]


def test_tables_with_channels_last_are_turned_if_no_layer_has_these_sizes() -> None:
    wanted = {"shift1.bias": (4, 9), "fc.weight": (9, 4)}
    assert found(wanted, {"pos": (1, 9, 4), "fc.weight": (9, 4)}, "shift1.bias") == [
        "pos: pos turned 4×9",
        "fc.weight: fc.weight 9×4",
    ]
    assert found(wanted, {"fc.weight": (9, 4)}, "shift1.bias") == ["fc.weight: fc.weight 9×4"]
    assert found({"p.weight": (3, 4, 5)}, {"p": (1, 4, 5, 3)}, "p.weight") == ["p: p turned 3×4×5"]
    assert found({"p.weight": (3, 4, 5)}, {"p": (3, 4, 5)}, "p.weight") == ["p: p 3×4×5"]


def test_counters_indices_and_masks_are_left_out() -> None:
    file = {"bn.num_batches_tracked": (), "attn.relative_position_index": (4, 4), "attn.attn_mask": (2, 4, 4)}
    assert found({"fc.weight": (2,)}, file) == []
    assert found({"constant1.value": (2, 4, 4)}, file) == ["attn.attn_mask: attn.attn_mask 2×4×4"]


def test_rows_and_turned_axes_of_an_array() -> None:
    values = np.arange(24).reshape(6, 4)
    np.testing.assert_array_equal(Piece("x", (2, 4)).of(values, (2, 4)), values[2:4])
    np.testing.assert_array_equal(Piece("x", channels_last=True).of(values[None], (4, 6)), values.T)
    turned = Piece("x", channels_last=True).of(values.reshape(2, 3, 4), (4, 2, 3))
    np.testing.assert_array_equal(turned[1], values[:, 1].reshape(2, 3))


SPEC = """cnncalc: 1
input: [4, 3, 3]
layers:
  - {conv: 4, kernel: 1, name: stem}
  - {shift: , per: element, name: positions}
  - {attention: 2, name: attn}
"""


def stacked(weights: Weights) -> Weights:
    """The same tensors as a module of PyTorch has them."""
    file = {name: weights[name] for name in ("stem.weight", "stem.bias")}
    file["pos_embed"] = np.moveaxis(weights["positions.bias"], 0, -1)[None]
    for suffix, name in (("", "weight"), ("_bias", "bias")):
        parts = [weights[f"attn.{each}{suffix}"] for each in ("query", "key", "value")]
        file[f"attn.in_proj_{name}"] = np.concatenate(parts)
        file[f"attn.out_proj.{name}"] = weights[f"attn.out{suffix}"]
    return file


def given() -> tuple[Spec, Weights]:
    spec = load(SPEC)
    rng = np.random.default_rng(0)
    shapes = {name: each.shape for name, each in init_weights(spec).items()}
    return spec, {name: rng.normal(size=dims).astype("float32") for name, dims in shapes.items()}


def test_what_is_read_is_what_was_stacked(tmp_path: Path) -> None:
    spec, weights = given()
    np.savez(tmp_path / "w.npz", **stacked(weights))
    read = read_mapped(tmp_path / "w.npz", spec.graph)
    assert read.stacked == 2
    assert read.tensors.keys() == weights.keys()
    for name, tensor in weights.items():
        np.testing.assert_array_equal(read.tensors[name], tensor)


def test_a_stacked_tensor_that_is_truncated_is_refused(tmp_path: Path) -> None:
    spec, weights = given()
    file = stacked(weights)
    file["attn.in_proj_bias"] = file["attn.in_proj_bias"][:-1]
    np.savez(tmp_path / "w.npz", **file)
    with pytest.raises(WeightsError, match="do not fit this network"):
        read_mapped(tmp_path / "w.npz", spec.graph)
