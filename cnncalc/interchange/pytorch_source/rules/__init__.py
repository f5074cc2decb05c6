"""How each kind of layer is written in PyTorch, or why it cannot be.

A file per family. To add a kind, add its class to `MODULES` of its family, to `MERGES` or to `LACKING`; a
test checks that every kind is in one.
"""

from collections.abc import Mapping
from math import inf

from cnncalc.interchange.pytorch_source.expressions import LayerCall
from cnncalc.interchange.pytorch_source.rules import (
    activation,
    attention,
    convolution,
    normalization,
    pooling,
    reshaping,
    sources,
)
from cnncalc.interchange.pytorch_source.rules.calls import LackingError, Rule
from cnncalc.interchange.pytorch_source.rules.merging import MERGES, OF_BRANCHES, is_simple, merged
from cnncalc.interchange.pytorch_source.rules.reshaping import split
from cnncalc.layers import Layer
from cnncalc.layers.declaring import Custom
from cnncalc.shapes import Shape

__all__ = [
    "LACKING",
    "MERGES",
    "MODULES",
    "OF_BRANCHES",
    "LackingError",
    "is_simple",
    "merged",
    "module_of",
    "split",
]

MODULES: Mapping[type[Layer], Rule] = {
    **convolution.MODULES,
    **attention.MODULES,
    **pooling.MODULES,
    **normalization.MODULES,
    **activation.MODULES,
    **reshaping.MODULES,
    **sources.MODULES,
}
"""The module of each kind, from its options and the shapes of its inputs."""

LACKING: Mapping[type[Layer], str] = {Custom: "the spec declares its numbers, not what it computes"}
"""Why a kind cannot be exported."""


def module_of(layer: Layer, shapes: tuple[Shape, ...]) -> LayerCall:
    """The module of a layer that is no expression; raises LackingError."""
    kind = type(layer)
    if kind not in MODULES:
        raise LackingError(LACKING[kind])
    if any(getattr(layer, name) in (inf, -inf) for name in layer.__struct_fields__):
        raise LackingError("it has an option that is not finite")
    if any(x.rank > 3 for x in shapes):
        raise LackingError("PyTorch has layers with up to 3 spatial axes")
    return MODULES[kind](layer, *shapes)
