"""Search for values of the unknowns, using the layers themselves.

It first finds out which wanted number depends on which unknown. An unknown that alone decides a number is
narrowed down to the values that give it; only the others are combined, the usual values first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from time import monotonic

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.explore.solve.bases import bases, valid_values
from cnncalc.explore.solve.measuring import Measured, Measuring, StoppedError, Values
from cnncalc.explore.solve.narrowing import FEW_VALUES, Course, End, Narrowing
from cnncalc.explore.solve.ranges import (
    COUNTS,
    FAR,
    FARTHEST,
    STAGES,
    USUAL,
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
Choices = Mapping[str, Sequence[int]]
"""The values to combine, by variable."""
NETWORKS = 10
"""The networks that a combination takes where another unknown follows, before it is known better."""
Watch = Callable[[int, int, str, float], None]
"""Receives the combinations done, their number, what they combine, and the seconds that all will take."""


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
        spans: the range of each variable in which its values are searched for.
        tried: the values that were tried.
        ends: what lies beyond them.
        is_hopeless: whether a wanted number that differs does not depend on the unknowns.
        is_complete: whether nothing was left out within them.
    """

    def __init__(self, task: SolveTask, seconds: float, stop: Callable[[], bool], watch: Watch) -> None:
        self.task = task
        self.measuring = Measuring(task, seconds, stop)
        self.watch = watch
        self.is_complete = True
        self.is_hopeless = False
        self.free: list[Unknown] = []
        self.bounds = _bounds(task)
        self.spans: dict[str, Span] = {}
        self.tried: dict[str, Span] = {}
        self.ends: dict[str, End] = {}
        self.bases: list[Values] = []
        self.size = 1
        self._courses: dict[str, Course] = {}
        self._found: dict[tuple[int, ...], Hit] = {}
        self._before: Choices = {}
        self._done = self._total = 0
        self._what = ""
        self._seconds = 0.0

    def run(self) -> list[Hit]:
        """All values that reach the targets, as far as the time allows.

        Raises:
            ValueError: no value meets the conditions, or the output has other axes than the wanted one.
        """
        try:
            self._search()
        except StoppedError:
            self.is_complete = False
        return list(self._found.values())

    def _search(self) -> None:
        self._set_ranges()
        valid = next(valid_values(self.measuring, self.task.unknowns, self.spans), None)
        network = valid and self.measuring.network(valid)
        if not network:
            return
        self.measuring.read_output(network.graph)
        self._set_ranges()
        self.bases = bases(self.measuring, self.task.unknowns, self.spans)
        steps = self._steps()
        if self.is_hopeless:
            return
        combined = [step.unknown for step in steps if not step.decided]
        ranges = {each.variable: self._limited(each) for each in combined}
        if not combined:
            self._descend(steps, {}, {})
            return
        seconds = self.measuring.pace * (NETWORKS if any(step.decided for step in steps) else 1)
        for stage in STAGES:
            choices = {each.variable: stage_values(each, stage, ranges[each.variable]) for each in combined}
            if self._is_enough(stage, choices):
                return
            if choices != self._before:
                seconds = self._try_all(steps, choices, seconds)
                self._before = choices

    def _is_enough(self, stage: int, choices: Choices) -> bool:
        """Whether to stop before these choices: many, and earlier ones without gaps gave solutions."""
        has_gaps = any(not isinstance(values, range) for values in self._before.values())
        total = prod(map(len, choices.values()))
        return stage > USUAL and bool(self._found) and total > MOST_COMBINED and not has_gaps

    def _try_all(self, steps: Sequence[Step], choices: Choices, seconds: float) -> float:
        """Combines all choices; takes and gives the seconds for one combination."""
        titles = {each.variable: each.title for each in self.task.unknowns}
        for variable, values in choices.items():
            self.tried[variable] = Span(values[0], values[-1])
        self._what = ", ".join(
            f"{titles[each]} {chosen[0]} to {chosen[-1]}" for each, chosen in choices.items()
        )
        self._done, self._total = 0, prod(map(len, choices.values()))
        self._seconds, start = self._total * seconds, monotonic()
        self.watch(0, self._total, self._what, self._seconds)
        self._descend(steps, choices, {})
        return (monotonic() - start) / max(self._done, 1)

    def _set_ranges(self) -> None:
        """The range of each unknown, from the sizes of the input and the targets."""
        is_known = self.task.has_input and all(each.option != INPUT_SIZE for each in self.task.unknowns)
        sizes = self.task.typed.input.shape.spatial if is_known else ()
        self.size = size_bound(sizes, self.measuring.targets)
        self.spans = {each.variable: self._span(each) for each in self.task.unknowns}

    def _limited(self, unknown: Unknown) -> Span:
        """The range of an unknown: a count is limited by the targets, if all others are counts, too."""
        span = self.spans[unknown.variable]
        others = tuple(each for each in self.task.unknowns if each != unknown and each not in self.free)
        if span.is_bound or any(each.option not in COUNTS for each in (unknown, *others)):
            return span
        least = most = span.low
        while not self._exceeds({unknown.variable: most}, others):
            if most > FAR:
                return span
            least, most = most, 2 * most
        while least < most:
            middle = (least + most) // 2
            if self._exceeds({unknown.variable: middle}, others):
                most = middle
            else:
                least = middle + 1
        self.ends[unknown.variable] = "past"
        return Span(span.low, max(least - 1, span.low))

    def _descend(self, steps: Sequence[Step], choices: Choices, values: Values) -> None:
        """Gives the unknowns of `steps` every value that can reach the targets, one after the other."""
        if not steps:
            self._check(values)
            return
        if not any(not step.decided for step in steps) and self._was_tried(values):
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
                self.watch(min(self._done, self._total), self._total, self._what, self._seconds)

    def _was_tried(self, values: Values) -> bool:
        """Whether an earlier stage has tried these values of the combined unknowns."""
        return bool(self._before) and all(values[each] in tried for each, tried in self._before.items())

    def _candidates(
        self, step: Step, choices: Choices, values: Values, later: tuple[Unknown, ...]
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
        course = self._courses.setdefault(unknown.variable, Course())
        is_count = unknown.option in COUNTS
        narrowing = Narrowing(at, span, FARTHEST.get(unknown.option, FAR), wanted, is_count, course)
        yield from narrowing.values()
        self.is_complete = self.is_complete and not narrowing.is_cut
        before = self.tried.get(unknown.variable)
        if before is None or narrowing.high >= before.high:
            self.tried[unknown.variable] = Span(span.low, narrowing.high)
            self.ends[unknown.variable] = narrowing.end

    def _measured_with(self, values: Values) -> Measured | None:
        """A measurement where unknowns without a value, which do not matter, get a valid one."""
        for base in self.bases if len(values) < len(self.task.unknowns) else ({},):
            measured = self.measuring.measure({**base, **values})
            if measured is not None:
                return measured
        return None

    def _exceeds(self, values: Values, later: tuple[Unknown, ...]) -> bool:
        """Whether a count is too high whatever the later unknowns are: at their lowest values."""
        if any(each.option == "groups" for each in later):
            return False
        lows = {each.variable: self.spans[each.variable].low for each in later}
        measured = self.measuring.measure({**self._lowest_free(), **lows, **values})
        return measured is not None and any(
            wanted.grows and number > wanted.high
            for wanted, number in zip(self.measuring.wanted, measured, strict=True)
        )

    def _check(self, values: Values) -> None:
        """Keeps values that reach the targets, with the first valid ones of unknowns that do not matter."""
        key = tuple(values.values())
        for free in (self._lowest_free(), *self.bases) if key not in self._found else ():
            complete = {each.variable: {**free, **values}[each.variable] for each in self.task.unknowns}
            measured = self.measuring.measure(complete)
            if measured is None or not self.measuring.reaches(measured):
                continue
            network = self.measuring.network(complete)
            assert network is not None
            self._found[key] = Hit(complete, analyze(network))
            if len(self._found) == MOST_HITS:
                raise StoppedError
            return

    def _steps(self) -> list[Step]:
        """The order of the unknowns: what is decided at once first, then the shortest ranges."""
        depends = {each.variable: self._dependent(each) for each in self.task.unknowns}
        needed = set().union(*depends.values())
        measured = self.measuring.measure(self.bases[0])
        assert measured is not None
        self.is_hopeless = any(
            index not in needed and not wanted.holds(measured[index])
            for index, wanted in enumerate(self.measuring.wanted)
        )
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
            for value in self._others(unknown, base[unknown.variable]):
                other = self.measuring.measure({**base, unknown.variable: value})
                if first is not None and other is not None:
                    compared += 1
                    changed |= {
                        at for at, (one, two) in enumerate(zip(first, other, strict=True)) if one != two
                    }
        return changed if compared > 1 else set(range(len(self.measuring.wanted)))

    def _others(self, unknown: Unknown, value: int) -> list[int]:
        """Other values to compare a value with: all of a short range, or some near it and far from it."""
        span = self.spans[unknown.variable]
        if span.high - span.low <= FEW_VALUES:
            others: Iterable[int] = range(span.low, span.high + 1)
        else:
            farther = (value + (max(span.high - value, 0) >> part) for part in range(8))
            others = (value + 1, value + 2, 2 * value, 3 * value, 2 * value + 5, *farther)
        return [each for each in dict.fromkeys(others) if each != value]

    def _lowest_free(self) -> Values:
        """The lowest valid values of unknowns that no target depends on."""
        return {each.variable: min(base[each.variable] for base in self.bases) for each in self.free}

    def _span(self, unknown: Unknown) -> Span:
        return usual_span(unknown, self.size, self.bounds.get(unknown.variable, (None, None)))


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
