"""Operations counted in loops over positions and taps equal the formulas.

Counts are nominal: a tap on padding costs as much as any other.
"""

from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnncalc.layers import BY_NAME, Layer, LayerError
from cnncalc.layers.base import Elementary
from cnncalc.shapes import Shape
from tests.conftest import examples

PROPERTY = settings(max_examples=examples(100), deadline=None, derandomize=True)

LARGEST = {1: 12, 2: 7, 3: 4}
"""The largest input along each axis, by the number of axes."""


@st.composite
def maps(draw: DrawFn, channels: int | None = None) -> Shape:
    rank = draw(st.integers(1, 3))
    sizes = draw(st.tuples(*[st.integers(1, LARGEST[rank])] * rank))
    return Shape(channels or draw(st.integers(1, 4)), sizes)


@st.composite
def geometry(draw: DrawFn, x: Shape, **most: int) -> dict[str, tuple[Any, ...]]:
    """One number per axis for each option, from 1 up to the given maximum; `padding` from 0, per side."""
    sides = st.tuples(*[st.integers(0, most.pop("padding", 2))] * 2)
    numbers = {name: draw(st.tuples(*[st.integers(1, top)] * x.rank)) for name, top in most.items()}
    return {**numbers, "padding": draw(st.tuples(*[sides] * x.rank))}


def starts(x: Shape, options: dict[str, tuple[Any, ...]]) -> list[tuple[int, ...]]:
    """The start positions of windows: moved from the start of the padding while they fit."""
    axes = []
    dilations = options.get("dilation", (1,) * x.rank)
    for n, k, s, d, (before, after) in zip(
        x.spatial, options["kernel"], options["stride"], dilations, options["padding"], strict=True
    ):
        at, found = -before, []
        while at + d * (k - 1) < n + after:
            found.append(at)
            at += s
        axes.append(found)
    return list(product(*axes))


