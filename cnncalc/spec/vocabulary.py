"""The words of the format: what stands around a layer, other libraries' words, what a name may be."""

import re

AROUND = (
    "name",
    "from",
    "repeat",
    "when",
    "share",
    "expect",
    "budget",
    "freeze",
    "note",
    "in",
    "norm",
    "act",
)
"""What may stand around any operation."""

ALIASES = {
    "kernel_size": "kernel",
    "pool_size": "kernel",
    "out_channels": "filters",
    "num_output": "filters",
    "strides": "stride",
    "pad": "padding",
    "pads": "padding",
    "dilation_rate": "dilation",
    "dilations": "dilation",
    "group": "groups",
    "num_groups": "groups",
    "use_bias": "bias",
    "out_features": "units",
    "depth_multiplier": "multiplier",
    "count_include_pad": "count_padding",
    "ceil": "fit",
    "ceil_mode": "fit",
    "norm_type": "order",
    "output_size": "size",
    "scale_factor": "scale",
    "upscale_factor": "factor",
    "negative_slope": "slope",
    "epsilon": "eps",
    "p": "rate",
    "in_channels": "in",
    "in_features": "in",
    "activation": "act",
    "normalization": "norm",
}
"""Options as PyTorch, Keras, Caffe and ONNX call them."""

EXPANDING = {"squeeze_excite": "reduced", "se": "reduced", "squeeze_excitation": "reduced"}
"""Words that stand for a built-in block, with the parameter that their value gives."""

NAME = re.compile(r"[A-Za-z_][\w-]*")
RESERVED = ("prev", "input", "i", "first", "last")


def is_name(text: str) -> bool:
    """Whether a layer, a block or a variable may be called so."""
    return bool(NAME.fullmatch(text)) and text not in RESERVED


def canonical(option: str) -> str:
    """cnncalc's name of an option that another library calls `option`."""
    return ALIASES.get(option, option)
