"""Dialects: what other libraries mean by a spec that leaves options open.

A dialect only sets the defaults of options, and refuses padding names that the library does not have. What a
spec writes always wins, and the layers themselves know no dialect. To add one, add its name to `Dialect` and
its rules to `DIALECTS`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import prod
from typing import Literal, get_args

from msgspec import Struct

from cnncalc.layers import KINDS, Layer, LayerError, Merge
from cnncalc.layers.activation import LeakyRelu, PRelu
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise, Separable
from cnncalc.layers.dense import Dense
from cnncalc.layers.local import LocallyConnected, SparseConv
from cnncalc.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from cnncalc.layers.pooling import AvgPool, LpPool, MaxPool, MixPool, WeightedAvgPool
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

Dialect = Literal["cnncalc", "pytorch", "keras", "caffe", "onnx"]
"""`cnncalc` is the default: its own rules, which are mostly PyTorch's, with all named paddings."""

NAMES: tuple[Dialect, ...] = get_args(Dialect)

Defaults = Mapping[type[Layer], Mapping[str, object]]
"""The default options of each kind that differ from cnncalc's."""


class Rules(Struct, frozen=True):
    """The rules of one dialect.

    Attributes:
        title: the library's name in messages.
        source: where the rules are documented.
        defaults: its default options.
        names: the key of its class names in `Layer.elsewhere`, if they differ from all other words.
        unknown: which padding names a layer cannot have there; the message says why.
        excludes: which options a layer cannot have together there; the message says why.
    """

    title: str
    source: str
    defaults: Defaults
    names: str = ""
    unknown: Callable[[Layer], str] = lambda layer: ""
    excludes: Callable[[Layer], str] = lambda layer: ""

    @property
    def possessive(self) -> str:
        """`PyTorch's`, `Keras'`."""
        return self.title + ("'" if self.title.endswith("s") else "'s")


SLIDING: tuple[type[Layer], ...] = (Conv, Depthwise, Separable, LocallyConnected, SparseConv)
POOLS: tuple[type[Layer], ...] = (MaxPool, AvgPool, LpPool, MixPool, WeightedAvgPool)
SAME = ("same", "same_lower")


def _all(kinds: tuple[type[Layer], ...], **options: object) -> dict[type[Layer], Mapping[str, object]]:
    return dict.fromkeys(kinds, options)


def _exceeds_1(option: int | tuple[int, ...]) -> bool:
    """Whether a stride or dilation is above 1 along some axis."""
    return option > 1 if isinstance(option, int) else any(each > 1 for each in option)


def _pytorch_lacks(layer: Layer) -> str:
    padding = getattr(layer, "padding", 0)
    if padding not in SAME:
        return ""
    if not isinstance(layer, SLIDING) or padding == "same_lower":
        return f"{layer.kind} has no padding '{padding}'"
    return "padding 'same' needs a stride of 1" if _exceeds_1(getattr(layer, "stride", 1)) else ""


def _keras_lacks(layer: Layer) -> str:
    is_lower = getattr(layer, "padding", 0) == "same_lower"
    return "there is no padding 'same_lower'" if is_lower else ""


def _keras_excludes(layer: Layer) -> str:
    both = isinstance(layer, Conv | ConvTranspose) and _exceeds_1(layer.stride) and _exceeds_1(layer.dilation)
    return "a stride above 1 excludes a dilation above 1" if both else ""


def _caffe_lacks(layer: Layer) -> str:
    padding = getattr(layer, "padding", 0)
    return f"there is no padding '{padding}': padding is a number" if padding in SAME else ""


