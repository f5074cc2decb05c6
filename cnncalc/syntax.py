"""Safe parser for arithmetic: from text to a checked syntax tree.

Python's own parser reads the text; only the node types listed here are accepted, so nothing can be
called, imported or looked up beyond the names that the caller provides.
"""

import ast
import re
import warnings
from fractions import Fraction
from functools import lru_cache

MAX_LENGTH = 1000

FUNCTIONS = frozenset({"abs", "ceil", "floor", "make_divisible", "max", "min", "round", "round8"})
"""Functions that expressions in specs may call."""

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)

LEADING_ZEROS = re.compile(r"(?<![\w.])0+(?=\d)")
DOTTED = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.\w+)+")
STANDS_FOR_DIGIT = {ord(digit): letter for digit, letter in zip("0123456789", "ⴰⴱⴲⴳⴴⴵⴶⴷⴸⴹ", strict=True)}
DIGIT_OF = {ord(letter): chr(digit) for digit, letter in STANDS_FOR_DIGIT.items()}
"""Letters that replace digits: `stage.0.conv1` is no Python name, and offsets must not change."""


class ExpressionError(Exception):
    """Text that is not an expression or has no value. `offset` and `width` point into it."""

    def __init__(self, message: str, offset: int = 0, width: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


def parse(text: str, functions: frozenset[str] = FUNCTIONS) -> ast.expr:
    """Parse `text` into a checked syntax tree; node offsets count characters.

    Trees are cached; fewer of long expressions, because a tree takes a thousand times their length.

    Raises:
        ExpressionError: not an expression, or more than arithmetic.
    """
    return (_parsed_long if len(text) > 100 else _parsed_short)(text, functions)


def _parsed(text: str, functions: frozenset[str]) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    if "#" in text:
        raise ExpressionError("not an expression", text.index("#"), 1, hint="a comment starts with a space")
    readable = _readable(text)
    lead = len(readable) - len(readable.lstrip())
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(readable.strip(), mode="eval").body
    except UnicodeEncodeError as error:  # a lone surrogate, for a byte of the command line that is no text
        raise ExpressionError("this character is not valid UTF-8", lead + error.start, 1) from None
    except (SyntaxError, ValueError) as error:
        offset = lead + max((getattr(error, "offset", 1) or 1) - 1, 0)
        raise ExpressionError("not an expression", min(offset, max(len(text) - 1, 0)), 1) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply") from None
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    _place(nodes, readable.strip(), lead)
    for node in nodes:
        _check(node, functions)
    return tree


_parsed_short = lru_cache(maxsize=4096)(_parsed)
_parsed_long = lru_cache(maxsize=128)(_parsed)


def _readable(text: str) -> str:
    """Rewrite `text` for Python's parser without moving characters: 010 is ten, paths may have digits."""
    flat = LEADING_ZEROS.sub(lambda zeros: " " * len(zeros[0]), text.replace("\n", " "))
    return DOTTED.sub(lambda path: _with_letters(path[0]), flat)


def _with_letters(path: str) -> str:
    parts = path.split(".")
    return ".".join(part.translate(STANDS_FOR_DIGIT) if part[0].isdigit() else part for part in parts)


def _place(nodes: list[ast.expr], text: str, lead: int) -> None:
    """Convert byte offsets to character offsets, and decimals to exact fractions."""
    source = b"" if text.isascii() else text.encode()
    for node in nodes:
        start, end = node.col_offset, node.end_col_offset or node.col_offset
        if source:
            start, end = len(source[:start].decode()), len(source[:end].decode())
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            node.value = _exact(text[start:end], node.value)  # type: ignore[assignment]
        node.col_offset, node.end_col_offset = lead + start, lead + end


def _exact(written: str, value: float) -> Fraction | float:
    """A decimal as an exact fraction; one that needs a huge fraction stays a float."""
    if not value:
        return Fraction(0)
    if not 1e-300 < value < 1e300:
        return value
    return Fraction(written.replace("_", ""))


def _check(node: ast.expr, functions: frozenset[str]) -> None:
    """Refuses a node that is not arithmetic."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | Fraction()):
            pass
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            if name not in functions:
                known = ", ".join(sorted(functions))
                raise at(node, f"there is no function '{name}'", hint=f"functions: {known}")
        case ast.BinOp(op=op) if isinstance(op, OPERATORS):
            pass
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
            pass
        case ast.Compare() | ast.BoolOp() | ast.IfExp() | ast.Name() | ast.Attribute():
            pass
        case ast.BinOp(op=ast.BitXor()):
            raise at(node, "`^` is no operator here", hint="write `**` for a power")
        case _:
            raise at(node, "only numbers, names, arithmetic and comparisons are allowed in an expression")


def at(node: ast.expr, message: str, hint: str = "") -> ExpressionError:
    """An error at one part of an expression."""
    width = (node.end_col_offset or node.col_offset + 1) - node.col_offset
    return ExpressionError(message, node.col_offset, max(width, 1), hint)


def dotted(node: ast.expr) -> str:
    """The path `a.b.c` of a name or attribute."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise at(node, "only a name can be followed by a dot")
    parts.append(node.id)
    return ".".join(reversed(parts)).translate(DIGIT_OF)
