"""Finds the first layer with NaN or infinity in its output."""

from collections.abc import Mapping
from math import prod

import numpy as np
from msgspec import Struct

from cnncalc.executor.io.weights import owner
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.trace import LayerTrace
from cnncalc.graph import Graph


class NonFinite(Struct, frozen=True):
    """The first layer with NaN or infinity in its output.

    Attributes:
        name, kind: name and kind of the layer.
        bad, numbers: the number of NaN or infinite output values, and of all output values.
        tensors: its weights with NaN or infinity, and the number of such values.
    """

    name: str
    kind: str
    bad: int
    numbers: int
    tensors: dict[str, int]


def first_nonfinite(
    traces: tuple[LayerTrace, ...], batch: int, graph: Graph, weights: Mapping[str, Array] | None
) -> NonFinite | None:
    """The first layer with NaN or infinity in its output; None if all values are finite."""
    layer = next((each for each in traces if each.bad), None)
    if layer is None:
        return None
    key = owner(graph, next(node for node in graph.layers if node.name == layer.name))
    names = [f"{key}.{name}" for name in layer.tensors]
    counts = {name: _bad(weights[name]) for name in names if weights and name in weights}
    numbers = prod(layer.dims) * batch
    return NonFinite(layer.name, layer.kind, layer.bad, numbers, {n: bad for n, bad in counts.items() if bad})


def _bad(tensor: Array) -> int:
    return int(tensor.size - np.count_nonzero(np.isfinite(tensor)))
