"""Sliding windows, shared by convolution and pooling: their geometry and output size."""

from functools import lru_cache

from cnncalc.layers.base import Amount, LayerError, Padding, check_length, need_axes, per_axis
from cnncalc.shapes import Shape
from cnncalc.window import Axis, Border, Rounding, Window, padding_for

PerAxisValue = int | tuple[int, ...]


@lru_cache(maxsize=4096)
def sliding(
    x: Shape,
    kernel: PerAxisValue,
    stride: PerAxisValue | None,
    padding: Padding,
    dilation: PerAxisValue = 1,
    fit: Rounding = "floor",
    border: Border = "zeros",
) -> tuple[Window, ...]:
    """The window of each axis of `x`; the default stride is the kernel size.

    Cached, because output, operations and receptive field all use it.
    """
    kernels = per_axis(kernel, x, "kernel")
    strides = kernels if stride is None else per_axis(stride, x, "stride")
    dilations = per_axis(dilation, x, "dilation")
    sides = padding_sides(x, padding, kernels, strides, dilations)
    return tuple(
        Window(k, s, d, before, after, fit, border)
        for k, s, d, (before, after) in zip(kernels, strides, dilations, sides, strict=True)
    )


def padding_sides(
    x: Shape,
    padding: Padding,
    kernels: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """The padding (before, after) of each axis, for a named or numeric padding."""
    if isinstance(padding, str):
        geometry = zip(x.spatial, kernels, strides, dilations, strict=True)
        return tuple(padding_for(padding, n, k, s, d) for n, k, s, d in geometry)
    return both_sides(x, padding, "padding")


def both_sides(x: Shape, amount: int | tuple[Amount, ...], option: str) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis, from `1`, `[1, 2]` or `[[0, 1], [2, 3]]`."""
    if isinstance(amount, int):
        return ((amount, amount),) * x.rank
    check_length(amount, x, option)
    return tuple(_pair(a, option) for a in amount)


def _pair(amount: Amount, option: str) -> tuple[int, int]:
    if isinstance(amount, int):
        return amount, amount
    if len(amount) != 2:
        raise LayerError("wrong-sides", f"{option} of an axis must be a number or [before, after]", option)
    return amount[0], amount[1]


@lru_cache(maxsize=4096)
def slide(x: Shape, channels: int, windows: tuple[Window, ...], kind: str) -> Shape:
    """The output shape of windows over `x`.

    Raises:
        LayerError: no window fits, or the stride does not divide evenly with `fit: exact`.
    """
    need_axes(x, kind)
    sizes = tuple(window.size(n) for window, n in zip(windows, x.spatial, strict=True))
    for axis, n, window, size in zip(x.axes, x.spatial, windows, sizes, strict=True):
        if size < 1:
            raise _too_large(axis, n, window)
    if windows[0].fit == "exact" and (left_over := does_not_fit(x, windows)):
        raise LayerError("does-not-fit", left_over, "stride", "or use `fit: floor`")
    return Shape(channels, sizes)


MOST_COPIED: dict[Border, int] = {"reflect": -1, "circular": 0}
"""How many positions more than the input has a border of copies may have on one side."""


def check_border(x: Shape, windows: tuple[Window, ...], option: str) -> None:
    """Raise LayerError for a border of copies that is wider than the input allows."""
    for axis, n, window in zip(x.axes, x.spatial, windows, strict=True):
        widest, more = max(window.before, window.after), MOST_COPIED.get(window.border)
        if more is not None and widest > n + more:
            message = f"{window.border} cannot pad a {axis} of {n} by {widest}"
            raise LayerError("pad-too-large", message, option)
        if window.border != "zeros" and window.fit == "ceil":
            message = f"`fit: ceil` does not say what a border of {window.border} holds beyond the padding"
            raise LayerError("pad-too-large", message, "fit", "use `fit: floor`")


def does_not_fit(x: Shape, windows: tuple[Axis, ...]) -> str:
    """A message with the exact fractions if the stride does not divide evenly, else an empty string."""
    left_over: dict[str, list[str]] = {}
    for axis, n, window in zip(x.axes, x.spatial, windows, strict=False):
        if isinstance(window, Window) and window.remainder(n):
            top = f"({n} + {window.before + window.after} − {window.span})"
            left_over.setdefault(f"{top}/{window.stride} + 1 = {window.fitting(n).exact}", []).append(axis)
    return "; ".join(
        f"the stride does not divide the {' and '.join(axes)} evenly: {size}"
        for size, axes in left_over.items()
    )


def _too_large(axis: str, n: int, window: Window) -> LayerError:
    padded = f"{n} + {window.before + window.after} padding" if window.before + window.after else f"{n}"
    reach = f"{window.kernel}"
    if window.dilation > 1:
        reach += f" (effective size {window.span} with dilation {window.dilation})"
    return LayerError(
        "kernel-too-large",
        f"kernel {reach} is larger than the {axis} {padded}",
        "kernel",
        "use a smaller kernel, more padding, or less downsampling before it",
    )
