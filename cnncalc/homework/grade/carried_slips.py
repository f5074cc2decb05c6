"""Errors carried forward and one more: what comes of a student's own wrong answers by a slip of its own."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec.structs import replace

from cnncalc.analysis.report import Report, Row
from cnncalc.graph import Node
from cnncalc.homework.answers import AnswerError, Written, written
from cnncalc.homework.grade.carried import Carried, Own
from cnncalc.homework.grade.question import Question, number_of
from cnncalc.homework.grade.shapes import layouts
from cnncalc.homework.mistakes.causes import RANK, cause_of, counted_otherwise
from cnncalc.homework.mistakes.evidence import FAR, around, is_evident
from cnncalc.homework.mistakes.fields import FIELD_SLIPS, followed, sizes_of_state
from cnncalc.homework.mistakes.fit import fitting
from cnncalc.homework.mistakes.layer import Cause, Taken, taken
from cnncalc.homework.mistakes.layers import LAYER_SLIPS
from cnncalc.homework.mistakes.networks import alone
from cnncalc.homework.mistakes.reference import value_of
from cnncalc.homework.quantities import Value, subject
from cnncalc.shapes import Layout

COMMON = tuple(slip for slip in LAYER_SLIPS if RANK[slip.name] < 22)
"""Of two errors the second is looked for among the likeliest only: more would fit by chance."""
COMMON_OF_FIELDS = FIELD_SLIPS[:4]
MOST_KEPT = 20_000
Wrong = dict[Value, Cause]


class CarriedSlips:
    """Finds the slip behind what goes on from wrong answers; its tables are kept for the next sheet."""

    def __init__(self, carried: Carried) -> None:
        self.carried = carried
        self._tables: dict[object, Wrong] = {}
        self._rows: dict[object, Row] = {}

    def cause(self, question: Question, text: str, own: Own, layout: Layout) -> Cause | None:
        """What an answer goes on from, and the slip on the way; None where nothing leads to it."""
        try:
            answer = written(text)
        except AnswerError:
            return None
        for table, sources in self._wrong(question, own, layout):
            found = _met(question, answer, table, layout)
            if found is not None:
                says = f"this goes on from your {sources[-1]}; besides, {found.says}"
                return Cause(found.slips, says, FAR)
        return None

    def _wrong(self, question: Question, own: Own, layout: Layout) -> Iterator[tuple[Wrong, tuple[str, ...]]]:
        """The numbers that a slip leads to from the student's own ones, and which those are."""
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
            found = counted_otherwise(row, question.quantity)
            self._tables[key] = _table(
                question, [*found, *([] if is_own else self._taken(question, node, row))]
            )
        return self._tables[key]

    def _taken(self, question: Question, node: Node, row: Row) -> Iterator[tuple[Value, Cause]]:
        """One slip about the layer on the student's own input."""
        if question.quantity.name in ("receptive_field", "jump") or len(row.reads) != 1:
            return
        entered = replace(node, reads=row.reads)
        for slip in COMMON:
            found = taken((slip,), node.layer, row.reads)
            if found is None:
                continue
            value = self._value(question, entered, found)
            if value is not None:
                yield value, cause_of(slip)

    def _value(self, question: Question, node: Node, found: Taken) -> Value | None:
        """What a layer that is taken so has of a quantity; its output needs no counting."""
        if question.quantity.name == "output":
            return found.output.dims()
        key = (node.name, node.reads, found)
        if key not in self._rows:
            self._make_room()
            self._rows[key] = alone(self.carried.network.spec, node, found.layer, found.output)
        return value_of(question.quantity, self._rows[key])

    def _of_fields(self, question: Question, given: dict[int, Fraction]) -> Wrong:
        key = (question.key, tuple(given.items()))
        if key not in self._tables:
            self._make_room()
            network, found = self.carried.network, []
            for slip in COMMON_OF_FIELDS:
                state = followed(network.graph, slip, given)[network.number(question.layer)]
                value = sizes_of_state(state)
                if value is not None:
                    found.append((value, Cause((slip.name,), slip.says)))
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
    """The slip whose number an answer says, where that is more than chance."""
    if question.quantity.form == "shape":
        return _met_shape(answer, table, layout)
    number = number_of(question, answer)
    if number is None:
        return None
    fit = fitting(number)
    exact = table.get(fit.value) if not fit.tolerance else None
    cause = exact or next((cause for value, cause in table.items() if fit.holds(value)), None)
    if cause is None:
        return None
    low, high = around(fit)
    tried = sum(not isinstance(value, tuple) and low <= value <= high for value in table)
    steps = cause.steps if question.quantity.form == "axes" else FAR
    return cause if is_evident(fit, replace(cause, steps=steps), tried) else None


def _met_shape(answer: Written, table: Wrong, layout: Layout) -> Cause | None:
    dims = tuple(int(size) for size in answer.sizes if size is not None and size.denominator == 1)
    for each in layouts(dims, answer.layout or layout) if dims else ():
        if each in table:
            return table[each]
    return None
