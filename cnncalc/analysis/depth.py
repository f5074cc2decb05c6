"""Depth of a network: the number of weighted layers on the longest path through it."""

from cnncalc.graph import Graph


def weighted_depth(graph: Graph) -> int:
    """Convolutions and dense layers on the longest path to an output, as in "a 50-layer ResNet".

    Parallel paths of the same length count once; the convolution of a shortcut is not on the longest
    path and does not count.
    """
    depth: list[int] = []
    for node in graph.nodes:
        below = max((depth[read] for read in node.inputs), default=0)
        depth.append(below + int(node.layer.has_neurons))
    return max(depth[end] for end in graph.ends)
