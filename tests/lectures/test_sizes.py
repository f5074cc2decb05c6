"""Output sizes of the lectures' layers, and valid paddings and strides."""

from fractions import Fraction

import pytest

from cnncalc.analysis.symbolic import fitted
from cnncalc.formula import Formula
from cnncalc.window import EFFECTIVE_KERNEL, OUTPUT_SIZE, SAME_PADDING, TRANSPOSED_SIZE, Window
from tests.analysis.written import report_of
from tests.spec.helpers import codes, output, spec

# (layer, input, output), channels first.
SIZES = [
    ("{conv_transpose: 1, kernel: 3}", "[1, 4]", (1, 6)),  # L0.7
    ("{conv: 1, kernel: 3}", "[1, 4, 4]", (1, 2, 2)),  # L1.2
    ("{conv: 1, kernel: 5}", "[3, 32, 32]", (1, 28, 28)),  # L1.3
    ("{conv: 6, kernel: 5}", "[3, 32, 32]", (6, 28, 28)),  # L1.3
    ("{conv: 1, kernel: 3}", "[1, 5, 5]", (1, 3, 3)),  # L2.1
    ("{shift: , act: relu}", "[1, 3, 3]", (1, 3, 3)),  # L2.4
    ("{conv: 1, kernel: 3}", "[1, 6, 6]", (1, 4, 4)),  # L4.3
]

# (W1, H1, D1, F, S, K) and (W2, H2, D2).
VOLUMES = [
    ((227, 227, 3, 11, 4, 96), (55, 55, 96)),
    ((32, 32, 1, 5, 1, 6), (28, 28, 6)),
    ((20, 14, 8, 2, 2, 8), (10, 7, 8)),
    ((9, 5, 3, 3, 2, 4), (4, 2, 4)),
]

LECTURE_SIZE = Formula(
    "(N - F + 2*P) / S + 1",
    N="input size",
    F="filter size",
    P="padding of each side",
    S="stride",
)
"""The output size in the lectures' notation: without dilation, padding per side."""


@pytest.mark.parametrize(("layer", "shape", "expected"), SIZES)
def test_the_outputs_of_the_worked_examples(layer: str, shape: str, expected: tuple[int, ...]) -> None:
    """L0.7, L1.2, L1.3, L2.1, L2.4, L4.3."""
    assert output(layer, shape=shape) == expected


