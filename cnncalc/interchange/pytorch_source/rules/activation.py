"""Activations."""

from collections.abc import Callable, Mapping

from cnncalc.interchange.pytorch_source.expressions import LayerCall
from cnncalc.interchange.pytorch_source.rules.calls import LackingError, Rule, of, plain
from cnncalc.layers import Layer
from cnncalc.layers.activation import (
    Abs,
    AlongAxis,
    Celu,
    Elu,
    Gelu,
    Hardmax,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Shrink,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedRelu,
)
from cnncalc.layers.naming import axis_number
from cnncalc.shapes import Shape


def prelu(layer: PRelu, x: Shape) -> LayerCall:
    if layer.per == "element":
        return of("ElementPReLU", ("shape", x.dims()))
    return of("nn.PReLU", num_parameters=(x.channels if layer.per == "channel" else 1, 1))


def along(name: str) -> Callable[[AlongAxis, Shape], LayerCall]:
    return lambda layer, x: of(f"nn.{name}", dim=(axis_number(layer.axis, x) + 1, None))


def shrink(layer: Shrink, x: Shape) -> LayerCall:
    if layer.offset not in (0, layer.threshold):
        raise LackingError("PyTorch has an offset of 0, or equal to the threshold")
    return of("nn.Softshrink" if layer.offset else "nn.Hardshrink", ("lambd", layer.threshold))


MODULES: Mapping[type[Layer], Rule] = {
    Relu: plain("nn.ReLU"),
    Relu6: plain("nn.ReLU6"),
    LeakyRelu: lambda layer, x: of("nn.LeakyReLU", negative_slope=(layer.slope, 0.01)),
    PRelu: prelu,
    Elu: lambda layer, x: of("nn.ELU", alpha=(layer.alpha, 1.0)),
    Selu: plain("nn.SELU"),
    Celu: lambda layer, x: of("nn.CELU", alpha=(layer.alpha, 1.0)),
    Gelu: lambda layer, x: of("nn.GELU", approximate=(layer.approximate, "none")),
    Silu: plain("nn.SiLU"),
    HardSwish: plain("nn.Hardswish"),
    HardSigmoid: plain("nn.Hardsigmoid"),
    Sigmoid: plain("nn.Sigmoid"),
    Tanh: plain("nn.Tanh"),
    Softplus: plain("nn.Softplus"),
    Mish: plain("nn.Mish"),
    Abs: plain("Abs"),
    Softsign: plain("nn.Softsign"),
    ThresholdedRelu: lambda layer, x: of("nn.Threshold", ("threshold", layer.threshold), ("value", 0.0)),
    Shrink: shrink,
    Softmax: along("Softmax"),
    LogSoftmax: along("LogSoftmax"),
    Hardmax: plain("Hardmax"),
}
