"""`calc`: shapes in every spelling, layers typed on one line, errors that point into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc import SpecError
from cnncalc.problems import one_line
from cnncalc.shapes import Layout
from cnncalc.spec.typed_shape import ShapeError, typed_input
from tests.conftest import assert_same

# input text, channels, spatial sizes, layout
SHAPES: list[tuple[str, int, tuple[int, ...], Layout]] = [
    ("227x227x3", 3, (227, 227), "hwc"),
    ("227×227×3", 3, (227, 227), "hwc"),
    ("227 x 227 x 3", 3, (227, 227), "hwc"),
    ("227X227X3", 3, (227, 227), "hwc"),
    ("227*227*3", 3, (227, 227), "hwc"),
    ("227 by 227 by 3", 3, (227, 227), "hwc"),
    ("(227,227,3)", 3, (227, 227), "hwc"),
    ("[227, 227, 3]", 3, (227, 227), "hwc"),
    ("3x227x227", 3, (227, 227), "chw"),
    ("(3, 224, 320)", 3, (224, 320), "chw"),
    ("224x320x3", 3, (224, 320), "hwc"),
    ("27x27x192", 192, (27, 27), "hwc"),
    ("192x27x27", 192, (27, 27), "chw"),
    ("1x1x4096", 4096, (1, 1), "hwc"),
    ("3x3x512", 512, (3, 3), "hwc"),
    ("512x3x3", 512, (3, 3), "chw"),
    ("64x32x16", 16, (64, 32), "hwc"),
    ("3x3x3", 3, (3, 3), "hwc"),
    ("28x28", 1, (28, 28), "hwc"),
    ("(10, 11)", 1, (10, 11), "hwc"),
    ("4096", 4096, (), "hwc"),
    ("(4096,)", 4096, (), "hwc"),
    ("(None, 28, 28, 1)", 1, (28, 28), "hwc"),
    ("(None, 784)", 784, (), "hwc"),
    ("[-1, 64, 112, 112]", 64, (112, 112), "chw"),
    ("N x 3 x 32 x 32", 3, (32, 32), "chw"),
    ("(1, 3, 64, 64)", 3, (64, 64), "chw"),
    ("1x64x64x3", 3, (64, 64), "hwc"),
    ("1x3x16x112x112", 3, (16, 112, 112), "chw"),
    ("64x64x64x3", 3, (64, 64, 64), "hwc"),
    ("3x16x112x112", 3, (16, 112, 112), "chw"),
    ("1x16x16x16", 1, (16, 16, 16), "chw"),
]


@pytest.mark.parametrize(("text", "channels", "spatial", "layout"), SHAPES)
def test_shapes_in_every_spelling(text: str, channels: int, spatial: tuple[int, ...], layout: Layout) -> None:
    found = typed_input(text)
    if text == "(None, 784)":  # without a batch one size is left
        spatial, channels = (), 784
    assert (found.shape.channels, found.shape.spatial, found.layout) == (channels, spatial, layout)


@given(st.integers(2, 400), st.integers(5, 400), st.integers(1, 2000))
def test_square_sizes_identify_the_channels(side: int, other: int, channels: int) -> None:
    if channels != side:
        assert typed_input(f"{side}x{side}x{channels}").shape.channels == channels
        assert typed_input(f"{channels}x{side}x{side}").shape.channels == channels
    for layout in ("hwc", "chw"):
        dims = (side, other, channels)
        assert typed_input("x".join(map(str, dims)), layout).shape.dims(layout) == dims


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("227x227x3", "channels last, because the other sizes are equal"),
        ("3x227x227", "channels first, because the other sizes are equal"),
        ("3x224x320", "channels first, because 3 is most likely the number of colours"),
        ("224x320x3", "channels last, because 3 is most likely the number of colours"),
        ("64x32x16", "channels last, as in most homework"),
        ("28x28", "two sizes mean an image with one channel"),
        ("(1,3,64,64)", "the leading 1 is a batch of one sample; channels first, because the other sizes"),
        ("4096", ""),
        (
            "128x32x32x3",
            "channels last, because 3 is most likely the number of colours; "
            "if the first size is a batch, use --batch instead",
        ),
    ],
)
def test_the_choice_of_layout_is_explained(text: str, why: str) -> None:
    assert typed_input(text).why.startswith(why)
    assert cnncalc.calc(text).note.endswith(why) or why.endswith("sizes")


@pytest.mark.parametrize(
    ("text", "message", "offset", "width"),
    [
        ("22ax3", "sizes must be whole numbers of at least 1; found '22a'", 0, 3),
        ("224x0x3", "sizes must be whole numbers of at least 1; found '0'", 4, 1),
        ("(224, -4, 3)", "sizes must be whole numbers of at least 1; found '-4'", 6, 2),
        ("224xx3", "missing size in '224xx3'", 4, 1),
        ("", "missing size in ''", 0, 1),
        (
            "1x2x3x4x5x6",
            "expected 1 to 4 sizes (channels and up to three axes), found 6 in '1x2x3x4x5x6'",
            0,
            11,
        ),
        ("64x3x32x32", "'64x3x32x32' looks like a batch of 64 images with 3 channels", 0, 10),
        ("3.5x3x3", "sizes must be whole numbers of at least 1; found '3.5'", 0, 3),
    ],
)
def test_invalid_shapes_are_reported_with_their_place(
    text: str, message: str, offset: int, width: int
) -> None:
    with pytest.raises(ShapeError) as caught:
        typed_input(text)
    assert (str(caught.value), caught.value.offset, caught.value.width) == (message, offset, width)


@given(st.text(alphabet="0123456789x×*,;()[] NonebB-?.", max_size=20))
def test_any_text_is_a_shape_or_an_error(text: str) -> None:
    offset, size = 0, 1
    try:
        size = typed_input(text).shape.size
    except ShapeError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)
    assert size >= 1


def test_layers_are_typed_in_every_way() -> None:
    report = cnncalc.calc(
        "32x32x3",
        "conv: 8, kernel: 3, padding: same, norm: batch, act: relu",
        "{maxpool: 2}",
        "Conv2d: 16, kernel_size: [3, 5], stride: 2",
        "add: {main: [{conv: 16, kernel: 1}], skip: []}",
        "flatten",
        " relu ",
        "dense: 5 * 2, repeat: 2",
    )
    kinds = [row.kind for row in report.layers]
    assert kinds == [
        "conv", "batchnorm", "relu", "maxpool", "conv", "conv", "add", "flatten", "relu", "dense", "dense"
    ]  # fmt: skip
    assert report.output.output.dims() == (10,)
    assert report.layout == "hwc"


def test_alexnet_in_one_line() -> None:
    report = cnncalc.calc("227x227x3", "conv: 96, kernel: 11, stride: 4", "maxpool: 3, stride: 2", batch=10)
    assert report.output.output.dims("hwc") == (27, 27, 96)
    assert report.totals.macs == 1_054_152_000


# arguments, problems as lines
WRONG = [
    (
        ("16x100", "conv1d: 32, kernel: 5"),
        ["the arguments:1:1: error: '16x100' has two readings: 16 steps of 100 channels, or 16 channels "
         "of 100 steps; choose with --layout hwc or --layout chw [bad-input]"],
    ),
    (
        ("8x8x3", "pointwise: 4", "unshared: 4, kernel: 3", "Subsampling2d: 2"),
        ["the arguments:2:1: error: unknown kind of layer 'pointwise'; "
         "write `conv: 64, kernel: 1` [unknown-kind]",
         "the arguments:3:1: error: unknown kind of layer 'unshared'; "
         "write `locally_connected` [unknown-kind]",
         "the arguments:4:1: error: unknown kind of layer 'Subsampling2d'; write `avgpool: 2`; "
         "LeNet's subsampling of 1998 also has weights: add `scale` after it [unknown-kind]"],
    ),
    (
        ("22ax3", "relu"),
        ["the arguments:1:1: error: sizes must be whole numbers of at least 1; found '22a'; "
         "such as 227x227x3, 3×227×227, (None, 28, 28, 1) or 28x28 [bad-input]"],
    ),
    (
        ("8x8x3", "conv: 4, kernal: 3", "maxpool: 2, stride: 0", "relu6x", "conv:3"),
        [
            "the arguments:2:10: error: unknown option 'kernal' of conv; "
            "did you mean 'kernel'? [unknown-option]",
            "the arguments:3:21: error: stride of maxpool must be a whole number of at least 1, "
            "or a list of one for each axis; found 0 [bad-value]",
            "the arguments:4:1: error: unknown kind of layer 'relu6x'; "
            "did you mean 'relu6'? [unknown-kind]",
            "the arguments:5:1: error: missing space after the colon in 'conv:3'; "
            "write `conv: 3` [no-space]",
        ],
    ),
    (
        ("8x8x3", "conv: 4, kernel: 9"),
        ["the arguments:2:18: error: kernel 9 is larger than the height 8; "
         "use a smaller kernel, more padding, or less downsampling before it [kernel-too-large]"],
    ),
    (
        ("8x8x3", "{conv: 4, kernel: 9}"),
        ["the arguments:2:19: error: kernel 9 is larger than the height 8; "
         "use a smaller kernel, more padding, or less downsampling before it [kernel-too-large]"],
    ),
    (
        ("100", "conv: 8, kernel: 3"),
        ["the arguments:2:1: error: conv needs an input with spatial axes, found a vector of 100; one size "
         "means a vector; write 100x100x1 for an image, 1x100 --layout chw for a signal [no-axes]"],
    ),
    (
        ("100x1", "conv: 8, kernel: 3"),
        ["the arguments:2:18: error: kernel 3 is larger than the width 1; for a signal pass "
         "--layout chw (channels first) or --layout hwc (channels last) [kernel-too-large]"],
    ),
    (
        ("8x8x3", "depthwise: 64, kernel: 3", "conv: 3, filters: 5"),
        ["the arguments:2:16: error: duplicate option kernel of depthwise; "
         "`depthwise: …` already sets kernel; the number of channels is that of the input [given-twice]",
         "the arguments:3:10: error: duplicate option filters of conv; `conv: …` already sets filters "
         "[given-twice]"],
    ),
    (
        ("8x8x3", "conv 10 5", "maxpool(2, 2)", "conv 1 2 3 4 5", "relu 3"),
        ["the arguments:2:9: error: 10 and 5: which is which?; "
         "write `conv: 10, kernel: 5` [not-understood]",
         "the arguments:3:12: error: maxpool takes at most 1 argument without a name; "
         "write `maxpool: 2, stride: 2` [not-understood]",
         "the arguments:4:8: error: 1 and 2: which is which?; "
         "name the numbers, such as '64 filters of 3x3' or 'kernel 3, stride 2' [not-understood]",
         "the arguments:5:6: error: relu takes no number [not-understood]"],
    ),
    (
        ("8x8x3", "dense: 10, biass: true"),
        ["the arguments:2:12: error: unknown option 'biass' of dense; did you mean 'bias'? [unknown-option]"],
    ),
    (
        ("8x8x3", "conv: 4, kernel: [3"),
        ["the arguments:2:20: error: invalid YAML: did not find expected ',' or ']'; "
         "add the missing `]` or `,` before this [yaml]"],
    ),
    (
        ("8x8x3", "", "[relu]"),
        ['the arguments:2:1: error: expected a layer, found an empty argument; '
         'such as "conv: 96, kernel: 11, stride: 4", or relu [not-a-layer]',
         "the arguments:3:1: error: '[relu]' is not a layer; "
         'such as "conv: 96, kernel: 11, stride: 4", or relu [not-a-layer]'],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "lines"), WRONG)
def test_errors_point_into_the_arguments(arguments: tuple[str, ...], lines: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.calc(*arguments)
    error = caught.value
    assert_same("\n".join(one_line(each, error.source) for each in error.problems), "\n".join(lines))
    assert error.source.text.splitlines() == [*arguments]


@given(st.text(max_size=30))
def test_any_argument_is_a_layer_or_an_error(text: str) -> None:
    try:
        cnncalc.calc("8x8x3", text, "relu")
    except SpecError as error:
        for problem in error.problems:
            assert problem.place is not None
            assert problem.place.line in (1, 2)
            assert 1 <= problem.place.column <= len(text) + 2


@pytest.mark.parametrize("text", ["relu\ninput: [1]", "relu}, {conv: 3", "relu # x\n", "- - relu"])
def test_an_argument_cannot_leave_its_place(text: str) -> None:
    try:
        report = cnncalc.calc("8x8x3", text)
    except SpecError:
        return
    assert len(report.layers) == 1
    assert report.input.dims("hwc") == (8, 8, 3)


def test_places_of_layers_are_the_arguments() -> None:
    report = cnncalc.calc("9x9x1", "relu", "conv: 1, kernel: 2, stride: 2")
    assert [row.line for row in report.layers] == [2, 3]
    (note,) = [problem for problem in report.findings if problem.code == "does-not-fit"]
    assert note.place
    assert (note.place.line, note.place.column) == (3, 1)
    assert report.source.text == "9x9x1\nrelu\nconv: 1, kernel: 2, stride: 2"
