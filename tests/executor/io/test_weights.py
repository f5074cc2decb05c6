"""Random weights: reproducible, with He's variance, each tensor independent. Given weights: mismatches are
reported."""

import hashlib

import numpy as np
import pytest

from cnncalc import Spec, init_weights, load, run
from cnncalc.executor.io.weights import Weights, WeightsError

LENET_0 = "10b9fc10dca7e79b"
"""The start of the SHA-256 of all tensors of LeNet-5 with seed 0, sorted by name."""


def test_draws_are_the_same_on_every_machine() -> None:
    weights = init_weights(load("lenet5"))
    first = weights["conv1.weight"].ravel()[:4]
    assert first.tolist() == np.float32([-0.29488149, 0.39125666, -0.25655016, -0.53190249]).tolist()
    everything = b"".join(weights[name].astype("<f4").tobytes() for name in sorted(weights))
    assert hashlib.sha256(everything).hexdigest()[:16] == LENET_0


def spec(*lines: str, dims: str = "[16, 24, 24]") -> Spec:
    return load(f"cnncalc: 1\ninput: {dims}\nlayers:\n" + "".join(f"  - {line}\n" for line in lines))


HE = {
    "{conv: 64, kernel: 3}": ("weight", 16 * 9),
    "{conv: 64, kernel: 3, groups: 4}": ("weight", 4 * 9),
    "{depthwise: 5, multiplier: 9}": ("weight", 25),
    "{conv_transpose: 32, kernel: 4, stride: 2}": ("weight", 16 * 4),
    "{conv_transpose: 64, kernel: 3, groups: 2}": ("weight", 8 * 9),
    "{locally_connected: 2, kernel: 3}": ("weight", 16 * 9),
    "{sparse_conv: [[0, 1, 2], [3, 4, 5], [6, 7, 8]], kernel: 15}": ("weight", 3 * 225),
    "{separable: 200, kernel: 3, multiplier: 8}": ("pointwise", 128),
}
"""Kernels and their fan-in."""


@pytest.mark.parametrize("line", HE)
def test_kernels_have_he_s_variance(line: str) -> None:
    name, inputs = HE[line]
    (tensor,) = (t for key, t in init_weights(spec(line)).items() if key.endswith(name))
    assert tensor.var() == pytest.approx(2 / inputs, rel=5 / np.sqrt(tensor.size))
    assert abs(tensor.mean()) < 5 * tensor.std() / np.sqrt(tensor.size)


def test_a_deep_stack_of_convolutions_and_relus_keeps_its_scale() -> None:
    """The purpose of the variance."""
    deep = spec(*["{conv: 64, kernel: 3, padding: same, act: relu}"] * 20)
    assert 0.1 < float(np.square(run(deep).output).mean()) < 10


FILLED = {
    "{batchnorm: }": {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0},
    "{layernorm: , over: all}": {"weight": 1.0, "bias": 0.0},
    "{layernorm: }": {"weight": 1.0, "bias": 0.0},
    "{groupnorm: 4}": {"weight": 1.0, "bias": 0.0},
    "{instancenorm: , affine: true}": {"weight": 1.0, "bias": 0.0},
    "{scale: , bias: true}": {"weight": 1.0, "bias": 0.0},
    "shift": {"bias": 0.0},
    "prelu": {"weight": 0.25},
    "{prelu: , per: layer}": {"weight": 0.25},
    "{prelu: , per: element}": {"weight": 0.25},
}


@pytest.mark.parametrize("line", FILLED)
def test_factors_and_shifts_start_at_one_number(line: str) -> None:
    found = {key.rpartition(".")[2]: np.unique(t).tolist() for key, t in init_weights(spec(line)).items()}
    assert found == {name: [value] for name, value in FILLED[line].items()}


