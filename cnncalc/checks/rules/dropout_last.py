"""A dropout follows the last layer with weights.

In training, dropout sets some values to zero so that the following layers do not rely on single values
(Srivastava et al. 2014, JMLR 15, section 4). Without a following layer with weights it only discards some
of the network's outputs: the scores of random classes become zero, and the loss is computed from them.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.layers.reshaping import Dropout


def find(network: NetworkView) -> Iterator[Violation]:
    nodes = network.graph.nodes
    learns = [False] * len(nodes)
    for at in range(len(nodes) - 1, -1, -1):
        learns[at] = any(learns[reader] or nodes[reader].layer.has_neurons for reader in network.readers[at])
    if not any(node.layer.has_neurons for node in nodes):
        return
    for at, node in network.numbered:
        if isinstance(node.layer, Dropout) and not learns[at]:
            message = f"no layer with weights follows {node.name}: it drops part of the output"
            yield Violation(message, node.place, node.name, "move it before the last dense layer")


RULE = Rule(
    code="dropout-last",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [784]
layers:
  - {dense: 128, act: relu}
  - {dense: 10}
  - dropout
""",
    fixed="""
cnncalc: 1
input: [784]
layers:
  - {dense: 128, act: relu}
  - dropout
  - {dense: 10}
""",
)
