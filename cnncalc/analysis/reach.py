"""Computes the receptive field of every node, with notes on windows and branches."""

from fractions import Fraction

from cnncalc.analysis.field import MAX_UNITS, Field, input_field, joined, misaligned, through
from cnncalc.graph import Graph, Node
from cnncalc.layers import Merge
from cnncalc.layers.base import Windows
from cnncalc.layers.sliding import does_not_fit
from cnncalc.problems import Problem
from cnncalc.shapes import LARGEST, Shape
from cnncalc.window import Repeated

Fields = tuple[Field | None, ...]
"""The receptive field of a node on each input of the network; None if it does not depend on the input."""


def follow(graph: Graph) -> tuple[list[Fields], list[Problem]]:
    """The receptive fields of every node, and notes on windows and branches."""
    entries = [node.shape for node in graph.inputs]
    fields: list[Fields] = [
        tuple(input_field(shape.rank) if number == at else None for at in range(len(entries)))
        for number, shape in enumerate(entries)
    ]
    findings: list[Problem] = []
    outgrown: set[int] = set()
    if not graph.layers:
        message = "the network has no layers: all are excluded, and the output is the input"
        findings.append(Problem("no-layers", message, None, level="warning"))
    for node in graph.layers:
        sizes = node.shape.spatial
        if not node.inputs:  # a learned or fixed tensor
            fields.append((None,) * len(entries))
            continue
        if not isinstance(node.layer, Merge):
            (x,) = node.reads
            windows, before = node.layer.windows(x), fields[node.inputs[0]]
            fields.append(tuple(field and through(field, windows, sizes) for field in before))
            for at, (field, after) in enumerate(zip(before, fields[-1], strict=True)):
                if field is None or after is None:
                    continue
                findings += _field_notes(node, field, after, windows)
                if at not in outgrown and _outgrows(after, entries[at]):
                    outgrown.add(at)
                    findings.append(_outgrown(graph, at, node, after))
            findings += _fit_notes(node, x, windows)
            continue
        reads = node.layer.reads(*node.reads)
        merged: list[Field | None] = []
        for at in range(len(entries)):
            seen = [
                through(field, read, sizes)
                for field, read in zip((fields[each][at] for each in node.inputs), reads, strict=True)
                if field is not None
            ]
            merged.append(joined(seen, sizes) if seen else None)
            if gap := misaligned(seen) if not any(map(_repeats, reads)) else None:
                findings.append(_misaligned(graph, node, gap))
        fields.append(tuple(merged))
    return fields, _once(findings)


def _once(findings: list[Problem]) -> list[Problem]:
    """The first finding of each code at each place: repeats of a block give the same ones."""
    first: dict[object, Problem] = {}
    for problem in findings:
        first.setdefault((problem.code, problem.place), problem)
    return list(first.values())


def _repeats(windows: Windows) -> bool:
    """Whether an axis of size 1 is repeated: what it reads has no place beside the others."""
    return any(isinstance(axis, Repeated) for axis in windows)


def _misaligned(graph: Graph, node: Node, gap: tuple[Fraction, ...]) -> Problem:
    names = [graph.nodes[at].name for at in node.inputs]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    apart = " and ".join(dict.fromkeys(map(str, gap)))
    message = f"the centres of the merged receptive fields are {apart} apart: {listed}"
    return Problem("misaligned", message, node.place, level="note", layer=node.name)


def _field_notes(node: Node, before: Field, after: Field, windows: Windows) -> list[Problem]:
    """A note where a receptive field is no longer known, or the window of a unit depends on where it is."""
    if not isinstance(windows, str) and after.axes and not all(window.is_even for window in windows):
        size = "×".join(map(str, after.size or ()))
        message = f"the receptive field has no single size from here on; the largest is {size}"
        return [Problem("field-varies", message, node.place, level="note", layer=node.name)]
    if not after.unknown or before.unknown:
        return []
    if node.layer.is_declared:
        why = "the spec does not say what the layer reads"
    elif windows == "unknown":
        why = "channels and positions are exchanged"
    else:
        why = f"it does not repeat within {MAX_UNITS:,} units, or is larger than {LARGEST:,}"
    message = f"receptive field unknown: {why}"
    return [Problem("field-not-followed", message, node.place, level="note", layer=node.name)]


def _outgrown(graph: Graph, entry: int, node: Node, field: Field) -> Problem:
    size = "×".join(map(str, field.size or ()))
    name = f" '{graph.nodes[entry].name}'" if graph.entries > 1 else ""
    message = f"from here on, the receptive field is larger than the input{name}: {size}"
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
