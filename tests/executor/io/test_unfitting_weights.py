"""Weights from files of another network or invalid files: mismatches are reported."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnncalc import init_weights, load
from cnncalc.executor.io.weights import WeightsError, write_weights
from cnncalc.executor.weight_files import read_weights
from tests.executor.io.damaged_files import TINY, npy, zipped

SPEC = load(TINY)


def changed(**other: np.ndarray | None) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    def change(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        merged = {**weights, **{name.replace("__", "."): tensor for name, tensor in other.items()}}
        return {name: tensor for name, tensor in merged.items() if tensor is not None}

    return change


HEAD = "w.npz: the weights do not fit this network\n  "

UNFITTING = {
    "one too few": (changed(conv1__bias=None), "missing tensor conv1.bias of 2"),
    "one too many": (changed(conv2__bias=np.zeros(2)), "unknown tensor conv2.bias"),
    "misshapen": (
        changed(conv1__weight=np.zeros((3, 3, 1, 2))),
        "conv1.weight: expected 2×1×3×3, found 3×3×1×2",
    ),
    "no numbers": (changed(conv1__bias=np.array(["a", "b"])), "conv1.bias: expected numbers, found <U1"),
    "objects": (
        changed(conv1__bias=np.array([{}, {}], dtype=object)),
        "conv1.bias: expected numbers, found object",
    ),
    "names that steer a terminal": (
        changed(**{"\x1b[2J": np.zeros(2)}),
        "unknown tensor \ufffd[2J",
    ),
}


@pytest.mark.parametrize("case", UNFITTING)
def test_mismatched_tensors_are_listed(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change, said = UNFITTING[case]
    monkeypatch.chdir(tmp_path)
    Path("w.npz").write_bytes(
        zipped(**{name: npy(each) for name, each in change(init_weights(SPEC)).items()})
    )
    with pytest.raises(WeightsError) as error:
        read_weights(Path("w.npz"), SPEC.graph)
    assert str(error.value) == HEAD + said


def test_a_long_list_of_mismatches_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    write_weights(path, init_weights(load("mobilenet_v3_small")))
    with pytest.raises(WeightsError) as error:
        read_weights(path, load("densenet121").graph)
    assert str(error.value).count("\n") == 11


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "torch.save did not write it, or it is damaged"),
        ({"version": b"3\n", "byteorder": b"little"}, "it holds more than tensors"),
    ],
    ids=["incomplete", "whole"],
)
def test_a_file_of_pytorch_is_never_executed(members: dict[str, bytes], said: str, tmp_path: Path) -> None:
    path, touched = tmp_path / "model.pt", tmp_path / "touched"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"model/{name}", content)
        archive.writestr("model/data.pkl", f"cos\nsystem\n(S'touch {touched}'\ntR.".encode())
    with pytest.raises(WeightsError, match=rf"is a PyTorch file: install cnncalc|{said}"):
        read_weights(path, SPEC.graph)
    assert not touched.exists()


def test_a_file_of_another_sort_is_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"weights")
    with pytest.raises(WeightsError, match=r"w\.pt holds no weights: it is neither \.npz"):
        read_weights(path, SPEC.graph)


def test_what_an_archive_calls_its_parts_steers_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(zipped(**{"\x1b[31mred.weight": npy(np.zeros(2))}))
    with pytest.raises(WeightsError) as error:
        read_weights(path, SPEC.graph)
    assert "\n    1. \ufffd[31mred: weight 2" in str(error.value)
