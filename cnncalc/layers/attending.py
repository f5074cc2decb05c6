"""Attention: each position reads others, weighted by products of its query with their keys."""

from math import prod
from typing import Annotated

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import (
    Count,
    Dims,
    Example,
    Flag,
    Layer,
    LayerError,
    Natural,
    Operations,
    PerAxis,
    Windows,
    axes,
    called,
    each,
    expected,
    per_axis,
    says,
)
from cnncalc.layers.merging import Merge
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED, Axis, Blocks, Strided

VASWANI = "Vaswani et al. 2017, arXiv:1706.03762, section 3.2"

MEANINGS = {
    "n": "positions with a query",
    "m": "positions with a key and a value",
    "c": "channels of the queries' input",
    "e": "channels of the context: the keys' and values' input",
    "h": "heads",
    "d": "channels of a query and of a key of one head",
    "v": "channels of a value of one head",
    "k": "keys that each query is compared with",
    "o": "output channels",
    "b": "1 with biases of queries, keys and values, else 0",
    "a": "1 with a bias of the output, else 0",
    "r": "1 with a learned relative position bias, else 0",
}

PARTS = {
    "queries": "n * c * h * d",
    "keys": "m * e * h * d",
    "values": "m * e * h * v",
    "scores (queries times keys)": "h * n * k * d",
    "weighted sums of values": "h * n * k * v",
    "output": "n * h * v * o",
}
"""The multiply-adds of each matrix product of an attention layer, in order."""


def _formula(text: str) -> Formula:
    used = {name: says for name, says in MEANINGS.items() if name in text.replace("*", " ").split()}
    return Formula(text, source=VASWANI, **used)


OF_PARTS = {what: _formula(text) for what, text in PARTS.items()}
ATTENTION_MACS = _formula(" + ".join(PARTS.values()))
ATTENTION_ADDS = Formula(
    "h * n * (k - 1) + r * h * n * k + b * (n * h * d + m * h * (d + v)) + a * n * o",
    source=f"{VASWANI}: the sums of the softmax, then the biases",
    **{name: MEANINGS[name] for name in "hnkrbdmvao"},
)

Heads = Annotated[Count, says("number of heads")]
KeyChannels = Annotated[
    Count | None,
    expected("a whole number of at least 1"),
    says("channels of the queries and keys of each head; default: input channels / heads"),
]
ValueChannels = Annotated[
    Count | None,
    expected("a whole number of at least 1"),
    says("channels of the values of each head; default: input channels / heads"),
]
Out = Annotated[
    Count | None,
    expected("a whole number of at least 1"),
    says("output channels; default: the input's"),
]
Bias = Annotated[Flag, says("whether to add a bias to queries, keys and values")]
OutBias = Annotated[Flag, says("whether to add a bias to the output")]
Causal = Annotated[Flag, says("whether a position reads only itself and those before it")]

AXES_OF_WEIGHTS = axes(
    query=("units", "inputs"),
    key=("units", "inputs"),
    value=("units", "inputs"),
    out=("units", "inputs"),
    query_bias=("units",),
    key_bias=("units",),
    value_bias=("units",),
    out_bias=("units",),
    relative=("offsets of two positions", "heads"),
)


