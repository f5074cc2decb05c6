"""One question: its correct answer, answers under other conventions, and the table of wrong values."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice

from cnncalc.homework.answers import Number, Written
from cnncalc.homework.grade.conventions import conventions
from cnncalc.homework.mistakes.cause import Cause
from cnncalc.homework.mistakes.causes import WrongValues, several, single
from cnncalc.homework.mistakes.evidence import FAR, Reading, in_unit, is_evident, range_around
from cnncalc.homework.mistakes.reference import ReferenceNetwork, value_of
from cnncalc.homework.mistakes.scales import COARSE, mistyped, off_by_little, scaled, scales_tried
from cnncalc.homework.quantities import Answerable, Value

MOST_CAUSES = 3
"""Most causes reported for one answer."""


class Question:
    """A question about a layer, block or network. Tables are built when an answer first needs them."""

    def __init__(self, network: ReferenceNetwork, layer: str, quantity: Answerable, unit: str = "") -> None:
        self.network = network
        self.layer = layer
        self.quantity = quantity
        self.unit = unit
        self.right = value_of(quantity, network.row(layer))
        self._rights: dict[Value, str] | None = None
        self._tables: list[dict[Value, list[Cause]]] = []
        self._numbers: list[list[int | Fraction]] = []

    @property
    def key(self) -> str:
        """`conv1.output`, or `total.params`."""
        return f"{self.layer or 'total'}.{self.quantity.name}"

    @property
    def rights(self) -> dict[Value, str]:
        """Values that are correct under another convention, with the convention."""
        if self._rights is None:
            self._rights = {}
            for value, says in conventions(self.network, self.layer, self.quantity.name):
                if value != self.right:
                    self._rights.setdefault(value, says)
        return self._rights

    def tables(self) -> Iterator[dict[Value, list[Cause]]]:
        """The wrong values: first for single mistakes, then for several mistakes or mistakes elsewhere."""
        for at, source in enumerate((single, several)):
            if at == len(self._tables):
                self._tables.append(self._table(source))
            yield self._tables[at]

    def _table(
        self, source: Callable[[ReferenceNetwork, str, Answerable], WrongValues]
    ) -> dict[Value, list[Cause]]:
        table: dict[Value, list[Cause]] = {}
        for value, cause in source(self.network, self.layer, self.quantity):
            if value == self.right:
                continue
            known = table.setdefault(value, [])
            if len(known) < 4 * MOST_CAUSES and all(each.mistakes != cause.mistakes for each in known):
                known.append(cause)
        for known in table.values():
            known.sort(key=lambda cause: cause.order)
        return table

    def causes(self, value: Value) -> list[Cause]:
        """The causes of a value, likeliest first."""
        for table in self.tables():
            if value in table:
                return table[value]
        return []

    def tried(self, fit: Reading, cause: Cause) -> int:
        """How many numbers of the answer's size come from mistakes at least as likely as a cause."""
        low, high = range_around(fit)
        count = 0
        for at, table in enumerate(self._tables):
            numbers = self._sorted(at)
            some = numbers[bisect_left(numbers, low) : bisect_right(numbers, high)]
            count += sum(table[value][0].order <= cause.order for value in some)
        if cause.rank < FAR or self.right is None or isinstance(self.right, tuple):
            return count
        return count + scales_tried(self.quantity.name, self.right, low, high)

    def _sorted(self, at: int) -> list[int | Fraction]:
        """The numbers of a table, sorted."""
        for table in self._tables[len(self._numbers) : at + 1]:
            self._numbers.append(sorted(value for value in table if not isinstance(value, tuple)))
        return self._numbers[at]

    def causes_within(self, fit: Reading, is_coarse: bool) -> list[Cause]:
        """The causes of a rounded number.

        A coarse number matches some pair of mistakes by chance, so it is compared with single ones only.
        """
        for at, table in enumerate(islice(self.tables(), 1 if is_coarse else 2)):
            numbers = self._sorted(at)
            first = bisect_left(numbers, fit.value - fit.tolerance)
            last = bisect_right(numbers, fit.value + fit.tolerance)
            near = [table[value][0] for value in numbers[first:last] if fit.holds(value)]
            if near:
                return sorted(near, key=lambda cause: cause.order)[:MOST_CAUSES]
        return []


def number_of(question: Question, written: Written) -> Number | None:
    """The number of an answer, in the question's unit."""
    number = written.number
    same = set(written.sizes)
    if number is None and question.quantity.form == "axes" and len(same) == 1 and None not in same:
        return Number(Fraction(same.pop() or 0))
    if number is None or question.quantity.form not in ("bytes", "count"):
        return number
    return in_unit(number, question.unit)


def evident(question: Question, fit: Reading, causes: list[Cause]) -> list[Cause]:
    """The causes whose match is more than chance."""
    return [cause for cause in causes if is_evident(fit, cause.rank, question.tried(fit, cause))]


def by_scale(question: Question, number: Number, fit: Reading) -> list[Cause]:
    """Unit, factor and typing mistakes in the correct number."""
    right = question.right
    if right is None or isinstance(right, tuple):
        return []
    found = evident(question, fit, [*scaled(question.quantity.name, right, fit)])
    if not found and 0 < number.significant <= 2:
        coarse = Reading(number.value, COARSE * abs(number.value))
        of_unit = [each for each in scaled(question.quantity.name, right, coarse) if each.rank < FAR]
        found = evident(question, coarse, of_unit)
    if number.value.denominator == 1 and isinstance(right, int):
        found += mistyped(right, number.value.numerator)
    found += off_by_little(Fraction(right), number.value, number.significant)
    return sorted(found, key=lambda cause: cause.order)[:MOST_CAUSES]