def test_each_tensor_is_independent() -> None:
    """Adding a layer changes no other tensor; another seed or name does."""
    one, more = spec("{conv: 8, kernel: 3}"), spec("{conv: 8, kernel: 3}", "{conv: 8, kernel: 3}")
    kernel, both = init_weights(one)["conv1.weight"], init_weights(more)
    assert np.array_equal(kernel, both["conv1.weight"])
    again = both["conv2.weight"][:, :8]
    assert not np.intersect1d(kernel, again).size
    assert not np.intersect1d(kernel, init_weights(one, seed=1)["conv1.weight"]).size


def test_both_data_types_hold_the_same_draws() -> None:
    narrow, wide = (init_weights(load("lenet5"), data_type=name) for name in ("float32", "float64"))
    assert all(np.array_equal(narrow[name], wide[name]) for name in narrow)
    assert {tensor.dtype.name for tensor in wide.values()} == {"float64"}


def test_shared_weights_exist_once() -> None:
    shared = spec(
        "{conv: 16, kernel: 3, padding: same, name: a}", "{conv: 16, kernel: 3, padding: same, share: a}"
    )
    weights = init_weights(shared)
    assert set(weights) == {"a.weight", "a.bias"}
    assert np.array_equal(run(shared).output, run(shared, weights=weights).output)


TINY = spec("{conv: 3, kernel: 3, norm: batch}", "flatten", "{dense: 2}", dims="[2, 6, 6]")
GOOD = init_weights(TINY)

GIVEN: dict[str, tuple[Weights, str]] = {
    "missing": (
        {name: tensor for name, tensor in GOOD.items() if name != "conv1.bias"},
        "missing tensor conv1.bias of 3",
    ),
    "extra": ({**GOOD, "conv9.weight": np.zeros(3)}, "unknown tensor conv9.weight"),
    "turned": (
        {**GOOD, "conv1.weight": np.zeros((3, 3, 2, 3))},
        "conv1.weight: expected 3×2×3×3, found 3×3×2×3",
    ),
    "one number": ({**GOOD, "conv1.bias": np.float64(1)}, "conv1.bias: expected 3, found a scalar"),
    "truth values": ({**GOOD, "conv1.bias": np.zeros(3, bool)}, "conv1.bias: expected numbers, found bool"),
    "complex": (
        {**GOOD, "conv1.bias": np.zeros(3, complex)},
        "conv1.bias: expected numbers, found complex128",
    ),
    "words": ({**GOOD, "conv1.bias": np.array(["a", "b", "c"])}, "conv1.bias: expected numbers, found <U1"),
    "objects": ({**GOOD, "conv1.bias": np.array([1, 2, None])}, "conv1.bias: expected numbers, found object"),
    "of another network": (
        init_weights(load("lenet5")),
        "missing tensor conv1.norm.weight of 3\n"
        "  missing tensor conv1.norm.bias of 3\n"
        "  missing tensor conv1.norm.running_mean of 3\n"
        "  missing tensor conv1.norm.running_var of 3\n"
        "  missing tensor dense1.weight of 2×48\n"
        "  missing tensor dense1.bias of 2\n"
        "  unknown tensor conv2.weight\n"
        "  unknown tensor conv2.bias\n"
        "  unknown tensor conv3.weight\n"
        "  unknown tensor conv3.bias\n"
        "  … and 6 more",
    ),
}


@pytest.mark.parametrize("what", GIVEN)
def test_weights_that_do_not_fit_are_named(what: str) -> None:
    weights, message = GIVEN[what]
    with pytest.raises(WeightsError) as caught:
        run(TINY, weights=weights)
    assert str(caught.value) == f"the weights do not fit this network\n  {message}"


def test_whole_numbers_and_other_orders_of_bytes_are_numbers_too() -> None:
    whole = {name: np.ones(tensor.shape, ">i2") for name, tensor in GOOD.items()}
    real = {name: np.asfortranarray(tensor.astype("<f8")) for name, tensor in whole.items()}
    outputs = (run(TINY, weights=weights).output for weights in (whole, real))
    np.testing.assert_allclose(*outputs, rtol=1e-6)
