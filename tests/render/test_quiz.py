"""Questions for learning platforms, read back by parsers that are not ours.

`moodle-xml-parser` reads boxes and choices, `pygiftparserrgmf` reads GIFT, and the standard library the rest.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from html import unescape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from moodle_xml_parser import parser as moodle_parser

import cnncalc
from cnncalc.homework.grade import Grader
from cnncalc.homework.worksheet.quiz import Quiz, QuizQuestion, quiz
from cnncalc.layers.convolution import Conv
from cnncalc.render.quiz import gift, moodle, qti
from tests.conftest import bundled

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its tables are written to a file that stays open
    from pygiftparser import parser as gift_parser

ASKED = ("output", "params", "macs")
NETWORKS = bundled(["lenet5", "vgg16"], {"lenet5"})
each_network = pytest.mark.parametrize("name", NETWORKS)


@cache
def made(name: str) -> Quiz:
    return quiz(name, ASKED)


@cache
def grader(name: str) -> Grader:
    return Grader(cnncalc.load(name))


def diagnosis(name: str, question: str, answer: str) -> tuple[str, str]:
    """The verdict of `grade` and what it says to a student."""
    (result,) = grader(name).source(cnncalc_source(question, answer), "csv")[0].results
    return result.verdict, result.says


def cnncalc_source(question: str, answer: str) -> "cnncalc.problems.Source":  # type: ignore[name-defined]
    from cnncalc.problems import Source

    return Source("answer", f'question,answer\n{question},"{answer}"\n')


def numbers_of(root: Element) -> dict[str, list[tuple[int, int, str]]]:
    """The answers of each numerical question: the fraction, the number, the feedback."""
    return {
        node.findtext("name/text", ""): [
            (
                int(answer.attrib["fraction"]),
                int(answer.findtext("text", "")),
                unescape(answer.findtext("feedback/text", "")),
            )
            for answer in node.findall("answer")
        ]
        for node in root.findall("question[@type='numerical']")
    }


@each_network
def test_the_feedback_of_every_wrong_number_names_the_mistake_that_grade_finds(name: str) -> None:
    found = numbers_of(ElementTree.fromstring(moodle([made(name)])))
    asked = [each for each in made(name).questions if isinstance(each.right, int)]
    assert list(found) == [each.key for each in asked]
    for key, answers in found.items():
        fraction, right, _ = answers[0]
        assert (fraction, diagnosis(name, key, str(right))) == (100, ("right", ""))
        values = [value for _, value, _ in answers]
        assert len(set(values)) == len(values)
        for fraction, value, says in answers[1:]:
            expected = ("convention", says.removeprefix("right, by another convention: "))
            assert diagnosis(name, key, str(value)) == (expected if fraction else ("wrong", says)), (
                key,
                value,
            )
    assert sum(len(answers) for answers in found.values()) > 15 * len(found)


def conv(question: QuizQuestion, spec: cnncalc.Spec) -> tuple[Conv, int, int, int, int] | None:
    """A layer of filters with its kernel, input depth, filters and output size; None for others."""
    node = next((node for node in spec.graph.layers if node.name == question.key.rpartition(".")[0]), None)
    if node is None or not isinstance(node.layer, Conv) or node.shape.rank != 2:
        return None
    kernel = node.layer.kernel
    k = kernel if isinstance(kernel, int) else kernel[0]
    return node.layer, k, node.reads[0].channels, node.shape.channels, node.shape.spatial[0]


BY_HAND: dict[tuple[str, str], Callable[[int, int, int, int], tuple[int, ...]]] = {
    ("params", "forgot-bias"): lambda k, c, f, n: (k * k * c * f,),
    ("params", "one-bias"): lambda k, c, f, n: (k * k * c * f + 1,),
    ("params", "forgot-depth"): lambda k, c, f, n: (k * k * f + f,),
    ("params", "forgot-filters"): lambda k, c, f, n: (k * k * c + 1,),
    ("params", "kernel-one-axis"): lambda k, c, f, n: (k * c * f + f,),
    ("params", "bias-for-each-output"): lambda k, c, f, n: (k * k * c * f + f * n * n,),
    ("macs", "forgot-depth"): lambda k, c, f, n: (k * k * f * n * n,),
    ("macs", "forgot-filters"): lambda k, c, f, n: (k * k * c * n * n,),
    ("macs", "kernel-one-axis"): lambda k, c, f, n: (k * c * f * n * n,),
    ("macs", "output-one-axis"): lambda k, c, f, n: (k * k * c * f * n,),
    ("macs", "one-place"): lambda k, c, f, n: (k * k * c * f, k * k * c * f + f),
}
"""Mistakes in a layer of f filters, k × k, on c channels, with an output of n × n, by hand."""


@each_network
def test_the_numbers_of_named_mistakes_are_those_by_hand(name: str) -> None:
    spec, seen = cnncalc.load(name), set()
    for question in made(name).questions:
        sizes = conv(question, spec)
        for wrong in question.wrong if sizes else ():
            formula = BY_HAND.get((question.key.rpartition(".")[2], *wrong.mistakes[:1]))  # type: ignore[arg-type]
            if formula and sizes and len(wrong.mistakes) == 1:
                assert wrong.value in formula(*sizes[1:]), (question.key, wrong)
                seen.add((question.key.rpartition(".")[2], *wrong.mistakes))
    assert seen == set(BY_HAND)


@each_network
def test_a_shape_has_a_box_for_each_size(name: str) -> None:
    found = moodle_parser.parse_string(moodle([made(name)]))["cloze"]
    asked = [each for each in made(name).questions if isinstance(each.right, tuple)]
    assert [each.name for each in found] == [each.key for each in asked]
    for read, question in zip(found, asked, strict=True):
        rights = [next(each.answer for each in gap.options if each.score == 100) for gap in read.gaps]
        assert rights == [f"{size}:0" for size in question.right]
        for at, gap in enumerate(read.gaps):
            sizes = [each.answer for each in gap.options]
            assert len(set(sizes)) == len(sizes)
            for option in gap.options:
                if option.score == 0:
                    size = int(option.answer.removesuffix(":0"))
                    mistakes = [each.says for each in question.wrong if each.value[at] == size]  # type: ignore[index]
                    assert unescape(option.feedback).replace("\\", "") in mistakes


@each_network
@pytest.mark.parametrize("count", [2, 4, 10])
def test_choices_differ_from_the_right_answer_and_from_each_other(name: str, count: int) -> None:
    read = moodle_parser.parse_string(moodle([made(name)], count))["multichoice"]
    assert [each.name for each in read] == [each.key for each in made(name).questions]
    for each in read:
        assert 2 <= len(each.options) <= count
        assert len({option.answer for option in each.options}) == len(each.options)
        (right,) = [option for option in each.options if option.score_fraction]
        assert diagnosis(name, each.name, plain_number(right.answer))[0] == "right"
        for option in each.options:
            if option != right:
                assert diagnosis(name, each.name, plain_number(option.answer)) == (
                    "wrong",
                    option.feedback,
                ), (each.name, option)
    assert sum(len(each.options) == count for each in read) > len(read) * 0.6


@pytest.mark.parametrize("name", ["lenet5", "alexnet"])
@pytest.mark.parametrize("count", [0, 4])
def test_gift_is_read_with_the_same_answers(name: str, count: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = gift_parser.parse(gift([made(name)], count)).questions
    assert [each.name for each in read] == [each.key for each in made(name).questions]
    for each, question in zip(read, made(name).questions, strict=True):
        assert each.category == f"$course$/top/{made(name).sheet.network}/as written"
        answers = [
            (option.text.removesuffix(":0"), option.percentage, option.feedback)
            for option in each.answer.options
        ]
        for text, percentage, feedback in answers:
            is_number = isinstance(question.right, int)
            verdict, says = diagnosis(name, question.key, plain_number(text) if is_number else text)
            assert (percentage > 0) == (verdict in ("right", "convention")), (question.key, text)
            assert percentage > 0 or plain(feedback) == says, (question.key, text)
        assert any(percentage == 1 for _, percentage, _ in answers)


def plain_number(text: str) -> str:
    return text.replace(",", "") if re.fullmatch("[0-9,]+", text) else text


def plain(text: str) -> str:
    return unescape(re.sub(r"\\(.)", r"\1", text))


def read_qti(data: bytes) -> dict[str, Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
        files = [node.attrib["href"] for node in manifest.findall(".//{*}file")]
        assert sorted([*files, "imsmanifest.xml"]) == sorted(archive.namelist())
        return {name: ElementTree.fromstring(archive.read(name)) for name in files}


def test_qti_has_one_right_choice_and_feedback_on_the_others() -> None:
    (root,) = read_qti(qti([made("lenet5")], 4)).values()
    items = root.findall(".//{*}item")
    assert [item.attrib["title"] for item in items] == [each.key for each in made("lenet5").questions]
    for item in items:
        answers = {
            label.attrib["ident"]: label.findtext(".//{*}mattext", "")
            for label in item.findall(".//{*}response_label")
        }
        feedback = {
            node.attrib["ident"]: unescape(node.findtext(".//{*}mattext", ""))
            for node in item.findall("{*}itemfeedback")
        }
        scores, given = {}, {}
        for condition in item.findall(".//{*}respcondition"):
            answer = answers[condition.findtext(".//{*}varequal", "")]
            shown = condition.find("{*}displayfeedback")
            scores[answer] = int(condition.findtext("{*}setvar", "0"))
            given[answer] = "" if shown is None else feedback[shown.attrib["linkrefid"]]
        assert len(scores) == len(answers)
        assert sorted(scores.values())[-2:] == [0, 100]
        for answer, score in scores.items():
            verdict = diagnosis("lenet5", item.attrib["title"], answer)
            assert verdict == (("right", "") if score else ("wrong", given[answer]))


def test_the_same_questions_are_the_same_bytes() -> None:
    assert qti([made("lenet5")]) == qti([quiz("lenet5", ASKED)])
    assert moodle([made("lenet5")], 4) == moodle([quiz("lenet5", ASKED)], 4)


HOSTILE = (
    "<b>&]]>Ann</b>",
    "a/b/../c",
    "{~=#}::x:: \\",
    "line\nbreak\x00\x1b[31m\ud800",
    "=cmd|x",
    "Ü" * 300,
)


def test_hostile_names_are_names_of_categories() -> None:
    quizzes = [quiz("lenet5", ["params"], seed=1, student=name) for name in HOSTILE]
    root = ElementTree.fromstring(moodle(quizzes))
    categories = [node.text or "" for node in root.findall(".//category/text")]
    assert len(set(categories)) == len(HOSTILE)
    assert all(len(re.split("(?<!/)/(?!/)", text)) == 4 for text in categories)
    assert len(read_qti(qti(quizzes))) == len(HOSTILE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = gift_parser.parse(gift(quizzes)).questions
    assert len(read) == sum(len(each.questions) for each in quizzes)
    assert len({each.category for each in read}) == len(HOSTILE)


def test_answers_that_are_no_whole_numbers_are_named() -> None:
    found = quiz("lenet5", ["receptive_field"])
    assert found.omitted == ("fc1.receptive_field", "fc2.receptive_field")
    assert [each.key for each in found.questions][-1] == "flatten1.receptive_field"


def test_shapes_are_asked_in_the_layout_of_the_network() -> None:
    first = quiz("alexnet", ["output"]).questions[0]
    assert first.right == (55, 55, 96)
    assert "height × width × channels" in moodle([quiz("alexnet", ["output"])])
