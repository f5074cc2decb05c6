"""Activations. Each is one formula, and its cost is counted from that formula."""

import ast
from collections import Counter
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    BackwardRead,
    Dims,
    Elementary,
    Elementwise,
    Example,
    Layer,
    Operations,
    Positive,
    Real,
    Windows,
    axes,
    called,
    each,
    learned_per,
    says,
)
from cnncalc.layers.naming import OneAxis, axis_number, group_windows
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED

OPERATORS: dict[type[ast.operator], Elementary] = {
    ast.Add: "adds",
    ast.Sub: "adds",
    ast.Mult: "multiplications",
    ast.Div: "divisions",
    ast.Pow: "exponentials",
}

X = "the input"


@lru_cache
def elementary(formula: Formula) -> Counter[str]:
    """Count the operations of one evaluation; both branches of a condition count.

    Changes of sign are free.
    """
    counts: Counter[str] = Counter()
    for node in ast.walk(formula.tree):
        match node:
            case ast.BinOp(op=op):
                counts[OPERATORS[type(op)]] += 1
            case ast.Compare():
                counts["comparisons"] += 1
            case ast.Call(func=ast.Name(id="min" | "max"), args=args):
                counts["comparisons"] += len(args) - 1
            case ast.Call(func=ast.Name(id="abs")):
                pass
            case ast.Call():
                counts["exponentials"] += 1
    return counts


class Activation(Elementwise, frozen=True):
    """An elementwise function."""

    family = "activation"
    backward_reads: ClassVar[tuple[BackwardRead, ...]] = ("input",)

    formula: ClassVar[Formula]

    def operations(self, x: Shape) -> Operations:
        return each(x.size, **elementary(self.formula))


class Relu(Activation, frozen=True):
    """Rectified linear unit: negative values become 0 (Nair & Hinton 2010)."""

    kind = "relu"
    elsewhere = called(pytorch="torch.nn.ReLU", keras="keras.layers.ReLU", onnx="Relu")
    backward_reads = ("output",)
    formula = Formula("max(x, 0)", x=X)


class Relu6(Activation, frozen=True):
    """ReLU clipped at 6 (Krizhevsky 2010; MobileNet)."""

    kind = "relu6"
    elsewhere = called(
        pytorch="torch.nn.ReLU6", keras="keras.activations.relu6", onnx="Clip, min = 0, max = 6"
    )
    backward_reads = ("output",)
    formula = Formula("min(max(x, 0), 6)", x=X)


class LeakyRelu(Activation, frozen=True):
    """ReLU with a small slope for negative values (Maas et al. 2013)."""

    kind = "leaky_relu"
    main = "slope"
    aliases = ("leakyrelu", "lrelu")
    elsewhere = called(pytorch="torch.nn.LeakyReLU", keras="keras.layers.LeakyReLU", onnx="LeakyRelu")
    backward_reads = ("output",)
    formula = Formula("x if x > 0 else a * x", x=X, a="slope")

    slope: Annotated[Real, says("slope for negative values")] = 0.01


class PRelu(Layer, frozen=True):
    """Leaky ReLU with learned slopes (He et al. 2015, arXiv:1502.01852)."""

    kind = "prelu"
    family = "activation"
    elsewhere = called(pytorch="torch.nn.PReLU", keras="keras.layers.PReLU", onnx="PRelu")
    tensor_axes = axes(weight=("slopes", "output"))
    backward_reads = ("input",)
    formula = Formula("x if x > 0 else a * x", x=X, a="learned slope")

    per: Annotated[
        Literal["channel", "layer", "element"],
        says("one slope for each channel, one for all, or one for each element as in Keras"),
    ] = "channel"

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"weight": learned_per(self.per, x)}

    def operations(self, x: Shape) -> Operations:
        return each(x.size, **elementary(self.formula))


class Elu(Activation, frozen=True):
    """Exponential linear unit (Clevert et al. 2015, arXiv:1511.07289)."""

    kind = "elu"
    main = "alpha"
    elsewhere = called(pytorch="torch.nn.ELU", keras="keras.layers.ELU", onnx="Elu")
    backward_reads = ("output",)
    formula = Formula("x if x > 0 else a * (exp(x) - 1)", x=X, a="alpha")

    alpha: Annotated[Real, says("minus the limit for large negative values")] = 1.0


class Selu(Activation, frozen=True):
    """Scaled ELU with fixed constants (Klambauer et al. 2017, arXiv:1706.02515)."""

    kind = "selu"
    elsewhere = called(pytorch="torch.nn.SELU", keras="keras.activations.selu", onnx="Selu")
    backward_reads = ("output",)
    formula = Formula(
        "l * (x if x > 0 else a * (exp(x) - 1))",
        x=X,
        l="lambda = 1.0507…",
        a="alpha = 1.6733…",
    )


