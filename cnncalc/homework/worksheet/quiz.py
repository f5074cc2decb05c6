"""Questions for learning platforms: the wrong answers that known mistakes give, each with its feedback."""

import random
from collections.abc import Iterable, Iterator
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.homework.answers import NOT_ASKED
from cnncalc.homework.grade.marks import ORDER
from cnncalc.homework.grade.question import MOST_CAUSES, Question, evident
from cnncalc.homework.mistakes.cause import Cause, named_together, sentence
from cnncalc.homework.mistakes.evidence import Reading
from cnncalc.homework.mistakes.reference import ReferenceNetwork
from cnncalc.homework.quantities import QUANTITIES, SUMMED, Answerable
from cnncalc.homework.worksheet.sheet import DEFAULT, TOTAL, Worksheet, worksheet
from cnncalc.homework.worksheet.variants import variant
from cnncalc.shapes import Layout
from cnncalc.spec import SpecLike, as_spec

MOST_WRONG = 40
"""Most wrong answers of a question."""

Given = int | tuple[int, ...]
"""A number, or the sizes of a shape in the layout of the network."""


class WrongAnswer(Struct, frozen=True):
    """A wrong answer, and the mistake that gives it."""

    value: Given
    says: str
    mistakes: tuple[str, ...]


class QuizQuestion(Struct, frozen=True):
    """A question: its right answer, those right by another convention, and wrong ones, likeliest first."""

    key: str
    asks: str
    right: Given
    others: tuple[tuple[Given, str], ...]
    wrong: tuple[WrongAnswer, ...]

    def choices(self, count: int, seed: int | None) -> list[tuple[Given, str]]:
        """At most `count` different answers in a random order, with their feedback; empty for the right one.

        Shapes with the same sizes in another order are no choices: they may be right in another layout.
        """
        known = {_unordered(self.right), *(_unordered(value) for value, _ in self.others)}
        chosen: list[tuple[Given, str]] = [(self.right, "")]
        for each in self.wrong:
            if len(chosen) < count and _unordered(each.value) not in known:
                known.add(_unordered(each.value))
                chosen.append((each.value, each.says))
        random.Random(f"{self.key} {seed}").shuffle(chosen)
        return chosen


def _unordered(value: Given) -> tuple[int, ...]:
    return tuple(sorted(value)) if isinstance(value, tuple) else (value,)


class Quiz(Struct, frozen=True):
    """The questions about a network or variant; `sheet` shows it, and `omitted` cannot be asked this way."""

    sheet: Worksheet
    questions: tuple[QuizQuestion, ...]
    omitted: tuple[str, ...]


def quiz(
    spec: SpecLike, blank: Iterable[str] = DEFAULT, *, seed: int | None = None, student: str = ""
) -> Quiz:
    """Make the questions of a sheet; arguments and errors are those of `worksheet`.

    >>> quiz("lenet5", ["params"]).questions[0].wrong[0].mistakes
    ('forgot-bias',)
    """
    spec = as_spec(spec)
    sheet = replace(worksheet(spec, blank, seed=seed), student=student)
    network = ReferenceNetwork(spec if seed is None else variant(spec, seed))
    questions, omitted = [], []
    for line in sheet.lines:
        layer = "" if line.layer == TOTAL and line is sheet.lines[-1] else line.layer
        for name, answer in zip(sheet.quantities, line.answers, strict=True):
            if answer == NOT_ASKED:
                continue
            found = _question(Question(network, layer, QUANTITIES[name]), spec.layout)
            if found is None:
                omitted.append(f"{line.layer}.{name}")
            else:
                questions.append(found)
    return Quiz(sheet, tuple(questions), tuple(omitted))


def _question(question: Question, layout: Layout) -> QuizQuestion | None:
    """A question; None if its answer is neither a whole number nor a shape."""
    right = _given(question, question.right, layout)
    if right is None:
        return None
    others = [(_given(question, value, layout), says) for value, says in question.rights.items()]
    if isinstance(right, tuple):
        swapped: Layout = "chw" if layout == "hwc" else "hwc"
        others.append((_given(question, question.right, swapped), ORDER[swapped]))
    known = {right, *(value for value, _ in others)}
    wrong: dict[Given, tuple[Cause, ...]] = {}
    for value, causes in _mistaken(question):
        given = _given(question, value, layout)
        if given is not None and given not in known and _is_alike(given, right):
            wrong.setdefault(given, causes)
    return QuizQuestion(
        key=question.key,
        asks=asks(question.quantity, question.layer),
        right=right,
        others=tuple((value, says) for value, says in others if value is not None and value != right),
        wrong=tuple(
            WrongAnswer(value, sentence(causes), causes[0].mistakes)
            for value, causes in [*wrong.items()][:MOST_WRONG]
        ),
    )


def _is_alike(given: Given, right: Given) -> bool:
    """Whether a wrong answer has the form of the right one, and is not the same without sizes of 1."""
    if not isinstance(given, tuple) or not isinstance(right, tuple):
        return type(given) is type(right)
    bare = [size for size in right if size != 1]
    return len(given) == len(right) and (len(bare) > 1 or bare != [size for size in given if size != 1])


def _mistaken(question: Question) -> Iterator[tuple[object, tuple[Cause, ...]]]:
    """The values of single mistakes, likeliest first; a number that many mistakes are near to is left out."""
    table = next(question.tables())
    for value, causes in sorted(table.items(), key=lambda each: each[1][0].order):
        found = causes
        if not isinstance(value, tuple):
            found = evident(question, Reading(Fraction(value), Fraction(0)), causes)
        if found and found[0] == causes[0]:
            yield value, named_together(found[:MOST_CAUSES])


def _given(question: Question, value: object, layout: Layout) -> Given | None:
    """A value as students write it: a shape in the layout of the network, one size as a number."""
    if isinstance(value, int):
        return None if value == 0 and question.quantity.name == "receptive_field" else value
    if not isinstance(value, tuple) or question.quantity.form != "shape":
        return None
    sizes = tuple(int(size) for size in value)
    if len(sizes) == 1:
        return sizes[0]
    return sizes if layout == "chw" else (*sizes[1:], sizes[0])


def asks(quantity: Answerable, layer: str) -> str:
    """The sentence of a question.

    >>> asks(QUANTITIES["params"], "conv1"), asks(QUANTITIES["output"], "")
    ('How many parameters does conv1 have?', 'What is the output of the whole network?')
    """
    where = layer or "the whole network"
    if quantity.name in SUMMED and quantity.form == "count":
        return f"How many {quantity.called.removeprefix('the ')} does {where} have?"
    return f"What is {quantity.called} of {where}?"
