"""Padding, fit and axes: sizes and alignments computed by hand from the rules of the format."""

import pytest

import cnncalc
from cnncalc.window import Window
from tests.spec.helpers import codes, graph, output, spec

Sides = tuple[int, int]

# (input, kernel, stride, dilation): output size, and the zeros (before, after).
Case = tuple[int, int, int, int, int, Sides]
VALID: list[Case] = [
    (7, 3, 1, 1, 5, (0, 0)),
    (7, 3, 2, 1, 3, (0, 0)),
    (8, 3, 2, 1, 3, (0, 0)),
    (7, 3, 1, 2, 3, (0, 0)),
]
# ceil(n / s) outputs; the padding is (out - 1) * s + k_eff - n, and an odd zero goes to the end
SAME: list[Case] = [
    (7, 3, 1, 1, 7, (1, 1)),
    (8, 3, 2, 1, 4, (0, 1)),
    (7, 3, 2, 1, 4, (1, 1)),
    (6, 2, 1, 1, 6, (0, 1)),
    (6, 4, 1, 1, 6, (1, 2)),
    (6, 4, 2, 1, 3, (1, 1)),
    (7, 4, 2, 1, 4, (1, 2)),
    (5, 1, 2, 1, 3, (0, 0)),
    (6, 1, 2, 1, 3, (0, 0)),
    (6, 2, 3, 1, 2, (0, 0)),
    (7, 2, 3, 1, 3, (0, 1)),
    (10, 5, 3, 1, 4, (2, 2)),
    (6, 3, 1, 2, 6, (2, 2)),
    (7, 2, 1, 3, 7, (1, 2)),
    (224, 7, 2, 1, 112, (2, 3)),
    (3, 9, 1, 1, 3, (4, 4)),
]
# k_eff // 2 on each side, whatever the stride
HALF: list[Case] = [
    (7, 3, 1, 1, 7, (1, 1)),
    (8, 3, 2, 1, 4, (1, 1)),
    (7, 3, 2, 1, 4, (1, 1)),
    (6, 2, 1, 1, 7, (1, 1)),
    (6, 4, 1, 1, 7, (2, 2)),
    (6, 4, 2, 1, 4, (2, 2)),
    (5, 1, 2, 1, 3, (0, 0)),
    (6, 3, 1, 2, 6, (2, 2)),
    (7, 2, 1, 3, 8, (2, 2)),
    (224, 7, 2, 1, 112, (3, 3)),
]
CAUSAL: list[Case] = [
    (7, 3, 1, 1, 7, (2, 0)),
    (16, 2, 1, 8, 16, (8, 0)),
    (8, 3, 2, 1, 4, (2, 0)),
    (5, 1, 1, 4, 5, (0, 0)),
    (2, 3, 1, 4, 2, (8, 0)),
]
FULL: list[Case] = [
    (7, 3, 1, 1, 9, (2, 2)),
    (4, 2, 1, 3, 7, (3, 3)),
    (7, 3, 2, 1, 5, (2, 2)),
    (1, 5, 1, 1, 5, (4, 4)),
]
NUMBER: list[Case] = [(7, 3, 1, 1, 9, (2, 2)), (5, 3, 2, 1, 4, (2, 2)), (1, 3, 1, 2, 1, (2, 2))]

BY_MODE = {"valid": VALID, "same": SAME, "half": HALF, "causal": CAUSAL, "full": FULL, "2": NUMBER}
CASES = [(mode, *case) for mode, cases in BY_MODE.items() for case in cases]
CASES += [("same_lower", *case[:5], (case[5][1], case[5][0])) for case in SAME]
CASES += [("0", *case) for case in VALID]


def windows(layer: str, shape: str) -> tuple[Window, ...]:
    """The windows of the only layer of a network."""
    (node,) = graph(layer, shape=shape).layers
    found = node.layer.windows(*node.reads)
    return tuple(window for window in found if isinstance(window, Window))


@pytest.mark.parametrize(("mode", "n", "k", "s", "d", "size", "sides"), CASES)
def test_a_padding_gives_its_size_and_its_alignment(
    mode: str, n: int, k: int, s: int, d: int, size: int, sides: Sides
) -> None:
    layer = f"{{conv: 1, kernel: {k}, stride: {s}, dilation: {d}, padding: {mode}}}"
    assert output(layer, shape=f"[1, {n}]") == (1, size)
    (window,) = windows(layer, f"[1, {n}]")
    assert (window.before, window.after) == sides


