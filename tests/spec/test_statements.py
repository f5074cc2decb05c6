"""One item in a list of layers: notations, names from other libraries, and the resulting layer."""

import pytest

from cnncalc.layers import Layer
from tests.spec.helpers import codes, graph, names, node, output, reads, text

SAME_CONV = [
    "{conv: 64, kernel: 3}",
    "{conv: {filters: 64, kernel: 3}}",
    "{conv: {kernel: 3}, filters: 64}",
    "{conv: , filters: 64, kernel: 3}",
    "{kernel: 3, conv: 64}",
    "conv: 64\nkernel: 3",
    "conv:\n  filters: 64\n  kernel: 3",
    "{conv: '64', kernel: [3, 3]}",
    "{Conv2d: 64, kernel_size: 3}",
    "{Conv2d: {in_channels: 3, out_channels: 64, kernel_size: 3}}",
    "{Conv2D: {filters: 64, kernel_size: [3, 3], strides: 1, padding: valid, dilation_rate: 1}}",
    "{Conv2D: 64, kernel_size: 3, use_bias: true, groups: 1}",
    "{Convolution: {num_output: 64, kernel_size: 3, pad: 0, group: 1}}",
    "{conv2d: 64, kernel: 3x3}",
]


def one(layer: str, shape: str = "[3, 8, 8]", top: str = "") -> Layer:
    """The only layer of a network."""
    (found,) = graph(layer, shape=shape, top=top).layers
    return found.layer


@pytest.mark.parametrize("layer", SAME_CONV)
def test_a_convolution_may_be_written_in_many_ways(layer: str) -> None:
    assert output(layer) == (64, 6, 6)
    assert names(layer) == ["conv1"]


@pytest.mark.parametrize(
    ("layer", "same"),
    [
        ("{maxpool: 2}", "{maxpool: {kernel: 2}}"),
        ("{maxpool: 2}", "{MaxPool2d: {kernel_size: 2}}"),
        ("{maxpool: 2}", "{MaxPooling2D: {pool_size: 2}}"),
        ("{maxpool: 3, stride: 2}", "{MaxPooling2D: 3, strides: 2}"),
        ("{maxpool: 3, stride: 2}", "{max_pool: 3, stride: 2}"),
        ("{maxpool: 3, stride: 2, fit: ceil}", "{MaxPool2d: 3, stride: 2, ceil_mode: true}"),
        ("{avgpool: 2}", "{AvgPool2d: 2}"),
        ("{avgpool: 2, stride: 1}", "{AveragePooling2D: {pool_size: 2, strides: 1}}"),
        ("{avgpool: 2, count_padding: false}", "{AvgPool2d: 2, count_include_pad: false}"),
        ("{depthwise: 3}", "{DepthwiseConv2D: 3}"),
        ("{depthwise: 3, multiplier: 2}", "{DepthwiseConv2D: {kernel_size: 3, depth_multiplier: 2}}"),
        ("{separable: 4, kernel: 3}", "{SeparableConv2D: {filters: 4, kernel_size: 3}}"),
        ("{conv_transpose: 4, kernel: 2, stride: 2}", "{ConvTranspose2d: 4, kernel_size: 2, stride: 2}"),
        ("{conv_transpose: 4, kernel: 2, stride: 2}", "{Conv2DTranspose: 4, kernel_size: 2, strides: 2}"),
        ("batchnorm", "BatchNorm2d"),
        ("batchnorm", "BatchNormalization"),
        ("{batchnorm: {eps: 0.001}}", "{BatchNormalization: {epsilon: 0.001}}"),
        ("layernorm", "LayerNormalization"),
        ("{groupnorm: 3}", "{GroupNorm: {num_groups: 3}}"),
        ("instancenorm", "InstanceNorm2d"),
        ("{lrn: 5}", "{LocalResponseNorm: 5}"),
        ("relu", "ReLU"),
        ("relu6", "ReLU6"),
        ("{leaky_relu: 0.2}", "{LeakyReLU: 0.2}"),
        ("{leaky_relu: 0.2}", "{LeakyReLU: {negative_slope: 0.2}}"),
        ("prelu", "PReLU"),
        ("gelu", "GELU"),
        ("silu", "SiLU"),
        ("silu", "swish"),
        ("hardswish", "Hardswish"),
        ("hardsigmoid", "hard_sigmoid"),
        ("softmax", "Softmax"),
        ("flatten", "Flatten"),
        ("identity", "Identity"),
        ("{dropout: 0.5}", "{Dropout: 0.5}"),
        ("{dropout: 0.3}", "{Dropout2d: {p: 0.3}}"),
        ("{dropout: 0.3}", "{Dropout: {rate: 0.3}}"),
        ("global_avgpool", "GlobalAveragePooling2D"),
        ("global_maxpool", "GlobalMaxPooling2D"),
        ("{adaptive_avgpool: 2}", "{AdaptiveAvgPool2d: {output_size: 2}}"),
        ("{upsample: 2}", "{Upsample: {scale_factor: 2}}"),
        ("{upsample: 2}", "{UpSampling2D: 2}"),
        ("{pad: 1}", "{ZeroPad2d: 1}"),
        ("{pad: 1}", "{ZeroPadding2D: 1}"),
        ("{crop: 1}", "{Cropping2D: 1}"),
        ("{add: [prev, input]}", "{Add: [prev, input]}"),
        ("{mul: [prev, input]}", "{Multiply: [prev, input]}"),
        ("{concat: [prev, input]}", "{Concatenate: [prev, input]}"),
    ],
)
def test_names_of_pytorch_and_keras_mean_the_same(layer: str, same: str) -> None:
    assert one(same) == one(layer)


