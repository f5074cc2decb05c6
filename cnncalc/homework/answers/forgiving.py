"""YAML written by students: an invalid value costs that answer, not the whole file."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from cnncalc.problems import SpecError
from cnncalc.spec.reader import Composer, Event, Node, Scalar

DEEPEST = 1000
"""Deepest nesting; the parser itself becomes slow beyond it."""
LARGEST_ALIAS = 1000
"""Most values that one alias may expand to."""
INSTEAD = {
    "tag": "(a YAML tag)",
    "alias": "(an alias without an anchor)",
    "too-large": "(an alias that expands too far)",
    "too-deep": "(lists nested too deep)",
}
"""Replacements for invalid values; none of them can be read as an answer."""
NESTED = "(a list or mapping)"


class Forgiving(Composer):
    """Reads on after values that a spec rejects, and replaces them with a text that is no answer.

    Duplicate keys are kept: the first answer counts, the second is reported.
    """

    def scalar(self, event: Event) -> None:
        try:
            super().scalar(event)
        except SpecError as error:
            self.add(_instead(_code(error), event), 1, event.anchor)

    def alias(self, event: Event) -> None:
        if self.anchors.get(event.anchor, (None, 0))[1] > LARGEST_ALIAS:
            self.add(_instead("too-large", event), 1, None)
            return
        try:
            super().alias(event)
        except SpecError as error:
            self.add(_instead(_code(error), event), 1, None)

    def start(self, is_mapping: bool, event: Event) -> None:
        try:
            super().start(is_mapping, event)
        except SpecError as error:
            if len(self.open) >= DEEPEST:
                raise
            self.begin(is_mapping, event)
            self.open[-1].instead = _instead(_code(error), event)

    def end(self, event: Event) -> None:
        instead = self.open[-1].instead
        if instead is None:
            super().end(event)
        else:
            self.add(instead, 1, self.open.pop().anchor)

    def entries(self, items: list[Node]) -> tuple[tuple[Scalar, Node], ...]:
        """The pairs of a mapping; an invalid key is later reported as an unknown question."""
        pairs = [_pair(*pair) for pair in zip(items[::2], items[1::2], strict=True)]
        return tuple(_with_commas(pairs))


def _code(error: SpecError) -> str:
    return error.problems[0].code


def _instead(code: str, event: Event) -> Scalar:
    mark = event.start_mark
    return Scalar(INSTEAD[code], mark.line + 1, mark.column + 1, 1, plain=False)


BETWEEN_COMMAS = re.compile(r"[0-9][0-9.]*[ A-Za-z]{0,8}")
"""What follows a comma inside a number or shape."""
BEFORE_COMMA = re.compile(r"[~≈(\[]?\s*[0-9][0-9.]*")


def _with_commas(pairs: list[tuple[Scalar, Node]]) -> Iterator[tuple[Scalar, Node]]:
    """The pairs, with numbers that YAML has divided at a comma: `{params: 34,944}` is 34 and a key 944."""
    whole: list[tuple[Scalar, Node]] = []
    for key, value in pairs:
        if whole and _is_rest(key, value):
            (before, start), last = whole[-1], key
            if isinstance(start, Scalar) and BEFORE_COMMA.fullmatch(start.text.rpartition(",")[2]):
                whole[-1] = before, replace(start, text=f"{start.text},{last.text}")
                continue
        whole.append((key, value))
    yield from whole


def _is_rest(key: Scalar, value: Node) -> bool:
    """Whether a key without a value is what follows a comma inside a number."""
    is_bare = isinstance(value, Scalar) and value.plain and not value.text
    return is_bare and key.plain and bool(BETWEEN_COMMAS.fullmatch(key.text))


def _pair(key: Node, value: Node) -> tuple[Scalar, Node]:
    if not isinstance(key, Scalar):
        return Scalar(NESTED, key.line, key.column, 1), value
    if key.text == "<<" and not isinstance(value, Scalar):
        return key, Scalar(NESTED, value.line, value.column, 1)
    return key, value
