"""Names of one library for layers that are read by other rules than that library's."""

from cnncalc.graph import Node
from cnncalc.layers import LayerError
from cnncalc.layers.dialects import DIALECTS, Dialect, Outcome, outcome, read_as
from cnncalc.problems import Problem
from cnncalc.shapes import Layout
from cnncalc.spec.document import Document


def other_meaning(word: str, library: Dialect, document: Document, node: Node) -> Problem | None:
    """A warning if the library that the word is from computes another size, alignment or count."""
    own, theirs = DIALECTS[document.dialect], DIALECTS[library]
    read = f"{word} is {theirs.possessive} name, but the rules here are {own.possessive}"
    try:
        as_theirs = outcome(read_as(library, node.layer, node.written), node.reads)
    except LayerError as error:
        message = f"{read}: {error.message(document.layout)}"
    else:
        ours = outcome(node.layer, node.reads)
        if ours == as_theirs:
            return None
        what, mine, yours = _difference(ours, as_theirs, document.layout)
        message = f"{read}: {what} {mine}; {theirs.title} has {yours}"
    hint = f"write `dialect: {library}` at the top, or `{node.layer.kind}` to keep {own.possessive} rules"
    return Problem("other-dialect", message, node.place, hint, "warning", node.name)


def _difference(ours: Outcome, theirs: Outcome, layout: Layout) -> tuple[str, str, str]:
    """The first of size, padding and counts that differs, as both have it."""
    compared = (
        ("output", ours.output.text(layout), theirs.output.text(layout)),
        ("padding", _sides(ours), _sides(theirs)),
        ("parameters", f"{ours.params:,}", f"{theirs.params:,}"),
        ("MACs", f"{ours.macs:,}", f"{theirs.macs:,}"),
    )
    return next(each for each in compared if each[1] != each[2])


def _sides(found: Outcome) -> str:
    return "×".join(f"{before}+{after}" for before, after in found.padding)