class Celu(Activation, frozen=True):
    """ELU with a continuous derivative for every alpha (Barron 2017, arXiv:1704.07483)."""

    kind = "celu"
    main = "alpha"
    elsewhere = called(pytorch="torch.nn.CELU", keras="keras.activations.celu", onnx="Celu")
    backward_reads = ("output",)
    formula = Formula("x if x > 0 else a * (exp(x / a) - 1)", x=X, a="alpha")

    alpha: Annotated[Positive, says("minus the limit for large negative values")] = 1.0


class Gelu(Activation, frozen=True):
    """Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""

    kind = "gelu"
    elsewhere = called(pytorch="torch.nn.GELU", keras="keras.activations.gelu", onnx="Gelu")
    formula = Formula("x / 2 * (1 + erf(x / r))", x=X, r="√2")

    approximate: Annotated[
        Literal["none", "tanh"], says("none: with erf, exact; tanh: the approximation of BERT and GPT-2")
    ] = "none"

    def operations(self, x: Shape) -> Operations:
        return each(x.size, **elementary(GELU_TANH if self.approximate == "tanh" else self.formula))


GELU_TANH = Formula(
    "x / 2 * (1 + tanh(c * (x + b * x * x * x)))",
    source="Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2",
    x=X,
    b="0.044715",
    c="√(2/π)",
)


class Silu(Activation, frozen=True):
    """Sigmoid linear unit, also called swish (Elfwing et al. 2017, arXiv:1702.03118)."""

    kind = "silu"
    aliases = ("swish",)
    elsewhere = called(pytorch="torch.nn.SiLU", keras="keras.activations.silu", onnx="Swish")
    formula = Formula("x / (1 + exp(-x))", x=X)


class HardSwish(Activation, frozen=True):
    """Piecewise approximation of swish (Howard et al. 2019, arXiv:1905.02244)."""

    kind = "hardswish"
    aliases = ("hardswish", "hswish")
    elsewhere = called(pytorch="torch.nn.Hardswish", keras="keras.activations.hard_swish", onnx="HardSwish")
    formula = Formula("x * min(max(x + 3, 0), 6) / 6", x=X)


class HardSigmoid(Activation, frozen=True):
    """Piecewise linear approximation of the sigmoid (Howard et al. 2019, arXiv:1905.02244)."""

    kind = "hardsigmoid"
    aliases = ("hardsigmoid", "hsigmoid")
    elsewhere = called(
        pytorch="torch.nn.Hardsigmoid",
        keras="keras.activations.hard_sigmoid",
        onnx="HardSigmoid, alpha = 1/6",
    )
    backward_reads = ("output",)
    formula = Formula("min(max(x + 3, 0), 6) / 6", x=X)


class Sigmoid(Activation, frozen=True):
    """Logistic function, with values from 0 to 1."""

    kind = "sigmoid"
    aliases = ("logistic",)
    elsewhere = called(pytorch="torch.nn.Sigmoid", keras="keras.activations.sigmoid", onnx="Sigmoid")
    backward_reads = ("output",)
    formula = Formula("1 / (1 + exp(-x))", x=X)


class Tanh(Activation, frozen=True):
    """Hyperbolic tangent, with values from −1 to 1."""

    kind = "tanh"
    elsewhere = called(pytorch="torch.nn.Tanh", keras="keras.activations.tanh", onnx="Tanh")
    backward_reads = ("output",)
    formula = Formula("tanh(x)", x=X)


class Softplus(Activation, frozen=True):
    """Smooth ReLU (Dugas et al. 2001)."""

    kind = "softplus"
    elsewhere = called(pytorch="torch.nn.Softplus", keras="keras.activations.softplus", onnx="Softplus")
    formula = Formula("log(1 + exp(x))", x=X)


class Mish(Activation, frozen=True):
    """x · tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)."""

    kind = "mish"
    elsewhere = called(pytorch="torch.nn.Mish", keras="keras.activations.mish", onnx="Mish")
    formula = Formula("x * tanh(log(1 + exp(x)))", x=X)


class Softsign(Activation, frozen=True):
    """x / (1 + |x|), with values from −1 to 1 (Bergstra et al. 2009)."""

    kind = "softsign"
    elsewhere = called(pytorch="torch.nn.Softsign", keras="keras.activations.softsign", onnx="Softsign")
    formula = Formula("x / (1 + abs(x))", x=X)


class Abs(Activation, frozen=True):
    """Absolute value; after `subtract`, the distance of siamese networks (Koch et al. 2015)."""

    kind = "abs"
    aliases = ("absolute",)
    elsewhere = called(pytorch="torch.abs", keras="keras.ops.abs", onnx="Abs")
    formula = Formula("abs(x)", x=X)


class ThresholdedRelu(Activation, frozen=True):
    """Values up to a threshold become 0, the others stay (Konda et al. 2014, arXiv:1402.3337)."""

    kind = "thresholded_relu"
    main = "threshold"
    aliases = ("thresholdedrelu", "threshold")
    elsewhere = called(pytorch="torch.nn.Threshold, value = 0", onnx="ThresholdedRelu")
    formula = Formula("x if x > t else 0", x=X, t="threshold")

    threshold: Annotated[Real, says("the largest value that becomes 0")] = 1.0


class Shrink(Activation, frozen=True):
    """Values from −threshold to threshold become 0; the others move towards 0 by `offset`.

    With offset 0 it is hard shrinkage, with an offset equal to the threshold soft shrinkage.
    """

    kind = "shrink"
    main = "threshold"
    aliases = ("hardshrink",)
    elsewhere = called(
        pytorch="torch.nn.Hardshrink", keras="keras.activations.hard_shrink", onnx="Shrink, lambd, bias"
    )
    formula = Formula("x - b if x > t else (x + b if x < -t else 0)", x=X, t="threshold", b="offset")

    threshold: Annotated[Positive, says("values closer to 0 become 0")] = 0.5
    offset: Annotated[Real, says("by how much the others move towards 0")] = 0.0


SOFTMAX_ADDS = Formula(
    "p * (c - 1)",
    p="positions",
    c="channels, summed over",
)
ALONG_AXIS_ADDS = Formula(
    "g * (m - 1)",
    g="groups, one sum each",
    m="values along the axis, summed over",
)
LOG_SOFTMAX_ADDS = Formula(
    "g * (m - 1) + g * m",
    g="groups, one sum each",
    m="values along the axis: m − 1 adds for their sum, then a difference each",
)
LOG_SOFTMAX_EXPONENTIALS = Formula(
    "g * (m + 1)",
    g="groups, one logarithm each",
    m="values along the axis, an exponential each",
)


class AlongAxis(Elementwise, frozen=True):
    """Base class of functions of the values along one axis."""

    family = "activation"
    backward_reads = ("output",)

    axis: Annotated[OneAxis, says("the axis along which the values are summed")] = "channels"

    def output(self, x: Shape) -> Shape:
        axis_number(self.axis, x)
        return x

    def windows(self, x: Shape) -> Windows:
        return group_windows(x, (axis_number(self.axis, x),))

    def values(self, x: Shape) -> int:
        """The number of values along the axis."""
        return x.dims()[axis_number(self.axis, x)]


class Softmax(AlongAxis, frozen=True):
    """Exponentials, divided by their sum over the channels at each position, or along another axis."""

    kind = "softmax"
    elsewhere = called(pytorch="torch.nn.Softmax", keras="keras.layers.Softmax", onnx="Softmax")
    example = Example(input=(10,))

    def operations(self, x: Shape) -> Operations:
        m = self.values(x)
        if self.axis == "channels":
            adds = SOFTMAX_ADDS(p=x.positions, c=m)
        else:
            adds = ALONG_AXIS_ADDS(g=x.size // m, m=m)
        return {"adds": adds, **each(x.size, exponentials=1, divisions=1)}


HARDMAX = Formula("p * (c - 1)", p="positions", c="channels, of which the largest is found")


class Hardmax(Elementwise, frozen=True):
    """At each position 1 in the channel with the largest value, the first one on a tie, and else 0."""

    kind = "hardmax"
    family = "activation"
    elsewhere = called(onnx="Hardmax")

    def operations(self, x: Shape) -> Operations:
        return {"comparisons": HARDMAX(p=x.positions, c=x.channels)}


class LogSoftmax(AlongAxis, frozen=True):
    """The logarithm of softmax: x − log Σ exp(x)."""

    kind = "log_softmax"
    aliases = ("logsoftmax",)
    elsewhere = called(
        pytorch="torch.nn.LogSoftmax", keras="keras.activations.log_softmax", onnx="LogSoftmax"
    )
    example = Example(input=(10,))

    def operations(self, x: Shape) -> Operations:
        g, m = x.size // self.values(x), self.values(x)
        return {"adds": LOG_SOFTMAX_ADDS(g=g, m=m), "exponentials": LOG_SOFTMAX_EXPONENTIALS(g=g, m=m)}


KINDS: tuple[type[Layer], ...] = (
    Relu,
    Relu6,
    LeakyRelu,
    PRelu,
    Elu,
    Selu,
    Celu,
    Gelu,
    Silu,
    HardSwish,
    HardSigmoid,
    Sigmoid,
    Tanh,
    Softplus,
    Mish,
    Softsign,
    Abs,
    ThresholdedRelu,
    Shrink,
    Softmax,
    Hardmax,
    LogSoftmax,
)
