"""Every bundled network, rebuilt in PyTorch with the same weights, gives the same values in every layer."""

from pathlib import Path

import pytest

from cnncalc import load
from tests.executor.agreement import (
    TOLERANCES,
    all_inputs,
    assert_agrees,
    assert_close,
    nontrivial,
    ours,
    theirs,
)
from tests.executor.test_verify import SPECS, small

pytestmark = pytest.mark.crosscheck

SEED = 4

CLOSELY = {
    "lenet5": "1x32x32",
    "resnet50": "3x64x64",
    "mobilenet_v2": "3x64x64",
    "unet": "1x188x188",
    "googlenet": "3x64x64",
    "densenet121": "3x64x64",
    "r2plus1d_18": "3x8x32x32",
}
"""Run in both data types, and also plain, on maps that stay larger than their kernels."""


@pytest.mark.parametrize("name", CLOSELY)
def test_a_network_gives_pytorch_s_values_quick_and_plain(name: str) -> None:
    assert_agrees(load(name, input=CLOSELY[name]).graph, batch=1, seed=SEED)


OTHERS = [path for path in SPECS if Path(path).stem not in CLOSELY]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.rpartition("specs/")[2])
def test_every_other_bundled_network_gives_pytorch_s_values(path: str) -> None:
    """In double precision, as rounding grows with depth."""
    graph = small(path).graph
    weights, x = nontrivial(graph, SEED), all_inputs(graph, 1, SEED)
    assert_close(ours(graph, weights, x), theirs(graph, weights, x), TOLERANCES["float64"], path)
