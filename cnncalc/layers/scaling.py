"""Learned per-channel scales and shifts, and clamping to fixed limits."""

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
    """Base class of kinds with learned values per channel that keep the shape."""

    family = "scale"

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank


class Scale(PerChannel, frozen=True):
    """Multiplies each channel by a learned factor: layer scale, Caffe's Scale, LeNet-5's subsampling."""

    kind = "scale"
    aliases = ("scale", "layerscale")
    elsewhere = called(onnx="Mul, by a weight")
    tensor_axes = axes(weight=("input channels",), bias=("input channels",))

    bias: Annotated[Flag, says("whether to also add a learned offset to each channel")] = False

    def weights(self, x: Shape) -> dict[str, Dims]:
        weight: dict[str, Dims] = {"weight": (x.channels,)}
        return {**weight, "bias": (x.channels,)} if self.bias else weight

    def operations(self, x: Shape) -> Operations:
        return each(x.size, multiplications=1, adds=int(self.bias))


class Shift(PerChannel, frozen=True):
    """Adds a learned offset to each channel."""

    kind = "shift"
    elsewhere = called(onnx="Add, of a weight")
    tensor_axes = axes(bias=("input channels",))

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"bias": (x.channels,)}

    def operations(self, x: Shape) -> Operations:
        return each(x.size, adds=1)


class Clamp(Elementwise, frozen=True):
    """Limits values to the range from `min` to `max`."""

    kind = "clamp"
    family = "scale"
    aliases = ("clamp", "clip", "hardtanh")
    elsewhere = called(pytorch="torch.nn.Hardtanh", keras="keras.ops.clip", onnx="Clip")
    example = Example("{clamp: , min: 0, max: 6}")
    backward_reads = ("input",)

    min: Annotated[Real, says("lower limit of the output")] = -1.0
    max: Annotated[Real, says("upper limit of the output")] = 1.0

    def output(self, x: Shape) -> Shape:
        if self.min > self.max:
            raise LayerError("empty-range", f"min {self.min:g} is above max {self.max:g}", "min")
        return x

    def operations(self, x: Shape) -> Operations:
        return each(x.size, comparisons=2)


KINDS: tuple[type[Layer], ...] = (Scale, Shift, Clamp)
