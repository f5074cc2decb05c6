"""An answer key: the graded questions, their points, and the expected answers."""

from pathlib import Path

from msgspec import Struct

from cnncalc.homework.answers import NOT_ASKED, Asked, Names, NameUnknownError, is_worksheet, sheets, text_of
from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.spec.files import read_file
from cnncalc.spec.reader import Mapping, Node, Scalar, read
from cnncalc.spec.values import literal

KEYS_EXAMPLE = "write `conv1.output: {points: 2}`"
MOST_POINTS = 10**6


class AnswerKey(Struct, frozen=True):
    """The questions in order, their points, and the key's own answers with their lines.

    `variant` is the seed of the network that the answers are for, if the key states one.
    """

    questions: tuple[Asked, ...]
    worth: dict[str, float]
    answers: tuple[tuple[Asked, str, int], ...]
    variant: int | None = None

    def points(self, asked: Asked) -> float:
        return self.worth.get(asked.key, 1)

    @staticmethod
    def doubt(asked: Asked, line: int, says: str = "") -> Problem:
        """The warning that the key's answer differs from cnncalc's, with the likeliest mistake in it."""
        message = f"the key's answer to {asked.key} differs from cnncalc's" + (f": {says}" if says else "")
        return Problem(
            "key", message, Place(line, 1) if line else None, "--reveal shows cnncalc's", "warning"
        )

    @classmethod
    def of_file(cls, path: Path, names: Names) -> "AnswerKey":
        """Read a key from a file; raises SpecError with all its problems."""
        source = read_file(path)
        ending = path.suffix.lower().lstrip(".")
        reader = _Reader(source, names)
        if ending in ("yaml", "yml", "json") and not is_worksheet(root := read(source)):
            return reader.read(root)
        for sheet in sheets(source, ending, ""):
            reader.variant = sheet.variant
            for entry in sheet.entries:
                reader.answer(entry.key, entry.text, entry.line)
        return reader.key()


class _Reader:
    """Reads a key and collects its problems."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names
        self.asked: dict[str, Asked] = {}
        self.worth: dict[str, float] = {}
        self.answers: list[tuple[Asked, str, int]] = []
        self.problems: list[Problem] = []
        self.variant: int | None = None

    def read(self, root: Node) -> AnswerKey:
        if not isinstance(root, Mapping):
            raise SpecError(
                [Problem("not-a-mapping", "expected a mapping of questions", root.place, KEYS_EXAMPLE)],
                self.source,
            )
        for name, value in root.entries:
            if name.text not in ("layout", "name", "student"):
                self._entry("" if name.text in ("answers", "layers", "questions") else name.text, value)
        return self.key()

    def key(self) -> AnswerKey:
        """The key that was read; raises SpecError if there are problems or no questions."""
        if not self.asked and not self.problems:
            self.problems.append(Problem("empty", "this key has no questions", None, KEYS_EXAMPLE))
        if self.problems:
            raise SpecError(self.problems, self.source)
        return AnswerKey(tuple(self.asked.values()), self.worth, tuple(self.answers), self.variant)

    def _entry(self, key: str, value: Node) -> None:
        if isinstance(value, Mapping):
            parts = {name.text: part for name, part in value.entries}
            if set(parts) <= {"points", "answer"} and key:
                asked = self._name(key, value.place)
                if asked:
                    self._points(asked, parts.get("points"))
                    self._answer(asked, parts.get("answer"))
                return
            for name, inner in value.entries:
                self._entry(".".join(part for part in (key, name.text) if part), inner)
            return
        asked = self._name(key, value.place)
        if asked:
            self._answer(asked, value)

    def answer(self, key: str, text: str, line: int) -> None:
        """Add a table cell: a blank is also a question, a dash is not."""
        if text.strip() == NOT_ASKED:
            return
        asked = self._name(key, Place(max(line, 1), 1), is_blank=not text.strip())
        if asked and text.strip():
            self.answers.append((asked, text, line))

    def _name(self, key: str, place: Place, is_blank: bool = False) -> Asked | None:
        try:
            asked = self.names.asked(key)
        except NameUnknownError as error:
            self.problems.append(Problem("unknown-question", str(error), place))
            return None
        if is_blank and not asked.is_summed:
            return None
        self.asked[asked.key] = asked
        return asked

    def _points(self, asked: Asked, node: Node | None) -> None:
        if node is None:
            return
        number = literal(node.text) if isinstance(node, Scalar) else None
        if number is None or isinstance(number, bool) or not 0 <= number <= MOST_POINTS:
            self.problems.append(
                Problem("bad-points", "points must be a number of at least 0", node.place, KEYS_EXAMPLE)
            )
            return
        self.worth[asked.key] = int(number) if number == int(number) else float(number)

    def _answer(self, asked: Asked, node: Node | None) -> None:
        text = text_of(node)
        if node is not None and text.strip() and not (isinstance(node, Scalar) and node.is_null):
            self.answers.append((asked, text, node.line))
