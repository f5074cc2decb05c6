"""YAML text to nodes that know their place. The only file that knows PyYAML.

Values stay text here: what a scalar means depends on where it stands. The tree is composed from the
parser's events, so that depth and size are bounded while it is read, not after.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import yaml
from msgspec import Struct

from cnncalc.problems import Place, Problem, Source, SpecError

MAX_DEPTH = 60
MAX_NODES = 2_000_000

TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} deep"


class Scalar(Struct, frozen=True, gc=False):
    """A piece of text. `plain` tells `no` from `"no"`; `shift` is where its text starts in it."""

    text: str
    line: int
    column: int
    width: int
    plain: bool = True
    shift: int = 0

    @property
    def place(self) -> Place:
        return Place(self.line, self.column, self.width)

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(Struct, frozen=True, gc=False):
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int

    @property
    def place(self) -> Place:
        return Place(self.line, self.column)


class Mapping(Struct, frozen=True, gc=False):
    """A mapping, in the order of the file; its keys are distinct scalars."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    line: int
    column: int

    @property
    def place(self) -> Place:
        return Place(self.line, self.column)

    def get(self, key: str) -> "Node | None":
        """The value of a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


class _Mark(Protocol):
    line: int
    column: int


class Event(Protocol):
    """The parts of PyYAML's events that are used here."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str
    value: str
    style: str | None
    implicit: object


class _Events(Protocol):
    """The part of PyYAML's parsers that is used here; the C one has no annotations."""

    def get_event(self) -> Event: ...


class _Open(Struct):
    """A list or mapping whose end has not come yet."""

    is_mapping: bool
    line: int
    column: int
    items: list[Node]
    anchor: str | None
    size: int = 1
    instead: Scalar | None = None


def read(source: Source, composer: "type[Composer] | None" = None) -> Node:
    """The nodes of one YAML document.

    Raises:
        SpecError: broken YAML, or YAML that a spec may not use.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return (composer or Composer)(source, loader(source.text)).compose()
    except yaml.YAMLError as error:
        raise SpecError([_broken(error, source)], source) from None


class Composer:
    """Builds the tree from events, all problems in one error; one instance reads one document."""

    def __init__(self, source: Source, events: _Events) -> None:
        self.source = source
        self.events = events
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.documents = 0

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
        if self.problems:
            raise SpecError(self.problems, self.source)
        return self.root if self.root is not None else Scalar("", 1, 1, 1)

    def _document(self, event: Event) -> None:
        self.documents += 1
        if self.documents > 1:
            message = "a spec is one YAML document; here another begins"
            self._fail("several-documents", message, event)

    def _fail(self, code: str, message: str, event: Event, hint: str = "") -> None:
        """Stops reading: what follows would only repeat the problem."""
        mark = event.start_mark
        problem = Problem(code, message, Place(mark.line + 1, mark.column + 1), hint)
        raise SpecError([*self.problems, problem], self.source)

    def _refuse_tag(self, event: Event) -> None:
        tag = getattr(event, "tag", None)
        if tag and tag != "!" and event.implicit in (False, (False, False)):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            self._fail("tag", f"tags such as '{short}' have no meaning in a spec", event, "leave it out")

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
        """Opens a list or mapping."""
        mark = event.start_mark
        self.open.append(_Open(is_mapping, mark.line + 1, mark.column + 1, [], event.anchor))

    def end(self, event: Event) -> None:
        done = self.open.pop()
        node: Node
        if done.is_mapping:
            node = Mapping(self.entries(done.items), done.line, done.column)
        else:
            node = Sequence(tuple(done.items), done.line, done.column)
        self.add(node, done.size, done.anchor)

    def alias(self, event: Event) -> None:
        if event.anchor not in self.anchors:
            inside = any(level.anchor == event.anchor for level in self.open)
            what = "stands inside what it names" if inside else "names no anchor above it"
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
        """The pairs of a mapping, with what is wrong with its keys reported."""
        seen: dict[str, Scalar] = {}
        entries: list[tuple[Scalar, Node]] = []
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.problems.append(Problem("key", "a key is a word, not a list or mapping", key.place))
            elif key.text == "<<":
                self.problems.append(
                    Problem("merge-key", "merge keys `<<` are not read", key.place, "use defaults or a block")
                )
            elif key.text in seen:
                first = seen[key.text].line
                message = f"the key '{key.text}' stands twice in one mapping (first on line {first})"
                self.problems.append(Problem("duplicate-key", message, key.place, "keep one of them"))
            else:
                seen[key.text] = key
                entries.append((key, value))
        return tuple(entries)


def _broken(error: yaml.YAMLError, source: Source) -> Problem:
    """What the YAML parser stumbled over, in words that a beginner can act on."""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    at: _Mark | None = getattr(error, "problem_mark", None)
    opened: _Mark | None = getattr(error, "context_mark", None)
    lines = source.text.splitlines()
    if "nesting" in problem:  # libyaml reads ahead of its events, so its own limit may speak before ours
        return Problem("too-deep", TOO_DEEP, Place(at.line + 1, at.column + 1) if at else None)
    if at is None:
        return Problem("yaml", f"this is not YAML: {problem}", None, _advice(problem))
    line = lines[at.line] if at.line < len(lines) else ""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation or "'\\t'" in problem:
        place = Place(at.line + 1, line.find("\t") + 1)
        return Problem(
            "tab", "a tab in the indentation; YAML takes spaces only", place, "replace it by spaces"
        )
    if opened and opened.line != at.line and opened.line < len(lines):
        # What is not closed is found out far below; what helps is where it was opened.
        sign = lines[opened.line][opened.column : opened.column + 1]
        if sign in CLOSING:
            message = f"this `{sign}` is not closed (noticed on line {at.line + 1})"
            return Problem("yaml", message, Place(opened.line + 1, opened.column + 1), CLOSING[sign])
    return Problem(
        "yaml", f"this is not YAML: {problem}", Place(at.line + 1, at.column + 1), _advice(problem)
    )


CLOSING = {
    "{": "a `}` is missing, or a `,` between two entries",
    "[": "a `]` is missing, or a `,` between two entries",
    '"': 'a closing `"` is missing',
    "'": "a closing `'` is missing",
}


def _advice(problem: str) -> str:
    return next((advice for part, advice in ADVICE.items() if part in problem), "")


ADVICE = {
    "did not find expected ',' or '}'": "a `}` or a `,` is missing before this",
    "did not find expected ',' or ']'": "a `]` or a `,` is missing before this",
    "did not find expected key": "is the line indented as its neighbours are?",
    "did not find expected '-' indicator": "is the line indented as its neighbours are?",
    "could not find expected ':'": "a `:` is missing, or a bracket or quote above is not closed",
    "mapping values are not allowed": "is a `,` missing, a `: ` too many, or the indentation wrong?",
    "found unexpected end of stream": "a quote or bracket is not closed",
    "cannot start any token": "put the text in quotes",
}
