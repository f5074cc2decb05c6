"""The first layer whose numbers went astray, and what of its weights did."""

from collections.abc import Mapping
from math import prod

import numpy as np
from msgspec import Struct

from cnncalc.executor.io.weights import owner
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.trace import Seen
from cnncalc.graph import Graph


class Trouble(Struct, frozen=True):
    """The first layer that put out numbers that are none.

    Attributes:
        name, kind: the layer's.
        bad, numbers: how many are NaN or infinite, of how many.
        tensors: its weights that are so themselves, and in how many places.
    """

    name: str
    kind: str
    bad: int
    numbers: int
    tensors: dict[str, int]


def first_trouble(
    seen: tuple[Seen, ...], batch: int, graph: Graph, weights: Mapping[str, Array] | None
) -> Trouble | None:
    """Where numbers that are none first come out; None where all are finite."""
    found = next(((at, each) for at, each in enumerate(seen) if each.bad), None)
    if found is None:
        return None
    at, layer = found
    key = owner(graph, graph.layers[at])
    names = [f"{key}.{name}" for name in layer.tensors]
    counts = {name: _bad(weights[name]) for name in names if weights and name in weights}
    numbers = prod(layer.dims) * batch
    return Trouble(layer.name, layer.kind, layer.bad, numbers, {n: bad for n, bad in counts.items() if bad})


def _bad(tensor: Array) -> int:
    return int(tensor.size - np.count_nonzero(np.isfinite(tensor)))
