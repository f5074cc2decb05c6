"""The answer files of a class: single files, and folders as a learning platform exports them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from cnncalc.homework.answers import Entry, Sheet, sheets_of_bytes, sheets_of_file
from cnncalc.problems import Problem, Source, SpecError, UnreadableError
from cnncalc.spec.files import content

MOST_FILES = 20_000
"""Most files read from a folder."""
OF_MOODLE = re.compile(r"(?P<student>.+)_[0-9]+_assignsubmission_(?:file|onlinetext)_?")
"""The folder of a student in a download of all submissions from Moodle."""
OF_VARIANT = re.compile(r", variant -?[0-9]+$")
"""The end of the name of a random variant."""
OF_SYSTEMS = ("thumbs.db", "desktop.ini", "__macosx")
"""Files that systems put into folders."""


NO_ANSWERS = "no answers are saved here, as with --anonymous"


class SavedStudent(Struct, frozen=True):
    """A student in the JSON that `grade` prints: the answers as they were read, or why they were not.

    `doubts` say of some answers why they were not clear.
    """

    student: str
    answers: dict[str, str | list[str]] = {}
    variant: int | None = None
    doubts: dict[str, str] = {}
    layout: str = ""
    error: str = ""
    hint: str = ""


class Saved(Struct, frozen=True):
    """The JSON that `grade` prints, for which no sheet has to be read again."""

    schema_version: int
    network: str
    students: tuple[SavedStudent, ...]


class Submission(Struct, frozen=True):
    """The sheet of a student and the file it comes from, or the problem of that file."""

    sheet: Sheet
    source: Source
    problem: Problem | None = None


def submissions(path: Path) -> Iterator[Submission]:
    """Read a file, or all files of a folder and its folders, in the order of their names.

    A file that cannot be read is a problem of its own. Hidden files are skipped. The JSON that `grade`
    prints is read back as the sheets that it was made from.
    """
    try:
        files = files_of(path)
    except SpecError as error:
        yield Submission(Sheet(path.stem, ()), error.source, error.problems[0])
        return
    for file in files:
        saved = _saved_file(file)
        if saved is not None:
            yield from saved
            continue
        owner = OF_MOODLE.fullmatch(file.parent.name)
        student = " ".join(owner["student"].split()) if owner else ""
        try:
            for sheet in sheets_of_file(file, student):
                yield Submission(sheet, Source(str(file), ""))
        except SpecError as error:
            yield Submission(Sheet(student or file.stem, ()), error.source, error.problems[0])


def submissions_of(data: bytes, name: str) -> Iterator[Submission]:
    """The sheets in the bytes of standard input, which are in any format of a file.

    Raises:
        SpecError: they cannot be read, or have no answers.
    """
    saved = _saved(data, name) if data.lstrip()[:1] == b"{" else None
    if saved is not None:
        yield from saved
        return
    for sheet in sheets_of_bytes(data, name):
        yield Submission(sheet, Source(name, ""))


def _saved_file(file: Path) -> list[Submission] | None:
    if file.suffix.lower() != ".json":
        return None
    try:
        return _saved(content(file), str(file))
    except OSError:
        return None


def _saved(data: bytes, name: str) -> list[Submission] | None:
    """The sheets in the JSON that `grade` prints; None for any other text."""
    try:
        saved = msgspec.json.decode(data, type=Saved)
    except (msgspec.DecodeError, RecursionError):
        return None
    source = Source(name, "")
    network = OF_VARIANT.sub("", saved.network)
    return [
        Submission(
            Sheet(
                each.student,
                tuple(
                    Entry(key, text, doubt=each.doubts.get(key, ""))
                    for key, texts in each.answers.items()
                    for text in ([texts] if isinstance(texts, str) else texts)
                ),
                each.layout,
                each.variant,
                network,
            ),
            source,
            None if each.answers else Problem("unreadable", each.error or NO_ANSWERS, None, each.hint),
        )
        for each in saved.students
    ]


def files_of(path: Path) -> list[Path]:
    """The file, or the files of the folder, which must have some."""
    if not os.path.isdir(path):  # False for a name that is too long
        return [path]
    found: list[Path] = []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if _is_meant(name))
        found += [Path(folder, name) for name in sorted(files) if _is_meant(name)]
        if len(found) > MOST_FILES:
            raise _unreadable(path, f"the folder has more than {MOST_FILES:,} files")
    if not found:
        raise _unreadable(path, "the folder has no files")
    return found


def _is_meant(name: str) -> bool:
    return not name.startswith((".", "~$")) and name.lower() not in OF_SYSTEMS


def _unreadable(path: Path, message: str) -> UnreadableError:
    return UnreadableError([Problem("unreadable", message)], Source(str(path), ""))
