"""Grades a class: each sheet by the variant in its heading, all by the same questions."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from cnncalc.choices import Decimal
from cnncalc.homework.answers import Asked, Entry, NameUnknownError, Sheet
from cnncalc.homework.classroom.fits import Fits
from cnncalc.homework.classroom.grades import Grades
from cnncalc.homework.classroom.submissions import Submission, submissions
from cnncalc.homework.grade import Graded, Grader, Scheme, scheme_of
from cnncalc.homework.grade.grader import NO_CREDIT
from cnncalc.homework.grade.key import AnswerKey
from cnncalc.homework.grade.scheme import OF_ANSWERS
from cnncalc.homework.worksheet.variants import variant
from cnncalc.problems import Problem, Source, did_you_mean
from cnncalc.spec import Spec, SpecLike, as_spec

OF_VARIANT = re.compile(r"(?P<network>.*), variant (?P<seed>-?[0-9]+)$")
"""The name of a random variant."""
MOST_NAMED = 5
"""Most questions named in a warning."""


def grade(
    spec: SpecLike,
    answers: Mapping[str, object] | str | Path | Iterable[str | Path],
    *,
    key: str | Path | None = None,
    layout: str | None = None,
    decimal: Decimal | None = None,
    follow_through: bool = False,
    credits: Mapping[str, float] | None = None,
    reveal: bool = False,
) -> Grades:
    """Grade a student's answers, or the files of a class.

    Args:
        spec: a spec, or anything that `load` takes.
        answers: answers by question, files of them, or folders of files.
        key: a file with the questions and their points.
        layout: the layout of shapes in sheets that do not state one; the spec's by default.
        decimal: the decimal sign, `point` or `comma`; by default the numbers of each sheet decide.
        follow_through: whether answers that follow from a wrong answer earn their points.
        credits: shares of the points, by mistake, such as `forgot-bias`, or for right answers that are
            `rounded` or by another `convention`.
        reveal: whether to include correct answers and their computation.

    Raises:
        ValueError: a credit is not from 0 to 1.
        SpecError: the key cannot be read.
        TypeError: the spec or the answers have another type.

    >>> (ann,) = grade("lenet5", {"conv1.output": "6x28x28", "conv1.params": 150})
    >>> [(result.verdict, result.mistakes) for result in ann.results]
    [('right', ()), ('wrong', ('forgot-bias',))]
    """
    scheme = scheme_of(credits, follow_through)
    classroom = Classroom(as_spec(spec), layout=layout, decimal=decimal, scheme=scheme, reveal=reveal)
    if key is not None:
        classroom.use_key(Path(key))
    if isinstance(answers, Mapping):
        entries = tuple(Entry(name, _text(value)) for name, value in answers.items())
        return _grades(classroom, [Submission(Sheet("", entries), Source("", ""))])
    if isinstance(answers, str | Path):
        answers = [answers]
    if not isinstance(answers, Iterable):
        raise TypeError(
            f"expected a dict of answers, a file or a list of files; found {type(answers).__name__}"
        )
    return _grades(classroom, [each for file in answers for each in submissions(Path(file))])


def _grades(classroom: "Classroom", handed_in: Sequence[Submission]) -> Grades:
    grades = classroom.grade(handed_in)
    return Grades(grades, classroom.title(grades))


def _text(value: object) -> str:
    if isinstance(value, tuple | list):
        return "x".join(map(str, value))
    return "" if value is None else str(value)


class Classroom:
    """Grades the sheets of a class. Those that state no variant are for the network, or for `seed`.

    After `grade`, `warnings` says what the teacher should know before reading the grades.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        seed: int | None = None,
        layout: str | None = None,
        decimal: Decimal | None = None,
        scheme: Scheme = NO_CREDIT,
        reveal: bool = False,
        is_changed: bool = False,
    ) -> None:
        """Raises ValueError if the network has no variant for `seed`.

        A spec that `is_changed` by settings or another input has no variants.
        """
        self.spec = spec
        self.is_changed = is_changed
        self.seed = seed
        self.warnings: list[Problem] = []
        self.scheme = scheme
        self._options = (layout, scheme, reveal, decimal)
        self.key: AnswerKey | None = None
        own = OF_VARIANT.fullmatch(spec.name)
        self.name = own["network"] if own else spec.name
        self._only = int(own["seed"]) if own else seed
        self.grader = self._made(seed)

    def title(self, grades: Sequence[Graded]) -> str:
        """The network's name, with its variant if all sheets were graded by the same one."""
        seeds = {graded.variant for graded in grades} or {self.seed}
        seed = seeds.pop() if len(seeds) == 1 else None
        return self.name if seed is None else f"{self.name}, variant {seed}"

    def _made(self, seed: int | None) -> Grader:
        grader = Grader(self.spec if seed is None else variant(self.spec, seed), *self._options)
        grader.key = self.key
        return grader

    def use_key(self, path: Path) -> None:
        """Read the questions and their points from a file; raises SpecError if it cannot be read."""
        self.key = self.grader.key = AnswerKey.of_file(path, self.grader.names)

    def doubts(self) -> list[Problem]:
        """Warnings for the key's answers that differ from cnncalc's, for the variant that the key states."""
        stated = self.key.variant if self.key else None
        return (self.grader if stated in (None, self._only) else self._made(stated)).doubts()

    def grade(
        self, handed_in: Sequence[Submission], watch: Callable[[int, int], None] = lambda done, total: None
    ) -> list[Graded]:
        """The results of all students, in order.

        Sheets of the same variant are graded together, so that no more than one network is in memory.
        """
        questions = self._questions(handed_in)
        usual = self._usual(handed_in)
        asked = self.key.questions if self.key else questions
        fits = Fits()
        found: dict[int, Graded] = {}
        for seed, places in _grouped(handed_in, self._seed).items():
            grader = self._grader(seed)
            for at in places:
                found[at] = replace(self._graded(handed_in[at], grader, questions, usual), variant=seed)
                watch(len(found), len(handed_in))
            if isinstance(grader, Grader):
                fits.learn(seed, grader.rights(asked))
        if self._only is None and any(map(fits.is_doubtful, found.values())):
            for seed in _gaps(fits.seeds, len(handed_in)):
                if isinstance(grader := self._grader(seed), Grader):
                    fits.learn(seed, grader.rights(asked))
        grades = [fits.checked(found[at], each.source) for at, each in enumerate(handed_in)]
        self.warnings += self._unused_credits(grades)
        return grades

    def _unused_credits(self, grades: list[Graded]) -> list[Problem]:
        """A warning for each credit that no answer has, as its name may be misspelled."""
        made = {
            name
            for each in grades
            for result in each.results
            for codes in (result.mistakes, *result.tied)
            for name in codes
        }
        chosen = {**self.scheme.credits, **(self.key.all_credits if self.key else {})}
        unused = [name for name in chosen if name not in made and name not in OF_ANSWERS]
        return [
            Problem(
                "credit",
                f"no answer has the mistake '{name}'",
                None,
                did_you_mean(name, sorted(made)),
                "warning",
            )
            for name in unused
        ]

    def _grader(self, seed: int | None) -> Grader | ValueError:
        """The grader of a variant, or why it has none."""
        if seed == self._only or self._only is not None:
            return self.grader
        try:
            return self._made(seed)
        except ValueError as error:
            return error

    def _seed(self, each: Submission) -> int | None:
        """The variant that grades a sheet."""
        return self._only if each.problem or each.sheet.variant is None else each.sheet.variant

    def _usual(self, handed_in: Sequence[Submission]) -> dict[str, Decimal | None]:
        """The decimal sign that the numbers of each file show."""
        files: dict[str, list[Sheet]] = {}
        for each in handed_in:
            files.setdefault(each.source.name, []).append(each.sheet)
        return {name: self.grader.decimal_of(sheets) for name, sheets in files.items()}

    def _graded(
        self,
        each: Submission,
        grader: Grader | ValueError,
        questions: Sequence[Asked],
        usual: Mapping[str, Decimal | None],
    ) -> Graded:
        problem = each.problem or self._problem(each.sheet)
        if isinstance(grader, ValueError):
            problem = problem or Problem("variant", str(grader))
        if problem or isinstance(grader, ValueError):
            return Graded(each.sheet.student, (), problem, each.source)
        graded = grader.sheet(each.sheet, questions, usual[each.source.name])
        return replace(graded, source=each.source)

    def _problem(self, sheet: Sheet) -> Problem | None:
        """Why a sheet cannot be graded: it is for another network, or for a variant that is not given."""
        stated = f"variant {sheet.variant}"
        if sheet.network and sheet.network != self.name:
            found = sheet.network if sheet.variant is None else f"{sheet.network}, {stated}"
            message = f"the sheet is for {found}, but the network is {self.spec.name}"
            return Problem("variant", message, None, "grade it with the spec of its own network")
        if sheet.variant is not None and self.is_changed:
            hint = "leave out --set and --input: variants are drawn from the spec as written"
            return Problem("variant", f"the sheet is for {stated}, but the spec was changed", None, hint)
        if sheet.variant is None or self._only in (None, sheet.variant):
            return None
        network = self.grader.network.spec.name
        message = f"the sheet is for {stated}, but the network is {network}"
        return Problem("variant", message, None, f"use --seed {sheet.variant}, or the spec of that variant")

    def _questions(self, handed_in: Sequence[Submission]) -> tuple[Asked, ...]:
        """The questions of a class without a key: those that at least half of the sheets have.

        So no student loses points by answering less than others, or others by one who answers more.
        """
        sheets = [each.sheet for each in handed_in if not each.problem]
        if self.key or len(sheets) < 2:
            return ()
        times: Counter[str] = Counter()
        known: dict[str, Asked] = {}
        for sheet in sheets:
            asked = self._asked(sheet)
            times.update(asked.keys())
            known |= {key: each for key, each in asked.items() if key not in known}
        dropped = [key for key in known if 2 * times[key] < len(sheets)]
        if dropped:
            self.warnings.append(_not_counted(dropped))
        return tuple(each for key, each in known.items() if key not in dropped)

    def _asked(self, sheet: Sheet) -> dict[str, Asked]:
        """The questions of a sheet that are answered, or blank in a table."""
        found: dict[str, Asked] = {}
        guesses = self.grader.names.guesses(entry.key for entry in sheet.entries)
        for entry in sheet.entries:
            try:
                asked = self.grader.names.asked(entry.key, guesses)
            except NameUnknownError:
                continue
            if self.grader.is_question(asked, entry.text):
                found.setdefault(asked.key, asked)
        return found


def _grouped(
    handed_in: Sequence[Submission], seed_of: Callable[[Submission], int | None]
) -> dict[int | None, list[int]]:
    """The places of the sheets of each variant."""
    groups: dict[int | None, list[int]] = {}
    for at, each in enumerate(handed_in):
        groups.setdefault(seed_of(each), []).append(at)
    return groups


def _gaps(seeds: Collection[int], sheets: int) -> list[int]:
    """The seeds that no sheet states: those between the others, and after them up to the number of sheets."""
    if not seeds:
        return []
    last = max(*seeds, min(seeds) + sheets - 1)
    return [seed for seed in range(min(seeds), last + 1) if seed not in seeds][: 2 * sheets]


def _not_counted(keys: list[str]) -> Problem:
    named = ", ".join(keys[:MOST_NAMED]) + (" …" if len(keys) > MOST_NAMED else "")
    many = f"{len(keys)} questions are" if len(keys) > 1 else "1 question is"
    message = f"{many} not graded, because fewer than half of the sheets have them: {named}"
    return Problem("questions", message, None, "a --key sets the questions of all students", "warning")
