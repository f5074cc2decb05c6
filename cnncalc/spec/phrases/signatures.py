"""What the positional arguments of layers mean in PyTorch, Keras, TensorFlow 1 and Flax.

To add a layer of a library, add a row: its names, the kind, and its parameters in order. `-` is a
parameter that no count depends on. A name with a dot is looked up before one without.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from cnncalc.shapes import Layout
from cnncalc.spec.phrases.tokens import word_set

NOTHING: Mapping[str, str] = MappingProxyType({})


class Signature(Struct, frozen=True):
    """One layer of a library.

    Attributes:
        library: the library, as messages name it.
        kind: the kind here; empty for `Activation("relu")`, whose argument names it.
        parameters: the options in the order of the library's parameters; `-` is ignored.
        layout: the order of axes of the library.
        renamed: parameters whose name means another option in this library.
        defaults: the library's defaults where they differ from ours.
    """

    library: str
    kind: str
    parameters: tuple[str, ...]
    layout: Layout
    renamed: Mapping[str, str] = NOTHING
    defaults: Mapping[str, str] = NOTHING


def _rows() -> dict[str, Signature]:
    rows: dict[str, Signature] = {}

    def add(
        library: str, layout: Layout, names: str, kind: str, parameters: str = "", **more: Mapping[str, str]
    ) -> None:
        row = Signature(library, kind, tuple(parameters.split()), layout, **more)
        for name in names.split():
            for each in [name.replace("_d", f"{n}{d}") for n in "123" for d in _letters(library)]:
                rows[each] = row

    for library, layout, table in (
        ("PyTorch", "chw", PYTORCH),
        ("Keras", "hwc", KERAS),
        ("TensorFlow 1", "hwc", TENSORFLOW_1),
        ("Flax", "hwc", FLAX),
    ):
        for names, kind, parameters, more in table:
            add(library, "chw" if layout == "chw" else "hwc", names, kind, parameters, **more)
    return rows


def _letters(library: str) -> str:
    return "D" if library == "Keras" else "d"


More = dict[str, Mapping[str, str]]
Row = tuple[str, str, str, More]
"""Names (`_d` stands for 1d, 2d and 3d), kind, parameters in order, and what is special."""

PYTORCH: tuple[Row, ...] = (
    ("Conv_d LazyConv_d", "conv", "in filters kernel stride padding dilation groups bias - - -", {}),
    (
        "ConvTranspose_d",
        "conv_transpose",
        "in filters kernel stride padding output_padding groups bias dilation - - -",
        {},
    ),
    ("Linear", "dense", "in units bias - -", {}),
    ("MaxPool_d", "maxpool", "kernel stride padding dilation - fit", {}),
    ("AvgPool_d", "avgpool", "kernel stride padding fit count_padding -", {}),
    ("LPPool_d", "lppool", "order kernel stride fit", {}),
    ("AdaptiveAvgPool_d", "adaptive_avgpool", "size", {}),
    ("AdaptiveMaxPool_d", "adaptive_maxpool", "size -", {}),
    ("MaxUnpool_d", "unpool", "kernel stride -", {}),
    ("BatchNorm_d SyncBatchNorm", "batchnorm", "in eps - affine - - -", {}),
    ("InstanceNorm_d", "instancenorm", "in eps - affine - - -", {"defaults": {"affine": "false"}}),
    ("GroupNorm", "groupnorm", "groups in eps affine - -", {"renamed": {"num_channels": "in"}}),
    ("LocalResponseNorm", "lrn", "size alpha beta k", {}),
    ("Dropout Dropout_d AlphaDropout", "dropout", "rate -", {}),
    ("ReLU ReLU6 SELU SiLU Sigmoid Tanh Mish Hardswish Hardsigmoid GELU Identity", "", "- -", {}),
    ("LeakyReLU", "leaky_relu", "slope -", {}),
    ("ELU", "elu", "alpha -", {}),
    ("Softmax LogSoftmax Softmax2d", "softmax", "-", {}),
    ("Flatten", "flatten", "- -", {}),
    ("ZeroPad_d", "pad", "amount", {"renamed": {"padding": "amount"}}),
    ("Upsample", "upsample", "size scale mode align_corners -", {}),
    ("PixelShuffle", "pixel_shuffle", "factor", {}),
    ("PixelUnshuffle", "space_to_depth", "factor", {"renamed": {"downscale_factor": "factor"}}),
    ("ChannelShuffle", "channel_shuffle", "groups", {}),
    ("F.max_pool_d functional.max_pool_d", "maxpool", "- kernel stride padding dilation fit -", {}),
    ("F.avg_pool_d functional.avg_pool_d", "avgpool", "- kernel stride padding fit count_padding -", {}),
    ("F.adaptive_avg_pool_d functional.adaptive_avg_pool_d", "adaptive_avgpool", "- size", {}),
    ("F.relu functional.relu torch.relu", "relu", "- -", {}),
    ("F.softmax functional.softmax torch.softmax", "softmax", "- - - -", {}),
    ("F.dropout functional.dropout", "dropout", "- rate - -", {}),
    ("torch.flatten", "flatten", "- - -", {}),
    ("torch.sigmoid F.sigmoid", "sigmoid", "-", {}),
    ("torch.tanh F.tanh", "tanh", "-", {}),
)
UP: More = {"renamed": {"size": "scale", "interpolation": "mode"}}
KERAS_SIZES = {"sizes": "keras"}
KERAS: tuple[Row, ...] = (
    (
        "Conv_d Convolution_d",
        "conv",
        "filters kernel stride padding - dilation groups act bias",
        {},
    ),
    (
        "Conv_dTranspose Convolution_dTranspose",
        "conv_transpose",
        "filters kernel stride padding output_padding - dilation act bias",
        {"defaults": KERAS_SIZES},
    ),
    ("DepthwiseConv_d", "depthwise", "kernel stride padding multiplier - dilation act bias", {}),
    ("SeparableConv_d", "separable", "filters kernel stride padding - dilation multiplier act bias", {}),
    ("LocallyConnected_d", "locally_connected", "filters kernel stride padding - act bias", {}),
    ("Dense", "dense", "units act bias", {}),
    ("MaxPooling_d MaxPool_d", "maxpool", "kernel stride padding - -", {"defaults": {"kernel": "2"}}),
    ("AveragePooling_d AvgPool_d", "avgpool", "kernel stride padding - -", {"defaults": {"kernel": "2"}}),
    ("GlobalAveragePooling_d GlobalAvgPool_d", "global_avgpool", "- -", {}),
    ("GlobalMaxPooling_d GlobalMaxPool_d", "global_maxpool", "- -", {}),
    ("BatchNormalization", "batchnorm", "- - eps", {}),
    ("GroupNormalization", "groupnorm", "groups - eps", {"defaults": {"groups": "32"}}),
    ("SpatialDropout_d", "dropout", "rate -", {}),
    ("Activation", "", "act", {}),
    ("ZeroPadding_d", "pad", "amount -", {"renamed": {"padding": "amount"}}),
    ("UpSampling_d", "upsample", "scale - mode", UP),
)
TENSORFLOW_1: tuple[Row, ...] = (
    ("layers.conv_d", "conv", "- filters kernel stride padding - dilation act bias", {}),
    (
        "layers.conv_d_transpose",
        "conv_transpose",
        "- filters kernel stride padding - act bias",
        {"defaults": KERAS_SIZES},
    ),
    ("layers.max_pooling_d", "maxpool", "- kernel stride padding - -", {}),
    ("layers.average_pooling_d", "avgpool", "- kernel stride padding - -", {}),
    ("layers.dense", "dense", "- units act bias", {}),
    ("layers.flatten", "flatten", "- -", {}),
    ("layers.dropout", "dropout", "- rate", {}),
    ("layers.batch_normalization", "batchnorm", "- - - eps", {}),
    ("slim.conv_d", "conv", "- filters kernel stride padding", {"defaults": {"padding": "same"}}),
    ("slim.max_pool_d", "maxpool", "- kernel stride padding", {"defaults": {"stride": "2"}}),
    ("slim.fully_connected", "dense", "- units", {"renamed": {"num_outputs": "units"}}),
    ("tf.nn.max_pool nn.max_pool_d", "maxpool", "- kernel stride padding", {"renamed": {"ksize": "kernel"}}),
    ("tf.nn.avg_pool nn.avg_pool_d", "avgpool", "- kernel stride padding", {"renamed": {"ksize": "kernel"}}),
    ("tf.nn.relu", "relu", "- -", {}),
    ("tf.nn.softmax", "softmax", "- - -", {}),
)
FLAX_OPTIONS = {"features": "filters", "kernel_dilation": "dilation", "feature_group_count": "groups"}
SAME = {"padding": "same"}
STEP = {"stride": "1"}
FLAX: tuple[Row, ...] = (
    ("Conv", "conv", "filters kernel stride padding", {"renamed": FLAX_OPTIONS, "defaults": SAME}),
    (
        "ConvTranspose",
        "conv_transpose",
        "filters kernel stride padding",
        {"renamed": FLAX_OPTIONS, "defaults": SAME},
    ),
    (
        "nn.max_pool",
        "maxpool",
        "- kernel stride padding",
        {"renamed": {"window_shape": "kernel"}, "defaults": STEP},
    ),
    (
        "nn.avg_pool",
        "avgpool",
        "- kernel stride padding",
        {"renamed": {"window_shape": "kernel"}, "defaults": STEP},
    ),
    ("nn.relu", "relu", "-", {}),
)

CONTAINERS = ("Sequential", "ModuleList", "add", "append")
"""Calls whose arguments are layers."""

INPUTS = ("Input", "InputLayer")
"""Calls that say the shape of the input."""

INPUT_ARGUMENTS = ("input_shape", "batch_input_shape", "shape", "batch_shape", "input_dim", "input_size")

IGNORED = word_set(
    "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint bias_constraint data_format device dtype inplace dim axis "
    "momentum track_running_stats return_indices divisor_override trainable seed training keepdims "
    "keep_dims beta_initializer gamma_initializer renorm reuse scope start_dim end_dim "
    "approximate kernel_init bias_init param_dtype inputs x input features_in depthwise_initializer "
    "pointwise_initializer moving_mean_initializer moving_variance_initializer max_value threshold"
)
"""Arguments that no count depends on."""

SIGNATURES = _rows()
