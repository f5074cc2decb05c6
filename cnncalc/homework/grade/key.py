"""An answer key: the graded questions, their points, and the expected answers."""

from pathlib import Path

from msgspec import Struct

from cnncalc.homework.answers import (
    NOT_ASKED,
    Asked,
    Names,
    NameUnknownError,
    decoded,
    is_container,
    is_worksheet,
    sheets,
    sheets_of_file,
    text_of,
)
from cnncalc.homework.grade.scheme import Scheme
from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.spec.files import content, unreadable
from cnncalc.spec.reader import Mapping, Node, Scalar, read
from cnncalc.spec.values import literal

CREDIT_EXAMPLE = "write `credit: {forgot-bias: 0.5}`"
KEYS_EXAMPLE = "write `conv1.output: {points: 2}`"
MOST_POINTS = 10**6


class AnswerKey(Struct, frozen=True):
    """The questions in order, their points, and the key's own answers with their lines.

    `variant` is the seed of the network that the answers are for, if the key states one. `credits` are
    shares of the points by mistake, for all questions, and `credits_of` those of one question.
    """

    questions: tuple[Asked, ...]
    worth: dict[str, float]
    answers: tuple[tuple[Asked, str, int], ...]
    variant: int | None = None
    credits: dict[str, float] = {}
    credits_of: dict[str, dict[str, float]] = {}

    def scheme(self, asked: Asked, chosen: Scheme) -> Scheme:
        """What answers to a question earn; the teacher's choice for this call is preferred to the key."""
        own = self.credits_of.get(asked.key, {})
        return Scheme({**self.credits, **own, **chosen.credits}) if self.credits or own else chosen

    @property
    def all_credits(self) -> dict[str, float]:
        """Every credit of the key, of all questions together."""
        return {
            name: share for each in (self.credits, *self.credits_of.values()) for name, share in each.items()
        }

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
        data = _content(path)
        if is_container(data):
            source, found = Source(str(path), ""), sheets_of_file(path)
        else:
            source = decoded(data, str(path))
            ending = path.suffix.lower().lstrip(".")
            if ending in ("yaml", "yml", "json") and not is_worksheet(root := read(source)):
                return _Reader(source, names).read(root)
            found = sheets(source, ending, "")
        reader = _Reader(source, names)
        for sheet in found:
            reader.variant = sheet.variant
            for entry in sheet.entries:
                reader.answer(entry.key, entry.text, entry.line)
        return reader.key()


def _content(path: Path) -> bytes:
    """The bytes of a key; raises UnreadableError."""
    try:
        if path.is_dir():
            raise unreadable(str(path), "expected a key, found a directory", "pass the file of a key")
        return content(path)
    except OSError as error:
        raise unreadable(str(path), f"cannot be read: {error.strerror}") from None


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
        self.credits: dict[str, float] = {}
        self.credits_of: dict[str, dict[str, float]] = {}

    def read(self, root: Node) -> AnswerKey:
        if not isinstance(root, Mapping):
            raise SpecError(
                [Problem("not-a-mapping", "expected a mapping of questions", root.place, KEYS_EXAMPLE)],
                self.source,
            )
        for name, value in root.entries:
            if name.text == "credit":
                self.credits = self._credits(value)
            elif name.text not in ("layout", "name", "student"):
                self._entry("" if name.text in ("answers", "layers", "questions") else name.text, value)
        return self.key()

    def key(self) -> AnswerKey:
        """The key that was read; raises SpecError if there are problems or no questions."""
        if not self.asked and not self.problems:
            self.problems.append(Problem("empty", "this key has no questions", None, KEYS_EXAMPLE))
        if self.problems:
            raise SpecError(self.problems, self.source)
        return AnswerKey(
            tuple(self.asked.values()),
            self.worth,
            tuple(self.answers),
            self.variant,
            self.credits,
            self.credits_of,
        )

    def _entry(self, key: str, value: Node) -> None:
        if isinstance(value, Mapping):
            parts = {name.text: part for name, part in value.entries}
            if set(parts) <= {"points", "answer", "credit"} and key:
                asked = self._name(key, value.place)
                if asked:
                    self._points(asked, parts.get("points"))
                    self._answer(asked, parts.get("answer"))
                    if "credit" in parts:
                        self.credits_of[asked.key] = self._credits(parts["credit"])
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

    def _credits(self, node: Node) -> dict[str, float]:
        """Shares of the points by mistake: `{forgot-bias: 0.5}`."""
        found: dict[str, float] = {}
        if not isinstance(node, Mapping):
            self.problems.append(
                Problem("bad-credit", "expected shares by mistake", node.place, CREDIT_EXAMPLE)
            )
            return found
        for name, value in node.entries:
            share = literal(value.text) if isinstance(value, Scalar) else None
            if share is None or isinstance(share, bool) or not 0 <= share <= 1:
                message = f"the credit for {name.text} must be a number from 0 to 1"
                self.problems.append(Problem("bad-credit", message, value.place, CREDIT_EXAMPLE))
            else:
                found[name.text] = float(share)
        return found

    def _answer(self, asked: Asked, node: Node | None) -> None:
        text = text_of(node)
        if node is not None and text.strip() and not (isinstance(node, Scalar) and node.is_null):
            self.answers.append((asked, text, node.line))
