"""Grade reports in every format: no correct number unless revealed; a class file by file."""

import json
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

import cnncalc
from cnncalc.homework.classroom import grade
from cnncalc.homework.grade import Graded
from cnncalc.render.explain import on_one_line
from cnncalc.render.grades import grades_text
from cnncalc.render.grades_data import grades_csv, grades_json, grades_markdown, gradescope
from tests.homework.grade.test_grade import ALEXNET, LENET, results

WRONG_OF_ALEXNET = {
    "conv1.output": "54x54x96",
    "conv1.params": "34848",
    "conv1.macs": "210830400",
    "conv2.output": "23x23x256",
    "conv2.params": "614400",
    "conv3.macs": "1",
    "conv4.params": "663552",
    "fc6.params": "37748736",
    "fc7.params": "16.8K",
    "total.params": "62367776",
    "total.macs": "2270512192",
    "pool1.receptive_field": "13",
    "conv2.memory": "186624",
    "fc8.params": "=1+1",
    "nothing.params": "3",
}


def rendered(graded: list[Graded]) -> dict[str, str]:
    from cnncalc.cli.terminal import texts_of

    return {
        "text": "".join(texts_of([grades_text(graded, "AlexNet", details=True)])),
        "json": grades_json(graded, "AlexNet"),
        "csv": grades_csv(graded),
        "markdown": grades_markdown(graded, "AlexNet"),
        "gradescope": gradescope(graded[0]),
        "struct": repr([each.results for each in graded]),
    }


@cache
def of_alexnet(reveal: bool) -> list[Graded]:
    return grade(ALEXNET, WRONG_OF_ALEXNET, reveal=reveal)


@pytest.mark.parametrize("format", ["text", "json", "csv", "markdown", "gradescope", "struct"])
def test_no_format_has_a_correct_number_unless_revealed(format: str) -> None:
    hidden, shown = (rendered(of_alexnet(reveal))[format] for reveal in (False, True))
    rights = [each.right for each in of_alexnet(True)[0].results if each.right]
    assert len(rights) == 14
    for right in rights:
        plain = right.replace(",", "")
        if plain.isdecimal() and len(plain) < 4:
            continue  # 19 is part of 119 by chance
        assert right in shown.replace('"', "")
        assert right not in hidden
        assert plain not in hidden


@pytest.mark.parametrize(
    "question", ["conv2.output", "conv2.rf", "total.macs", "total.rf", "conv1.size", "fc6.rf"]
)
def test_the_revealed_working_is_that_of_explain(question: str) -> None:
    (result,) = results(ALEXNET, {question: "1"}, reveal=True)
    layer, _, name = result.question.partition(".")
    name = {"size": "output"}.get(name, name)
    layer = ALEXNET.graph.nodes[-1].name if (layer, name) == ("total", "receptive_field") else layer
    explained = cnncalc.explain(ALEXNET, None if layer == "total" else layer)
    assert result.working == explained[name]
    assert on_one_line(explained[name]) in grades_csv([Graded("", (result,))]).replace('""', '"')


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "ann.yaml").write_text("conv1.params: 156\n", encoding="utf-8")
    (tmp_path / "bob.yaml").write_bytes(b"\x00")
    (tmp_path / "eve.csv").write_text("question,answer\nconv1.params,150\n", encoding="utf-8")
    files = [tmp_path / name for name in ("ann.yaml", "bob.yaml", "eve.csv", "none.csv")]
    graded = grade(LENET, files)
    assert [(each.student, each.score, each.problem is None) for each in graded] == [
        ("ann", 1, True),
        ("bob", 0, False),
        ("eve", 0, True),
        ("none", 0, False),
    ]


def test_gradescope_has_the_expected_format() -> None:
    (graded,) = grade(LENET, {"conv1.params": 156, "conv1.output": "6x28"})
    data = json.loads(gradescope(graded))
    assert data["score"] == 1
    assert [set(test) for test in data["tests"]] == [{"name", "score", "max_score", "status", "output"}] * 2
    assert sum(test["max_score"] for test in data["tests"]) == 2


def test_gradescope_says_what_was_not_answered() -> None:
    (graded,) = grade(LENET, {"conv1.params": "", "conv1.output": "x", "conv2.params": 2416})
    outputs = [test["output"] for test in json.loads(gradescope(graded))["tests"]]
    assert outputs[0] == "not answered"
    assert outputs[1].startswith("x: not readable: ")
    assert outputs[2] == "2416: right"


def test_csv_has_no_formulas() -> None:
    (graded,) = grade(LENET, {"conv1.params": "=1+1", "=cmd|x": "@SUM(1)", "conv1.output": "-5"})
    lines = grades_csv([graded]).splitlines()
    cells = [cell for line in lines for cell in line.replace('"', "").split(",")]
    assert not [cell for cell in cells if cell[:1] in "=@+" and cell]
    assert Fraction("-5") == Fraction(next(cell for cell in cells if cell.startswith("-5")))
