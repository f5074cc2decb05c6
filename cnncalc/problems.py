"""What can be wrong with a spec, as data: the place, what was found there, and the way out."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, structs

Level = Literal["error", "warning", "note"]


class Source(Struct, frozen=True):
    """The text that problems point into, and the name that people know it by."""

    name: str
    text: str


class Place(Struct, frozen=True, gc=False):
    """Where a piece of text stands: line and column count from 1, `width` in characters."""

    line: int
    column: int
    width: int = 1


class Problem(Struct, frozen=True):
    """One finding. `code` is stable and machine-readable; `hint` says what to try."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    level: Level = "error"
    layer: str = ""


class SpecError(Exception):
    """Everything that is wrong with one spec, in the order of the file.

    Attributes:
        problems: all of them, each once.
        source: the text that their places point into.
    """

    def __init__(self, problems: list[Problem], source: Source) -> None:
        super().__init__(problems, source)
        self.problems = tuple(problems)
        self.source = source

    @property
    def is_about_the_call(self) -> bool:
        """Whether nothing is wrong with the text itself, but with what was asked of it or its file."""
        return all(problem.place is None for problem in self.problems)

    def __str__(self) -> str:
        return "\n".join(one_line(problem, self.source) for problem in self.problems)


class UnreadableError(SpecError):
    """The file could not be read as text at all: missing, a directory, binary, too large."""

    @property
    def is_about_the_call(self) -> bool:
        return True


def one_line(problem: Problem, source: Source) -> str:
    """`file:line:column: level: message [code]`, as compilers print it and editors parse it."""
    where = source.name
    if problem.place:
        where += f":{problem.place.line}:{problem.place.column}"
    hint = f"; {problem.hint}" if problem.hint else ""
    return printable(f"{where}: {problem.level}: {problem.message}{hint} [{problem.code}]")


def printable(text: str) -> str:
    """Text on one line, without what would steer a terminal; every sign keeps its column."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in text)


class Findings:
    """Collects problems while a spec is read and built; the same one is kept once.

    A block that is used sixteen times would report its one mistake sixteen times: what counts as
    the same is the code at the place.
    """

    def __init__(self) -> None:
        self._by_place: dict[object, Problem] = {}
        self.at: Place | None = None
        """Where set, the place of all that is added."""
        self.blocks: tuple[str, ...] = ()
        """The names of the spec's blocks, for hints."""

    def add(self, problem: Problem) -> None:
        if self.at:
            problem = structs.replace(problem, place=self.at)
        key = (problem.code, problem.place or problem.message)
        self._by_place.setdefault(key, problem)

    @property
    def has_errors(self) -> bool:
        return any(problem.level == "error" for problem in self._by_place.values())

    def sorted(self) -> list[Problem]:
        """In the order of the file; what has no place comes last."""
        last = Place(1 << 60, 0)
        found = [(problem.place or last, problem) for problem in self._by_place.values()]
        found.sort(key=lambda pair: (pair[0].line, pair[0].column))
        return [problem for _, problem in found]


def close_to(word: str, known: Iterable[str]) -> str:
    """The known word that is most similar, or nothing."""
    from difflib import get_close_matches  # slow to import, and only mistakes need it

    return next(iter(get_close_matches(word.lower(), known, n=1, cutoff=0.6)), "")


def did_you_mean(word: str, known: list[str]) -> str:
    """`did you mean 'kernel'?`, or the short list of what there is, or nothing."""
    if close := close_to(word, known):
        return f"did you mean '{close}'?"
    if 0 < len(known) <= 12:
        return "known here: " + ", ".join(known)
    return ""
