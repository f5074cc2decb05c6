"""Random layers of every kind with suitable inputs, from 1-D to 3-D.

Kinds that PyTorch has come from tests/layers; the others are here.
"""

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnncalc.layers import ACTIVATIONS, BY_NAME, Layer, LayerError
from cnncalc.shapes import Shape
from tests.layers.test_against_torch import CASES
from tests.layers.torch_drawn import PADDINGS, WRITTEN, Case, paddings, per_axis, shapes, written_sides

Drawn = tuple[Layer, Shape]

SLOPES = st.sampled_from((0.01, 0.1, 0.3, 1.5))
PER = st.sampled_from(("channel", "layer", "element"))
WITH_OPTIONS: dict[str, dict[str, SearchStrategy[Any]]] = {
    "leaky_relu": {"slope": SLOPES},
    "elu": {"alpha": SLOPES},
    "celu": {"alpha": SLOPES},
    "gelu": {"approximate": st.sampled_from(("none", "tanh"))},
    "thresholded_relu": {"threshold": SLOPES},
    "shrink": {"threshold": SLOPES, "offset": SLOPES | st.just(0.0)},
    "prelu": {"per": PER},
    "scale": {"bias": st.booleans(), "per": PER},
    "shift": {"per": PER},
    "dropout": {"rate": st.floats(0, 1)},
    "lrn": {
        "size": st.integers(1, 6),
        "alpha": SLOPES,
        "beta": SLOPES,
        "k": st.sampled_from((0.5, 1.0, 2.0)),
    },
    "layernorm": {
        "scale": st.booleans(),
        "center": st.booleans(),
        "affine": st.booleans(),
        "eps": st.sampled_from((1e-5, 1e-3)),
        "over": st.just("channels"),
    },
    "adaptive_maxpool": {"size": st.integers(1, 9)},
    "spatial_pyramid_pool": {
        "bins": st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
        "mode": st.sampled_from(("max", "avg")),
    },
    "rms_norm": {"scale": st.booleans(), "over": st.sampled_from(("channels", "all"))},
    "global_response_norm": {"eps": st.sampled_from((1e-6, 0.1))},
    "space_to_depth": {"factor": st.integers(1, 3)},
}
"""Kinds whose options do not depend on the input; the activations without options are added below."""


@st.composite
def with_options(draw: DrawFn, kind: str) -> Drawn:
    options = {name: draw(strategy) for name, strategy in WITH_OPTIONS.get(kind, {}).items()}
    return BY_NAME[kind](**options), draw(shapes() | vectors())


@st.composite
def vectors(draw: DrawFn) -> Shape:
    return Shape(draw(st.integers(1, 12)))


@st.composite
def batchnorms(draw: DrawFn) -> Drawn:
    eps = draw(st.sampled_from((1e-5, 1e-3)))
    flags = {name: draw(st.booleans()) for name in ("affine", "scale", "center")}
    return BY_NAME["batchnorm"](**flags, eps=eps), draw(shapes() | vectors())


@st.composite
def clamps(draw: DrawFn) -> Drawn:
    low, high = sorted(draw(st.tuples(*[st.floats(-2, 2)] * 2)))
    low, high = draw(st.sampled_from(((low, high), ("none", high), (low, "none"), ("none", "none"))))
    return BY_NAME["clamp"](min=low, max=high), draw(shapes() | vectors())


@st.composite
def rescales(draw: DrawFn) -> Drawn:
    x = draw(shapes() | vectors())
    each = st.floats(-2, 2) | st.sampled_from((0.0, 1.0))
    given = each | st.lists(each, min_size=x.channels, max_size=x.channels).map(tuple)
    return BY_NAME["rescale"](factor=draw(given), offset=draw(given)), x


@st.composite
def sources(draw: DrawFn, kind: str) -> Drawn:
    return BY_NAME[kind](shape=draw(shapes() | vectors()).dims()), draw(shapes() | vectors())


def geometry(draw: DrawFn, x: Shape, dilation: int = 1, stride: SearchStrategy[Any] | None = None) -> Any:
    """Kernel, stride, dilation, padding and fit, with all ways to write a padding."""
    options = {
        "kernel": draw(per_axis(x, 1, 4)),
        "stride": draw(per_axis(x, 1, 3) if stride is None else stride),
    }
    if dilation > 1:
        options["dilation"] = draw(per_axis(x, 1, dilation))
    named = options | {"stride": options["stride"] or options["kernel"]}
    padding, _ = draw(paddings(x, named, draw(st.sampled_from(PADDINGS))))
    return options | {"padding": padding}


