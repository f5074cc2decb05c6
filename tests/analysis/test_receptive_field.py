"""Receptive fields: sizes, jumps and starts from textbooks."""

from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.written import axes_of, field_of, report_of
from tests.conftest import examples

PROPERTY = settings(max_examples=examples(300), deadline=None, derandomize=True)

CONV = "{conv: 1, kernel: 3}"
VGG = [
    *["{conv: 1, kernel: 3, padding: 1, repeat: 2}", "{maxpool: 2}"] * 2,
    *["{conv: 1, kernel: 3, padding: 1, repeat: 3}", "{maxpool: 2}"] * 3,
]
ALEXNET = [
    "{conv: 1, kernel: 11, stride: 4}",
    "{maxpool: 3, stride: 2}",
    "{conv: 1, kernel: 5, padding: 2}",
    "{maxpool: 3, stride: 2}",
    "{conv: 1, kernel: 3, padding: 1, repeat: 3}",
    "{maxpool: 3, stride: 2}",
]

DILATIONS = (1, 2, 4, 8)
CAUSAL = [f"{{conv: 1, kernel: 2, dilation: {d}, padding: causal}}" for d in DILATIONS]

SIZES: dict[str, tuple[list[str], list[int]]] = {
    "each 3-wide layer sees 2 more": ([CONV] * 4, [3, 5, 7, 9]),
    "a stride doubles what later layers add": (["{conv: 1, kernel: 3, stride: 2}", CONV, CONV], [3, 7, 11]),
    "doubling the dilation doubles the field": (
        [f"{{conv: 1, kernel: 3, dilation: {d}}}" for d in DILATIONS],
        [3, 7, 15, 31],
    ),
    "a causal stack of 2-wide layers doubles it, too": (CAUSAL, [2, 4, 8, 16]),
    "pools between convolutions, as in VGG": ([CONV, CONV, "{maxpool: 2}"] * 2, [3, 5, 6, 10, 14, 16]),
    "what acts on one element adds nothing": ([CONV, "batchnorm", "relu", "softmax", "dropout"], [3] * 5),
    "what mixes channels adds nothing": ([CONV, "{conv: 7, kernel: 1}", "layernorm", "lrn"], [3] * 4),
}


@pytest.mark.parametrize(("layers", "sizes"), SIZES.values(), ids=SIZES)
def test_sizes_grow_as_the_textbooks_say(layers: list[str], sizes: list[int]) -> None:
    rows = report_of(layers).layers
    assert [row.field.size for row in rows] == [(size, size) for size in sizes]


PUBLISHED: dict[str, tuple[list[str], int, int, int]] = {
    "alexnet_v2": (ALEXNET, 195, 32, 64),
    "vgg_16": (VGG, 212, 32, 90),
}


@pytest.mark.parametrize(("layers", "size", "jump", "padding"), PUBLISHED.values(), ids=PUBLISHED)
def test_the_table_of_araujo_norris_and_sim_holds(
    layers: list[str], size: int, jump: int, padding: int
) -> None:
    """The effective padding is the part of the first unit's field outside the image."""
    (axis, _) = axes_of(field_of(*layers, sizes=(227, 227)))
    assert (axis.size, axis.jump) == (size, jump)
    assert axis.at(0) == (-padding, size - 1 - padding)
    assert axis.start == Fraction(size - 1, 2) - padding


def test_two_3x3_convolutions_see_as_far_as_one_5x5() -> None:
    assert field_of(CONV, CONV) == field_of("{conv: 1, kernel: 5}")


def test_a_field_has_its_own_size_along_each_axis() -> None:
    field = field_of("{conv: 1, kernel: 3x5, stride: [1, 2]}", "{conv: 1, kernel: [7, 2]}")
    assert (field.size, field.jump) == ((9, 7), (1, 2))


def test_branches_see_their_union() -> None:
    inception = "{concat: {narrow: [{conv: 1, kernel: 1}], wide: [{conv: 1, kernel: 5, padding: 2}]}}"
    assert field_of(CONV, inception).size == (7, 7)


def test_a_flatten_keeps_the_size_and_loses_the_order() -> None:
    field = field_of(CONV, "flatten")
    assert (field.size, field.jump, field.start) == ((3, 3), None, None)


def test_a_transposed_convolution_halves_the_jump() -> None:
    (axis,) = axes_of(field_of("{conv_transpose: 1, kernel: 4, stride: 2, padding: 1}", sizes=(32,)))
    assert (axis.jump, axis.size) == (Fraction(1, 2), 2)
    assert [axis.at(unit) for unit in range(4)] == [(-1, 0), (0, 1), (0, 1), (1, 2)]


UNEVEN: dict[str, tuple[list[str], Fraction | None]] = {
    "adaptive pooling": (["{adaptive_avgpool: 7}"], Fraction(100, 7)),
    "adaptive pooling behind a stride": (["{maxpool: 2}", "{adaptive_avgpool: 7}"], Fraction(100, 7)),
    "a stride behind adaptive pooling": (["{adaptive_avgpool: 7}", "{maxpool: 2}"], Fraction(200, 7)),
    "all of them": (["{adaptive_avgpool: 7}", CONV, "{maxpool: 2}", "{upsample: 4}"], Fraction(50, 7)),
    "aligned corners": (["{upsample: 2, mode: linear, align_corners: true}"], Fraction(99, 199)),
    "branches that disagree": (["{add: {a: [], b: [{maxpool: 2}]}, align: crop}"], None),
}


@pytest.mark.parametrize(("layers", "jump"), UNEVEN.values(), ids=UNEVEN)
def test_the_jump_of_uneven_layers_is_their_average(layers: list[str], jump: Fraction | None) -> None:
    assert field_of(*layers, sizes=(100,)).jump == (jump,)


class Slide(NamedTuple):
    """A plain window along one axis."""

    kernel: int
    stride: int
    dilation: int
    before: int

    @property
    def text(self) -> str:
        k, s, d, before = self
        return f"{{conv: 1, kernel: {k}, stride: {s}, dilation: {d}, padding: [[{before}, 1]]}}"


SLIDES = st.builds(Slide, st.integers(1, 5), st.integers(1, 2), st.integers(1, 3), st.integers(0, 4))


@PROPERTY
@given(slides=st.lists(SLIDES, min_size=1, max_size=6))
def test_chains_follow_the_recurrence(slides: list[Slide]) -> None:
    """As derived by Araujo, Norris & Sim 2019, with the dilated kernel."""
    size, jump, start = 1, 1, Fraction(0)
    for k, s, d, before in slides:
        size += d * (k - 1) * jump
        start += (Fraction(d * (k - 1), 2) - before) * jump
        jump *= s
    (axis,) = axes_of(field_of(*(slide.text for slide in slides), sizes=(2000,)))
    assert (axis.size, axis.jump, axis.start) == (size, jump, start)


def test_a_merge_with_a_global_branch_sees_everything() -> None:
    both = f"{{concat: {{all: [instancenorm], near: [{CONV}]}}, align: crop}}"
    assert field_of(both).is_global
