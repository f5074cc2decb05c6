"""Random pooling, norms and layers that only move values, and their PyTorch equivalents."""

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnncalc.layers import BY_NAME
from cnncalc.shapes import Shape
from tests.layers.torch_drawn import (
    PADDINGS,
    WRITTEN,
    Case,
    Options,
    border,
    crop,
    flat,
    in_torch,
    nd,
    paddings,
    per_axis,
    shapes,
    spans,
    spread,
    written_sides,
)
from tests.with_torch import Module, torch


def lp_pool(x: Shape, order: int, options: Options, **more: Any) -> Module:
    """PyTorch's LPPool1d does not accept tuples."""
    theirs = in_torch(options)
    if x.rank == 1:
        theirs = {name: value[0] if isinstance(value, tuple) else value for name, value in theirs.items()}
    return nd("LPPool", x)(order, **theirs, **more)


@st.composite
def pool_options(draw: DrawFn, x: Shape, kind: str) -> Options:
    largest = 4 if kind == "maxpool" or x.rank < 3 else min(x.spatial)
    options: Options = {
        "kernel": draw(per_axis(x, 1, largest)),
        "stride": draw(st.none() | per_axis(x, 1, 4)),
    }
    return options | ({"dilation": draw(per_axis(x, 1, 2))} if kind == "maxpool" else {})


