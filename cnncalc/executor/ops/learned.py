"""Learned values for each channel, for each element, or one for all."""

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.gradient_context import GradContext


def values_per(per: str, name: str, x: Array, ctx: OpContext) -> Array:
    """A tensor of the layer, channels last, as it broadcasts over the batch of `x`."""
    dims = {"channel": x.shape[-1:], "layer": (1,), "element": (x.shape[-1], *x.shape[1:-1])}
    return np.moveaxis(ctx.weight(name, *dims[per]), 0, -1)


def learn_per(per: str, name: str, gradient: Array, ctx: GradContext) -> None:
    """Stores the gradient of such a tensor, given that of every element of the batch."""
    each = gradient.sum(0)
    if per != "element":
        each = each.sum(tuple(range(each.ndim - 1)))
    ctx.learn(name, each.sum(keepdims=True) if per == "layer" else np.moveaxis(each, -1, 0))
