"""Layers that PyTorch does not have, or only for some geometries, built from its primitives.

A function with the name of a kind is its twin.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np

from tests.executor.twin_sides import (
    Sides,
    border,
    both_sides,
    flat,
    geometry,
    nd,
    sides_of,
    spread,
    windows,
    written_sides,
)
from tests.layers.named_paddings import NAMED
from tests.with_torch import Tensor, torch
from tests.with_torch import functional as F  # noqa: N812

Tensors = Mapping[str, Tensor]


def per_channel(values: Tensor, x: Tensor) -> Tensor:
    """One value per channel, for broadcasting over the positions of `x`."""
    return values.reshape(1, -1, *(1,) * (x.dim() - 2))


def taps(x: Tensor) -> tuple[int, ...]:
    """The kernel axes in the result of `windows` for a map with the axes of `x`."""
    rank = x.dim() - 2
    return tuple(range(-rank, 0))


def maxpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return windows(layer, border(x, sides_of(layer, x), float("-inf"))).amax(taps(x))


def divisors(layer: Any, x: Tensor, count_padding: bool) -> Tensor:
    """The number of positions that each window counts: those of the input, those of the padding if it
    counts, never those past it (`fit: ceil`)."""
    written = written_sides(layer, x)
    inside = border(torch.ones_like(x[:1, :1]), written, float(count_padding))
    past = tuple((0, b - b0) for (_, b), (_, b0) in zip(sides_of(layer, x), written, strict=True))
    return windows(layer, border(inside, past)).sum(taps(x))


def avgpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    total = windows(layer, border(x, sides_of(layer, x))).sum(taps(x))
    return total / divisors(layer, x, layer.count_padding)


def lppool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """PyTorch's own for order 2 without padding and ceil; otherwise it rescales windows past the border
    and keeps the sign of odd powers."""
    sides = sides_of(layer, x)
    axes = geometry(layer, x)
    if layer.order == 2 and not any(map(any, sides)) and all(d == 1 for _, _, _, d in axes):
        kernel, stride = tuple(k for _, k, _, _ in axes), tuple(s for _, _, s, _ in axes)
        if len(axes) == 1:
            return F.lp_pool1d(x, 2, kernel[0], stride[0])
        return nd("lp_pool", x)(x, 2, kernel, stride)
    powers = windows(layer, border(x, sides)).abs() ** layer.order
    return powers.sum(taps(x)) ** (1 / layer.order)


def mixpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    total = windows(layer, border(x, sides_of(layer, x))).sum(taps(x))
    mean = total / divisors(layer, x, count_padding=True)
    return layer.alpha * maxpool(layer, w, x) + (1 - layer.alpha) * mean


def weighted_avgpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """The product of one Gaussian per axis."""
    kernel = torch.ones((), dtype=torch.float64)
    for _, k, _, _ in geometry(layer, x):
        place = torch.arange(k, dtype=torch.float64) - (k - 1) / 2
        bell = torch.exp(-0.5 * (place / layer.sigma) ** 2)
        kernel = kernel.unsqueeze(-1) * (bell / bell.sum())
    return (windows(layer, border(x, sides_of(layer, x))) * kernel.to(x.dtype)).sum(taps(x))


def blurpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """A depthwise convolution with reflection padding, as in the paper's code; the filter of an axis is
    [1, 1] convolved with itself."""
    rank, channels = x.dim() - 2, x.shape[1]
    kernels = spread(layer.kernel, rank)
    weight = torch.ones((), dtype=x.dtype)
    for k in kernels:
        line = reduce(np.convolve, [[1, 1]] * (k - 1), [1])
        weight = weight.unsqueeze(-1) * torch.tensor(line, dtype=x.dtype) / sum(line)
    framed = F.pad(x, flat(tuple(((k - 1) // 2, ceil((k - 1) / 2)) for k in kernels)), mode="reflect")
    return nd("conv", x)(framed, weight.expand(channels, 1, *kernels), stride=layer.stride, groups=channels)


def spatial_pyramid_pool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    pool = nd(f"adaptive_{layer.mode}_pool", x)
    return torch.cat([pool(x, (bins,) * (x.dim() - 2)).flatten(1) for bins in layer.bins], 1)


def spectral_pool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """The lowest frequencies of a complex transform; for an even number, the last one is shared by both
    ends, so that the map stays real."""
    for axis, m in enumerate(spread(layer.size, x.dim() - 2), start=2):
        n = x.shape[axis]
        spectrum = torch.fft.fft(x, dim=axis)
        half = (m - 1) // 2
        parts = [spectrum.narrow(axis, 0, half + 1)]
        if m % 2 == 0:
            parts.append((spectrum.narrow(axis, m // 2, 1) + spectrum.narrow(axis, n - m // 2, 1)) / 2)
        parts.append(spectrum.narrow(axis, n - half, half))
        x = torch.fft.ifft(torch.cat(parts, axis), dim=axis).real * (m / n)
    return x


def unpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """A depthwise transposed convolution with a kernel that is 1 at its first position."""
    rank, channels = x.dim() - 2, x.shape[1]
    kernel = x.new_zeros(channels, 1, *spread(layer.kernel, rank))
    kernel[(slice(None), slice(None), *(0,) * rank)] = 1
    stride = spread(layer.kernel if layer.stride is None else layer.stride, rank)
    return nd("conv_transpose", x)(x, kernel, stride=stride, groups=channels)


def max_unpool(layer: Any, w: Tensors, x: Tensor, before: Tensor) -> Tensor:
    rank = before.dim() - 2
    kernel = spread(layer.kernel, rank)
    stride = kernel if layer.stride is None else spread(layer.stride, rank)
    _, chosen = nd("max_pool", before)(before, kernel, stride, return_indices=True)
    return nd("max_unpool", before)(x, chosen, kernel, stride, output_size=before.shape)


def framed(layer: Any, x: Tensor) -> Tensor:
    """With its border, zeros or copies, and the zeros that `fit: ceil` adds behind it."""
    written = written_sides(layer, x)
    past = tuple((0, b - b0) for (_, b), (_, b0) in zip(sides_of(layer, x), written, strict=True))
    return border(border(x, written, mode=layer.padding_mode), past)


def locally_connected(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    read = windows(layer, framed(layer, x))
    rank = x.dim() - 2
    outputs = read.shape[2 : 2 + rank]
    by_place = read.reshape(*x.shape[:2], prod(outputs), -1)
    weight = w["weight"].reshape(*w["weight"].shape[:3], -1)
    y = torch.einsum("bcpt,pfct->bfp", by_place, weight).reshape(x.shape[0], -1, *outputs)
    return y + w["bias"] if "bias" in w else y


def sparse_conv(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """A convolution whose kernels are 0 for maps that a filter does not read."""
    entries = w["weight"]
    weight = entries.new_zeros(len(layer.table), x.shape[1], *entries.shape[1:])
    pairs = [(f, channel) for f, read in enumerate(layer.table) for channel in read]
    for entry, (f, channel) in zip(entries, pairs, strict=True):
        weight[f, channel] = entry
    return nd("conv", x)(framed(layer, x), weight, w.get("bias"), stride=layer.stride)


def transposed_sides(layer: Any, x: Tensor, whole: Tensor) -> Sides:
    """The crop on each side of a transposed convolution; `same` gives the input size times the stride."""
    if not isinstance(layer.padding, str):
        return both_sides(layer.padding, x.dim() - 2)
    sides = []
    for (n, k, s, d), size in zip(geometry(layer, x), whole.shape[2:], strict=True):
        before, after = NAMED[layer.padding](n * s, (k - 1) * d + 1, s)
        sides.append((before, size - before - n * s if layer.padding.startswith("same") else after))
    return tuple(sides)


def prelu(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    if layer.per == "element":
        return torch.where(x > 0, x, x * w["weight"])
    return F.prelu(x, w["weight"])


def learned_per(layer: Any, values: Tensor, x: Tensor) -> Tensor:
    """Learned values, for broadcasting over `x`; those of each element have its axes."""
    return values if layer.per == "element" else per_channel(values, x)


def scale(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    y = x * learned_per(layer, w["weight"], x)
    return y + learned_per(layer, w["bias"], x) if "bias" in w else y


def shift(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return x + learned_per(layer, w["bias"], x)


def clamp(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    low, high = (None if each == "none" else each for each in (layer.min, layer.max))
    return x if low is None and high is None else torch.clamp(x, low, high)


def shrink(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    y = F.hardshrink(x, layer.threshold)
    return y - layer.offset * y.sign()


def rescale(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    factor, offset = (
        per_channel(torch.tensor(each, dtype=x.dtype), x) for each in (layer.factor, layer.offset)
    )
    return x * factor + offset


def parameter(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """One tensor for every sample of the batch, of which the input's is the size."""
    return w["weight"].expand(x.shape[0], *layer.shape).clone()