class Attending(Layer, frozen=True):
    """Base class of attention with learned queries, keys, values and output."""

    family = "attention"
    tensor_axes = AXES_OF_WEIGHTS
    has_neurons = False

    heads: Heads
    key: KeyChannels = None
    value: ValueChannels = None
    out: Out = None
    bias: Bias = True
    out_bias: OutBias = True
    causal: Causal = False

    def _head(self, given: int | None, x: Shape, option: str) -> int:
        """The channels of one head; raises LayerError if the channels do not divide evenly."""
        if given is None and x.channels % self.heads:
            message = f"{x.channels} channels cannot be divided into {self.heads} heads"
            raise LayerError("groups", message, "heads", f"or give `{option}`, the channels of a head")
        return given or x.channels // self.heads

    def sizes(self, x: Shape, context: Shape) -> dict[str, int]:
        """The variables of the formulas."""
        return {
            "n": x.positions,
            "m": context.positions,
            "c": x.channels,
            "e": context.channels,
            "h": self.heads,
            "d": self._head(self.key, x, "key"),
            "v": self._head(self.value, x, "value"),
            "k": self.keys_read(x, context),
            "o": self.out or x.channels,
            "b": int(self.bias),
            "a": int(self.out_bias),
            "r": int(self.has_table),
        }

    def keys_read(self, x: Shape, context: Shape) -> int:
        """The keys that each query is compared with; a mask does not reduce them."""
        return context.positions

    @property
    def has_table(self) -> bool:
        """Whether there is a learned bias for each offset of two positions."""
        return False

    def tensors(self, x: Shape, context: Shape) -> dict[str, Dims]:
        """The weights: those of each projection, and their biases."""
        n = self.sizes(x, context)
        keys, values = n["h"] * n["d"], n["h"] * n["v"]
        weights: dict[str, Dims] = {
            "query": (keys, n["c"]),
            "key": (keys, n["e"]),
            "value": (values, n["e"]),
            "out": (n["o"], values),
        }
        if self.bias:
            weights |= {"query_bias": (keys,), "key_bias": (keys,), "value_bias": (values,)}
        return {**weights, "out_bias": (n["o"],)} if self.out_bias else weights

    def attended(self, x: Shape, context: Shape) -> Operations:
        """The operations; a mask does not reduce them, as in libraries."""
        n = self.sizes(x, context)
        scores = n["h"] * n["n"] * n["k"]
        return {
            "macs": ATTENTION_MACS(**{name: n[name] for name in ATTENTION_MACS.meanings}),
            "adds": ATTENTION_ADDS(**{name: n[name] for name in ATTENTION_ADDS.meanings}),
            **each(n["n"] * n["h"] * n["d"], multiplications=1),
            **each(scores, exponentials=1, divisions=1),
        }

    def macs_in_parts(self, *inputs: Shape) -> dict[str, Working]:
        n = self.sizes(inputs[0], inputs[-1])
        return {what: f(**{name: n[name] for name in f.meanings}) for what, f in OF_PARTS.items()}

    def saves(self, *inputs: Shape) -> int:
        """Queries, keys, values, the weights of the values, and their sums."""
        n = self.sizes(inputs[0], inputs[-1])
        projected = n["n"] * (n["d"] + n["v"]) + n["m"] * (n["d"] + n["v"])
        return n["h"] * (projected + n["n"] * n["k"])