@pytest.mark.parametrize(("mode", "n", "k", "s", "d", "size", "sides"), CASES)
def test_a_padding_is_the_same_on_every_axis_and_for_every_kind(
    mode: str, n: int, k: int, s: int, d: int, size: int, sides: Sides
) -> None:
    options = f"stride: {s}, dilation: {d}, padding: {mode}"
    assert output(f"{{depthwise: {k}, {options}}}", shape=f"[2, {n}, {n}]") == (2, size, size)
    if max(sides) < d * (k - 1) + 1 and n < 100:
        assert output(f"{{maxpool: {k}, {options}}}", shape=f"[1, {n}, {n}, {n}]") == (1, size, size, size)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("s", [1, 2, 3, 5])
def test_same_gives_one_output_per_stride_begun_and_half_keeps_the_size_of_odd_kernels(
    k: int, s: int
) -> None:
    for mode in ("same", "same_lower", "half") if k % 2 else ("same", "same_lower"):
        layer = f"{{conv: 1, kernel: {k}, stride: {s}, padding: {mode}}}"
        for n in range(1, 12):
            assert output(layer, shape=f"[1, {n}]") == (1, -(-n // s)), (mode, n)


def test_same_and_half_give_one_size_and_two_alignments() -> None:
    same, half = (f"{{conv: 1, kernel: 3, stride: 2, padding: {mode}}}" for mode in ("same", "half"))
    assert output(same, shape="[1, 8]") == output(half, shape="[1, 8]")
    starts = [
        cnncalc.analyze(spec(layer, shape="[1, 8]")).layer("conv1").field.start for layer in (same, half)
    ]
    assert starts == [(1,), (0,)]


@pytest.mark.parametrize(
    ("padding", "shape", "size", "sides"),
    [
        ("[2]", "[1, 6]", (8,), [(2, 2)]),
        ("[[2, 0]]", "[1, 6]", (6,), [(2, 0)]),
        ("[1, 2]", "[1, 6, 6]", (6, 8), [(1, 1), (2, 2)]),
        ("[[1, 0], [0, 2]]", "[1, 6, 6]", (5, 6), [(1, 0), (0, 2)]),
        ("1x2", "[1, 6, 6]", (6, 8), [(1, 1), (2, 2)]),
        ("[0, 1, 2]", "[1, 6, 6, 6]", (4, 6, 8), [(0, 0), (1, 1), (2, 2)]),
        ("[[1, 0], [0, 0], [2, 3]]", "[1, 6, 6, 6]", (5, 4, 9), [(1, 0), (0, 0), (2, 3)]),
        ("[p, p * 2]", "[1, 6, 6]", (6, 8), [(1, 1), (2, 2)]),
    ],
)
def test_padding_lists_go_axis_by_axis(
    padding: str, shape: str, size: tuple[int, ...], sides: list[Sides]
) -> None:
    layer, top = f"{{conv: 1, kernel: 3, padding: {padding}}}", "vars: {p: 1}"
    assert output(layer, shape=shape, top=top) == (1, *size)
    (node,) = graph(layer, shape=shape, top=top).layers
    found = node.layer.windows(*node.reads)
    assert [(window.before, window.after) for window in found if isinstance(window, Window)] == sides


@pytest.mark.parametrize(
    "padding",
    [
        "-1",
        "1.5",
        "[1, 2]",
        "[[1, 2, 3]]",
        "[-1]",
        "sane",
        "true",
        "[same]",
        "[[1], [2]]",
        "[[[1, 2]]]",
        "[]",
    ],
)
def test_any_other_padding_of_one_axis_is_refused(padding: str) -> None:
    assert codes(f"{{conv: 1, kernel: 3, padding: {padding}}}", shape="[1, 6]")


@pytest.mark.parametrize("padding", ["3", "[[0, 3]]", "[[4, 0]]"])
def test_a_pool_is_not_padded_beyond_its_kernel(padding: str) -> None:
    assert codes(f"{{maxpool: 3, padding: {padding}}}", shape="[1, 6]") == ["padding-too-large"]


# (input, kernel, stride, padding): sizes by floor and by ceil
FITS = [
    (7, 3, 2, 0, 3, 3),
    (8, 3, 2, 0, 3, 4),
    (112, 3, 2, 0, 55, 56),
    (5, 2, 2, 0, 2, 3),
    (5, 2, 2, 1, 3, 3),  # the fourth window would start in the end padding
    (6, 3, 3, 1, 2, 3),  # the third starts on the last input
    (2, 1, 2, 0, 1, 1),  # the second would start after the input
    (7, 3, 5, 0, 1, 2),
    (7, 2, 4, 0, 2, 2),
]


@pytest.mark.parametrize("kind", ["maxpool: {k}", "avgpool: {k}", "conv: 1, kernel: {k}", "depthwise: {k}"])
@pytest.mark.parametrize(("n", "k", "s", "p", "floor", "ceil"), FITS)
def test_floor_drops_the_remainder_and_ceil_adds_a_window(
    kind: str, n: int, k: int, s: int, p: int, floor: int, ceil: int
) -> None:
    layer = f"{kind.format(k=k)}, stride: {s}, padding: {p}"
    sizes = {
        fit: output(f"{{{layer}{fit}}}", shape=f"[1, {n}]")[1]
        for fit in ("", ", fit: floor", ", ceil: false", ", fit: ceil", ", ceil: true", ", ceil_mode: true")
    }
    assert list(sizes.values()) == [floor] * 3 + [ceil] * 3


@pytest.mark.parametrize(("n", "k", "s", "p", "floor", "ceil"), FITS)
def test_exact_refuses_a_remainder_and_floor_reports_a_note(
    n: int, k: int, s: int, p: int, floor: int, ceil: int
) -> None:
    layer = f"{{maxpool: {k}, stride: {s}, padding: {p}, fit: exact}}"
    fits = (n + 2 * p - k) % s == 0
    if fits:
        assert output(layer, shape=f"[1, {n}]") == (1, floor) == (1, ceil)
    else:
        assert codes(layer, shape=f"[1, {n}]") == ["does-not-fit"]
    findings = cnncalc.analyze(spec(layer.replace("exact", "floor"), shape=f"[1, {n}]")).findings
    assert [(note.code, note.level) for note in findings] == ([] if fits else [("does-not-fit", "note")])


@pytest.mark.parametrize(
    ("layer", "shape", "found"),
    [
        ("{conv: 2, kernel: 3}", "[1, 9]", (2, 7)),
        ("{conv: 2, kernel: 3}", "[1, 9, 8]", (2, 7, 6)),
        ("{conv: 2, kernel: 3}", "[1, 9, 8, 7]", (2, 7, 6, 5)),
        ("{conv: 2, kernel: [3]}", "[1, 9]", (2, 7)),
        ("{conv: 2, kernel: [3, 5]}", "[1, 9, 9]", (2, 7, 5)),
        ("{conv: 2, kernel: 3x5}", "[1, 9, 9]", (2, 7, 5)),
        ("{conv: 2, kernel: [1, 3, 5]}", "[1, 9, 9, 9]", (2, 9, 7, 5)),
        ("{conv: 2, kernel: 1x3x5}", "[1, 9, 9, 9]", (2, 9, 7, 5)),
        ("{conv: 2, kernel: 3, stride: [1, 2]}", "[1, 9, 9]", (2, 7, 4)),
        ("{conv: 2, kernel: 3, dilation: [1, 3]}", "[1, 9, 9]", (2, 7, 3)),
        ("{conv: 2, kernel: 1x3, padding: same}", "[1, 9, 9]", (2, 9, 9)),
        ("{maxpool: [1, 2, 2]}", "[1, 9, 8, 6]", (1, 9, 4, 3)),
        ("{maxpool: 2, padding: [0, 1, 1]}", "[512, 2, 7, 7]", (512, 1, 4, 4)),
        ("{upsample: [1, 2, 3]}", "[1, 2, 2, 2]", (1, 2, 4, 6)),
        ("{conv_transpose: 2, kernel: 2, stride: [2, 3]}", "[1, 4, 4]", (2, 8, 11)),
        ("{conv: 2, kernel: 3}", "{width: 9, depth: 5, channels: 1, height: 7}", (2, 3, 5, 7)),
        ("{conv: 2, kernel: 3}", "{length: 9, channels: 1}", (2, 7)),
        ("{dense: 2}", "{channels: 9}", (2,)),
    ],
)
def test_the_input_determines_the_axes_in_the_order_depth_height_width(
    layer: str, shape: str, found: tuple[int, ...]
) -> None:
    assert output(layer, shape=shape) == found


@pytest.mark.parametrize(
    "option", ["kernel: [3, 3, 3]", "kernel: [3]", "kernel: 3, stride: [1]", "kernel: 3, dilation: 1x1x1"]
)
def test_a_list_has_one_value_for_each_axis(option: str) -> None:
    assert codes(f"{{conv: 2, {option}}}") == ["wrong-axes"]


NO_INPUTS = ["{channels: 3, width: 8}", "{height: 8, width: 8}", "{channels: 3, length: 8, width: 8}"]
NO_INPUTS += [
    "{channel: 3, length: 8}",
    "[3, 8, 8, 8, 8]",
    "[]",
    "[0, 8, 8]",
    "[3, -8, 8]",
    "[3, 8.5]",
    "3x0",
    "wide",
]


@pytest.mark.parametrize("shape", NO_INPUTS)
def test_an_input_has_channels_and_one_to_three_axes(shape: str) -> None:
    assert set(codes("relu", shape=shape)) <= {"bad-input", "expression"}
