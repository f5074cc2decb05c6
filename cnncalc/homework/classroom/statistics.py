"""What a class got right and wrong: for all questions and for each one."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median, pstdev

from msgspec import Struct

from cnncalc.homework.grade import RIGHT, Graded, GradedAnswer


class Spread(Struct, frozen=True):
    """The points that students earned, of `points`: mean, median and standard deviation."""

    points: float
    mean: float
    median: float
    deviation: float

    @classmethod
    def of(cls, points: float, scores: Sequence[float]) -> "Spread":
        """The statistics of some scores; zeros if there are none."""
        if not scores:
            return cls(points, 0, 0, 0)
        return cls(points, fmean(scores), median(scores), pstdev(scores))


class CommonMistake(Struct, frozen=True):
    """A mistake with its codes and its sentence, and how many students made it in a question."""

    question: str
    codes: tuple[str, ...]
    says: str
    times: int


class QuestionStatistics(Struct, frozen=True):
    """A question: how many students answered it how, and their mistakes, most common first."""

    question: str
    spread: Spread
    students: int
    right: int
    following: int
    wrong: int
    unanswered: int
    unreadable: int
    mistakes: tuple[CommonMistake, ...]

    @property
    def percent_right(self) -> float:
        return 100 * self.right / self.students


class ClassStatistics(Struct, frozen=True):
    """A class: its scores, its questions in order, and all mistakes, most common first."""

    students: int
    graded: int
    spread: Spread
    questions: tuple[QuestionStatistics, ...]
    mistakes: tuple[CommonMistake, ...]


def statistics_of(grades: Sequence[Graded]) -> ClassStatistics:
    """The statistics of the students whose sheets were graded."""
    graded = [each for each in grades if not each.problem]
    answers: dict[str, list[GradedAnswer]] = {}
    for each in graded:
        for result in each.results:
            if result.points or result.verdict != "unreadable":  # not answers to unknown questions
                answers.setdefault(result.question, []).append(result)
    questions = tuple(_question(name, results) for name, results in answers.items())
    return ClassStatistics(
        students=len(grades),
        graded=len(graded),
        spread=Spread.of(max((each.points for each in graded), default=0), [each.score for each in graded]),
        questions=questions,
        mistakes=_common([result for results in answers.values() for result in results]),
    )


def _question(name: str, results: list[GradedAnswer]) -> QuestionStatistics:
    counts = Counter("following" if each.follows_from else each.verdict for each in results)
    return QuestionStatistics(
        question=name,
        spread=Spread.of(results[0].points, [each.score for each in results]),
        students=len(results),
        right=sum(counts[verdict] for verdict in RIGHT),
        following=counts["following"],
        wrong=counts["wrong"],
        unanswered=counts["unanswered"],
        unreadable=counts["unreadable"],
        mistakes=_common(results),
    )


def _common(results: list[GradedAnswer]) -> tuple[CommonMistake, ...]:
    times = Counter((each.question, each.mistakes, each.says) for each in results if each.mistakes)
    return tuple(CommonMistake(*mistake, count) for mistake, count in times.most_common())