def boxes(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every position of a map or tap of a kernel."""
    return list(product(*map(range, sizes)))


def reductions(values: list[Any]) -> int:
    """Operations that reduce values to one."""
    steps = 0
    while len(values) > 1:
        values = values[1:]
        steps += 1
    return steps


def counted(layer: Layer, x: Shape, kind: Elementary) -> int:
    """cnncalc's counts; rejects the example if the layer does not accept the input."""
    try:
        operations = layer.operations(x)
    except LayerError:
        assume(False)
    return operations[kind].value if kind in operations else 0


@PROPERTY
@given(data=st.data(), groups=st.integers(1, 3), factors=st.tuples(st.integers(1, 2), st.integers(1, 3)))
def test_a_convolution_multiplies_at_every_position_for_every_filter_channel_and_tap(
    data: st.DataObject, groups: int, factors: tuple[int, int]
) -> None:
    depth, width = factors  # channels and filters of one group
    x = data.draw(maps(channels=groups * depth))
    options = data.draw(geometry(x, kernel=3, stride=3, dilation=2))
    layer = BY_NAME["conv"](filters=groups * width, groups=groups, **options)
    macs = adds = 0
    for _position in starts(x, options):
        for _group, _filter in product(range(groups), range(width)):
            adds += 1
            for _channel, _tap in product(range(depth), boxes(options["kernel"])):
                macs += 1
    assert counted(layer, x, "macs") == macs
    assert counted(layer, x, "adds") == adds


@PROPERTY
@given(data=st.data(), multiplier=st.integers(1, 3), bias=st.booleans())
def test_a_depthwise_convolution_multiplies_each_channel_by_its_own_kernels(
    data: st.DataObject, multiplier: int, bias: bool
) -> None:
    x = data.draw(maps())
    options = data.draw(geometry(x, kernel=3, stride=3, dilation=2))
    layer = BY_NAME["depthwise"](multiplier=multiplier, bias=bias, **options)
    macs = adds = 0
    for _position, _channel, _kernel in product(starts(x, options), range(x.channels), range(multiplier)):
        adds += bias
        for _tap in boxes(options["kernel"]):
            macs += 1
    assert counted(layer, x, "macs") == macs
    assert counted(layer, x, "adds") == adds


@PROPERTY
@given(data=st.data(), multiplier=st.integers(1, 3), filters=st.integers(1, 4))
def test_a_separable_convolution_filters_each_channel_and_then_mixes_them(
    data: st.DataObject, multiplier: int, filters: int
) -> None:
    x = data.draw(maps())
    options = data.draw(geometry(x, kernel=3, stride=3, dilation=2))
    layer = BY_NAME["separable"](filters=filters, multiplier=multiplier, **options)
    macs = 0
    for _position in starts(x, options):
        between = [(channel, kernel) for channel in range(x.channels) for kernel in range(multiplier)]
        for _map, _tap in product(between, boxes(options["kernel"])):
            macs += 1
        for _filter, _map in product(range(filters), between):
            macs += 1
    assert counted(layer, x, "macs") == macs


@PROPERTY
@given(data=st.data(), groups=st.integers(1, 3), factors=st.tuples(st.integers(1, 2), st.integers(1, 3)))
def test_a_transposed_convolution_multiplies_every_input_by_every_tap(
    data: st.DataObject, groups: int, factors: tuple[int, int]
) -> None:
    depth, width = factors
    x = data.draw(maps(channels=groups * depth))
    options = data.draw(geometry(x, kernel=3, stride=3, dilation=2, padding=1))
    layer = BY_NAME["conv_transpose"](filters=groups * width, groups=groups, **options)
    macs = 0
    for _position, _group, _channel in product(boxes(x.spatial), range(groups), range(depth)):
        for _filter, _tap in product(range(width), boxes(options["kernel"])):
            macs += 1
    assert counted(layer, x, "macs") == macs
    assert counted(layer, x, "adds") == sum(1 for _ in boxes(layer.output(x).dims()))


@PROPERTY
@given(inputs=st.integers(1, 30), units=st.integers(1, 30), bias=st.booleans())
def test_a_dense_layer_multiplies_every_input_for_every_output(inputs: int, units: int, bias: bool) -> None:
    layer = BY_NAME["dense"](units=units, bias=bias)
    macs = adds = 0
    for _unit in range(units):
        adds += bias
        for _input in range(inputs):
            macs += 1
    assert counted(layer, Shape(inputs), "macs") == macs
    assert counted(layer, Shape(inputs), "adds") == adds


POOLS: list[tuple[str, Elementary, int]] = [
    ("maxpool", "comparisons", 2),
    ("avgpool", "adds", 1),
    ("lppool", "adds", 1),
]


@pytest.mark.parametrize(("kind", "operation", "dilation"), POOLS)
@PROPERTY
@given(data=st.data())
def test_a_pool_reduces_every_window_of_every_channel(
    kind: str, operation: Elementary, dilation: int, data: st.DataObject
) -> None:
    x = data.draw(maps())
    most = {"kernel": 4, "stride": 3, **({"dilation": dilation} if dilation > 1 else {})}
    options = data.draw(geometry(x, **most))
    steps = 0
    for _channel, _position in product(range(x.channels), starts(x, options)):
        steps += reductions(boxes(options["kernel"]))
    assert counted(BY_NAME[kind](**options), x, operation) == steps


@PROPERTY
@given(data=st.data())
def test_an_average_pool_divides_once_for_each_output(data: st.DataObject) -> None:
    x = data.draw(maps())
    options = data.draw(geometry(x, kernel=4, stride=3))
    outputs = [(channel, at) for channel in range(x.channels) for at in starts(x, options)]
    assert counted(BY_NAME["avgpool"](**options), x, "divisions") == len(outputs)


@PROPERTY
@given(data=st.data())
def test_an_adaptive_pool_adds_up_every_bin_of_every_channel(data: st.DataObject) -> None:
    x = data.draw(maps())
    size = data.draw(st.tuples(*[st.integers(1, 9)] * x.rank))
    layer = BY_NAME["adaptive_avgpool"](size=size)
    adds = divisions = 0
    for _channel, box in product(range(x.channels), boxes(size)):
        bins = []
        for at, n, bins_of_axis in zip(box, x.spatial, size, strict=True):
            width = Fraction(n, bins_of_axis)
            bins.append(range(floor(at * width), ceil((at + 1) * width)))
        adds += reductions(list(product(*bins)))
        divisions += 1
    assert counted(layer, x, "adds") == adds
    assert counted(layer, x, "divisions") == divisions


@pytest.mark.parametrize(
    ("kind", "operation"), [("global_avgpool", "adds"), ("global_maxpool", "comparisons")]
)
@PROPERTY
@given(x=maps())
def test_a_global_pool_reduces_every_channel_to_one_value(kind: str, operation: Elementary, x: Shape) -> None:
    steps = sum(reductions(boxes(x.spatial)) for _ in range(x.channels))
    assert counted(BY_NAME[kind](), x, operation) == steps


@PROPERTY
@given(data=st.data())
def test_fit_exact_refuses_only_strides_that_do_not_divide_evenly(data: st.DataObject) -> None:
    x = data.draw(maps())
    options = data.draw(geometry(x, kernel=3, stride=3, dilation=2))
    at = starts(x, options)
    assume(at)
    reached = (
        last + d * (k - 1) for last, k, d in zip(at[-1], options["kernel"], options["dilation"], strict=True)
    )
    ends = (n + after - 1 for n, (_, after) in zip(x.spatial, options["padding"], strict=True))
    fits = all(last == end for last, end in zip(reached, ends, strict=True))
    layer = BY_NAME["conv"](filters=1, fit="exact", **options)
    if fits:
        assert layer.output(x).positions == len(at)
    else:
        with pytest.raises(LayerError, match="does not divide"):
            layer.output(x)


@PROPERTY
@given(data=st.data())
def test_fit_ceil_adds_a_window_that_reaches_out_and_keeps_those_that_begin_inside(
    data: st.DataObject,
) -> None:
    x = data.draw(maps())
    options = data.draw(geometry(x, kernel=3, stride=3, dilation=2, padding=4))
    sizes = []
    for n, k, s, d, (before, after) in zip(x.spatial, *options.values(), strict=True):
        at, begins = -before, [-before]
        while at + d * (k - 1) < n + after - 1:  # the end is not yet reached
            at += s
            begins.append(at)
        sizes.append(len([begin for begin in begins if begin < n]))
    try:
        found = BY_NAME["conv"](filters=1, fit="ceil", **options).output(x)
    except LayerError:
        assume(False)
    assert found.spatial == tuple(sizes)
