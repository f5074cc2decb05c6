"""Questions as Moodle XML: numerical, a box for each size of a shape (cloze), or multiple choice.

The format is that of Moodle's export: https://docs.moodle.org/en/Moodle_XML_format.
"""

import re
from collections.abc import Sequence
from html import escape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cnncalc.homework.worksheet.quiz import Given, Quiz, QuizQuestion
from cnncalc.render.quiz.common import category, convention, page, shown

SPECIAL = re.compile(r'[~}#/"\\]')
"""Characters with a meaning inside a cloze box."""


def moodle(quizzes: Sequence[Quiz], choices: int = 0) -> str:
    """The questions of each quiz in a category of their own."""
    root = Element("quiz")
    for quiz in quizzes:
        _category(root, quiz)
        for question in quiz.questions:
            _question(root, quiz, question, choices)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _category(root: Element, quiz: Quiz) -> None:
    names = ("$course$", "top", *(name.replace("/", "//") for name in category(quiz)))
    _text(SubElement(SubElement(root, "question", type="category"), "category"), "/".join(names))


def _question(root: Element, quiz: Quiz, question: QuizQuestion, choices: int) -> None:
    kind = "multichoice" if choices else "cloze" if isinstance(question.right, tuple) else "numerical"
    node = SubElement(root, "question", type=kind)
    _text(SubElement(node, "name"), question.key)
    boxes = f"<p>{_boxes(question)}</p>" if kind == "cloze" else ""
    _text(SubElement(node, "questiontext", format="html"), page(quiz, question) + boxes)
    _text(SubElement(node, "generalfeedback", format="html"), "")
    for name, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0")):
        SubElement(node, name).text = value
    if kind == "multichoice":
        _choices(node, question, choices, quiz.sheet.seed)
    elif kind == "numerical":
        _numbers(node, question)


def _choices(node: Element, question: QuizQuestion, count: int, seed: int | None) -> None:
    for name, value in (("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "abc")):
        SubElement(node, name).text = value
    for given, says in question.choices(count, seed):
        _answer(node, 0 if says else 100, shown(given), says, "html")


def _numbers(node: Element, question: QuizQuestion) -> None:
    answers: list[tuple[int, Given, str]] = [(100, question.right, "")]
    answers += [(100, value, convention(says)) for value, says in question.others]
    answers += [(0, each.value, each.says) for each in question.wrong]
    for fraction, number, says in answers:
        answer = _answer(node, fraction, str(number), says, "moodle_auto_format")
        SubElement(answer, "tolerance").text = "0"


def _answer(node: Element, fraction: int, text: str, says: str, format: str) -> Element:
    answer = SubElement(node, "answer", fraction=str(fraction), format=format)
    SubElement(answer, "text").text = text
    _text(SubElement(answer, "feedback", format="html"), escape(says, quote=False))
    return answer


def _boxes(question: QuizQuestion) -> str:
    """A box for each size, with the mistakes that give a wrong size there."""
    assert isinstance(question.right, tuple)
    return " × ".join(_box(size, _wrong_sizes(question, at)) for at, size in enumerate(question.right))


def _wrong_sizes(question: QuizQuestion, at: int) -> dict[int, str]:
    """The likeliest mistake behind each wrong size of an axis; one size does not tell another layer."""
    assert isinstance(question.right, tuple)
    found: dict[int, str] = {}
    for each in question.wrong:
        is_layer = each.mistakes == ("another-layer",)
        if isinstance(each.value, tuple) and each.value[at] != question.right[at] and not is_layer:
            found.setdefault(each.value[at], each.says)
    return found


def _box(right: int, wrong: dict[int, str]) -> str:
    answers = [f"={right}:0", *(f"%0%{size}:0#{_in_box(says)}" for size, says in wrong.items())]
    return f"{{1:NUMERICAL:{'~'.join(answers)}}}"


def _in_box(says: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", escape(says, quote=False))


def _text(node: Element, text: str) -> None:
    SubElement(node, "text").text = text