@pytest.mark.parametrize(
    "layer",
    [
        "{dense: 4}",
        "{fc: 4}",
        "{Linear: 4}",
        "{Linear: {in_features: 12, out_features: 4, bias: true}}",
        "{Dense: 4}",
        "{Dense: {units: 4, use_bias: true}}",
    ],
)
def test_a_dense_layer_has_many_names(layer: str) -> None:
    assert output(layer, shape="[12]") == (4,)
    assert names(layer, shape="[12]") == ["dense1"]


@pytest.mark.parametrize("word", ["Conv1d", "Conv3d", "MaxPool1d", "MaxPooling3D", "BatchNorm1d"])
def test_a_name_for_another_number_of_axes_is_refused(word: str) -> None:
    option = "{kernel: 3, filters: 2}" if "Conv" in word else "{kernel: 2}" if "Max" in word else ""
    assert "wrong-rank" in codes(f"{word}: {option}")


def test_a_plain_word_is_a_layer_with_defaults() -> None:
    assert names("relu", "flatten") == ["relu1", "flatten1"]
    assert output("conv", top="defaults: {conv: {filters: 5, kernel: 1}}") == (5, 8, 8)


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ("{kernel: 3}", "no-operation"),
        ("{conv: 8, kernel: 3, relu: }", "two-operations"),
        ("{conv: 8, kernel: 3, filters: 8}", "given-twice"),
        ("{conv: 8, kernel: 3, kernel_size: 3}", "given-twice"),
        ("{maxpool: 2, fit: ceil, ceil: true}", "given-twice"),
        ("{conv: 8, kernel: 3, speed: 9}", "unknown-option"),
        ("{convolve: 8}", "unknown-kind"),
        ("[relu]", "nested-list"),
        ("", "empty-item"),
        ("conv", "missing-option"),
        ("{relu: 3}", "no-main"),
        ("{conv: 8, kernel: 3, in: 4}", "channels-asserted"),
    ],
)
def test_an_item_that_is_not_one_layer_is_refused(layer: str, code: str) -> None:
    assert code in codes(layer)


def test_an_option_may_be_called_like_a_kind() -> None:
    assert output("{conv: 8, kernel: 3, pad: 1}") == (8, 8, 8)
    assert names("{kernel: 3, pad: 1, conv: 8}") == ["conv1"]


def test_common_keys_may_be_inside_the_options() -> None:
    layers = ["{conv: {filters: 4, kernel: 1, name: stem, act: relu, repeat: 2, note: {why: [not]}}}"]
    assert names(*layers) == ["stem.0", "stem.0.act", "stem.1", "stem.1.act"]


def test_in_checks_the_number_of_input_channels() -> None:
    assert output("{conv: 8, kernel: 1, in: 3}", "{conv: 9, kernel: 1, in: c * 4}", top="vars: {c: 2}")
    assert output("{conv: 8, kernel: 1}", "{conv: 9, kernel: 1, in: 3, from: input}") == (9, 8, 8)
    assert codes("{conv: 8, kernel: 1}", "{conv: 9, kernel: 1, in_channels: 3}") == ["channels-asserted"]
    assert codes("{conv: 8, kernel: 1, in: 3, repeat: 2}") == ["channels-asserted"]


