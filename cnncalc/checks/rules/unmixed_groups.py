"""The groups of a convolution are never mixed again.

A depthwise or grouped convolution computes each of its groups from a part of the channels only. That is
cheap, and harmless as long as a layer behind it reads all channels: a 1×1 convolution, a dense layer, a
channel shuffle before the next groups (Zhang et al. 2017, arXiv:1707.01083). Where none follows, the
network's outputs are those of several narrow networks side by side, none of which knows the others'
features.
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
            message = f"no layer behind {node.name} mixes its {_groups(node):,} groups of channels"
            hint = "a 1×1 convolution mixes them, as in `{conv: 64, kernel: 1}`"
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
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {depthwise: 3}
  - relu
  - {conv: 32, kernel: 1}
""",
)
