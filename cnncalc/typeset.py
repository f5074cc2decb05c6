"""Writes a syntax tree as a formula: plain text with Unicode symbols, or LaTeX."""

import ast
import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

SPLIT = re.compile(r"[A-Za-z]'?[_^]\S+")
"""A letter with a subscript or superscript: k_h, N^i."""

Leaf = Callable[[str], str]
"""Maps a variable to its text: its name, its name in another notation, or its number."""

CHOICE, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
    ast.Eq: "=",
    ast.NotEq: "≠",
}


class Style(NamedTuple):
    """How one output format writes each construct; `{}` are the operands."""

    minus: str
    times: str
    over: str
    to_the: str
    parentheses: str
    floor: str
    ceil: str
    root: str
    call: str
    cases: str
    bars: bool  # whether a fraction bar already groups its operands
    comma: str = ""  # thousands separator


PLAIN = Style(
    minus="−",
    times="{}·{}",
    over="{}/{}",
    to_the="{}^{}",
    parentheses="({})",
    floor="⌊{}⌋",
    ceil="⌈{}⌉",
    root="√({})",
    call="{}({})",
    cases="{} if {}, else {}",
    bars=False,
)

LATEX = Style(
    minus="-",
    times=r"{} \cdot {}",
    over=r"\frac{{{}}}{{{}}}",
    to_the="{}^{{{}}}",
    parentheses=r"\left({}\right)",
    floor=r"\left\lfloor {} \right\rfloor",
    ceil=r"\left\lceil {} \right\rceil",
    root=r"\sqrt{{{}}}",
    call=r"\operatorname{{{}}}\left({}\right)",
    cases=r"\begin{{cases}} {} & {} \\ {} & \text{{otherwise}} \end{{cases}}",
    bars=True,
)


READABLE = PLAIN._replace(comma=",")
"""Plain text with thousands separators: 105,415,200."""

MATHEMATICS = LATEX._replace(comma="{,}")
"""LaTeX with thousands separators; a plain comma would add a space."""


def grouped(number: int | Fraction, style: Style) -> str:
    """Format a number with the thousands separator of `style`."""
    return f"{number:,}".replace(",", style.comma) if isinstance(number, int) else str(number)


def named(name: str, style: Style) -> str:
    """Format a variable's name; in LaTeX, words are upright and sub- and superscripts are in braces."""
    if not style.bars:
        return name
    base, mark, rest = re.split(r"([_^])", name, maxsplit=1) if SPLIT.fullmatch(name) else (name, "", "")
    shown = base if len(base) == 1 else rf"\text{{{base}}}".replace("_", r"\_")
    return f"{shown}{mark}{{{rest}}}" if mark else shown


def typeset(tree: ast.expr, style: Style = PLAIN, leaf: Leaf = str) -> str:
    """Write the formula in `style`; `leaf` gives the text of each variable."""
    return _write(tree, style, leaf)[0]


def _write(node: ast.expr, style: Style, leaf: Leaf) -> tuple[str, int]:
    """The text and its precedence."""
    match node:
        case ast.Name(id=name):
            text = leaf(name)
            if text.startswith("-"):
                return style.minus + text[1:], SUM  # parentheses unless it comes first
            above, over, below = text.partition("/")
            return (style.over.format(above, below), PRODUCT) if over else (text, ATOM)
        case ast.Constant(value=value):
            return str(value), ATOM
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return style.minus + _grouped(operand, UNARY, style, leaf), UNARY
        case ast.BinOp():
            return _binary(node, style, leaf)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, [typeset(arg, style, leaf) for arg in args], style), ATOM
        case ast.IfExp(test=test, body=body, orelse=orelse):
            parts = (typeset(part, style, leaf) for part in (body, test, orelse))
            return style.cases.format(*parts), CHOICE
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            sides = typeset(left, style, leaf), typeset(right, style, leaf)
            return f"{sides[0]} {COMPARISONS[type(op)]} {sides[1]}", CHOICE
    raise ValueError(f"unsupported in a formula: {type(node).__name__}")


def _grouped(node: ast.expr, at_least: int, style: Style, leaf: Leaf) -> str:
    text, binding = _write(node, style, leaf)
    return text if binding >= at_least else style.parentheses.format(text)


def _binary(node: ast.BinOp, style: Style, leaf: Leaf) -> tuple[str, int]:
    left, right = node.left, node.right
    match node.op:
        case ast.Add():
            return f"{_grouped(left, SUM, style, leaf)} + {_grouped(right, PRODUCT, style, leaf)}", SUM
        case ast.Sub():
            subtrahend = _grouped(right, PRODUCT, style, leaf)
            return f"{_grouped(left, SUM, style, leaf)} {style.minus} {subtrahend}", SUM
        case ast.Mult():
            sides = _grouped(left, PRODUCT, style, leaf), _grouped(right, PRODUCT, style, leaf)
            return style.times.format(*sides), PRODUCT
        case ast.FloorDiv():
            quotient = _binary(ast.BinOp(left, ast.Div(), right), style, leaf)[0]
            return style.floor.format(quotient), ATOM
        case ast.Div():
            tight = (CHOICE, CHOICE) if style.bars else (PRODUCT, UNARY)
            sides = _grouped(left, tight[0], style, leaf), _grouped(right, tight[1], style, leaf)
            return style.over.format(*sides), PRODUCT
        case ast.Pow():
            exponent = CHOICE if style.bars else ATOM
            sides = _grouped(left, ATOM, style, leaf), _grouped(right, exponent, style, leaf)
            return style.to_the.format(*sides), POWER
    raise ValueError(f"unsupported in a formula: {type(node.op).__name__}")


def _call(name: str, args: list[str], style: Style) -> str:
    shapes = {"floor": style.floor, "ceil": style.ceil, "sqrt": style.root}
    if name in shapes:
        return shapes[name].format(*args)
    return style.call.format(name, ", ".join(args))
