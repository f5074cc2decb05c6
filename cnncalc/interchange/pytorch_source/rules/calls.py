"""Calls of PyTorch as the rules write them, and what they read of the windows of a layer."""

from collections.abc import Callable

from cnncalc.interchange.pytorch_source.expressions import CallArgument, LayerCall, Value
from cnncalc.layers import Layer
from cnncalc.shapes import Shape
from cnncalc.window import Window


class LackingError(Exception):
    """A layer that cannot be written in PyTorch; the text says why."""


NO_CLASS = "torch.nn has no such layer"

Rule = Callable[..., LayerCall]
"""Makes the call of a layer from the layer and the shapes of its inputs; raises LackingError."""

Sides = tuple[tuple[int, int], ...]


def of(callee: str, *first: tuple[str, Value], **others: tuple[Value, Value]) -> LayerCall:
    """A call with its first arguments, and others with their values and defaults."""
    named = (
        CallArgument(name, value, default, has_default=True) for name, (value, default) in others.items()
    )
    return LayerCall(callee, (*(CallArgument(name, value, is_first=True) for name, value in first), *named))


def plain(callee: str) -> Callable[[Layer, Shape], LayerCall]:
    return lambda layer, x: LayerCall(callee)


def one(values: tuple[int, ...]) -> Value:
    """One number if all axes have the same."""
    return values[0] if len(set(values)) == 1 else values


def flat(sides: Sides) -> tuple[int, ...]:
    """Sides in PyTorch's order: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def need_axes(x: Shape, most: int = 3, least: int = 1) -> None:
    if not least <= x.rank <= most:
        axes = f"{least} to {most}" if least < most else f"{most}"
        raise LackingError(f"it needs an input with {axes} spatial axes there, found {x.rank}")


def kernel_of(windows: tuple[Window, ...]) -> Value:
    return one(tuple(window.kernel for window in windows))


def stride_of(windows: tuple[Window, ...]) -> Value:
    return one(tuple(window.stride for window in windows))


def dilation_of(windows: tuple[Window, ...]) -> Value:
    return one(tuple(window.dilation for window in windows))


def sides_of(windows: tuple[Window, ...], x: Shape) -> Sides:
    """The padding of windows, at the end as much as the last one needs where they are rounded up."""
    sides = []
    for window, n in zip(windows, x.spatial, strict=True):
        after = window.after
        if window.fit == "ceil":
            after = (window.size(n) - 1) * window.stride + window.span - n - window.before
        sides.append((window.before, after))
    return tuple(sides)


def padding_of(sides: Sides) -> Value:
    """PyTorch's own padding; None if the two sides of an axis differ."""
    return one(tuple(before for before, _ in sides)) if all(a == b for a, b in sides) else None
