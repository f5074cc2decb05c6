"""The list of a class: a table that a learning platform or Excel exports, or one name per line."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from cnncalc.homework.answers import decoded, is_container, workbook_tables
from cnncalc.homework.answers.tables import Table, csv_table
from cnncalc.problems import Problem, Source, SpecError
from cnncalc.spec.files import content, unreadable

MOST_STUDENTS = 10_000
FULL_NAME = ("student", "name", "full_name", "student_name", "students")
FIRST_NAME = ("first_name", "firstname", "given_name", "vorname")
LAST_NAME = ("last_name", "lastname", "surname", "family_name", "nachname")
IDENTITY = (
    "id",
    "student_id",
    "sis_user_id",
    "sis_login_id",
    "id_number",
    "username",
    "login",
    "email",
    "email_address",
    "e_mail",
)
"""Columns that identify a student in addition to the name."""
NOT_STUDENTS = ("points possible", "student, test")
"""Names of the rows in an export of Canvas that are not students."""
CANVAS = {"student", "id", "section"}
"""Columns that Canvas requires of an import of grades."""


class Roster:
    """The students of a class in order, with the columns of the file that lists them.

    Students with the same name are told apart by another column, such as their number.
    """

    def __init__(self, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        self.header = header
        self.rows = rows
        self.words = [_word(title) for title in header]
        names = [self._name(row) for row in rows]
        times = Counter(names)
        self.names = [
            f"{name} ({self._identity(row)})" if times[name] > 1 and self._identity(row) else name
            for name, row in zip(names, rows, strict=True)
        ]

    @property
    def naming(self) -> str:
        """The column for the name of a student who is not in the list."""
        return next((word for word in (*FULL_NAME, *LAST_NAME, *IDENTITY) if word in self.words), "")

    @property
    def is_of_canvas(self) -> bool:
        """Whether the file is an export of Canvas, which reads every further column as an assignment."""
        return set(self.words) >= CANVAS

    def _name(self, row: tuple[str, ...]) -> str:
        cells = dict(zip(self.words, row, strict=True))
        full = next((cells[word] for word in FULL_NAME if cells.get(word)), "")
        parts = [cells[word] for words in (FIRST_NAME, LAST_NAME) for word in words if cells.get(word)]
        return full or " ".join(parts) or self._identity(row)

    def _identity(self, row: tuple[str, ...]) -> str:
        cells = dict(zip(self.words, row, strict=True))
        return next((cells[word] for word in IDENTITY if cells.get(word)), "")

    @cached_property
    def _known(self) -> dict[str, int | None]:
        """The row of each spelling of a name, and of each identity; None if several rows have it."""
        known: dict[str, int | None] = {}
        for at, row in enumerate(self.rows):
            identities = [cell for word, cell in zip(self.words, row, strict=True) if word in IDENTITY]
            for text in {_plain(each) for each in (self.names[at], *identities) if each}:
                known[text] = None if text in known else at
        return known

    def find(self, student: str) -> int | None:
        """The row of a student, by name or by another identity; None if it is not clear."""
        return self._known.get(_plain(student))


def _plain(name: str) -> str:
    """A name without order, case and punctuation: `Lee, Ann` is `Ann Lee`; numbers of copies stay."""
    return " ".join(sorted(re.findall(r"\w+", name.casefold())))


def roster_of(path: Path) -> Roster:
    """Read the list of a class: text in UTF-8, UTF-16 or Windows-1252, or an Excel workbook.

    Raises:
        SpecError: it cannot be read, or names no students.
    """
    try:
        if path.is_dir():
            raise unreadable(str(path), "expected a list of students, found a directory")
        data = content(path)
    except OSError as error:
        raise unreadable(str(path), f"cannot be read: {error.strerror}") from None
    if not is_container(data):
        return roster(decoded(data, str(path)))
    tables = workbook_tables(data, str(path))
    found = next((each for each in map(_of_table, tables) if each), None)
    names = [next(filter(str.strip, row)) for _, row in tables[0]]
    return _checked(found or _of_names(names), Source(str(path), ""))


def roster(source: Source) -> Roster:
    """The class that a text lists.

    >>> roster(Source("names.csv", "id,last_name,first_name\\n7,Lee,Ann\\n")).names
    ['Ann Lee']
    >>> roster(Source("names.txt", "Ann Lee\\nBob Roe\\n")).names
    ['Ann Lee', 'Bob Roe']
    """
    found = _of_table(csv_table(source.text)) if source.text.strip() else None
    return _checked(found or _of_names(source.text.splitlines()), source)


def _of_names(lines: Iterable[str]) -> Roster:
    return Roster(("student",), [(" ".join(line.split()),) for line in lines if line.strip()])


def _checked(found: Roster, source: Source) -> Roster:
    """The class; raises SpecError if it has no students, or too many."""
    if 0 < len(found.rows) <= MOST_STUDENTS:
        return found
    message = f"this list has {len(found.rows):,} students; expected 1 to {MOST_STUDENTS:,}"
    hint = "write one name per line, or a table with a column `student`"
    raise SpecError([Problem("roster", message, None, hint)], source)


def _of_table(table: Table) -> Roster | None:
    """The class in a table with a header; None if it has none."""
    if not table:
        return None
    (_, header), *rows = table
    words = [_word(title) for title in header]
    if not {*words} & {*FULL_NAME, *FIRST_NAME, *LAST_NAME, *IDENTITY}:
        return None
    width = len(header)
    cells = [tuple(" ".join(cell.split()) for cell in [*row, *[""] * width][:width]) for _, row in rows]
    found = Roster(tuple(" ".join(title.split()) for title in header), cells)
    kept = [
        row for row, name in zip(cells, found.names, strict=True) if name and name.lower() not in NOT_STUDENTS
    ]
    return Roster(found.header, kept)


def _word(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
