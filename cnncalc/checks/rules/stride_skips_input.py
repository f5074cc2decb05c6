"""A stride longer than the kernel leaves values unread.

A 1×1 convolution with stride 2 reads every other row and column: three of four values make no
difference to it. In a ResNet's shortcut, and in the original's main path, this is so by design; reading
all of them (a pooling before the 1×1 convolution, or the stride in the 3×3 one) made the networks better
(He et al. 2018, arXiv:1812.01187, section 4).
"""

from collections.abc import Iterator
from math import prod

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers import Merge
from cnncalc.window import Window


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        read, of = _read(node)
        if read < of:
            message = f"{node.name} reads {read} of {of} values: its stride is longer than its kernel"
            hint = "pool before it, or give it a kernel as long as the stride"
            yield Violation(message, node.place, node.name, hint)


def _read(node: Node) -> tuple[int, int]:
    """How many of how many neighbouring positions a layer's windows read."""
    if isinstance(node.layer, Merge):
        return 1, 1
    windows = node.layer.windows(*node.reads)
    strided = [
        window
        for window, n in zip(windows, node.reads[0].spatial, strict=False)
        if isinstance(window, Window) and n > 1 and window.stride > 1
    ]
    each = [len({tap % window.stride for tap in window.taps(0)}) for window in strided]
    return prod(each), prod(window.stride for window in strided)


RULE = Rule(
    code="stride-skips-input",
    level="note",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [64, 32, 32]
layers:
  - {conv: 128, kernel: 1, stride: 2}
""",
    mended="""
cnncalc: 1
input: [64, 32, 32]
layers:
  - {avgpool: 2}
  - {conv: 128, kernel: 1}
""",
)
