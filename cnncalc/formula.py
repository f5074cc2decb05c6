"""Formula: one text that is evaluated, shown with its numbers, typeset, and used on symbols or arrays.

A number and its explanation come from the same text, so they cannot disagree.
"""

import ast
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType

from cnncalc.expression import Number, divide, simplest
from cnncalc.syntax import parse
from cnncalc.typeset import LATEX, PLAIN, Style, grouped, named, typeset

ELEMENTARY = frozenset(
    {"floor", "ceil", "min", "max", "abs", "exp", "log", "sqrt", "tanh", "erf"},
)
"""Functions that formulas may use."""


class Formula:
    """A formula, the meaning of its variables and its source.

    >>> size = Formula("floor((n + p - k) / s) + 1", n="input", p="padding", k="kernel", s="stride")
    >>> size(n=7, p=0, k=3, s=2).value
    3
    >>> str(size(n=7, p=0, k=3, s=2))
    '⌊(7 + 0 − 3)/2⌋ + 1 = 3'

    A call only stores the numbers; text is made on demand, so a table of 500 layers stays fast.
    """

    def __init__(self, text: str, /, source: str = "", **meanings: str) -> None:
        self.text = text
        self.source = source
        self.meanings: Mapping[str, str] = meanings
        self.tree = parse(text, ELEMENTARY)
        unexplained = variables(self.tree) ^ set(meanings)
        if unexplained:
            raise ValueError(f"{text!r}: variables without a meaning or without a use: {sorted(unexplained)}")

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def __call__(self, **values: int | Fraction) -> "Working":
        return Working(self, values)

    def typeset(self, style: Style = PLAIN, names: Mapping[str, str] | None = None) -> str:
        """The formula as text; `names` renames variables to another notation."""
        return typeset(self.tree, style, lambda name: named((names or {}).get(name, name), style))

    def latex(self, names: Mapping[str, str] | None = None) -> str:
        """The formula as LaTeX, without the dollar signs."""
        return self.typeset(LATEX, names)

    @cached_property
    def evaluate(self) -> Callable[..., Number]:
        """The formula as a function of its variables, exact on integers.

        It takes anything that supports the arithmetic: integers, fractions, symbols, arrays.
        """
        body = _Exact().visit(parse_again(self.text))
        arguments = ast.arguments([], [ast.arg(name) for name in self.meanings], None, [], [], None, [])
        function = ast.Expression(ast.Lambda(arguments, body))
        code = compile(ast.fix_missing_locations(function), f"<formula {self.text}>", "eval")
        # Safe: the text is a constant of this program and contains only checked arithmetic.
        result: Callable[..., Number] = eval(code, {"__builtins__": {}, **ARITHMETIC})
        return result


class Working:
    """A formula with its numbers: the value, and on demand the steps as text.

    `names` renames variables to another notation.
    """

    __slots__ = ("formula", "names", "values")

    def __init__(
        self,
        formula: Formula,
        values: Mapping[str, int | Fraction],
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.formula = formula
        self.values = values
        self.names = names

    @property
    def exact(self) -> Number:
        """The result, integer or not."""
        return simplest(self.formula.evaluate(**self.values))

    @property
    def value(self) -> int:
        """The result as an integer, as all counts and sizes are."""
        result = self.exact
        if not isinstance(result, int):
            raise ArithmeticError(f"expected a whole number from {self.formula.text}, found {result}")
        return result

    def renamed(self, names: Mapping[str, str]) -> "Working":
        """A copy with other names for the variables."""
        return Working(self.formula, self.values, names)

    def typeset(self, style: Style = PLAIN) -> str:
        """The formula without numbers, with `names` applied."""
        return self.formula.typeset(style, self.names)

    def substituted(self, style: Style = PLAIN) -> str:
        """The formula with each variable replaced by its number."""
        return typeset(self.formula.tree, style, lambda name: grouped(self.values[name], style))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Working) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> object:
        return self.formula, tuple(self.values.items()), tuple(self.names.items())

    def __str__(self) -> str:
        return f"{self.substituted()} = {self.exact}"

    def __repr__(self) -> str:
        return f"Working({self})"


def variables(tree: ast.expr) -> set[str]:
    """The variables of a tree, without the functions that it calls."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def parse_again(text: str) -> ast.expr:
    """A new tree that may be changed; `parse` returns a cached one."""
    return ast.parse(text, mode="eval").body


ARITHMETIC: dict[str, Callable[..., Number]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "divide": divide,
    "min": min,
    "max": max,
    "abs": abs,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "erf": math.erf,
}


class _Exact(ast.NodeTransformer):
    """Rewrites `floor(a / b)` to integer division, and every other `/` to exact division."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id="floor"), args=[ast.BinOp(left, ast.Div(), right)]):
                return ast.BinOp(self.visit(left), ast.FloorDiv(), self.visit(right))
            case ast.Call(func=ast.Name(id="ceil"), args=[ast.BinOp(left, ast.Div(), right)]):
                negative = ast.UnaryOp(ast.USub(), self.visit(left))
                return ast.UnaryOp(ast.USub(), ast.BinOp(negative, ast.FloorDiv(), self.visit(right)))
        self.generic_visit(node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            return ast.Call(ast.Name("divide", ast.Load()), [node.left, node.right], [])
        return node
