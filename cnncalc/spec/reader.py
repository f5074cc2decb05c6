"""Parses YAML text into nodes with places. The only file that imports PyYAML.

Values remain text here: the meaning of a scalar depends on its context. The tree is composed from
parser events, so that limits on depth and size apply while reading, not after.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import yaml
from msgspec import Struct

from cnncalc.problems import MAX_ERRORS, STOPPED, Place, Problem, Source, SpecError
from cnncalc.spec.commas import Report, whole_values
from cnncalc.spec.nodes import Mapping, Node, Scalar, Sequence

__all__ = ["Composer", "Event", "Mapping", "Node", "Scalar", "Sequence", "read"]

MAX_DEPTH = 60
MAX_NODES = 800_000
"""Values of a file, those that its aliases stand for included; the largest networks have some thousand."""

TOO_LARGE = f"the file has more than {MAX_NODES:,} values"
TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} deep"


class _Mark(Protocol):
    line: int
    column: int


class Event(Protocol):
    """The attributes of PyYAML's events that this file uses."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str
    value: str
    style: str | None
    implicit: object
    flow_style: bool


class _Events(Protocol):
    """The method of PyYAML's parsers that this file uses; the C parser has no annotations."""

    def get_event(self) -> Event: ...


class _Open(Struct):
    """A list or mapping that has not ended yet."""

    is_mapping: bool
    line: int
    column: int
    items: list[Node]
    anchor: str | None
    in_brackets: bool = False
    size: int = 1
    instead: Scalar | None = None


