"""No layer reads the output of a layer.

The layer is not the network's output, and no other layer reads it: it is counted, but has no effect on the
result. Most often a `from:` or the list of a merge names the wrong tensor, so that a part of the network is
disconnected.

Some networks have extra outputs on purpose, such as a head for training only. Mark them with a comment on
the line: `# cnncalc: ignore[unused-layer]`.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation


def find(network: NetworkView) -> Iterator[Violation]:
    nodes = network.graph.nodes
    reaches = [False] * len(nodes)
    reaches[network.graph.output] = True
    for at in range(len(nodes) - 1, 0, -1):
        if reaches[at]:
            for read in nodes[at].inputs:
                reaches[read] = True
    for at, node in network.numbered:
        if reaches[at] or network.readers[at]:
            continue
        layers, params = _lost(network, at, reaches)
        lost = f"{layers} layers do" if layers > 1 else "it does"
        counted = f" ({params:,} parameters)" if params else ""
        message = f"nothing reads {node.name}: {lost} not reach the output{counted}"
        yield Violation(message, node.place, node.name, "remove it, or name it in a later `from:` or merge")


def _lost(network: NetworkView, end: int, reaches: list[bool]) -> tuple[int, int]:
    """The number of layers that lead only to an unused layer, and their parameters."""
    found, ahead = {end}, [end]
    while ahead:
        fresh = {
            read for read in network.graph.nodes[ahead.pop()].inputs if read and not reaches[read]
        } - found
        found |= fresh
        ahead += fresh
    return len(found), sum(network.report.layers[at - 1].params.total for at in found)


RULE = Rule(
    code="unused-layer",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, name: stem}
  - {conv: 32, kernel: 3, name: deep}
  - {conv: 64, kernel: 3, from: stem, name: top}
""",
    fixed="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, name: stem}
  - {conv: 32, kernel: 3, name: deep}
  - {conv: 64, kernel: 3, from: deep, name: top}
""",
)
