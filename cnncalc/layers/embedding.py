"""Embedding: a learned vector for each whole number."""

from typing import Annotated

from cnncalc.layers.base import (
    Count,
    Dims,
    Example,
    Layer,
    LayerError,
    Operations,
    Windows,
    axes,
    called,
    says,
)
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED


class Embedding(Layer, frozen=True):
    """Looks up a learned vector for each whole number, such as a word's: its values become the channels.

    It reads an input of the network with one channel, `inputs: {tokens: {length: 128, values: 20000}}`.
    A look-up has no arithmetic.
    """

    kind = "embedding"
    family = "shape"
    main = "units"
    elsewhere = called(
        pytorch="torch.nn.Embedding", keras="keras.layers.Embedding", onnx="Gather, of a weight"
    )
    example = Example("{embedding: 300, entries: 1000}", input=(1, 56))
    tensor_axes = axes(weight=("entries of the table", "units"))

    units: Annotated[Count, says("values of each vector: the output channels")]
    entries: Annotated[Count, says("number of vectors: whole numbers from 0 up to, but not including it")]

    def whole_numbers(self) -> int:
        return self.entries

    def output(self, x: Shape) -> Shape:
        if x.channels != 1 or not x.rank:
            message = "embedding needs a signal or map of one channel, found {}"
            raise LayerError("channels", message, hint="such as `input: [1, 128]`", shapes=(x,))
        return Shape(self.units, x.spatial)

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"weight": (self.entries, self.units)}

    def operations(self, x: Shape) -> Operations:
        return {}


KINDS: tuple[type[Layer], ...] = (Embedding,)
