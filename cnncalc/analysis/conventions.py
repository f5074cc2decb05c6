"""How other tools count: one table of rules, used by `recount`.

A rule reproduces its tool even where the tool is wrong; cnncalc's own count is shown next to it. The
rules come from the tools' sources and were checked by running them, layer by layer, on torch.nn modules.
The same function called from `forward` can be counted differently: ptflops counts nn.ReLU as two
operations and F.relu as one.
"""

from msgspec import Struct

from cnncalc.choices import Tool

Cell = str | dict[str, str] | None
"""What a tool counts for a layer: a formula for its first quantity, or one formula per quantity.

"0" means that the tool deliberately counts nothing; None that it does not know the kind (also 0).
The variables are defined in `recount.VARIABLES`.
"""

PARAMETERS = "s * w"
"""torchinfo counts the parameters of every layer that it does not treat as a convolution."""


class Profile(Struct, frozen=True):
    """A tool: the names of its quantities, most important first, and the version examined."""

    quantities: tuple[str, ...]
    source: str


PROFILES: dict[Tool, Profile] = {
    "torchinfo": Profile(("Mult-Adds",), "torchinfo 1.8.0"),
    "fvcore": Profile(("flops",), "fvcore 0.1.5, FlopCountAnalysis"),
    "ptflops": Profile(("MACs",), "ptflops 0.7.5, its default backend"),
    "thop": Profile(("MACs",), "thop 0.1.1"),
    "torch": Profile(("FLOPs",), "torch 2.13, torch.utils.flop_counter"),
    "calflops": Profile(("FLOPs", "MACs"), "calflops 0.3.2"),
    "netscope": Profile(("macc", "comp", "add", "div", "exp"), "github.com/dgschwend/netscope 1f687cb"),
    "lecture": Profile(("computations",), "parameters × output positions"),
}


class CountRule(Struct, frozen=True):
    """How each tool counts the kinds named in `kinds`."""

    kinds: str
    torchinfo: Cell = PARAMETERS
    fvcore: Cell = None
    ptflops: Cell = None
    thop: Cell = None
    torch: Cell = None
    calflops: Cell = None
    netscope: Cell = None
    lecture: Cell = None


