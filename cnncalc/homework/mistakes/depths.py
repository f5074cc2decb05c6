"""Mistakes in the depth that a layer reads: an RGB image taken for grey, or the depth of another branch."""

from msgspec.structs import replace

from cnncalc.graph import Graph, Node
from cnncalc.homework.mistakes.networks import propagated
from cnncalc.layers import LayerError

RGB = 3
"""The channels of a color image."""
GREY_SAYS = "the image was taken as grey; an RGB image has three channels"


def as_grey(graph: Graph) -> Graph | None:
    """The network on a grey image; None if it does not read one RGB image, or would be invalid."""
    first = graph.nodes[0]
    if graph.entries != 1 or first.shape.channels != RGB or first.shape.rank != 2:
        return None
    return propagated(graph, [replace(first, shape=replace(first.shape, channels=1))])


def other_depths(graph: Graph, node: Node) -> dict[int, str]:
    """The depths that other layers of the same block of branches read or give, with the layers' names."""
    if len(node.inputs) != 1 or not node.layer.has_neurons:
        return {}
    merges = [each.name for each in graph.layers if len(each.inputs) > 1]
    around = [f"{name}." for name in merges if node.name.startswith(f"{name}.")]
    if not around:
        return {}
    innermost = max(around, key=len)
    found: dict[int, str] = {}
    for each in graph.layers:
        if not each.name.startswith(innermost):
            continue
        for at in each.inputs:
            found.setdefault(graph.nodes[at].shape.channels, graph.nodes[at].name)
        if each is not node:
            found.setdefault(each.shape.channels, each.name)
    found.pop(node.reads[0].channels, None)
    return found


def with_depth(node: Node, depth: int) -> Node | None:
    """A layer that reads another depth; None if that is invalid, or changes what it gives."""
    reads = (replace(node.reads[0], channels=depth),)
    try:
        output = node.layer.output(*reads)
    except LayerError:
        return None
    return replace(node, reads=reads) if output == node.shape else None
