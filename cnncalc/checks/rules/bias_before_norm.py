"""A bias in front of a normalisation does nothing.

Batch and instance normalisation take the mean of each channel away, and with it whatever constant the
layer before added to that channel: its biases are stored, counted and trained without any effect, and
the norm's own shift does their work (Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2). The same
holds of a group norm that has a group for each channel. Layer normalisation and wider groups mix
channels, so that biases in front of them do count.

Some published networks have such biases (VGG-16 with batch norm, for one): whoever must keep their
number of parameters leaves them in.
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
        if biases and biases == source.shape.channels and len(network.readers[node.inputs[0]]) == 1:
            message = f"the {biases:,} biases of {source.name} do nothing: {node.name} takes the mean away"
            yield Violation(message, source.place, source.name, "write bias: false")


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
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, bias: false, norm: batch, act: relu}
""",
)
