"""Random networks, as a spec and in PyTorch; all weights and biases are 1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.with_torch import Tensor, functional, torch

Sizes = tuple[int, ...]


class Piece(NamedTuple):
    """Layers in spec syntax, and as a function of a tensor."""

    text: tuple[str, ...]
    run: Callable[[Tensor], Tensor]

    def __repr__(self) -> str:
        return ", ".join(self.text)


@dataclass
class Left:
    """The remaining limits for a random network, so that its middle stays far from its borders.

    Attributes:
        reach: total positions that kernels may extend beyond their first tap, or borders may move.
        shrink: the product of all strides.
        grow: the product of all upsampling factors.
        uneven: whether a layer may resample by a ratio of large numbers.
    """

    reach: int
    shrink: int
    grow: int
    uneven: bool

    @property
    def kernel(self) -> int:
        """The largest kernel; its taps may be 2 apart."""
        return min(5, 1 + self.reach // 2)


def flat(sides: Sequence[tuple[int, int]]) -> Sizes:
    """In PyTorch's order: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def nd(name: str, x: Tensor) -> Callable[..., Tensor]:
    """PyTorch's function for the number of axes of `x`."""
    found: Callable[..., Tensor] = getattr(functional, f"{name}{x.ndim - 2}d")
    return found


def in_order(pieces: Sequence[Piece]) -> Piece:
    def run(x: Tensor) -> Tensor:
        for piece in pieces:
            x = piece.run(x)
        return x

    return Piece(tuple(layer for piece in pieces for layer in piece.text), run)


def ones(*sizes: int) -> Tensor:
    return torch.ones(*sizes, dtype=torch.float64)


def convolved(x: Tensor, kernel: Sizes, filters: int = 1, **more: Any) -> Tensor:
    return nd("conv", x)(x, ones(filters, x.shape[1], *kernel), ones(filters), **more)


def at_each_axis(rank: int, low: int, high: int) -> SearchStrategy[Sizes]:
    return st.tuples(*[st.integers(low, high)] * rank)


WINDOWS = {
    "conv": "conv: 1, kernel",
    "separable": "separable: 1, kernel",
    "depthwise": "depthwise",
    "maxpool": "maxpool",
    "avgpool": "avgpool",
    "lppool": "lppool",
}
"""Kinds that read a window, up to their kernel. All are replaced by sums, which read the same."""


@st.composite
def windows(draw: DrawFn, rank: int, left: Left) -> Piece:
    kind = draw(st.sampled_from(list(WINDOWS)))
    kernel, dilation = draw(at_each_axis(rank, 1, left.kernel)), (1,) * rank
    stride = draw(st.sampled_from([s for s in (1, 1, 2, 3) if s <= left.shrink]))
    left.shrink //= stride
    options = f"{WINDOWS[kind]}: {list(kernel)}, stride: {stride}"
    if kind not in ("avgpool", "lppool"):
        dilation = draw(at_each_axis(rank, 1, 2))
        options += f", dilation: {list(dilation)}"
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    left.reach -= max(reach)
    sides = [(draw(st.integers(0, n)), draw(st.integers(0, n))) for n in reach]
    options += f", padding: {[list(side) for side in sides]}"

    def run(x: Tensor) -> Tensor:
        return convolved(functional.pad(x, flat(sides)), kernel, stride=stride, dilation=dilation)

    return Piece((f"{{{options}}}",), run)


def transposed(kernel: Sizes, stride: int, dilation: Sizes, padding: Sizes, extra: int = 0) -> Piece:
    options = f"kernel: {list(kernel)}, stride: {stride}, dilation: {list(dilation)}"
    text = f"{{conv_transpose: 1, {options}, padding: {list(padding)}, output_padding: {extra}}}"

    def run(x: Tensor) -> Tensor:
        weight, more = ones(x.shape[1], 1, *kernel), {"stride": stride, "dilation": dilation}
        return nd("conv_transpose", x)(x, weight, ones(1), padding=padding, output_padding=extra, **more)

    return Piece((text,), run)


@st.composite
def transposed_convs(draw: DrawFn, rank: int, left: Left) -> Piece:
    """In 1-D also with gaps, at units without inputs; in 2-D such lines would hide each other."""
    stride = draw(st.sampled_from([s for s in (1, 2, 3) if s <= left.grow]))
    left.grow //= stride
    gaps = rank == 1
    kernel = draw(at_each_axis(rank, 1 if gaps else stride, max(stride, left.kernel)))
    left.reach -= 2 * (max(kernel) - 1)
    dilation = draw(at_each_axis(rank, 1, 2 if gaps else 1))
    padding, extra = draw(at_each_axis(rank, 0, 2)), draw(st.integers(0, stride - 1))
    return transposed(kernel, stride, dilation, padding, extra)


