"""The grades of a class, which show themselves in a notebook and as text."""

from collections.abc import Iterable

from cnncalc.homework.grade import Graded
from cnncalc.printed import Tabular


class Grades(Tabular, tuple[Graded, ...]):
    """The grades of each student, in order; `network` is the name of what was asked about."""

    network: str

    def __new__(cls, grades: Iterable[Graded], network: str) -> "Grades":
        self = super().__new__(cls, grades)
        self.network = network
        return self

    def __getnewargs__(self) -> tuple[tuple[Graded, ...], str]:
        return tuple(self), self.network
