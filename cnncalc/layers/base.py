"""The base class of all layer kinds, and the types of their options."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from cnncalc.formula import Formula, Working
from cnncalc.shapes import Layout, Shape
from cnncalc.window import UNCHANGED, Axis, PaddingMode

Dims = tuple[int, ...]
"""The shape of a weight tensor."""

Elementary = Literal["macs", "adds", "multiplications", "comparisons", "divisions", "exponentials"]
"""Kinds of arithmetic. `exponentials` are all transcendental functions: exp, log, root, power, tanh, erf."""

Operations = Mapping[Elementary, Working]
"""The number of operations of each kind for one sample; a missing kind means 0."""

BackwardRead = Literal["input", "output", "choice"]
"""A tensor that the backward pass reads; `choice` is one value per output, such as an argmax."""

Family = Literal[
    "conv",
    "dense",
    "attention",
    "pool",
    "norm",
    "activation",
    "scale",
    "shape",
    "resample",
    "merge",
    "custom",
]
"""A group of similar kinds, in a file of their own or in several."""

Windows = tuple[Axis, ...] | Literal["everything", "rearranged", "nothing", "unknown", "declared"]
"""What each output reads: a window along each axis, the whole input, one element at another position,
no input, positions that are no box because channels and positions were exchanged, or what nothing but
the spec could say."""


def expected(text: str) -> Meta:
    """What an option expects, for error messages."""
    return Meta(extra={"expected": text})


def says(text: str) -> Meta:
    """The one-line meaning of an option, for the reference, the schema and hover text."""
    return Meta(description=text)


Count = Annotated[int, Meta(ge=1), expected("a whole number of at least 1")]
Natural = Annotated[int, Meta(ge=0), expected("a whole number of at least 0")]
PerAxis = Annotated[
    Count | tuple[Count, ...],
    expected("a whole number of at least 1, or a list of one for each axis"),
]
# `both_sides` checks that it is a pair: msgspec 0.22 corrupts memory on a union of a bounded int and
# a tuple of fixed length.
Amount = Natural | tuple[Natural, ...]
Padding = Annotated[
    Natural | tuple[Amount, ...] | PaddingMode,
    expected("a whole number, [h, w], [[top, bottom], [left, right]], or the name of a padding"),
]
Sides = Annotated[
    Natural | tuple[Amount, ...],
    expected("a whole number, [h, w] or [[top, bottom], [left, right]]"),
]
SignedSides = Annotated[
    int | tuple[int | tuple[int, ...], ...],
    expected("a whole number, [h, w] or [[top, bottom], [left, right]]"),
]
Flag = Annotated[bool, expected("true or false")]
Real = Annotated[float, expected("a number")]
RealPerChannel = Annotated[float | tuple[float, ...], expected("a number, or a list of one for each channel")]
PositiveReal = Annotated[float, Meta(gt=0)]
Positive = Annotated[float, Meta(gt=0), expected("a number above 0")]
NotNegative = Annotated[float, Meta(ge=0), expected("a number of at least 0")]
Probability = Annotated[float, Meta(ge=0, le=1), expected("a number from 0 to 1")]
ShapeOption = Annotated[
    tuple[Annotated[int, Meta(ge=-1)], ...],
    expected("a list of sizes: channels, then the axes; -1 for a size to infer"),
    Meta(extra={"shape": True}),
]

Sizes = Annotated[
    tuple[Count, ...],
    expected("a list of sizes: channels, then the axes"),
    Meta(extra={"shape": True}),
]
Per = Annotated[
    Literal["channel", "layer", "element"],
    says("one value for each channel, one for all, or one for each element"),
]


class Example(Struct, frozen=True):
    """A spec line with one layer of a kind, and a suitable input shape.

    Without a line, `shortest_line` generates one from the options.
    """

    line: str = ""
    input: Dims = (16, 32, 32)


def called(pytorch: str = "", keras: str = "", onnx: str = "") -> Mapping[str, str]:
    """A kind's names in other libraries, without those that do not have it."""
    names = {"PyTorch": pytorch, "Keras": keras, "ONNX": onnx}
    return {library: name for library, name in names.items() if name}


