"""Converts TOML to the nodes of a spec, so that the same code reads budgets and every key has a place.

`tomllib` gives values but not places; a scan of the lines finds those. A key that the scan cannot
locate, such as one inside an inline table, has the place of its table.
"""

import re
import tomllib

from cnncalc.problems import Place, Problem, Source
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence

PART = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
DOTTED = rf"{PART}(?:\s*\.\s*{PART})*"
HEADER = re.compile(rf"\s*(\[\[?)\s*({DOTTED})\s*\]\]?")
KEY = re.compile(rf"\s*({DOTTED})\s*=\s*")
INNER = re.compile(rf"[{{,]\s*({DOTTED})\s*=\s*")
AT = re.compile(r"\(at line (\d+), column (\d+)\)")
FENCES = ('"""', "'''")

Path = tuple[str | int, ...]


class BrokenTomlError(Exception):
    """The text is not valid TOML; `problem` is the reason, with its place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


MAX_LENGTH = 1_000_000
"""Characters of a file; a configuration has some hundred."""
MAX_PARTS = 100
"""Parts of a dotted key, and levels of nesting."""
TOO_LONG = re.compile(rf"{PART}(?:[ \t]*\.[ \t]*{PART}){{{MAX_PARTS}}}")


def parse(source: Source) -> Mapping:
    """The document as nodes; raises BrokenTomlError."""
    if len(source.text) > MAX_LENGTH:
        raise _too_large(f"the file is longer than {MAX_LENGTH:,} characters", 1)
    for number, line in enumerate(source.text.splitlines(), 1):
        if TOO_LONG.search(line):
            raise _too_large(f"a key has more than {MAX_PARTS} parts", number)
    try:
        data = tomllib.loads(source.text)
        return _mapping(data, (), Places(source.text))
    except tomllib.TOMLDecodeError as error:
        raise BrokenTomlError(_broken(str(error), source)) from None
    except RecursionError:
        raise _too_large("its values are nested too deeply", 1) from None
    except ValueError:  # the limit of Python on the digits of a number
        raise _too_large("a number has too many digits", _longest_line(source.text)) from None


def _too_large(message: str, line: int) -> BrokenTomlError:
    return BrokenTomlError(Problem("configuration", message, Place(line, 1)))


def _longest_line(text: str) -> int:
    lines = text.splitlines()
    return lines.index(max(lines, key=len)) + 1


def _broken(error: str, source: Source) -> Problem:
    at = AT.search(error)
    lines = source.text.splitlines() or [""]
    place = Place(int(at[1]), int(at[2])) if at else Place(len(lines), len(lines[-1]) + 1)
    message = AT.sub("", error).replace("(at end of document)", "at the end of the file").strip()
    return Problem("configuration", f"invalid TOML: {message[:1].lower()}{message[1:]}", place)


class Places:
    """The places of keys and values in a TOML text, by path."""

    def __init__(self, text: str) -> None:
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}
        table: Path = ()
        fence = ""
        for number, line in enumerate(text.splitlines(), 1):
            if fence:
                fence = "" if fence in line else fence
            elif found := HEADER.match(line):
                table = self._table(found, number)
            elif found := KEY.match(line):
                self._entry(found, line, table, number)
                fence = next((each for each in FENCES if line.count(each) == 1), "")

    def _table(self, found: re.Match[str], number: int) -> Path:
        """The path of a header; each `[[...]]` with the same name is the next item of a list."""
        path: Path = ()
        parts = _parts(found[2])
        for at, part in enumerate(parts):
            path = (*path, part)
            if at == len(parts) - 1 and found[1] == "[[":
                self.keys.setdefault(path, Place(number, found.start(2) + 1, len(found[2])))
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        self.keys.setdefault(path, Place(number, found.start(2) + 1, len(found[2])))
        return path

    def _entry(self, found: re.Match[str], line: str, table: Path, number: int) -> None:
        path = self._record(found, table, number)
        value = re.split(r"\s+#", line[found.end() :], maxsplit=1)[0].strip()
        self.values[path] = Place(number, found.end() + 1, max(len(value), 1))
        for inner in INNER.finditer(line, found.end()):
            within = self._record(inner, path, number)
            text = re.match(r"""\s*("[^"]*"|'[^']*'|[^,}\]]*)""", line[inner.end() :])
            width = len(text[1].strip()) if text else 1
            self.values[within] = Place(number, inner.end() + 1, max(width, 1))

    def _record(self, found: re.Match[str], table: Path, number: int) -> Path:
        path = table
        for part in _parts(found[1]):
            path = (*path, part)
            self.keys.setdefault(path, Place(number, found.start(1) + 1, len(found[1])))
        return path

    def key(self, path: Path) -> Place:
        """The place of a key, or of its table."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, Place(1, 1))

    def value(self, path: Path) -> Place:
        """The place of a value, or of its key."""
        return self.values.get(path) or self.key(path)


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(PART, dotted)]


def _mapping(table: dict[str, object], path: Path, places: Places) -> Mapping:
    entries = []
    for key, value in table.items():
        inner = (*path, key)
        at = places.key(inner)
        entries.append((Scalar(key, at.line, at.column, at.width), _node(value, inner, places)))
    own = places.value(path)
    return Mapping(tuple(entries), own.line, own.column)


def _node(value: object, path: Path, places: Places) -> Node:
    at = places.value(path)
    if isinstance(value, dict):
        return _mapping(value, path, places)
    if isinstance(value, list):
        items = (_node(item, (*path, number), places) for number, item in enumerate(value))
        return Sequence(tuple(items), at.line, at.column)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Scalar(text, at.line, at.column, at.width, plain=not isinstance(value, str))
