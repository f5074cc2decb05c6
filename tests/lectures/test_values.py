"""The lectures' worked examples: convolution, cross-correlation, transposed convolution, pooling, edges."""

from itertools import product

import numpy as np
import pytest

import cnncalc
from tests.spec.helpers import spec

Matrix = list[list[int]]

SMALL: Matrix = [[1, 2, 3, 4], [2, 4, 1, 2], [1, 3, 2, 1], [1, 2, 3, 1]]
CROSS: Matrix = [[1, 2, 1], [2, 1, 2], [1, 2, 1]]


def test_the_worked_example_with_a_symmetric_filter() -> None:
    """L1.2."""
    assert cnncalc.convolve(SMALL, CROSS).tolist() == [[27, 33], [28, 27]]


def test_the_worked_example_with_another_filter() -> None:
    """L2.1."""
    image = [[1, 0, 3, 7, 2], [5, 7, 10, 0, 7], [4, 12, 0, 2, 0], [0, 1, 11, 1, 3], [10, 7, 0, 8, 1]]
    found = cnncalc.convolve(image, [[1, 0, 1], [-1, 0, 0], [0, 1, 0]])
    assert found.tolist() == [[11, 0, -3], [12, 6, 18], [11, 13, -3]]


def test_a_bias_and_a_detector() -> None:
    """L2.4."""
    network = spec("shift", "relu", shape="[1, 3, 3]")
    weights = {"shift1.bias": np.array([2])}
    found = cnncalc.run(network, np.array([[[-4, -6, 5], [3, 11, 6], [0, 1, 0]]]), weights).output
    assert found[0, 0].tolist() == [[0, 0, 7], [5, 13, 8], [2, 3, 2]]


def test_a_transposed_convolution_of_a_signal() -> None:
    """L0.7."""
    found = cnncalc.convolve([2, 3, 0, -1], [1, 2, -1], transposed=True)
    assert found.tolist() == [2, 7, 4, -4, -2, 1]


def test_a_transposed_convolution_is_a_full_convolution() -> None:
    """L0.7: with stride 1, it equals numpy.convolve."""
    random = np.random.default_rng(0)
    signal, kernel = random.integers(-9, 9, 12), random.integers(-9, 9, 5)
    assert cnncalc.convolve(signal, kernel, transposed=True).tolist() == np.convolve(signal, kernel).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_convolution_turns_the_kernel_around_and_cross_correlation_does_not(seed: int) -> None:
    """L1.1: against NumPy for signals, and against the definition for images."""
    random = np.random.default_rng(seed)
    signal, taps = random.integers(-9, 9, 15), random.integers(-9, 9, 4)
    assert cnncalc.convolve(signal, taps).tolist() == np.correlate(signal, taps).tolist()
    assert cnncalc.convolve(signal, taps, flip=True).tolist() == np.convolve(signal, taps, "valid").tolist()
    image, kernel = random.integers(-9, 9, (6, 7)), random.integers(-9, 9, (3, 2))
    for flip in (False, True):
        found = cnncalc.convolve(image, kernel, flip=flip)
        for i, j in product(range(4), range(6)):
            terms = (
                image[i + 2 - u, j + 1 - v] * kernel[u, v] if flip else image[i + u, j + v] * kernel[u, v]
                for u, v in product(range(3), range(2))
            )
            assert found[i, j] == sum(terms)


def test_a_symmetric_kernel_makes_no_difference_between_them() -> None:
    """L1.1, L1.2."""
    assert cnncalc.convolve(SMALL, CROSS, flip=True).tolist() == cnncalc.convolve(SMALL, CROSS).tolist()


def test_layers_cross_correlate() -> None:
    """L1.1: a conv layer computes the cross-correlation."""
    network = spec("{conv: 1, kernel: [2, 3], bias: false, name: slide}", shape="[1, 4, 4]")
    kernel = np.array([[1, -2, 0], [3, 0, 5]])
    found = cnncalc.run(network, np.array([SMALL]), {"slide.weight": kernel[np.newaxis, np.newaxis]}).output
    assert found[0, 0].tolist() == cnncalc.convolve(SMALL, kernel).tolist()


def test_a_weighted_sum_of_recent_measurements() -> None:
    """L3.1: each output is a weighted sum of the current and previous measurements, oldest first."""
    measured, weights = [0.0, 1.0, 4.0, 9.0, 16.0, 25.0], [0.1, 0.2, 0.7]
    found = cnncalc.convolve(measured, weights, padding="causal")
    padded = [0.0, 0.0, *measured]
    expected = [sum(w * x for w, x in zip(weights, padded[at : at + 3], strict=True)) for at in range(6)]
    assert found == pytest.approx(np.array(expected))


WINDOWS = [[1, 4, 2, 7], [5, 8, 0, 3], [6, 1, 9, 4], [2, 3, 5, 0]]


