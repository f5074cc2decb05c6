"""Receptive fields against PyTorch: a unit sees what the gradient of its value reaches.

Random networks are written as a spec and run by PyTorch. All weights and biases are 1, so that nothing
that is read cancels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnncalc.analysis.field import AxisField
from tests.analysis.written import axes_of, field_of, report_of

torch = pytest.importorskip("torch")
functional = torch.nn.functional

PROPERTY = settings(max_examples=600, deadline=None, derandomize=True)

Tensor = Any  # torch.Tensor, where PyTorch is installed
Interval = tuple[int, int] | None
Sizes = tuple[int, ...]


# Networks, as text and in PyTorch


class Piece(NamedTuple):
    """Some layers as a spec writes them, and what they do to a tensor."""

    text: tuple[str, ...]
    run: Callable[[Tensor], Tensor]

    def __repr__(self) -> str:
        return ", ".join(self.text)


@dataclass
class Left:
    """What a network that is being drawn may still do, so that its middle stays far from its borders.

    Attributes:
        reach: positions that kernels may reach beyond their first tap, or borders be moved, in all.
        shrink: the stride of all layers together.
        grow: the factor by which all layers together enlarge.
        uneven: whether a layer may resample by a ratio of large numbers.
    """

    reach: int
    shrink: int
    grow: int
    uneven: bool

    @property
    def kernel(self) -> int:
        """The largest kernel, as its taps may be 2 apart."""
        return min(5, 1 + self.reach // 2)


def flat(sides: Sequence[tuple[int, int]]) -> Sizes:
    """In PyTorch's order: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def nd(name: str, x: Tensor) -> Callable[..., Tensor]:
    """PyTorch's function for as many axes as `x` has."""
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
"""Kinds that read a window, up to their kernel. Sums stand in for all of them: they read the same."""


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
    """In 1-D also with gaps, at units that no input reaches; in 2-D their lines would hide each other."""
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
    """To a size that most inputs are no multiple of, so that bins overlap."""
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
    """The middle of a map, the odd position cut off at its end."""
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


# What a unit's gradient reaches

NOTHING = 1e-7
"""Below every product of the weights above that a path can have; above the noise of rounding."""