RULES = (
    CountRule(
        "conv depthwise",
        torchinfo="w * p",
        fvcore="macs",
        ptflops="macs + b",
        thop="macs",
        torch="2 * macs",
        calflops={"FLOPs": "2 * macs + b", "MACs": "macs"},
        netscope="g * macs",
        lecture="macs + b",
    ),
    CountRule(
        "separable",
        torchinfo="w * p",
        fvcore="macs",
        ptflops="macs + b",
        thop="macs",
        torch="2 * macs",
        calflops={"FLOPs": "2 * macs + b", "MACs": "macs"},
        netscope="p * d * (v * c + f)",
        lecture="macs + b",
    ),
    CountRule(
        "conv_transpose",
        torchinfo="w * p",
        fvcore="macs",
        ptflops="macs + b",
        thop="m * v * c / g",
        torch="2 * macs",
        calflops={
            "FLOPs": "2 * q * v * c * floor(f / g / g) + h * z * f / g",
            "MACs": "q * v * c * floor(f / g / g)",
        },
        netscope="floor(m * v * c / t)",
        lecture="macs + b",
    ),
    CountRule(
        "dense",
        fvcore="macs",
        ptflops="macs + b",
        thop="macs",
        torch="2 * macs",
        calflops={"FLOPs": "2 * macs", "MACs": "macs"},
        netscope="macs",
        lecture="macs + b",
    ),
    # torch: as MultiheadAttention with need_weights; its fused kernel for CPUs is not counted
    CountRule("attention cross_attention matmul", torch="2 * macs", lecture="macs + b"),
    CountRule("locally_connected sparse_conv", torchinfo=None, lecture="macs + b"),
    CountRule(
        "batchnorm",
        fvcore="n * (1 + a)",
        ptflops="n * (1 + a)",
        thop="2 * n * (1 + a)",
        calflops="n * (1 + a)",
        netscope={"add": "n", "div": "n"},
    ),
    CountRule("layernorm", fvcore="n * (4 + a)", ptflops="n", thop="2 * n * (1 + a)", calflops="n * (4 + a)"),
    CountRule("groupnorm", fvcore="n * (4 + a)", ptflops="n * (1 + a)", calflops="n * (4 + a)"),
    CountRule(
        "instancenorm",
        fvcore="n * (4 + a)",
        ptflops="n * (1 + a)",
        thop="2 * n * (1 + a)",
        calflops="n * (4 + a)",
    ),
    CountRule(
        "lrn",
        ptflops="3 * n + q * (c + k - 1)",
        calflops="3 * n + q * (c + k - 1)",
        netscope={"macc": "k * n", "add": "n", "div": "2 * n", "exp": "n"},
    ),
    CountRule("relu", fvcore="0", ptflops="2 * n", thop="0", calflops="n", netscope={"comp": "n"}),
    CountRule("relu6", ptflops="n", thop="0"),
    CountRule("leaky_relu", ptflops="n", thop="0", calflops="n"),
    CountRule("prelu", ptflops="2 * n", thop="n", calflops="n"),
    CountRule("elu gelu", ptflops="2 * n", calflops="n"),
    CountRule("silu", ptflops="n", calflops="n"),
    CountRule("selu hardswish hardsigmoid sigmoid tanh softplus mish"),
    CountRule("abs celu softsign thresholded_relu shrink hardmax"),
    CountRule("clamp", fvcore="0"),
    CountRule(
        "softmax",
        ptflops="n",
        thop="3 * n - q",
        calflops="n",
        netscope={"add": "n", "div": "n", "exp": "n"},
    ),
    CountRule("rms_norm global_response_norm log_softmax reduce l2_normalize"),
    CountRule("maxpool", ptflops="2 * n", thop="0", calflops="n", netscope={"comp": "steps + m"}),
    CountRule("avgpool", ptflops="2 * n", thop="m", calflops="n", netscope={"add": "steps + m"}),
    CountRule("lppool", ptflops="n + 2 * m", calflops="n + 2 * m"),
    CountRule("global_maxpool", ptflops="2 * n", thop="0", calflops="n", netscope={"comp": "n"}),
    CountRule("adaptive_maxpool", ptflops="2 * n", thop="0", calflops="n"),
    CountRule(
        "global_avgpool",
        fvcore="n if r == 2 else 0",
        ptflops="2 * n",
        thop="n + m",
        calflops="n",
        netscope={"add": "n"},
    ),
    CountRule("adaptive_avgpool", fvcore="n if r == 2 else 0", ptflops="2 * n", thop="n + m", calflops="n"),
    CountRule(  # a functional convolution with a fixed filter: ptflops and thop see no module
        "blurpool",
        fvcore="steps + m",
        torch="2 * (steps + m)",
        calflops={"FLOPs": "2 * (steps + m)", "MACs": "steps + m"},
    ),
    CountRule("mixpool weighted_avgpool spatial_pyramid_pool spectral_pool unpool max_unpool"),
    CountRule(
        "upsample",
        fvcore="m * (4 if l else 1) if r == 2 else 0",
        ptflops="2 * m",
        thop="m * (1 if not l else 5 if r == 1 else 11 if r == 2 else 0)",
        calflops="u if u else n",
    ),
    CountRule("add", netscope={"add": "m"}),
    CountRule("mul", netscope="m"),
    CountRule("subtract average maximum minimum"),
    CountRule("scale", netscope="n"),
    CountRule("shift rescale"),
    CountRule("parameter constant", torchinfo=None),
    CountRule("dropout", fvcore="0", thop="0", netscope={"comp": "n"}),
    CountRule("concat flatten reshape identity slice pad crop pixel_shuffle space_to_depth channel_shuffle"),
    CountRule("permute split select embedding"),
    CountRule("custom", torchinfo=None),  # no tool knows a layer that is not there
)

BY_KIND = {kind: rule for rule in RULES for kind in rule.kinds.split()}
