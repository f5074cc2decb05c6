"""Activations, and what else works on each element."""

from collections.abc import Callable

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.operations.arithmetic import on_elements
from cnncalc.interchange.pytorch.traces import TracedCall
from cnncalc.layers import Layer
from cnncalc.layers.activation import (
    Abs,
    Celu,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from cnncalc.layers.reshaping import Dropout
from cnncalc.layers.scaling import Clamp


def elementwise(make: Callable[[Arguments], Layer], *names: str) -> Handler:
    """A layer that works on each element, whatever the order of the axes."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", *names, "inplace"))
        on_elements(lowering, call, make(given), given.value())

    return handler


def _gelu(given: Arguments) -> Layer:
    approximate = given.get("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise UnknownCallError(f"gelu with approximate = {approximate}")
    return Gelu("tanh" if approximate == "tanh" else "none")


def _softplus(given: Arguments) -> Layer:
    if given.number("beta", 1) != 1:
        raise UnknownCallError(f"softplus with beta = {given.get('beta')}")
    return Softplus()


def _clamp(given: Arguments) -> Layer:
    low, high = given.get("min"), given.get("max")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise UnknownCallError(f"{given.call.name} with min = {low} and max = {high}")
    return Relu6() if (low, high) == (0, 6) else Clamp(float(low), float(high))


def _hardtanh(given: Arguments) -> Layer:
    low, high = given.number("min_val", -1.0), given.number("max_val", 1.0)
    return Relu6() if (low, high) == (0, 6) else Clamp(low, high)


def prelu(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "weight"))
    weight = given.weight("weight")
    if weight is None or not weight.learned:
        raise UnknownCallError("prelu whose weight is not learned")
    channels = lowering.maps(given.value(), call).shape.channels
    per_layer = weight.dims == (1,) and channels > 1
    layer = PRelu(per="layer" if per_layer else "channel")
    lowering.layer(call, layer, given.value(), weights={"weight": weight})


def along_axis(make: type[Softmax] | type[LogSoftmax]) -> Handler:
    """Softmax along the channels of each position, or along another axis."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", "dim", "_stacklevel", "dtype"))
        value = given.value()
        axis = given.whole("dim") % len(value.dims)
        lowering.layer(call, make(axis=lowering.axis_name(value, call, axis)), value)

    return handler


def dropout(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "p", "training", "inplace"))
    rate = given.number("p", 0.5)
    is_on = given.flag("training", given.flag("train", "alpha" not in call.name))
    if is_on and rate and not lowering.recording.training:
        raise UnknownCallError(f"{call.name} that drops at inference, too, without training=self.training")
    on_elements(lowering, call, Dropout(rate), given.value())


def _simple(layer: Layer) -> Handler:
    return elementwise(lambda given: layer)


ACTIVATIONS: dict[str, Handler] = {
    "relu": _simple(Relu()),
    "relu6": _simple(Relu6()),
    "leaky_relu": elementwise(
        lambda given: LeakyRelu(given.number("negative_slope", 0.01)), "negative_slope"
    ),
    "elu": elementwise(lambda given: Elu(given.number("alpha", 1.0)), "alpha"),
    "selu": _simple(Selu()),
    "gelu": elementwise(_gelu, "approximate"),
    "silu": _simple(Silu()),
    "hardswish": _simple(HardSwish()),
    "hardsigmoid": _simple(HardSigmoid()),
    "sigmoid": _simple(Sigmoid()),
    "tanh": _simple(Tanh()),
    "softplus": elementwise(_softplus, "beta", "threshold"),
    "mish": _simple(Mish()),
    "hardtanh": elementwise(_hardtanh, "min_val", "max_val"),
    "clamp": elementwise(_clamp, "min", "max"),
    "prelu": prelu,
    **dict.fromkeys(("abs", "absolute"), _simple(Abs())),
    "celu": elementwise(lambda given: Celu(given.number("alpha", 1.0)), "alpha"),
    "softsign": _simple(Softsign()),
    "softmax": along_axis(Softmax),
    "log_softmax": along_axis(LogSoftmax),
    **dict.fromkeys(("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout"), dropout),
    **dict.fromkeys(("alpha_dropout", "feature_alpha_dropout"), dropout),
}
