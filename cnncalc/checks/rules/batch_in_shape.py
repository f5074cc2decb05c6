"""A reshape begins with −1 and so gets one channel: shapes here have no batch axis.

In PyTorch, `x.view(-1, 192)` makes a vector of 192 values for each sample. In a spec, which describes one
sample, `reshape: [-1, 192]` of 192 values is a signal with one channel and a length of 192.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.layers.reshaping import Reshape

SUSPECT = (2, 4)
"""Numbers of sizes: a vector or a map with an axis for the batch. Three may be an image with one channel."""


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if not isinstance(node.layer, Reshape):
            continue
        first, *others = node.layer.shape
        if first == -1 and node.shape.channels == 1 and len(node.layer.shape) in SUSPECT:
            shape = node.shape.text()
            message = f"the −1 of {node.name} is read as channels: {shape} has one channel"
            sizes = ", ".join(map(str, others))
            hint = f"there is no batch axis: write [{sizes}], or [1, {sizes}] if one channel is meant"
            yield Violation(message, node.place, node.name, hint)


RULE = Rule(
    code="batch-in-shape",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 8, 8]
layers:
  - {reshape: [-1, 192]}
  - {conv: 10, kernel: 5}
""",
    fixed="""
cnncalc: 1
input: [3, 8, 8]
layers:
  - {reshape: [192]}
  - {dense: 10}
""",
)
