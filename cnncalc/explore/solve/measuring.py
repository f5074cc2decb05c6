"""What a network with some values gives, compared with the targets."""

import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.explore.solve.solved import Target, Unknown
from cnncalc.explore.solve.task import SolveTask, read_output, with_marks
from cnncalc.expression import Value
from cnncalc.graph import Graph
from cnncalc.problems import SpecError
from cnncalc.spec import Spec, built

Values = dict[str, int]
Measured = tuple[int, ...]
"""A number for each `Wanted`."""

MOST_KEPT = 20_000


class StoppedError(Exception):
    """The time is up, the user interrupted, or enough was found."""


class Wanted(Struct, frozen=True):
    """One wanted number: a count, or a size along one axis; `grows` if more channels give more of it."""

    low: Fraction
    high: Fraction
    grows: bool

    @property
    def nominal(self) -> Fraction:
        return (self.low + self.high) / 2

    def holds(self, number: int) -> bool:
        return self.low <= number <= self.high


def wanted_of(targets: tuple[Target, ...]) -> tuple[Wanted, ...]:
    """The wanted numbers of all targets."""
    found = []
    for target in targets:
        if target.sizes:
            found += [Wanted(Fraction(n), Fraction(n), False) for n in target.sizes if n is not None]
        else:
            found.append(Wanted(target.low, target.high, True))
    return tuple(found)


class Measuring:
    """Builds and measures networks until the time is up.

    `reached` keeps values for results near each target, `problem` the first build error.
    """

    def __init__(self, task: SolveTask, seconds: float, stop: Callable[[], bool]) -> None:
        self.task = task
        self.targets = task.targets
        self.wanted = wanted_of(task.targets)
        self.start = time.monotonic()
        self.deadline = self.start + seconds
        self.built = 0
        self.stop = stop
        self.problem: SpecError | None = None
        self.has_built = False
        self._measured: dict[tuple[tuple[str, int], ...], Measured | None] = {}
        self.reached: dict[tuple[int, object], Values] = {}

    def read_output(self, graph: Graph) -> None:
        """Reads a wanted output as sizes of the axes of a network; raises ValueError if it has others."""
        x = self.task.typed.input
        rank = graph.nodes[graph.output].shape.rank
        self.targets = tuple(
            read_output(target, x.shape, rank, x.layout) if target.quantity == "output" else target
            for target in self.task.targets
        )
        self.wanted = wanted_of(self.targets)

    @property
    def pace(self) -> float:
        """The seconds that a network has taken so far."""
        return (time.monotonic() - self.start) / max(self.built, 1)

    def network(self, values: Values) -> Spec | None:
        """The network with these values, or None if it is invalid."""
        if time.monotonic() > self.deadline or self.stop():
            raise StoppedError
        self.built += 1
        complete: dict[str, Value] = {**{each.variable: 1 for each in self.task.unknowns}, **values}
        try:
            network = built(self.task.document, complete, self.task.input(values))
        except SpecError as error:
            variables = tuple(each.variable for each in self.task.unknowns)
            self.problem = self.problem or with_marks(self.task.typed.pointed(error), variables)
            return None
        self.has_built = True
        return network

    def measure(self, values: Values) -> Measured | None:
        """The wanted numbers as these values give them; None if the network is invalid or has other axes."""
        key = tuple(values.items())
        if key not in self._measured or self.stop():
            if len(self._measured) == MOST_KEPT:
                self._measured.clear()
            self._measured[key] = self._measure(values)
        return self._measured[key]

    def _measure(self, values: Values) -> Measured | None:
        network = self.network(values)
        if network is None:
            return None
        results = list(self._results(network))
        self._keep(results, values)
        numbers: list[int] = []
        for result, target in zip(results, self.targets, strict=True):
            if isinstance(result, int):
                numbers.append(result)
            elif isinstance(result, tuple) and len(result) == len(target.sizes):
                numbers += [size for size, n in zip(result, target.sizes, strict=True) if n is not None]
            else:
                return None
        return tuple(numbers)

    def reaches(self, measured: Measured) -> bool:
        """Whether every target is reached."""
        return all(wanted.holds(number) for wanted, number in zip(self.wanted, measured, strict=True))

    def _results(self, network: Spec) -> Iterator[object]:
        """The measured quantity of each target."""
        report: Report | None = None
        graph = network.graph
        for target in self.targets:
            if target.quantity == "output":
                yield graph.nodes[graph.output].shape.dims()
                continue
            report = report or analyze(network)
            numbers = {
                "params": report.totals.params.total,
                "macs": report.totals.macs,
                "flops": report.totals.flops,
                "receptive_field": report.output.field.size,
            }
            yield numbers[target.quantity]

    def _keep(self, results: list[object], values: Values) -> None:
        """Keeps results that miss one target only, or a few that miss several, and meet the conditions."""
        if not all(each.variables <= values.keys() and each.holds(values) for each in self.task.conditions):
            return
        missed = [
            at
            for at, (value, target) in enumerate(zip(results, self.targets, strict=True))
            if not reaches(value, target)
        ]
        if len(missed) == 1 or len(self.reached) < MOST_KEPT:
            for at in missed:
                self.reached.setdefault((at, results[at]), values)


def reaches(value: object, target: Target) -> bool:
    """Whether a value reaches a target."""
    return _at_least(value, target) and _at_most(value, target)


def _at_least(value: object, target: Target) -> bool:
    if isinstance(value, tuple):
        return len(value) == len(target.sizes) and all(
            wanted is None or size >= wanted for size, wanted in zip(value, target.sizes, strict=True)
        )
    return isinstance(value, int) and value >= target.low


def _at_most(value: object, target: Target) -> bool:
    if isinstance(value, tuple):
        return len(value) == len(target.sizes) and all(
            wanted is None or size <= wanted for size, wanted in zip(value, target.sizes, strict=True)
        )
    return isinstance(value, int) and value <= target.high


def distance(value: object, target: Target) -> Fraction | None:
    """The distance of a value from a target; None if they are not comparable."""
    if isinstance(value, tuple):
        if len(value) != len(target.sizes):
            return None
        pairs = zip(value, target.sizes, strict=True)
        return Fraction(sum(abs(size - wanted) for size, wanted in pairs if wanted is not None))
    if not isinstance(value, int):
        return None
    return max(target.low - value, value - target.high, Fraction(0))


def side_of(value: object, target: Target) -> Literal["below", "above", "neither"]:
    """Whether a value is below or above a target; sizes may be neither."""
    less, more = _at_most(value, target), _at_least(value, target)
    if less == more:
        return "neither"
    return "below" if less else "above"


def names(unknowns: tuple[Unknown, ...], values: Mapping[str, int]) -> dict[str, int]:
    """Values by the titles of the unknowns."""
    return {each.title: values[each.variable] for each in unknowns if each.variable in values}
