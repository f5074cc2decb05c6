"""Attention, over all positions, in windows, over grids, and of another tensor."""

from collections.abc import Mapping

from cnncalc.interchange.pytorch_source.expressions import LayerCall, Value
from cnncalc.interchange.pytorch_source.rules.calls import LackingError, Rule, of
from cnncalc.layers import Layer
from cnncalc.layers.attending import Attending, Attention, CrossAttention
from cnncalc.layers.base import per_axis
from cnncalc.shapes import Shape


def attending(
    name: str, layer: Attending, x: Shape, context: Shape, **more: tuple[Value, Value]
) -> LayerCall:
    """The call of a class with the queries, keys and values of a layer."""
    sizes = layer.sizes(x, context)
    keys, values = (layer.heads * sizes[name] for name in "dv")

    def unless_usual(channels: int) -> tuple[Value, Value]:
        return (None if channels == x.channels else channels), None

    return of(
        name,
        ("channels", x.channels),
        ("heads", layer.heads),
        **more,
        context_channels=unless_usual(context.channels),
        key_channels=unless_usual(keys),
        value_channels=unless_usual(values),
        out_channels=unless_usual(sizes["o"]),
        bias=(layer.bias, True),
        out_bias=(layer.out_bias, True),
        causal=(layer.causal, False),
    )


def attention(layer: Attention, x: Shape) -> LayerCall:
    if layer.window is layer.grid is None and not layer.relative:
        return attending("Attention", layer, x, x)
    if x.rank != 2 or layer.causal:
        raise LackingError("its windows, grids and relative offsets are written for maps with two axes")
    if layer.grid is not None:
        return attending(
            "GridAttention", layer, x, x, window=(layer.groups(x), None), relative=(layer.relative, False)
        )
    return attending(
        "WindowAttention",
        layer,
        x,
        x,
        window=(layer.groups(x), None),
        shift=(per_axis(layer.shift, x, "shift"), (0, 0)),
        relative=(layer.relative, False),
    )


def cross_attention(layer: CrossAttention, x: Shape, context: Shape) -> LayerCall:
    return attending("Attention", layer, x, context)


MODULES: Mapping[type[Layer], Rule] = {Attention: attention, CrossAttention: cross_attention}
