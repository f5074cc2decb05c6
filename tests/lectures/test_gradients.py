"""Gradients in the lectures: max pooling, training, influence, occlusion, patches, shifts."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import cnncalc
from tests.spec.helpers import spec


def image(*dims: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=dims)


def test_max_pooling_sends_the_gradient_to_the_largest_of_each_window() -> None:
    """L0.16: it is not differentiable at ties, and differentiable everywhere else."""
    x = image(1, 2, 6, 6)
    network = spec("{maxpool: 2}", shape="[2, 6, 6]")
    factors = image(1, 2, 3, 3, seed=1)
    found = cnncalc.gradients(network, x, cotangent=factors).input
    for channel, i, j in product(range(2), range(3), range(3)):
        window = x[0, channel, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        expected = np.where(window == window.max(), factors[0, channel, i, j], 0)
        assert found[0, channel, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].tolist() == expected.tolist()


def test_of_equal_values_the_first_gets_the_gradient() -> None:
    """L0.16: as in PyTorch."""
    found = cnncalc.gradients(spec("{maxpool: 2}", shape="[1, 2, 4]"), np.ones((1, 2, 4))).input
    assert found[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]


def test_a_quarter_of_the_inputs_gets_a_gradient_through_max_pooling() -> None:
    """L1.16: one of four with non-overlapping 2×2 windows; at most one of four if they overlap."""
    network = spec(
        "{maxpool: 2, name: apart}", "{maxpool: 3, stride: 2, name: overlapping}", shape="[8, 33, 33]"
    )
    _, rows = cnncalc.flow(spec("{maxpool: 2}", shape="[8, 32, 32]"))
    assert [row.reaches for row in rows] == [0.25]
    _, rows = cnncalc.flow(network)
    assert rows[0].reaches == pytest.approx(16 * 16 / 33**2)
    assert 0.05 < rows[1].reaches < 0.25
    _, rows = cnncalc.flow(spec("{avgpool: 2}", "global_maxpool", shape="[8, 32, 32]"))
    assert [row.reaches for row in rows] == [1.0, 1 / 16**2]


def test_the_effective_field_is_a_fraction_that_shrinks_with_depth() -> None:
    """L1.12: for stacked 3×3 convolutions, the field grows with depth, the effective field with its root."""
    fractions, sizes = [], []
    for layers in (2, 5, 10, 20):
        convs = f"{{conv: 8, kernel: 3, padding: same, bias: false, repeat: {layers}, name: stack}}"
        found = cnncalc.influence(spec(convs, shape="[3, 61, 61]"), "stack", samples=4)
        assert found.map.shape == (61, 61)
        assert found.field == ((30 - layers, 30 + layers),) * 2
        effective = found.effective(0.95)
        assert effective.field == (2 * layers + 1) ** 2
        fractions.append(effective.fraction)
        sizes.append(effective.positions**0.5)
    assert fractions == sorted(fractions, reverse=True)
    assert fractions[0] > 0.7
    assert fractions[-1] < 0.35
    # four times as deep: about twice as wide, not four times
    assert 1.5 < sizes[3] / sizes[1] < 2.5


def test_a_gradient_outside_of_the_field_is_zero() -> None:
    """L3.8, L1.12: the influence ends where the receptive field does."""
    network = spec(
        "{conv: 4, kernel: 3}",
        "relu",
        "{maxpool: 2}",
        "{conv: 4, kernel: 3, name: deep}",
        shape="[2, 20, 20]",
    )
    found = cnncalc.influence(network, "deep", unit=(2, 3), samples=3)
    rows, columns = (slice(first, last + 1) for first, last in found.field)
    assert found.field == ((4, 11), (6, 13))
    inside = found.map[rows, columns].copy()
    found.map[rows, columns] = 0
    assert inside.sum() > 0
    assert not found.map.any()


def test_the_influence_on_a_neuron_is_its_kernel() -> None:
    """L3.8: for a single convolution, ∂h/∂x is the weight on each input."""
    network = spec("{conv: 1, kernel: 3, name: only}", shape="[1, 8, 8]")
    weights = cnncalc.init_weights(network, data_type="float64")
    found = cnncalc.influence(network, "only", unit=(0, 2, 4), x=image(1, 8, 8), weights=weights)
    assert found.map[2:5, 4:7] == pytest.approx(np.abs(weights["only.weight"][0, 0]))
    assert found.effective(1.0).positions == 9


SEES_A_CORNER = ["{crop: [[0, 6], [0, 6]]}", "flatten", "{dense: 3, name: classes}"]
"""A network whose classes depend only on the upper left quarter."""


def test_occlusion_finds_what_a_class_depends_on() -> None:
    """L3.7: grey patches change the output only where the network depends on the image."""
    network = spec(*SEES_A_CORNER, shape="[2, 12, 12]")
    x = image(2, 12, 12)
    found = cnncalc.occlusion(network, x, unit=1, patch=3, stride=3, data_type="float64")
    assert found.starts == ((0, 3, 6, 9),) * 2
    assert np.abs(found.drop[:2, :2]).min() > 1e-6
    assert np.abs(found.drop[2:]).max() < 1e-12
    assert np.abs(found.drop[:, 2:]).max() < 1e-12


def test_occlusion_is_what_the_network_says_of_each_grey_image() -> None:
    """L3.7: each position, with the class of the largest output for the whole image."""
    network = spec("{conv: 4, kernel: 3}", "relu", "global_avgpool", "{dense: 5}", shape="[3, 9, 9]")
    x = image(3, 9, 9)
    whole = cnncalc.run(network, x, data_type="float64").output[0]
    found = cnncalc.occlusion(network, x, patch=(4, 2), stride=(2, 3), data_type="float64")
    assert found.unit == (int(whole.argmax()),)
    assert found.value == pytest.approx(whole.max())
    assert found.starts == ((0, 2, 4, 5), (0, 3, 6, 7))
    for (a, i), (b, j) in product(enumerate(found.starts[0]), enumerate(found.starts[1])):
        covered = x.copy()
        covered[:, i : i + 4, j : j + 2] = x.mean(axis=(1, 2), keepdims=True)
        output = cnncalc.run(network, covered, data_type="float64").output[0]
        assert found.map[a, b] == pytest.approx(output[found.unit[0]])


def test_the_patches_that_excite_a_neuron_are_found_and_cut_out() -> None:
    """L3.6: a cross detector has its highest activation at a bright cross in noise."""
    network = spec(
        "{conv: 2, kernel: 3, bias: false, name: seen}", "{maxpool: 2, name: pool5}", shape="[1, 12, 12]"
    )
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    weights = {"seen.weight": np.stack([cross - 5 / 9, 1 - cross])[:, np.newaxis]}
    images = 0.1 * image(3, 1, 12, 12)
    images[1, 0, 4:7, 7:10] += cross
    best, *others = cnncalc.patches(network, "pool5", 0, images, weights, best=4, data_type="float64")
    assert (best.image, best.unit, best.box) == (1, (2, 3), ((4, 7), (6, 9)))
    assert best.pixels.tolist() == images[1, :, 4:8, 6:10].tolist()
    assert [other.value for other in others] == sorted((other.value for other in others), reverse=True)
    assert best.value > 2 * others[0].value
    output = cnncalc.run(network, images, weights, data_type="float64").output
    assert best.value == pytest.approx(float(output[:, 0].max()))


def test_a_patch_is_what_the_box_of_the_unit_says() -> None:
    """L3.6: for pool2 in LeNet-5, clipped at the border."""
    lenet = cnncalc.load("lenet5")
    images = image(2, 1, 32, 32)
    for patch in cnncalc.patches(lenet, "pool2", 3, images, best=5, data_type="float64"):
        (top, bottom), (left, right) = patch.box
        assert (bottom - top + 1, right - left + 1) == (16, 16)
        assert patch.box == tuple((4 * at, 4 * at + 15) for at in patch.unit)
        assert patch.pixels.tolist() == images[patch.image, :, top : bottom + 1, left : right + 1].tolist()


def test_convolution_moves_with_its_input() -> None:
    """L4.5: f(g(x)) = g(f(x)) without padding, for any shift."""
    network = spec("{conv: 4, kernel: 3}", "relu", "{conv: 4, kernel: 5, dilation: 2}", shape="[3, 24, 24]")
    for shift in ((0, 1), (3, -2), (-5, 4)):
        for moved in cnncalc.equivariance(network, shift):
            assert moved.by == tuple(map(Fraction, shift))
            assert (moved.equal, moved.inside, moved.change) == (1, 1, pytest.approx(0))


def test_borders_break_equivariance() -> None:
    """L4.5: units that read padding are not equivariant; those in the middle are."""
    network = spec(
        "{conv: 4, kernel: 5, padding: same}", "{conv: 4, kernel: 5, padding: same}", shape="[3, 24, 24]"
    )
    first, second = cnncalc.equivariance(network, (0, 3))
    assert first.inside == second.inside == 1
    assert second.equal is not None
    assert first.equal is not None
    assert second.equal < first.equal < 1


@pytest.mark.parametrize(("shift", "moves"), [(1, False), (2, True), (3, False), (4, True)])
def test_a_stride_breaks_equivariance_unless_it_divides_the_shift(shift: int, moves: bool) -> None:
    """L4.5: after a stride of 2, only even shifts move the output."""
    network = spec("{conv: 4, kernel: 3, stride: 2}", shape="[3, 25, 25]")
    (moved,) = cnncalc.equivariance(network, (0, shift))
    assert moved.by == (0, Fraction(shift, 2))
    assert (moved.whole, moved.equal == 1, moved.change == pytest.approx(0)) == (moves,) * 3


def test_global_pooling_makes_invariance_of_equivariance() -> None:
    """L4.5: a global average hardly changes, a flattened map does."""
    convs = ("{conv: 4, kernel: 3}", "relu")
    pooled = cnncalc.equivariance(spec(*convs, "global_avgpool", shape="[3, 24, 24]"), (0, 1))[-1]
    flat = cnncalc.equivariance(spec(*convs, "flatten", shape="[3, 24, 24]"), (0, 1))[-1]
    assert pooled.by is flat.by is None
    assert pooled.change < 0.1 < flat.change


def dense_matrix(kernel: np.ndarray, n: int) -> np.ndarray:
    """The dense weight matrix equivalent to a kernel: mostly zeros, with shared weights."""
    k = len(kernel)
    m = n - k + 1
    matrix = np.zeros((m * m, n * n))
    for (i, j), (u, v) in product(product(range(m), repeat=2), product(range(k), repeat=2)):
        matrix[i * m + j, (i + u) * n + j + v] = kernel[u, v]
    return matrix


def test_a_convolution_is_a_dense_layer_with_sparse_connections() -> None:
    """L3.5: outputs and gradients are equal; a shared weight gets the sum of its connections' gradients."""
    n, k = 6, 3
    conv = spec("{conv: 1, kernel: 3, bias: false, name: c}", "tanh", "flatten", shape="[1, 6, 6]")
    dense = spec("flatten", "{dense: 16, bias: false, name: d}", "tanh", shape="[1, 6, 6]")
    kernel, x, factors = image(k, k, seed=1), image(1, n, n), image(16, seed=2)
    matrix = dense_matrix(kernel, n)
    a = cnncalc.gradients(conv, x, {"c.weight": kernel[np.newaxis, np.newaxis]}, cotangent=factors)
    b = cnncalc.gradients(dense, x, {"d.weight": matrix}, cotangent=factors)
    assert a.value == pytest.approx(b.value)
    assert a.input == pytest.approx(b.input)
    for u, v in product(range(k), repeat=2):
        only = np.zeros((k, k))
        only[u, v] = 1
        connections = dense_matrix(only, n) == 1
        assert a.weights["c.weight"][0, 0, u, v] == pytest.approx(b.weights["d.weight"][connections].sum())


