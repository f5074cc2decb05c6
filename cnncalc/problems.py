"""Problems of a spec as data: where, what was found, and how to fix it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Literal

from msgspec import Struct, structs

Level = Literal["error", "warning", "note"]


class Source(Struct, frozen=True):
    """The text that problems point into, and the name to show for it."""

    name: str
    text: str


class Place(Struct, frozen=True, gc=False):
    """The position of a piece of text: line and column from 1, `width` in characters."""

    line: int
    column: int
    width: int = 1


class Problem(Struct, frozen=True):
    """One problem. `code` is stable and machine-readable; `hint` suggests a fix."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    level: Level = "error"
    layer: str = ""


class SpecError(Exception):
    """All problems of one spec, in file order.

    Attributes:
        problems: every problem, without duplicates.
        source: the text that their places point into.
    """

    def __init__(self, problems: list[Problem], source: Source) -> None:
        super().__init__(problems, source)
        self.problems = tuple(problems)
        self.source = source

    @property
    def is_about_the_call(self) -> bool:
        """Whether the cause is the call or the file, not the text of the spec."""
        return all(problem.place is None for problem in self.problems)

    def __str__(self) -> str:
        return "\n".join(one_line(problem, self.source) for problem in self.problems)


MAX_ERRORS = 100
"""Reading stops after so many errors: nobody fixes more at once, and each takes time to explain."""
STOPPED = Problem(
    "too-many-errors",
    f"stopped after {MAX_ERRORS} errors: there may be more",
    hint="fix these first",
)


class TooManyErrorsError(Exception):
    """`MAX_ERRORS` were found. `Findings.add` raises it, `Findings.bounded` makes a SpecError of it."""


class UnreadableError(SpecError):
    """The file cannot be read as text: missing, a directory, binary or too large."""

    @property
    def is_about_the_call(self) -> bool:
        return True


def one_line(problem: Problem, source: Source) -> str:
    """Format as `file:line:column: level: message [code]`, which editors can parse."""
    where = source.name
    if problem.place:
        where += f":{problem.place.line}:{problem.place.column}"
    hint = f"; {problem.hint}" if problem.hint else ""
    return printable(f"{where}: {problem.level}: {problem.message}{hint} [{problem.code}]")


def printable(text: str) -> str:
    """Replace control characters, so that text stays on one line; every character keeps its column."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in text)


class Findings:
    """Collects problems while a spec is read and built, without duplicates.

    Problems with the same code at the same place are duplicates: a mistake in a block that is used
    sixteen times is reported once.
    """

    def __init__(self) -> None:
        self._by_place: dict[object, Problem] = {}
        self._errors = 0
        self.at: Place | None = None
        """If set, overrides the place of every problem added."""
        self.blocks: tuple[str, ...] = ()
        """The names of the spec's blocks, for hints."""

    def add(self, problem: Problem) -> None:
        if self.at:
            problem = structs.replace(problem, place=self.at)
        key = (problem.code, problem.place or problem.message)
        if key in self._by_place:
            return
        self._by_place[key] = problem
        self._errors += problem.level == "error"
        if self._errors == MAX_ERRORS:
            raise TooManyErrorsError

    @contextmanager
    def bounded(self, source: Source) -> Iterator[None]:
        """Raises SpecError as soon as there are `MAX_ERRORS`."""
        try:
            yield
        except TooManyErrorsError:
            raise SpecError([*self.sorted(), STOPPED], source) from None

    @property
    def has_errors(self) -> bool:
        return self._errors > 0

    def sorted(self) -> list[Problem]:
        """In file order; problems without a place come last."""
        last = Place(1 << 60, 0)
        found = [(problem.place or last, problem) for problem in self._by_place.values()]
        found.sort(key=lambda pair: (pair[0].line, pair[0].column))
        return [problem for _, problem in found]


LONGEST_WORD, MOST_KNOWN = 100, 1000
"""A comparison of words takes time: longer words have no similar one, and so many known words are tried."""


def close_to(word: str, known: Iterable[str]) -> str:
    """The most similar known word, or an empty string."""
    length = len(word)
    if length > LONGEST_WORD:
        return ""
    similar = (each for each in known if 0.4 * length < len(each) < 2.4 * length)  # others are too different
    return _closest(word.lower(), tuple(islice(similar, MOST_KNOWN)))


@lru_cache(maxsize=256)
def _closest(word: str, similar: tuple[str, ...]) -> str:
    """The most similar word; a network that is built again and again asks for the same ones."""
    from difflib import get_close_matches  # slow to import, and only mistakes need it

    return next(iter(get_close_matches(word, similar, n=1, cutoff=0.6)), "")


def did_you_mean(word: str, known: list[str]) -> str:
    """`did you mean 'kernel'?`, or the list of known words if it is short, or nothing.

    It never suggests the word itself, which may be known and yet not allowed in its place.
    """
    known = [each for each in known if each != word]
    if close := close_to(word, known):
        return f"did you mean '{close}'?"
    if 0 < len(known) <= 12:
        return "expected one of " + ", ".join(known)
    return ""
