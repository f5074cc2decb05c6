"""Evaluates scalars: YAML 1.2 values, sizes such as 3x5, expressions."""

import re
from collections.abc import Container
from fractions import Fraction
from typing import Protocol

from cnncalc.expression import UnknownWordError, Value, evaluate, simplest
from cnncalc.problems import Place, Problem
from cnncalc.spec.reader import Node, Scalar, Sequence
from cnncalc.syntax import ExpressionError, parse

INTEGER = re.compile(r"[-+]?[0-9]+")
OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SIZES = re.compile(r"[0-9]+(\s*[x×]\s*[0-9]+)+")
LISTED = re.compile(r"\([0-9]{1,12}(\s*,\s*[0-9]{1,12})+\s*,?\s*\)")
COUNTED = re.compile(r"([-+]?[0-9][0-9_]*(?:\.[0-9]+)?)\s*([KMGBT])?", re.IGNORECASE)
CONDITIONAL = re.compile(r"\bif\b")
PARAMETER_SIGN = re.compile(r"\$(?=[^\W\d])")
"""The sign of a text parameter, which expressions may have, too: `$act if deep else none`."""
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
MAX_DIGITS = 100
NOT_AN_EXPRESSION = "not an expression"


LONG = 50
"""Characters of an expression from which its work is counted."""


class NameValues(Protocol):
    """Where the names in expressions get their values."""

    def lookup(self, path: str) -> Value:
        """The value of a name such as `width` or `prev.channels`; raises ExpressionError."""
        ...

    def spend(self, expression: Scalar) -> None:
        """Counts the length of an expression that is evaluated; raises UnresolvedError beyond a limit."""
        ...


class UnresolvedError(Exception):
    """A value cannot be evaluated; `problem` is the reason, or None if it was reported before."""

    def __init__(self, problem: Problem | None) -> None:
        super().__init__(problem)
        self.problem = problem


class NoWordError(UnresolvedError):
    """A value is a name that is neither a variable nor one of the words of its option."""

    def __init__(self, problem: Problem, word: str) -> None:
        super().__init__(problem)
        self.word = word


def literal(text: str) -> int | Fraction | bool | None:
    """The number or Boolean that a scalar is in YAML 1.2, or None for anything else.

    >>> literal("010"), literal("1e6"), literal("no"), literal("1:30")
    (10, 1000000, None, None)
    """
    if text in TRUTHS:
        return TRUTHS[text]
    if len(text) > MAX_DIGITS:
        return None
    if INTEGER.fullmatch(text):
        return int(text)
    if OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if DECIMAL.fullmatch(text):
        exponent = text.lower().partition("e")[2].lstrip("+-")
        if len(exponent) > len("99"):
            return None
        number = simplest(Fraction(text))
        return number if isinstance(number, int | Fraction) else None
    return None


def sizes(text: str) -> tuple[int, ...] | None:
    """`3x5` or `227×227×3` as numbers."""
    if len(text) <= MAX_DIGITS and SIZES.fullmatch(text):
        return tuple(int(part) for part in re.split(r"[x×]", text))
    return None


def counted(text: str) -> tuple[Fraction, Fraction] | None:
    """A count such as 25.6M: its value, and half a unit of its last digit.

    >>> counted("25.6M")
    (Fraction(25600000, 1), Fraction(50000, 1))
    >>> counted("61706")
    (Fraction(61706, 1), Fraction(0, 1))
    """
    found = COUNTED.fullmatch(text.strip())
    if not found or len(text) > MAX_DIGITS:
        return None
    digits, unit = found[1].replace("_", ""), UNITS[(found[2] or "").upper()]
    decimals = len(digits.partition(".")[2])
    half = Fraction(unit, 2 * 10**decimals) if unit > 1 or decimals else Fraction(0)
    return Fraction(digits) * unit, half


def place_in(scalar: Scalar, offset: int, width: int) -> Place:
    """The place of a part of a scalar, or of the whole scalar if its text differs from the file."""
    if not width or scalar.width != len(scalar.text) + 2 * scalar.shift:
        return scalar.place
    return Place(scalar.line, scalar.column + scalar.shift + offset, width)


