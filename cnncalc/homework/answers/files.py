"""Answer files in YAML, JSON, CSV or Markdown: for one student or a class, as a list or a table."""

import codecs
import re
from collections import Counter
from pathlib import Path

from msgspec.structs import replace

from cnncalc.homework.answers.cells import Cells
from cnncalc.homework.answers.columns import ABOUT_THE_STUDENT, ROLES, asked_by, header_of, word_of
from cnncalc.homework.answers.entries import Entry, Sheet
from cnncalc.homework.answers.forgiving import NESTED, Forgiving
from cnncalc.homework.answers.tables import (
    Table,
    assignments,
    csv_tables,
    markdown_tables,
    printed_table,
    unescaped,
)
from cnncalc.homework.answers.workbook import is_container, workbook_tables
from cnncalc.problems import Problem, Source, UnreadableError
from cnncalc.spec.files import MAX_BYTES, content, too_large
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence, read

MOST_ANSWERS = 20_000
"""Most answers read per student."""
MOST_NESTED = 12
"""Deepest nesting of mappings that is read."""

ABOUT_THE_SHEET = ("schema_version", "network", "seed", "input", "questions")
"""Keys of a JSON worksheet other than its layers."""
NOT_ASKED = "–"
"""Marks a worksheet cell that is not a question, because the layer has no such number."""
VARIANT_HEADING = re.compile(r'^(?:# |\s*"network": ")(.*), variant (-?[0-9]{1,18})"?,?\s*$', re.MULTILINE)
"""The heading of a worksheet for a random variant, in Markdown and JSON."""
STUDENT_LINE = re.compile(r"^Student: *(\S.*)$", re.MULTILINE)
"""The line of a Markdown worksheet with the student's name."""
TABLES = ("csv", "tsv", "md", "markdown")


def sheets_of_file(path: Path, student: str = "") -> list[Sheet]:
    """Read the sheets of a file; `student` is used if the file does not name one, else the file's name.

    Raises:
        SpecError: it cannot be read, or has no answers.
    """
    try:
        if path.is_dir():
            raise _unreadable(str(path), "expected an answer file, found a directory")
        data = content(path)
    except OSError as error:
        raise _unreadable(str(path), f"cannot be read: {error.strerror}") from None
    return sheets_of_bytes(data, str(path), path.suffix.lower().lstrip("."), student or path.stem)


def sheets_of_bytes(data: bytes, name: str, ending: str = "", student: str = "") -> list[Sheet]:
    """Read the sheets in the bytes of a file: a workbook, or text in any encoding; see `sheets`."""
    if is_container(data):
        return _not_empty(_of_tables(workbook_tables(data, name), student), name)
    return sheets(decoded(data, name), ending, student)


def decoded(data: bytes, name: str) -> Source:
    """The text of a sheet, in UTF-8, UTF-16 or Windows-1252, as spreadsheets save it.

    Raises:
        UnreadableError: it is too large or binary.
    """
    if len(data) > MAX_BYTES:
        raise too_large(name)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Source(name, data.decode("utf-16", errors="replace"))
    if b"\0" in data:
        raise _unreadable(name, "the file is binary, not text")
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Source(name, data.decode("cp1252", errors="replace"))


def sheets(source: Source, ending: str, student: str) -> list[Sheet]:
    """Read the sheets of a text; `student` is used if the text does not name one.

    Raises:
        SpecError: it cannot be read, or has no answers.
    """
    if not source.text.strip():
        raise _unreadable(source.name, "the file is empty")
    named = ending in (*TABLES, "yaml", "yml", "json")
    if ending in ("md", "markdown") or (not named and markdown_tables(source.text)):
        named_student = STUDENT_LINE.search(source.text)
        student = unescaped(named_student[1]).strip() if named_student else student
        tables = markdown_tables(source.text) or [_table(source.text)]
        found = _of_tables(tables, student)
    elif ending in TABLES or (not named and _looks_like_table(source.text)):
        found = _of_tables([_table(source.text)], student)
    else:
        found = _of_node(read(source, Forgiving), student)
    _not_empty(found, source.name)
    heading = VARIANT_HEADING.search(source.text)
    if heading is None:
        return found
    return [replace(sheet, variant=int(heading[2]), network=heading[1]) for sheet in found]


def _not_empty(found: list[Sheet], name: str) -> list[Sheet]:
    """The sheets; raises UnreadableError if there are no answers."""
    if any(sheet.entries for sheet in found):
        return found
    hint = "write `conv1.output: 55x55x96`, or a table with the columns layer, output, params"
    notice = next((f"{notice.message}; " for sheet in found for notice in sheet.notices), "")
    raise _unreadable(name, "no answers found in this file", notice + hint)


def _unreadable(name: str, message: str, hint: str = "") -> UnreadableError:
    return UnreadableError([Problem("unreadable", message, None, hint)], Source(name, ""))


def _looks_like_table(text: str) -> bool:
    first = text.strip().splitlines()[0]
    if first[:1] in "{[" or ": " in first:
        return first[:1] not in "{[" and header_of(printed_table(text)) is not None
    is_printed = header_of(printed_table(text)) is not None or bool(_assigned(text))
    return is_printed or any(sign in first for sign in ",;\t")


# YAML and JSON