class Attention(Attending, frozen=True):
    """Multi-head self-attention over all positions, in windows, or over a grid.

    The positions of a map are one sequence. `window` restricts it to windows (Swin, arXiv:2103.14030), which
    `shift` moves, masking what is not adjacent; `grid` to equally spaced positions (MaxViT,
    arXiv:2204.01697). `relative` adds a learned bias for each head and offset of two positions. Queries are
    scaled by 1/√d, where d is their number of channels.
    """

    kind = "attention"
    main = "heads"
    aliases = ("multiheadattention", "selfattention")
    elsewhere = called(
        pytorch="torch.nn.MultiheadAttention", keras="keras.layers.MultiHeadAttention", onnx="Attention"
    )
    example = Example("{attention: 4}", input=(64, 49))

    window: Annotated[
        PerAxis | None,
        expected("a whole number of at least 1, or a list of one for each axis"),
        says("size of the windows along each axis; default: no windows"),
    ] = None
    shift: Annotated[
        Natural | tuple[Natural, ...],
        expected("a whole number of at least 0, or a list of one for each axis"),
        says("positions by which the windows are moved"),
    ] = 0
    grid: Annotated[
        PerAxis | None,
        expected("a whole number of at least 1, or a list of one for each axis"),
        says("positions along each axis of the grids over which to attend; default: no grid"),
    ] = None
    relative: Annotated[Flag, says("whether to learn a bias for each offset of two positions")] = False

    @property
    def has_table(self) -> bool:
        return self.relative

    def groups(self, x: Shape) -> tuple[int, ...]:
        """The positions along each axis that are attended to together; raises LayerError."""
        if self.window is not None and self.grid is not None:
            raise LayerError("bad-window", "expected a window or a grid, found both", "grid")
        option = "grid" if self.window is None else "window"
        given = self.window if self.window is not None else self.grid
        if given is None:
            if self.shift:
                raise LayerError("bad-window", "shift needs a window", "shift")
            return x.spatial
        sizes = per_axis(given, x, option)
        for axis, n, size in zip(x.axes, x.spatial, sizes, strict=True):
            if n % size:
                message = f"the {axis} {n} is not a multiple of the {option} {size}"
                raise LayerError("bad-window", message, option, "pad the map, or use another size")
        for size, shift in zip(sizes, self._shifts(x), strict=True):
            if shift >= size or (shift and self.window is None):
                message = f"a shift of {shift} needs a window of at least {shift + 1}"
                raise LayerError("bad-window", message, "shift")
        return sizes

    def _shifts(self, x: Shape) -> tuple[int, ...]:
        return (self.shift,) * x.rank if isinstance(self.shift, int) else per_axis(self.shift, x, "shift")

    def keys_read(self, x: Shape, context: Shape) -> int:
        return prod(self.groups(x))

    def output(self, x: Shape) -> Shape:
        n = self.sizes(x, x)
        if self.causal and x.rank > 1:
            raise LayerError("wrong-axes", "causal needs a signal, found {}", "causal", shapes=(x,))
        return Shape(n["o"], x.spatial)

    def windows(self, x: Shape) -> Windows:
        sizes, shifts = self.groups(x), self._shifts(x)
        if self.window is self.grid is None or (sizes == x.spatial and not any(shifts) and not self.causal):
            return "everything"
        found: list[Axis] = []
        for n, size, shift in zip(x.spatial, sizes, shifts, strict=True):
            is_window = self.window is not None
            found.append(Blocks(n, size, shift, self.causal) if is_window else Strided(n, size, self.causal))
        return tuple(found)

    def weights(self, x: Shape) -> dict[str, Dims]:
        tensors = self.tensors(x, x)
        if self.relative:
            tensors["relative"] = (prod(2 * size - 1 for size in self.groups(x)), self.heads)
        return tensors

    def operations(self, x: Shape) -> Operations:
        return self.attended(x, x)


class CrossAttention(Attending, Merge, frozen=True):
    """Multi-head attention with queries from the first tensor, keys and values from the second.

    Each position of the first reads all positions of the second, as a decoder reads an encoder.
    """

    kind = "cross_attention"
    family = "attention"
    aliases = ("crossattention",)
    elsewhere = called(
        pytorch="torch.nn.MultiheadAttention, two inputs", keras="keras.layers.MultiHeadAttention, two inputs"
    )
    example = Example("{cross_attention: [input, prev], heads: 4}", input=(64, 49))

    def output(self, *inputs: Shape) -> Shape:
        x, context = self._pair(inputs)
        if self.causal and (x.rank > 1 or x.spatial != context.spatial):
            message = "causal needs two signals of the same length"
            raise LayerError("wrong-axes", message, "causal")
        return Shape(self.sizes(x, context)["o"], x.spatial)

    def _pair(self, inputs: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        if len(inputs) != 2:
            raise LayerError("two-inputs", f"cross_attention needs two inputs, found {len(inputs)}")
        return inputs[0], inputs[1]

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        x, context = self._pair(inputs)
        own: Windows = (UNCHANGED,) * x.rank if x.rank == context.rank else "everything"
        return own, "everything"

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        return self.tensors(*self._pair(inputs))

    def operations(self, *inputs: Shape) -> Operations:
        return self.attended(*self._pair(inputs))


KINDS: tuple[type[Layer], ...] = (Attention, CrossAttention)
