"""Kinds without inputs, which start a branch: learned tensors and fixed numbers."""

from typing import Annotated

from cnncalc.layers.base import (
    Dims,
    Example,
    Layer,
    LayerError,
    Operations,
    Real,
    Sizes,
    Windows,
    axes,
    called,
    says,
)
from cnncalc.shapes import AXES, Shape

SHAPE = says("channels and spatial sizes, in the spec's layout")


class TensorSource(Layer, frozen=True):
    """A kind that reads no input: every sample of a batch gets the same tensor."""

    family = "scale"
    main = "shape"

    shape: Annotated[Sizes, SHAPE]

    def output(self, *inputs: Shape) -> Shape:
        if not 1 <= len(self.shape) <= len(AXES):
            raise LayerError("bad-shape", "a shape has 1 to 4 sizes", "shape")
        return Shape(self.shape[0], self.shape[1:])

    def windows(self, *inputs: Shape) -> Windows:
        return "nothing"

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        return {}

    def operations(self, *inputs: Shape) -> Operations:
        return {}


class Parameter(TensorSource, frozen=True):
    """A learned tensor without an input: a class token, a position table, StyleGAN's constant.

    It starts a branch; `aside: true` keeps the layers after it on the tensor before it.
    """

    kind = "parameter"
    elsewhere = called(pytorch="torch.nn.Parameter", keras="keras.Variable", onnx="an initializer")
    example = Example("{parameter: [8, 4, 4]}")
    tensor_axes = axes(weight=("channels", "output"))

    def weights(self, *inputs: Shape) -> dict[str, Dims]:
        return {"weight": self.shape}


class Constant(TensorSource, frozen=True):
    """A fixed tensor without an input, such as a grid of coordinates: a buffer, not learned.

    Every element is `value`, unless the tensor `value` of given weights says otherwise.
    """

    kind = "constant"
    elsewhere = called(pytorch="torch.full", keras="keras.ops.full", onnx="Constant")
    example = Example("{constant: [2, 4, 4]}")
    tensor_axes = axes(value=("channels", "output"))

    value: Annotated[Real, says("the value of every element, unless weights are given")] = 0.0

    def buffers(self, *inputs: Shape) -> dict[str, Dims]:
        return {"value": self.shape}


KINDS: tuple[type[Layer], ...] = (Parameter, Constant)
