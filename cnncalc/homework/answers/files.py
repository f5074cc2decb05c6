"""Answer files in YAML, JSON, CSV or Markdown: for one student or a class, as a list or a table."""

import re
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.homework.answers.forgiving import NESTED, Forgiving
from cnncalc.homework.answers.tables import Table, csv_table, markdown_tables
from cnncalc.homework.quantities import quantity_of
from cnncalc.problems import Problem, Source, UnreadableError
from cnncalc.spec.files import content, decode
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence, read

MOST_ANSWERS = 20_000
"""Most answers read per student."""
MOST_NESTED = 12
"""Deepest nesting of mappings that is read."""

STUDENT = (
    "student",
    "students",
    "student_id",
    "studentid",
    "id",
    "sis_id",
    "email",
    "matriculation",
    "sid",
    "who",
)
LAYER = ("layer", "layers", "layer_name", "block")
QUESTION, ANSWER = ("question", "key", "item"), ("answer", "value", "response", "your_answer")
GIVEN = (
    "kind",
    "type",
    "options",
    "given",
    "note",
    "notes",
    "points",
    "line",
    "inputs",
    "comment",
    "#",
    "formula",
)
"""Worksheet columns without answers."""
ABOUT_THE_SHEET = ("schema_version", "network", "seed", "input", "questions")
"""Keys of a JSON worksheet other than its layers."""
NOT_ASKED = "–"
"""Marks a worksheet cell that is not a question, because the layer has no such number."""
VARIANT_HEADING = re.compile(r'^(?:# |\s*"network": ")(.*), variant (-?[0-9]{1,18})"?,?\s*$', re.MULTILINE)
"""The heading of a worksheet for a random variant, in Markdown and JSON."""
STUDENT_LINE = re.compile(r"^Student: *(\S.*)$", re.MULTILINE)
"""The line of a Markdown worksheet with the student's name."""
ABOUT_THE_STUDENT = ("layout", "variant")
"""Columns with something other than answers, the same for all rows of a student."""
TABLES = ("csv", "tsv", "md", "markdown")


class Entry(Struct, frozen=True):
    """One answer: the name of its question, its text, and its line.

    `doubt` says why the file leaves open where the answer ends.
    """

    key: str
    text: str
    line: int = 0
    doubt: str = ""


class Sheet(Struct, frozen=True):
    """The answers of one student.

    If the sheet states them, with the layout of shapes, the seed of the variant, and the network's name.
    """

    student: str
    entries: tuple[Entry, ...]
    layout: str = ""
    variant: int | None = None
    network: str = ""


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
    return sheets(decode(data, str(path)), path.suffix.lower().lstrip("."), student or path.stem)


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
        student = named_student[1].strip() if named_student else student
        found = _of_tables(markdown_tables(source.text), student)
    elif ending in TABLES or (not named and _looks_like_table(source.text)):
        found = _of_tables([csv_table(source.text)], student)
    else:
        found = _of_node(read(source, Forgiving), student)
    if not any(sheet.entries for sheet in found):
        hint = "write `conv1.output: 55x55x96`, or a table with the columns layer, output, params"
        raise _unreadable(source.name, "no answers found in this file", hint)
    heading = VARIANT_HEADING.search(source.text)
    if heading is None:
        return found
    return [replace(sheet, variant=int(heading[2]), network=heading[1]) for sheet in found]


def _unreadable(name: str, message: str, hint: str = "") -> UnreadableError:
    return UnreadableError([Problem("unreadable", message, None, hint)], Source(name, ""))


def _looks_like_table(text: str) -> bool:
    first = text.strip().splitlines()[0]
    return first[:1] not in "{[" and ": " not in first and any(sign in first for sign in ",;\t")


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
            word = _word(key.text)
            if word in STUDENT and isinstance(value, Scalar):
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
            own = "" if _word(inner.text) == "layers" and isinstance(value, Mapping) else inner.text
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
    for table in tables:
        for who, key, text, line in _cells(table, student):
            if key in ABOUT_THE_STUDENT:
                stated[who, key] = text or stated.get((who, key), "")
            elif len(found.setdefault(who, [])) < MOST_ANSWERS:
                found[who].append(Entry(key, text, line))
    return [
        Sheet(who, tuple(entries), stated.get((who, "layout"), ""), _seed(stated.get((who, "variant"), "")))
        for who, entries in found.items()
    ]


def _cells(table: Table, student: str) -> list[tuple[str, str, str, int]]:
    """(student, question, answer, line) of every cell."""
    (_, header), *rows = table
    words = [_word(title) for title in header]
    roles = _roles(words)
    if len(header) == 2 and not roles:  # a list without a header
        return [(student, row[0].strip(), row[1].strip(), line) for line, row in table if len(row) > 1]
    found = []
    for line, row in rows:
        cells = dict(zip(range(len(header)), map(str.strip, row), strict=False))
        who = " ".join(cells.get(roles["student"], "").split()) if "student" in roles else student
        if "question" in roles and "answer" in roles:
            found.append((who, cells.get(roles["question"], ""), cells.get(roles["answer"], ""), line))
            continue
        layer = cells.get(roles["layer"], "") if "layer" in roles else ""
        for at, text in cells.items():
            if at not in roles.values() and words[at] and words[at] not in GIVEN:
                key = f"{layer}.{header[at].strip()}" if layer else header[at].strip()
                found.append((who, words[at] if words[at] in ABOUT_THE_STUDENT else key, text, line))
    return found


def _roles(words: list[str]) -> dict[str, int]:
    """The columns that name the student, layer, question and answer."""
    roles: dict[str, int] = {}
    for role, known in (("student", STUDENT), ("layer", LAYER), ("question", QUESTION), ("answer", ANSWER)):
        for at, word in enumerate(words):
            if word in known and role not in roles:
                roles[role] = at
    if "name" in words:
        others = [
            word for word in words if word not in ("name", *GIVEN) and words.index(word) not in roles.values()
        ]
        is_layer = "layer" not in roles and bool(others) and all(map(quantity_of, others))
        roles.setdefault("layer" if is_layer else "student", words.index("name"))
    return roles


def _word(title: str) -> str:
    return re.sub(r"[^a-z0-9#]+", "_", title.lower()).strip("_")
