"""Finds sheets that were solved for another variant: their answers are right there."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from msgspec.structs import replace

from cnncalc.homework.answers import AnswerError, written
from cnncalc.homework.grade import RIGHT, Graded
from cnncalc.homework.quantities import Value
from cnncalc.problems import Problem, Source
from cnncalc.shapes import shape_of

LEAST = 3
"""Fewest answers that show another variant."""
MOST_OWN, LEAST_OTHER = Fraction(1, 3), Fraction(2, 3)
"""Shares of the answers that differ between both variants: at most so many are right for the stated one, and
at least so many for the other."""
MOST_NAMED = 3

Rights = dict[str, Value]
"""The correct answers by question."""


class Fits:
    """The correct answers of every variant in a class, and the sheets that they fit."""

    def __init__(self) -> None:
        self._rights: dict[int | None, Rights] = {}
        self._variants: dict[tuple[str, Value], list[int | None]] = {}

    @property
    def seeds(self) -> set[int]:
        """The variants that are known, without the network as written."""
        return {seed for seed in self._rights if seed is not None}

    def learn(self, seed: int | None, rights: Mapping[str, Value | None]) -> None:
        """Add the correct answers of a variant. Zeros, as of pooling layers, show nothing."""
        self._rights[seed] = {key: value for key, value in rights.items() if value}
        for key, value in self._rights[seed].items():
            self._variants.setdefault((key, value), []).append(seed)

    @staticmethod
    def is_doubtful(graded: Graded) -> bool:
        """Whether at most half of the answers are right."""
        right = sum(each.verdict in RIGHT for each in graded.results)
        return graded.problem is None and 2 * right <= len(graded.results)

    def checked(self, graded: Graded, source: Source) -> Graded:
        """The results, or the problem that the answers fit another variant."""
        if len(self._rights) < 2 or not self.is_doubtful(graded):
            return graded
        given = {each.question: exactly(each.answer) for each in graded.results if each.verdict not in RIGHT}
        fitting: Counter[int | None] = Counter()
        for key, values in given.items():
            for value in values:
                fitting.update(self._variants.get((key, value), ()))
        for seed, _ in fitting.most_common(2):
            problem = self._evidence(graded, seed)
            if problem and seed != graded.variant:
                return replace(graded, results=(), problem=problem, source=source)
        return graded

    def _evidence(self, graded: Graded, other: int | None) -> Problem | None:
        """The problem that most answers are right for another variant and few for the stated one."""
        own, others = self._rights.get(graded.variant, {}), self._rights[other]
        differing = [
            each
            for each in graded.results
            if each.answer.strip() and own.get(each.question) != others.get(each.question)
        ]
        right = [each for each in differing if others.get(each.question) in exactly(each.answer)]
        own_right = sum(each.verdict in RIGHT for each in differing)
        if len(right) < LEAST or len(right) < LEAST_OTHER * len(differing):
            return None
        if own_right > MOST_OWN * len(differing):
            return None
        named = ", ".join(each.question for each in right[:MOST_NAMED])
        message = (
            f"the answers fit {_called(other)}, not {_called(graded.variant)}: of {len(differing)} that "
            f"differ between them, {len(right)} are right for it and {own_right} for its own, as in {named}"
        )
        return Problem("variant", message, None, "check whose sheet this is; it was not graded")


def _called(seed: int | None) -> str:
    return "the network as written" if seed is None else f"variant {seed}"


def exactly(text: str) -> set[Value]:
    """The values that an answer is exactly, with a shape in both layouts."""
    try:
        answer = written(text)
    except AnswerError:
        return set()
    found: set[Value] = set()
    if answer.number is not None and answer.number.value.denominator == 1:
        number = int(answer.number.value)
        found |= {number, (number,)}
    sizes = tuple(int(size) for size in answer.sizes if size is not None and size.denominator == 1)
    if len(sizes) > 1:
        found |= {sizes, shape_of(sizes, "hwc").dims()}
    return found
