"""Nothing reads what a layer puts out.

The layer is not the network's output, and no other layer reads it: it is built and counted, and makes
no difference to the result. Most often a `from:` or a branch's list names the wrong tensor, so that a
part of the network hangs in the air.

Some networks do have ends beside their output: a head that only training reads, a second output that
the format has no name for. A comment on the line, `# cnncalc: ignore[unused-layer]`, says that it is
meant.
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
        yield Violation(message, node.place, node.name, "join it, take it out, or name it in a later `from:`")


def _lost(network: NetworkView, end: int, reaches: list[bool]) -> tuple[int, int]:
    """How many layers lead to an end and nowhere else, and their parameters."""
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
    mended="""
cnncalc: 1
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, name: stem}
  - {conv: 32, kernel: 3, name: deep}
  - {conv: 64, kernel: 3, from: deep, name: top}
""",
)
