"""Finds the expression that gives a number in every use of a block: a parameter, or a multiple of one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from cnncalc.expression import FUNCTIONS, evaluate
from cnncalc.interchange.writer.items import Option
from cnncalc.spec.vocabulary import AROUND, RESERVED, is_variable
from cnncalc.syntax import parse

Values: TypeAlias = Sequence[Option]
"""One value for each use; None where the layer is not there."""

NATURAL = {"stride": 1, "dilation": 1, "groups": 1, "multiplier": 1, "padding": 0}
"""Defaults of parameters, by the option that they are for."""

TEXTS = ("norm", "act")
"""Options whose words a parameter can hold."""

SIZES = ("filters", "groups", "channels")
"""Options that can be multiples of numbers of channels."""

ENTERING = "input.channels"


class DifferentError(Exception):
    """Values that no expression gives: the uses are of different blocks."""


class BlockParameters:
    """The parameters of a block, with their value in every use."""

    def __init__(self, channels: Sequence[int]) -> None:
        self.channels = channels
        self.values: dict[str, list[Option]] = {}
        self.options: dict[str, str] = {}

    def express(self, option: str, values: Values, hint: str) -> Option:
        """What to write for an option that has these values; raises DifferentError."""
        given = [value for value in values if value is not None]
        first = given[0] if given else None
        if option == "stride" and None in values and (known := self._known(option, values)):
            return known
        if all(value == first and type(value) is type(first) for value in given):
            return first
        if all(isinstance(value, tuple) for value in given):
            return self._each(option, values, hint)
        if all(isinstance(value, str) for value in given):
            if option not in TEXTS:
                raise DifferentError
            return f"${self._known(option, values) or self._new(option, values, hint)}"
        if not all(isinstance(value, int | float) for value in given):
            raise DifferentError
        return self._number(option, values, hint)

    def _each(self, option: str, values: Values, hint: str) -> Option:
        rows = [value for value in values if isinstance(value, tuple)]
        if len({len(row) for row in rows}) > 1:
            raise DifferentError
        width = len(rows[0])
        columns = [[row[at] if isinstance(row, tuple) else None for row in values] for at in range(width)]
        options = ["channels" if option == "shape" and at == 0 else option for at in range(width)]
        return tuple(
            self.express(each, column, f"{hint}_{at}")
            for at, (each, column) in enumerate(zip(options, columns, strict=True))
        )

    def _number(self, option: str, values: Values, hint: str) -> str:
        known = self._known(option, values)
        if known:
            return known
        if _sort(option) in SIZES and all(type(value) is int for value in values if value is not None):
            for name, other in self._bases():
                found = _multiple(name, values, other)
                if found:
                    return found
            expanded = self._expanded(option, values)
            if expanded:
                return expanded
        return self._new(option, values, hint)

    def _expanded(self, option: str, values: Values) -> str:
        """A multiple of the entering channels with few different factors, as in inverted residuals."""
        pairs = [*zip(values, self.channels, strict=True)]
        factors: list[Option] = [None if mine is None else _times(mine, its) for mine, its in pairs]
        given = [factor for factor in factors if factor is not None]
        if (
            _sort(option) != "filters"
            or not all(_at_least_2(each) for each in given)
            or len({*given}) >= len({*values} - {None})
        ):
            return ""
        return f"{ENTERING} * {self._known('expand', factors) or self._new('expand', factors, 'expand')}"

    def _bases(self) -> Iterator[tuple[str, Sequence[Option]]]:
        sizes = {name for name, option in self.options.items() if _sort(option) == "filters"}
        yield from ((name, values) for name, values in self.values.items() if name in sizes)
        yield ENTERING, self.channels

    def _known(self, option: str, values: Values) -> str:
        """The parameter for such an option that has these values."""
        for name, other in self.values.items():
            if self._fits(option, name) and _agree(values, other):
                return name
        return ENTERING if _sort(option) in SIZES and _agree(values, self.channels) else ""

    def _fits(self, option: str, name: str) -> bool:
        """Whether a parameter is for the same kind of number as an option."""
        of = _sort(self.options[name])
        return of == _sort(option) or (of == "filters" and option in SIZES)

    def _new(self, option: str, values: Values, hint: str) -> str:
        name = hint if option in ("filters", "units", "when") and usable(hint) else option
        number = 2
        while name in self.values or not usable(name):
            name = f"{hint}_{option}" if number == 2 and usable(f"{hint}_{option}") else f"{option}{number}"
            number += 1
        self.values[name] = [*values]
        self.options[name] = option
        return name

    def flag(self, hint: str, values: Sequence[bool]) -> str:
        """A parameter that says whether a layer is there."""
        name = hint if usable(hint) and hint not in self.values else f"has_{hint}"
        return self._known("when", values) or self._new("when", values, name)

    def default(self, name: str) -> Option:
        """The default of a parameter: the usual value; None if there is none."""
        values = [value for value in self.values[name] if value is not None]
        option = self.options[name]
        common, times = Counter(values).most_common(1)[0]
        if len(values) < len(self.values[name]):
            return common
        if option in ("filters", "units"):
            return None
        natural = NATURAL.get(option)
        if natural in values:
            return natural
        return common if 2 * times > len(values) else None

    def holds(self, condition: str, at: int, more: Mapping[str, int]) -> bool:
        """Whether a condition is true in a use."""

        def lookup(name: str) -> int | float | str:
            if name in more:
                return more[name]
            value = self.channels[at] if name == ENTERING else self.values[name][at]
            if value is None:
                default = self.default(name)
                value = default
            assert isinstance(value, int | float | str)
            return value

        return bool(evaluate(parse(condition), lookup))


def _sort(option: str) -> str:
    """Which parameters can be for an option: numbers of channels for all options that are one."""
    return "filters" if option == "units" else option


def _at_least_2(factor: Option) -> bool:
    return isinstance(factor, int) and factor >= 2


def _agree(values: Values, other: Sequence[Option]) -> bool:
    """Whether values are the same wherever the first are there."""
    return all(
        mine is None or (mine == its and type(mine) is type(its))
        for mine, its in zip(values, other, strict=True)
    )


def _multiple(name: str, values: Values, other: Sequence[Option]) -> str:
    """`width * 4` or `width // 4` if that gives the values."""
    pairs = [
        (mine, its) for mine, its in zip(values, other, strict=True) if mine is not None and its is not None
    ]
    if len(pairs) < sum(value is not None for value in values):
        return ""
    for form, compute in FORMS:
        factor = compute(*pairs[0])
        if factor and all(compute(mine, its) == factor for mine, its in pairs):
            return f"{name} {form} {factor}"
    return ""


def _times(mine: Option, its: Option) -> int:
    assert isinstance(mine, int)
    assert isinstance(its, int)
    return mine // its if its and mine % its == 0 else 0


FORMS: tuple[tuple[str, Callable[[Option, Option], int]], ...] = (
    ("*", _times),
    ("//", lambda mine, its: _times(its, mine)),
)


def usable(name: str) -> bool:
    """Whether a parameter can have a name."""
    return is_variable(name) and name not in {*AROUND, *RESERVED, *FUNCTIONS, "use", "kind", "inputs"}
