"""Attention in PyTorch; a function with the name of a kind is its twin."""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from tests.executor.twin_sides import spread
from tests.with_torch import Tensor, torch
from tests.with_torch import functional as F  # noqa: N812

Tensors = Mapping[str, Tensor]


def projected(name: str, w: Tensors, rows: Tensor) -> Tensor:
    return F.linear(rows, w[name], w.get(f"{name}_bias"))


def attended(layer: Any, w: Tensors, x: Tensor, context: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of sequences with channels last; a mask is added to the scores."""
    heads = [
        projected(name, w, rows).unflatten(-1, (layer.heads, -1)).transpose(-2, -3)
        for name, rows in (("query", x), ("key", context), ("value", context))
    ]
    y = F.scaled_dot_product_attention(*heads, attn_mask=mask, is_causal=layer.causal)
    return projected("out", w, y.transpose(-2, -3).flatten(-2))


def members(layer: Any, sizes: tuple[int, ...]) -> dict[tuple[Any, ...], list[tuple[int, ...]]]:
    """The positions of each window or grid, found one by one; of windows, by the corner where they start."""
    rank = len(sizes)
    shift = spread(layer.shift, rank)
    found: dict[tuple[Any, ...], list[tuple[int, ...]]] = {}
    for place in product(*map(range, sizes)):
        if layer.window is not None:
            width = spread(layer.window, rank)
            corner = tuple((p - s) // k for p, s, k in zip(place, shift, width, strict=True))
        elif layer.grid is not None:
            every = [n // g for n, g in zip(sizes, spread(layer.grid, rank), strict=True)]
            corner = tuple(p % d for p, d in zip(place, every, strict=True))
        else:
            corner = ()
        found.setdefault(corner, []).append(place)
    return found


def attention(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """Windows cut off by the border are sequences of their own, so nothing needs to be masked."""
    sizes = tuple(x.shape[2:])
    rank = len(sizes)
    rows, y = x.movedim(1, -1), None
    widths = spread(layer.window or layer.grid or sizes, rank)
    steps = (
        [n // g for n, g in zip(sizes, spread(layer.grid, rank), strict=True)] if layer.grid else [1] * rank
    )
    for places in members(layer, sizes).values():
        at = (slice(None), *(torch.tensor(axis) for axis in zip(*places, strict=True)))
        mask = None
        if layer.relative:
            index = [[_row(p, q, widths, steps) for q in places] for p in places]
            mask = w["relative"][torch.tensor(index)].movedim(-1, 0)
        part = attended(layer, w, rows[at], rows[at], mask)
        if y is None:
            y = x.new_zeros(x.shape[0], *sizes, part.shape[-1])
        y[at] = part
    assert y is not None
    return y.movedim(-1, 1).contiguous()


def _row(p: tuple[int, ...], q: tuple[int, ...], widths: tuple[int, ...], steps: list[int]) -> int:
    """The row of the table for a query at `p` and a key at `q`, as in torchvision's Swin."""
    row = 0
    for a, b, width, step in zip(p, q, widths, steps, strict=True):
        row = row * (2 * width - 1) + (a - b) // step + width - 1
    assert 0 <= row < prod(2 * width - 1 for width in widths)
    return row


def cross_attention(layer: Any, w: Tensors, x: Tensor, context: Tensor) -> Tensor:
    rows, others = (each.flatten(2).transpose(1, 2) for each in (x, context))
    y = attended(layer, w, rows, others, None).transpose(1, 2)
    return y.reshape(*y.shape[:2], *x.shape[2:])


def matmul(layer: Any, w: Tensors, a: Tensor, b: Tensor) -> Tensor:
    a = a.transpose(-1, -2) if layer.transpose_first else a
    b = b.transpose(-1, -2) if layer.transpose_second else b
    return torch.matmul(a, b)
