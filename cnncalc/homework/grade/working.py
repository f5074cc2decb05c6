"""The correct answer as text, and its computation; both are shown only if revealed."""

from functools import cache

from cnncalc.analysis.report import Report
from cnncalc.homework.explain import Derivation, Explained, explain
from cnncalc.homework.grade.question import Question
from cnncalc.shapes import Layout, shape_of

EXPLAINED = {
    **dict.fromkeys(("size", "height", "width", "length", "channels"), "output"),
    "trainable": "params",
    "activations": "elements",
    "jump": "receptive_field",
}
"""Quantities without their own explanation, with the one that covers them."""
OF_THE_LAST = ("output", "receptive_field")
"""Quantities that a network takes from its last layer."""


def shown(question: Question, layout: Layout) -> str:
    """The correct answer as a student would write it."""
    right = question.right
    if right is None:
        return "–"
    if isinstance(right, tuple):
        whole = tuple(int(size) for size in right)
        if question.quantity.form == "shape":
            return shape_of(whole).text(layout)
        return "×".join(map(str, right))
    if question.quantity.name == "receptive_field" and right == 0:
        return "all"
    return f"{right:,}" if isinstance(right, int) else str(right)


class Workings:
    """The computations of a network's numbers, from `explain`; each layer is explained once."""

    def __init__(self, report: Report) -> None:
        self.of = cache(lambda layer: _explained(report, layer))
        self.last = report.output.name

    def working(self, question: Question) -> Derivation | None:
        """The computation of the correct answer; None if there is no formula."""
        name = EXPLAINED.get(question.quantity.name, question.quantity.name)
        layer = question.layer or (self.last if name in OF_THE_LAST else "")
        return self.of(layer).quantities.get(name)


def _explained(report: Report, layer: str) -> Explained:
    return explain(report, layer or None)
