"""Poolings in windows, adaptive ones, and their opposite."""

from collections.abc import Callable

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.traces import TracedCall
from cnncalc.layers import Layer
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool
from cnncalc.layers.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, LpPool, MaxPool
from cnncalc.layers.resampling import MaxUnpool

POOL = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
AVG_POOL = ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")


def _pool_stride(given: Arguments) -> int | tuple[int, ...] | None:
    """The stride of a pooling; None if it is the kernel size."""
    stride = given.get("stride")
    if stride in (None, ()) or given.numbers("stride") == given.numbers("kernel_size"):
        return None
    return given.numbers("stride")


def max_pool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, POOL)
    kernel = given.numbers("kernel_size")
    layer = MaxPool(
        kernel=kernel,
        stride=_pool_stride(given),
        padding=given.padding(),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        dilation=given.numbers("dilation", 1),
    )
    lowering.maps(given.value(), call)
    if len(call.outputs) == 2:
        lowering.indices[id(call.outputs[1])] = given.value()
    lowering.layer(call, layer, given.value(), last=False)


def max_unpool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "indices", "kernel_size", "stride", "padding", "output_size"))
    before = lowering.indices.get(id(given.value("indices")))
    if before is None or given.numbers("padding", 0):
        raise UnknownCallError(f"{call.name} with padding, or with indices of no max pooling")
    layer = MaxUnpool(kernel=given.numbers("kernel_size"), stride=_pool_stride(given))
    lowering.layer(call, layer, given.value(), before)


def avg_pool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, AVG_POOL)
    if given.get("divisor_override") is not None:
        raise UnknownCallError(f"{call.name} with a divisor")
    layer = AvgPool(
        kernel=given.numbers("kernel_size"),
        stride=_pool_stride(given),
        padding=given.padding(),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        count_padding=given.flag("count_include_pad", True),
    )
    lowering.maps(given.value(), call)
    lowering.layer(call, layer, given.value(), last=False)


def lp_pool(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "norm_type", "kernel_size", "stride", "ceil_mode"))
    layer = LpPool(
        kernel=given.numbers("kernel_size"),
        stride=_pool_stride(given),
        fit="ceil" if given.flag("ceil_mode") else "floor",
        order=int(given.number("norm_type", 2)),
    )
    windows = layer.windows(lowering.maps(given.value(), call).shape)
    sizes = zip(given.value().dims[2:], call.outputs[0].dims[2:], windows, strict=True)
    if any((after - 1) * window.stride + window.kernel > before for before, after, window in sizes):
        raise UnknownCallError(f"{call.name} with windows beyond the border")
    lowering.layer(call, layer, given.value(), last=False)


def adaptive(everything: Layer, make: Callable[[int | tuple[int, ...]], Layer]) -> Handler:
    """Adaptive pooling; to one position, it is a global pooling."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", "output_size", "return_indices"))
        value = given.value()
        lowering.maps(value, call)
        sizes = call.outputs[0].dims[2:]
        size = sizes[0] if len(set(sizes)) == 1 else sizes
        lowering.layer(call, everything if size == 1 else make(size), value, last=False)

    return handler


POOLINGS: dict[str, Handler] = {
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), max_pool),
    **{f"max_pool{n}d_with_indices": max_pool for n in (1, 2, 3)},
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), avg_pool),
    **dict.fromkeys(("lp_pool1d", "lp_pool2d", "lp_pool3d"), lp_pool),
    **{f"adaptive_avg_pool{n}d": adaptive(GlobalAvgPool(), AdaptiveAvgPool) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": adaptive(GlobalMaxPool(), AdaptiveMaxPool) for n in (1, 2, 3)},
    **dict.fromkeys(("max_unpool1d", "max_unpool2d", "max_unpool3d"), max_unpool),
}
