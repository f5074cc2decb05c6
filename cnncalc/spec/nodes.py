"""The nodes of a YAML document with their places. Values remain text."""

from msgspec import Struct

from cnncalc.problems import Place


class Scalar(Struct, frozen=True, gc=False):
    """A scalar as text. `plain` means unquoted; `shift` is the width of the opening quote."""

    text: str
    line: int
    column: int
    width: int
    plain: bool = True
    shift: int = 0

    @property
    def place(self) -> Place:
        return Place(self.line, self.column, self.width)

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(Struct, frozen=True, gc=False):
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int

    @property
    def place(self) -> Place:
        return Place(self.line, self.column)


class Mapping(Struct, frozen=True, gc=False):
    """A mapping in file order; its keys are distinct scalars."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    line: int
    column: int

    @property
    def place(self) -> Place:
        return Place(self.line, self.column)

    def get(self, key: str) -> "Node | None":
        """The value of a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping
