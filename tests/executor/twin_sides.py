"""Borders and windows in PyTorch's terms: amounts for each axis, F.pad's order, unfolded windows."""

from collections.abc import Callable
from math import ceil
from typing import Any

from tests.layers.named_paddings import NAMED
from tests.with_torch import Tensor
from tests.with_torch import functional as F  # noqa: N812

Sides = tuple[tuple[int, int], ...]


def nd(name: str, x: Tensor) -> Callable[..., Tensor]:
    """torch.nn.functional's function for the number of axes of `x`."""
    found: Callable[..., Tensor] = getattr(F, f"{name}{x.dim() - 2}d")
    return found


def spread(value: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else value


def both_sides(amount: Any, rank: int) -> Sides:
    """(before, after) of each axis, for any way to write it."""
    if isinstance(amount, int):
        return ((amount, amount),) * rank
    return tuple((each, each) if isinstance(each, int) else tuple(each) for each in amount)


def one_number(sides: Sides) -> tuple[int, ...] | None:
    """PyTorch's padding argument, if both sides of each axis are equal."""
    return tuple(before for before, _ in sides) if all(a == b for a, b in sides) else None


def flat(sides: Sides) -> tuple[int, ...]:
    """In the order of F.pad: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def border(x: Tensor, sides: Sides, fill: float = 0.0, mode: str = "zeros") -> Tensor:
    """Pads with `fill`, or with copies; a negative amount crops."""
    amounts = flat(sides)
    if mode != "zeros":
        return F.pad(x, amounts, mode=mode)
    padded = F.pad(x, tuple(max(n, 0) for n in amounts), value=fill)
    return F.pad(padded, tuple(min(n, 0) for n in amounts))


def cut(x: Tensor, sides: Sides) -> Tensor:
    """Crops the border; a negative amount adds zeros."""
    return border(x, tuple((-before, -after) for before, after in sides))


def geometry(layer: Any, x: Tensor) -> list[tuple[int, int, int, int]]:
    """For each axis, its size and the kernel, stride and dilation of a layer."""
    rank = x.dim() - 2
    kernel = spread(layer.kernel, rank)
    stride = kernel if layer.stride is None else spread(layer.stride, rank)
    dilation = spread(getattr(layer, "dilation", 1), rank)
    return list(zip(x.shape[2:], kernel, stride, dilation, strict=True))


def written_sides(layer: Any, x: Tensor) -> Sides:
    """The padding of a layer, its name looked up."""
    if not isinstance(layer.padding, str):
        return both_sides(layer.padding, x.dim() - 2)
    named = NAMED[layer.padding]
    return tuple(named(n, (k - 1) * d + 1, s) for n, k, s, d in geometry(layer, x))


def sides_of(layer: Any, x: Tensor) -> Sides:
    """The padding, plus what the last window of `fit: ceil` needs."""
    written = written_sides(layer, x)
    if getattr(layer, "fit", "floor") != "ceil":
        return written
    axes = zip(geometry(layer, x), written, strict=True)
    return tuple((a, b + _beyond(n, (k - 1) * d + 1, s, a, b)) for (n, k, s, d), (a, b) in axes)


def _beyond(n: int, span: int, stride: int, before: int, after: int) -> int:
    """PyTorch's rule (aten/src/ATen/native/Pool.h): every window must start inside the input or the
    padding before it. Negative if windows that fit are dropped."""
    room = n + before + after - span
    size = ceil(room / stride) + 1
    while (size - 1) * stride >= n + before:
        size -= 1
    reach = (size - 1) * stride - room
    return reach if reach > 0 or reach <= -stride else 0


def windows(layer: Any, padded: Tensor) -> Tensor:
    """All windows: (batch, channels, *outputs, *kernel), by unfolding one axis after the other."""
    for axis, (_, k, s, d) in enumerate(geometry(layer, padded), start=2):
        padded = padded.unfold(axis, (k - 1) * d + 1, s)[..., ::d]
    return padded
