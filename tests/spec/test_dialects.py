"""What a spec leaves open is read as its dialect says; what it writes always holds."""

import pytest

import cnncalc
from cnncalc.layers import LayerError, find_kind, options_of
from cnncalc.layers.dialects import DIALECTS, NAMES, named_by, read_as
from tests.spec.helpers import graph, output, spec

SIZES = [
    (
        "{Conv2DTranspose: 1, kernel: 3, stride: 2, padding: same}",
        16,
        {"cnncalc": 32, "keras": 32, "onnx": 32},
    ),
    (
        "{Conv2DTranspose: 1, kernel: 3, stride: 2, padding: same, output_padding: 0}",
        16,
        {"cnncalc": 32, "keras": 31},
    ),
    (
        "{Conv2DTranspose: 1, kernel: 2, stride: 3, padding: valid}",
        8,
        {"cnncalc": 23, "keras": 24, "onnx": 23},
    ),
    (
        "{conv_transpose: 1, kernel: 2, stride: 3}",
        8,
        {"cnncalc": 23, "pytorch": 23, "keras": 24, "caffe": 23},
    ),
    ("{conv_transpose: 1, kernel: 2, stride: 3, padding: 0}", 8, {"keras": 23}),
    ("{conv: 1, kernel: 3, stride: 2, padding: same}", 8, {"cnncalc": 4, "keras": 4, "onnx": 4}),
    ("{maxpool: 3, stride: 2}", 112, {"cnncalc": 55, "pytorch": 55, "keras": 55, "caffe": 56, "onnx": 55}),
    ("{maxpool: 3}", 9, {"cnncalc": 3, "pytorch": 3, "keras": 3, "caffe": 7, "onnx": 7}),
    ("{maxpool: 3, stride: 2, fit: floor}", 112, {"caffe": 55}),
    ("{avgpool: 3, stride: 3}", 32, {"cnncalc": 10, "caffe": 11}),
]
"""A layer, its input size, and its output size in some dialects."""


@pytest.mark.parametrize(
    ("line", "n", "dialect", "size"),
    [(line, n, dialect, size) for line, n, sizes in SIZES for dialect, size in sizes.items()],
)
def test_sizes(line: str, n: int, dialect: str, size: int) -> None:
    assert output(line, shape=f"[1, {n}, {n}]", top=f"dialect: {dialect}")[1:] == (size, size)


OPTIONS = [
    ("{conv: 4, kernel: 3}", "bias", {"cnncalc": True, "pytorch": True, "keras": True, "onnx": False}),
    ("{conv: 4, kernel: 3, bias: true}", "bias", {"onnx": True}),
    ("batchnorm", "eps", {"cnncalc": 1e-5, "pytorch": 1e-5, "keras": 1e-3, "caffe": 1e-5, "onnx": 1e-5}),
    ("{batchnorm: , eps: 0.1}", "eps", {"keras": 0.1}),
    ("batchnorm", "affine", {"cnncalc": True, "keras": True, "caffe": False, "onnx": True}),
    ("instancenorm", "affine", {"cnncalc": False, "pytorch": False, "keras": True, "onnx": True}),
    ("{avgpool: 2}", "count_padding", {"pytorch": True, "keras": False, "caffe": True, "onnx": False}),
    ("{lrn: 5}", "alpha", {"pytorch": 1e-4, "caffe": 1.0, "onnx": 1e-4}),
    ("prelu", "per", {"cnncalc": "channel", "pytorch": "layer", "keras": "element", "caffe": "channel"}),
    ("leaky_relu", "slope", {"pytorch": 0.01, "keras": 0.3, "caffe": 0.0, "onnx": 0.01}),
]


@pytest.mark.parametrize(
    ("line", "option", "dialect", "value"),
    [(line, option, dialect, value) for line, option, each in OPTIONS for dialect, value in each.items()],
)
def test_defaults(line: str, option: str, dialect: str, value: object) -> None:
    (node,) = graph(line, top=f"dialect: {dialect}").layers
    assert getattr(node.layer, option) == value


def test_a_norm_written_inside_a_layer_follows_the_dialect() -> None:
    *_, norm = graph("{conv: 4, kernel: 3, norm: batch}", top="dialect: keras").layers
    assert getattr(norm.layer, "eps", None) == 1e-3


def test_the_defaults_of_a_spec_win_over_those_of_its_dialect() -> None:
    (node,) = graph("batchnorm", top="dialect: keras\ndefaults: {batchnorm: {eps: 0.5}}").layers
    assert getattr(node.layer, "eps", None) == 0.5


def test_an_explicit_null_is_the_dialect_s_default() -> None:
    assert output("{maxpool: 3, stride: null}", shape="[1, 9, 9]", top="dialect: caffe") == (1, 7, 7)


