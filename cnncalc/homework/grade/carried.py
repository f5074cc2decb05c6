"""Errors carried forward: answers that follow from a student's own wrong answers."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec.structs import replace

from cnncalc.analysis.report import Report, Row
from cnncalc.graph import Node
from cnncalc.homework.answers import AnswerError, Number, Written, written
from cnncalc.homework.grade.marks import layouts
from cnncalc.homework.grade.question import Question, number_of
from cnncalc.homework.mistakes.cause import Cause, Rank
from cnncalc.homework.mistakes.causes import cause_of, miscounted
from cnncalc.homework.mistakes.evidence import FAR, is_evident, range_around, reading_of
from cnncalc.homework.mistakes.fields import FREQUENT_IN_FIELDS, RIGHT, followed, sizes_of_state
from cnncalc.homework.mistakes.layers import FREQUENT, Taken, taken
from cnncalc.homework.mistakes.networks import alone, with_shapes
from cnncalc.homework.mistakes.reference import ReferenceNetwork, value_of
from cnncalc.homework.quantities import FLOAT32, SUMMED, Answerable, Value, subject
from cnncalc.shapes import Layout, Shape, shape_of

MOST_KEPT = 20_000
LARGEST = 10**6
"""Largest size of a shape that is carried forward."""

Own = dict[str, str]
"""A student's wrong answers by question."""


class Carried:
    """Finds answers that follow from wrong answers; results are cached for the next sheet."""

    def __init__(self, network: ReferenceNetwork) -> None:
        self.network = network
        self._reports: dict[object, Report | None] = {}
        self._fields: dict[object, Value | None] = {}

    def follows_from(self, question: Question, text: str, own: Own, layout: Layout) -> tuple[str, ...]:
        """The questions whose wrong answers correctly lead to this answer; empty if none do."""
        for value, sources in self._values(question, own, layout):
            if value is not None and value != question.right and answers(question, text, value, layout):
                return sources
        return ()

    def _values(
        self, question: Question, own: Own, layout: Layout
    ) -> Iterator[tuple[Value | None, tuple[str, ...]]]:
        """The values that follow for a question, with the answers they follow from."""
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
        """The network with the student's own shapes; first with the layer's own output, then without it."""
        at = self.network.number(question.layer)
        before: dict[str, Shape] = {}
        for node in self.network.graph.nodes[self.network.graph.entries : at + 1]:
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
        """The student's own receptive fields of previous layers, by graph index."""
        given: dict[int, Fraction] = {}
        graph = self.network.graph
        for number, node in enumerate(graph.nodes[graph.entries : at], start=graph.entries):
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
            "memory.parameters": (("params",), owned.get("params", 0) * FLOAT32),
            "memory.activations": (("elements",), owned.get("elements", 0) * FLOAT32),
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


def _right(quantity: Answerable, row: Row) -> int:
    value = quantity.of(row)
    return value if isinstance(value, int) else 0


def _whole(text: str) -> int | None:
    """The exact whole number of an answer, or None."""
    try:
        number = written(text).number if text else None
    except AnswerError:
        return None
    return None if number is None or number.value.denominator > 1 or number.tolerance else int(number.value)


