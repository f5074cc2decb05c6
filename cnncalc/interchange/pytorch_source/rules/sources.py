"""Tensors without an input: learned ones are parameters, fixed ones buffers."""

from collections.abc import Mapping

from cnncalc.interchange.pytorch_source.expressions import LayerCall
from cnncalc.interchange.pytorch_source.rules.calls import Rule, of
from cnncalc.layers import Layer
from cnncalc.layers.sources import Constant, Parameter

PARAMETER = "nn.Parameter"
BUFFER = "register_buffer"


def parameter(layer: Parameter) -> LayerCall:
    return of(PARAMETER, ("shape", layer.output().dims()))


def constant(layer: Constant) -> LayerCall:
    return of(BUFFER, ("shape", layer.output().dims()), value=(layer.value, 0.0))


MODULES: Mapping[type[Layer], Rule] = {Parameter: parameter, Constant: constant}
