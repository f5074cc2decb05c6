"""No layer reads the output of a layer.

The layer is not an output of the network, and no other layer reads it: it is counted, but has no effect on
the result. Most often a `from:` or the list of a merge names the wrong tensor, so that a part of the network
is disconnected.

Without `outputs`, the last layer is the only output. A network with several outputs lists them:
`outputs: [boxes, classes]`. A head that exists in training only belongs in `auxiliary: [aux1]`.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.graph import needed


def find(network: NetworkView) -> Iterator[Violation]:
    nodes = network.graph.nodes
    graph = network.graph
    read = needed(nodes, (*graph.ends, *graph.auxiliary.values()))
    for at, node in network.numbered:
        if at in read or network.readers[at]:
            continue
        rows = [network.report.row_at(each) for each in needed(nodes, [at], apart=read)]
        rows = [row for row in rows if row.inputs]
        lost = f"{len(rows)} layers do" if len(rows) > 1 else "it does"
        counts = {
            "parameters": sum(row.params.total for row in rows),
            "MACs": sum(row.macs for row in rows) // network.report.batch,
        }
        counted = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
        message = f"nothing reads {node.name}: {lost} not reach an output" + (
            f" ({counted})" if counted else ""
        )
        hint = "remove it, read it in a later `from:` or merge, or name it in `outputs` or `auxiliary`"
        yield Violation(message, node.place, node.name, hint)


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
