"""The values of one unknown that give the wanted numbers, by bisection where they rise or fall."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

from cnncalc.explore.solve.measuring import Measured, Wanted
from cnncalc.explore.solve.ranges import Span

At = Callable[[int], Measured | None]
"""The numbers that a value gives; None if the network is invalid."""

FEW_VALUES = 24
"""Ranges up to this size are tried value by value."""
SOME_VALUES = 200
"""The values tried one by one if none of those spread over the range gives a valid network."""
MANY_VALUES = 4096
"""Ranges up to this size are tried value by value if the numbers rise and fall."""
End = Literal["open", "invalid", "past", "same"]
"""Beyond a range: values that were not tried, no valid network, too much, or always the same result."""

AROUND = 300
"""Values reported on each side of the closest one if more give a wanted number."""
LARGEST_UNIT = 4096
"""The largest divisor that a count is tried in multiples of."""
SAME = 3
"""Doublings that leave a wanted result the same after which it is taken as the same for all larger values."""
DIVISIBLE = (12, 2520, 4096, 55440)
"""Counts with many divisors: if none of them is valid, the network is invalid for another reason."""


class Narrowing:
    """One unknown, everything before it given: `values` that may reach the wanted numbers.

    `high` is the end of the range that was looked at, `end` what follows after it, and `last`
    the last valid value if none follows. `is_cut` is set if more
    values reach them than are given.
    """

    def __init__(self, at: At, span: Span, farthest: int, wanted: dict[int, Wanted], is_count: bool) -> None:
        self.at = at
        self.wanted = wanted
        self.farthest = span.high if span.is_bound else farthest
        self.low, self.high = span.low, max(span.high, span.low)
        self.is_count = is_count
        self.is_cut = False
        self.end: End = "open"
        self.last = self.high
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
        samples = self._samples()
        valid = [value for value in samples if self._measured(value) is not None]
        if not valid:
            yield from range(self.low, min(self.high, self.low + SOME_VALUES) + 1)
            return
        directions = self._directions(valid)
        has_holes = any(self._measured(value) is None for value in samples if valid[0] < value < valid[-1])
        if has_holes or 2 in directions.values():
            end = min(self.high, self.low + MANY_VALUES)
            self.high, self.is_cut = end, end < self.high
            yield from range(self.low, end + 1)
            return
        yield from self._between(valid, directions)

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

    def _samples(self) -> list[int]:
        """Values spread over the range, each with the next one."""
        unit, width = self._unit, self.high - self.low
        first = -(-self.low // unit) * unit if unit > 1 else self.low
        steps = {0, 1, 2, 3, width // unit - 1, width // unit}
        for part in range(1, 12):
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
        self._widen(is_enough, is_too_much)
        if self.end == "invalid":
            self.last = self._first(lambda value: self._measured(value) is None, valid[0]) - self._unit
        first = self._first(is_enough, self.low)
        beyond = self._first(is_too_much, first)
        middle = self._first(is_nominal, first)
        low, high = first - self._unit, min(beyond + self._unit, self.high)
        if high - low > 2 * AROUND * self._unit:
            low, high = max(low, middle - AROUND * self._unit), min(high, middle + AROUND * self._unit)
            self.is_cut = self.is_count
        start = -(-max(low, self.low) // self._unit) * self._unit
        yield from range(start, high + 1, self._unit)

    def _widen(self, is_enough: Callable[[int], bool], is_too_much: Callable[[int], bool]) -> None:
        """Moves the end of the range to where it gives too much, or no network is valid."""
        same = 0
        while self.high < self.farthest and same < SAME and not is_too_much(self.high):
            before = self._measured(self.high)
            if before is None:
                break
            self.high = min(2 * self.high, self.farthest)
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

    def _first(self, test: Callable[[int], bool], low: int) -> int:
        """The smallest value, a multiple of the unit, that passes a test; the highest if none does."""
        unit = self._unit
        least, most = -(-low // unit), self.high // unit
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
