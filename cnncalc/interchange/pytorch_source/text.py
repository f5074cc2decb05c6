"""Python text with lines of at most 88 columns, as `ruff format` leaves it."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

WIDTH = 88
INDENT = "    "


class Bracket(Struct, frozen=True):
    """Items in brackets, such as a call with its arguments."""

    start: str
    items: tuple["Piece", ...]
    end: str = ")"
    prefix: str = ""


Piece: TypeAlias = str | Bracket


def written(piece: Piece, indent: int, before: str = "", after: str = "") -> str:
    """A piece between two texts: on one line if it fits, else with a line for each item."""
    line = before + one_line(piece) + after
    if isinstance(piece, str) or not piece.items or len(INDENT) * indent + len(line) <= WIDTH:
        return line
    inner = INDENT * (indent + 1)
    is_hugged = len(piece.items) == 1 and isinstance(piece.items[0], Bracket) and piece.items[0].end in "]}"
    comma = "" if is_hugged else ","
    lines = [inner + written(each, indent + 1, after=comma) for each in piece.items]
    return "\n".join([before + piece.prefix + piece.start, *lines, INDENT * indent + piece.end + after])


def one_line(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    return f"{piece.prefix}{piece.start}{', '.join(map(one_line, piece.items))}{piece.end}"


def prefixed(prefix: str, piece: Piece) -> Piece:
    """A piece after a text that stays on its first line, such as the name of an argument."""
    if isinstance(piece, str):
        return prefix + piece
    return Bracket(piece.start, piece.items, piece.end, prefix + piece.prefix)


def sum_of(terms: Sequence[str], indent: int, before: str) -> str:
    """A sum, in parentheses with a line for each term if it is long."""
    line = before + " + ".join(terms)
    if len(INDENT) * indent + len(line) <= WIDTH or len(terms) < 2:
        return line
    inner = INDENT * (indent + 1)
    lines = [f"{inner}{'+ ' * (at > 0)}{term}" for at, term in enumerate(terms)]
    return "\n".join([f"{before}(", *lines, f"{INDENT * indent})"])
