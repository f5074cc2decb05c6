"""The right answer in words, and how it comes about: what is shown only where it is to be revealed."""

from cnncalc.analysis.report import Row
from cnncalc.homework.grade_quantities import window_of
from cnncalc.homework.grade_questions import Question
from cnncalc.shapes import Layout, shape_of


def shown(question: Question, layout: Layout) -> str:
    """The right answer as a student would write it."""
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


def working(question: Question) -> str:
    """The formula with the numbers put in, for a number of one layer."""
    row = question.network.row(question.layer)
    if row.layer is None:
        return ""
    name = question.quantity.name
    if name in ("output", "size", "height", "width"):
        windows = window_of(row)
        each = (str(window.working(n)) for window, n in zip(windows, row.reads[0].spatial, strict=False))
        return ", ".join(dict.fromkeys(each))
    if name in ("macs", "adds", "comparisons", "divisions", "exponentials", "multiplications"):
        operations = row.layer.operations(*row.reads)
        return str(operations[name]) if name in operations else ""  # type: ignore[index]
    return _parameters(row) if name in ("params", "weights", "biases", "trainable") else ""


def _parameters(row: Row) -> str:
    """`weight 96·3·11·11 + bias 96`."""
    return " + ".join(f"{name} {'·'.join(map(str, dims))}" for name, dims in row.weights.items())
