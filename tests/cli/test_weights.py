"""`--weights` of `run` and `verify`: formats, names of other layers, errors."""

from pathlib import Path

import numpy as np

from cnncalc import init_weights, load
from tests.cli.conftest import Run


def test_names_of_other_layers_are_mapped_in_order_and_said_so(cnncalc: Run, folder: Path) -> None:
    weights = init_weights(load("tiny.yaml"), seed=5)
    np.savez("same.npz", **weights)
    np.savez("other.npz", **{f"features.{name}": each for name, each in weights.items()})
    np.savez("order.npz", **{name.replace("conv1", "0"): each for name, each in weights.items()})
    expected = cnncalc("run", "tiny.yaml", "--weights", "same.npz", "--format", "csv")
    means = [line.split(",")[4:7] for line in expected.out.splitlines()]
    for name, err in (
        ("other.npz", ""),
        (
            "order.npz",
            "cnncalc: order.npz: 2 of 2 tensors are mapped by order and shape: their names are not those of "
            "the layers\n",
        ),
    ):
        done = cnncalc("run", "tiny.yaml", "--weights", name, "--format", "csv")
        assert (done.code, done.err) == (0, err)
        assert [line.split(",")[4:7] for line in done.out.splitlines()] == means


def test_stacked_projections_are_taken_apart_and_said_so(cnncalc: Run, folder: Path) -> None:
    folder.joinpath("a.yaml").write_text(
        "cnncalc: 1\ninput: [4, 6]\nlayers:\n  - {attention: 2, name: attn}\n"
    )
    weights = init_weights(load("a.yaml"), seed=5)
    parts = ("query", "key", "value")
    stacked = {name: weights[name] for name in ("attn.out", "attn.out_bias")}
    stacked["attn.qkv.weight"] = np.concatenate([weights[f"attn.{each}"] for each in parts])
    stacked["attn.qkv.bias"] = np.concatenate([weights[f"attn.{each}_bias"] for each in parts])
    np.savez("own.npz", **weights)
    np.savez("stacked.npz", **stacked)
    done = cnncalc("run", "a.yaml", "--weights", "stacked.npz", "--format", "csv")
    said = "cnncalc: stacked.npz: 2 tensors are taken apart into queries, keys and values, in this order\n"
    assert (done.code, done.err) == (0, said)
    means = [line.split(",")[4:7] for line in done.out.splitlines()]
    own = cnncalc("run", "a.yaml", "--weights", "own.npz", "--format", "csv")
    assert means == [line.split(",")[4:7] for line in own.out.splitlines()]


def test_verify_runs_with_the_weights_of_a_file(cnncalc: Run, folder: Path) -> None:
    np.savez("w.npz", **init_weights(load("tiny.yaml"), seed=5))
    assert cnncalc("verify", "tiny.yaml", "--weights", "w.npz").code == 0
    np.savez("w.npz", x=np.zeros(3))
    done = cnncalc("verify", "tiny.yaml", "--weights", "w.npz")
    assert done.code == 2
    assert "w.npz: the weights do not fit this network, neither by name nor by order" in done.err
