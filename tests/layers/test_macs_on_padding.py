"""Multiply-adds on padding, counted in loops over windows, taps and positions, and for huge maps."""

from itertools import product
from math import prod
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.layers import BY_NAME, Layer, LayerError
from cnncalc.shapes import Shape
from cnncalc.window import floor_sum, pairs_inside
from tests.conftest import examples
from tests.spec.helpers import spec

PROPERTY = settings(max_examples=examples(150), deadline=None, derandomize=True)
SMALL = st.integers(1, 4)
KINDS = ("conv", "depthwise", "separable", "locally_connected", "sparse_conv")


@PROPERTY
@given(n=st.integers(0, 9), m=st.integers(1, 9), a=st.integers(0, 20), b=st.integers(0, 20))
def test_a_sum_of_floors(n: int, m: int, a: int, b: int) -> None:
    assert floor_sum(n, m, a, b) == sum((a * i + b) // m for i in range(n))


@PROPERTY
@given(
    windows=st.integers(0, 7),
    stride=SMALL,
    kernel=st.integers(1, 6),
    dilation=SMALL,
    before=st.integers(-3, 9),
    n=st.integers(0, 9),
)
def test_pairs_inside(windows: int, stride: int, kernel: int, dilation: int, before: int, n: int) -> None:
    pairs = product(range(windows), range(kernel))
    inside = sum(0 <= o * stride + t * dilation - before < n for o, t in pairs)
    assert pairs_inside(windows, stride, kernel, dilation, before, n) == inside


def test_a_huge_axis_takes_no_loop() -> None:
    n = 10**17
    assert pairs_inside(n, 1, 3, 1, 1, n) == 3 * n - 2
    assert pairs_inside(n, 1, n, 1, 0, n) == n * (n + 1) // 2
    assert pairs_inside(n, 3, n, 2, n // 2, n) > 0


def on_padding(layer: Layer, x: Shape, pairs: list[tuple[int, int, int]], per_pair: int) -> None:
    """Compares with loops: for each axis (windows, taps, of them on the map)."""
    windows, taps, inside = (prod(each) for each in zip(*pairs, strict=True))
    found = layer.macs_on_padding(x)
    assert found is not None
    assert found.value == (windows * taps - inside) * per_pair


@PROPERTY
@given(
    data=st.data(),
    kind=st.sampled_from(("conv", "depthwise", "separable", "locally_connected", "sparse_conv")),
)
def test_a_convolution_meets_padding_where_its_taps_are_outside(data: st.DataObject, kind: str) -> None:
    rank = data.draw(st.integers(1, 3))
    x = Shape(2 * data.draw(st.integers(1, 2)), data.draw(st.tuples(*[st.integers(1, 8)] * rank)))
    side = st.integers(0, 4)
    kernel = data.draw(st.tuples(*[SMALL] * rank))
    padding = data.draw(st.tuples(*[st.tuples(side, side)] * rank))
    stride, dilation = data.draw(SMALL), data.draw(st.integers(1, 3))
    options: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding}
    if kind in ("conv", "depthwise", "separable"):
        options["dilation"] = dilation
    else:
        dilation = 1
    more: dict[str, dict[str, Any]] = {
        "conv": {"filters": 6, "groups": 2},
        "depthwise": {"multiplier": 3},
        "separable": {"multiplier": 3, "filters": 5},
        "locally_connected": {"filters": 5},
        "sparse_conv": {"table": ((0,), (0, 1), (1,))},
    }
    layer = BY_NAME[kind](**options, **more[kind])
    try:
        y = layer.output(x)
    except LayerError:
        assume(False)
    pairs = []
    for n, m, k, (before, _) in zip(x.spatial, y.spatial, kernel, padding, strict=True):
        places = (o * stride + t * dilation - before for o in range(m) for t in range(k))
        pairs.append((m, k, sum(0 <= at < n for at in places)))
    c = x.channels
    per_pair = {"conv": 3 * c, "depthwise": 3 * c, "separable": 3 * c, "locally_connected": 5 * c}
    on_padding(layer, x, pairs, per_pair.get(kind, 4))


@PROPERTY
@given(data=st.data(), named=st.sampled_from(("", "same", "half")), keras=st.booleans())
def test_a_transposed_convolution_loses_what_is_cropped(data: st.DataObject, named: str, keras: bool) -> None:
    rank = data.draw(st.integers(1, 2))
    x = Shape(4, data.draw(st.tuples(*[st.integers(1, 6)] * rank)))
    kernel, stride, dilation = data.draw(SMALL), data.draw(SMALL), data.draw(st.integers(1, 2))
    side = st.integers(0, 3)
    padding = named or data.draw(st.tuples(*[st.tuples(side, side)] * rank))
    layer = BY_NAME["conv_transpose"](
        filters=6,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=padding,
        groups=2,
        sizes="keras" if keras else "cnncalc",
    )
    try:
        y = layer.output(x)
    except LayerError:
        assume(False)
    pairs = []
    for n, m, before in zip(x.spatial, y.spatial, befores(layer, x), strict=True):
        places = (i * stride + t * dilation - before for i in range(n) for t in range(kernel))
        pairs.append((n, kernel, sum(0 <= at < m for at in places)))
    on_padding(layer, x, pairs, 4 * 3)


def befores(layer: Layer, x: Shape) -> list[int]:
    windows = layer.windows(x)
    assert not isinstance(windows, str)
    return [getattr(window, "before", 0) for window in windows]


VGG = "{conv: 64, kernel: 3, padding: 1}"


def test_the_first_layer_of_vgg() -> None:
    """Along each axis, 3·224 − 2 of 3·224 pairs of a window and a tap are on the map."""
    report = cnncalc.analyze(spec(VGG, shape="[3, 224, 224]"), batch=2)
    (row,) = report.layers
    assert row.costs.macs_on_padding == 2 * ((3 * 224) ** 2 - (3 * 224 - 2) ** 2) * 3 * 64
    assert report.totals.costs.macs_on_padding == row.costs.macs_on_padding
    assert row.flops == 2 * (2 * 86_704_128 + 3_211_264), "they are part of the MACs"


@pytest.mark.parametrize("layer", ["relu", "{dense: 4}", "{maxpool: 3, padding: 1}", "global_avgpool"])
def test_other_layers_have_none(layer: str) -> None:
    shape = "[3]" if "dense" in layer else "[3, 8, 8]"
    assert cnncalc.analyze(spec(layer, shape=shape)).totals.costs.macs_on_padding == 0


def test_expected_values_and_budgets() -> None:
    """(24² − 22²)·3·64 on a map of 8×8."""
    more = "expect: {macs_on_padding: 17664}, budget: {macs_on_padding: {max: 17663}}"
    loaded = spec(f"{{{VGG[1:-1]}, {more}}}")
    verdicts = cnncalc.check(cnncalc.analyze(loaded), loaded)
    assert [verdict.holds for verdict in verdicts] == [True, False]
