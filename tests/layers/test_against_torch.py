"""Random single layers against PyTorch: the same shapes, the same weights, the same inputs read.

Where PyTorch refuses a geometry, cnncalc must refuse it too, and nowhere else. Left out is only what
PyTorch itself leaves open or restricts:

- pools: PyTorch takes padding up to half the kernel; more, up to the kernel, is padded beforehand;
- avgpool and lppool in 3-D: PyTorch refuses a kernel larger than the map without its padding;
- `fit: ceil` of convolutions, and lppool with both padding and ceil, which PyTorch does not have;
- dense on a map: PyTorch applies Linear to the last axis, cnncalc wants a flatten;
- pixel_shuffle in 1-D and 3-D, instancenorm and groupnorm of a single value: PyTorch refuses them;
- an empty output, which PyTorch allows where it crops: cnncalc refuses it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnncalc.layers import BY_NAME, Layer, LayerError
from cnncalc.shapes import Shape
from tests.layers.named_paddings import NAMED

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True)
FEWER = settings(EXAMPLES, max_examples=40)

LARGEST = {1: 12, 2: 7, 3: 4}
"""The largest input along each axis, by the number of axes."""

IMPOSSIBLE = re.compile(
    "divisible by|too small|greater than actual input|smaller than kernel size|must be smaller than either"
    "|Invalid computed output size|length must be non-negative|negative output size"
    "|Padding size should be less|wrapping around more than once"
)
"""How PyTorch refuses a geometry; any other error is a mistake in this file."""

Module = Any  # torch.nn.Module, where PyTorch is installed
Sides = tuple[tuple[int, int], ...]
PerAxis = int | tuple[int, ...]
Options = dict[str, Any]


class Case(NamedTuple):
    """A layer, its input, and how PyTorch builds the same layer, which may fail."""

    layer: Layer
    x: Shape
    build: Callable[[], Module]


# What layers are drawn from


FEW_CHANNELS = st.integers(1, 6)


@st.composite
def shapes(draw: DrawFn, channels: SearchStrategy[int] = FEW_CHANNELS, smallest: int = 1) -> Shape:
    rank = draw(st.integers(1, 3))
    return Shape(draw(channels), tuple(draw(st.integers(smallest, LARGEST[rank])) for _ in range(rank)))


def about(groups: int) -> SearchStrategy[int]:
    """Numbers of channels that `groups` mostly divide."""
    return st.sampled_from((groups, 2 * groups, 6, 3 * groups, 5))


def per_axis(x: Shape, low: int, high: int) -> SearchStrategy[PerAxis]:
    number = st.integers(low, high)
    return number | st.tuples(*[number] * x.rank)


def spread(value: PerAxis, x: Shape) -> tuple[int, ...]:
    return (value,) * x.rank if isinstance(value, int) else value


def windows(x: Shape) -> SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"kernel": per_axis(x, 1, 4), "stride": per_axis(x, 1, 3), "dilation": per_axis(x, 1, 2)}
    )


def spans(x: Shape, options: Options) -> tuple[int, ...]:
    """From the first to the last tap, taken from a list of the taps."""
    kernels, dilations = spread(options["kernel"], x), spread(options.get("dilation", 1), x)
    return tuple(len(range(k * d)[: (k - 1) * d + 1]) for k, d in zip(kernels, dilations, strict=True))


WRITTEN = ("number", "per axis", "per side")
PADDINGS = (*WRITTEN, *NAMED)


@st.composite
def paddings(draw: DrawFn, x: Shape, options: Options, style: str) -> tuple[Any, Sides]:
    """A padding as a spec writes it, and its (before, after) for each axis."""
    if style in NAMED:
        geometry = zip(x.spatial, spans(x, options), spread(options["stride"], x), strict=True)
        return style, tuple(NAMED[style](*axis) for axis in geometry)
    return draw(written_sides(x, style))


@st.composite
def written_sides(draw: DrawFn, x: Shape, style: str, most: int = 3) -> tuple[Any, Sides]:
    """Numbers of positions beside the axes, written in one of three ways."""
    number = st.integers(0, most)
    if style == "per side":
        sides = draw(st.tuples(*[st.tuples(number, number)] * x.rank))
        return sides, sides
    amount = draw(number if style == "number" else st.tuples(*[number] * x.rank))
    return amount, tuple((n, n) for n in spread(amount, x))


# PyTorch's side


def nd(name: str, x: Shape) -> Callable[..., Module]:
    """torch.nn's class for as many axes as `x` has."""
    found: Callable[..., Module] = getattr(torch.nn, f"{name}{x.rank}d")
    return found


