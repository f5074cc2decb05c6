"""Evaluates expressions. Integers and decimals are exact: `1.2 * 5` is 6, `7 / 2` is 7/2."""

import ast
import math
import operator
from collections.abc import Callable, Container
from fractions import Fraction

from cnncalc.syntax import ExpressionError, at, dotted

Number = int | Fraction | float
Value = int | Fraction | float | str | tuple["Value", ...] | None
"""What an expression can evaluate to. `bool` is an `int`; text and lists only pass through."""

Lookup = Callable[[str], Value]
"""Returns the value of a name such as `width` or `prev.channels`; raises ExpressionError."""

MAX_BITS = 2048


def simplest(value: Number) -> Number:
    """Convert a whole fraction to an integer; return other numbers unchanged."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def divide(a: Number, b: Number) -> Number:
    """`a / b`, exact: an integer if the result is whole, else a fraction."""
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    return simplest(Fraction(a) / Fraction(b))


def power(a: Number, b: Number) -> Number:
    """`a ** b`, exact for integer exponents. Too large results such as `2 ** 10 ** 10` are refused."""
    if isinstance(a, float) or not isinstance(b, int):
        result: float | complex = float(a) ** float(b)
        if isinstance(result, complex):
            raise ExpressionError("the root of a negative number is not a real number")
        return result
    bits = max(abs(part) for part in Fraction(a).as_integer_ratio()).bit_length()
    if bits > 1 and abs(b) * bits > MAX_BITS:
        raise ExpressionError("the power is too large to compute")
    return simplest(Fraction(a) ** b)


def round_half_up(x: Number) -> int:
    """Round to the nearest integer, halves up (Python's `round` turns 2.5 into 2)."""
    return math.floor(x + Fraction(1, 2))


def make_divisible(x: Number, divisor: Number = 8, least: Number | None = None) -> Number:
    """Round to the nearest multiple of `divisor`, at least `least` and at most 10 % below x.

    This is `_make_divisible` of TensorFlow's and torchvision's MobileNets; `least` defaults to the divisor.
    """
    if divisor <= 0:
        raise ExpressionError("the divisor of make_divisible() must be greater than 0")
    rounded = max(
        divisor if least is None else least, math.trunc(x + divide(divisor, 2)) // divisor * divisor
    )
    return rounded + divisor if rounded * 10 < x * 9 else rounded


def round8(x: Number) -> Number:
    """Round to the nearest multiple of 8, at least 8 and at most 10 % below x (Howard et al. 2017)."""
    return make_divisible(x)


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "make_divisible": make_divisible,
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

TRUTHS = {"true": True, "false": False}

ORDERINGS: dict[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class UnknownWordError(ExpressionError):
    """A name that could be the result of an expression, and is neither one of its words nor a variable."""


def evaluate(tree: ast.expr, lookup: Lookup, words: Container[str] = ()) -> Value:
    """Evaluate a tree from `parse`.

    The result may also be one of `words`: `same if padded else valid`. A word that is not taken because of
    the condition must be valid, too.

    Raises:
        ExpressionError: unknown name, division by zero, or text where a number is expected.
        UnknownWordError: an unknown name where one of the words could stand.
    """
    try:
        if words:
            _check_words(tree, lookup, words)
        return _result(tree, lookup, words)
    except ZeroDivisionError:
        raise at(tree, "division by zero") from None
    except (OverflowError, ValueError):
        raise at(tree, "too large to compute") from None
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply") from None


def _result(node: ast.expr, lookup: Lookup, words: Container[str]) -> Value:
    """The value of a whole expression, which may be a word."""
    if isinstance(node, ast.IfExp):
        return _result(node.body if _truth(node.test, lookup) else node.orelse, lookup, words)
    if isinstance(node, ast.Name) and node.id in words:
        return node.id
    return _value(node, lookup)


def _check_words(node: ast.expr, lookup: Lookup, words: Container[str]) -> None:
    """Looks up all names that may be the result, and reports unknown ones as words."""
    if isinstance(node, ast.IfExp):
        _check_words(node.body, lookup, words)
        _check_words(node.orelse, lookup, words)
    elif isinstance(node, ast.Name) and node.id not in words:
        try:
            _named(node, lookup)
        except ExpressionError as error:
            raise UnknownWordError(node.id, error.offset, error.width, error.hint) from None


def _value(node: ast.expr, lookup: Lookup) -> Value:
    match node:
        case ast.Constant():
            return _constant(node)
        case ast.Name() | ast.Attribute():
            return _named(node, lookup)
        case ast.BinOp(left=left, op=op, right=right):
            return _operate(node, type(op), _number(left, lookup), _number(right, lookup))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _truth(operand, lookup)
        case ast.UnaryOp(op=op, operand=operand):
            number = _number(operand, lookup)
            return -number if isinstance(op, ast.USub) else number
        case ast.BoolOp(op=op, values=values):
            return _any_or_all(isinstance(op, ast.And), values, lookup)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _truth(test, lookup) else orelse, lookup)
        case ast.Compare():
            return _compare(node, lookup)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(node, name, [_number(arg, lookup) for arg in args])
    raise at(node, "not an expression")


def _constant(node: ast.Constant) -> Value:
    match node.value:
        case Fraction() as decimal:
            return simplest(decimal)
        case float() as decimal if not math.isfinite(decimal):
            raise at(node, "the number is too large")
        case bool() | int() | float() | str() as value:
            return value
    raise at(node, "not an expression")


def _named(node: ast.expr, lookup: Lookup) -> Value:
    path = dotted(node)
    if path in TRUTHS:
        return TRUTHS[path]
    try:
        return lookup(path)
    except ExpressionError as error:
        placed = at(node, error.message, error.hint)
        raise placed from None


def _number(node: ast.expr, lookup: Lookup) -> Number:
    value = _value(node, lookup)
    if isinstance(value, int | Fraction | float):
        return value
    what = f"'{value}'" if isinstance(value, str) else "a list" if value else "nothing"
    raise at(node, f"expected a number, found {what}")


def _operate(node: ast.expr, op: type[ast.operator], a: Number, b: Number) -> Number:
    try:
        result = simplest(BINARY[op](a, b))
    except ExpressionError as error:
        raise at(node, error.message) from None
    if isinstance(result, int | Fraction):
        bits = max(result.numerator.bit_length(), result.denominator.bit_length())
        if bits > MAX_BITS:
            raise at(node, f"the number has more than {MAX_BITS:,} bits")
    return result


def _truth(node: ast.expr, lookup: Lookup) -> Value:
    """A value that is used as a condition: not text, where 'none' and 'off' would be true."""
    value = _value(node, lookup)
    if isinstance(value, str | tuple):
        found = f"the text '{value}'" if isinstance(value, str) else "a list"
        is_word = isinstance(node, ast.Name) and isinstance(value, str)
        hint = f"compare it, such as {ast.unparse(node)} == '{value}'" if is_word else ""
        raise at(node, f"expected true or false, found {found}", hint=hint)
    return value


def _any_or_all(every: bool, values: list[ast.expr], lookup: Lookup) -> Value:
    result: Value = every
    for operand in values:
        result = _truth(operand, lookup)
        if bool(result) != every:
            break
    return result


def _compare(node: ast.Compare, lookup: Lookup) -> bool:
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.Eq | ast.NotEq):
            one, other = _compared(left, right, lookup), _compared(right, left, lookup)
            _check_comparable(node, one, other)
            holds = (one == other) == isinstance(op, ast.Eq)
        elif type(op) in ORDERINGS:
            holds = ORDERINGS[type(op)](_number(left, lookup), _number(right, lookup))
        else:
            raise at(node, "unknown comparison: use == != < <= > >=")
        if not holds:
            return False
        left = right
    return True


def _compared(node: ast.expr, beside: ast.expr, lookup: Lookup) -> Value:
    """One side of a comparison; an unknown name beside text is most likely text without quotes."""
    try:
        return _value(node, lookup)
    except ExpressionError as error:
        if isinstance(node, ast.Name) and isinstance(_value(beside, lookup), str):
            error.hint = f"text needs quotes: '{node.id}'"
        raise


def _check_comparable(node: ast.expr, one: Value, other: Value) -> None:
    """Refuses a number that is compared with digits in quotes, which never are equal."""
    for number, text in ((one, other), (other, one)):
        if isinstance(text, str) and isinstance(number, int | Fraction) and text.strip().isdecimal():
            raise at(node, f"compares the number {number} with the text '{text}'", hint="remove the quotes")


def _call(node: ast.expr, name: str, args: list[Number]) -> Number:
    if not args:
        raise at(node, f"{name}() needs an argument")
    try:
        return simplest(FUNCTIONS[name](*(args if len(args) > 1 or name not in ("min", "max") else [args])))
    except ExpressionError as error:
        raise at(node, error.message) from None
    except TypeError:
        raise at(node, f"{name}() does not take {len(args)} arguments") from None
