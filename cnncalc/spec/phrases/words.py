"""What words mean in a phrase about layers: one table for all notations.

To teach a word, add it to its table. Names of kinds need no row: `find_kind` knows them.
"""

from cnncalc.spec.phrases.tokens import word_set
from cnncalc.spec.vocabulary import ALIASES

TAKES = {
    "stride": "stride",
    "strides": "stride",
    "stepsize": "stride",
    "pad": "padding",
    "padding": "padding",
    "zero pad": "padding",
    "zero padding": "padding",
    "zero padded": "padding",
    "padded": "padding",
    "dilation": "dilation",
    "dilation rate": "dilation",
    "dilated": "dilation",
    "kernel size": "kernel",
    "kernelsize": "kernel",
    "filter size": "kernel",
    "window": "kernel",
    "window size": "kernel",
    "pool size": "kernel",
    "receptive field": "kernel",
    "groups": "groups",
    "group": "groups",
    "input channels": "in",
    "in channels": "in",
    "output channels": "filters",
    "out channels": "filters",
    "bias": "bias",
    "biases": "bias",
    "repeat": "repeat",
    "rate": "rate",
    "k": "k",
    "f": "f",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "g": "groups",
    "n": "n",
    "h": "h",
    "w": "w",
    "c": "in",
    "n_c": "filters",
    "c_in": "in",
    "cin": "in",
    "c_out": "filters",
    "cout": "filters",
} | {alias: option for alias, option in ALIASES.items() if "_" in alias or alias in ("strides", "pads")}
"""Words with a value after them, and the option that it sets. Single letters depend on their context."""

COUNTED = {
    "filter": "filters",
    "filters": "filters",
    "kernel": "filters",
    "kernels": "filters",
    "feature map": "filters",
    "feature maps": "filters",
    "features": "filters",
    "maps": "filters",
    "channels": "filters",
    "channel": "filters",
    "unit": "units",
    "units": "units",
    "hidden units": "units",
    "neuron": "units",
    "neurons": "units",
    "nodes": "units",
    "hidden nodes": "units",
    "hidden neurons": "units",
    "classes": "units",
    "outputs": "units",
}
"""Nouns with a number before them: "64 filters", "120 units"; with a size, the kernel: "5x5 kernels"."""

SETS = {
    "same": ("padding", "same"),
    "same padding": ("padding", "same"),
    "valid": ("padding", "valid"),
    "valid padding": ("padding", "valid"),
    "causal": ("padding", "causal"),
    "causal padding": ("padding", "causal"),
    "half padding": ("padding", "half"),
    "full padding": ("padding", "full"),
    "no padding": ("padding", "0"),
    "no pad": ("padding", "0"),
    "no zero padding": ("padding", "0"),
    "without padding": ("padding", "0"),
    "unpadded": ("padding", "0"),
    "no stride": ("stride", "1"),
    "no bias": ("bias", "false"),
    "no biases": ("bias", "false"),
    "without bias": ("bias", "false"),
    "without biases": ("bias", "false"),
    "bias free": ("bias", "false"),
    "with bias": ("bias", "true"),
    "with biases": ("bias", "true"),
}
"""Words that set an option by themselves."""

ACTIVATED = ("activation", "act")
"""Names of the option for an activation."""

VALUES = {
    "padding": ("same", "valid", "causal", "half", "full", "same_lower"),
    "bias": ("true", "false"),
}
"""Words that may follow a word of `TAKES`."""

INPUTS = ("image", "images", "input", "inputs", "volume", "video", "signal", "data", "picture", "map", "x")
"""Nouns for the input, with its size before or after them."""

COLOURS = {"rgb": 3, "colour": 3, "color": 3, "grayscale": 1, "greyscale": 1, "gray": 1, "grey": 1}
"""Words for the number of channels of an input without them."""

ON = ("on", "over")
"""Words before the size of the input."""

POOLS = {
    "pool": "maxpool",
    "pooling": "maxpool",
    "max": "maxpool",
    "avg": "avgpool",
    "average": "avgpool",
    "mean": "avgpool",
}
"""Pooling layers in short."""

EITHER_POOL = ("pool", "pooling")
"""Words for a pooling layer that do not say which."""

OTHER_KINDS = {
    "convolutional": "conv",
    "convolve": "conv",
    "convolved": "conv",
    "convolves": "conv",
    "convs": "conv",
    "convolutions": "conv",
    "fully connected": "dense",
    "full connection": "dense",
    "transposed convolution": "conv_transpose",
    "transpose conv": "conv_transpose",
    "transpose convolution": "conv_transpose",
    "depthwise separable convolution": "separable",
    "depthwise convolution": "depthwise",
    "gap": "global_avgpool",
}
"""Names of kinds in plain English that no library uses."""

PLURAL = ("convs", "convolutions", "layers")
"""Nouns whose number is that of the layers: "four 3x3 convolutions"."""

FILLERS = word_set(
    "nn tf keras torch "
    "layers a an the with and of using each has have having is are be size sized shape uses by into to in "
    "layer layers hidden from then followed at its one's operation function activation activations "
    "per that takes which where i e apply applied given use type kind op output "
    "possible incl including goes through passed passes fed suppose assume consider given you your we our it "
    "mnist imagenet cnn 1d 2d 3d 1-d 2-d 3-d"
)
"""Words without a meaning of their own."""

NETWORKS = word_set(
    "alexnet densenet efficientnet googlenet lenet mobilenet resnet resnext squeezenet unet vgg vggnet "
    "xception zfnet"
)
"""Names of networks that questions add to a layer; they and a number glued to them have no meaning."""

COUNTS_FROM_INPUT = "layers are counted from the input: write its size, then the layer with its padding"
HINTS = {
    "producing": COUNTS_FROM_INPUT,
    "produces": COUNTS_FROM_INPUT,
    "giving": COUNTS_FROM_INPUT,
    "gives": COUNTS_FROM_INPUT,
    "yielding": COUNTS_FROM_INPUT,
    "batch": "write the batch as an option, such as --batch 10",
    "minibatch": "write the batch as an option, such as --batch 10",
    "[": "numbers are an option: --values '1 2; 3 4' 'maxpool: 2'",
}
"""What to write instead of words that layers cannot say."""

LONGEST = 3
"""The most words of one entry."""
