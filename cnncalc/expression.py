"""The one safe reader of arithmetic: what specs write as values and what formulas are made of.

Python's own parser reads the text; only the node types listed here are let through, so nothing can
be called, imported or looked up beyond the names that the caller offers. Whole numbers and decimals
are exact: `1.2 * 5` is 6, and `7 / 2` is the fraction 7/2.
"""

import ast
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

Number = int | Fraction | float
Value = int | Fraction | float | str | tuple["Value", ...] | None
"""What an expression may yield. `bool` is an `int`; text and lists only pass through."""

Lookup = Callable[[str], Value]
"""Gives the value of a name such as `width` or `prev.channels`; raises ExpressionError."""

MAX_LENGTH = 1000
MAX_BITS = 2048


class ExpressionError(Exception):
    """Text that is not an expression, or that has no value. `offset` and `width` point into it."""

    def __init__(self, message: str, offset: int = 0, width: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


def simplest(value: Number) -> Number:
    """A fraction that is whole as the integer that it is."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def divide(a: Number, b: Number) -> Number:
    """`a / b`, exact: an integer where it is whole, else a fraction."""
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    return simplest(Fraction(a) / Fraction(b))


def power(a: Number, b: Number) -> Number:
    """`a ** b` within `MAX_BITS`, so that `2 ** 10 ** 10` is refused instead of computed."""
    if isinstance(a, int) and isinstance(b, int) and abs(a) > 1 and abs(b) * a.bit_length() > MAX_BITS:
        raise ExpressionError("the power is too large to compute")
    result = a**b
    if isinstance(result, complex):
        raise ExpressionError("a root of a negative number")
    return simplest(result)


def round_half_up(x: Number) -> int:
    """Nearest whole number; halves go up, as on paper (Python's own rounds 2.5 to 2)."""
    return math.floor(x + Fraction(1, 2))


def round8(x: Number) -> int:
    """Nearest multiple of 8, at least 8 and not more than 10 % below x (Howard et al. 2017)."""
    rounded = max(8, math.floor(x + 4) // 8 * 8)
    return rounded + 8 if rounded * 10 < x * 9 else rounded


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round_half_up,
    "round8": round8,
    "min": min,
    "max": max,
    "abs": abs,
}

BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: power,
}

ORDERINGS: dict[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


@lru_cache(maxsize=4096)
def parse(text: str, functions: frozenset[str] = frozenset(FUNCTIONS)) -> ast.expr:
    """The checked syntax tree of `text`.

    Raises:
        ExpressionError: not an expression, or one that uses more than arithmetic.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    flat = text.replace("\n", " ")
    try:
        tree = ast.parse(flat.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        offset = max((getattr(error, "offset", 1) or 1) - 1, 0)
        raise ExpressionError("not an expression", min(offset, max(len(text) - 1, 0)), 1) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply") from None
    lead = len(flat) - len(flat.lstrip())
    if lead:
        for node in ast.walk(tree):
            if isinstance(node, ast.expr):
                node.col_offset += lead
    _check(tree, functions)
    return tree


def _check(tree: ast.expr, functions: frozenset[str]) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=bool() | int() | float() | str()):
                pass
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                if name not in functions:
                    known = ", ".join(sorted(functions))
                    raise _at(node, f"there is no function '{name}'", hint=f"functions: {known}")
            case ast.BinOp(op=op) if type(op) in BINARY:
                pass
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
                pass
            case ast.Compare() | ast.BoolOp() | ast.IfExp() | ast.Name() | ast.Attribute():
                pass
            case ast.expr():
                raise _at(node, "expressions hold numbers, names, arithmetic and comparisons only")


def _at(node: ast.expr, message: str, hint: str = "") -> ExpressionError:
    width = (node.end_col_offset or node.col_offset + 1) - node.col_offset
    return ExpressionError(message, node.col_offset, max(width, 1), hint)


def dotted(node: ast.expr) -> str:
    """The path `a.b.c` of a name or of an attribute of one."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise _at(node, "only a name has parts after a dot")
    parts.append(node.id)
    return ".".join(reversed(parts))


def evaluate(tree: ast.expr, lookup: Lookup) -> Value:
    """The value of a tree from `parse`.

    Raises:
        ExpressionError: an unknown name, a division by zero, text where a number is needed.
    """
    try:
        return _value(tree, lookup)
    except ZeroDivisionError:
        raise _at(tree, "division by zero") from None
    except (OverflowError, ValueError):
        raise _at(tree, "too large to compute") from None
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply") from None


def _value(node: ast.expr, lookup: Lookup) -> Value:
    match node:
        case ast.Constant():
            return _constant(node)
        case ast.Name() | ast.Attribute():
            return _named(node, lookup)
        case ast.BinOp(left=left, op=op, right=right):
            return _operate(node, type(op), _number(left, lookup), _number(right, lookup))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, lookup)
        case ast.UnaryOp(op=op, operand=operand):
            number = _number(operand, lookup)
            return -number if isinstance(op, ast.USub) else number
        case ast.BoolOp(op=op, values=values):
            return _any_or_all(isinstance(op, ast.And), values, lookup)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, lookup) else orelse, lookup)
        case ast.Compare():
            return _compare(node, lookup)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(node, name, [_number(arg, lookup) for arg in args])
    raise _at(node, "not an expression")


def _constant(node: ast.Constant) -> Value:
    match node.value:
        case float() as decimal:
            if not math.isfinite(decimal):
                raise _at(node, "the number is too large")
            return simplest(Fraction(str(decimal)))
        case bool() | int() | str() as value:
            return value
    raise _at(node, "not an expression")


def _named(node: ast.expr, lookup: Lookup) -> Value:
    try:
        return lookup(dotted(node))
    except ExpressionError as error:
        placed = _at(node, error.message, error.hint)
        raise placed from None


def _number(node: ast.expr, lookup: Lookup) -> Number:
    value = _value(node, lookup)
    if isinstance(value, int | Fraction | float):
        return value
    what = f"'{value}'" if isinstance(value, str) else "a list" if value else "nothing"
    raise _at(node, f"{what} stands where a number is needed")


def _operate(node: ast.expr, op: type[ast.operator], a: Number, b: Number) -> Number:
    try:
        result = simplest(BINARY[op](a, b))
    except ExpressionError as error:
        raise _at(node, error.message) from None
    if isinstance(result, int) and result.bit_length() > MAX_BITS:
        raise _at(node, "the number is too large")
    return result


def _any_or_all(every: bool, values: list[ast.expr], lookup: Lookup) -> Value:
    result: Value = every
    for operand in values:
        result = _value(operand, lookup)
        if bool(result) != every:
            break
    return result


def _compare(node: ast.Compare, lookup: Lookup) -> bool:
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.Eq | ast.NotEq):
            holds = (_value(left, lookup) == _value(right, lookup)) == isinstance(op, ast.Eq)
        elif type(op) in ORDERINGS:
            holds = ORDERINGS[type(op)](_number(left, lookup), _number(right, lookup))
        else:
            raise _at(node, "compare with == != < <= > >=")
        if not holds:
            return False
        left = right
    return True


def _call(node: ast.expr, name: str, args: list[Number]) -> Number:
    try:
        return simplest(FUNCTIONS[name](*(args if len(args) > 1 or name not in ("min", "max") else [args])))
    except TypeError:
        raise _at(node, f"{name}() does not take {len(args)} values") from None