LINEAR = {3: "linear", 4: "bilinear"}
"""PyTorch's names, by the number of dimensions with batch and channels."""


def upsampled(scale: int, mode: str, corners: bool = False) -> Piece:
    options = f"mode: {mode}, align_corners: {str(corners).lower()}"

    def run(x: Tensor) -> Tensor:
        if mode == "nearest":
            return functional.interpolate(x, scale_factor=scale)
        return functional.interpolate(x, scale_factor=scale, mode=LINEAR[x.ndim], align_corners=corners)

    return Piece((f"{{upsample: {scale}, {options}}}",), run)


@st.composite
def upsamples(draw: DrawFn, rank: int, left: Left) -> Piece:
    scale = draw(st.sampled_from([s for s in (2, 3) if s <= left.grow] or [1]))
    left.grow //= scale
    mode = draw(st.sampled_from(("nearest", "linear")))
    corners = mode == "linear" and left.uneven and draw(st.booleans())
    left.uneven &= not corners
    return upsampled(scale, mode, corners)


@st.composite
def adaptive_pools(draw: DrawFn, rank: int, left: Left) -> Piece:
    """To a size that does not divide most inputs, so that bins overlap."""
    if not left.uneven or left.shrink < 4:
        return draw(crops(rank, left))
    left.shrink, left.uneven = 1, False
    size = draw(at_each_axis(rank, 250, 400) if rank == 1 else at_each_axis(rank, 40, 60))
    return Piece((f"{{adaptive_avgpool: {list(size)}}}",), lambda x: nd("adaptive_avg_pool", x)(x, size))


@st.composite
def crops(draw: DrawFn, rank: int, left: Left) -> Piece:
    kind, sign = draw(st.sampled_from((("crop", -1), ("pad", 1))))
    sides = draw(st.tuples(*[at_each_axis(2, 0, max(0, min(4, left.reach)))] * rank))
    left.reach -= max(map(max, sides))
    padding = flat([(sign * before, sign * after) for before, after in sides])
    return Piece(
        (f"{{{kind}: {[list(side) for side in sides]}}}",),
        lambda x: functional.pad(x, padding, value=1.0),
    )


@st.composite
def pixel_shuffles(draw: DrawFn, rank: int, left: Left) -> Piece:
    if rank != 2 or left.grow < 2:
        return draw(crops(rank, left))
    left.grow //= 2
    text = ("{conv: 4, kernel: 1}", "{pixel_shuffle: 2}")
    return Piece(text, lambda x: functional.pixel_shuffle(convolved(x, (1, 1), filters=4), 2))


def centred(x: Tensor, sizes: Sizes) -> Tensor:
    """The centre of a map, with an odd position cropped at the end."""
    for axis, size in enumerate(sizes, start=2):
        x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x


@st.composite
def merges(draw: DrawFn, rank: int, left: Left, depth: int) -> Piece:
    kind = draw(st.sampled_from(("add", "concat")))
    lists = st.lists(st.deferred(lambda: pieces(rank, left, depth - 1)), max_size=2)
    branches = [in_order(draw(lists)) for _ in range(draw(st.integers(2, 3)))]
    text = ", ".join(f"{name}: [{branch}]" for name, branch in zip("abc", branches, strict=False))
    mix = Piece(("{conv: 1, kernel: 1}",), lambda x: convolved(x, (1,) * rank))

    def run(x: Tensor) -> Tensor:
        outs = [branch.run(x) for branch in branches]
        smallest = tuple(min(sizes) for sizes in zip(*(out.shape[2:] for out in outs), strict=True))
        cut = [centred(out, smallest) for out in outs]
        return sum(cut) if kind == "add" else torch.cat(cut, 1)

    merge = Piece((f"{{{kind}: {{{text}}}, align: crop}}",), run)
    return merge if kind == "add" else in_order((merge, mix))


def pieces(rank: int, left: Left, depth: int) -> SearchStrategy[Piece]:
    plain = windows(rank, left)
    others = [transposed_convs, upsamples, adaptive_pools, crops, pixel_shuffles]
    kinds = [plain, plain, *(kind(rank, left) for kind in others)]
    return st.one_of(*kinds, *([merges(rank, left, depth)] * 3 if depth else []))


@st.composite
def networks(draw: DrawFn, rank: int, longest: int, left: Left) -> Piece:
    drawn = pieces(rank, replace(left), depth=2)
    return in_order(draw(st.lists(drawn, min_size=1, max_size=longest)))