@pytest.mark.parametrize(("given", "expected"), VOLUMES)
def test_a_volume_becomes_as_deep_as_there_are_filters(
    given: tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    """L3.3: W1×H1×D1, F, S, K → W2×H2×D2."""
    width, height, depth, kernel, stride, filters = given
    built = output(
        f"{{conv: {filters}, kernel: {kernel}, stride: {stride}}}", shape=f"{[depth, height, width]}"
    )
    assert built == (expected[2], expected[1], expected[0])
    assert expected[2] == filters


@pytest.mark.parametrize(("dilation", "effective"), [(1, 3), (2, 5), (3, 7)])
def test_a_dilated_kernel_spans_more(dilation: int, effective: int) -> None:
    """L0.6: d·(k − 1) + 1 for a kernel of 3; dilation 1 is a standard convolution."""
    assert EFFECTIVE_KERNEL.typeset() == "d·(k − 1) + 1"
    assert EFFECTIVE_KERNEL(d=dilation, k=3).value == effective == Window(3, dilation=dilation).span
    assert report_of([f"{{conv: 1, kernel: 3, dilation: {dilation}}}"]).output.field.size == (effective,) * 2


@pytest.mark.parametrize(("n", "stride", "size"), [(4, 1, 6), (2, 1, 4), (2, 2, 5)])
def test_the_size_of_a_transposed_convolution(n: int, stride: int, size: int) -> None:
    """L0.7, L0.8: (n − 1)·s + k for a kernel of 3."""
    assert TRANSPOSED_SIZE(n=n, s=stride, p=0, d=1, k=3, a=0).value == (n - 1) * stride + 3 == size


@pytest.mark.parametrize(("stride", "fitting", "size"), [(1, "5", 5), (2, "3", 3), (3, "7/3", 2)])
def test_a_stride_that_does_not_fit_is_told_with_the_exact_fraction(
    stride: int, fitting: str, size: int
) -> None:
    """L1.4: N = 7, F = 3, P = 0; with stride 3, the size would be 2.33."""
    layer = f"conv: 1, kernel: 3, stride: {stride}"
    report = report_of([f"{{{layer}}}"], sizes=(7, 7))
    assert report.output.output.spatial == (size, size)
    assert Window(3, stride).fitting(7).exact == Fraction(fitting)
    notes = [problem.message for problem in report.findings if problem.code == "does-not-fit"]
    if fitting == "7/3":
        assert notes == ["the stride does not divide the height and width evenly: (7 + 0 − 3)/3 + 1 = 7/3"]
        assert codes(f"{{{layer}, fit: exact}}", shape="[1, 7, 7]") == ["does-not-fit"]
    else:
        assert notes == []
        assert output(f"{{{layer}, fit: exact}}", shape="[1, 7, 7]") == (1, size, size)


@pytest.mark.parametrize(("kernel", "padding"), [(3, 1), (5, 2), (7, 3)])
def test_the_padding_that_keeps_the_size(kernel: int, padding: int) -> None:
    """L1.5: only this padding solves N = N − F + 2P + 1, and `same` and `half` give it."""
    n = 32
    keeping = [p for p in range(n) if OUTPUT_SIZE(n=n, p=2 * p, d=1, k=kernel, s=1).value == n]
    assert keeping == [padding]
    for mode in ("same", "half"):
        (node,) = spec(f"{{conv: 1, kernel: {kernel}, padding: {mode}}}", shape=f"[1, {n}]").graph.layers
        assert node.layer.windows(*node.reads) == (Window(kernel, before=padding, after=padding),)


def test_the_padding_that_keeps_the_size_in_general() -> None:
    """L1.5: P = (F − 1)/2 for odd F, as a polynomial in F."""
    kernels = range(3, 17, 2)
    halves = [SAME_PADDING(n=32, s=1, d=1, k=kernel).value // 2 for kernel in kernels]
    polynomial = fitted(kernels, halves)
    assert polynomial is not None
    assert polynomial.text("F") == "1/2·F − 1/2"


def test_the_size_formula_is_shown_with_the_numbers_put_in() -> None:
    """L1.6: the formula, also in the lecture's notation, and for a size of 7."""
    names = {"n": "N", "p": "2P", "k": "F", "s": "S"}
    assert OUTPUT_SIZE.typeset(names=names) == "⌊(N + 2P − d·(F − 1) − 1)/S⌋ + 1"
    assert str(OUTPUT_SIZE(n=7, p=2, d=1, k=3, s=2)) == "⌊(7 + 2 − 1·(3 − 1) − 1)/2⌋ + 1 = 4"
    assert str(LECTURE_SIZE(N=7, F=3, P=1, S=2)) == "(7 − 3 + 2·1)/2 + 1 = 4"


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("kernel", [2, 3, 5])
def test_the_lectures_formula_is_ours(kernel: int, padding: int, stride: int) -> None:
    """L1.6, L2.5, L4.3: (n + 2P − k)/S + 1 if the stride divides evenly, otherwise rounded down."""
    for n in range(5, 30):
        ours = OUTPUT_SIZE(n=n, p=2 * padding, d=1, k=kernel, s=stride)
        exactly = LECTURE_SIZE.evaluate(n, kernel, padding, stride)
        assert ours.value == exactly // 1
        assert Window(kernel, stride, before=padding, after=padding).fitting(n).exact == exactly


@pytest.mark.parametrize("padding", [1, 2])
def test_padding_makes_the_image_larger(padding: int) -> None:
    """L2.5: (n + 2P)×(n + 2P); convolving it equals a convolution with padding."""
    conv = "conv: 1, kernel: 3, stride: 2"
    assert output(f"{{pad: {padding}}}", shape="[1, 5, 5]") == (1, 5 + 2 * padding, 5 + 2 * padding)
    padded_first = output(f"{{pad: {padding}}}", f"{{{conv}}}", shape="[1, 5, 5]")
    assert padded_first == output(f"{{{conv}, padding: {padding}}}", shape="[1, 5, 5]")


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_pooling_has_the_same_sizes_without_padding(stride: int) -> None:
    """L2.5: (n − k)/S + 1."""
    for n in range(3, 20):
        size = OUTPUT_SIZE(n=n, p=0, d=1, k=3, s=stride).value
        assert output(f"{{maxpool: 3, stride: {stride}}}", shape=f"[4, {n}, {n}]") == (4, size, size)
