"""Values that occur often are sent once, and referred to by their position."""

from collections.abc import Hashable


class Table:
    """Different values in the order in which they were first seen."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._places: dict[Hashable, int] = {}

    def at(self, value: object, key: Hashable = None) -> int:
        """The position of a value, which is added if it is new; `key` tells it apart, by default its repr."""
        key = repr(value) if key is None else key
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(value)
        return self._places[key]
