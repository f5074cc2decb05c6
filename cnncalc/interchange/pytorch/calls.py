"""Recorded calls read by those that lower them: arguments by name, operands, places for messages."""

from collections.abc import Sequence
from typing import Any

from cnncalc.interchange.network import ModuleCall
from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue, Weight


class UnknownCallError(Exception):
    """A call that no kind of layer stands for; the message names it."""


class Arguments:
    """The arguments of a call by name; positional ones take their names from a signature."""

    def __init__(self, call: TracedCall, names: Sequence[str]) -> None:
        self.call = call
        self.given: dict[str, object] = dict(zip(names, call.args, strict=False))
        self.given |= call.options
        if len(call.args) > len(names):
            raise UnknownCallError(f"{call.name} with {len(call.args)} arguments")

    def get(self, name: str, default: object = None) -> object:
        given = self.given.get(name, default)
        return default if given is None else given

    def numbers(self, name: str, default: int | tuple[int, ...] | None = None) -> int | tuple[int, ...]:
        """A whole number or several, one number if all are equal."""
        given = self.get(name, default)
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        if isinstance(given, tuple) and given and all(isinstance(each, int) for each in given):
            sizes = tuple(int(each) for each in given if isinstance(each, int))
            return sizes[0] if len(set(sizes)) == 1 else sizes
        raise UnknownCallError(f"{self.call.name} with {name} = {given}")

    def number(self, name: str, default: float) -> float:
        given = self.get(name, default)
        if isinstance(given, int | float):
            return float(given)
        raise UnknownCallError(f"{self.call.name} with {name} = {given}")

    def whole(self, name: str, default: int | None = None) -> int:
        given = self.get(name, default)
        if isinstance(given, int):
            return int(given)
        raise UnknownCallError(f"{self.call.name} with {name} = {given}")

    def padding(self) -> Any:
        """The padding of a window: a number, a name, or for each axis a number or both sides."""
        given = self.get("padding", 0)
        if not isinstance(given, int | str | tuple):
            raise UnknownCallError(f"{self.call.name} with padding = {given}")
        same = isinstance(given, tuple) and len({*given}) == 1 and isinstance(given[0], int)
        return given[0] if same and isinstance(given, tuple) else given

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self.get(name, default))

    def flag_or_given(self, name: str) -> bool:
        """Whether an argument is there and not False."""
        return self.get(name) not in (None, False)

    def weight(self, name: str) -> Weight | None:
        """A parameter or buffer of the module as it is stored."""
        given = self.get(name)
        if given is None:
            return None
        if isinstance(given, Weight) and given.as_stored:
            return given
        if isinstance(given, Weight):
            raise UnknownCallError(f"{self.call.name} whose {name} is computed from {', '.join(given.names)}")
        raise UnknownCallError(f"{self.call.name} whose {name} is no parameter of the module")

    def value(self, name: str = "input") -> TracedValue:
        given = self.get(name)
        if isinstance(given, TracedValue):
            return given
        raise UnknownCallError(f"{self.call.name} whose {name} does not depend on the network's input")


def operands(call: TracedCall) -> tuple[object, object]:
    found = (*call.args, *(call.options[name] for name in ("input", "other") if name in call.options))
    if len(found) != 2:
        raise UnknownCallError(f"{call.name} with {len(found)} arguments")
    return found[0], found[1]


def what(operand: object) -> str:
    """An operand, for messages."""
    if isinstance(operand, Weight):
        kind = "a parameter" if operand.learned else "a buffer"
        return f"{kind} of shape {operand.dims} ({', '.join(operand.names)})"
    if isinstance(operand, TracedValue):
        return "a tensor"
    return str(operand) if isinstance(operand, int | float) else "a constant tensor"


def plain_name(name: str) -> str:
    """`__add__`, `__iadd__` and `__radd__` as `add`."""
    if name.startswith("__") and name.endswith("__"):
        inner = name.strip("_")
        in_place = inner[:1] == "i" and inner[1:] in ("add", "mul", "sub", "truediv")
        return inner[1:] if in_place or inner in ("radd", "rmul") else inner
    return name


def place_of(scopes: Sequence[ModuleCall]) -> str:
    """The module that a call is in, for messages."""
    scope = next((scope for scope in reversed(scopes) if scope.path), None)
    return f"{scope.path} ({scope.type})" if scope else "the network itself"


def traced(call: TracedCall) -> list[TracedValue]:
    """The values that a call reads."""
    return values_of((call.args, *call.options.values()))


def values_of(given: object) -> list[TracedValue]:
    """The values in nested arguments."""
    if isinstance(given, TracedValue):
        return [given]
    if isinstance(given, tuple | list):
        return [value for each in given for value in values_of(each)]
    return []


def readers_of(recording: Recording) -> dict[int, list[TracedCall]]:
    """The calls that read each value, by its id; the end of the network reads its outputs."""
    readers: dict[int, list[TracedCall]] = {}
    for call in recording.calls:
        for value in traced(call):
            readers.setdefault(id(value), []).append(call)
    end = TracedCall("the output", (), {}, (), (), 0)
    for value in recording.outputs.values():
        readers.setdefault(id(value), []).append(end)
    return readers