def test_norm_and_act_become_separate_layers() -> None:
    built = graph("{conv: 4, kernel: 1, norm: batch, act: relu}", "{conv: 5, kernel: 1}")
    kinds = {each.name: each.layer.kind for each in built.layers}
    assert kinds == {"conv1": "conv", "conv1.norm": "batchnorm", "conv1.act": "relu", "conv2": "conv"}
    assert reads(built, "conv1.act") == ["conv1.norm"]
    assert reads(built, "conv2") == ["conv1.act"]


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "group", "instance", "{groupnorm: 4}"])
@pytest.mark.parametrize("bias", ["true", "false"])
def test_norm_never_changes_the_bias(norm: str, bias: str) -> None:
    built = graph(f"{{conv: 32, kernel: 1, norm: {norm}, bias: {bias}}}")
    assert node(built, "conv1").layer == one(f"{{conv: 32, kernel: 1, bias: {bias}}}")
    assert node(graph(f"{{conv: 32, kernel: 1, norm: {norm}}}"), "conv1").layer == one(
        "{conv: 32, kernel: 1}"
    )


@pytest.mark.parametrize(
    ("role", "written", "layer"),
    [
        ("act", "relu", "relu"),
        ("act", "ReLU", "relu"),
        ("activation", "swish", "silu"),
        ("act", "{leaky_relu: 0.3}", "{leaky_relu: 0.3}"),
        ("act", "{elu: {alpha: 2}}", "{elu: 2}"),
        ("norm", "batch", "batchnorm"),
        ("norm", "BatchNorm2d", "batchnorm"),
        ("norm", "{groupnorm: 2}", "{groupnorm: 2}"),
        ("normalization", "{batchnorm: {eps: 1e-3}}", "{batchnorm: , eps: 1e-3}"),
        ("norm", "lrn", "lrn"),
    ],
)
def test_norm_and_act_take_a_word_or_a_layer(role: str, written: str, layer: str) -> None:
    built = graph(f"{{conv: 4, kernel: 1, {role}: {written}}}")
    assert built.layers[-1].layer == one(layer, shape="[4, 8, 8]")


@pytest.mark.parametrize("role", ["norm", "act"])
@pytest.mark.parametrize("written", ["none", "null", "~", ""])
def test_norm_and_act_may_be_none(role: str, written: str) -> None:
    assert names(f"{{conv: 4, kernel: 1, {role}: {written}}}") == ["conv1"]
    top = "defaults: {conv: {norm: batch, act: relu}}"
    assert f"conv1.{role}" not in names(f"{{conv: 4, kernel: 1, {role}: none}}", top=top)


@pytest.mark.parametrize("role", ["norm", "act"])
@pytest.mark.parametrize(
    "written", ["conv", "rleu", "no", "{conv: 8, kernel: 1}", "{add: [input, prev]}", "{maxpool: 2}"]
)
def test_nothing_else_is_a_norm_or_an_act(role: str, written: str) -> None:
    assert codes(f"{{conv: 4, kernel: 1, {role}: {written}}}")


def test_any_layer_may_have_an_act_and_a_merge_too() -> None:
    top = "blocks: {b: {layers: [{conv: 4, kernel: 1}]}}"
    found = names("{maxpool: 2, act: relu}", "{add: [prev, prev], act: relu}", "{use: b, act: tanh}", top=top)
    assert found == ["maxpool1", "maxpool1.act", "add", "add.act", "b1.conv1", "b1.act"]


def test_defaults_apply_to_their_kind_and_layers_override_them() -> None:
    top = "defaults: {Conv2d: {kernel_size: 3, padding: same, act: relu}, maxpool: {ceil: true}}"
    assert output("{conv: 4}", "{maxpool: 3}", "{conv: 5, kernel: 1}", top=top) == (5, 3, 3)
    assert output("{maxpool: 3, fit: floor}", top=top) == (3, 2, 2)
    assert names("{conv: 4, act: none}", "{depthwise: 3}", top=top) == ["conv1", "depthwise1"]


def test_defaults_apply_inside_blocks_and_branches_and_to_norms() -> None:
    top = "defaults: {conv: {kernel: 1, norm: batch}, batchnorm: {eps: 0.1}}\n"
    top += "blocks: {b: {layers: [{add: {m: [{conv: 3}], s: []}}]}}"
    norm = node(graph("{use: b}", top=top), "b1.add.m.conv1.norm").layer
    assert norm == one("{batchnorm: {eps: 0.1}}")


@pytest.mark.parametrize("top", ["defaults: {conv: {name: x}}", "defaults: {conv: {when: false}}"])
def test_only_options_norm_and_act_have_defaults(top: str) -> None:
    assert codes("{conv: 4, kernel: 1}", top=top) == ["unknown-option"]


def test_a_note_may_hold_anything() -> None:
    layer = "{relu: , note: {conv: [64, {x: no}]}}"
    assert names(layer, top="note: [any, thing]") == ["relu1"]
    assert "note" in text(layer)