def test_caffe_s_network_has_caffe_s_sizes() -> None:
    """GoogLeNet's pooling in bvlc_googlenet/deploy.prototxt: 224 → 112 → 56 → 56 → 28 → 28 → 14 → 7."""
    lines = [
        "{conv: 64, kernel: 7, stride: 2, padding: 3}",
        *("{maxpool: 3, stride: 2}",) * 2,
        "{maxpool: 3, stride: 1, padding: 1}",
        *("{maxpool: 3, stride: 2}",) * 2,
    ]
    built = graph(*lines, shape="[3, 224, 224]", top="dialect: caffe")
    assert [node.shape.spatial[0] for node in built.layers] == [112, 56, 28, 28, 14, 7]


@pytest.mark.parametrize("dialect", NAMES)
def test_a_report_names_its_dialect(dialect: str) -> None:
    assert cnncalc.analyze(spec("relu", top=f"dialect: {dialect.upper()}")).dialect == dialect


MEANT = [
    (
        "{Conv2DTranspose: 8, kernel_size: 3, strides: 2, padding: same, output_padding: 0}",
        "Conv2DTranspose is Keras' name, but the rules here are cnncalc's: output 8×16×16; Keras has 8×15×15",
    ),
    (
        "{Conv2DTranspose: 8, kernel_size: 2, strides: 3, padding: valid}",
        "Conv2DTranspose is Keras' name, but the rules here are cnncalc's: output 8×23×23; Keras has 8×24×24",
    ),
    (
        "{Conv2DTranspose: 8, kernel_size: 3, strides: 2, padding: same_lower}",
        "Conv2DTranspose is Keras' name, but the rules here are cnncalc's: in Keras, there is no padding "
        "'same_lower'",
    ),
    (
        "{Conv2d: 8, kernel_size: 3, stride: 2, padding: same}",
        "Conv2d is PyTorch's name, but the rules here are cnncalc's: in PyTorch, padding 'same' needs a "
        "stride of 1",
    ),
]


@pytest.mark.parametrize(("line", "message"), MEANT)
def test_a_library_s_name_with_another_meaning(line: str, message: str) -> None:
    (problem,) = spec(line).findings
    assert (problem.code, problem.level, problem.message) == ("other-dialect", "warning", message)


@pytest.mark.parametrize(
    ("line", "dialect"),
    [
        ("{Conv2DTranspose: 8, kernel_size: 3, strides: 2, padding: same}", "cnncalc"),
        ("{Conv2DTranspose: 8, kernel_size: 2, strides: 3, padding: valid}", "keras"),
        ("{conv_transpose: 8, kernel_size: 2, strides: 3, padding: valid}", "cnncalc"),
        ("{Conv2D: 8, kernel_size: 3, strides: 2, padding: same}", "pytorch"),
        ("{MaxPooling2D: 2}", "cnncalc"),
        ("PReLU", "cnncalc"),
    ],
)
def test_a_name_is_not_reported_without_a_difference(line: str, dialect: str) -> None:
    if dialect == "pytorch":  # refused, because PyTorch has no strided `same`
        line = line.replace("strides: 2", "strides: 1")
    assert not spec(line, top=f"dialect: {dialect}").findings


def test_alignment_is_a_difference() -> None:
    line = "{Conv2DTranspose: 8, kernel_size: 4, strides: 1, padding: same, output_padding: 0}"
    (problem,) = spec(line).findings
    assert "output 8×8×8; Keras has 8×7×7" in problem.message


@pytest.mark.parametrize(
    ("word", "dialect"),
    [
        ("Conv2DTranspose", "keras"),
        ("Conv1DTranspose", "keras"),
        ("Conv3D", "keras"),
        ("MaxPooling2D", "keras"),
        ("Conv2d", "pytorch"),
        ("ConvTranspose3d", "pytorch"),
        ("MaxPool1d", "pytorch"),
        ("conv", None),
        ("Conv", None),
        ("Dropout", None),
        ("BatchNormalization", "keras"),
    ],
)
def test_whose_name_a_word_is(word: str, dialect: str | None) -> None:
    assert named_by(word) == dialect


@pytest.mark.parametrize("dialect", NAMES)
def test_a_dialect_sets_options_that_exist(dialect: str) -> None:
    for kind, options in DIALECTS[dialect].defaults.items():  # type: ignore[index]
        assert set(options) <= set(options_of(kind)), kind
        assert options != {name: options_of(kind)[name].default for name in options}, "the same as cnncalc's"


def test_what_is_written_is_kept_when_a_layer_is_read_again() -> None:
    (node,) = graph("{maxpool: 3, padding: 1}").layers
    assert node.written == {"kernel", "padding"}
    found = read_as("caffe", node.layer, node.written)
    kind = find_kind("maxpool")
    assert kind
    assert found == kind(kernel=3, padding=1, stride=1, fit="ceil")
    with pytest.raises(LayerError, match="in Caffe, there is no padding 'same'"):
        read_as("caffe", kind(kernel=3, padding="same"), frozenset({"kernel", "padding"}))
