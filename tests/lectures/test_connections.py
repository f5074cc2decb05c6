"""Dense, unshared and shared connections: their number, and the number of weights."""

import pytest

import cnncalc
from cnncalc.analysis.counts import Connections
from tests.analysis.written import report_of


@pytest.mark.parametrize(("height", "width"), [(3, 3), (5, 5), (3, 7)])
def test_a_shared_filter_has_the_weights_of_one_window(height: int, width: int) -> None:
    """L0.2: K1·K2 on a grey megapixel; unshared, the same at each position; dense 60,000,000."""
    options = f"1, kernel: [{height}, {width}], bias: false"
    shared = report_of([f"{{conv: {options}}}"], sizes=(1000, 1000)).output
    unshared = report_of([f"{{locally_connected: {options}}}"], sizes=(1000, 1000)).output
    dense = cnncalc.analyze(cnncalc.load("lectures/dense_on_megapixel")).output
    assert shared.params.total == height * width
    assert unshared.params.total == height * width * shared.output.positions
    assert unshared.params.total == shared.connections.unshared == shared.connections.weighted
    assert shared.params.total < dense.params.total == 60_000_000 == dense.connections.full


@pytest.mark.parametrize(
    ("layer", "weights", "connections"),
    [
        ("shared", 4, Connections(weighted=36, biased=36, unshared=36, full=144)),
        ("unshared", 36, Connections(weighted=36, biased=36, unshared=36, full=144)),
        ("dense", 144, Connections(weighted=144, biased=144, unshared=144, full=144)),
    ],
)
def test_connections_on_a_small_image(layer: str, weights: int, connections: Connections) -> None:
    """L3.4: 16 inputs to 9 outputs, with a 2×2 kernel or dense."""
    row = cnncalc.analyze(cnncalc.load("lectures/sparse_connections")).layer(layer)
    assert row.params.total == weights
    assert row.connections == connections


@pytest.mark.parametrize(("m", "k"), [(16, 3), (1000, 5), (100_000, 11)])
def test_sparse_connections_grow_with_the_kernel_and_not_with_the_input(m: int, k: int) -> None:
    """L4.4: k·n connections of m inputs to n outputs instead of m·n, and k weights to store."""
    row = report_of([f"{{conv: 1, kernel: {k}, bias: false}}"], sizes=(m,)).output
    dense = report_of([f"{{dense: {row.output.size}, bias: false}}"], channels=m, sizes=()).output
    n = row.output.size
    assert row.connections.weighted == k * n
    assert row.connections.full == dense.connections.weighted == dense.params.total == m * n
    assert row.params.total == k
