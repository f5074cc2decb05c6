"""Convolutions: standard, grouped, dilated, depthwise, separable and transposed."""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Literal

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import (
    BIAS_ADDS,
    Amount,
    Count,
    Dims,
    Example,
    Flag,
    Layer,
    LayerError,
    Natural,
    NotNegative,
    Operations,
    Padding,
    PerAxis,
    axes,
    called,
    expected,
    need_axes,
    per_axis,
    says,
)
from cnncalc.layers.sliding import both_sides, check_border, slide, sliding
from cnncalc.layers.tensors import with_bias
from cnncalc.shapes import Shape
from cnncalc.window import Border, Rounding, TransposedWindow, Window, keras_transposed, padding_for

CONV_MACS = Formula(
    "m * v * c / g",
    source="Sze, Chen, Yang & Emer 2017, arXiv:1703.09039, section III",
    m="outputs: filters × output positions",
    v="kernel positions",
    c="input channels",
    g="groups",
)
TRANSPOSED_MACS = Formula(
    "n * v * f / g",
    source="Dumoulin & Visin 2016, arXiv:1603.07285, chapter 4: each input uses each kernel position once",
    n="inputs: input channels × input positions",
    v="kernel positions",
    f="filters",
    g="groups",
)
SEPARABLE_MACS = Formula(
    "m * p * v + f * p * m",
    source="Chollet 2017, arXiv:1610.02357; Howard et al. 2017, arXiv:1704.04861, section 3.1",
    m="intermediate maps: input channels × multiplier",
    p="output positions",
    v="kernel positions",
    f="filters",
)

PADDING_MACS = Formula(
    "(o * v - r) * w",
    source="XLA's HloCostAnalysis, HandleConvolution, counts the others only",
    o="windows: output positions, or input positions of a transposed convolution",
    v="kernel positions",
    r="pairs of a window and a kernel position on the map: the product over the axes",
    w="weights at one kernel position",
)

FILTERS = says("output channels, one filter each")
KERNEL = says("kernel size along each axis")
STRIDE = says("positions from one window to the next")
PADDING = says("zeros around the input: a number, one per axis or per side, or a named padding")
DILATION = says("distance between kernel taps; 1 is a dense kernel")
GROUPS = says("number of independent groups that input and output channels are split into")
BIAS = says("whether to add a learnable bias to each output channel")
PADDING_MODE = says("what the padding holds: zeros, or copies of the values inside")
FIT = says("if the stride does not divide evenly: floor rounds down, ceil rounds up, exact is an error")


