"""A bias before a normalization has no effect.

Batch and instance normalization subtract the mean of each channel, and with it any constant that the
layer before added. Such biases are stored, counted and trained without effect; the norm's own shift
replaces them (Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2). The same is true of a group norm with
one channel per group. Layer norm and larger groups mix channels, so biases before them do matter.

Some published networks, such as VGG-16 with batch norm, have these biases. Keep them to reproduce the
published number of parameters.
"""

from collections.abc import Iterator
from math import prod

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers.normalization import BatchNorm, GroupNorm, InstanceNorm


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if not _takes_each_channels_mean(node):
            continue
        source = network.source(node)
        biases = prod(source.layer.weights(*source.reads).get("bias", (0,)))
        if biases and biases == source.shape.channels and network.is_read_once(node.inputs[0]):
            message = f"the {biases:,} biases of {source.name} have no effect: {node.name} subtracts the mean"
            yield Violation(message, source.place, source.name, "set bias: false")


def _takes_each_channels_mean(node: Node) -> bool:
    layer = node.layer
    if isinstance(layer, GroupNorm):
        return layer.groups == node.shape.channels
    return isinstance(layer, BatchNorm | InstanceNorm)


RULE = Rule(
    code="bias-before-norm",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, norm: batch, act: relu}
""",
    fixed="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, bias: false, norm: batch, act: relu}
""",
)
