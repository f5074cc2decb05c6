"""The values of one unknown that give the wanted numbers, by bisection where they rise or fall."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Literal

from cnncalc.explore.solve.measuring import Measured, Wanted
from cnncalc.explore.solve.ranges import Span

At = Callable[[int], Measured | None]
"""The numbers that a value gives; None if the network is invalid."""

FEW_VALUES = 24
"""Ranges up to this size are tried value by value."""
SOME_VALUES = 200
"""The values tried one by one if none of those spread over the range gives a valid network."""
DOUBLINGS = 6
"""How often the end of a range is doubled to find a valid network."""
MANY_VALUES = 4096
"""Ranges up to this size are tried value by value if the numbers rise and fall; so many values are reported
on each side of the closest one."""
End = Literal["open", "invalid", "past", "same"]
"""Beyond a range: values that were not tried, no valid network, too much, or always the same result."""

AROUND = 300
"""Counts reported on each side of the closest one if more give a wanted number."""
LARGEST_UNIT = 4096
"""The largest divisor that a count is tried in multiples of."""
SAME = 3
"""Doublings that leave a wanted result the same after which it is taken as the same for all larger values."""
DIVISIBLE = (12, 2520, 4096, 55440)
"""Counts with many divisors: if none of them is valid, the network is invalid for another reason."""


class Course:
    """How the wanted numbers move with an unknown, as seen in earlier searches for it.

    Attributes:
        directions: for each wanted number 1 if it rises with the value, −1 if it falls, 0 if it is
            constant, 2 if it does both; None before the first search.
        has_valid: whether a value gave a valid network.
    """

    def __init__(self) -> None:
        self.directions: dict[int, int] | None = None
        self.has_valid = False

    @property
    def is_clear(self) -> bool:
        """Whether every number rises, or falls."""
        return self.directions is not None and all(each in (1, -1) for each in self.directions.values())


class Narrowing:
    """One unknown, everything before it given: `values` that may reach the wanted numbers.

    `high` is the end of the range that was looked at, `end` what follows after it. If no network is valid
    beyond, that is the last valid value. `is_cut` is set if more values reach the numbers than are given.
    """

    def __init__(
        self, at: At, span: Span, farthest: int, wanted: dict[int, Wanted], is_count: bool, course: Course
    ) -> None:
        self.at = at
        self.wanted = wanted
        self.farthest = span.high if span.is_bound else max(farthest, span.high)
        self.low, self.high = span.low, max(span.high, span.low)
        self.is_count = is_count
        self.is_cut = False
        self.end: End = "open"
        self.course = course
        self._known: dict[int, Measured | None] = {}
        self._unit = 1

    def values(self) -> Iterator[int]:
        """Every value in the range that gives the wanted numbers."""
        for value in self._candidates():
            if self._holds(self._measured(value)):
                yield value

    def _candidates(self) -> Iterator[int]:
        if self.high - self.low <= FEW_VALUES and self.farthest <= self.high:
            yield from range(self.low, self.high + 1)
            return
        if self.is_count and self._measured(self.low) is None:
            self._unit = self._smallest_unit()
        if self.course.is_clear and (short := self._short_way(self.course.directions or {})) is not None:
            yield from short
            return
        samples = self._samples()
        valid = self._valid(samples)
        if not valid and self._moves_to_valid():
            samples = self._samples()
            valid = self._valid(samples)
        if not valid:
            some = FEW_VALUES if self.course.has_valid else SOME_VALUES
            yield from range(self.low, min(self.high, self.low + some) + 1)
            return
        self.course.has_valid = True
        directions = self._directions(valid)
        if self._has_holes(samples, valid) or 2 in directions.values():
            self.course.directions = None
            end = min(self.high, self.low + MANY_VALUES)
            self.high, self.is_cut = end, end < self.high
            yield from range(self.low, end + 1)
            return
        yield from self._between(valid, directions)
        self.course.directions = directions

    def _moves_to_valid(self) -> bool:
        """Moves the end of the range to a valid value beyond it, such as a padding for a large window."""
        for part in range(1, DOUBLINGS + 1):
            farther = min(self.high << part, self.farthest)
            if self._measured(farther) is not None:
                self.high = farther
                return True
        return False

    def _short_way(self, directions: dict[int, int]) -> Iterable[int] | None:
        """The values if numbers move as in earlier searches; None if a few samples contradict that."""
        lowest = self._measured(self.low)
        if lowest is not None and self._has_side(1, lowest, directions):
            self.high, self.end = self.low, "past"
            return ()
        samples = self._samples(2)
        valid = self._valid(samples)
        if not valid or self._has_holes(samples, valid):
            return None
        seen = self._directions(valid)
        if any(each not in (0, directions[index]) for index, each in seen.items()):
            return None
        return self._between(valid, directions)

    def _valid(self, samples: list[int]) -> list[int]:
        return [value for value in samples if self._measured(value) is not None]

    def _has_holes(self, samples: list[int], valid: list[int]) -> bool:
        """Whether values between valid ones are not valid."""
        return any(self._measured(value) is None for value in samples if valid[0] < value < valid[-1])

    def _smallest_unit(self) -> int:
        """The smallest count that is valid, if its multiples are, too: groups must divide channels."""
        if all(self._measured(count) is None for count in DIVISIBLE):
            return 1
        for unit in range(2, LARGEST_UNIT + 1):
            if self._measured(unit) is not None:
                if all(self._measured(unit * n) is not None for n in (2, 3, 5)):
                    return unit
                return 1
        return 1

    def _samples(self, parts: int = 12) -> list[int]:
        """Values spread over the range, each with the next one."""
        unit, width = self._unit, self.high - self.low
        first = -(-self.low // unit) * unit if unit > 1 else self.low
        steps = {0, 1, 2, 3, width // unit - 1, width // unit}
        for part in range(1, parts):
            near = width // unit >> part
            steps |= {near, near + 1}
        return sorted(value for n in steps if n >= 0 and (value := first + n * unit) <= self.high)

    def _directions(self, valid: list[int]) -> dict[int, int]:
        """For each wanted number: 1 if it rises with the value, −1 if it falls, 0 if constant, 2 if both."""
        found = {}
        for index in self.wanted:
            numbers = [measured[index] for value in valid if (measured := self._measured(value)) is not None]
            rises = any(one < other for one, other in pairwise(numbers))
            falls = any(one > other for one, other in pairwise(numbers))
            found[index] = 2 if rises and falls else rises - falls
        return found

    def _between(self, valid: list[int], directions: dict[int, int]) -> Iterator[int]:
        """The values after those that give too little, and before those that give too much."""

        def passes(value: int, sides: Callable[[Measured], bool]) -> bool:
            measured = self._measured(value)
            return value > valid[0] if measured is None else sides(measured)

        def is_enough(value: int) -> bool:
            return passes(value, lambda found: not self._has_side(-1, found, directions))

        def is_too_much(value: int) -> bool:
            return passes(value, lambda found: self._has_side(1, found, directions))

        def is_nominal(value: int) -> bool:
            return passes(value, lambda found: self._is_nominal(found, directions))

        measured = self._measured(valid[0])
        assert measured is not None
        if any(directions[index] == 0 and self._side(index, measured) for index in self.wanted):
            self.end = "same"
            yield from (valid[0], valid[-1])
            return
        is_new = directions is not self.course.directions
        near = self._near(valid)
        self._widen(is_enough, is_too_much, max(near, default=0))
        if self.end == "open" and not is_enough(self.high):
            return
        if self.end == "invalid" and is_new:
            beyond_valid = self._first(lambda value: self._measured(value) is None, valid[0], ())
            self.high = beyond_valid - self._unit
        first = self._first(is_enough, self.low, near)
        beyond = self._first(is_too_much, first, near)
        low, high = first - self._unit, min(beyond + self._unit, self.high)
        if not is_new:
            self.high = high
        around = (AROUND if self.is_count else MANY_VALUES) * self._unit
        if high - low > 2 * around:
            middle = self._first(is_nominal, first, near)
            low, high = max(low, middle - around), min(high, middle + around)
            self.is_cut = True
        start = -(-max(low, self.low) // self._unit) * self._unit
        yield from range(start, high + 1, self._unit)

    def _near(self, valid: list[int]) -> tuple[int, ...]:
        """Where straight lines through measured values reach the wanted numbers, with the next values.

        A bisection starts there. It finds the same values from anywhere, but most numbers do grow in a
        straight line, and then it is done at once.
        """
        near: set[int] = set()
        for one, other in {(valid[0], valid[1]), (valid[0], valid[-1])} if len(valid) > 1 else ():
            least, most = self._measured(one), self._measured(other)
            assert least is not None
            assert most is not None
            for index, wanted in self.wanted.items():
                if slope := Fraction(most[index] - least[index], other - one):
                    for bound in {wanted.low, wanted.high}:
                        value = floor(one + (bound - least[index]) / slope)
                        near |= {value - self._unit, value, value + self._unit}
        return tuple(sorted(near))

    def _widen(self, is_enough: Callable[[int], bool], is_too_much: Callable[[int], bool], near: int) -> None:
        """Moves the end of the range to where it gives too much, or no network is valid."""
        same = 0
        while self.high < self.farthest and same < SAME and not is_too_much(self.high):
            before = self._measured(self.high)
            if before is None:
                break
            self.high = min(max(2 * self.high, near + self._unit), self.farthest)
            same = same + 1 if self._measured(self.high) == before and is_enough(self.high) else 0
        self.high -= self.high % self._unit
        if self._measured(self.high) is None:
            self.end = "invalid"
        elif is_too_much(self.high):
            self.end = "past"

    def _has_side(self, side: int, measured: Measured, directions: dict[int, int]) -> bool:
        """Whether any number is still before (−1) or already past (1) the wanted one."""
        return any(self._side(index, measured) * directions[index] == side for index in self.wanted)

    def _is_nominal(self, measured: Measured, directions: dict[int, int]) -> bool:
        return all(
            (measured[index] - wanted.nominal) * directions[index] >= 0
            for index, wanted in self.wanted.items()
        )

    def _first(self, test: Callable[[int], bool], low: int, near: tuple[int, ...]) -> int:
        """The smallest value, a multiple of the unit, that passes a test; the highest if none does.

        The values of `near` are tested first.
        """
        unit = self._unit
        least, most = -(-low // unit), self.high // unit
        for middle in (value // unit for value in near):
            if least <= middle < most:
                least, most = (least, middle) if test(middle * unit) else (middle + 1, most)
        while least < most:
            middle = (least + most) // 2
            if test(middle * unit):
                most = middle
            else:
                least = middle + 1
        return least * unit

    def _side(self, index: int, measured: Measured) -> int:
        """−1 if a number is too low, 1 if too high, else 0."""
        wanted = self.wanted[index]
        return (measured[index] > wanted.high) - (measured[index] < wanted.low)

    def _holds(self, measured: Measured | None) -> bool:
        return measured is not None and not any(self._side(index, measured) for index in self.wanted)

    def _measured(self, value: int) -> Measured | None:
        if value not in self._known:
            self._known[value] = self.at(value)
        return self._known[value]
