"""Random convolutions and dense layers, and their PyTorch equivalents."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnncalc.layers import BY_NAME
from cnncalc.shapes import Shape
from tests.layers.named_paddings import NAMED
from tests.layers.torch_drawn import (
    PADDINGS,
    Case,
    Options,
    Sides,
    about,
    border,
    crop,
    in_torch,
    nd,
    paddings,
    shapes,
    spans,
    spread,
    symmetric,
    windows,
)
from tests.with_torch import Module, torch


def convolution(x: Shape, filters: int, options: Options, sides: Sides, **more: Any) -> Module:
    """A convolution with its own padding if possible, else with explicit padding."""
    padding = symmetric(sides)
    conv = nd("Conv", x)(x.channels, filters, **in_torch(options), padding=padding or 0, **more)
    return conv if padding else torch.nn.Sequential(border(x, sides), conv)


@st.composite
def convs(draw: DrawFn, style: str) -> Case:
    groups = draw(st.integers(1, 3))
    x = draw(shapes(about(groups)))
    options = draw(windows(x))
    padding, sides = draw(paddings(x, options, style))
    filters = draw(about(groups))
    bias = draw(st.booleans())
    layer = BY_NAME["conv"](filters=filters, **options, padding=padding, groups=groups, bias=bias)
    return Case(layer, x, lambda: convolution(x, filters, options, sides, groups=groups, bias=bias))


@st.composite
def same_convs(draw: DrawFn) -> Case:
    """With PyTorch's `padding="same"`, which needs stride 1."""
    x = draw(shapes())
    options = draw(windows(x)) | {"stride": 1}
    layer = BY_NAME["conv"](filters=2, **options, padding="same")
    return Case(layer, x, lambda: nd("Conv", x)(x.channels, 2, **in_torch(options), padding="same"))


@st.composite
def depthwises(draw: DrawFn) -> Case:
    x = draw(shapes(st.integers(1, 4)))
    options = draw(windows(x))
    padding, sides = draw(paddings(x, options, draw(st.sampled_from(PADDINGS))))
    multiplier, bias = draw(st.integers(1, 3)), draw(st.booleans())
    layer = BY_NAME["depthwise"](**options, padding=padding, multiplier=multiplier, bias=bias)
    filters = x.channels * multiplier
    return Case(layer, x, lambda: convolution(x, filters, options, sides, groups=x.channels, bias=bias))


@st.composite
def separables(draw: DrawFn) -> Case:
    x = draw(shapes(st.integers(1, 4)))
    options = draw(windows(x))
    padding, sides = draw(paddings(x, options, draw(st.sampled_from(PADDINGS))))
    multiplier, filters, bias = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.booleans())
    more = {"multiplier": multiplier, "filters": filters, "bias": bias}
    between = x.channels * multiplier

    def build() -> Module:
        depthwise = convolution(x, between, options, sides, groups=x.channels, bias=False)
        return torch.nn.Sequential(depthwise, nd("Conv", x)(between, filters, 1, bias=bias))

    return Case(BY_NAME["separable"](**options, padding=padding, **more), x, build)


@st.composite
def transposed_convs(draw: DrawFn, style: str) -> Case:
    """A padding that PyTorch does not support is cropped from its unpadded output."""
    groups = draw(st.integers(1, 3))
    x = draw(shapes(about(groups)))
    options = draw(windows(x))
    fitting = st.tuples(*(st.integers(0, stride - 1) for stride in spread(options["stride"], x)))
    options |= {"output_padding": draw(fitting | fitting | fitting | st.integers(0, 2))}
    padding, sides = draw(paddings(x, options, style))
    filters = draw(about(groups))
    more = {"groups": groups, "bias": draw(st.booleans())}

    def build() -> Module:
        own = symmetric(sides)
        conv = nd("ConvTranspose", x)(x.channels, filters, **in_torch(options), padding=own or 0, **more)
        return conv if own else torch.nn.Sequential(conv, crop(x, sides))

    return Case(BY_NAME["conv_transpose"](filters=filters, **options, padding=padding, **more), x, build)


@st.composite
def same_transposed_convs(draw: DrawFn, style: str) -> Case:
    """Cropped to the input size times the stride, by the padding of the convolution being transposed."""
    x = draw(shapes())
    options = draw(windows(x))
    sides = []
    for n, span, stride in zip(x.spatial, spans(x, options), spread(options["stride"], x), strict=True):
        before, _ = NAMED[style](n * stride, span, stride)
        sides.append((before, (n - 1) * stride + span - before - n * stride))

    def build() -> Module:
        conv = nd("ConvTranspose", x)(x.channels, 2, **in_torch(options))
        return torch.nn.Sequential(conv, crop(x, tuple(sides)))

    return Case(BY_NAME["conv_transpose"](filters=2, **options, padding=style), x, build)


@st.composite
def denses(draw: DrawFn) -> Case:
    axes = draw(st.integers(0, 3))
    x = Shape(draw(st.integers(1, 40)), (1,) * axes)
    units, bias = draw(st.integers(1, 40)), draw(st.booleans())

    def build() -> Module:
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(x.channels, units, bias=bias))

    return Case(BY_NAME["dense"](units=units, bias=bias), x, build)
