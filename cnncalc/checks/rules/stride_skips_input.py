"""A stride larger than the kernel skips input values.

A 1×1 convolution with stride 2 reads every other row and column: it ignores three of four values. The
shortcuts of ResNet, and the main path of the original version, do this by design. Reading all values, with a
pooling before the 1×1 convolution or with the stride in the 3×3 convolution, improves accuracy (He et al.
2018, arXiv:1812.01187, section 4).
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
            message = f"{node.name} reads only {read} of {of} values: its stride is larger than its kernel"
            hint = "add a pooling before it, or use a kernel at least as large as the stride"
            yield Violation(message, node.place, node.name, hint)


def _read(node: Node) -> tuple[int, int]:
    """The number of positions that a layer's windows read, and of how many."""
    if isinstance(node.layer, Merge) or not node.inputs:
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
    fixed="""
cnncalc: 1
input: [64, 32, 32]
layers:
  - {avgpool: 2}
  - {conv: 128, kernel: 1}
""",
)
