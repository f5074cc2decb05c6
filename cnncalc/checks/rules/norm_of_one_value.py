"""A normalization acts on a single value.

A value minus its own mean is 0: an instance norm on a 1×1 map, or a group norm with one channel per group,
returns only its shift for any input. PyTorch refuses such a layer in training (`Expected more than 1 spatial
element`). Batch norm is not affected, because it also uses the other samples of the batch.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import Node
from cnncalc.layers.normalization import GroupNorm, InstanceNorm, LayerNorm


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if _values(node) == 1:
            shape = node.shape.text(network.graph.layout)
            message = f"{node.name} normalizes single values of {shape}: the result is 0"
            yield Violation(message, node.place, node.name, "remove it, or move it before the pooling")


def _values(node: Node) -> int:
    """The number of values per mean; 0 for other layers."""
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
    fixed="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - instancenorm
  - global_avgpool
""",
)