def axes(**tensors: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The meaning of each axis of a kind's tensors, from `tensors.AXIS_OF`."""
    return tensors


class LayerError(Exception):
    """A layer that does not accept its input. `option` names the option to change.

    Each `{}` in the message is replaced by one of `shapes`, in the reader's layout.
    """

    def __init__(
        self, code: str, message: str, option: str = "", hint: str = "", shapes: tuple[Shape, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.template = message
        self.option = option
        self.hint = hint
        self.shapes = shapes

    def message(self, layout: Layout = "chw") -> str:
        """The message with its shapes in `layout`."""
        if not self.shapes:
            return self.template
        return self.template.format(*(shape.text(layout) for shape in self.shapes))

    def __str__(self) -> str:
        return self.message()


class Layer(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One kind of layer; a subclass's annotated fields are its options in a spec.

    The methods take the input shapes (one, except for merges) and raise LayerError if they do not
    fit the options. Shapes do not include the batch.
    """

    kind: ClassVar[str]
    family: ClassVar[Family]
    main: ClassVar[str] = ""
    """The option that the kind's key sets: `conv: 64` means `filters: 64`."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Names in other libraries, in lower case, without `_`, `1d`, `2d` and `3d`."""
    elsewhere: ClassVar[Mapping[str, str]]
    """Names in other libraries, as `called(…)`; required for every kind."""
    example: ClassVar[Example] = Example()
    """An example for documentation, if the shortest line is not a good one."""
    tensor_axes: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """The meaning of the axes of its weights and buffers, as `axes(…)`."""
    has_neurons: ClassVar[bool] = False
    """Whether its outputs count as neurons: true for convolutions and dense layers."""
    is_view: ClassVar[bool] = False
    """Whether the output shares the input's memory at inference, possibly with another shape."""
    is_identity: ClassVar[bool] = False
    """Whether inference leaves the values unchanged, possibly with another shape."""
    is_declared: ClassVar[bool] = False
    """Whether the spec declares its numbers, so that nothing can compute or check them, or its values."""
    splits: ClassVar[bool] = False
    """Whether it has several outputs, each by a layer of its own: `separate` gives them."""
    is_commutative: ClassVar[bool] = False
    """Whether the order of its inputs does not matter."""
    backward_reads: ClassVar[tuple[BackwardRead, ...]] = ()
    """What training saves to compute the input's gradient; inputs of layers with weights are always saved."""

    def output(self, *inputs: Shape) -> Shape:
        """The output shape."""
        raise NotImplementedError

    def windows(self, *inputs: Shape) -> Windows:
        """Which inputs each output reads."""
        raise NotImplementedError

    def separate(self, *inputs: Shape) -> "tuple[Layer, ...]":
        """The layers of its outputs, for kinds with several; else the layer itself."""
        return (self,)

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        """The shapes of the learnable tensors by name; `bias` holds the biases."""
        raise NotImplementedError

    def buffers(self, *inputs: Shape) -> dict[str, Dims]:
        """The shapes of tensors that are stored with the weights but not learned."""
        return {}

    def operations(self, *inputs: Shape) -> Operations:
        """The operations for one sample."""
        raise NotImplementedError

    def macs_on_padding(self, *inputs: Shape) -> Working | None:
        """The multiply-adds that only meet padding or are cropped; None if no layer of the kind has any."""
        return None

    def whole_numbers(self) -> int:
        """How many values its input may have, as whole numbers from 0; 0 if it takes any numbers."""
        return 0

    def macs_in_parts(self, *inputs: Shape) -> dict[str, Working]:
        """The multiply-adds of each matrix product, for kinds with several that are told apart."""
        return {}

    def saves(self, *inputs: Shape) -> int:
        """The values inside the layer that training saves, in addition to `backward_reads`."""
        return 0

    def changes_nothing(self, *inputs: Shape) -> bool:
        """Whether the layer has no effect with these options and inputs: a kernel of 1, a rate of 0."""
        return False


class Weightless(Layer, frozen=True):
    """A kind without weights."""

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        return {}


class Elementwise(Weightless, frozen=True):
    """A kind that computes each output from the input element at the same position."""

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank


PER_ELEMENT = Formula("e * n", e="operations on each element", n="elements")
BIAS_ADDS = Formula("m", m="outputs, one bias added to each")


def each(elements: int, **counts: int) -> Operations:
    """The same operations on each of `elements`."""
    return {kind: PER_ELEMENT(e=count, n=elements) for kind, count in counts.items() if count}  # type: ignore[misc]


def per_axis(value: int | tuple[int, ...], x: Shape, option: str) -> tuple[int, ...]:
    """One value for each spatial axis of `x`; a single value is repeated."""
    if isinstance(value, int):
        return (value,) * x.rank
    check_length(value, x, option)
    return value


def check_length(value: tuple[object, ...], x: Shape, option: str) -> None:
    """Raise LayerError unless there is one value for each spatial axis of `x`."""
    if len(value) != x.rank:
        axes = f"{x.rank} ({', '.join(x.axes)})" if x.rank else "none"
        raise LayerError(
            "wrong-axes",
            f"{option} has {len(value)} values; the spatial axes of the input are {axes}",
            option,
            "a single number applies to every axis",
        )


def learned_per(per: Literal["channel", "layer", "element"], x: Shape) -> Dims:
    """The shape of learned values: one for each channel of `x`, one for all, or one for each element."""
    return {"channel": (x.channels,), "layer": (1,), "element": x.dims()}[per]


def need_axes(x: Shape, kind: str) -> None:
    """Raise LayerError for a vector, which has no spatial axes."""
    if not x.rank:
        raise LayerError(
            "no-axes",
            f"{kind} needs an input with spatial axes, found a vector of {x.channels}",
            hint="move it before flatten, or restore the axes with reshape",
        )
