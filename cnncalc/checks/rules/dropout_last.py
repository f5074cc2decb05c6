"""A dropout behind the last layer that learns.

Dropout zeroes some values in training so that the layers behind it do not rely on single ones
(Srivastava et al. 2014, JMLR 15, section 4). Where no layer with weights follows, it only throws away
some of the network's answers: the scores of random classes are zero, and the loss is of those zeros.
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
            message = f"no layer that learns reads {node.name}: it drops some of the answers"
            yield Violation(message, node.place, node.name, "put it in front of the last dense layer")


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
    mended="""
cnncalc: 1
input: [784]
layers:
  - {dense: 128, act: relu}
  - dropout
  - {dense: 10}
""",
)