@pytest.mark.parametrize(
    ("stride", "expected"),
    [(2, [[8, 7], [6, 9]]), (1, [[8, 8, 7], [8, 9, 9], [6, 9, 9]])],
)
def test_max_pooling_of_a_small_map(stride: int, expected: Matrix) -> None:
    """L0.4: the upper left window contains 1, 4, 5 and 8; the output is 8."""
    assert cnncalc.pool(WINDOWS, "maxpool", kernel=2, stride=stride).tolist() == expected


def windows(x: np.ndarray, stride: int) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Every 2×2 window with the position of its output."""
    n = (len(x) - 2) // stride + 1
    places = product(range(n), repeat=2)
    return [((i, j), x[i * stride : i * stride + 2, j * stride : j * stride + 2]) for i, j in places]


REDUCTIONS = {
    "maxpool": lambda window: window.max(),
    "avgpool": lambda window: window.mean(),
    "l2pool": lambda window: np.sqrt((window**2).sum()),
    "mixedpool": lambda window: 0.5 * window.max() + 0.5 * window.mean(),
}


@pytest.mark.parametrize("kind", REDUCTIONS)
@pytest.mark.parametrize("stride", [1, 2])
def test_each_sort_of_pooling_reduces_every_window(kind: str, stride: int) -> None:
    """L0.5: maximum, average, L2 norm, and the mean of maximum and average."""
    x = np.random.default_rng(1).normal(size=(6, 6))
    found = cnncalc.pool(x, kind, kernel=2, stride=stride)
    for place, window in windows(x, stride):
        assert found[place] == pytest.approx(REDUCTIONS[kind](window))


def test_an_average_weighted_by_the_distance_from_the_centre() -> None:
    """L4.6: the centre pixel has the largest weight, its neighbours weights by distance."""
    only_one = np.zeros((3, 3))
    shares = np.zeros((3, 3))
    for place in product(range(3), repeat=2):
        only_one[...] = 0
        only_one[place] = 1
        shares[place] = cnncalc.pool(only_one, "weighted_avgpool", kernel=3)[0, 0]
    assert shares.sum() == pytest.approx(1)
    assert shares[1, 1] > shares[0, 1] > shares[0, 0]
    assert shares[0, 1] == pytest.approx(shares[1, 2])


def test_pyramid_pooling_pools_ever_finer_grids() -> None:
    """L0.5: the largest of the whole map, then of each quarter."""
    found = cnncalc.pool(WINDOWS, "spatial_pyramid_pool", bins=(1, 2))
    assert found.tolist() == [9, 8, 7, 6, 9]


def test_spectral_pooling_keeps_the_low_frequencies() -> None:
    """L0.5: a wave that the smaller grid can represent is preserved, a faster one is removed."""
    n, size = 16, 8
    at, kept = np.arange(n) / n, np.arange(size) / size
    for frequency in (0, 1, 2, 3):
        wave = np.cos(2 * np.pi * frequency * at)
        found = cnncalc.pool(wave, "spectral_pool", size=size)
        assert found == pytest.approx(np.cos(2 * np.pi * frequency * kept))
    fast = np.cos(2 * np.pi * 6 * at)
    assert cnncalc.pool(fast, "spectral_pool", size=size) == pytest.approx(np.zeros(size))


STEP = np.array([[0, 0, 0, 9, 9, 9]] * 6)
"""Dark on the left, bright on the right."""

VERTICAL = [[-1, 0, 1]] * 3
HORIZONTAL = [[-1] * 3, [0] * 3, [1] * 3]


def test_kernels_find_the_edges_that_they_are_made_for() -> None:
    """L4.2, L3.2: each kernel detects only edges of its own orientation."""
    assert cnncalc.convolve(STEP, VERTICAL).tolist() == [[0, 27, 27, 0]] * 4
    assert cnncalc.convolve(STEP, HORIZONTAL).tolist() == [[0] * 4] * 4
    assert cnncalc.convolve(STEP.T, HORIZONTAL).tolist() == [[0] * 4, [27] * 4, [27] * 4, [0] * 4]
    assert cnncalc.convolve(STEP.T, VERTICAL).tolist() == [[0] * 4] * 4


def test_blurring_takes_means() -> None:
    """L3.2: an edge becomes a ramp; a uniform area does not change."""
    blurred = cnncalc.convolve(STEP, np.full((3, 3), 1 / 9))
    assert blurred[0] == pytest.approx(np.array([0, 3, 6, 9]))


def test_sharpening_exaggerates_differences() -> None:
    """L3.2: at an edge, dark gets darker and bright brighter; a uniform area does not change."""
    sharpened = cnncalc.convolve(STEP, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    assert sharpened.tolist() == [[0, -9, 18, 9]] * 4
