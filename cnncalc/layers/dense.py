"""The fully connected layer."""

from typing import Annotated

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    Count,
    Dims,
    Example,
    Flag,
    Layer,
    LayerError,
    Operations,
    Windows,
    axes,
    called,
    says,
)
from cnncalc.layers.convolution import BIAS, bias_adds
from cnncalc.layers.tensors import with_bias
from cnncalc.shapes import Shape

DENSE_MACS = Formula(
    "m * n",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.1",
    m="outputs",
    n="inputs",
)


class Dense(Layer, frozen=True):
    """Fully connected layer: each output is a weighted sum of all inputs plus a bias."""

    kind = "dense"
    family = "dense"
    main = "units"
    aliases = ("linear", "fc", "fullyconnected", "innerproduct", "gemm")
    elsewhere = called(pytorch="torch.nn.Linear", keras="keras.layers.Dense", onnx="Gemm")
    example = Example("{dense: 10}", input=(512,))
    tensor_axes = axes(weight=("units", "inputs"), bias=("units",))
    has_neurons = True

    units: Annotated[Count, says("outputs")]
    bias: Annotated[Flag, BIAS] = True

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def output(self, x: Shape) -> Shape:
        if not x.is_vector:
            raise LayerError(
                "dense-on-map",
                "dense expects a vector, found a map of {}",
                hint="add `- flatten` (or a global pooling) before it",
                shapes=(x,),
            )
        return Shape(self.units)

    def weights(self, x: Shape) -> dict[str, Dims]:
        return with_bias(self.bias, self.units, weight=(self.units, x.channels))

    def operations(self, x: Shape) -> Operations:
        return {"macs": DENSE_MACS(m=self.units, n=x.channels), **bias_adds(self.bias, self.output(x))}


KINDS: tuple[type[Layer], ...] = (Dense,)
