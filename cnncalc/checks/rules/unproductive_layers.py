"""Layers cannot use more of the input, because they already see all of it.

Once the receptive field covers the whole input, another convolution with a kernel larger than 1 adds no new
pixels. Such layers can often be removed without loss of accuracy, or improve with a larger input or less
downsampling before them (Richter, Shenk, Byttner, Arnold & Wahlgren 2021, arXiv:2106.12307).

The rule uses the smallest receptive field over all paths, because shortcuts pass small receptive fields on:
it reports few layers in a ResNet, and many in a VGG on small images.
"""

from collections.abc import Iterator

from cnncalc.analysis.field import Field, input_field, no_field, through
from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers import Merge
from cnncalc.window import Window


def find(network: NetworkView) -> Iterator[Violation]:
    if network.graph.entries > 1:
        return  # each input has its own size
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
        message = (
            f"{first.name}{more} cannot use more of the input: its input already sees all {spans} pixels"
        )
        if len(set(entry.spatial)) > 1:
            message = (
                f"{first.name}{more} cannot use more of the input: its input already sees the whole image"
            )
        hint = "use a larger input, less downsampling, or fewer layers"
        yield Violation(message, first.place, first.name, hint)


def _least_fields(network: NetworkView) -> Iterator[tuple[Node, Field]]:
    """Each layer with the smallest receptive field of its input over all paths."""
    fields = [input_field(network.graph.nodes[0].shape.rank)]
    for node in network.graph.layers:
        if not node.inputs:  # a learned or fixed tensor
            fields.append(no_field(network.graph.nodes[0].shape.rank))
            yield node, fields[-1]
            continue
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
    """Whether a receptive field is at least as large as the input on every axis, and not global."""
    return bool(field.size) and all(size >= n for size, n in zip(field.size or (), sizes, strict=True))


def _slides(node: Node) -> bool:
    """Whether a layer has weights for several positions of a map."""
    windows = node.layer.windows(*node.reads) if node.layer.has_neurons else ()
    slides = any(isinstance(window, Window) and window.kernel > 1 for window in windows)
    return slides and node.reads[0].positions > 1


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
    fixed="""
cnncalc: 1
input: [3, 32, 32]
defaults: {conv: {padding: same, act: relu}}
layers:
  - {conv: 16, kernel: 3, repeat: 5}
""",
)
