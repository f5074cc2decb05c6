"""No later layer mixes the groups of a convolution.

A depthwise or grouped convolution computes each group from a part of the channels. That is cheap, and
harmless if a later layer reads all channels: a 1×1 convolution, a dense layer, or a channel shuffle before
the next groups (Zhang et al. 2017, arXiv:1707.01083). Otherwise the network consists of several narrow
networks in parallel that do not share features.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.reshaping import ChannelShuffle


def find(network: NetworkView) -> Iterator[Violation]:
    mixed = [False] * len(network.graph.nodes)
    for at in range(len(mixed) - 1, 0, -1):
        readers = network.readers[at]
        mixed[at] = any(mixed[reader] or _mixes(network.graph.nodes[reader]) for reader in readers)
    for at, node in network.numbered:
        if _groups(node) > 1 and not mixed[at]:
            message = f"no layer after {node.name} mixes its {_groups(node):,} groups of channels"
            hint = "add a 1×1 convolution, such as `{conv: 64, kernel: 1}`"
            yield Violation(message, node.place, node.name, hint)


def _groups(node: Node) -> int:
    if isinstance(node.layer, Depthwise):
        return node.reads[0].channels
    return node.layer.groups if isinstance(node.layer, Conv | ConvTranspose) else 1


def _mixes(node: Node) -> bool:
    return isinstance(node.layer, ChannelShuffle) or (node.layer.has_neurons and _groups(node) == 1)


RULE = Rule(
    code="unmixed-groups",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {depthwise: 3}
  - relu
""",
    fixed="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {depthwise: 3}
  - relu
  - {conv: 32, kernel: 1}
""",
)