FITS = st.sampled_from(("floor", "ceil"))
MODES = st.sampled_from(("zeros", "reflect", "replicate", "circular"))


@st.composite
def ceiling_convs(draw: DrawFn, kind: str) -> Drawn:
    x = draw(shapes())
    more = {"bias": draw(st.booleans())} | (
        {} if kind == "depthwise" else {"filters": draw(st.integers(1, 4))}
    )
    return BY_NAME[kind](**geometry(draw, x, dilation=2), **more, fit="ceil"), x


@st.composite
def framed_convs(draw: DrawFn, kind: str) -> Drawn:
    """With a border of copies."""
    x = draw(shapes())
    more = {} if kind == "depthwise" else {"filters": draw(st.integers(1, 4))}
    mode = draw(st.sampled_from(("reflect", "replicate", "circular")))
    return BY_NAME[kind](**geometry(draw, x, dilation=2), **more, padding_mode=mode), x


@st.composite
def standardized_convs(draw: DrawFn) -> Drawn:
    """With more than one weight in each filter, as PyTorch requires."""
    x, eps = draw(shapes(st.integers(2, 4))), draw(st.sampled_from((1e-5, 1e-2)))
    layer = BY_NAME["conv"](**geometry(draw, x), filters=draw(st.integers(1, 4)), standardize=True, eps=eps)
    return layer, x


@st.composite
def local_layers(draw: DrawFn) -> Drawn:
    x = draw(shapes())
    more = {"filters": draw(st.integers(1, 3)), "bias": draw(st.booleans()), "fit": draw(FITS)}
    more["padding_mode"] = draw(MODES)
    return BY_NAME["locally_connected"](**geometry(draw, x), **more), x


@st.composite
def sparse_convs(draw: DrawFn) -> Drawn:
    x = draw(shapes())
    reads = st.lists(st.integers(0, x.channels - 1), min_size=1, max_size=4, unique=True).map(tuple)
    table = tuple(draw(st.lists(reads, min_size=1, max_size=4)))
    return BY_NAME["sparse_conv"](
        table=table, **geometry(draw, x), bias=draw(st.booleans()), padding_mode=draw(MODES)
    ), x


POOLS: dict[str, dict[str, SearchStrategy[Any]]] = {
    "maxpool": {},
    "avgpool": {"count_padding": st.booleans()},
    "lppool": {"order": st.integers(1, 4)},
    "mixpool": {"alpha": st.floats(0, 1)},
    "weighted_avgpool": {"sigma": st.sampled_from((0.3, 1.0, 2.5))},
}


@st.composite
def any_pools(draw: DrawFn, kind: str) -> Drawn:
    """Any padding, on both sides or one, floor or ceil."""
    x = draw(shapes())
    options = geometry(
        draw, x, 2 if kind in ("maxpool", "avgpool", "lppool") else 1, st.none() | per_axis(x, 1, 4)
    )
    more = {name: draw(strategy) for name, strategy in POOLS[kind].items()}
    return BY_NAME[kind](**options, **more, fit=draw(FITS)), x


@st.composite
def blurpools(draw: DrawFn) -> Drawn:
    x = draw(shapes(smallest=2))
    return BY_NAME["blurpool"](kernel=draw(per_axis(x, 1, 5)), stride=draw(per_axis(x, 1, 3))), x


@st.composite
def spectral_pools(draw: DrawFn) -> Drawn:
    x = draw(shapes())
    return BY_NAME["spectral_pool"](size=tuple(draw(st.integers(1, n)) for n in x.spatial)), x


@st.composite
def upsamples(draw: DrawFn, mode: str) -> Drawn:
    """To any size, or by a factor with an exact reciprocal, so that PyTorch's floats are exact, too."""
    x = draw(shapes(rank=2) if mode == "bicubic" else shapes())
    options: dict[str, Any] = {"mode": mode}
    if mode == "nearest" and draw(st.booleans()):  # PyTorch's nearest-exact
        options |= {"coordinates": "half_pixel", "rounding": "round_prefer_ceil"}
    elif mode not in ("nearest", "area"):
        options |= {"align_corners": draw(st.booleans())}
    if draw(st.booleans()):
        return BY_NAME["upsample"](size=tuple(draw(st.integers(1, 9)) for _ in x.spatial), **options), x
    return BY_NAME["upsample"](scale=draw(st.sampled_from((0.5, 1.6, 0.8, 2.0, 4))), **options), x