@st.composite
def pools(draw: DrawFn, kind: str) -> Case:
    """With the layer's own padding, at most half the kernel, and ceil_mode."""
    x = draw(shapes())
    options = draw(pool_options(x, kind))
    padding = tuple(draw(st.integers(0, kernel // 2)) for kernel in spread(options["kernel"], x))
    ceil = draw(st.booleans())
    layer = BY_NAME[kind](**options, padding=padding, fit="ceil" if ceil else "floor")
    name = {"maxpool": "MaxPool", "avgpool": "AvgPool"}[kind]
    return Case(layer, x, lambda: nd(name, x)(**in_torch(options), padding=padding, ceil_mode=ceil))


@st.composite
def bordered_pools(draw: DrawFn, kind: str) -> Case:
    """With explicit padding, so with any padding smaller than the window."""
    x = draw(shapes())
    options = draw(pool_options(x, kind))
    seen = options | {"stride": options["stride"] or options["kernel"]}
    padding, sides = draw(paddings(x, seen, draw(st.sampled_from(PADDINGS))))
    assume(all(max(side) < span for side, span in zip(sides, spans(x, options), strict=True)))
    fill = float("-inf") if kind == "maxpool" else 0.0
    build = {
        "maxpool": lambda: nd("MaxPool", x)(**in_torch(options)),
        "avgpool": lambda: nd("AvgPool", x)(**in_torch(options)),
        "lppool": lambda: lp_pool(x, 2, options),
    }[kind]
    layer = BY_NAME[kind](**options, padding=padding)
    return Case(layer, x, lambda: torch.nn.Sequential(border(x, sides, fill), build()))


@st.composite
def lppools(draw: DrawFn) -> Case:
    x = draw(shapes())
    options = draw(pool_options(x, "lppool"))
    order, ceil = draw(st.integers(1, 3)), draw(st.booleans())
    layer = BY_NAME["lppool"](**options, order=order, fit="ceil" if ceil else "floor")
    return Case(layer, x, lambda: lp_pool(x, order, options, ceil_mode=ceil))


@st.composite
def adaptive_avgpools(draw: DrawFn) -> Case:
    x = draw(shapes())
    size = draw(per_axis(x, 1, 9))
    return Case(BY_NAME["adaptive_avgpool"](size=size), x, lambda: nd("AdaptiveAvgPool", x)(size))


@st.composite
def global_pools(draw: DrawFn, kind: str, name: str) -> Case:
    x = draw(shapes())
    return Case(BY_NAME[kind](), x, lambda: nd(name, x)(1))


@st.composite
def upsamples(draw: DrawFn, target: str, linear: bool) -> Case:
    x = draw(shapes())
    value = draw(per_axis(x, 1, 4) if target == "scale" else per_axis(x, 1, 11))
    modes = {1: "linear", 2: "bilinear", 3: "trilinear"} if linear else {x.rank: "nearest"}
    corners = draw(st.booleans()) if linear else False
    layer = BY_NAME["upsample"](**{target: value}, mode=modes[x.rank], align_corners=corners)
    theirs = {"scale": "scale_factor", "size": "size"}[target]
    more = {theirs: spread(value, x), **({"align_corners": corners} if linear else {})}
    return Case(layer, x, lambda: torch.nn.Upsample(mode=modes[x.rank], **more))


@st.composite
def pixel_shuffles(draw: DrawFn) -> Case:
    factor = draw(st.integers(1, 3))
    channels = draw(st.sampled_from((factor**2, 2 * factor**2, 6)))
    x = Shape(channels, draw(st.tuples(st.integers(1, 6), st.integers(1, 6))))
    return Case(BY_NAME["pixel_shuffle"](factor=factor), x, lambda: torch.nn.PixelShuffle(factor))


@st.composite
def channel_shuffles(draw: DrawFn) -> Case:
    x, groups = draw(shapes()), draw(st.integers(1, 4))
    return Case(BY_NAME["channel_shuffle"](groups=groups), x, lambda: torch.nn.ChannelShuffle(groups))


@st.composite
def batchnorms(draw: DrawFn) -> Case:
    x, affine = draw(shapes()), draw(st.booleans())
    layer = BY_NAME["batchnorm"](affine=affine)
    return Case(layer, x, lambda: nd("BatchNorm", x)(x.channels, affine=affine))


@st.composite
def groupnorms(draw: DrawFn) -> Case:
    x, groups, affine = draw(shapes(smallest=2)), draw(st.integers(1, 4)), draw(st.booleans())
    layer = BY_NAME["groupnorm"](groups=groups, affine=affine)
    return Case(layer, x, lambda: torch.nn.GroupNorm(groups, x.channels, affine=affine))


@st.composite
def instancenorms(draw: DrawFn) -> Case:
    x, affine = draw(shapes(smallest=2)), draw(st.booleans())
    layer = BY_NAME["instancenorm"](affine=affine)
    return Case(layer, x, lambda: nd("InstanceNorm", x)(x.channels, affine=affine))


@st.composite
def layernorms(draw: DrawFn) -> Case:
    x, affine = draw(shapes()), draw(st.booleans())
    layer = BY_NAME["layernorm"](over="all", affine=affine)
    return Case(layer, x, lambda: torch.nn.LayerNorm(x.dims(), elementwise_affine=affine))


@st.composite
def prelus(draw: DrawFn) -> Case:
    x, per = draw(shapes()), draw(st.sampled_from(("channel", "layer")))
    slopes = x.channels if per == "channel" else 1
    return Case(BY_NAME["prelu"](per=per), x, lambda: torch.nn.PReLU(slopes))


@st.composite
def flattens(draw: DrawFn) -> Case:
    return Case(BY_NAME["flatten"](), draw(shapes()), lambda: torch.nn.Flatten())


PADS = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


@st.composite
def pads(draw: DrawFn, mode: str) -> Case:
    x = draw(shapes())
    amount, sides = draw(written_sides(x, draw(st.sampled_from(WRITTEN)), most=6))
    layer = BY_NAME["pad"](amount=amount, mode=mode)
    return Case(layer, x, lambda: nd(f"{PADS[mode]}Pad", x)(flat(sides)))


@st.composite
def crops(draw: DrawFn) -> Case:
    x = draw(shapes())
    amount, sides = draw(written_sides(x, draw(st.sampled_from(WRITTEN))))
    return Case(BY_NAME["crop"](amount=amount), x, lambda: crop(x, sides))
