"""Derivations of the lectures, as shown by `explain`, `calc` and `solve`."""

import pytest

import cnncalc as library
from tests.cli.conftest import Run


def test_the_size_formula_is_explained(cnncalc: Run) -> None:
    """L1.6: (N − F + 2P)/S + 1 in the lecture's notation, with numbers and their meanings."""
    out = cnncalc(
        "calc", "7x7x1", "conv: 1, kernel: 3, stride: 2, padding: 1", "--of", "output", "--notation", "uio"
    ).out
    lines = [line.strip() for line in out.splitlines()]
    assert "(N^i − F + 2·P)/S + 1" in lines
    assert "= (7 − 3 + 2·1)/2 + 1 = 4" in lines
    assert "P    1  padding on each side" in lines


def test_what_does_not_fit_is_explained(cnncalc: Run) -> None:
    """L1.4: 7/3 = 2.33 windows, with floor, ceil and exact."""
    out = cnncalc("calc", "7x7x1", "conv: 1, kernel: 3, stride: 3", "--of", "fit").out
    assert "the stride does not divide evenly: 7/3 = 2.333 windows" in out
    assert "`fit: floor` gives 2" in out
    assert "`fit: ceil` gives 3" in out
    assert "`fit: exact` reports an error" in out


@pytest.mark.parametrize(("kernel", "padding"), [(3, 1), (5, 2), (7, 3)])
def test_the_padding_that_keeps_the_size_is_solved_for(kernel: int, padding: int) -> None:
    """L1.5."""
    found = library.solve(f"conv: 1, kernel: {kernel}, padding: ?", input="32x32x1", output="same")
    assert found.values == [{"padding": padding}]


def test_the_field_is_explained_line_by_line(cnncalc: Run) -> None:
    """L1.8: 3, 5, 7; with a stride of 2, the second layer's field is 7."""
    plain = cnncalc("explain", "lectures/three_convs", "layer3", "--of", "receptive_field").out
    assert "5 + (3 − 1)·1 = 7" in plain
    layers = ("conv: 1, kernel: 3, stride: 2", "conv: 1, kernel: 3")
    assert "3 + (3 − 1)·2 = 7" in cnncalc("calc", "32x32x1", *layers, "--of", "receptive_field").out


def test_a_filter_is_explained_as_a_vector(cnncalc: Run) -> None:
    """L2.3: a (2, 2, 3) filter unrolled to 12 numbers, wᵀx + b, one bias per filter."""
    out = cnncalc("calc", "6x6x3", "conv: 4, kernel: 2", "--of", "weights_per_neuron").out
    assert "= 3·2·2 = 12" in out
    assert "each output is wᵀx + b" in out
    assert "flattened to vectors of 12, plus one bias per filter" in out


def test_the_padded_image_is_explained(cnncalc: Run) -> None:
    """L2.5: (n + 2P) wide; pooling has the same formula with P = 0."""
    out = cnncalc("calc", "5x5x1", "conv: 1, kernel: 3, padding: 2", "--of", "padded,output").out
    assert "n + 2·p" in out
    assert "= 5 + 2·2 = 9" in out
    assert "⌊(n + 2·p − k)/s⌋ + 1" in out
    out = cnncalc("calc", "5x5x1", "maxpool: 3, stride: 2", "--of", "padded,output").out
    assert "⌊(n + 2·p − k)/s⌋ + 1" in out
    assert "= ⌊(5 + 2·0 − 3)/2⌋ + 1 = 2" in out


def test_unshared_and_dense_costs_stand_beside(cnncalc: Run) -> None:
    """L0.1, L0.2, L3.4: a 4×4 image, one 3×3 filter: 9 weights, 36 unshared, 64 dense."""
    layer = library.explain(library.calc("4x4x1", "conv: 1, kernel: 3, bias: false"), "conv1")
    assert [layer.value(name) for name in ("params", "unshared_params", "dense_params")] == [9, 36, 64]
    assert "60,000,000" in cnncalc("explain", "lectures/dense_on_megapixel", "--of", "params").out
