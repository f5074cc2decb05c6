"""Learned scales and shifts, fixed factors and offsets, and clamping to fixed limits."""

from typing import Annotated, Literal

from cnncalc.layers.base import (
    Dims,
    Elementwise,
    Example,
    Flag,
    Layer,
    LayerError,
    Operations,
    Per,
    RealPerChannel,
    Windows,
    axes,
    called,
    each,
    expected,
    learned_per,
    says,
)
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED


class Learned(Layer, frozen=True):
    """Base class of kinds with learned values for each channel or element that keep the shape."""

    family = "scale"

    per: Per = "channel"

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank


class Scale(Learned, frozen=True):
    """Multiplies by learned factors: layer scale, Caffe's Scale, LeNet-5's subsampling.

    `per: layer` is one factor for the whole tensor, as in ReZero and BiFPN.
    """

    kind = "scale"
    aliases = ("scale", "layerscale")
    elsewhere = called(onnx="Mul, by a weight")
    tensor_axes = axes(weight=("learned values", "output"), bias=("learned values", "output"))

    bias: Annotated[Flag, says("whether to also add learned offsets")] = False

    def weights(self, x: Shape) -> dict[str, Dims]:
        dims = learned_per(self.per, x)
        return {"weight": dims, "bias": dims} if self.bias else {"weight": dims}

    def operations(self, x: Shape) -> Operations:
        return each(x.size, multiplications=1, adds=int(self.bias))


class Shift(Learned, frozen=True):
    """Adds learned offsets; `per: element` is a learned position embedding."""

    kind = "shift"
    elsewhere = called(onnx="Add, of a weight")
    tensor_axes = axes(bias=("learned values", "output"))

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"bias": learned_per(self.per, x)}

    def operations(self, x: Shape) -> Operations:
        return each(x.size, adds=1)


class Rescale(Elementwise, frozen=True):
    """Multiplies by a fixed factor, then adds a fixed offset: preprocessing, or a residual times 0.17.

    Each is a number, or a list of one for each channel. Nothing is learned.
    """

    kind = "rescale"
    family = "scale"
    main = "factor"
    aliases = ("rescaling",)
    elsewhere = called(keras="keras.layers.Rescaling", onnx="Mul and Add, by constants")
    example = Example("{rescale: 0.5}")

    factor: Annotated[RealPerChannel, says("the factor: one number, or one for each channel")] = 1.0
    offset: Annotated[RealPerChannel, says("added after the factor: one number, or one for each channel")] = (
        0.0
    )

    def output(self, x: Shape) -> Shape:
        for option in ("factor", "offset"):
            given = getattr(self, option)
            if isinstance(given, tuple) and len(given) != x.channels:
                message = f"{option} has {len(given)} values; the input has {x.channels} channels"
                raise LayerError("channels", message, option, "a single number applies to every channel")
        return x

    def operations(self, x: Shape) -> Operations:
        return each(x.size, multiplications=int(self.factor != 1), adds=int(self.offset != 0))

    def changes_nothing(self, x: Shape) -> bool:
        return self.factor == 1 and self.offset == 0


Bound = Annotated[float | Literal["none"], expected("a number, or none")]


class Clamp(Elementwise, frozen=True):
    """Limits values to the range from `min` to `max`; `none` leaves a side open."""

    kind = "clamp"
    family = "scale"
    aliases = ("clamp", "clip", "hardtanh")
    elsewhere = called(pytorch="torch.nn.Hardtanh", keras="keras.ops.clip", onnx="Clip")
    example = Example("{clamp: , min: 0, max: 6}")
    backward_reads = ("input",)

    min: Annotated[Bound, says("lower limit of the output; none for no limit")] = -1.0
    max: Annotated[Bound, says("upper limit of the output; none for no limit")] = 1.0

    def output(self, x: Shape) -> Shape:
        if self.min != "none" and self.max != "none" and self.min > self.max:
            raise LayerError("empty-range", f"min {self.min:g} is above max {self.max:g}", "min")
        return x

    def operations(self, x: Shape) -> Operations:
        return each(x.size, comparisons=(self.min != "none") + (self.max != "none"))

    def changes_nothing(self, x: Shape) -> bool:
        return self.min == self.max == "none"


KINDS: tuple[type[Layer], ...] = (Scale, Shift, Rescale, Clamp)
