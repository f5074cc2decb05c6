"""Kinds that change each channel by a number: learned scales and shifts, fixed limits."""

from typing import Annotated

from cnncalc.layers.base import (
    Dims,
    Elementwise,
    Example,
    Flag,
    Layer,
    LayerError,
    Operations,
    Real,
    Windows,
    axes,
    called,
    each,
    says,
)
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED


class PerChannel(Layer, frozen=True):
    """What kinds share that learn numbers for each channel and keep the shape."""

    family = "scale"

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank


class Scale(PerChannel, frozen=True):
    """Multiplies each channel by a learned number: layer scale, the scale of Caffe, subsampling of 1998."""

    kind = "scale"
    aliases = ("scale", "layerscale")
    elsewhere = called(onnx="Mul, by a weight")
    tensor_axes = axes(weight=("input channels",), bias=("input channels",))

    bias: Annotated[Flag, says("whether a learned number is added to each channel, too")] = False

    def weights(self, x: Shape) -> dict[str, Dims]:
        weight: dict[str, Dims] = {"weight": (x.channels,)}
        return {**weight, "bias": (x.channels,)} if self.bias else weight

    def operations(self, x: Shape) -> Operations:
        return each(x.size, multiplications=1, adds=int(self.bias))


class Shift(PerChannel, frozen=True):
    """Adds a learned number to each channel."""

    kind = "shift"
    elsewhere = called(onnx="Add, of a weight")
    tensor_axes = axes(bias=("input channels",))

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"bias": (x.channels,)}

    def operations(self, x: Shape) -> Operations:
        return each(x.size, adds=1)


class Clamp(Elementwise, frozen=True):
    """Cuts values off below `min` and above `max`."""

    kind = "clamp"
    family = "scale"
    aliases = ("clamp", "clip", "hardtanh")
    elsewhere = called(pytorch="torch.nn.Hardtanh", keras="keras.ops.clip", onnx="Clip")
    example = Example("{clamp: , min: 0, max: 6}")
    backward_reads = ("input",)

    min: Annotated[Real, says("the least value that comes out")] = -1.0
    max: Annotated[Real, says("the greatest value that comes out")] = 1.0

    def output(self, x: Shape) -> Shape:
        if self.min > self.max:
            raise LayerError("empty-range", f"min {self.min:g} is above max {self.max:g}", "min")
        return x

    def operations(self, x: Shape) -> Operations:
        return each(x.size, comparisons=2)


KINDS: tuple[type[Layer], ...] = (Scale, Shift, Clamp)
