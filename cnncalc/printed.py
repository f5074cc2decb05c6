"""`str()` of a result: what the terminal prints. Results come first, so rendering is imported when called."""

from importlib import import_module
from typing import Any


class Printed:
    """A result whose `str()` is what the terminal prints, without colour, lines never folded."""

    __slots__ = ()

    def __str__(self) -> str:
        text: str = import_module("cnncalc.render.printed").text(self)
        return text


class Shown(Printed):
    """A result that notebooks show as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self._written("html"))

    def to_markdown(self) -> str:
        """The table as GitHub-flavoured Markdown."""
        return str(self._written("markdown"))

    def _written(self, form: str) -> Any:
        return import_module("cnncalc.render.notebook").written(self, form)


class Tabular(Shown):
    """A result that other programs take as data."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as the JSON of the command line."""
        return self._written("dict")  # type: ignore[no-any-return]

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary for each layer or answer, as `pandas.DataFrame` takes them."""
        return self._written("rows")  # type: ignore[no-any-return]


def plural(number: int, word: str) -> str:
    """`1 spec`, `80 specs`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
