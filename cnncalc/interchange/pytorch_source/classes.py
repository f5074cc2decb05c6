"""The classes of the source: one for each block, with parameters where its uses differ."""

import re
from collections.abc import Collection, Sequence
from math import isfinite

from msgspec import Struct

from cnncalc.interchange.pytorch_source.expressions import (
    BlockUse,
    CallArgument,
    Module,
    Value,
    arguments_of,
    form_of,
    options_in,
)
from cnncalc.interchange.pytorch_source.identifiers import IN_SOURCE, title, unique, variable
from cnncalc.interchange.pytorch_source.text import Bracket, Piece


class Attribute(Struct, frozen=True):
    """A module that a class holds: the name of its attribute, and how it is constructed."""

    name: str
    module: Module


class Slot(Struct, frozen=True):
    """How a class writes one argument: as a value, or as `times` a parameter."""

    argument: CallArgument
    parameter: str = ""
    times: int = 1

    @property
    def piece(self) -> Piece:
        if self.argument.is_option:
            return f"{self.parameter} or nn.Identity()" if self.parameter else "nn.Identity()"
        if not self.parameter:
            return literal(self.argument.value)
        return self.parameter if self.times == 1 else f"{self.times} * {self.parameter}"

    @property
    def is_left_out(self) -> bool:
        return not self.parameter and self.argument.is_default


def literal(value: Value) -> Piece:
    """A value; a tuple of tuples is a list of lists, which needs no commas behind single items."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return Bracket("[", tuple(Bracket("[", tuple(map(literal, row)), "]") for row in value), "]")  # type: ignore[arg-type]
    if isinstance(value, tuple) and len(value) > 1:
        return Bracket("(", tuple(map(literal, value)))
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    if isinstance(value, float):
        return re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), repr(value))
    return f'"{value}"' if isinstance(value, str) else repr(value)


class SourceClass(Struct):
    """A class: its modules and the lines of its `forward`.

    `words` is the name of its block in the spec; `uses` are the blocks that construct it.
    """

    name: str
    attributes: tuple[Attribute, ...]
    inputs: tuple[str, ...]
    lines: tuple[str, ...]
    uses: list[BlockUse]
    rows: list[tuple[Attribute, ...]]
    parameters: tuple[CallArgument, ...] = ()
    slots: tuple[Slot, ...] = ()
    words: str = ""


class Classes:
    """All classes of a network, inner ones first."""

    def __init__(self, taken: set[str]) -> None:
        self.found: list[SourceClass] = []
        self._numbers: dict[object, int] = {}
        self._taken = taken

    def use(
        self, words: str, attributes: Sequence[Attribute], inputs: Sequence[str], lines: Sequence[str]
    ) -> BlockUse:
        """A use of the class with these modules and lines, which is made if there is none yet."""
        forms = tuple((each.name, form_of(each.module)) for each in attributes)
        form = (words, forms, tuple(inputs), tuple(lines))
        number = self._numbers.setdefault(form, len(self.found))
        if number == len(self.found):
            name = unique(title(words), self._taken, "V")
            self._taken.add(name)
            made = SourceClass(name, tuple(attributes), tuple(inputs), tuple(lines), [], [], words=words)
            self.found.append(made)
        options = tuple(option for each in attributes for option in options_in(each.module))
        block = BlockUse(number, options)
        self.found[number].uses.append(block)
        self.found[number].rows.append(tuple(attributes))
        return block

    def settle(self) -> None:
        """Finds the parameters of all classes: what differs between their uses."""
        for each in self.found:
            _settle(each, self._taken)


def whole(
    name: str, attributes: Sequence[Attribute], inputs: Sequence[str], lines: Sequence[str]
) -> SourceClass:
    """The class of the network itself, which has no parameters; the others are settled before."""
    made = SourceClass(
        name, tuple(attributes), tuple(inputs), tuple(lines), [BlockUse(-1)], [tuple(attributes)]
    )
    _settle(made, set())
    return made


def _settle(found: SourceClass, classes: Collection[str]) -> None:
    """Finds the parameters of a class, whose names are not those of classes."""
    rows = [[each for own in row for each in arguments_of(own.module, (own.name,))] for row in found.rows]
    columns = list(zip(*rows, strict=True))
    taken = {*IN_SOURCE, *classes}
    known: list[tuple[str, tuple[Value, ...]]] = []
    slots: list[Slot] = []
    parameters: list[tuple[CallArgument, tuple[CallArgument, ...]]] = []
    for column in columns:
        values = tuple(each.value for each in column)
        first = column[0]
        if first.is_option:
            name = ""
            if any(each.module is not None for each in column):
                name = _parameter_name(first, taken)
                taken.add(name)
                parameters.append((CallArgument(name, None, None, True, is_option=True), column))
            slots.append(Slot(first, name))
            continue
        if all(_is_same(value, values[0]) for value in values):
            slots.append(Slot(first))
            continue
        same = next((name for name, others in known if _all_same(values, others)), "")
        multiple = None if same else _multiple(values, known)
        if multiple:
            slots.append(Slot(first, *multiple))
            continue
        if not same:
            same = _parameter_name(first, taken)
            taken.add(same)
            known.append((same, values))
            parameters.append(
                (CallArgument(same, first.value, first.default, first.has_default, first.is_first), column)
            )
        slots.append(Slot(first, same))
    # parameters with defaults come last, as Python demands
    parameters.sort(key=lambda each: _has_default(*each))
    found.slots = tuple(slots)
    found.parameters = tuple(
        each if _has_default(each, column) else CallArgument(each.name, each.value, is_first=each.is_first)
        for each, column in parameters
    )
    for at, use in enumerate(found.uses):
        use.arguments = tuple(
            CallArgument(
                own.name,
                column[at].value,
                own.default,
                own.has_default,
                own.is_first,
                is_option=own.is_option,
                module=column[at].module,
            )
            for own, (_, column) in zip(found.parameters, parameters, strict=True)
        )


def _has_default(argument: CallArgument, column: tuple[CallArgument, ...]) -> bool:
    return not argument.is_first and any(each.is_default for each in column)


def _is_same(one: Value, other: Value) -> bool:
    return one == other and type(one) is type(other)


def _all_same(values: tuple[Value, ...], others: tuple[Value, ...]) -> bool:
    return all(map(_is_same, values, others))


def _multiple(
    values: tuple[Value, ...], known: list[tuple[str, tuple[Value, ...]]]
) -> tuple[str, int] | None:
    """A parameter of which the values are a whole multiple in every use, as in `4 * width`."""
    for name, others in known:
        if type(values[0]) is not int or type(others[0]) is not int or not others[0]:
            continue
        times = values[0] // others[0]
        if times > 1 and all(
            type(one) is int and type(other) is int and one == times * other
            for one, other in zip(values, others, strict=True)
        ):
            return name, times
    return None


def _parameter_name(argument: CallArgument, taken: set[str]) -> str:
    """The name of an argument, with those of the layers that it belongs to if it is taken."""
    name = argument.name
    owners = [each for each in argument.owner if not each.isdigit()]
    for depth in range(1, len(owners) + 1):
        if name not in taken:
            break
        owner = variable("_".join(owners[-depth:])).removeprefix("layer_")
        name = f"{argument.name}_{owner}"
    return unique(variable(name), taken)