def constant(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return w["value"].expand(x.shape[0], *layer.shape).clone()


def pixel_shuffle(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """PyTorch's own in 2-D; else each channel of a block is written to its finer positions."""
    rank, r = x.dim() - 2, layer.factor
    if rank == 2:
        return F.pixel_shuffle(x, r)
    y = x.new_empty(x.shape[0], x.shape[1] // r**rank, *(n * r for n in x.shape[2:]))
    for number, offset in enumerate(product(range(r), repeat=rank)):
        y[:, :, *(slice(at, None, r) for at in offset)] = x[:, number :: r**rank]
    return y


def space_to_depth(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    rank, r = x.dim() - 2, layer.factor
    if rank == 2:
        return F.pixel_unshuffle(x, r)
    y = x.new_empty(x.shape[0], x.shape[1] * r**rank, *(n // r for n in x.shape[2:]))
    for number, offset in enumerate(product(range(r), repeat=rank)):
        y[:, number :: r**rank] = x[:, :, *(slice(at, None, r) for at in offset)]
    return y


def channel_shuffle(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return torch.channel_shuffle(x.reshape(*x.shape[:2], -1, 1), layer.groups).reshape(x.shape)


def aligned(layer: Any, xs: Sequence[Tensor]) -> list[Tensor]:
    """With `align: crop`, centre crops to the smallest size; an odd remainder is cropped at the end.

    With `broadcast`, sizes of 1 are left to PyTorch, which repeats them.
    """
    rank = max((x.dim() for x in xs), default=2)
    if layer.broadcast:
        xs = [x.reshape(*x.shape, *(1,) * (rank - x.dim())) for x in xs]
    cropped = list(xs)
    for axis in range(2, rank if layer.align == "crop" else 2):
        sizes = [x.shape[axis] for x in xs if not (layer.broadcast and x.shape[axis] == 1)]
        for at, x in enumerate(cropped):
            size = min(sizes, default=1)
            if x.shape[axis] > size:
                cropped[at] = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return cropped
