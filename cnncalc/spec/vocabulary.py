"""The words of the format: keys that any layer may have, aliases of options, valid names."""

import keyword
import re

AROUND = (
    "name",
    "from",
    "repeat",
    "when",
    "otherwise",
    "aside",
    "share",
    "expect",
    "budget",
    "freeze",
    "note",
    "in",
    "norm",
    "act",
)
"""Keys that any layer may have."""

ALIASES = {
    "kernel_size": "kernel",
    "pool_size": "kernel",
    "kernel_shape": "kernel",
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
    "num_features": "in",
    "num_channels": "in",
    "activation": "act",
    "normalization": "norm",
}
"""Names of options in PyTorch, Keras, Caffe and ONNX."""

EXPANDING = {"squeeze_excite": "reduced", "se": "reduced", "squeeze_excitation": "reduced"}
"""Names of built-in blocks, with the parameter that their value sets."""

ELSEWHERE = {
    "recurrent layers": "lstm gru rnn simplernn lstmcell grucell convlstm bidirectional",
    "embedding layers": "embeddingbag positionalencoding",
    "attention layers": "additiveattention transformer "
    "transformerencoder transformerencoderlayer transformerdecoder",
    "layers that wrap code": "lambda timedistributed",
}
"""Layers of other libraries that are not here, by what they are."""


def elsewhere(word: str) -> str:
    """One sentence about a layer that other libraries have; empty for other words.

    >>> elsewhere("nn.LSTM(64, 32)")
    'cnncalc has no recurrent layers: leave it out, or count it by hand'
    """
    plain = re.sub(r"[_\W]|\dd$", "", word.partition("(")[0].rpartition(".")[2].lower())
    found = next((what for what, names in ELSEWHERE.items() if plain in names.split()), "")
    return f"cnncalc has no {found}: leave it out, or count it by hand" if found else ""


NAME = re.compile(r"[A-Za-z_][\w-]*")
PATH = re.compile(r"/?\w[\w-]*(?:[./]\w[\w-]*)*")
"""A quoted name, such as those of layers in other libraries: `"layer1.0.conv1"`, `"/features/0/Conv"`."""
RESERVED = ("prev", "input", "entry", "i", "first", "last")


def is_variable(text: str) -> bool:
    """Whether a variable or parameter may have this name, so that expressions can use it."""
    words = {"true", "false", "null", "none"}
    return is_name(text) and text.isidentifier() and not keyword.iskeyword(text) and text not in words


def is_dotted_variable(text: str) -> bool:
    """Whether a variable may have this name if it is quoted: names with dots between them."""
    return "." in text and all(map(is_variable, text.split(".")))


def is_branch(text: str) -> bool:
    """Whether a branch may have this name; unlike other names it may start with a digit: 1x1."""
    return bool(re.fullmatch(r"\w[\w-]*", text)) and text not in RESERVED


def is_name(text: str) -> bool:
    """Whether a layer or block may have this name."""
    return bool(NAME.fullmatch(text)) and text not in RESERVED


def is_path_name(text: str) -> bool:
    """Whether a layer may have this name if it is quoted: with dots and slashes."""
    head = re.split(r"[./]", text, maxsplit=1)[0]
    return bool(PATH.fullmatch(text)) and bool(re.search(r"[./]", text)) and head not in RESERVED[:3]


def canonical(option: str) -> str:
    """cnncalc's name of an option, which may be another library's name for it."""
    return ALIASES.get(option, option)
