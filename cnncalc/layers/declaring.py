"""Kinds whose numbers the spec declares, for layers that no other kind describes."""

from typing import Annotated

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    Dims,
    Example,
    Layer,
    LayerError,
    Natural,
    Operations,
    Sizes,
    Windows,
    axes,
    called,
    says,
)
from cnncalc.shapes import AXES, Shape

DECLARED_MACS = Formula("m", m="multiply-accumulates, declared in the spec, not computed")


class Custom(Layer, frozen=True):
    """A layer that cnncalc does not have; the spec declares its output, parameters and MACs.

    Nothing is computed, and totals say how much of them is declared. `name` and `note` say what it is, such
    as a deformable convolution. MACs are those of one sample; numbers that depend on the input are written
    as expressions, such as `macs: 9 * 64 * 64 * prev.height * prev.width`. The receptive field is unknown
    from here on, and the network cannot be run or verified.
    """

    kind = "custom"
    family = "custom"
    main = "shape"
    elsewhere = called()
    example = Example("{custom: [64, 32, 32], params: 18496, macs: 9437184}")
    tensor_axes = axes(weight=("declared values",), buffer=("declared values",))
    is_declared = True

    params: Annotated[Natural, says("number of learned values, 0 for none")]
    macs: Annotated[Natural, says("number of multiply-accumulates for one sample, 0 for none")]
    shape: Annotated[
        Sizes | None, says("output channels and spatial sizes, in the spec's layout; default: as the input")
    ] = None
    buffer: Annotated[Natural, says("number of stored values that are not learned, such as statistics")] = 0

    def output(self, x: Shape) -> Shape:
        if self.shape is None:
            return x
        if not 1 <= len(self.shape) <= len(AXES):
            raise LayerError("bad-shape", "a shape has 1 to 4 sizes", "shape")
        return Shape(self.shape[0], self.shape[1:])

    def windows(self, x: Shape) -> Windows:
        return "declared"

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"weight": (self.params,)} if self.params else {}

    def buffers(self, x: Shape) -> dict[str, Dims]:
        return {"buffer": (self.buffer,)} if self.buffer else {}

    def operations(self, x: Shape) -> Operations:
        return {"macs": DECLARED_MACS(m=self.macs)} if self.macs else {}


KINDS: tuple[type[Layer], ...] = (Custom,)