@st.composite
def unpools(draw: DrawFn) -> Drawn:
    x = draw(shapes())
    stride = draw(st.none() | per_axis(x, 1, 4))
    return BY_NAME["unpool"](kernel=draw(per_axis(x, 1, 3)), stride=stride), x


@st.composite
def reshapes(draw: DrawFn) -> Drawn:
    """The sizes of a map in another order, one of them possibly −1."""
    x = draw(shapes())
    sizes = list(draw(st.permutations(x.dims())))
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    return BY_NAME["reshape"](shape=tuple(sizes)), x


@st.composite
def shuffles(draw: DrawFn, kind: str) -> Drawn:
    """Also in 1-D and 3-D."""
    rank, factor = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    blocks = draw(st.tuples(*[st.integers(1, 2)] * rank))
    if kind == "pixel_shuffle":
        return BY_NAME[kind](factor=factor), Shape(draw(st.integers(1, 2)) * factor**rank, blocks)
    return BY_NAME[kind](factor=factor), Shape(draw(st.integers(1, 4)), tuple(n * factor for n in blocks))


@st.composite
def channel_shuffles(draw: DrawFn) -> Drawn:
    groups = draw(st.integers(1, 4))
    channels = groups * draw(st.integers(1, 4))
    return BY_NAME["channel_shuffle"](groups=groups), draw(
        shapes(st.just(channels)) | st.just(Shape(channels))
    )


@st.composite
def slices(draw: DrawFn) -> Drawn:
    x = draw(shapes() | vectors())
    start = draw(st.integers(0, x.channels - 1))
    return BY_NAME["slice"](channels=(start, draw(st.integers(start + 1, x.channels)))), x


@st.composite
def pads(draw: DrawFn) -> Drawn:
    x = draw(shapes())
    amount, _ = draw(written_sides(x, draw(st.sampled_from(WRITTEN))))
    mode = draw(st.sampled_from(("zeros", "reflect", "replicate", "circular")))
    return BY_NAME["pad"](amount=amount, mode=mode, channels=draw(st.integers(0, 2))), x


@st.composite
def signed_pads(draw: DrawFn) -> Drawn:
    """Zeros or another value, some sides of which are cropped."""
    x = draw(shapes())
    side = st.integers(-2, 2)
    amount = draw(side | st.tuples(*[side | st.tuples(side, side)] * x.rank))
    return BY_NAME["pad"](amount=amount, value=draw(st.sampled_from((0.0, 1.5, -2.0)))), x


@st.composite
def of_shapes(draw: DrawFn, strategy: SearchStrategy[Case]) -> Drawn:
    case = draw(strategy)
    return case.layer, case.x


@st.composite
def fitting(draw: DrawFn, strategy: SearchStrategy[Drawn]) -> Drawn:
    """A layer that accepts its input."""
    layer, x = draw(strategy)
    try:
        layer.output(x)
    except LayerError:
        assume(False)
    return layer, x


def names(x: Shape) -> tuple[str, ...]:
    return ("channels", *x.axes)


@st.composite
def along_axis(draw: DrawFn, kind: str) -> Drawn:
    x = draw(shapes() | vectors())
    return BY_NAME[kind](axis=draw(st.sampled_from(names(x)))), x


@st.composite
def permutes(draw: DrawFn) -> Drawn:
    x = draw(shapes())
    return BY_NAME["permute"](order=tuple(draw(st.permutations(names(x))))), x


@st.composite
def splits(draw: DrawFn) -> Drawn:
    """Equal parts, or one cut."""
    x = draw(shapes(smallest=2) | vectors())
    at = draw(st.integers(0, x.rank))
    n = x.dims()[at]
    equal = [m for m in range(1, n + 1) if n % m == 0]
    cuts = [(cut, n - cut) for cut in range(1, n)]
    parts = draw(st.sampled_from([*equal, *cuts]))
    part = draw(st.integers(0, (parts if isinstance(parts, int) else 2) - 1))
    return BY_NAME["split"](parts=parts, axis=names(x)[at], part=part), x


@st.composite
def selects(draw: DrawFn) -> Drawn:
    x = draw(shapes() | vectors())
    at = draw(st.integers(0, x.rank))
    n = x.dims()[at]
    start = draw(st.integers(0, n - 1))
    index = draw(st.sampled_from((start, start - n, (start, draw(st.integers(start + 1, n))))))
    axis = None if x.rank == 1 and at and draw(st.booleans()) else names(x)[at]
    return BY_NAME["select"](index=index, axis=axis), x


