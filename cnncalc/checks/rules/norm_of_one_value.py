"""A normalisation over a single value.

A value less its own mean is 0: an instance norm over a 1×1 map, or a group norm with one channel per
group there, puts out nothing but its shift, whatever came in. PyTorch refuses such a layer in training
(`Expected more than 1 spatial element`). Batch norm has the other samples of the batch to compare with
and is no such case.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers.normalization import GroupNorm, InstanceNorm, LayerNorm


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if _values(node) == 1:
            message = (
                f"{node.name} normalises single values of {node.shape.text(network.graph.layout)}: all 0"
            )
            yield Violation(message, node.place, node.name, "leave it out, or put it before the pooling")


def _values(node: Node) -> int:
    """How many values one mean is taken over; 0 for what is no such norm."""
    match node.layer:
        case InstanceNorm():
            return node.shape.positions
        case GroupNorm(groups=groups):
            return node.shape.size // groups
        case LayerNorm(over=over):
            return node.shape.size if over == "all" else node.shape.channels
    return 0


RULE = Rule(
    code="norm-of-one-value",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - global_avgpool
  - instancenorm
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - instancenorm
  - global_avgpool
""",
)
