"""Two layers of the same family in a row, or the same tensor joined twice."""

from collections.abc import Callable, Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation, is_activation, is_norm
from cnncalc.layers import Layer, Merge

ACTIVATION = """An activation reads another activation.

Most often one activation was written twice: as `act:` of a layer or in `defaults`, and as a separate layer.
A second relu has no effect; a sigmoid after a relu never gets negative inputs, so its output is at least 0.5.
"""

NORM = """A normalization reads another normalization.

The second normalization only undoes the scale and shift of the first. Most often one normalization was
written twice: as `norm:` of a layer or in `defaults`, and as a separate layer.
"""

JOINED = """A merge joins a tensor with itself.

`add: [a, a]` doubles every value and `concat: [a, a]` repeats every channel, without new information. Most
often one of the names should be another one, such as the input of the block.
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
            yield Violation(message, node.place, node.name, "use another tensor for one of them")


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
    fixed="""
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
    find=_in_a_row(is_norm, "normalizations"),
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, bias: false, norm: batch}
  - batchnorm
""",
    fixed="""
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
    fixed="""
cnncalc: 1
input: [16, 32, 32]
layers:
  - {conv: 16, kernel: 1, name: a}
  - {conv: 16, kernel: 1, name: b}
  - {add: [a, prev]}
""",
)
