"""Receptive fields of the lectures' layers and single units."""

import pytest

import cnncalc
from cnncalc.analysis.box import box
from tests.spec.helpers import graph

Interval = tuple[int, int]


@pytest.mark.parametrize(
    ("stride", "sizes"),
    [(1, (3, 5, 7)), (2, (3, 7, 11)), (3, (3, 9, 15))],
)
def test_a_field_grows_by_the_strides_before(stride: int, sizes: tuple[int, ...]) -> None:
    """L1.8: with a stride of 2 in layer 1, the field of layer 2 is 7 instead of 5."""
    report = cnncalc.analyze(cnncalc.load("lectures/three_convs"), set={"stride": stride})
    assert [row.field.size for row in report.layers] == [(size,) for size in sizes]
    before, jump = 1, 1
    for row, size, here in zip(report.layers, sizes, (stride, 1, 1), strict=True):
        assert row.field.size == (before + (3 - 1) * jump,)
        before, jump = size, jump * here


def test_doubling_dilations_see_exponentially_far() -> None:
    """L1.10: the field of layer k with kernel 3 is 2^(k+1) − 1."""
    report = cnncalc.analyze(cnncalc.load("lectures/dilation_doubling"), set={"layers": 8})
    sizes = [row.field.size for row in report.layers]
    assert sizes == [(2 ** (k + 1) - 1,) * 2 for k in range(1, 9)]
    assert sizes[:4] == [(3, 3), (7, 7), (15, 15), (31, 31)]


@pytest.mark.parametrize("layer", ["apart", "overlapping"])
def test_the_first_pooling_window_is_the_upper_left_corner(layer: str) -> None:
    """L0.4."""
    built = cnncalc.load("lectures/poolings_2x2").graph
    assert box(built, layer, (0, 0)).intervals == ((0, 1), (0, 1))


# (network, unit, rows and columns it depends on): 32 positions apart, clipped at the border.
PATCHES: list[tuple[str, tuple[int, int], tuple[Interval, Interval]]] = [
    ("alexnet", (0, 0), ((0, 130), (0, 130))),
    ("alexnet", (2, 2), ((0, 194), (0, 194))),
    ("alexnet", (3, 2), ((32, 226), (0, 194))),
    ("alexnet", (5, 5), ((96, 226), (96, 226))),
    ("vgg16", (3, 3), ((6, 217), (6, 217))),
    ("vgg16", (0, 6), ((0, 121), (102, 223))),
]


@pytest.mark.parametrize(("network", "unit", "patch"), PATCHES)
def test_the_patch_that_a_pool5_neuron_sees(
    network: str, unit: tuple[int, int], patch: tuple[Interval, Interval]
) -> None:
    """L3.6: by hand from size, jump and padding of the field: 195, 32, 64 and 212, 32, 90."""
    assert box(cnncalc.load(network).graph, "pool5", unit).intervals == patch


def test_the_patch_in_the_middle_is_the_whole_field() -> None:
    """L3.6: a unit away from the borders depends on as many rows as the size of the receptive field."""
    spec = cnncalc.load("vgg16")
    intervals = box(spec.graph, "pool5").intervals
    assert intervals is not None
    assert tuple(last - first + 1 for first, last in intervals) == (212, 212)
    assert cnncalc.analyze(spec).layer("pool5").field.size == (212, 212)


@pytest.mark.parametrize("time", [3, 10, 31])
def test_a_weighted_sum_of_recent_measurements_reads_no_later_ones(time: int) -> None:
    """L3.1: the current measurement and the three before it."""
    built = graph("{conv: 1, kernel: 4, padding: causal, bias: false, name: average}", shape="[1, 32]")
    assert box(built, "average", (time,)).intervals == ((time - 3, time),)
