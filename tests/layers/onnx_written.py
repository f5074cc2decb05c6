"""An ONNX node written as a layer."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from cnncalc.layers import BY_NAME, Layer

Array = np.ndarray
Attributes = Mapping[str, Any]


class Written(NamedTuple):
    """A node as a layer.

    Attributes:
        layer: the layer.
        inputs: its inputs, batch first, channels before positions.
        weights: its tensors.
        back: brings its output into the node's form, apart from the shape.
    """

    layer: Layer
    inputs: list[Array]
    weights: Mapping[str, Array] = MappingProxyType({})
    back: Callable[[Array], Array] = lambda y: y


Reader = Callable[[Attributes, list[Any]], Written | str]
"""From the attributes and inputs of a node: its layer, or what no kind can say."""


def kind(name: str, **options: Any) -> Layer:
    return BY_NAME[name](**options)
