"""Embedding: rows of a table, chosen by whole numbers."""

from typing import Any

import numpy as np
from msgspec.structs import replace

from cnncalc.executor.ops.operation import Operation, Operations
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.layers.base import Layer
from cnncalc.layers.embedding import Embedding

FEW = 64
"""Entries of the table while measuring the dependence on positions."""


def _rows(x: Array) -> np.ndarray:
    """The rows of the table, which the array holds as whole numbers."""
    return np.rint(x[..., 0]).astype(int)


def embedding(layer: Embedding, x: Array, ctx: OpContext) -> Array:
    return ctx.copy(ctx.weight("weight", layer.entries, layer.units)[_rows(x)])


def embedding_gradient(layer: Embedding, dy: Array, x: Array, y: Array, ctx: GradContext) -> Array:
    """The gradient of a row is the sum over its positions; whole numbers have none."""
    table = ctx.zeros((layer.entries, layer.units))
    np.add.at(table, _rows(x), dy)
    ctx.learn("weight", table)
    return ctx.zeros(x.shape)


def small(layer: Any) -> Layer:
    """A layer with few entries, to measure the dependence with."""
    found: Layer = replace(layer, units=1, entries=FEW)
    return found


OPERATIONS: Operations = {
    "embedding": Operation(embedding, embedding_gradient, stand_in=small, reorders_weights=False),
}
