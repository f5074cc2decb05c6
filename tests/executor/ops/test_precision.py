"""Values that float32 only has if 1 + x and exp(x) − 1 are never rounded on the way."""

from math import exp, expm1, log1p, tanh

import numpy as np
import pytest

import cnncalc

NEAR = (-1e-8, -3e-6, -2e-4, -0.1)
FAR = (-20.0, -16.5, -5.0, 0.0, 20.0, 100.0)
SELU = 1.0507009873554805, 1.6732632423543772


def value_and_slope(line: str, x: float) -> tuple[float, float]:
    """The output of an activation for one number, and its derivative, in float32."""
    spec = cnncalc.load(f"cnncalc: 1\ninput: [1]\nlayers: [{line}]")
    given = np.full((1, 1), x, np.float32)
    y = cnncalc.run(spec, given).output
    slope = cnncalc.gradients(spec, given, data_type="float32").input
    return float(y[0, 0]), float(slope[0, 0])


def softplus(x: float) -> float:
    return max(x, 0) + log1p(exp(-abs(x)))


def sigmoid(x: float) -> float:
    return exp(min(x, 0)) / (exp(min(x, 0)) + exp(-max(x, 0)))


@pytest.mark.parametrize("x", FAR)
def test_softplus_and_mish_far_from_0(x: float) -> None:
    assert value_and_slope("softplus", x) == pytest.approx((softplus(x), sigmoid(x)), rel=1e-5)
    bent = tanh(softplus(x))
    slope = bent + x * (1 - bent * bent) * sigmoid(x)
    assert value_and_slope("mish", x) == pytest.approx((x * bent, slope), rel=1e-5, abs=1e-30)


@pytest.mark.parametrize("x", NEAR)
def test_exponential_linear_units_near_0(x: float) -> None:
    assert value_and_slope("elu", x) == pytest.approx((expm1(x), exp(x)), rel=1e-5)
    assert value_and_slope("{celu: 0.5}", x) == pytest.approx((0.5 * expm1(2 * x), exp(2 * x)), rel=1e-5)
    scale, alpha = SELU
    assert value_and_slope("selu", x) == pytest.approx(
        (scale * alpha * expm1(x), scale * alpha * exp(x)), rel=1e-5
    )
