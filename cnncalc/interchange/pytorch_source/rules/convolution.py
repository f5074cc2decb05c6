"""Convolutions, dense layers and embeddings."""

from collections.abc import Mapping

from cnncalc.interchange.pytorch_source.expressions import LayerCall, Value
from cnncalc.interchange.pytorch_source.rules.calls import (
    LackingError,
    Rule,
    dilation_of,
    flat,
    kernel_of,
    of,
    one,
    padding_of,
    sides_of,
    stride_of,
)
from cnncalc.layers import Layer
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.dense import Dense
from cnncalc.layers.embedding import Embedding
from cnncalc.layers.local import LocallyConnected, SparseConv
from cnncalc.shapes import Shape
from cnncalc.window import Window


def is_same(windows: tuple[Window, ...]) -> bool:
    """Whether PyTorch's `padding="same"` pads so: the size is kept, an odd remainder is at the end."""
    return all(w.stride == 1 and w.fit != "ceil" and w.before == (w.span - 1) // 2
               and w.before + w.after == w.span - 1 for w in windows)  # fmt: skip


def convolution(layer: Conv | Depthwise, x: Shape, filters: int, groups: int) -> LayerCall:
    windows = layer.windows(x)
    sides = sides_of(windows, x)
    padding = padding_of(sides)
    name = f"Conv{x.rank}d"
    first = (("in_channels", x.channels), ("out_channels", filters), ("kernel_size", kernel_of(windows)))
    more: dict[str, tuple[Value, Value]] = {
        "stride": (stride_of(windows), 1),
        "padding": (padding, 0),
        "dilation": (dilation_of(windows), 1),
        "groups": (groups, 1),
        "bias": (layer.bias, True),
        "padding_mode": (layer.padding_mode, "zeros"),
    }
    if padding is None and is_same(windows):
        padding = "same"
        more["padding"] = (padding, 0)
    if isinstance(layer, Conv) and layer.standardize:
        if padding is None:
            raise LackingError("it normalizes its weights, and pads two sides differently")
        return of(f"Standardized{name}", *first, **more, eps=(layer.eps, 1e-5))
    if padding is None:
        del more["padding"], more["padding_mode"]
        mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
        return of(f"Padded{name}", *first, **more, sides=(flat(sides), None), mode=(mode, "constant"))
    return of(f"nn.{name}", *first, **more)


def conv(layer: Conv, x: Shape) -> LayerCall:
    return convolution(layer, x, layer.filters, layer.groups)


def depthwise(layer: Depthwise, x: Shape) -> LayerCall:
    return convolution(layer, x, x.channels * layer.multiplier, x.channels)


def separable(layer: Separable, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    sides = sides_of(windows, x)
    padding = padding_of(sides)
    if padding is None and is_same(windows):
        padding = "same"
    if padding is None and layer.padding_mode != "zeros":
        raise LackingError("it copies a border that differs between the sides")
    return of(
        f"SeparableConv{x.rank}d",
        ("in_channels", x.channels),
        ("out_channels", layer.filters),
        ("kernel_size", kernel_of(windows)),
        stride=(stride_of(windows), 1),
        padding=(0 if padding is None else padding, 0),
        sides=(flat(sides) if padding is None else None, None),
        dilation=(dilation_of(windows), 1),
        multiplier=(layer.multiplier, 1),
        bias=(layer.bias, True),
        padding_mode=(layer.padding_mode, "zeros"),
    )


def conv_transpose(layer: ConvTranspose, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    extra = tuple(window.before - window.after + window.extra for window in windows)
    if any(not 0 <= n < max(w.stride, w.dilation) for n, w in zip(extra, windows, strict=True)):
        raise LackingError("it crops the output by other amounts than PyTorch can")
    return of(
        f"nn.ConvTranspose{x.rank}d",
        ("in_channels", x.channels),
        ("out_channels", layer.filters),
        ("kernel_size", one(tuple(window.kernel for window in windows))),
        stride=(one(tuple(window.stride for window in windows)), 1),
        padding=(one(tuple(window.before for window in windows)), 0),
        output_padding=(one(extra), 0),
        groups=(layer.groups, 1),
        bias=(layer.bias, True),
        dilation=(one(tuple(window.dilation for window in windows)), 1),
    )


def dense(layer: Dense, x: Shape) -> LayerCall:
    call = of("nn.Linear", ("in_features", x.size), ("out_features", layer.units), bias=(layer.bias, True))
    return LayerCall(call.callee, call.arguments, flattens=x.rank > 0)


def locally_connected(layer: LocallyConnected, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    if layer.padding_mode != "zeros":
        raise LackingError("it copies its border")
    return of(
        "LocallyConnected",
        ("in_channels", x.channels),
        ("out_channels", layer.filters),
        ("output_size", layer.output(x).spatial),
        ("kernel_size", tuple(window.kernel for window in windows)),
        ("stride", tuple(window.stride for window in windows)),
        ("sides", flat(sides_of(windows, x))),
        bias=(layer.bias, True),
    )


def sparse_conv(layer: SparseConv, x: Shape) -> LayerCall:
    windows = layer.windows(x)
    padding = padding_of(sides_of(windows, x))
    if padding is None or layer.padding_mode != "zeros":
        raise LackingError("its padding differs between the sides, or is not of zeros")
    return of(
        f"SparseConv{x.rank}d",
        ("in_channels", x.channels),
        ("table", layer.table),
        ("kernel_size", tuple(window.kernel for window in windows)),
        stride=(stride_of(windows), 1),
        padding=(padding, 0),
        bias=(layer.bias, True),
    )


def embedding(layer: Embedding, x: Shape) -> LayerCall:
    return of("ChannelEmbedding", ("num_embeddings", layer.entries), ("embedding_dim", layer.units))


MODULES: Mapping[type[Layer], Rule] = {
    Conv: conv,
    Depthwise: depthwise,
    Separable: separable,
    ConvTranspose: conv_transpose,
    LocallyConnected: locally_connected,
    SparseConv: sparse_conv,
    Dense: dense,
    Embedding: embedding,
}
