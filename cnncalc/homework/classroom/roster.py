"""The list of a class: a CSV file that a learning platform exports, or one name per line."""

import re
from collections import Counter
from functools import cached_property
from pathlib import Path

from cnncalc.homework.answers.tables import csv_table
from cnncalc.problems import Problem, Source, SpecError
from cnncalc.spec.files import content, decode, unreadable

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
"""Columns that identify a student besides the name."""
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
    """Read the list of a class.

    Raises:
        SpecError: it cannot be read, or names no students.
    """
    try:
        if path.is_dir():
            raise unreadable(str(path), "expected a list of students, found a directory")
        source = decode(content(path), str(path))
    except OSError as error:
        raise unreadable(str(path), f"cannot be read: {error.strerror}") from None
    return roster(source)


def roster(source: Source) -> Roster:
    """The class that a text lists.

    >>> roster(Source("names.csv", "id,last_name,first_name\\n7,Lee,Ann\\n")).names
    ['Ann Lee']
    >>> roster(Source("names.txt", "Ann Lee\\nBob Roe\\n")).names
    ['Ann Lee', 'Bob Roe']
    """
    found = _of_table(source.text) if source.text.strip() else None
    names = [" ".join(line.split()) for line in source.text.splitlines() if line.strip()]
    found = found or Roster(("student",), [(name,) for name in names])
    if not 0 < len(found.rows) <= MOST_STUDENTS:
        message = f"this list has {len(found.rows):,} students; expected 1 to {MOST_STUDENTS:,}"
        hint = "write one name per line, or a CSV file with a column `student`"
        raise SpecError([Problem("roster", message, None, hint)], source)
    return found


def _of_table(text: str) -> Roster | None:
    """The class in a table with a header; None if it has none."""
    (_, header), *rows = csv_table(text)
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
