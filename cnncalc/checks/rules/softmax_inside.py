"""A softmax is followed by layers with weights.

Softmax converts scores to probabilities: it belongs at the end of a classifier, or before a product that
uses its outputs as weights (attention). In the middle of a network it limits values to between 0 and 1 with
a sum of 1 and makes gradients small, so the network trains slowly. A second softmax after the first
flattens the probabilities.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.layers.activation import Softmax
from cnncalc.layers.merging import Mul


def find(network: NetworkView) -> Iterator[Violation]:
    nodes = network.graph.nodes
    learner: list[str] = [""] * len(nodes)
    for at in range(len(nodes) - 1, 0, -1):
        for reader in network.readers[at]:
            layer = nodes[reader].layer
            if layer.has_neurons or isinstance(layer, Softmax):
                learner[at] = nodes[reader].name
            elif not isinstance(layer, Mul):
                learner[at] = learner[at] or learner[reader]
    for at, node in network.numbered:
        if isinstance(node.layer, Softmax) and learner[at]:
            message = f"{node.name} is not the last layer: {learner[at]} reads its probabilities"
            yield Violation(message, node.place, node.name, "use softmax only at the end")


RULE = Rule(
    code="softmax-inside",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [784]
layers:
  - {dense: 128, act: softmax}
  - {dense: 10}
""",
    fixed="""
cnncalc: 1
input: [784]
layers:
  - {dense: 128, act: relu}
  - {dense: 10, act: softmax}
""",
)
