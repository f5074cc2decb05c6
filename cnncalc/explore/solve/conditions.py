"""Conditions on unknowns: `kernel <= 7`, `padding == kernel // 2`, `kernel2 > kernel1`."""

import ast
import re
from collections.abc import Mapping

from msgspec import Struct

from cnncalc.explore.solve.solved import Unknown
from cnncalc.expression import evaluate
from cnncalc.problems import did_you_mean
from cnncalc.syntax import ExpressionError, dotted, parse

ASSIGNMENT = re.compile(r"(?<![<>=!])=(?!=)")

Names = Mapping[str, tuple[str, ...]]
"""The variables that each name of a condition stands for."""


class Condition(Struct, frozen=True):
    """A condition, and the values of the unknowns that it names.

    `choices` has a variable for each name; several if a name such as `kernel` stands for several unknowns,
    each of which must meet the condition.
    """

    written: str
    tree: ast.expr
    choices: tuple[Mapping[str, str], ...]

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(variable for choice in self.choices for variable in choice.values())

    def holds(self, values: Mapping[str, int]) -> bool:
        """Whether it holds; every unknown that it names must have a value. Invalid values do not meet it."""
        try:
            return all(
                bool(evaluate(self.tree, lambda name, choice=choice: values[choice[name]]))  # type: ignore[misc]
                for choice in self.choices
            )
        except ExpressionError:
            return False

    def bounds(self) -> dict[str, tuple[int | None, int | None]]:
        """The lowest and highest value of each unknown, as far as `kernel <= 7` and the like give them."""
        found: dict[str, tuple[int | None, int | None]] = {}
        for choice in self.choices:
            for name, low, high in _limits(self.tree):
                if name in choice:
                    found[choice[name]] = _both(found.get(choice[name], (None, None)), (low, high))
        return found


def _both(
    one: tuple[int | None, int | None], other: tuple[int | None, int | None]
) -> tuple[int | None, int | None]:
    lows = [each for each in (one[0], other[0]) if each is not None]
    highs = [each for each in (one[1], other[1]) if each is not None]
    return max(lows, default=None), min(highs, default=None)


def _limits(tree: ast.expr) -> list[tuple[str, int | None, int | None]]:
    """Names with their lower and upper limits, in a chain of comparisons or several joined by `and`."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [limit for part in tree.values for limit in _limits(part)]
    if not isinstance(tree, ast.Compare):
        return []
    sides = [tree.left, *tree.comparators]
    found = []
    for left, op, right in zip(sides, tree.ops, sides[1:], strict=False):
        if isinstance(left, ast.Name) and isinstance(right, ast.Constant):
            found += _limit(left.id, type(op), right.value)
        elif isinstance(right, ast.Name) and isinstance(left, ast.Constant):
            found += _limit(right.id, TURNED.get(type(op), type(op)), left.value)
    return found


TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
"""The same comparison with its sides exchanged."""


def _limit(name: str, op: type[ast.cmpop], value: object) -> list[tuple[str, int | None, int | None]]:
    if not isinstance(value, int) or isinstance(value, bool):
        return []
    limits: dict[type[ast.cmpop], tuple[int | None, int | None]] = {
        ast.Lt: (None, value - 1),
        ast.LtE: (None, value),
        ast.Gt: (value + 1, None),
        ast.GtE: (value, None),
        ast.Eq: (value, value),
    }
    return [(name, *limits[op])] if op in limits else []


def conditions_of(texts: tuple[str, ...], unknowns: tuple[Unknown, ...]) -> tuple[Condition, ...]:
    """Parse conditions.

    Raises:
        ValueError: a condition is not an expression, or names something that is not an unknown.
    """
    names = _names(unknowns)
    return tuple(_condition(text, names) for text in texts)


def _names(unknowns: tuple[Unknown, ...]) -> Names:
    """`kernel` for every kernel, `kernel2` for the one of layer 2, `input_size` for the input's."""
    found: dict[str, tuple[str, ...]] = {}
    for each in unknowns:
        option = each.option.replace(" ", "_")
        for name in (option, f"{option}{each.argument}"):
            found[name] = (*found.get(name, ()), each.variable)
    return found


def condition_name(unknown: Unknown, unknowns: tuple[Unknown, ...]) -> str:
    """How a condition names an unknown: with its layer if others have the same option."""
    option = unknown.option.replace(" ", "_")
    is_only = sum(each.option == unknown.option for each in unknowns) == 1
    return option if is_only else f"{option}{unknown.argument}"


def _condition(text: str, names: Names) -> Condition:
    try:
        tree = parse(text)
    except ExpressionError as error:
        hint = "; write == to compare" if ASSIGNMENT.search(text) else ""
        raise ValueError(f"--where '{text}': {error}{hint}") from None
    used = [name for name in _names_in(tree) if name not in ("true", "false", *_called(tree))]
    for name in used:
        if name not in names:
            known = [each for each in names if not each[-1].isdigit()]
            raise ValueError(f"--where '{text}': unknown name '{name}'; {did_you_mean(name, known)}")
    if not used:
        raise ValueError(f"--where '{text}': expected a condition on an unknown, such as \"kernel <= 7\"")
    condition = Condition(text, tree, _choices(used, names))
    try:
        ones: dict[str, int] = dict.fromkeys(condition.variables, 1)
        evaluate(tree, lambda name: ones[condition.choices[0][name]])
    except ExpressionError as error:
        if "zero" not in str(error):
            raise ValueError(f"--where '{text}': {error}") from None
    return condition


def _names_in(tree: ast.expr) -> list[str]:
    """The names of a condition, with what follows a dot, each once."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    return list(dict.fromkeys(dotted(node) for node in named if id(node) not in inner))


def _called(tree: ast.expr) -> set[str]:
    """The names of functions."""
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def _choices(used: list[str], names: Names) -> tuple[Mapping[str, str], ...]:
    """A variable for each name. Names of several unknowns go together by position."""
    several = max(len(names[name]) for name in used)
    return tuple({name: names[name][min(at, len(names[name]) - 1)] for name in used} for at in range(several))
