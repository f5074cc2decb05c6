"""`run --labels` and `--top`: the classes with the largest outputs, and their names."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run

SPEC = "cnncalc: 1\ninput: [3]\nlayers:\n  - {dense: 4, bias: false, name: fc}\n"
WEIGHT = np.array([[1, 0, 0], [0, 2, 0], [0, 0, -1], [1, 1, 0]], "float32")


@pytest.fixture
def trained(folder: Path) -> Path:
    Path("net.yaml").write_text(SPEC)
    Path("labels.txt").write_text("cat\ndog\n\x1b[31mbird\nfish\n")
    np.savez("w.npz", **{"fc.weight": WEIGHT})
    np.save("x.npy", np.array([[1, 1, 1], [3, 0, 0]], "float32"))
    return folder


ARGUMENTS = ("run", "net.yaml", "--weights", "w.npz", "--data", "x.npy")


def test_classes_are_ranked_by_value_and_equal_ones_by_index(cnncalc: Run, trained: Path) -> None:
    done = cnncalc(*ARGUMENTS, "--labels", "labels.txt", "--top", "3")
    assert done.code == 0
    assert done.out.partition("top ")[2].partition("time")[0].splitlines() == [
        "3 of fc, sample 1",
        "  2  dog (1)",
        "  2  fish (3)",
        "  1  cat (0)",
        "top 3 of fc, sample 2",
        "  3  cat (0)",
        "  3  fish (3)",
        "  0  dog (1)",
    ]


def test_json_has_all_samples(cnncalc: Run, trained: Path) -> None:
    data = json.loads(cnncalc(*ARGUMENTS, "--top", "1", "--json").out)
    assert data["top"] == [
        {"output": "fc", "sample": 0, "classes": [{"index": 1, "label": None, "value": 2.0}]},
        {"output": "fc", "sample": 1, "classes": [{"index": 0, "label": None, "value": 3.0}]},
    ]


def test_labels_alone_print_five_and_steer_no_terminal(cnncalc: Run, trained: Path) -> None:
    done = cnncalc(*ARGUMENTS, "--labels", "labels.txt")
    assert "top 4 of fc, sample 1" in done.out
    assert "\x1b" not in done.out


WRONG = {
    "none.txt": "none.txt cannot be read: No such file or directory",
    "short.txt": "short.txt has 1 label; fc has 4 classes",
    "empty.txt": "empty.txt is empty: expected the name of a class in each line",
    "zeros.txt": "zeros.txt is not text: byte 3 is 0",
    "bytes.txt": "bytes.txt is not UTF-8 text: byte 0 is invalid",
}


@pytest.mark.parametrize("file", WRONG)
def test_wrong_labels_are_refused(file: str, cnncalc: Run, trained: Path) -> None:
    Path("short.txt").write_text("cat")
    Path("bytes.txt").write_bytes(b"\xff\xfe")
    Path("empty.txt").write_text("\n \n")
    Path("zeros.txt").write_bytes(b"cat\0dog")
    assert cnncalc(*ARGUMENTS, "--labels", file) == (2, "", f"cnncalc: {WRONG[file]}\n")


SPATIAL = """cnncalc: 1
input: [1, 4, 4]
layers:
  - {conv: 2, kernel: 3, name: conv}
  - flatten
  - {dense: 3, bias: false, name: fc}
"""

NAMING = {
    "occlusion net.yaml": "fc[",
    "occlusion net.yaml --unit 2": "fc[2] (bird)",
    "gradients net.yaml --unit 1": "fc[1] (dog)",
    "influence net.yaml fc --unit 0": "fc[0] (cat)",
}


@pytest.mark.parametrize("command", NAMING)
def test_classes_have_names_where_they_are_printed(command: str, cnncalc: Run, folder: Path) -> None:
    Path("net.yaml").write_text(SPATIAL)
    Path("labels.txt").write_text("cat\ndog\nbird\n")
    shown = cnncalc(*command.split(), "--labels", "labels.txt")
    assert shown.code == 0
    assert NAMING[command] in shown.out
    data = json.loads(cnncalc(*command.split(), "--labels", "labels.txt", "--json").out)
    assert data["label"] == ("cat", "dog", "bird")[data["unit"][0]]
    assert json.loads(cnncalc(*command.split(), "--json").out)["label"] is None


def test_labels_are_for_classes(cnncalc: Run, folder: Path) -> None:
    Path("net.yaml").write_text(SPATIAL)
    Path("labels.txt").write_text("cat\ndog\n")
    done = cnncalc("occlusion", "net.yaml", "--labels", "labels.txt")
    assert (done.code, done.err) == (2, "cnncalc: labels.txt has 2 labels; fc has 3 classes\n")
    done = cnncalc("occlusion", "net.yaml", "--of", "conv", "--labels", "labels.txt")
    expected = "cnncalc: --labels: conv is 2×2×2; expected one value for each class\n"
    assert (done.code, done.err) == (2, expected)


def test_maps_have_no_classes(cnncalc: Run, folder: Path) -> None:
    done = cnncalc("run", "tiny.yaml", "--top", "2")
    assert (done.code, done.err) == (2, "cnncalc: --top: relu1 is 2×2×2; expected one value for each class\n")
