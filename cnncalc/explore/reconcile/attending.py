"""How networks compute attention, and what each tool then counts.

A tool that hooks modules sees `nn.Linear`, one that replaces functions sees `torch.matmul`, and none sees
every way. The rules come from the tools' sources, in the versions of `conventions.PROFILES`. A key of
`counts` is a tool, for its first quantity, or a tool and another quantity.
"""

from collections.abc import Callable
from math import prod

from msgspec import Struct

from cnncalc.analysis.report import Row
from cnncalc.layers.attending import Attending


class AttentionSizes(Struct, frozen=True):
    """The operations of an attention layer by part, for one sample.

    `projections` are the multiply-adds of queries, keys, values and output, `biases` their biases,
    `products` those of the two matrix products, in order, `weights` the elements of the softmax and `rows`
    its sums, `scaled` the elements of the queries, `parameters` the weights and biases of the projections,
    and `windows` how many groups of positions are attended to apart.
    """

    projections: int
    biases: int
    products: tuple[int, int]
    weights: int
    rows: int
    scaled: int
    parameters: int
    windows: int

    @property
    def both(self) -> int:
        return sum(self.products)


def sizes_of(row: Row) -> AttentionSizes:
    """The parts of a layer of attention."""
    layer = row.layer
    assert isinstance(layer, Attending)
    x, context = row.reads[0], row.reads[-1]
    n = layer.sizes(x, context)
    *inward, scores, sums, outward = (part.value for part in layer.macs_in_parts(*row.reads).values())
    inner = n["b"] * (n["n"] * n["h"] * n["d"] + n["m"] * n["h"] * (n["d"] + n["v"]))
    return AttentionSizes(
        projections=sum(inward) + outward,
        biases=inner + n["a"] * n["n"] * n["o"],
        products=(scores, sums),
        weights=n["h"] * n["n"] * n["k"],
        rows=n["h"] * n["n"],
        scaled=n["n"] * n["h"] * n["d"],
        parameters=sum(prod(dims) for name, dims in row.weights.items() if name != "relative"),
        windows=max(n["m"] // n["k"], 1),
    )


def _printed(macs: int) -> int:
    """The floating-point operations of `np.einsum_path`, which both tools read from its text."""
    return int(float(f"{2 * macs:.3e}"))


def _by_einsum(sizes: AttentionSizes) -> int:
    return sum(map(_printed, sizes.products))


def _inside(sizes: AttentionSizes) -> int:
    """ptflops for timm's module: scaling, products and softmax, and not the linear layers inside of it."""
    return sizes.scaled + sizes.both + sizes.weights


def _module(sizes: AttentionSizes) -> int:
    """ptflops for `nn.MultiheadAttention`: projections with their biases, too."""
    return sizes.projections + sizes.biases + _inside(sizes)


Count = Callable[[AttentionSizes], int]


class WayToAttend(Struct, frozen=True):
    """A way to compute attention, and what each tool counts; a tool that is not named counts as always."""

    title: str
    counts: dict[str, Count]


LINEAR: dict[str, Count] = {
    "thop": lambda sizes: sizes.projections,
    "fvcore": lambda sizes: sizes.projections,
    "ptflops": lambda sizes: sizes.projections + sizes.biases,
    "calflops": lambda sizes: 2 * sizes.projections,
    "calflops MACs": lambda sizes: sizes.projections,
    "torch": lambda sizes: 2 * sizes.projections,
    "torchinfo": lambda sizes: sizes.parameters,
}
"""Linear layers, and nothing of the products of queries, keys and values."""
WAYS_TO_ATTEND = (
    WayToAttend(
        "attention by nn.MultiheadAttention",
        {
            "ptflops": _module,
            "torch": lambda _: 0,  # its fast path is a single operation
            "torchinfo": lambda _: 0,
        },
    ),
    WayToAttend("fused attention after linear layers", LINEAR),
    WayToAttend(
        "fused attention of windows after linear layers",
        {**LINEAR, "torchinfo": lambda sizes: sizes.windows * sizes.parameters},
    ),
    WayToAttend("attention by timm's module", {"ptflops": _inside}),
    WayToAttend(
        "attention by linear layers, nn.Softmax and the operator @",
        {
            "thop": lambda sizes: sizes.projections + 3 * sizes.weights - sizes.rows,
            "ptflops": lambda sizes: sizes.projections + sizes.biases + sizes.weights,
            "calflops": lambda sizes: 2 * sizes.projections + sizes.weights,
        },
    ),
    WayToAttend(
        "attention by linear layers and matmul",
        {
            "fvcore": lambda sizes: sizes.projections + sizes.both,
            "ptflops": lambda sizes: sizes.projections + sizes.biases + sizes.both + sizes.weights,
            "calflops": lambda sizes: 2 * (sizes.projections + sizes.both) + sizes.weights,
            "calflops MACs": lambda sizes: sizes.projections + sizes.both,
        },
    ),
    WayToAttend(
        "attention by functions",
        {"ptflops": lambda sizes: sizes.both + sizes.weights, "torchinfo": lambda _: 0},
    ),
    WayToAttend(
        "attention by linear layers and einsum",
        {
            "fvcore": lambda sizes: sizes.projections + sum(_printed(part) // 2 for part in sizes.products),
            "ptflops": lambda sizes: sizes.projections + sizes.biases + sizes.weights,
            "calflops": lambda sizes: 2 * sizes.projections + _by_einsum(sizes) + sizes.weights,
        },
    ),
)