def own_shape(text: str, right: Shape, layout: Layout) -> Shape | None:
    """The student's shape for a layer, in the layout that keeps its channels.

    None if the answer is not a shape with as many axes.
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
    is_swapped = same[0] != right.channels == other[0]  # many sheets do not state their layout
    return shape_of(other if is_swapped else same)


def answers(question: Question, text: str, value: Value, layout: Layout) -> bool:
    """Whether an answer is a value, to its digits."""
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
    return number is not None and value > 0 and reading_of(number).holds(value)


Wrong = dict[Value, Cause]


class CarriedMistakes:
    """Finds an additional frequent mistake in an answer that follows from wrong answers.

    Rare mistakes would match by chance. Tables are cached for the next sheet.
    """

    def __init__(self, carried: Carried) -> None:
        self.carried = carried
        self._tables: dict[object, Wrong] = {}
        self._rows: dict[object, Row] = {}

    def cause(self, question: Question, text: str, own: Own, layout: Layout) -> Cause | None:
        """The earlier answer and the mistake behind an answer; None if there are none."""
        try:
            answer = written(text)
        except AnswerError:
            return None
        for table, sources in self._wrong(question, own, layout):
            found = _met(question, answer, table, layout)
            if found is not None:
                says = f"this follows from your {sources[-1]}, but {found.says}"
                return Cause(found.mistakes, says, Rank.TWO)
        return None

    def _wrong(self, question: Question, own: Own, layout: Layout) -> Iterator[tuple[Wrong, tuple[str, ...]]]:
        """Tables of values that a mistake gives from the student's own values, with their sources."""
        node = self.carried.network.node(question.layer)
        if node is None:
            return
        for report, sources in self.carried.reports(question, own, layout):
            yield self._of_shapes(question, node, report, f"{node.name}.output" in sources), sources
        if question.quantity.name == "receptive_field":
            given = self.carried.fields(self.carried.network.number(question.layer), own)
            if given:
                nodes = self.carried.network.graph.nodes
                yield (
                    self._of_fields(question, given),
                    tuple(f"{nodes[at].name}.receptive_field" for at in given),
                )

    def _of_shapes(self, question: Question, node: Node, report: Report, is_own: bool) -> Wrong:
        row = subject(report, question.layer)
        key = (question.key, row.reads, row.output)
        if key not in self._tables:
            self._make_room()
            found = miscounted(row, question.quantity)
            self._tables[key] = _table(
                question, [*found, *([] if is_own else self._taken(question, node, row))]
            )
        return self._tables[key]

    def _taken(self, question: Question, node: Node, row: Row) -> Iterator[tuple[Value, Cause]]:
        """Values of one mistake in the layer on the student's own input."""
        if question.quantity.name in ("receptive_field", "jump") or len(row.reads) != 1:
            return
        entered = replace(node, reads=row.reads)
        for mistake in FREQUENT:
            found = taken((mistake,), node.layer, row.reads)
            if found is None:
                continue
            value = self._value(question, entered, found)
            if value is not None:
                yield value, cause_of(mistake)

    def _value(self, question: Question, node: Node, found: Taken) -> Value | None:
        """The quantity of a layer under a mistake; its output needs no analysis."""
        if question.quantity.name == "output":
            return found.output.dims()
        network, key = self.carried.network, (node.name, node.reads, found)
        if key not in self._rows:
            self._make_room()
            self._rows[key] = alone(network.row(node.name), node, found, network.recounts)
        return value_of(question.quantity, self._rows[key])

    def _of_fields(self, question: Question, given: dict[int, Fraction]) -> Wrong:
        key = (question.key, tuple(given.items()))
        if key not in self._tables:
            self._make_room()
            network, found = self.carried.network, []
            for mistake in FREQUENT_IN_FIELDS:
                state = followed(network.graph, mistake, given)[network.number(question.layer)]
                value = sizes_of_state(state)
                if value is not None:
                    found.append((value, Cause((mistake.name,), mistake.says)))
            self._tables[key] = _table(question, found)
        return self._tables[key]

    def _make_room(self) -> None:
        for kept in (self._tables, self._rows):
            if len(kept) > MOST_KEPT:
                kept.clear()


def _table(question: Question, found: list[tuple[Value, Cause]]) -> Wrong:
    table: Wrong = {}
    for value, cause in found:
        if value != question.right:
            table.setdefault(value, cause)
    return table


def _met(question: Question, answer: Written, table: Wrong, layout: Layout) -> Cause | None:
    """The mistake whose value an answer matches, if the match is more than chance."""
    if question.quantity.form == "shape":
        return _met_shape(answer, table, layout)
    number = number_of(question, answer)
    if number is None:
        return None
    fit = reading_of(number)
    exact = table.get(fit.value) if not fit.tolerance else None
    cause = exact or next((cause for value, cause in table.items() if fit.holds(value)), None)
    if cause is None:
        return None
    low, high = range_around(fit)
    tried = sum(not isinstance(value, tuple) and low <= value <= high for value in table)
    rank = cause.rank if question.quantity.form == "axes" else FAR
    return cause if is_evident(fit, rank, tried) else None


def _met_shape(answer: Written, table: Wrong, layout: Layout) -> Cause | None:
    dims = tuple(int(size) for size in answer.sizes if size is not None and size.denominator == 1)
    for each in layouts(dims, answer.layout or layout) if dims else ():
        if each in table:
            return table[each]
    return None