REDUCTIONS = st.sampled_from(("mean", "max", "min", "sum", "l2", "product", "logsumexp"))


@st.composite
def over_axes(draw: DrawFn, kind: str) -> Drawn:
    x = draw(shapes() | vectors())
    some = st.lists(st.sampled_from(names(x)), min_size=1, unique=True).map(tuple)
    over = draw(st.sampled_from((*names(x), *(("positions",) if x.rank else ()))) | some)
    options = {} if kind == "l2_normalize" else {"mode": draw(REDUCTIONS), "keepdims": draw(st.booleans())}
    return BY_NAME[kind](over=over, **options), x


@st.composite
def embeddings(draw: DrawFn) -> Drawn:
    x = draw(shapes(st.just(1)))
    return BY_NAME["embedding"](units=draw(st.integers(1, 5)), entries=draw(st.integers(1, 20))), x


@st.composite
def attentions(draw: DrawFn) -> Drawn:
    """Over everything, in windows that may be moved, or over grids."""
    rank = draw(st.integers(1, 3))
    most = (0, 4, 3, 2)[rank]
    sizes = tuple(draw(st.integers(1, most)) for _ in range(rank))
    counts = tuple(draw(st.integers(1, most)) for _ in range(rank))
    heads = draw(st.integers(1, 3))
    x = Shape(heads * draw(st.integers(1, 3)), tuple(n * m for n, m in zip(sizes, counts, strict=True)))
    kind = draw(st.sampled_from(("all", "window", "grid")))
    more = {name: draw(st.booleans()) for name in ("bias", "out_bias", "relative")}
    more |= {name: draw(st.none() | st.integers(1, 4)) for name in ("key", "value", "out")}
    if kind == "window":
        more["shift"] = tuple(draw(st.integers(0, size - 1)) for size in sizes)
    if kind != "all":
        more[kind] = sizes
    elif rank == 1:
        more["causal"] = draw(st.booleans())
        more["relative"] &= not more["causal"]  # PyTorch takes only one of both
    return BY_NAME["attention"](heads=heads, **more), x


PLAIN = [kind.kind for kind in ACTIVATIONS] + ["scale", "shift", "identity", "dropout", "lrn", "layernorm"]

OTHERS: dict[str, SearchStrategy[Drawn]] = {
    **{kind: with_options(kind) for kind in (*PLAIN, *WITH_OPTIONS)},
    "batchnorm, vectors, too": batchnorms(),
    "clamp": clamps(),
    "rescale": rescales(),
    **{kind: sources(kind) for kind in ("parameter", "constant")},
    **{f"{kind}, fit: ceil": ceiling_convs(kind) for kind in ("conv", "depthwise", "separable")},
    **{f"{kind}, border of copies": framed_convs(kind) for kind in ("conv", "depthwise", "separable")},
    "conv, standardized weights": standardized_convs(),
    "locally_connected": local_layers(),
    "sparse_conv": sparse_convs(),
    **{f"{kind}, any padding": any_pools(kind) for kind in POOLS},
    "blurpool": blurpools(),
    "spectral_pool": spectral_pools(),
    "unpool": unpools(),
    **{f"upsample, {mode}": upsamples(mode) for mode in ("nearest", "linear", "bicubic", "area")},
    "reshape": reshapes(),
    **{f"{kind}, any axes": shuffles(kind) for kind in ("pixel_shuffle", "space_to_depth")},
    "channel_shuffle, vectors, too": channel_shuffles(),
    "slice": slices(),
    **{f"{kind}, any axis": along_axis(kind) for kind in ("softmax", "log_softmax")},
    "permute": permutes(),
    "attention": attentions(),
    "embedding": embeddings(),
    "split": splits(),
    "select": selects(),
    "reduce": over_axes("reduce"),
    "l2_normalize": over_axes("l2_normalize"),
    "pad, any mode": pads(),
    "pad, below 0": signed_pads(),
}

LAYERS: dict[str, SearchStrategy[Drawn]] = {
    **{name: fitting(of_shapes(strategy)) for name, strategy in CASES.items()},
    **{name: fitting(strategy) for name, strategy in OTHERS.items()},
}
"""By description; the first word is the kind."""

DRAWN = {name.partition(",")[0].partition(" ")[0] for name in LAYERS}
"""The kinds that are generated."""
