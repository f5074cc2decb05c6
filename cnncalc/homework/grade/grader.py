"""Grade answers about a network: verdict, likeliest mistake and points for each question.

Results contain no correct numbers unless revealed, because students may read them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.choices import Decimal
from cnncalc.homework.answers import (
    LAYOUTS,
    NOT_ASKED,
    Asked,
    Entry,
    Names,
    NameUnknownError,
    Sheet,
    decimal_of,
    in_points,
    is_open,
    sheets,
)
from cnncalc.homework.explain import Derivation
from cnncalc.homework.grade.carried import Carried, CarriedMistakes, Own
from cnncalc.homework.grade.key import AnswerKey
from cnncalc.homework.grade.marks import RIGHT, Mark, Outcome, mark
from cnncalc.homework.grade.question import Question
from cnncalc.homework.grade.scheme import Scheme
from cnncalc.homework.grade.working import Workings, shown
from cnncalc.homework.mistakes.cause import Rank, named_together, sentence
from cnncalc.homework.mistakes.reference import ReferenceNetwork
from cnncalc.homework.quantities import Value
from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.shapes import Layout
from cnncalc.spec import Spec

MOST_KEPT = 200_000
MOST_UNKNOWN = 50
"""Report at most this many answers to unknown questions."""


class GradedAnswer(Struct, frozen=True):
    """One question of one student.

    Attributes:
        question: `conv1.output`.
        answer: as written.
        verdict: right, right but rounded, right by another convention, wrong, unreadable or unanswered.
        says: the convention, the likeliest mistake, or why it cannot be read.
        mistakes: the codes of the likeliest mistakes.
        tied: the codes of mistakes that are as likely, and are named in `says`, too.
        also: other possible mistakes.
        follows_from: the student's own wrong answers that correctly lead to this one.
        points: the points of the question, and `score` those earned.
        right: the correct answer, and `working` its explanation; only if revealed.
    """

    question: str
    answer: str
    verdict: Outcome
    says: str = ""
    mistakes: tuple[str, ...] = ()
    tied: tuple[tuple[str, ...], ...] = ()
    also: tuple[str, ...] = ()
    follows_from: tuple[str, ...] = ()
    points: float = 1
    score: float = 0
    right: str = ""
    working: Derivation | None = None

    @property
    def is_right(self) -> bool:
        """Whether it is right, or follows from an earlier error, and earned all its points."""
        counts = self.verdict in RIGHT or (bool(self.follows_from) and self.score > 0)
        return counts and self.score >= self.points


class Graded(Struct, frozen=True):
    """The results of one student, of the answers in `sheet`, by the variant of a seed.

    `problem` is set if the answers cannot be read or graded. `notices` tell the teacher how the sheet was
    read where it leaves that open.
    """

    student: str
    results: tuple[GradedAnswer, ...] = ()
    problem: Problem | None = None
    source: Source | None = None
    notices: tuple[Problem, ...] = ()
    variant: int | None = None
    sheet: Sheet | None = None

    def __repr__(self) -> str:
        found = self.problem.message if self.problem else f"{self.score:g} of {self.points:g} points"
        return f"<Graded {self.student}: {found}>" if self.student else f"<Graded: {found}>"

    @property
    def score(self) -> float:
        return sum(result.score for result in self.results)

    @property
    def points(self) -> float:
        return sum(result.points for result in self.results)

    @property
    def is_missing(self) -> bool:
        """Whether a student of the class list handed in nothing."""
        return self.problem is not None and self.problem.code == "missing"

    @property
    def is_right(self) -> bool:
        """Whether every answer is right, or follows from an earlier error, and earned all its points."""
        return self.problem is None and all(each.is_right for each in self.results)


DOUBTFUL = Rank.ELSEWHERE
"""Causes from this rank on are less likely than an earlier error plus one mistake."""
BLANK = ("", NOT_ASKED, "-", "—", "_", "?")
"""Texts of cells without an answer."""


NO_CREDIT = Scheme()


class Grader:
    """Grades sheets; marks are cached for equal answers."""

    def __init__(
        self,
        spec: Spec,
        layout: str | None = None,
        scheme: Scheme = NO_CREDIT,
        reveal: bool = False,
        decimal: Decimal | None = None,
    ) -> None:
        self.network = ReferenceNetwork(spec)
        self.names = Names(self.network.report)
        self.carried = Carried(self.network)
        self.carried_mistakes = CarriedMistakes(self.carried)
        self.layout: Layout = LAYOUTS.get((layout or "").lower(), spec.layout)
        self.decimal = decimal
        self.scheme = scheme
        self.reveal = reveal
        self.workings = Workings(self.network.report)
        self.key: AnswerKey | None = None
        self._questions: dict[str, Question] = {}
        self._marks: dict[tuple[str, str, Layout], Mark] = {}

    def use_key(self, path: Path) -> None:
        """Read the questions and their points from a file; raises SpecError if it cannot be read."""
        self.key = AnswerKey.of_file(path, self.names)

    def doubts(self) -> list[Problem]:
        """Warnings for the key's answers that differ from cnncalc's."""
        found = []
        for asked, given, line in self.key.answers if self.key else ():
            verdict = self._mark(self._question(asked), given, self.layout)
            if verdict.verdict not in RIGHT:
                says = verdict.says or (verdict.causes[0].says if verdict.causes else "")
                found.append(AnswerKey.doubt(asked, line, says))
        return found

    def source(self, source: Source, ending: str = "") -> list[Graded]:
        """The results of a text."""
        try:
            found = sheets(source, ending, "")
        except SpecError as error:
            return [Graded("", (), error.problems[0], error.source)]
        usual = self.decimal_of(found)
        return [replace(self.sheet(sheet, usual=usual), source=Source(source.name, "")) for sheet in found]

    def decimal_of(self, sheets: Iterable[Sheet]) -> Decimal | None:
        """The decimal sign that the numbers of these sheets show."""
        return decimal_of(
            (entry.text, found[0], found[1])
            for sheet in sheets
            for entry in sheet.entries
            if (found := self.names.quantity(entry.key)) is not None
        )

    def sheet(self, sheet: Sheet, questions: Sequence[Asked] = (), usual: Decimal | None = None) -> Graded:
        """The results of one student: for the key's questions, else the given ones, else the sheet's.

        `usual` is the decimal sign in the rest of the file.
        """
        layout = LAYOUTS.get(sheet.layout.strip().lower().replace(" ", "_"), self.layout)
        decimal = self.decimal or self.decimal_of([sheet]) or usual
        answered: dict[str, tuple[Asked, Entry]] = {}
        results: list[GradedAnswer] = []
        guesses = self.names.guesses(entry.key for entry in sheet.entries)
        notices = [*sheet.notices, *_of_guesses(guesses)]
        for entry in sheet.entries:
            try:
                asked = self.names.asked(entry.key, guesses)
            except NameUnknownError as error:
                if not is_blank(entry.text) and len(results) < MOST_UNKNOWN:
                    results.append(GradedAnswer(entry.key, entry.text, "unreadable", str(error), points=0))
                continue
            known = answered.get(asked.key)
            if known is None or is_blank(known[1].text):
                answered[asked.key] = (asked, entry)
            elif not is_blank(entry.text) and entry.text.strip() != known[1].text.strip():
                results.append(GradedAnswer(entry.key, entry.text, "unreadable", TWICE, points=0))
        notices += [] if decimal else self._open_decimals(answered, layout)
        notices += _not_graded(each for each in results if each.says != TWICE)
        asked_of_all = self.key.questions if self.key else questions
        answered |= _shapes_of_columns(asked_of_all, answered)
        graded = (*self._results(answered, asked_of_all, layout, decimal), *results)
        return Graded(sheet.student, graded, notices=tuple(notices), variant=sheet.variant, sheet=sheet)

    def _open_decimals(self, answered: dict[str, tuple[Asked, Entry]], layout: Layout) -> Iterator[Problem]:
        """Answers that are wrong as read, but right with a decimal comma, in a sheet that leaves it open."""
        for asked, entry in answered.values():
            if not is_open(entry.text, asked.quantity, asked.unit):
                continue

            def is_right(sign: Decimal, asked: Asked = asked, text: str = entry.text) -> bool:
                read = in_points(text, asked.quantity, asked.unit, sign)
                return self._mark(self._question(asked), read, layout).verdict in RIGHT

            if not is_right("point") and is_right("comma"):
                message = f"{asked.key}: '{entry.text.strip()}' was read with a decimal point and is wrong"
                hint = "with a decimal comma it is right: --decimal comma"
                place = Place(entry.line, 1) if entry.line else None
                yield Problem("reading", message, place, hint, "warning")

    def _results(
        self,
        answered: dict[str, tuple[Asked, Entry]],
        asked_of_all: Sequence[Asked],
        layout: Layout,
        decimal: Decimal | None,
    ) -> list[GradedAnswer]:
        """The results for the questions of all students, or else the sheet's, including blanks."""
        read = {
            key: in_points(entry.text, asked.quantity, asked.unit, decimal)
            for key, (asked, entry) in answered.items()
        }
        marks = {
            key: Mark("unreadable", entry.doubt)
            if entry.doubt
            else self._mark(self._question(asked), read[key], layout)
            for key, (asked, entry) in answered.items()
        }
        own = {key: read[key] for key, each in marks.items() if each.verdict == "wrong"}
        questions = asked_of_all or tuple(asked for asked, _ in answered.values())
        results = []
        for asked in questions:
            entry = answered[asked.key][1] if asked.key in answered else Entry(asked.key, "")
            if asked_of_all or self.is_question(asked, entry.text):
                results.append(self._result(asked, entry, marks.get(asked.key, NOT_ANSWERED), own, layout))
        return results

    def rights(self, questions: Iterable[Asked]) -> dict[str, Value | None]:
        """The correct answers by question."""
        return {asked.key: self._question(asked).right for asked in questions}

    def is_question(self, asked: Asked, text: str) -> bool:
        """Whether a cell asks its question: a dash does not, nor a blank where there is no such number."""
        if not is_blank(text):
            return True
        return text.strip() != NOT_ASKED and asked.is_summed and self._question(asked).right is not None

    def _result(
        self, asked: Asked, entry: Entry, verdict: Mark, own: dict[str, str], layout: Layout
    ) -> GradedAnswer:
        question = self._question(asked)
        points = self.key.points(asked) if self.key else 1
        scheme = self.key.scheme(asked, self.scheme) if self.key else self.scheme
        follows: tuple[str, ...] = ()
        if verdict.verdict == "wrong" and len(own) > 1:
            others = {key: text for key, text in own.items() if key != asked.key}
            follows = self.carried.follows_from(question, own[asked.key], others, layout)
            if not follows:
                verdict = self._with_earlier_error(question, verdict, own[asked.key], others, layout)
        causes = () if follows else verdict.causes
        named = named_together(causes)
        codes = tuple(cause.mistakes for cause in named) or ((),)
        score = max(scheme.share(verdict.verdict, each, bool(follows)) for each in codes)
        return GradedAnswer(
            question=asked.key,
            answer=entry.text,
            verdict=verdict.verdict,
            says=verdict.says or sentence(named),
            mistakes=codes[0],
            tied=codes[1:],
            also=tuple(cause.says for cause in causes if cause not in named),
            follows_from=follows,
            points=points,
            score=points * score,
            right=shown(question, layout) if self.reveal else "",
            working=self.workings.working(question) if self.reveal else None,
        )

    def _with_earlier_error(
        self, question: Question, verdict: Mark, text: str, others: Own, layout: Layout
    ) -> Mark:
        """The mark for an answer that follows from a wrong answer by another mistake, if that is likelier."""
        if verdict.causes and verdict.causes[0].rank < DOUBTFUL:
            return verdict
        cause = self.carried_mistakes.cause(question, text, others, layout)
        return verdict if cause is None else Mark("wrong", causes=(cause,))

    def _question(self, asked: Asked) -> Question:
        key = f"{asked.key} {asked.unit}"
        if key not in self._questions:
            self._questions[key] = Question(self.network, asked.layer, asked.quantity, asked.unit)
        return self._questions[key]

    def _mark(self, question: Question, text: str, layout: Layout) -> Mark:
        if is_blank(text):
            return NOT_ANSWERED
        key = (f"{question.key} {question.unit}", text, layout)
        if key not in self._marks:
            if len(self._marks) > MOST_KEPT:
                self._marks.clear()
            self._marks[key] = mark(question, text, layout)
        return self._marks[key]


