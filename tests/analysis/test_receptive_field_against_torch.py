"""Receptive fields against PyTorch: the inputs with a nonzero gradient.

Random networks are written as a spec and run by PyTorch. All weights and biases are 1, so that gradients
do not cancel.
"""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings

from cnncalc.analysis.field import AxisField
from tests.analysis.torch_networks import (
    Left,
    Piece,
    Sizes,
    convolved,
    in_order,
    networks,
    ones,
    transposed,
    upsampled,
)
from tests.analysis.written import axes_of, field_of, report_of
from tests.with_torch import Tensor, functional, torch

pytestmark = pytest.mark.crosscheck


PROPERTY = settings(max_examples=600, deadline=None, derandomize=True)


Interval = tuple[int, int] | None


NOTHING = 1e-7
"""Smaller than the product of weights along any path; larger than rounding errors."""


def reached(network: Piece, sizes: Sizes, count: int) -> tuple[list[int], Sizes, list[tuple[Interval, ...]]]:
    """Consecutive units in the middle of the output, its sizes, and their fields along each axis."""
    x = ones(count, 1, *sizes).requires_grad_()
    out = network.run(x)
    firsts = [(n - count) // 2 for n in out.shape[2:]]
    sum(out[(i, slice(None), *(first + i for first in firsts))].sum() for i in range(count)).backward()
    seen = [tuple(extent(sample, axis) for axis in range(len(sizes))) for sample in x.grad[:, 0]]
    return firsts, tuple(out.shape[2:]), seen


def extent(gradient: Tensor, axis: int) -> Interval:
    """The first and last position along an axis with a nonzero gradient."""
    others = [other for other in range(gradient.ndim) if other != axis]
    places = (gradient.sum(others) if others else gradient).gt(NOTHING).nonzero()
    return (int(places[0]), int(places[-1])) if len(places) else None


def assert_sees_what_gradients_reach(network: Piece, sizes: Sizes, count: int) -> None:
    row = report_of(network.text, sizes=sizes).output
    firsts, out, seen = reached(network, sizes, count)
    assert row.output.spatial == out
    for axis, (field, first) in enumerate(zip(axes_of(row.field), firsts, strict=True)):
        intervals = [each[axis] for each in seen]
        assert [field.at(first + i) for i in range(count)] == intervals
        assert_summary_fits(field, first, intervals)


def assert_summary_fits(field: AxisField, first: int, seen: list[Interval]) -> None:
    """Size, jump and start, against the intervals of units from `first` on."""
    largest = max((last - start + 1 for start, last in filter(None, seen)), default=0)
    period = len(field.intervals)
    if field.bounded or period >= len(seen):
        assert field.size >= largest
        return
    assert field.size == largest
    for one, later in zip(seen, seen[period:], strict=False):
        if one and later:
            assert field.jump == Fraction(later[0] - one[0], period)
    turn = seen[-first % period]
    if turn:
        assert field.start == Fraction(sum(turn), 2) - (first + -first % period) * field.jump


@PROPERTY
@given(network=networks(1, longest=5, left=Left(reach=60, shrink=6, grow=6, uneven=True)))
def test_units_see_what_their_gradients_reach_in_1_d(network: Piece) -> None:
    assert_sees_what_gradients_reach(network, (1200,), count=14)


@settings(PROPERTY, max_examples=100)
@given(network=networks(2, longest=3, left=Left(reach=14, shrink=4, grow=4, uneven=False)))
def test_units_see_what_their_gradients_reach_in_2_d(network: Piece) -> None:
    assert_sees_what_gradients_reach(network, (170, 160), count=7)


SMOOTH = Piece(("{conv: 1, kernel: 3}",), lambda x: convolved(x, (3,) * (x.ndim - 2)))


TRANSPOSED = [
    transposed((kernel,), stride, (dilation,), (1,))
    for kernel in range(1, 6)
    for stride in range(1, 5)
    for dilation in range(1, 4)
]


UPSAMPLED = [
    upsampled(scale, *mode) for scale in range(2, 6) for mode in (("nearest",), ("linear",), ("linear", True))
]


@pytest.mark.parametrize("piece", [*TRANSPOSED, *UPSAMPLED], ids=repr)
def test_every_phase_of_an_enlarging_layer_sees_what_its_gradient_reaches(piece: Piece) -> None:
    """Alone, and between layers that read neighbouring positions."""
    for network in (piece, in_order((SMOOTH, piece, SMOOTH)), in_order((piece, piece))):
        assert_sees_what_gradients_reach(network, (150,), count=36)


def gated(x: Tensor) -> Tensor:
    """Squeeze-and-excitation, Hu et al. 2018."""
    return x * torch.sigmoid(convolved(x.mean((2, 3), keepdim=True), (1, 1), filters=2))


def twice_dense(x: Tensor) -> Tensor:
    return functional.linear(x.flatten(1), ones(2, 60)) ** 2


GATE = "{mul: {maps: [], gate: [global_avgpool, {conv: 2, kernel: 1}, sigmoid]}}"


GLOBAL: dict[str, tuple[list[str], Callable[[Tensor], Tensor]]] = {
    "global_avgpool": (["global_avgpool"], lambda x: x.mean((2, 3))),
    "global_maxpool": (["global_maxpool"], lambda x: x.logsumexp((2, 3))),
    "dense": (["flatten", "{dense: 3}"], lambda x: functional.linear(x.flatten(1), ones(3, 60))),
    "groupnorm": (["{groupnorm: 2}"], lambda x: functional.group_norm(x, 2)),
    "instancenorm": (["instancenorm"], lambda x: functional.instance_norm(x)),
    "layernorm over all": (["{layernorm: {over: all}}"], lambda x: functional.layer_norm(x, (2, 6, 5))),
    "squeeze-and-excitation": ([GATE], gated),
    "two dense layers multiplied": (["flatten", "{mul: {a: [{dense: 2}], b: [{dense: 2}]}}"], twice_dense),
    "a convolution behind one": (
        ["instancenorm", *SMOOTH.text],
        lambda x: SMOOTH.run(functional.instance_norm(x)),
    ),
}
"""A smooth maximum instead of the maximum, whose gradient reaches only one element."""


@pytest.mark.parametrize(("layers", "run"), GLOBAL.values(), ids=GLOBAL)
def test_global_layers_see_everything(layers: list[str], run: Callable[[Tensor], Tensor]) -> None:
    field = field_of(*layers, channels=2, sizes=(6, 5))
    assert field.is_global
    assert (field.size, field.jump, field.start) == (None, None, None)
    x = torch.rand(1, 2, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    run(x.requires_grad_()).flatten()[0].backward()
    assert x.grad.abs().sum((0, 1)).gt(NOTHING).all()