def both(scalar: Scalar, value: Value) -> Problem:
    """A text that is a word of its option, and also a variable with another value that the option takes."""
    message = f"'{scalar.text}' is a word here, and a variable with the value {value}"
    hint = f"write ${scalar.text} for the variable, or rename it"
    return Problem("ambiguous", message, scalar.place, hint)


def evaluate_scalar(scalar: Scalar, names: NameValues, words: Container[str] = ()) -> Value:
    """The value of a scalar: a word, a number, sizes, a text parameter `$act`, or an expression.

    `words` are the words that the value may be, also as the result of a condition.

    Raises:
        UnresolvedError: it is none of these, or depends on a layer with an error.
    """
    text = scalar.text
    if text in words:
        return text
    if scalar.is_null:
        return None
    number = literal(text)
    if number is not None:
        return number
    try:
        if text.startswith("$") and not CONDITIONAL.search(text):
            return names.lookup(text[1:])
        if len(text) > LONG:
            names.spend(scalar)
        return sizes(text) or evaluate(parse(PARAMETER_SIGN.sub(" ", text)), names.lookup, words)
    except UnknownWordError as error:
        place = place_in(scalar, error.offset, error.width)
        problem = Problem("expression", f"unknown name '{error.message}'", place, error.hint)
        raise NoWordError(problem, error.message) from None
    except ExpressionError as error:
        if LISTED.fullmatch(text):
            raise UnresolvedError(_parenthesized(scalar)) from None
        if error.message == NOT_AN_EXPRESSION and (value := _refused_name(text, names)) is not None:
            return value
        place = place_in(scalar, error.offset, error.width)
        hint = error.hint or (_advice(text) if error.message == NOT_AN_EXPRESSION else "")
        raise UnresolvedError(Problem("expression", _message(text, error), place, hint)) from None


ELSEWHERE = {
    "&&": "write `and`",
    "||": "write `or`",
    "?": "write `a if condition else b`",
    "!=": "",
    "!": "write `not`",
    "==": "",
    "<=": "",
    ">=": "",
    "=": "write `==` to compare",
    "\u2212": "write `-`",
    "·": "write `*`",
}
"""Signs of other languages, in the order in which they are looked for, and what to write instead."""


def _advice(text: str) -> str:
    """How to write what is no expression here, or an empty text."""
    if CONDITIONAL.search(text) and not re.search(r"\belse\b", text):
        return "a condition needs both values: `a if condition else b`"
    return next((advice for sign, advice in ELSEWHERE.items() if sign in text), "")


def _refused_name(text: str, names: NameValues) -> Value:
    """The value of a variable whose name was refused, such as `2x`, so that there is no second error."""
    try:
        return names.lookup(text)
    except ExpressionError:
        return None


def _parenthesized(scalar: Scalar) -> Problem:
    """`(3, 3)`, which is a list in Python and text in YAML."""
    message = f"expected a number or a list, found '{scalar.text}'"
    return Problem("expression", message, scalar.place, f"write {listed(scalar.text)}")


def listed(text: str) -> str:
    """The numbers of `(3, 3)` as specs write them: one number if all are equal, else a list.

    >>> listed("(3, 3)"), listed("(3, 5)")
    ('3', '[3, 5]')
    """
    numbers = re.findall(r"[0-9]+", text)
    return numbers[0] if len(set(numbers)) == 1 else f"[{', '.join(numbers)}]"


def _message(text: str, error: ExpressionError) -> str:
    message = error.message
    if message == NOT_AN_EXPRESSION:
        return f"expected a number or an expression, found '{text}'"
    return message


def evaluate_node(node: Node, names: NameValues, words: Container[str] = ()) -> Value:
    """The value of a scalar, or the tuple of a list's values.

    Raises:
        UnresolvedError: like `evaluate_scalar`; a mapping has no value.
    """
    if isinstance(node, Scalar):
        return evaluate_scalar(node, names, words)
    if isinstance(node, Sequence):
        return tuple(evaluate_node(item, names, words) for item in node.items)
    raise UnresolvedError(Problem("mapping", "expected a value, found a mapping", node.place))


def is_constant(node: Node, words: frozenset[str]) -> bool:
    """Whether a node has the same value everywhere, because it contains no names."""
    if isinstance(node, Scalar):
        text = node.text
        return text in words or node.is_null or literal(text) is not None or sizes(text) is not None
    return isinstance(node, Sequence) and all(is_constant(item, words) for item in node.items)