def flat(sides: Sides) -> tuple[int, ...]:
    """In PyTorch's order: the last axis first."""
    return tuple(n for side in reversed(sides) for n in side)


def border(x: Shape, sides: Sides, fill: float = 0.0) -> Module:
    return nd("ConstantPad", x)(flat(sides), fill)


def crop(x: Shape, sides: Sides) -> Module:
    return border(x, tuple((-before, -after) for before, after in sides))


def symmetric(sides: Sides) -> tuple[int, ...] | None:
    """PyTorch's own padding argument, where both sides of each axis agree."""
    return tuple(before for before, _ in sides) if all(a == b for a, b in sides) else None


def in_torch(options: Options) -> Options:
    return {"kernel_size" if name == "kernel" else name: value for name, value in options.items()}


def convolution(x: Shape, filters: int, options: Options, sides: Sides, **more: Any) -> Module:
    """A convolution with its own padding where that can say it, else behind a border."""
    padding = symmetric(sides)
    conv = nd("Conv", x)(x.channels, filters, **in_torch(options), padding=padding or 0, **more)
    return conv if padding else torch.nn.Sequential(border(x, sides), conv)


def lp_pool(x: Shape, order: int, options: Options, **more: Any) -> Module:
    """PyTorch's LPPool1d takes no tuples."""
    theirs = in_torch(options)
    if x.rank == 1:
        theirs = {name: value[0] if isinstance(value, tuple) else value for name, value in theirs.items()}
    return nd("LPPool", x)(order, **theirs, **more)


# The cases


@st.composite
def convs(draw: DrawFn, style: str) -> Case:
    groups = draw(st.integers(1, 3))
    x = draw(shapes(about(groups)))
    options = draw(windows(x))
    padding, sides = draw(paddings(x, options, style))
    filters = draw(about(groups))
    bias = draw(st.booleans())
    layer = BY_NAME["conv"](filters=filters, **options, padding=padding, groups=groups, bias=bias)
    return Case(layer, x, lambda: convolution(x, filters, options, sides, groups=groups, bias=bias))


@st.composite
def same_convs(draw: DrawFn) -> Case:
    """With PyTorch's own `padding="same"`, which it has for stride 1."""
    x = draw(shapes())
    options = draw(windows(x)) | {"stride": 1}
    layer = BY_NAME["conv"](filters=2, **options, padding="same")
    return Case(layer, x, lambda: nd("Conv", x)(x.channels, 2, **in_torch(options), padding="same"))


@st.composite
def depthwises(draw: DrawFn) -> Case:
    x = draw(shapes(st.integers(1, 4)))
    options = draw(windows(x))
    padding, sides = draw(paddings(x, options, draw(st.sampled_from(PADDINGS))))
    multiplier, bias = draw(st.integers(1, 3)), draw(st.booleans())
    layer = BY_NAME["depthwise"](**options, padding=padding, multiplier=multiplier, bias=bias)
    filters = x.channels * multiplier
    return Case(layer, x, lambda: convolution(x, filters, options, sides, groups=x.channels, bias=bias))


