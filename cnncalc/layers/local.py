"""Convolution variants: weights that are not shared, and filters that read only some channels."""

from math import prod
from typing import Annotated

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import (
    Count,
    Dims,
    Example,
    Flag,
    Layer,
    LayerError,
    Natural,
    Operations,
    Padding,
    PerAxis,
    axes,
    called,
    expected,
    per_axis,
    says,
)
from cnncalc.layers.convolution import (
    BIAS,
    CONV_MACS,
    FILTERS,
    FIT,
    KERNEL,
    PADDING,
    PADDING_MODE,
    STRIDE,
    bias_adds,
    on_padding,
    slid,
)
from cnncalc.layers.sliding import sliding
from cnncalc.layers.tensors import with_bias
from cnncalc.shapes import Shape
from cnncalc.window import Border, Rounding, Window


class LocallyConnected(Layer, frozen=True):
    """Convolution without weight sharing: each output position has its own kernels and biases."""

    kind = "locally_connected"
    family = "conv"
    main = "filters"
    aliases = ("locallyconnected", "local", "unsharedconv")
    elsewhere = called(keras="keras.layers.LocallyConnected2D, up to Keras 2")
    example = Example("{locally_connected: 8, kernel: 3}", input=(3, 32, 32))
    tensor_axes = axes(
        weight=("output positions", "filters", "channels that a filter reads", "kernel"),
        bias=("filters", "output"),
    )
    has_neurons = True

    filters: Annotated[Count, FILTERS]
    kernel: Annotated[PerAxis, KERNEL]
    stride: Annotated[PerAxis, STRIDE] = 1
    padding: Annotated[Padding, PADDING] = 0
    bias: Annotated[Flag, says("whether to add a learnable bias to each output")] = True
    fit: Annotated[Rounding, FIT] = "floor"
    padding_mode: Annotated[Border, PADDING_MODE] = "zeros"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, 1, self.fit, self.padding_mode)

    def output(self, x: Shape) -> Shape:
        return slid(x, self.filters, self.windows(x), self.kind)

    def weights(self, x: Shape) -> dict[str, Dims]:
        y = self.output(x)
        kernel = per_axis(self.kernel, x, "kernel")
        weights: dict[str, Dims] = {"weight": (y.positions, self.filters, x.channels, *kernel)}
        return {**weights, "bias": (self.filters, *y.spatial)} if self.bias else weights

    def operations(self, x: Shape) -> Operations:
        y = self.output(x)
        v = prod(per_axis(self.kernel, x, "kernel"))
        return {"macs": CONV_MACS(m=y.size, v=v, c=x.channels, g=1), **bias_adds(self.bias, y)}

    def macs_on_padding(self, x: Shape) -> Working:
        return on_padding(self.windows(x), x, x.channels * self.filters)


SPARSE_MACS = Formula(
    "p * v * t",
    source="LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86(11), table I",
    p="output positions",
    v="kernel positions",
    t="entries of the table: connected pairs of an input map and an output map",
)


class SparseConv(Layer, frozen=True):
    """Convolution whose filters read only some of the input maps, as C3 of LeNet-5 (1998)."""

    kind = "sparse_conv"
    family = "conv"
    main = "table"
    elsewhere = called()
    example = Example("{sparse_conv: [[0, 1], [1, 2], [0, 2], [0, 1, 2]], kernel: 5}", input=(3, 14, 14))
    tensor_axes = axes(weight=("entries of the table", "kernel"), bias=("filters",))
    has_neurons = True

    table: Annotated[
        tuple[tuple[Natural, ...], ...],
        expected("a list with one list of input channels for each filter"),
        says("the input channels that each filter reads, counted from 0"),
    ]
    kernel: Annotated[PerAxis, KERNEL]
    stride: Annotated[PerAxis, STRIDE] = 1
    padding: Annotated[Padding, PADDING] = 0
    bias: Annotated[Flag, BIAS] = True
    padding_mode: Annotated[Border, PADDING_MODE] = "zeros"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        return sliding(x, self.kernel, self.stride, self.padding, border=self.padding_mode)

    def output(self, x: Shape) -> Shape:
        if not self.table:
            raise LayerError(
                "bad-table", "the table is empty", "table", "add a list of channels for each filter"
            )
        for filter, read in enumerate(self.table):
            if not read or len(set(read)) < len(read) or max(read) >= x.channels:
                message = f"filter {filter} reads {list(read)}; the input has channels 0 to {x.channels - 1}"
                raise LayerError("bad-table", message, "table", "list at least one channel, each only once")
        return slid(x, len(self.table), self.windows(x), self.kind)

    def weights(self, x: Shape) -> dict[str, Dims]:
        entries = sum(map(len, self.table))
        weight = (entries, *per_axis(self.kernel, x, "kernel"))
        return with_bias(self.bias, len(self.table), weight=weight)

    def operations(self, x: Shape) -> Operations:
        y = self.output(x)
        v = prod(per_axis(self.kernel, x, "kernel"))
        macs = SPARSE_MACS(p=y.positions, v=v, t=sum(map(len, self.table)))
        return {"macs": macs, **bias_adds(self.bias, y)}

    def macs_on_padding(self, x: Shape) -> Working:
        return on_padding(self.windows(x), x, sum(map(len, self.table)))


KINDS: tuple[type[Layer], ...] = (LocallyConnected, SparseConv)