def read(source: Source, composer: "type[Composer] | None" = None, report: Report | None = None) -> Node:
    """The nodes of one YAML document.

    With `report`, values that a comma inside a call has cut off are put together, and each is a problem.

    Raises:
        SpecError: invalid YAML, or YAML features that specs do not allow.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return (composer or Composer)(source, loader(source.text), report).compose()
    except yaml.YAMLError as error:
        raise SpecError([_broken(error, source)], source) from None
    except UnicodeEncodeError as error:
        raise SpecError([_not_unicode(error, source)], source) from None


def _not_unicode(error: UnicodeEncodeError, source: Source) -> Problem:
    """Bytes of the command line that are not text reach Python as lone surrogates."""
    before = source.text[: error.start]
    place = Place(before.count("\n") + 1, error.start - before.rfind("\n"))
    return Problem("yaml", "invalid YAML: this character is not valid UTF-8", place, "remove it")


ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent, yaml.DocumentStartEvent})
"""Events that begin no value."""


class Composer:
    """Builds the tree of one document from parser events; raises one error with all problems."""

    def __init__(self, source: Source, events: _Events, report: Report | None = None) -> None:
        self.source = source
        self.events = events
        self.report = report
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.documents = 0
        self.nodes = 0

    def compose(self) -> Node:
        handlers: dict[object, Callable[[Event], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: partial(self.start, True),
            yaml.SequenceStartEvent: partial(self.start, False),
            yaml.MappingEndEvent: self.end,
            yaml.SequenceEndEvent: self.end,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self._document,
        }
        get_event = self.events.get_event
        while not isinstance(event := get_event(), yaml.StreamEndEvent):
            handler = handlers.get(type(event))
            if handler:
                handler(event)
                self.nodes += type(event) not in ENDS
                if self.nodes > MAX_NODES:
                    self._fail("too-large", TOO_LARGE, event, "repeat layers with `repeat` or a block")
        if self.problems:
            raise SpecError(self.problems, self.source)
        return self.root if self.root is not None else Scalar("", 1, 1, 1)

    def _document(self, event: Event) -> None:
        self.documents += 1
        if self.documents > 1:
            message = "expected one YAML document, found the start of another"
            self._fail("several-documents", message, event)

    def _fail(self, code: str, message: str, event: Event, hint: str = "") -> None:
        """Stops reading, because the rest of the file would only repeat the problem."""
        mark = event.start_mark
        problem = Problem(code, message, Place(mark.line + 1, mark.column + 1), hint)
        raise SpecError([*self.problems, problem], self.source)

    def _refuse_tag(self, event: Event) -> None:
        tag = getattr(event, "tag", None)
        if tag and tag != "!" and event.implicit in (False, (False, False)):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            self._fail("tag", f"YAML tags such as '{short}' are not allowed", event, "remove it")

    def scalar(self, event: Event) -> None:
        self._refuse_tag(event)
        start, end, text = event.start_mark, event.end_mark, event.value
        plain = not event.style
        width = end.column - start.column if end.line == start.line else len(text)
        shift = 0 if plain else 1
        self.add(Scalar(text, start.line + 1, start.column + 1, max(width, 1), plain, shift), 1, event.anchor)

    def start(self, is_mapping: bool, event: Event) -> None:
        self._refuse_tag(event)
        if len(self.open) >= MAX_DEPTH:
            self._fail("too-deep", TOO_DEEP, event)
        self.begin(is_mapping, event)

    def begin(self, is_mapping: bool, event: Event) -> None:
        """Starts a list or mapping."""
        mark = event.start_mark
        in_brackets = bool(event.flow_style)
        self.open.append(_Open(is_mapping, mark.line + 1, mark.column + 1, [], event.anchor, in_brackets))

    def end(self, event: Event) -> None:
        done = self.open.pop()
        if done.in_brackets and self.report:
            done.items = whole_values(done.items, done.is_mapping, self.report)
        node: Node
        if done.is_mapping:
            node = Mapping(self.entries(done.items), done.line, done.column)
        else:
            node = Sequence(tuple(done.items), done.line, done.column)
        self.add(node, done.size, done.anchor)

    def alias(self, event: Event) -> None:
        if event.anchor not in self.anchors:
            inside = any(level.anchor == event.anchor for level in self.open)
            what = "refers to itself" if inside else "has no anchor before it"
            self._fail("alias", f"the alias *{event.anchor} {what}", event)
        node, size = self.anchors[event.anchor]
        if size + sum(level.size for level in self.open) > MAX_NODES:
            self._fail("too-large", f"the aliases expand to more than {MAX_NODES:,} values", event)
        self.add(node, size, None)

    def add(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = (node, size)
        if self.open:
            self.open[-1].items.append(node)
            self.open[-1].size += size
        else:
            self.root = node

    def entries(self, items: list[Node]) -> tuple[tuple[Scalar, Node], ...]:
        """The pairs of a mapping; reports problems with its keys."""
        seen: dict[str, Scalar] = {}
        entries: list[tuple[Scalar, Node]] = []
        for key, value in zip(items[::2], items[1::2], strict=True):
            if problem := _wrong_key(key, seen):
                self.problems.append(problem)
                if len(self.problems) == MAX_ERRORS:
                    raise SpecError([*self.problems, STOPPED], self.source)
            elif isinstance(key, Scalar):
                seen[key.text] = key
                entries.append((key, value))
        return tuple(entries)


def _wrong_key(key: Node, seen: dict[str, Scalar]) -> Problem | None:
    if not isinstance(key, Scalar):
        return Problem("key", "a key must be a word, found a list or mapping", key.place)
    if key.text == "<<":
        hint = "use defaults or a block"
        return Problem("merge-key", "merge keys `<<` are not supported", key.place, hint)
    if key.text in seen:
        message = f"duplicate key '{key.text}' (first on line {seen[key.text].line})"
        return Problem("duplicate-key", message, key.place, "keep one of them")
    return None


def _broken(error: yaml.YAMLError, source: Source) -> Problem:
    """A YAML parser error as a problem that a beginner can act on."""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    at: _Mark | None = getattr(error, "problem_mark", None)
    opened: _Mark | None = getattr(error, "context_mark", None)
    lines = source.text.splitlines()
    if "nesting" in problem:  # libyaml reads ahead of its events, so it may reach its own limit first
        return Problem("too-deep", TOO_DEEP, Place(at.line + 1, at.column + 1) if at else None)
    if at is None:
        return Problem("yaml", f"invalid YAML: {problem}", None, _advice(problem))
    line = lines[at.line] if at.line < len(lines) else ""
    if "unexpected ':'" in problem and opened and opened.line == at.line:
        key = line[opened.column : at.column]
        place = Place(at.line + 1, opened.column + 1, max(len(key) + 1, 1))
        return Problem("no-space", f"missing space after the colon in '{key}:'", place, f"write `{key}: ,`")
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation or "'\\t'" in problem:
        place = Place(at.line + 1, line.find("\t") + 1)
        return Problem(
            "tab", "tab in the indentation; YAML allows only spaces", place, "replace it with spaces"
        )
    if opened and opened.line != at.line and opened.line < len(lines):
        # The parser notices an unclosed bracket or quote far below; report where it was opened.
        sign = lines[opened.line][opened.column : opened.column + 1]
        if sign in CLOSING:
            message = f"unclosed `{sign}` (noticed on line {at.line + 1})"
            return Problem("yaml", message, Place(opened.line + 1, opened.column + 1), CLOSING[sign])
    return Problem("yaml", f"invalid YAML: {problem}", Place(at.line + 1, at.column + 1), _advice(problem))


CLOSING = {
    "{": "add the missing `}`, or a `,` between two entries",
    "[": "add the missing `]`, or a `,` between two entries",
    '"': 'add the closing `"`',
    "'": "add the closing `'`",
}


def _advice(problem: str) -> str:
    return next((advice for part, advice in ADVICE.items() if part in problem), "")


ADVICE = {
    "did not find expected ',' or '}'": "add the missing `}` or `,` before this",
    "did not find expected ',' or ']'": "add the missing `]` or `,` before this",
    "did not find expected key": "indent the line like the lines around it",
    "did not find expected '-' indicator": "indent the line like the lines around it",
    "could not find expected ':'": "add the missing `:`, or close a bracket or quote above",
    "mapping values are not allowed": "look for a missing `,`, an extra `: `, or wrong indentation",
    "found unexpected end of stream": "close the open quote or bracket",
    "cannot start any token": "quote the text",
}
