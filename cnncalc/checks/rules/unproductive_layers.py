"""Layers that can see no more of the input than the layers before them.

Once the receptive field spans the whole input, a further convolution with a kernel larger than 1 has no
new pixels to bring in. Networks whose last stages lie beyond that border classify as well without them,
or get better with a larger input or fewer strides before (Richter, Shenk, Byttner, Arnold & Wahlgren
2021, arXiv:2106.12307).

The field taken is the smallest over all ways through the network, as shortcuts carry what has seen
little: in a ResNet few layers are concerned, in a VGG on small images many.
"""

from collections.abc import Iterator

from cnncalc.analysis.field import Field, input_field, through
from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers import Merge
from cnncalc.window import Window


def find(network: NetworkView) -> Iterator[Violation]:
    entry = network.graph.nodes[0].shape
    spans = max(entry.spatial, default=0)
    if not entry.rank:
        return
    beyond = [
        node for node, field in _least_fields(network) if _spans(field, entry.spatial) and _slides(node)
    ]
    if beyond:
        first = beyond[0]
        more = f" and {len(beyond) - 1} more" if len(beyond) > 1 else ""
        message = f"{first.name}{more} can gain nothing: what enters already sees all of the {spans} pixels"
        if len(set(entry.spatial)) > 1:
            message = f"{first.name}{more} can gain nothing: what enters already sees the whole input"
        hint = "a larger input, fewer strides before, or fewer layers"
        yield Violation(message, first.place, first.name, hint)


def _least_fields(network: NetworkView) -> Iterator[tuple[Node, Field]]:
    """Each layer with the least field of what it reads, over all ways that lead there."""
    fields = [input_field(network.graph.nodes[0].shape.rank)]
    for node in network.graph.layers:
        least = min(range(len(node.inputs)), key=lambda number: _extent(fields[node.inputs[number]]))
        entering = fields[node.inputs[least]]
        yield node, entering
        if isinstance(node.layer, Merge):
            windows = node.layer.reads(*node.reads)[least]
        else:
            windows = node.layer.windows(*node.reads)
        fields.append(through(entering, windows, node.shape.spatial))


def _extent(field: Field) -> int:
    if field.is_global:
        return 1 << 60
    return max(field.size or (0,))


def _spans(field: Field, sizes: tuple[int, ...]) -> bool:
    """Whether a field is at least as large as the input, along every axis; a global one is not meant."""
    return bool(field.size) and all(size >= n for size, n in zip(field.size or (), sizes, strict=True))


def _slides(node: Node) -> bool:
    """Whether a layer learns what several positions of more than one mean together."""
    windows = node.layer.windows(*node.reads) if node.layer.has_neurons else ()
    return node.reads[0].positions > 1 and any(
        isinstance(window, Window) and window.kernel > 1 for window in windows
    )


RULE = Rule(
    code="unproductive-layers",
    level="note",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 8, 8]
defaults: {conv: {padding: same, act: relu}}
layers:
  - {conv: 16, kernel: 3, repeat: 5}
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
defaults: {conv: {padding: same, act: relu}}
layers:
  - {conv: 16, kernel: 3, repeat: 5}
""",
)
