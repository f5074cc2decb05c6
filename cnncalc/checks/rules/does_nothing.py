"""A layer that changes nothing.

A pooling with a kernel of 1, an upsampling by 1, a dropout at rate 0, a flatten of what is flat, a crop
or padding of 0 hand on what they get. Such layers come from parameters of blocks, where they do no harm,
and from slips of the pen, where something else was meant.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import Found, Network, Rule
from cnncalc.graph import Node
from cnncalc.layers.pooling import WindowPool
from cnncalc.layers.resampling import Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Flatten, Pad
from cnncalc.window import Window


def find(network: Network) -> Iterator[Found]:
    for node in network.graph.layers:
        if _hands_on(node):
            yield Found(
                f"{node.name} ({node.layer.kind}) changes nothing", node.place, node.name, "leave it out"
            )


def _hands_on(node: Node) -> bool:
    match node.layer:
        case WindowPool():
            return all(
                isinstance(window, Window)
                and (window.kernel, window.stride, window.before, window.after) == PLAIN
                for window in node.layer.windows(*node.reads)
            )
        case Dropout(rate=rate):
            return rate == 0
        case ChannelShuffle(groups=groups):
            return groups in (1, node.shape.channels)
        case Upsample() | Crop() | Pad() | Flatten():
            return node.shape == node.reads[0]
    return False


PLAIN = (1, 1, 0, 0)
"""Kernel, stride and padding of a window that reads its own place only."""

RULE = Rule(
    code="does-nothing",
    level="note",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {maxpool: 1}
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {maxpool: 2}
""",
)