AXES = (("height", "width", "channels"), ("length", "channels"))
"""Columns that together answer a question for an output."""


def _shapes_of_columns(
    questions: Iterable[Asked], answered: Mapping[str, tuple[Asked, Entry]]
) -> dict[str, tuple[Asked, Entry]]:
    """The outputs that are asked for, from separate columns for height, width and channels."""
    found = {}
    for asked in questions:
        is_open = asked.key not in answered or is_blank(answered[asked.key][1].text)
        if asked.quantity.name != "output" or not is_open:
            continue
        for axes in AXES:
            cells = [answered.get(f"{asked.layer or 'total'}.{axis}") for axis in axes]
            entries = [cell[1] for cell in cells if cell is not None and not is_blank(cell[1].text)]
            if len(entries) == len(axes):
                text = "x".join(entry.text.strip() for entry in entries)
                found[asked.key] = (asked, Entry(asked.key, f"{text} (hwc)", entries[0].line))
    return found


NOT_ANSWERED = Mark("unanswered")
TWICE = "answered twice; the first answer counts"
MOST_NAMED = 12
"""Most names listed in a notice."""


def _of_guesses(guesses: Mapping[str, str]) -> Iterator[Problem]:
    """What the other names of layers in a sheet were taken for."""
    if guesses:
        pairs = [f"'{text[:40]}' as {name}" for text, name in guesses.items()]
        more = f" and {len(pairs) - MOST_NAMED} more" if len(pairs) > MOST_NAMED else ""
        message = f"names of layers were read: {', '.join(pairs[:MOST_NAMED])}{more}"
        yield Problem("reading", message, None, "", "note")


def _not_graded(results: Iterable[GradedAnswer]) -> Iterator[Problem]:
    """Answers to questions that are not known, once for each reason."""
    keys: dict[str, list[str]] = {}
    for result in results:
        keys.setdefault(result.says, []).append(result.question[:60])
    for says, questions in keys.items():
        more = f" and {len(questions) - 1} more" if len(questions) > 1 else ""
        yield Problem("reading", f"'{questions[0]}'{more}: not graded", None, says, "warning")


def is_blank(text: str) -> bool:
    """Whether a cell has no answer."""
    return text.strip() in BLANK
