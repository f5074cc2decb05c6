"""Values that a comma inside a call has cut off: `{conv: max(8, width)}` without quotes.

YAML reads the rest as further entries. The parts are put together, so that there is one problem, which shows
the text to quote.
"""

from collections.abc import Callable, Iterator

from cnncalc.problems import Problem
from cnncalc.spec.nodes import Node, Scalar, Sequence

MOST_PARTS = 100
"""Entries that the rest of a value is looked for in."""
Report = Callable[[Problem], None]


def whole_values(items: list[Node], is_mapping: bool, report: Report) -> list[Node]:
    """The items of a list or mapping in brackets (then keys and values in turn), with whole values."""
    if not any(_is_open(item) for item in items):
        return items
    found: list[Node] = []
    at = 0
    while at < len(items):
        value = items[at]
        parts: list[Node] = [value]
        if isinstance(value, Scalar) and _is_open(value) and (not is_mapping or at % 2):
            following = items[at + 1 : at + 1 + MOST_PARTS]
            rest = list(_rest(value, following, is_mapping))
            parts = [value, *rest]
            found.append(_joined(value, rest, is_mapping, report) if following else value)
        else:
            found.append(value)
        at += 1 + (len(parts) - 1) * (2 if is_mapping else 1)
    return found


def _is_open(node: Node) -> bool:
    """Whether an unquoted text has an opening parenthesis without a closing one."""
    return isinstance(node, Scalar) and node.plain and _depth(node.text) > 0


def _depth(text: str) -> int:
    return text.count("(") - text.count(")")


def _rest(value: Scalar, following: list[Node], is_mapping: bool) -> Iterator[Scalar]:
    """The parts up to the closing parenthesis; none if it does not come."""
    parts: list[Scalar] = []
    depth = _depth(value.text)
    for part, empty in _pairs(following, is_mapping):
        if not (isinstance(part, Scalar) and part.plain and empty):
            return
        parts.append(part)
        depth += _depth(part.text)
        if depth <= 0:
            yield from parts
            return


def _pairs(items: list[Node], is_mapping: bool) -> Iterator[tuple[Node, bool]]:
    """Each key, or each item, and whether it has no value of its own."""
    if not is_mapping:
        yield from ((item, True) for item in items)
        return
    for key, value in zip(items[::2], items[1::2], strict=False):
        yield key, isinstance(value, Scalar) and value.plain and not value.text


def _joined(first: Scalar, rest: list[Scalar], is_mapping: bool, report: Report) -> Node:
    """The whole value, after reporting it."""
    where = "braces" if is_mapping else "brackets"
    message = f"'{first.text}' is cut off: inside {where} a comma ends the value"
    if not rest:
        report(Problem("unquoted-comma", message, first.place, 'quote it, such as "max(a, b)"'))
        return Scalar("1", first.line, first.column, first.width)
    parts = (first, *rest)
    whole = ", ".join(part.text for part in parts)
    if whole.startswith("("):
        report(Problem("unquoted-comma", message, first.place, f"write a list: [{whole[1:-1]}]"))
        bare = (Scalar(part.text.strip("( )"), part.line, part.column, part.width) for part in parts)
        return Sequence(tuple(bare), first.line, first.column)
    report(Problem("unquoted-comma", message, first.place, f'quote it: "{whole}"'))
    return Scalar(whole, first.line, first.column, first.width, plain=False)