@st.composite
def separables(draw: DrawFn) -> Case:
    x = draw(shapes(st.integers(1, 4)))
    options = draw(windows(x))
    padding, sides = draw(paddings(x, options, draw(st.sampled_from(PADDINGS))))
    multiplier, filters, bias = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.booleans())
    more = {"multiplier": multiplier, "filters": filters, "bias": bias}
    between = x.channels * multiplier

    def build() -> Module:
        depthwise = convolution(x, between, options, sides, groups=x.channels, bias=False)
        return torch.nn.Sequential(depthwise, nd("Conv", x)(between, filters, 1, bias=bias))

    return Case(BY_NAME["separable"](**options, padding=padding, **more), x, build)


@st.composite
def transposed_convs(draw: DrawFn, style: str) -> Case:
    """A padding that PyTorch's layer cannot say is cropped from its unpadded output."""
    groups = draw(st.integers(1, 3))
    x = draw(shapes(about(groups)))
    options = draw(windows(x))
    fitting = st.tuples(*(st.integers(0, stride - 1) for stride in spread(options["stride"], x)))
    options |= {"output_padding": draw(fitting | fitting | fitting | st.integers(0, 2))}
    padding, sides = draw(paddings(x, options, style))
    filters = draw(about(groups))
    more = {"groups": groups, "bias": draw(st.booleans())}

    def build() -> Module:
        own = symmetric(sides)
        conv = nd("ConvTranspose", x)(x.channels, filters, **in_torch(options), padding=own or 0, **more)
        return conv if own else torch.nn.Sequential(conv, crop(x, sides))

    return Case(BY_NAME["conv_transpose"](filters=filters, **options, padding=padding, **more), x, build)


@st.composite
def same_transposed_convs(draw: DrawFn, style: str) -> Case:
    """Cut to the input times the stride, as the convolution that it transposes was padded."""
    x = draw(shapes())
    options = draw(windows(x))
    sides = []
    for n, span, stride in zip(x.spatial, spans(x, options), spread(options["stride"], x), strict=True):
        before, _ = NAMED[style](n * stride, span, stride)
        sides.append((before, (n - 1) * stride + span - before - n * stride))

    def build() -> Module:
        conv = nd("ConvTranspose", x)(x.channels, 2, **in_torch(options))
        return torch.nn.Sequential(conv, crop(x, tuple(sides)))

    return Case(BY_NAME["conv_transpose"](filters=2, **options, padding=style), x, build)


@st.composite
def pool_options(draw: DrawFn, x: Shape, kind: str) -> Options:
    largest = 4 if kind == "maxpool" or x.rank < 3 else min(x.spatial)
    options: Options = {
        "kernel": draw(per_axis(x, 1, largest)),
        "stride": draw(st.none() | per_axis(x, 1, 4)),
    }
    return options | ({"dilation": draw(per_axis(x, 1, 2))} if kind == "maxpool" else {})