def reached(network: Piece, sizes: Sizes, count: int) -> tuple[list[int], Sizes, list[tuple[Interval, ...]]]:
    """Some consecutive units in the middle of the output, its sizes, and what they see on each axis."""
    x = ones(count, 1, *sizes).requires_grad_()
    out = network.run(x)
    firsts = [(n - count) // 2 for n in out.shape[2:]]
    sum(out[(i, slice(None), *(first + i for first in firsts))].sum() for i in range(count)).backward()
    seen = [tuple(extent(sample, axis) for axis in range(len(sizes))) for sample in x.grad[:, 0]]
    return firsts, tuple(out.shape[2:]), seen


def extent(gradient: Tensor, axis: int) -> Interval:
    """The first and last position along an axis that a gradient reaches."""
    others = [other for other in range(gradient.ndim) if other != axis]
    places = (gradient.sum(others) if others else gradient).gt(NOTHING).nonzero()
    return (int(places[0]), int(places[-1])) if len(places) else None


def assert_sees_what_gradients_reach(network: Piece, sizes: Sizes, count: int) -> None:
    row = report_of(network.text, sizes=sizes).output
    firsts, out, seen = reached(network, sizes, count)
    assert row.output.spatial == out
    for axis, (field, first) in enumerate(zip(axes_of(row.field), firsts, strict=True)):
        intervals = [each[axis] for each in seen]
        assert [field.at(first + i) for i in range(count)] == intervals
        assert_summary_fits(field, first, intervals)


def assert_summary_fits(field: AxisField, first: int, seen: list[Interval]) -> None:
    """Size, jump and start, against the intervals of units from `first` on."""
    largest = max((last - start + 1 for start, last in filter(None, seen)), default=0)
    period = len(field.intervals)
    if field.bounded or period >= len(seen):
        assert field.size >= largest
        return
    assert field.size == largest
    for one, later in zip(seen, seen[period:], strict=False):
        if one and later:
            assert field.jump == Fraction(later[0] - one[0], period)
    turn = seen[-first % period]
    if turn:
        assert field.start == Fraction(sum(turn), 2) - (first + -first % period) * field.jump


@PROPERTY
@given(network=networks(1, longest=5, left=Left(reach=60, shrink=6, grow=6, uneven=True)))
def test_units_see_what_their_gradients_reach_in_1_d(network: Piece) -> None:
    assert_sees_what_gradients_reach(network, (1200,), count=14)


@settings(PROPERTY, max_examples=100)
@given(network=networks(2, longest=3, left=Left(reach=14, shrink=4, grow=4, uneven=False)))
def test_units_see_what_their_gradients_reach_in_2_d(network: Piece) -> None:
    assert_sees_what_gradients_reach(network, (170, 160), count=7)


SMOOTH = Piece(("{conv: 1, kernel: 3}",), lambda x: convolved(x, (3,) * (x.ndim - 2)))
TRANSPOSED = [
    transposed((kernel,), stride, (dilation,), (1,))
    for kernel in range(1, 6)
    for stride in range(1, 5)
    for dilation in range(1, 4)
]
UPSAMPLED = [
    upsampled(scale, *mode) for scale in range(2, 6) for mode in (("nearest",), ("linear",), ("linear", True))
]


@pytest.mark.parametrize("piece", [*TRANSPOSED, *UPSAMPLED], ids=repr)
def test_every_phase_of_an_enlarging_layer_sees_what_its_gradient_reaches(piece: Piece) -> None:
    """Alone, and between layers that read neighbours."""
    for network in (piece, in_order((SMOOTH, piece, SMOOTH)), in_order((piece, piece))):
        assert_sees_what_gradients_reach(network, (150,), count=36)


# What sees everything


def gated(x: Tensor) -> Tensor:
    """Squeeze-and-excitation, Hu et al. 2018."""
    return x * torch.sigmoid(convolved(x.mean((2, 3), keepdim=True), (1, 1), filters=2))


def twice_dense(x: Tensor) -> Tensor:
    return functional.linear(x.flatten(1), ones(2, 60)) ** 2


GATE = "{mul: {maps: [], gate: [global_avgpool, {conv: 2, kernel: 1}, sigmoid]}}"

GLOBAL: dict[str, tuple[list[str], Callable[[Tensor], Tensor]]] = {
    "global_avgpool": (["global_avgpool"], lambda x: x.mean((2, 3))),
    "global_maxpool": (["global_maxpool"], lambda x: x.logsumexp((2, 3))),
    "dense": (["flatten", "{dense: 3}"], lambda x: functional.linear(x.flatten(1), ones(3, 60))),
    "groupnorm": (["{groupnorm: 2}"], lambda x: functional.group_norm(x, 2)),
    "instancenorm": (["instancenorm"], functional.instance_norm),
    "layernorm over all": (["{layernorm: {over: all}}"], lambda x: functional.layer_norm(x, (2, 6, 5))),
    "squeeze-and-excitation": ([GATE], gated),
    "two dense layers multiplied": (["flatten", "{mul: {a: [{dense: 2}], b: [{dense: 2}]}}"], twice_dense),
    "a convolution behind one": (
        ["instancenorm", *SMOOTH.text],
        lambda x: SMOOTH.run(functional.instance_norm(x)),
    ),
}
"""A smooth maximum stands in for the maximum, whose gradient is that of one element."""


@pytest.mark.parametrize(("layers", "run"), GLOBAL.values(), ids=GLOBAL)
def test_global_layers_see_everything(layers: list[str], run: Callable[[Tensor], Tensor]) -> None:
    field = field_of(*layers, channels=2, sizes=(6, 5))
    assert field.is_global
    assert (field.size, field.jump, field.start) == (None, None, None)
    x = torch.rand(1, 2, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    run(x.requires_grad_()).flatten()[0].backward()
    assert x.grad.abs().sum((0, 1)).gt(NOTHING).all()
