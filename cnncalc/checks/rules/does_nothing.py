"""A layer has no effect.

A pooling with kernel 1, an upsampling by 1, a dropout with rate 0, a flatten of a vector, a crop or padding
of 0, and a merge of a single tensor return their input. Such layers are harmless if they come from a block's
parameters; otherwise they are often a typo.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if node.layer.changes_nothing(*node.reads):
            yield Violation(
                f"{node.name} ({node.layer.kind}) has no effect", node.place, node.name, "remove it"
            )


RULE = Rule(
    code="does-nothing",
    level="note",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {maxpool: 1}
""",
    fixed="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {maxpool: 2}
""",
)
