"""A layer that changes nothing.

A pooling with a kernel of 1, an upsampling by 1, a dropout at rate 0, a flatten of what is flat, a crop
or padding of 0 hand on what they get. Such layers come from parameters of blocks, where they do no harm,
and from slips of the pen, where something else was meant.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        if node.layer.changes_nothing(*node.reads):
            yield Violation(
                f"{node.name} ({node.layer.kind}) changes nothing", node.place, node.name, "leave it out"
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
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - {maxpool: 2}
""",
)