DIALECTS: dict[Dialect, Rules] = {
    "cnncalc": Rules("cnncalc", "cnncalc guide spec", {}),
    "pytorch": Rules(
        "PyTorch",
        "torch.nn, PyTorch 2.13",
        {PRelu: {"per": "layer"}},
        names="PyTorch",
        unknown=_pytorch_lacks,
    ),
    "keras": Rules(
        "Keras",
        "keras.layers, Keras 3",
        {
            ConvTranspose: {"padding": "valid", "sizes": "keras"},
            AvgPool: {"count_padding": False},
            **_all((BatchNorm, LayerNorm, GroupNorm), eps=1e-3),
            InstanceNorm: {"affine": True, "eps": 1e-3},  # GroupNormalization with groups = -1
            LeakyRelu: {"slope": 0.3},
            PRelu: {"per": "element"},
        },
        names="Keras",
        unknown=_keras_lacks,
        excludes=_keras_excludes,
    ),
    "caffe": Rules(
        "Caffe",
        "caffe.proto and pooling_layer.cpp, BVLC Caffe",
        {
            **_all(POOLS, stride=1, fit="ceil"),
            BatchNorm: {"affine": False},  # a Scale layer after it learns both
            LocalResponseNorm: {"alpha": 1.0},
            LeakyRelu: {"slope": 0.0},
        },
        unknown=_caffe_lacks,
    ),
    "onnx": Rules(
        "ONNX",
        "ONNX operators, opset 22",
        {
            **_all((Conv, Depthwise, ConvTranspose, Dense), bias=False),  # B and C are optional inputs
            **_all(POOLS, stride=1),
            AvgPool: {"stride": 1, "count_padding": False},
            InstanceNorm: {"affine": True},
        },
    ),
}
"""The dialects, in display order."""


def defaults_of(dialect: Dialect, kind: type[Layer]) -> Mapping[str, object]:
    """The default options of a kind that a dialect changes."""
    return DIALECTS[dialect].defaults.get(kind, {})


def refused(dialect: Dialect, layer: Layer) -> LayerError | None:
    """The error for options that the dialect's library refuses; None if it takes them."""
    rules = DIALECTS[dialect]
    if lacks := rules.unknown(layer):
        hint = (
            "write the padding as a number, such as `padding: 1`, or `half` for half the kernel on each side"
        )
        return LayerError("dialect-padding", f"in {rules.title}, {lacks}", "padding", hint)
    if excludes := rules.excludes(layer):
        return LayerError(
            "dialect-dilation", f"in {rules.title}, {excludes}", "dilation", "set one of them to 1"
        )
    return None


def read_as(dialect: Dialect, layer: Layer, written: frozenset[str]) -> Layer:
    """A layer as a dialect reads it, given which of its options the spec writes.

    Raises:
        LayerError: the dialect's library refuses the options.
    """
    given = {name: getattr(layer, name) for name in written}
    read = type(layer)(**{**defaults_of(dialect, type(layer)), **given})
    if error := refused(dialect, read):
        raise error
    return read


class Outcome(Struct, frozen=True):
    """What a layer amounts to: its output, the padding before and after each axis, and its counts."""

    output: Shape
    padding: tuple[tuple[int, int], ...]
    params: int
    macs: int


def outcome(layer: Layer, shapes: tuple[Shape, ...]) -> Outcome:
    """The sizes and counts of a layer.

    Raises:
        LayerError: the inputs do not fit.
    """
    macs = layer.operations(*shapes).get("macs")
    return Outcome(
        output=layer.output(*shapes),
        padding=_sides(layer, shapes),
        params=sum(map(prod, layer.weights(*shapes).values())),
        macs=macs.value if macs else 0,
    )


def _sides(layer: Layer, shapes: tuple[Shape, ...]) -> tuple[tuple[int, int], ...]:
    windows = () if isinstance(layer, Merge) else layer.windows(*shapes)
    return tuple((w.before, w.after) for w in windows if isinstance(w, Window | TransposedWindow))


@cache
def named_by(word: str) -> Dialect | None:
    """The dialect whose own class name this word is: `Conv2DTranspose` is Keras'.

    Words that several libraries use, and ONNX's and Caffe's, which are common words, belong to none.
    """
    owners = {dialect for dialect in NAMES if DIALECTS[dialect].names and word in _words(dialect)}
    return owners.pop() if len(owners) == 1 else None


@cache
def _words(dialect: Dialect) -> frozenset[str]:
    """The class names of a library, for one, two and three axes."""
    return frozenset(word for kind in KINDS for word in _class_names(kind, DIALECTS[dialect].names))


def _class_names(kind: type[Layer], library: str) -> Iterator[str]:
    name = kind.elsewhere.get(library, "").partition(",")[0].rpartition(".")[2]
    for axes in "123":
        yield name.replace("2D", f"{axes}D").replace("2d", f"{axes}d")
