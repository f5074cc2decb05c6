"""Computes the receptive field of every node, with notes on windows and branches."""

from fractions import Fraction

from cnncalc.analysis.field import MAX_UNITS, Field, input_field, joined, misaligned, through
from cnncalc.graph import Graph, Node
from cnncalc.layers import Merge
from cnncalc.layers.base import Windows
from cnncalc.layers.sliding import does_not_fit
from cnncalc.problems import Problem
from cnncalc.shapes import LARGEST, Shape


def follow(graph: Graph) -> tuple[list[Field], list[Problem]]:
    """The receptive field of every node, and notes on windows and branches."""
    entry = graph.nodes[0].shape
    fields: list[Field] = [input_field(entry.rank)]
    findings: list[Problem] = []
    outgrown = False
    if not graph.layers:
        message = "the network has no layers: all are excluded, and the output is the input"
        findings.append(Problem("no-layers", message, None, level="warning"))
    for node in graph.layers:
        sizes = node.shape.spatial
        if not isinstance(node.layer, Merge):
            (x,) = node.reads
            windows, field = node.layer.windows(x), fields[node.inputs[0]]
            fields.append(through(field, windows, sizes))
            findings += _field_notes(node, field, fields[-1])
            if not outgrown and _outgrows(fields[-1], entry):
                outgrown = True
                findings.append(_outgrown(node, fields[-1]))
            findings += _fit_notes(node, x, windows)
            continue
        reads = node.layer.reads(*node.reads)
        seen = [through(fields[at], read, sizes) for at, read in zip(node.inputs, reads, strict=True)]
        fields.append(joined(seen, sizes))
        gap = misaligned(seen)
        if gap:
            findings.append(_misaligned(graph, node, gap))
    return fields, _once(findings)


def _once(findings: list[Problem]) -> list[Problem]:
    """The first finding of each code at each place: repeats of a block give the same ones."""
    first: dict[object, Problem] = {}
    for problem in findings:
        first.setdefault((problem.code, problem.place), problem)
    return list(first.values())


def _misaligned(graph: Graph, node: Node, gap: tuple[Fraction, ...]) -> Problem:
    names = [graph.nodes[at].name for at in node.inputs]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    apart = " and ".join(dict.fromkeys(map(str, gap)))
    message = f"the centres of the merged receptive fields are {apart} apart: {listed}"
    return Problem("misaligned", message, node.place, level="note", layer=node.name)


def _field_notes(node: Node, before: Field, after: Field) -> list[Problem]:
    """A note where a receptive field is no longer known."""
    if not after.unknown or before.unknown:
        return []
    message = (
        f"receptive field unknown: it does not repeat within {MAX_UNITS:,} units, "
        f"or is larger than {LARGEST:,}"
    )
    return [Problem("field-not-followed", message, node.place, level="note", layer=node.name)]


def _outgrown(node: Node, field: Field) -> Problem:
    size = "×".join(map(str, field.size or ()))
    message = f"from here on, the receptive field is larger than the input: {size}"
    return Problem("field-outgrows-input", message, node.place, level="note", layer=node.name)


def _outgrows(field: Field, entry: Shape) -> bool:
    return any(size > n for size, n in zip(field.size or (), entry.spatial, strict=False))


def _fit_notes(node: Node, x: Shape, windows: Windows) -> list[Problem]:
    """A note where a stride does not divide evenly, which is common in real networks."""
    if isinstance(windows, str) or getattr(node.layer, "fit", "") == "ceil":
        return []
    left_over = does_not_fit(x, windows)
    if not left_over:
        return []
    return [Problem("does-not-fit", left_over, node.place, level="note", layer=node.name)]
