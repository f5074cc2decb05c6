"""Depth of a network: the layers with weights of their own on the longest way through it."""

from cnncalc.graph import Graph


def weighted_depth(graph: Graph) -> int:
    """Convolutions and dense layers on the longest path to the output, as in "a 50-layer ResNet".

    Where two paths are as long as each other both count once; a shortcut's convolution lies beside
    the longer path and does not.
    """
    depth: list[int] = []
    for node in graph.nodes:
        below = max((depth[read] for read in node.inputs), default=0)
        depth.append(below + int(node.layer.has_neurons))
    return depth[graph.output]