def _of_node(root: Node, student: str) -> list[Sheet]:
    if isinstance(root, Mapping):
        several = root.get("students")
        if isinstance(several, Mapping):
            layout = text_of(root.get("layout"))
            return [_sheet(value, key.text, layout) for key, value in several.entries]
        return [_sheet(root, student, "")]
    if isinstance(root, Sequence):
        return _of_tables([_records(root)], student)
    return []


def _sheet(node: Node, student: str, layout: str) -> Sheet:
    entries: list[Entry] = []
    variant = None
    if isinstance(node, Mapping):
        ignored = ABOUT_THE_SHEET if is_worksheet(node) else ()
        for key, value in node.entries:
            word = word_of(key.text)
            if ROLES.get(word) == "student" and isinstance(value, Scalar):
                student = value.text
            elif word == "layout" and isinstance(value, Scalar):
                layout = value.text
            elif word == "variant" and isinstance(value, Scalar):
                variant = _seed(value.text)
            elif word not in ("name", "points", *ignored):
                own = "" if word in ("answers", "layers") and not isinstance(value, Scalar) else key.text
                _flatten(own, value, entries)
    return Sheet(student, tuple(entries), layout, variant)


def _seed(text: str) -> int | None:
    """The seed in a cell; None if it is not one."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text.strip()) else None


def is_worksheet(root: Node) -> bool:
    """Whether a mapping is what `worksheet --format json` prints."""
    return isinstance(root, Mapping) and {"schema_version", "layers"} <= {key.text for key, _ in root.entries}


def _flatten(key: str, node: Node, entries: list[Entry], depth: int = 0) -> None:
    """Collect the answers in nested mappings, with keys joined by dots."""
    if len(entries) >= MOST_ANSWERS:
        return
    if isinstance(node, Mapping) and depth < MOST_NESTED:
        for inner, value in node.entries:
            own = "" if word_of(inner.text) == "layers" and isinstance(value, Mapping) else inner.text
            _flatten(".".join(part for part in (key, own) if part), value, entries, depth + 1)
    elif isinstance(node, Sequence) and node.items and all(isinstance(item, Mapping) for item in node.items):
        for sheet in _of_tables([_records(node)], ""):
            entries += sheet.entries
    elif isinstance(node, Scalar) and node.is_null:
        entries.append(Entry(key, "", node.line))
    else:
        entries.append(Entry(key, text_of(node), node.line))


def text_of(node: Node | None) -> str:
    """A scalar's text, or a list as `(a, b)`; anything nested deeper is not an answer."""
    if isinstance(node, Scalar):
        return node.text
    if (
        isinstance(node, Sequence)
        and len(node.items) <= 16
        and all(isinstance(i, Scalar) for i in node.items)
    ):
        return "(" + ", ".join(text_of(item) for item in node.items) + ")"
    return "" if node is None else NESTED


def _records(node: Sequence) -> Table:
    """A list of mappings as a table."""
    header = list(
        dict.fromkeys(key.text for item in node.items if isinstance(item, Mapping) for key, _ in item.entries)
    )
    rows: Table = [(node.line, header)]
    for item in node.items[:MOST_ANSWERS]:
        if isinstance(item, Mapping):
            rows.append((item.line, [_cell(item.get(name)) for name in header]))
    return rows


def _cell(node: Node | None) -> str:
    """A value of a record: null is a blank to fill in; a missing key is not a question."""
    if node is None:
        return NOT_ASKED
    return "" if isinstance(node, Scalar) and node.is_null else text_of(node)


# tables


def _of_tables(tables: list[Table], student: str) -> list[Sheet]:
    """The sheets of tables with one row per layer, question or student."""
    found: dict[str, list[Entry]] = {}
    stated: dict[tuple[str, str], str] = {}
    cells = Cells(student)
    for table in tables:
        for who, entry in cells.answers(table):
            if entry.key in ABOUT_THE_STUDENT:
                stated[who, entry.key] = entry.text or stated.get((who, entry.key), "")
            elif len(found.setdefault(who, [])) < MOST_ANSWERS:
                found[who].append(entry)
    if not found:
        return [Sheet(student, (), notices=tuple(cells.notices))]
    return [
        Sheet(
            who,
            tuple(entries),
            stated.get((who, "layout"), ""),
            _seed(stated.get((who, "variant"), "")),
            notices=tuple(cells.notices),
        )
        for who, entries in found.items()
    ]


def _assigned(text: str) -> Table:
    """Lines such as `conv1.params = 156`; empty if they are not about questions."""
    found = assignments(text)
    return found if all(asked_by(row[0]) is not None for _, row in found[:3]) else []


def _table(text: str) -> Table:
    """The table of a text, divided in the way in which its header is understood best."""
    if assigned := _assigned(text):
        return assigned
    tables = [*csv_tables(text), printed_table(text)]
    headers = [header_of(table) for table in tables]
    known = [header.understood if header is not None else 0 for header in headers]
    if max(known, default=0) > 0:
        return tables[known.index(max(known))]
    even = [_evenness(table) for table in tables]
    return tables[even.index(max(even))]


def _evenness(table: Table) -> int:
    """How many rows have the same number of cells, if there are several cells."""
    return max(Counter(len(row) for _, row in table if len(row) > 1).values(), default=0)
