"""The grades of a class, which show themselves in a notebook and as text."""

from collections.abc import Iterable
from typing import Any

from cnncalc.homework.grade import Graded
from cnncalc.printed import as_dict, as_rows, html, markdown, printed


class Grades(tuple[Graded, ...]):
    """The grades of each student, in order; `network` is the name of what was asked about."""

    network: str

    def __new__(cls, grades: Iterable[Graded], network: str) -> "Grades":
        self = super().__new__(cls, grades)
        self.network = network
        return self

    def __getnewargs__(self) -> tuple[tuple[Graded, ...], str]:
        return tuple(self), self.network

    def __str__(self) -> str:
        return printed(self)

    def _repr_html_(self) -> str:
        return html(self)

    def to_markdown(self) -> str:
        """A table for each student as GitHub-flavoured Markdown."""
        return markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """The same as the JSON of the command line."""
        return as_dict(self)

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary for each answer, as `pandas.DataFrame` takes them."""
        return as_rows(self)