def bars(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Images of 8×8 with a horizontal (0) or vertical (1) bar somewhere, in noise."""
    x = 0.3 * random.normal(size=(count, 1, 8, 8))
    upright = random.integers(0, 2, count)
    for at, vertical in enumerate(upright):
        line, start = random.integers(0, 8), random.integers(0, 4)
        if vertical:
            x[at, 0, start : start + 5, line] += 1
        else:
            x[at, 0, line, start : start + 5] += 1
    return x, upright


def test_a_small_network_is_trained_by_gradient_descent() -> None:
    """L3.5: a few steps on bars in noise; it generalizes to new images."""
    network = spec(
        "{conv: 6, kernel: 3, padding: same}",
        "relu",
        "{maxpool: 2}",
        "flatten",
        "{dense: 2}",
        shape="[1, 8, 8]",
    )
    random = np.random.default_rng(3)
    weights = cnncalc.init_weights(network, seed=1, data_type="float64")
    losses = []
    for _ in range(100):
        x, labels = bars(64, random)
        scores = cnncalc.run(network, x, weights, data_type="float64").output
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        losses.append(float(-np.log(chances[np.arange(64), labels]).mean()))
        chances[np.arange(64), labels] -= 1
        found = cnncalc.gradients(network, x, weights, cotangent=chances / 64)
        weights = {name: tensor - 0.5 * found.weights[name] for name, tensor in weights.items()}
    assert np.mean(losses[-5:]) < 0.25 * losses[0]
    x, labels = bars(500, np.random.default_rng(99))
    answers = cnncalc.run(network, x, weights, data_type="float64").output.argmax(axis=1)
    assert (answers == labels).mean() > 0.9
