"""What every kind of layer says about itself, and the types that its options are written in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from cnncalc.formula import Formula, Working
from cnncalc.shapes import Layout, Shape
from cnncalc.window import UNCHANGED, Axis, PaddingMode

Dims = tuple[int, ...]
"""The sizes of a weight tensor."""

Elementary = Literal["macs", "adds", "multiplications", "comparisons", "divisions", "exponentials"]
"""Kinds of arithmetic. `exponentials` holds every transcendental: exp, log, root, power, tanh, erf."""

Operations = Mapping[Elementary, Working]
"""How often a layer does each kind of arithmetic for one sample; what is missing, it does not do."""

BackwardRead = Literal["input", "output", "choice"]
"""A tensor that the backward pass reads; `choice` is one number per output, such as an arg-max."""

Family = Literal["conv", "dense", "pool", "norm", "activation", "scale", "shape", "resample", "merge"]
"""What kinds are alike; each family has its file."""

Windows = tuple[Axis, ...] | Literal["everything", "rearranged"]
"""What each output reads: one axis after the other, the whole input, or one element elsewhere."""


def expected(text: str) -> Meta:
    """The words in which an error says what an option takes."""
    return Meta(extra={"expected": text})


def says(text: str) -> Meta:
    """The one-line meaning of an option: reference, schema and hover text at once."""
    return Meta(description=text)


Count = Annotated[int, Meta(ge=1), expected("a whole number of at least 1")]
Natural = Annotated[int, Meta(ge=0), expected("a whole number of at least 0")]
PerAxis = Annotated[
    Count | tuple[Count, ...],
    expected("a whole number of at least 1, or a list of one for each axis"),
]
# A pair is checked in `both_sides`: msgspec 0.22 corrupts memory on a union of a bounded int and a
# tuple of fixed length.
Amount = Natural | tuple[Natural, ...]
Padding = Annotated[
    Natural | tuple[Amount, ...] | PaddingMode,
    expected("a whole number, [h, w], [[top, bottom], [left, right]], or the name of a padding"),
]
Sides = Annotated[
    Natural | tuple[Amount, ...],
    expected("a whole number, [h, w] or [[top, bottom], [left, right]]"),
]
Flag = Annotated[bool, expected("true or false")]
Real = Annotated[float, expected("a number")]
Positive = Annotated[float, Meta(gt=0), expected("a number above 0")]
Probability = Annotated[float, Meta(ge=0, le=1), expected("a number from 0 to 1")]
ShapeOption = Annotated[
    tuple[Annotated[int, Meta(ge=-1)], ...],
    expected("a list of sizes: channels, then the axes; -1 for the one that follows"),
    Meta(extra={"shape": True}),
]


class Example(Struct, frozen=True):
    """A line of a spec that makes one layer of a kind, and an input that suits it.

    Without a line it is the shortest one, as `shortest_line` makes it from the options.
    """

    line: str = ""
    input: Dims = (16, 32, 32)


def called(pytorch: str = "", keras: str = "", onnx: str = "") -> Mapping[str, str]:
    """What other libraries call a kind, without those that do not have it."""
    names = {"PyTorch": pytorch, "Keras": keras, "ONNX": onnx}
    return {library: name for library, name in names.items() if name}


def axes(**tensors: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """What the axes of a kind's tensors count, in the words of `tensors.AXIS_OF`."""
    return tensors


class LayerError(Exception):
    """A layer that cannot take its input. `option` names the argument to change.

    The message has `{}` where one of `shapes` is to stand, in the layout of whoever reads it.
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
        """The sentence, with its shapes written in `layout`."""
        if not self.shapes:
            return self.template
        return self.template.format(*(shape.text(layout) for shape in self.shapes))

    def __str__(self) -> str:
        return self.message()


class Layer(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One kind of layer; a subclass's annotated fields are the options that a spec may write.

    The methods take the shapes of the inputs, one for all kinds but the merges, and raise
    LayerError where these do not fit the options. Shapes leave the batch out.
    """

    kind: ClassVar[str]
    family: ClassVar[Family]
    main: ClassVar[str] = ""
    """The option that the kind's own key gives: `conv: 64` is `filters: 64`."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other libraries' names for the kind, in lower case without `_` and without `1d 2d 3d`."""
    elsewhere: ClassVar[Mapping[str, str]]
    """What the kind is called elsewhere, by library; every kind has to say it, as `called(…)`."""
    example: ClassVar[Example] = Example()
    """A layer to copy and to work through, where the shortest line does not serve."""
    tensor_axes: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """What the axes of its weights and buffers count, as `axes(…)` has it."""
    has_neurons: ClassVar[bool] = False
    """Whether its outputs count as neurons: convolutions and dense layers."""
    is_view: ClassVar[bool] = False
    """Whether the output is the input's memory under another shape, at inference."""
    is_identity: ClassVar[bool] = False
    """Whether an inference passes the values on unchanged, at most under another shape."""
    is_commutative: ClassVar[bool] = False
    """Whether the order of its inputs makes no difference."""
    backward_reads: ClassVar[tuple[BackwardRead, ...]] = ()
    """What training must keep to pass a gradient on; the input of a layer that learns is kept anyway."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape that comes out."""
        raise NotImplementedError

    def windows(self, *inputs: Shape) -> Windows:
        """Which inputs each output reads."""
        raise NotImplementedError

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        """The learnable tensors by name; the one called `bias` holds the biases."""
        raise NotImplementedError

    def buffers(self, *inputs: Shape) -> dict[str, Dims]:
        """Tensors that are stored with the weights but not learned from gradients."""
        return {}

    def operations(self, *inputs: Shape) -> Operations:
        """The arithmetic for one sample."""
        raise NotImplementedError

    def changes_nothing(self, *inputs: Shape) -> bool:
        """Whether its options, or the input, leave it without effect: a kernel of 1, a rate of 0."""
        return False


class Weightless(Layer, frozen=True):
    """A kind that learns nothing."""

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        return {}


class Elementwise(Weightless, frozen=True):
    """A kind whose every output reads the input at its own place and keeps the shape."""

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank


PER_ELEMENT = Formula("e * n", e="operations on each element", n="elements")
BIAS_ADDS = Formula("m", m="outputs, one bias added to each")


def each(elements: int, **counts: int) -> Operations:
    """The operations of a rule that does the same on each of `elements`."""
    return {kind: PER_ELEMENT(e=count, n=elements) for kind, count in counts.items() if count}  # type: ignore[misc]


def per_axis(value: int | tuple[int, ...], x: Shape, option: str) -> tuple[int, ...]:
    """One value for each spatial axis of `x`; a single one serves them all."""
    if isinstance(value, int):
        return (value,) * x.rank
    check_length(value, x, option)
    return value


def check_length(value: tuple[object, ...], x: Shape, option: str) -> None:
    """Raises LayerError unless there is one value for each spatial axis of `x`."""
    if len(value) != x.rank:
        axes = f"{x.rank} ({', '.join(x.axes)})" if x.rank else "none"
        raise LayerError(
            "wrong-axes",
            f"{option} lists {len(value)} values, and the input's axes are {axes}",
            option,
            "one number serves every axis",
        )


def need_axes(x: Shape, kind: str) -> None:
    """Raises LayerError for a vector, which has no axis to slide over."""
    if not x.rank:
        raise LayerError(
            "no-axes",
            f"{kind} needs spatial axes, and its input is a vector of {x.channels}",
            hint="move it in front of flatten, or bring the axes back with reshape",
        )
