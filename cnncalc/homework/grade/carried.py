"""Errors carried forward: what follows rightly from a student's own wrong answers before."""

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.analysis.report import Report, Row
from cnncalc.homework.answers import AnswerError, Number, written
from cnncalc.homework.grade.question import Question
from cnncalc.homework.grade.shapes import layouts
from cnncalc.homework.mistakes.fields import RIGHT, followed, sizes_of_state
from cnncalc.homework.mistakes.fit import fitting
from cnncalc.homework.mistakes.networks import with_shapes
from cnncalc.homework.mistakes.reference import Network, value_of
from cnncalc.homework.quantities import FLOAT32, SUMMED, Quantity, Value, subject
from cnncalc.shapes import Layout, Shape, shape_of

MOST_KEPT = 20_000
LARGEST = 10**6
"""A size above it is not followed further."""

Own = dict[str, str]
"""A student's wrong answers by question."""


class Carried:
    """Finds what follows from wrong answers; what was worked out once is kept for the next sheet."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._reports: dict[object, Report | None] = {}
        self._fields: dict[object, Value | None] = {}

    def follows_from(self, question: Question, text: str, own: Own, layout: Layout) -> tuple[str, ...]:
        """The questions from whose wrong answers an answer rightly follows; nothing where it does not."""
        for value, sources in self._values(question, own, layout):
            if value is not None and value != question.right and answers(question, text, value, layout):
                return sources
        return ()

    def _values(
        self, question: Question, own: Own, layout: Layout
    ) -> Iterator[tuple[Value | None, tuple[str, ...]]]:
        """What the question's answer would be, and from which answers that follows."""
        yield from self._from_shapes(question, own, layout)
        yield from self._from_fields(question, own)
        yield from self._from_parts(question, own)
        yield from self._from_layers(question, own)

    def _from_shapes(
        self, question: Question, own: Own, layout: Layout
    ) -> Iterator[tuple[Value | None, tuple[str, ...]]]:
        for report, sources in self.reports(question, own, layout):
            yield value_of(question.quantity, subject(report, question.layer)), sources

    def reports(
        self, question: Question, own: Own, layout: Layout
    ) -> Iterator[tuple[Report, tuple[str, ...]]]:
        """The network with the student's own shapes, the layer's own first among them, then without it."""
        at = self.network.number(question.layer)
        before: dict[str, Shape] = {}
        for node in self.network.graph.nodes[1 : at + 1]:
            key = f"{node.name}.output"
            right = node.shape
            given = own_shape(own[key], right, layout) if key in own else None
            if given is not None and (node.name != question.layer or question.quantity.name != "output"):
                before[node.name] = given
        while before:
            report = self._counted(before, at)
            if report is not None:
                yield report, tuple(f"{name}.output" for name in before)
            if question.layer not in before:
                break
            del before[question.layer]

    def _counted(self, shapes: dict[str, Shape], last: int) -> Report | None:
        key = (last, *shapes.items())
        if key not in self._reports:
            if len(self._reports) > MOST_KEPT:
                self._reports.clear()
            self._reports[key] = with_shapes(self.network.spec, shapes, last)
        return self._reports[key]

    def _from_fields(self, question: Question, own: Own) -> Iterator[tuple[Value | None, tuple[str, ...]]]:
        if question.quantity.name != "receptive_field":
            return
        at = self.network.number(question.layer)
        given = self.fields(at, own)
        if given:
            key = (at, tuple(given.items()))
            if key not in self._fields:
                self._fields[key] = sizes_of_state(followed(self.network.graph, RIGHT, given)[at])
            nodes = self.network.graph.nodes
            yield self._fields[key], tuple(f"{nodes[number].name}.receptive_field" for number in given)

    def fields(self, at: int, own: Own) -> dict[int, Fraction]:
        """The student's own receptive fields of the layers before one, by their places in the graph."""
        given: dict[int, Fraction] = {}
        for number, node in enumerate(self.network.graph.nodes[1:at], start=1):
            size = _whole(own.get(f"{node.name}.receptive_field", ""))
            if size:
                given[number] = Fraction(size)
        return given

    def _from_parts(self, question: Question, own: Own) -> Iterator[tuple[Value | None, tuple[str, ...]]]:
        """From another wrong number of the same layer."""
        row, asked = self.network.row(question.layer), question.quantity.name
        owned = {
            name: number
            for name in ("weights", "biases", "macs", "params", "elements", "connections")
            if (number := _whole(own.get(f"{question.layer or 'total'}.{name}", ""))) is not None
        }
        weights, biases = owned.get("weights", row.params.weights), owned.get("biases", row.params.biases)
        macs = owned.get("macs", row.macs)
        related = {
            "params": (("weights", "biases"), weights + biases),
            "flops": (("macs",), row.flops + 2 * (macs - row.macs)),
            "param_memory": (("params",), owned.get("params", 0) * FLOAT32),
            "memory": (("elements",), owned.get("elements", 0) * FLOAT32),
            "connections": (("macs",), macs + row.connections.biased - row.connections.weighted),
        }
        if asked in related:
            names, value = related[asked]
            used = tuple(f"{question.layer or 'total'}.{name}" for name in names if name in owned)
            if used:
                yield value, used

    def _from_layers(self, question: Question, own: Own) -> Iterator[tuple[Value | None, tuple[str, ...]]]:
        """A sum from the student's own numbers of its layers."""
        if question.quantity.name not in SUMMED or self.network.node(question.layer):
            return
        total, used = 0, []
        for row in self.network.rows(question.layer):
            key = f"{row.name}.{question.quantity.name}"
            number = _whole(own[key]) if key in own else None
            total += _right(question.quantity, row) if number is None else number
            used += [key] if number is not None else []
        if used:
            yield total, tuple(used)


def _right(quantity: Quantity, row: Row) -> int:
    value = quantity.of(row)
    return value if isinstance(value, int) else 0


def _whole(text: str) -> int | None:
    """The whole number that an answer says, None where it says another thing."""
    try:
        number = written(text).number if text else None
    except AnswerError:
        return None
    return None if number is None or number.value.denominator > 1 or number.tolerance else int(number.value)


def own_shape(text: str, right: Shape, layout: Layout) -> Shape | None:
    """The shape that a student gives a layer, in the layout that keeps its channels.

    None where the answer is none of as many axes.
    """
    try:
        answer = written(text)
    except AnswerError:
        return None
    dims = tuple(int(size) for size in answer.sizes if size is not None and size.denominator == 1)
    if len(dims) == right.rank + 2:
        dims = dims[1:]
    if not dims and answer.number is not None and answer.number.value.denominator == 1:
        dims = (int(answer.number.value),)
    if len(dims) != right.rank + 1 or min(dims) < 1 or max(dims) > LARGEST:
        return None
    same, other = layouts(dims, answer.layout or layout)
    turned = same[0] != right.channels == other[0]  # many sheets do not say their layout
    return shape_of(other if turned else same)


def answers(question: Question, text: str, value: Value, layout: Layout) -> bool:
    """Whether an answer says a value, to its digits."""
    try:
        answer = written(text)
    except AnswerError:
        return False
    if isinstance(value, tuple) and question.quantity.form == "shape":
        shape = own_shape(text, Shape(int(value[0]), tuple(int(size) for size in value[1:])), layout)
        return shape is not None and shape.dims() == value
    if isinstance(value, tuple):
        return answer.sizes == tuple(map(Fraction, value))
    number = answer.number or (
        Number(answer.sizes[0]) if len(set(answer.sizes)) == 1 and answer.sizes[0] else None
    )
    return number is not None and value > 0 and fitting(number).holds(value)
