"""The box of a unit against PyTorch: the inputs with a nonzero gradient, including at the borders."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncalc import SpecError, load
from cnncalc.analysis.box import box
from tests.analysis.test_receptive_field_against_torch import extent
from tests.analysis.torch_networks import Left, Piece, Sizes, networks, ones
from tests.analysis.written import text_of
from tests.conftest import examples

PROPERTY = settings(max_examples=examples(150), deadline=None, derandomize=True)


def assert_boxes_are_what_gradients_reach(network: Piece, sizes: Sizes) -> None:
    """The first, the last and the middle unit."""
    try:
        graph = load(text_of(network.text, sizes=sizes)).graph
    except SpecError:
        assume(False)
    name = graph.nodes[graph.output].name
    out = graph.nodes[graph.output].shape.spatial
    for unit in (tuple(0 for _ in out), tuple(n - 1 for n in out), None):
        found = box(graph, name, unit)
        x = ones(1, 1, *sizes).requires_grad_()
        network.run(x)[(0, slice(None), *found.unit)].sum().backward()
        seen = tuple(extent(x.grad[0, 0], axis) for axis in range(len(sizes)))
        assert found.intervals == (None if None in seen else seen)


@pytest.mark.crosscheck
@PROPERTY
@given(
    network=networks(1, longest=5, left=Left(reach=60, shrink=6, grow=6, uneven=True)), n=st.integers(20, 60)
)
def test_a_unit_reads_what_its_gradient_reaches_in_1_d(network: Piece, n: int) -> None:
    assert_boxes_are_what_gradients_reach(network, (n,))


@pytest.mark.crosscheck
@settings(PROPERTY, max_examples=examples(40))
@given(network=networks(2, longest=3, left=Left(reach=14, shrink=4, grow=4, uneven=False)))
def test_a_unit_reads_what_its_gradient_reaches_in_2_d(network: Piece) -> None:
    assert_boxes_are_what_gradients_reach(network, (23, 17))


def test_what_one_branch_reads_of_padding_widens_no_other_axis() -> None:
    """For the last unit, `a` reads only padding: row 22 is not read, although `a` covers it."""
    layers = ("{pad: [[0, 0], [0, 1]]}", "{add: {a: [], b: [{upsample: 2}]}, align: crop}")
    graph = load(text_of(layers, sizes=(23, 17))).graph
    assert box(graph, graph.nodes[graph.output].name, (22, 17)).intervals == ((16, 16), (13, 13))