class Conv(Layer, frozen=True):
    """N-d convolution (cross-correlation) with `filters` kernels over all input channels.

    `standardize` is weight standardization (Qiao et al. 2019, arXiv:1903.10520). It is not counted: at
    inference, the weights are normalized once, before the first input.
    """

    kind = "conv"
    family = "conv"
    main = "filters"
    aliases = ("convolution",)
    elsewhere = called(pytorch="torch.nn.Conv2d", keras="keras.layers.Conv2D", onnx="Conv")
    example = Example("{conv: 8, kernel: 3, stride: 2, padding: 1}", input=(3, 32, 32))
    tensor_axes = axes(weight=("filters", "channels that a filter reads", "kernel"), bias=("filters",))
    has_neurons = True

    filters: Annotated[Count, FILTERS]
    kernel: Annotated[PerAxis, KERNEL]
    stride: Annotated[PerAxis, STRIDE] = 1
    padding: Annotated[Padding, PADDING] = 0
    dilation: Annotated[PerAxis, DILATION] = 1
    groups: Annotated[Count, GROUPS] = 1
    bias: Annotated[Flag, BIAS] = True
    fit: Annotated[Rounding, FIT] = "floor"
    padding_mode: Annotated[Border, PADDING_MODE] = "zeros"
    standardize: Annotated[
        Flag, says("whether the weights of each filter are normalized to mean 0 and variance 1")
    ] = False
    eps: Annotated[NotNegative, says("added to the variance of the weights with `standardize`")] = 1e-5

    def windows(self, x: Shape) -> tuple[Window, ...]:
        border = self.padding_mode
        return sliding(x, self.kernel, self.stride, self.padding, self.dilation, self.fit, border)

    def output(self, x: Shape) -> Shape:
        check_groups(self.groups, x.channels, self.filters)
        return slid(x, self.filters, self.windows(x), self.kind)

    def weights(self, x: Shape) -> dict[str, Dims]:
        kernel = per_axis(self.kernel, x, "kernel")
        return with_bias(self.bias, self.filters, weight=(self.filters, x.channels // self.groups, *kernel))

    def operations(self, x: Shape) -> Operations:
        y = self.output(x)
        v = prod(per_axis(self.kernel, x, "kernel"))
        macs = CONV_MACS(m=y.size, v=v, c=x.channels, g=self.groups)
        return {"macs": macs, **bias_adds(self.bias, y)}

    def macs_on_padding(self, x: Shape) -> Working:
        return on_padding(self.windows(x), x, x.channels // self.groups * self.filters)


class Depthwise(Layer, frozen=True):
    """Depthwise convolution: one kernel per channel, or `multiplier` of them; channels do not mix."""

    kind = "depthwise"
    family = "conv"
    main = "kernel"
    aliases = ("depthwiseconv",)
    elsewhere = called(
        pytorch="torch.nn.Conv2d, groups = in_channels",
        keras="keras.layers.DepthwiseConv2D",
        onnx="Conv, group = channels",
    )
    tensor_axes = axes(weight=("output maps", "one channel for each map", "kernel"), bias=("output maps",))
    has_neurons = True

    kernel: Annotated[PerAxis, KERNEL]
    stride: Annotated[PerAxis, STRIDE] = 1
    padding: Annotated[Padding, PADDING] = 0
    dilation: Annotated[PerAxis, DILATION] = 1
    multiplier: Annotated[Count, says("output channels per input channel")] = 1
    bias: Annotated[Flag, BIAS] = True
    fit: Annotated[Rounding, FIT] = "floor"
    padding_mode: Annotated[Border, PADDING_MODE] = "zeros"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        border = self.padding_mode
        return sliding(x, self.kernel, self.stride, self.padding, self.dilation, self.fit, border)

    def output(self, x: Shape) -> Shape:
        return slid(x, x.channels * self.multiplier, self.windows(x), self.kind)

    def weights(self, x: Shape) -> dict[str, Dims]:
        channels = x.channels * self.multiplier
        kernel = per_axis(self.kernel, x, "kernel")
        return with_bias(self.bias, channels, weight=(channels, 1, *kernel))

    def operations(self, x: Shape) -> Operations:
        y = self.output(x)
        v = prod(per_axis(self.kernel, x, "kernel"))
        macs = CONV_MACS(m=y.size, v=v, c=x.channels, g=x.channels)
        return {"macs": macs, **bias_adds(self.bias, y)}

    def macs_on_padding(self, x: Shape) -> Working:
        return on_padding(self.windows(x), x, x.channels * self.multiplier)


class Separable(Layer, frozen=True):
    """Depthwise separable convolution: one kernel per channel, then a 1×1 convolution.

    As in Keras, there is one bias, after the 1×1 convolution.
    """

    kind = "separable"
    family = "conv"
    main = "filters"
    aliases = ("separableconv", "depthwiseseparable")
    elsewhere = called(keras="keras.layers.SeparableConv2D")
    example = Example("{separable: 32, kernel: 3, padding: same}")
    tensor_axes = axes(
        depthwise=("intermediate maps", "one channel for each map", "kernel"),
        pointwise=("filters", "intermediate maps", "kernel"),
        bias=("filters",),
    )
    has_neurons = True

    filters: Annotated[Count, FILTERS]
    kernel: Annotated[PerAxis, KERNEL]
    stride: Annotated[PerAxis, STRIDE] = 1
    padding: Annotated[Padding, PADDING] = 0
    dilation: Annotated[PerAxis, DILATION] = 1
    multiplier: Annotated[Count, says("intermediate maps per input channel")] = 1
    bias: Annotated[Flag, BIAS] = True
    fit: Annotated[Rounding, FIT] = "floor"
    padding_mode: Annotated[Border, PADDING_MODE] = "zeros"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        border = self.padding_mode
        return sliding(x, self.kernel, self.stride, self.padding, self.dilation, self.fit, border)

    def output(self, x: Shape) -> Shape:
        return slid(x, self.filters, self.windows(x), self.kind)

    def weights(self, x: Shape) -> dict[str, Dims]:
        between = x.channels * self.multiplier
        kernel = per_axis(self.kernel, x, "kernel")
        pointwise = (self.filters, between, *(1,) * x.rank)
        return with_bias(self.bias, self.filters, depthwise=(between, 1, *kernel), pointwise=pointwise)

    def operations(self, x: Shape) -> Operations:
        y = self.output(x)
        v = prod(per_axis(self.kernel, x, "kernel"))
        macs = SEPARABLE_MACS(m=x.channels * self.multiplier, p=y.positions, v=v, f=self.filters)
        return {"macs": macs, **bias_adds(self.bias, y)}

    def macs_on_padding(self, x: Shape) -> Working:
        return on_padding(self.windows(x), x, x.channels * self.multiplier)


def slid(x: Shape, channels: int, windows: tuple[Window, ...], kind: str) -> Shape:
    """The output of a convolution; raises LayerError if its windows do not fit."""
    y = slide(x, channels, windows, kind)
    check_border(x, windows, "padding")
    return y


TransposedPadding = Annotated[
    Natural | tuple[Amount, ...] | Literal["valid", "same", "same_lower", "half"],
    expected("a whole number, [h, w], [[top, bottom], [left, right]], valid, same, same_lower or half"),
]


class ConvTranspose(Layer, frozen=True):
    """Transposed convolution: each input adds a scaled kernel to the output; upsamples by `stride`.

    `padding` is cropped from the output: it is the padding of the convolution being transposed.
    With `same`, the output size is the input size times the stride. Keras' `same` with an output padding,
    and its `valid` where the stride is larger than the kernel, give other sizes: `sizes: keras`.
    """

    kind = "conv_transpose"
    family = "conv"
    main = "filters"
    aliases = ("convtranspose", "deconv", "deconvolution", "transposedconv")
    elsewhere = called(
        pytorch="torch.nn.ConvTranspose2d", keras="keras.layers.Conv2DTranspose", onnx="ConvTranspose"
    )
    example = Example("{conv_transpose: 8, kernel: 4, stride: 2, padding: 1}")
    tensor_axes = axes(weight=("input channels", "filters of a group", "kernel"), bias=("filters",))
    has_neurons = True

    filters: Annotated[Count, FILTERS]
    kernel: Annotated[PerAxis, KERNEL]
    stride: Annotated[PerAxis, says("output positions between the kernels of neighbouring inputs")] = 1
    padding: Annotated[TransposedPadding, says("positions cropped from each side of the output")] = 0
    output_padding: Annotated[
        Natural | tuple[Natural, ...] | None,
        says("positions added at the end of the output, to choose between possible sizes"),
    ] = None
    sizes: Annotated[
        Literal["cnncalc", "keras"],
        says("whose output sizes `valid` and `same` give: Keras' can be others"),
    ] = "cnncalc"
    dilation: Annotated[PerAxis, DILATION] = 1
    groups: Annotated[Count, GROUPS] = 1
    bias: Annotated[Flag, BIAS] = True

    def windows(self, x: Shape) -> tuple[TransposedWindow, ...]:
        kernels = per_axis(self.kernel, x, "kernel")
        strides = per_axis(self.stride, x, "stride")
        dilations = per_axis(self.dilation, x, "dilation")
        geometry = zip(kernels, strides, dilations, self._extras(x), self._sides(x, kernels), strict=True)
        return tuple(
            self._axis(n, TransposedWindow(k, s, d, before, after, extra))
            for n, (k, s, d, extra, (before, after)) in zip(x.spatial, geometry, strict=True)
        )

    def _extras(self, x: Shape) -> tuple[int, ...]:
        return per_axis(self.output_padding or 0, x, "output_padding")

    def _sides(self, x: Shape, kernels: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        if isinstance(self.padding, str):
            return ((0, 0),) * len(kernels)
        return both_sides(x, self.padding, "padding")

    def _axis(self, n: int, window: TransposedWindow) -> TransposedWindow:
        """Resolve a named padding: that of the convolution from output to input."""
        k, s, d, extra = window.kernel, window.stride, window.dilation, window.extra
        if not isinstance(self.padding, str):
            return window
        if self.sizes == "keras" and (self.padding == "valid" or self.padding == "same"):
            return keras_transposed(self.padding, k, s, d, None if self.output_padding is None else extra)
        before, after = padding_for(self.padding, n * s, k, s, d)
        if self.padding.startswith("same"):
            extra += n * s - TransposedWindow(k, s, d, before, after).size(n)
        return TransposedWindow(k, s, d, before, after, extra)

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        check_groups(self.groups, x.channels, self.filters)
        windows = self.windows(x)
        sizes = tuple(window.size(n) for window, n in zip(windows, x.spatial, strict=True))
        self._check_output_padding(x, windows)
        for axis, size in zip(x.axes, sizes, strict=True):
            if size < 1:
                raise LayerError(
                    "cropped-away", f"the padding crops the whole {axis}: output size {size}", "padding"
                )
        return Shape(self.filters, sizes)

    def _check_output_padding(self, x: Shape, windows: tuple[TransposedWindow, ...]) -> None:
        for window, given in zip(windows, self._extras(x), strict=True):
            limit = max(window.stride, window.dilation)
            if self.sizes == "keras":
                limit = window.stride
            elif self.padding in ("same", "same_lower"):
                limit = 1
            if given >= limit:
                why = f"with padding: {self.padding}" if limit == 1 else f"with stride {window.stride}"
                raise LayerError(
                    "output-padding",
                    f"output_padding {given} is too large: expected at most {limit - 1} {why}",
                    "output_padding",
                    "it selects one of the output sizes that a convolution maps to the same input size",
                )

    def weights(self, x: Shape) -> dict[str, Dims]:
        kernel = per_axis(self.kernel, x, "kernel")
        return with_bias(self.bias, self.filters, weight=(x.channels, self.filters // self.groups, *kernel))

    def operations(self, x: Shape) -> Operations:
        v = prod(per_axis(self.kernel, x, "kernel"))
        macs = TRANSPOSED_MACS(n=x.size, v=v, f=self.filters, g=self.groups)
        return {"macs": macs, **bias_adds(self.bias, self.output(x))}

    def macs_on_padding(self, x: Shape) -> Working:
        return on_padding(self.windows(x), x, x.channels // self.groups * self.filters)


def bias_adds(bias: bool, y: Shape) -> Operations:
    """The additions of the bias, one per output."""
    return {"adds": BIAS_ADDS(m=y.size)} if bias else {}


def on_padding(windows: Sequence[Window | TransposedWindow], x: Shape, weights: int) -> Working:
    """The multiply-adds on padding of windows over `x`; `weights` is their number at one kernel position."""
    axes = [*zip(windows, x.spatial, strict=True)]
    return PADDING_MACS(
        o=prod(window.windows(n) for window, n in axes),
        v=prod(window.kernel for window in windows),
        r=prod(window.inside_pairs(n) for window, n in axes),
        w=weights,
    )


def check_groups(groups: int, channels: int, filters: int) -> None:
    """Raise LayerError unless `groups` divides both input channels and filters."""
    for number, what in ((channels, "input channels"), (filters, "filters")):
        if number % groups:
            raise LayerError(
                "groups",
                f"{number} {what} cannot be divided into {groups} groups",
                "groups",
                "groups must divide both the input channels and the filters",
            )


KINDS: tuple[type[Layer], ...] = (Conv, Depthwise, Separable, ConvTranspose)