@st.composite
def pools(draw: DrawFn, kind: str) -> Case:
    """With the pool's own padding, at most half the kernel, and ceil_mode."""
    x = draw(shapes())
    options = draw(pool_options(x, kind))
    padding = tuple(draw(st.integers(0, kernel // 2)) for kernel in spread(options["kernel"], x))
    ceil = draw(st.booleans())
    layer = BY_NAME[kind](**options, padding=padding, fit="ceil" if ceil else "floor")
    name = {"maxpool": "MaxPool", "avgpool": "AvgPool"}[kind]
    return Case(layer, x, lambda: nd(name, x)(**in_torch(options), padding=padding, ceil_mode=ceil))


@st.composite
def bordered_pools(draw: DrawFn, kind: str) -> Case:
    """Behind a border, so with any padding that a pooled window can still see past."""
    x = draw(shapes())
    options = draw(pool_options(x, kind))
    seen = options | {"stride": options["stride"] or options["kernel"]}
    padding, sides = draw(paddings(x, seen, draw(st.sampled_from(PADDINGS))))
    assume(all(max(side) < span for side, span in zip(sides, spans(x, options), strict=True)))
    fill = float("-inf") if kind == "maxpool" else 0.0
    build = {
        "maxpool": lambda: nd("MaxPool", x)(**in_torch(options)),
        "avgpool": lambda: nd("AvgPool", x)(**in_torch(options)),
        "lppool": lambda: lp_pool(x, 2, options),
    }[kind]
    layer = BY_NAME[kind](**options, padding=padding)
    return Case(layer, x, lambda: torch.nn.Sequential(border(x, sides, fill), build()))


@st.composite
def lppools(draw: DrawFn) -> Case:
    x = draw(shapes())
    options = draw(pool_options(x, "lppool"))
    order, ceil = draw(st.integers(1, 3)), draw(st.booleans())
    layer = BY_NAME["lppool"](**options, order=order, fit="ceil" if ceil else "floor")
    return Case(layer, x, lambda: lp_pool(x, order, options, ceil_mode=ceil))


@st.composite
def adaptive_avgpools(draw: DrawFn) -> Case:
    x = draw(shapes())
    size = draw(per_axis(x, 1, 9))
    return Case(BY_NAME["adaptive_avgpool"](size=size), x, lambda: nd("AdaptiveAvgPool", x)(size))


@st.composite
def global_pools(draw: DrawFn, kind: str, name: str) -> Case:
    x = draw(shapes())
    return Case(BY_NAME[kind](), x, lambda: nd(name, x)(1))


@st.composite
def upsamples(draw: DrawFn, target: str, linear: bool) -> Case:
    x = draw(shapes())
    value = draw(per_axis(x, 1, 4) if target == "scale" else per_axis(x, 1, 11))
    modes = {1: "linear", 2: "bilinear", 3: "trilinear"} if linear else {x.rank: "nearest"}
    corners = draw(st.booleans()) if linear else False
    layer = BY_NAME["upsample"](**{target: value}, mode=modes[x.rank], align_corners=corners)
    theirs = {"scale": "scale_factor", "size": "size"}[target]
    more = {theirs: spread(value, x), **({"align_corners": corners} if linear else {})}
    return Case(layer, x, lambda: torch.nn.Upsample(mode=modes[x.rank], **more))


@st.composite
def pixel_shuffles(draw: DrawFn) -> Case:
    factor = draw(st.integers(1, 3))
    channels = draw(st.sampled_from((factor**2, 2 * factor**2, 6)))
    x = Shape(channels, draw(st.tuples(st.integers(1, 6), st.integers(1, 6))))
    return Case(BY_NAME["pixel_shuffle"](factor=factor), x, lambda: torch.nn.PixelShuffle(factor))


@st.composite
def channel_shuffles(draw: DrawFn) -> Case:
    x, groups = draw(shapes()), draw(st.integers(1, 4))
    return Case(BY_NAME["channel_shuffle"](groups=groups), x, lambda: torch.nn.ChannelShuffle(groups))


@st.composite
def batchnorms(draw: DrawFn) -> Case:
    x, affine = draw(shapes()), draw(st.booleans())
    layer = BY_NAME["batchnorm"](affine=affine)
    return Case(layer, x, lambda: nd("BatchNorm", x)(x.channels, affine=affine))


@st.composite
def groupnorms(draw: DrawFn) -> Case:
    x, groups, affine = draw(shapes(smallest=2)), draw(st.integers(1, 4)), draw(st.booleans())
    layer = BY_NAME["groupnorm"](groups=groups, affine=affine)
    return Case(layer, x, lambda: torch.nn.GroupNorm(groups, x.channels, affine=affine))


@st.composite
def instancenorms(draw: DrawFn) -> Case:
    x, affine = draw(shapes(smallest=2)), draw(st.booleans())
    layer = BY_NAME["instancenorm"](affine=affine)
    return Case(layer, x, lambda: nd("InstanceNorm", x)(x.channels, affine=affine))


@st.composite
def layernorms(draw: DrawFn) -> Case:
    x, affine = draw(shapes()), draw(st.booleans())
    layer = BY_NAME["layernorm"](over="all", affine=affine)
    return Case(layer, x, lambda: torch.nn.LayerNorm(x.dims(), elementwise_affine=affine))


@st.composite
def prelus(draw: DrawFn) -> Case:
    x, per = draw(shapes()), draw(st.sampled_from(("channel", "layer")))
    slopes = x.channels if per == "channel" else 1
    return Case(BY_NAME["prelu"](per=per), x, lambda: torch.nn.PReLU(slopes))


@st.composite
def denses(draw: DrawFn) -> Case:
    axes = draw(st.integers(0, 3))
    x = Shape(draw(st.integers(1, 40)), (1,) * axes)
    units, bias = draw(st.integers(1, 40)), draw(st.booleans())

    def build() -> Module:
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(x.channels, units, bias=bias))

    return Case(BY_NAME["dense"](units=units, bias=bias), x, build)


@st.composite
def flattens(draw: DrawFn) -> Case:
    return Case(BY_NAME["flatten"](), draw(shapes()), lambda: torch.nn.Flatten())


PADS = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


@st.composite
def pads(draw: DrawFn, mode: str) -> Case:
    x = draw(shapes())
    amount, sides = draw(written_sides(x, draw(st.sampled_from(WRITTEN)), most=6))
    layer = BY_NAME["pad"](amount=amount, mode=mode)
    return Case(layer, x, lambda: nd(f"{PADS[mode]}Pad", x)(flat(sides)))


@st.composite
def crops(draw: DrawFn) -> Case:
    x = draw(shapes())
    amount, sides = draw(written_sides(x, draw(st.sampled_from(WRITTEN))))
    return Case(BY_NAME["crop"](amount=amount), x, lambda: crop(x, sides))


SLIDING = {
    **{f"conv, padding {style}": convs(style) for style in PADDINGS},
    "conv, PyTorch's own same": same_convs(),
    "depthwise": depthwises(),
    "separable": separables(),
    **{f"conv_transpose, padding {style}": transposed_convs(style) for style in (*WRITTEN, "valid", "half")},
    **{f"conv_transpose, padding {s}": same_transposed_convs(s) for s in ("same", "same_lower")},
    **{kind: pools(kind) for kind in ("maxpool", "avgpool")},
    **{f"{kind}, bordered": bordered_pools(kind) for kind in ("maxpool", "avgpool", "lppool")},
    "lppool": lppools(),
    "adaptive_avgpool": adaptive_avgpools(),
    **{f"upsample, nearest to {target}": upsamples(target, linear=False) for target in ("scale", "size")},
    **{f"upsample, linear to {target}": upsamples(target, linear=True) for target in ("scale", "size")},
    "pixel_shuffle": pixel_shuffles(),
    "channel_shuffle": channel_shuffles(),
    "batchnorm": batchnorms(),
    "prelu": prelus(),
    "pad, zeros": pads("zeros"),
    "crop": crops(),
}
"""Layers whose outputs read some of the inputs, axis by axis."""

OTHERS = {
    "global_avgpool": global_pools("global_avgpool", "AdaptiveAvgPool"),
    "global_maxpool": global_pools("global_maxpool", "AdaptiveMaxPool"),
    "groupnorm": groupnorms(),
    "instancenorm": instancenorms(),
    "layernorm over all": layernorms(),
    "dense": denses(),
    "flatten": flattens(),
    **{f"pad, {mode}": pads(mode) for mode in PADS if mode != "zeros"},
}

CASES = SLIDING | OTHERS


def with_ones(module: Module) -> Module:
    """The module with weights of 1 and biases of 0, for inference in double precision."""
    for name, parameter in module.named_parameters():
        torch.nn.init.constant_(parameter, 0 if name.endswith("bias") else 1)
    return module.eval().double()


def run(case: Case, batch: Any) -> tuple[Module, Any] | None:
    """PyTorch's module and its output for `batch`; None where the geometry is impossible."""
    try:
        with torch.inference_mode():
            module = with_ones(case.build())
            out = module(batch)
    except (RuntimeError, ValueError) as error:
        if IMPOSSIBLE.search(str(error)):
            return None
        raise
    return (module, out) if out.numel() else None


@pytest.mark.parametrize("name", CASES)
@EXAMPLES
@given(data=st.data())
def test_shapes_and_weights_are_those_of_pytorch(name: str, data: st.DataObject) -> None:
    case = data.draw(CASES[name])
    result = run(case, torch.zeros(1, *case.x.dims(), dtype=torch.float64))
    if result is None:
        with pytest.raises(LayerError):
            case.layer.output(case.x)
        return
    module, out = result
    assert case.layer.output(case.x).dims() == tuple(out.shape[1:])
    theirs = sorted(tuple(parameter.shape) for parameter in module.parameters())
    assert sorted(case.layer.weights(case.x).values()) == theirs


def one_hot(x: Shape) -> Any:
    """A batch with one sample for each position, which is 1 there in all channels and 0 elsewhere."""
    eye = torch.eye(x.positions, dtype=torch.float64).view(x.positions, 1, *x.spatial)
    return eye.expand(x.positions, *x.dims())


def taken(layer: Layer, x: Shape) -> Iterator[Any]:
    """For each axis, which inputs (rows) each output (columns) reads, as cnncalc has it."""
    windows = layer.windows(x)
    if windows == "everything":
        yield from (torch.ones(n, m) for n, m in zip(x.spatial, layer.output(x).spatial, strict=True))
        return
    assert not isinstance(windows, str)
    for window, n, size in zip(windows, x.spatial, layer.output(x).spatial, strict=True):
        columns = [set(window.taps(at)) for at in range(size)]
        yield torch.tensor([[float(i in column) for column in columns] for i in range(n)])


@pytest.mark.parametrize("name", SLIDING)
@FEWER
@given(data=st.data())
def test_outputs_read_the_inputs_that_pytorchs_read(name: str, data: st.DataObject) -> None:
    case = data.draw(SLIDING[name])
    result = run(case, one_hot(case.x))
    assume(result is not None)
    assert result is not None
    read = (result[1] > 1e-9).any(1)
    axes = {1: "ad->ad", 2: "ad,be->abde", 3: "ad,be,cf->abcdef"}[case.x.rank]
    ours = torch.einsum(axes, *taken(case.layer, case.x)) > 0
    assert torch.equal(ours.reshape(read.shape), read)


@EXAMPLES
@given(data=st.data())
def test_no_pool_that_is_accepted_has_a_window_of_nothing_but_padding(data: st.DataObject) -> None:
    x = data.draw(shapes())
    options = data.draw(pool_options(x, "avgpool"))
    _, sides = data.draw(written_sides(x, "per side", most=4))
    layer = BY_NAME["maxpool"](**options, padding=sides)
    theirs = torch.nn.Sequential(border(x, sides, float("-inf")), nd("MaxPool", x)(**in_torch(options)))
    result = run(Case(layer, x, lambda: theirs), torch.zeros(1, *x.dims(), dtype=torch.float64))
    if result and not result[1].isfinite().all():
        with pytest.raises(LayerError, match="lies wholly outside"):
            layer.output(x)


@EXAMPLES
@given(x=shapes(), affine=st.booleans())
def test_batchnorm_stores_the_running_statistics_of_pytorch(x: Shape, affine: bool) -> None:
    theirs = nd("BatchNorm", x)(x.channels, affine=affine).named_buffers()
    shapes_of_theirs = {name: tuple(each.shape) for name, each in theirs if name != "num_batches_tracked"}
    assert BY_NAME["batchnorm"](affine=affine).buffers(x) == shapes_of_theirs
