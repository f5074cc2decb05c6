"""Search for values of the unknowns, using the layers themselves.

It first finds out which wanted number depends on which unknown. An unknown that alone decides a number is
narrowed down to the values that give it; only the others are combined, the usual values first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product
from math import prod

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.explore.solve.measuring import Measured, Measuring, StoppedError, Values
from cnncalc.explore.solve.narrowing import End, Narrowing
from cnncalc.explore.solve.ranges import (
    COUNTS,
    FAR,
    FARTHEST,
    STAGES,
    Span,
    size_bound,
    stage_values,
    usual_span,
)
from cnncalc.explore.solve.solved import Unknown
from cnncalc.explore.solve.task import INPUT_SIZE, SolveTask

MOST_HITS = 10_000
"""Solutions after which a search stops."""
MOST_COMBINED = 1500
"""Combinations up to which wider ranges are tried even if there are solutions in the usual ones."""
Watch = Callable[[int, int, str], None]
"""Receives the combinations done, their number, and what they combine."""


class Hit(Struct, frozen=True):
    """Values that reach every target."""

    values: Values
    report: Report


class Step(Struct, frozen=True):
    """One unknown, and the numbers that are decided once it has a value."""

    unknown: Unknown
    decided: tuple[int, ...]


class SolveSearch:
    """One search.

    Attributes:
        free: unknowns that no target depends on.
        spans: the values tried for each variable.
        ends: what lies beyond the span of an unknown that alone decides a number.
        lasts: the last valid values, for unknowns beyond which no network is valid.
        is_complete: whether nothing was left out within them.
    """

    def __init__(self, task: SolveTask, seconds: float, stop: Callable[[], bool], watch: Watch) -> None:
        self.task = task
        self.measuring = Measuring(task, seconds, stop)
        self.watch = watch
        self.is_complete = True
        self.free: list[Unknown] = []
        self.bounds = _bounds(task)
        self.spans: dict[str, Span] = {}
        self.ends: dict[str, End] = {}
        self.lasts: dict[str, int] = {}
        self.bases: list[Values] = []
        sizes = task.typed.input.shape.spatial if task.has_input else ()
        self.size = size_bound(sizes, task.targets)
        self._found: dict[tuple[int, ...], Hit] = {}
        self._done = self._total = 0
        self._what = ""

    def run(self) -> list[Hit]:
        """All values that reach the targets, as far as the time allows."""
        try:
            self._search()
        except StoppedError:
            self.is_complete = False
        return list(self._found.values())

    def _search(self) -> None:
        full = {each.variable: self._span(each) for each in self.task.unknowns}
        self.spans = dict(full)
        self.bases = self._valid_bases()
        if not self.bases:
            return
        steps = self._steps()
        combined = [step.unknown for step in steps if not step.decided]
        for stage in STAGES if combined else STAGES[-1:]:
            choices = {each.variable: stage_values(each, stage, full[each.variable]) for each in combined}
            self._done, self._total = 0, prod(map(len, choices.values()))
            if stage > 1 and self._found and self._total > MOST_COMBINED:
                return
            for variable, values in choices.items():
                self.spans[variable] = Span(values[0], values[-1])
            self._what = ", ".join(
                f"{each.title} {self.spans[each.variable].low} to {self.spans[each.variable].high}"
                for each in combined
            )
            self.watch(0, self._total, self._what)
            self._descend(steps, choices, dict(self._free_values()))

    def _descend(self, steps: Sequence[Step], choices: dict[str, Sequence[int]], values: Values) -> None:
        """Gives the unknowns of `steps` every value that can reach the targets, one after the other."""
        if not steps:
            self._check(values)
            return
        (step, *rest), variable = steps, steps[0].unknown.variable
        for value in self._candidates(step, choices, values, tuple(each.unknown for each in rest)):
            chosen = {**values, variable: value}
            if all(
                condition.holds(chosen)
                for condition in self.task.conditions
                if variable in condition.variables and condition.variables <= chosen.keys()
            ):
                self._descend(rest, choices, chosen)
            if not step.decided and not any(not each.decided for each in rest):
                self._done += 1
                self.watch(min(self._done, self._total), self._total, self._what)

    def _candidates(
        self, step: Step, choices: dict[str, Sequence[int]], values: Values, later: tuple[Unknown, ...]
    ) -> Iterator[int]:
        unknown = step.unknown
        if not step.decided:
            for value in choices[unknown.variable]:
                if unknown.option in COUNTS and self._exceeds({**values, unknown.variable: value}, later):
                    return
                yield value
            return
        span = self.spans[unknown.variable]

        def at(value: int) -> Measured | None:
            return self._measured_with({**values, unknown.variable: value})

        wanted = {index: self.measuring.wanted[index] for index in step.decided}
        narrowing = Narrowing(at, span, FARTHEST.get(unknown.option, FAR), wanted, unknown.option in COUNTS)
        yield from narrowing.values()
        self.is_complete = self.is_complete and not narrowing.is_cut
        self.ends[unknown.variable] = narrowing.end
        if narrowing.end == "invalid":
            self.lasts[unknown.variable] = narrowing.last
        if not span.is_bound:
            self.spans[unknown.variable] = Span(span.low, max(span.high, narrowing.high))

    def _measured_with(self, values: Values) -> Measured | None:
        """A measurement where unknowns without a value, which do not matter, get a valid one."""
        if all(each.variable in values for each in self.task.unknowns):
            return self.measuring.measure(values)
        for base in self.bases:
            measured = self.measuring.measure({**base, **values})
            if measured is not None:
                return measured
        return None

    def _exceeds(self, values: Values, later: tuple[Unknown, ...]) -> bool:
        """Whether a count is too high whatever the later unknowns are: at their lowest values."""
        if any(each.option == "groups" for each in later):
            return False
        lows = {each.variable: self.spans[each.variable].low for each in later}
        measured = self.measuring.measure({**lows, **values})
        return measured is not None and any(
            wanted.grows and number > wanted.high
            for wanted, number in zip(self.measuring.wanted, measured, strict=True)
        )

    def _check(self, values: Values) -> None:
        key = tuple(values[each.variable] for each in self.task.unknowns)
        if key in self._found:
            return
        measured = self.measuring.measure(values)
        if measured is None or not self.measuring.reaches(measured):
            return
        network = self.measuring.network(values)
        assert network is not None
        self._found[key] = Hit(values, analyze(network))
        if len(self._found) == MOST_HITS:
            raise StoppedError

    def _steps(self) -> list[Step]:
        """The order of the unknowns: what is decided at once first, then the shortest ranges."""
        depends = {each.variable: self._dependent(each) for each in self.task.unknowns}
        named = {variable for condition in self.task.conditions for variable in condition.variables}
        self.free = [
            each for each in self.task.unknowns if not depends[each.variable] and each.variable not in named
        ]
        left = [each for each in self.task.unknowns if each not in self.free]
        steps: list[Step] = []
        while left:
            open_ = {each.variable for each in left}
            needs = [
                {variable for variable in open_ if index in depends[variable]}
                for index in range(len(self.measuring.wanted))
            ]
            alone = [each for each in left if {each.variable} in needs]
            following = alone[0] if alone else min(left, key=self._length)
            decided = tuple(index for index, need in enumerate(needs) if need == {following.variable})
            steps.append(Step(following, decided))
            left.remove(following)
        return steps

    def _length(self, unknown: Unknown) -> tuple[bool, int]:
        is_count = unknown.option in (*COUNTS, INPUT_SIZE)
        return is_count, len(stage_values(unknown, 1, self.spans[unknown.variable]))

    def _dependent(self, unknown: Unknown) -> set[int]:
        """The wanted numbers that an unknown changes; all of them if that cannot be seen."""
        changed: set[int] = set()
        compared = 0
        for base in self.bases:
            first = self.measuring.measure(base)
            low = base[unknown.variable]
            high = max(self.spans[unknown.variable].high, low)
            farther = (low + (high - low >> part) for part in range(8))
            for value in dict.fromkeys((low + 1, low + 2, 2 * low + 5, *farther)):
                other = self.measuring.measure({**base, unknown.variable: value})
                if first is not None and other is not None:
                    compared += 1
                    changed |= {
                        at for at, (one, two) in enumerate(zip(first, other, strict=True)) if one != two
                    }
        return changed if compared > 1 else set(range(len(self.measuring.wanted)))

    def _valid_bases(self) -> list[Values]:
        """Values of all unknowns that give valid networks, with room for other values in the last one."""
        bases: list[Values] = []
        for small in SMALL:
            bases += islice(self._valid(product((small,), SOME_COUNTS, SOME_SIZES, SOME_PADDINGS)), 2)
        roomy = self._valid(product(SMALL, SOME_COUNTS, SOME_SIZES[::-1], SOME_PADDINGS[::-1]))
        return [*bases, *islice(roomy, 1)]

    def _valid(self, choices: Iterable[tuple[int, int, int, int]]) -> Iterator[Values]:
        """Different valid values of all unknowns."""
        tried: list[Values] = []
        for choice in choices:
            values = {each.variable: self._base_value(each, *choice) for each in self.task.unknowns}
            if values not in tried:
                tried.append(values)
                if self.measuring.measure(values) is not None:
                    yield values

    def _base_value(self, unknown: Unknown, small: int, count: int, size: int, padding: int) -> int:
        span = self.spans[unknown.variable]
        if unknown.option in COUNTS:
            value = count
        elif unknown.option == INPUT_SIZE:
            value = size
        elif unknown.option == "padding":
            value = padding
        else:
            value = span.low + small
        return min(max(value, span.low), span.high)

    def _free_values(self) -> Iterator[tuple[str, int]]:
        """The lowest valid values of unknowns that no target depends on."""
        for each in self.free:
            yield each.variable, min(base[each.variable] for base in self.bases)

    def _span(self, unknown: Unknown) -> Span:
        return usual_span(unknown, self.size, self.bounds.get(unknown.variable, (None, None)))


SMALL = (0, 1, 2)
SOME_COUNTS = (1, 12, 64, 2520)
SOME_SIZES = (8, 32, 224, 1024, 16384)
SOME_PADDINGS = (0, 1, 3, 16, 64, 512)
"""Values tried to find valid networks."""


def _bounds(task: SolveTask) -> dict[str, tuple[int | None, int | None]]:
    """The limits that conditions give for each unknown."""
    found: dict[str, tuple[int | None, int | None]] = {}
    for condition in task.conditions:
        for variable, (low, high) in condition.bounds().items():
            lows = [n for n in (low, found.get(variable, (None, None))[0]) if n is not None]
            highs = [n for n in (high, found.get(variable, (None, None))[1]) if n is not None]
            found[variable] = max(lows, default=None), min(highs, default=None)
            if lows and highs and max(lows) > min(highs):
                raise ValueError(f"--where: no value is at least {max(lows)} and at most {min(highs)}")
    return found
