"""The same sort of layer twice in a row, or the same tensor joined twice."""

from collections.abc import Callable, Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation, is_activation, is_norm
from cnncalc.layers import Layer, Merge

ACTIVATION = """An activation reads another activation.

Most often `act:` beside a layer, or under `defaults`, and an activation on a line of its own were both
meant to be the one. A second relu changes nothing; a sigmoid or softmax of a relu has lost the negative
half of what it should see, so that no class can get less than an even chance.
"""

NORM = """A normalisation reads another normalisation.

What is normalised already has a mean of 0 and a variance of 1, but for the scale and shift of the first:
the second takes these away again. Most often `norm:` beside a layer, or under `defaults`, and a line of
its own were both meant to be the one.
"""

JOINED = """A merge joins a tensor with itself.

`add: [a, a]` doubles every value and `concat: [a, a]` repeats every channel, at the cost of both and
without anything new. Most often one of the names should be another: the tensor before the block, say.
"""


def _in_a_row(is_one: Callable[[Layer], bool], what: str) -> Callable[[NetworkView], Iterator[Violation]]:
    def find(network: NetworkView) -> Iterator[Violation]:
        for node in network.graph.layers:
            source = network.source(node)
            if is_one(node.layer) and is_one(source.layer):
                message = f"{node.name} ({node.layer.kind}) reads {source.name} ({source.layer.kind})"
                yield Violation(f"two {what} in a row: {message}", node.place, node.name, "keep one of them")

    return find


def find_joined(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if not isinstance(node.layer, Merge):
            continue
        twice = [at for at in dict.fromkeys(node.inputs) if node.inputs.count(at) > 1]
        if twice:
            name = network.graph.nodes[twice[0]].name
            message = f"{node.name} joins {name} with itself"
            yield Violation(message, node.place, node.name, "is one of them meant to be another tensor?")


ACTIVATION_TWICE = Rule(
    code="activation-twice",
    level="warning",
    text=ACTIVATION,
    find=_in_a_row(is_activation, "activations"),
    example="""
cnncalc: 1
input: [3, 32, 32]
defaults: {conv: {act: relu}}
layers:
  - {conv: 16, kernel: 3}
  - relu
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
defaults: {conv: {act: relu}}
layers:
  - {conv: 16, kernel: 3}
""",
)

NORM_TWICE = Rule(
    code="norm-twice",
    level="warning",
    text=NORM,
    find=_in_a_row(is_norm, "normalisations"),
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, bias: false, norm: batch}
  - batchnorm
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, bias: false, norm: batch}
""",
)

JOINED_TWICE = Rule(
    code="joined-twice",
    level="warning",
    text=JOINED,
    find=find_joined,
    example="""
cnncalc: 1
input: [16, 32, 32]
layers:
  - {conv: 16, kernel: 1, name: a}
  - {conv: 16, kernel: 1, name: b}
  - {add: [b, prev]}
""",
    mended="""
cnncalc: 1
input: [16, 32, 32]
layers:
  - {conv: 16, kernel: 1, name: a}
  - {conv: 16, kernel: 1, name: b}
  - {add: [a, prev]}
""",
)
