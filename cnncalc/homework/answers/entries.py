"""What a sheet has: its answers, and what it says about itself."""

from msgspec import Struct

from cnncalc.problems import Problem


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
    `notices` say what in the file was guessed or not understood.
    """

    student: str
    entries: tuple[Entry, ...]
    layout: str = ""
    variant: int | None = None
    network: str = ""
    notices: tuple[Problem, ...] = ()
