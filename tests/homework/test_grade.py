"""Verdicts, points, errors carried forward; nothing right is called wrong, and nothing right is told."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc
from cnncalc.homework.answers_sheets import Entry, Sheet
from cnncalc.homework.grade import RIGHT, Graded, Grader, Result, grade
from cnncalc.homework.grade_quantities import QUANTITIES
from cnncalc.problems import SpecError
from cnncalc.render.explain import on_one_line
from cnncalc.render.grades import grades_text
from cnncalc.render.grades_data import grades_csv, grades_json, grades_markdown, gradescope
from cnncalc.shapes import Shape
from cnncalc.spec.files import bundled_specs

LENET = cnncalc.load("lenet5")
ALEXNET = cnncalc.load("alexnet")


def results(spec: cnncalc.Spec, answers: dict[str, object], **options: bool) -> list[Result]:
    (graded,) = grade(spec, answers, **options)
    return list(graded.results)


VERDICTS = [
    ("conv1.output", "55x55x96", "right", ""),
    ("conv1.output", "(None, 55, 55, 96)", "right", ""),
    ("conv1.output", "128 x 55 x 55 x 96", "right", ""),
    ("conv1.output", "96x55x55", "convention", "channels first"),
    ("conv1.output", "96@55x55", "right", ""),
    ("fc8.output", "1000", "right", ""),
    ("fc8.output", "1x1x1000", "convention", "axes of size 1 written otherwise"),
    ("conv1.output", "96 x 55 x 55 (CHW)", "right", ""),
    ("conv1.output", "55x55x96, channels last", "right", ""),
    ("pool1.params", "none", "right", ""),
    ("pool1.params", "zero", "right", ""),
    ("conv1.size", "55", "right", ""),
    ("conv1.size", "55x55", "right", ""),
    ("conv1.params", "34,944", "right", ""),
    ("conv1.params", "34.9K", "digits", ""),
    ("conv1.params", "35K", "digits", ""),
    ("conv1.params", "35000", "digits", ""),
    ("conv1.params", "34848", "wrong", "the biases are left out: each filter or unit has one"),
    ("total.params", "62M", "digits", ""),
    ("total.macs", "1.14G", "digits", ""),
    ("conv1.macs", "105,415,200", "right", ""),
    ("conv1.macs", "105,705,600", "convention", "the additions of the biases counted, too"),
    ("conv1.flops", "105,415,200", "convention", "FLOPs counted as multiply-adds"),
    ("conv1.flops", "210,830,400", "convention", "2 × multiply-adds, without biases and other operations"),
    ("conv1.multiplications", "105,415,200", "convention", "those inside multiply-adds counted, too"),
    ("conv1.connections", "105,415,200", "convention", "biases not counted as connections"),
    ("conv1.memory", "1,161,600", "right", ""),
    ("conv1.memory", "1.16 MB", "digits", ""),
    ("conv1.memory", "1.108 MB", "convention", "KB and MB taken as powers of 1024: KiB, MiB"),
    ("conv1.memory", "1.108 MiB", "digits", ""),
    ("conv1.memory_kib", "1134.375", "digits", ""),
    ("conv1.weight_shape", "96x3x11x11", "right", ""),
    ("conv1.weight_shape", "11x11x3x96", "convention", "Keras's order, filters last"),
    ("conv1.receptive_field", "11x11", "right", ""),
    ("fc6.receptive_field", "all", "right", ""),
    ("fc6.receptive_field", "227", "convention", "the whole input, as a size"),
    ("conv1.receptive_field", "all", "wrong", "a unit of this layer does not see the whole input"),
    ("conv1.jump", "4", "right", ""),
    ("conv1.effective_kernel", "11", "right", ""),
    ("conv1.padding", "0", "right", ""),
    ("conv1.params_per_filter", "364", "right", ""),
    ("conv1.weights_per_neuron", "363", "right", ""),
    ("conv1.unshared_params", "105,705,600", "right", ""),
    ("pool1.params", "0", "right", ""),
]


@pytest.mark.parametrize(("question", "answer", "verdict", "says"), VERDICTS)
def test_a_verdict(question: str, answer: str, verdict: str, says: str) -> None:
    (result,) = results(ALEXNET, {question: answer})
    assert (result.verdict, result.says) == (verdict, says)


def test_a_map_of_one_pixel_may_be_written_as_a_number() -> None:
    (result,) = results(LENET, {"conv3.output": "120"})
    assert (result.verdict, result.says) == ("convention", "axes of size 1 written otherwise")


def test_an_answer_says_its_own_layout() -> None:
    """16×10×16 is read in both orders."""
    text = "cnncalc: 1\nlayout: hwc\ninput: [16, 10, 3]\nlayers: [{conv: 16, kernel: 1}]\n"
    spec = cnncalc.load(text)
    assert results(spec, {"conv1.output": "16x10x16 (hwc)"})[0].verdict == "right"
    assert results(spec, {"conv1.output": "10x16x16 (hwc)"})[0].slips == ("axes-swapped",)


def test_running_statistics_may_count_as_parameters() -> None:
    (result,) = results(cnncalc.load("resnet50"), {"params": "25,610,152"})
    assert (result.verdict, result.says) == (
        "convention",
        "running statistics counted as parameters, as Keras does",
    )


CARRIED = {
    "conv1.output": "54x54x96",
    "conv1.macs": str(54 * 54 * 96 * 363),
    "pool1.output": "26x26x96",
    "conv2.output": "26x26x256",
    "conv2.params": "614,656",
    "pool2.output": "13x13x256",
    "fc6.params": "1",
}


def test_what_follows_rightly_from_an_error_is_told_so() -> None:
    found = {result.question: result for result in results(ALEXNET, CARRIED)}
    assert found["conv1.output"].slips == ("forgot-plus-one",)
    assert found["conv1.macs"].follows_from == ("conv1.output",)
    assert found["pool1.output"].follows_from == ("conv1.output",)
    assert found["conv2.output"].follows_from == ("conv1.output", "pool1.output")
    assert found["conv2.params"].verdict == "right"
    assert found["pool2.output"].verdict == "right"  # 26 and 27 both give 13 − 1 … rounded as the right one
    assert not found["fc6.params"].follows_from
    assert [result.score for result in found.values()] == [0, 0, 0, 0, 1, 1, 0]


def test_follow_through_gives_credit_for_what_follows_and_for_nothing_else() -> None:
    found = results(ALEXNET, CARRIED, follow_through=True)
    assert [result.score for result in found] == [0, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        # a dense layer behind one's own flatten
        (
            {
                "pool2.output": "16x6x6",
                "conv3.output": "120x2x2",
                "flatten1.output": "480",
                "fc1.params": "40,404",
            },
            "fc1.params",
        ),
        # though a layer behind it could not read so small a map
        ({"pool1.output": "6x13x13", "conv2.output": "16x9x9"}, "conv2.output"),
        # in a layout that the sheet does not say
        ({"conv1.output": "30x30x6", "pool1.output": "15x15x6"}, "pool1.output"),
        # the next field from one's own field and the right jump
        ({"pool1.rf": "7", "conv2.rf": "15"}, "conv2.receptive_field"),
        # a sum of one's own numbers
        ({"conv1.params": "150", "conv2.params": "2400", "total.params": "61684"}, "total.params"),
        ({"conv1.weights": "25", "conv1.params": "31"}, "conv1.params"),
        ({"conv1.macs": "78400", "conv1.flops": "161504"}, "conv1.flops"),
        ({"conv1.elements": "5046", "conv1.memory": "20184"}, "conv1.memory"),
    ],
)
def test_an_error_is_carried_along(answers: dict[str, object], last: str) -> None:
    result = results(LENET, answers)[-1]
    assert result.question == last
    assert result.verdict == "wrong"
    assert result.follows_from


@pytest.mark.parametrize(
    ("answers", "last", "slip"),
    [
        # 84·100 from one's own 100 values, without the biases
        ({"conv3.output": "100x1x1", "fc1.params": "8400"}, "fc1.params", "forgot-bias"),
        # 16·25·6·13·13 from one's own map of 13, over the grid of the input
        ({"pool1.output": "6x13x13", "conv2.macs": "405,600"}, "conv2.macs", "input-grid"),
        # 13 stays 13 with a padding of 2
        ({"pool1.output": "6x13x13", "conv2.output": "16x13x13"}, "conv2.output", "assumed-same"),
        # 7 + 4·1, the jump of 2 forgotten
        ({"pool1.rf": "7", "conv2.rf": "11"}, "conv2.receptive_field", "forgot-jump"),
    ],
)
def test_an_error_may_be_carried_along_with_another_one(
    answers: dict[str, object], last: str, slip: str
) -> None:
    first = next(iter(answers)).replace(".rf", ".receptive_field")
    result = results(LENET, answers, follow_through=True)[-1]
    assert (result.question, result.slips, result.score) == (last, (slip,), 0)
    assert result.says.startswith(f"this goes on from your {first}; besides, ")
    assert not result.follows_from


def test_one_slip_is_likelier_than_an_earlier_error_and_another() -> None:
    result = results(LENET, {"conv3.output": "100x1x1", "conv2.params": "2400"})[-1]
    assert (result.slips, result.says) == (
        ("forgot-bias",),
        "the biases are left out: each filter or unit has one",
    )


def test_an_error_that_a_later_layer_cannot_read_is_not_carried_along(tmp_path: Path) -> None:
    spec = tmp_path / "grouped.yaml"
    layers = "layers: [{conv: 8, kernel: 3}, {conv: 8, kernel: 3, groups: 4}]"
    spec.write_text(f"cnncalc: 1\ninput: 3x9x9\n{layers}\n", encoding="utf-8")
    found = results(cnncalc.load(spec), {"conv1.output": "6x6x6", "conv2.output": "4x4x4"})
    assert [(each.verdict, each.follows_from) for each in found] == [("wrong", ())] * 2


KEY = """\
conv1.output: {points: 2}
conv1.params: {points: 0.5, answer: 156}
conv2:
  output: 16x10x10
  params: {points: 3}
total.macs: 416,521
"""


def test_a_key_says_the_questions_and_their_points(tmp_path: Path) -> None:
    key = tmp_path / "key.yaml"
    key.write_text(KEY, encoding="utf-8")
    (graded,) = grade(LENET, {"conv1.output": "6x28x28", "conv2.params": 1, "fc1.params": 10164}, key=key)
    assert [(each.question, each.verdict, each.score, each.points) for each in graded.results] == [
        ("conv1.output", "right", 2, 2),
        ("conv1.params", "unanswered", 0, 0.5),
        ("conv2.output", "unanswered", 0, 1),
        ("conv2.params", "wrong", 0, 3),
        ("total.macs", "unanswered", 0, 1),
    ]
    assert (graded.score, graded.points) == (2, 7.5)


def test_a_key_that_is_wrong_itself_is_doubted_without_the_right_number(tmp_path: Path) -> None:
    key = tmp_path / "key.yaml"
    key.write_text(KEY, encoding="utf-8")
    grader = Grader(LENET)
    grader.use_key(key)
    (doubt,) = grader.doubts()
    assert doubt.message == "the key's answer to total.macs is not what cnncalc counts"
    assert doubt.place is not None
    assert doubt.place.line == 6


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("cnov1.output: {points: 2}\n", ["there is no layer 'cnov1'; did you mean 'conv1'?"]),
        ("conv1.output: {points: many}\nconv1.params: {points: -1}\n", ["points are a number from 0 up"] * 2),
        ("- 1\n", ["a key is a mapping"]),
        ("layout: hwc\n", ["this key names no question"]),
    ],
)
def test_what_is_wrong_with_a_key_is_said(text: str, messages: list[str], tmp_path: Path) -> None:
    key = tmp_path / "key.yaml"
    key.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as wrong:
        grade(LENET, {}, key=key)
    assert [problem.message for problem in wrong.value.problems] == messages


def test_a_sheet_says_its_layout() -> None:
    grader = Grader(LENET)
    sheet = Sheet("ann", (Entry("conv2.output", "10x10x16"),), "channels_last")
    assert grader.sheet(sheet).results[0].verdict == "right"
    assert results(LENET, {"conv2.output": "10x10x16"})[0].says == "channels last"


def test_an_answer_given_twice_counts_once() -> None:
    sheet = Sheet(
        "", (Entry("conv1.params", "156"), Entry("conv1.parameters", "150"), Entry("conv1.param", "156"))
    )
    found = Grader(LENET).sheet(sheet).results
    assert [(each.verdict, each.points) for each in found] == [("right", 1), ("unreadable", 0)]


def notations(value: object, layout: str) -> list[str]:
    """A right value in several ways of writing it."""
    if isinstance(value, Shape):
        channels_last = value.dims("hwc")
        return [
            value.text("chw"),
            f"({', '.join(map(str, channels_last))})",
            "None x " + " x ".join(map(str, value.dims("hwc" if layout == "hwc" else "chw"))),
        ]
    if isinstance(value, tuple):
        return ["x".join(map(str, value))]
    if not isinstance(value, int):
        return [str(value)]
    written = [str(value), f"{value:,}", f"{value:,}".replace(",", " ")]
    if value >= 10**6:
        written += [f"{value / 10**6:.2f}M", f"{value:.3e}", f"{value / 10**9:.4f} billion"]
    return written


@pytest.mark.parametrize("path", bundled_specs(), ids=lambda path: path.stem)
def test_no_right_answer_is_called_wrong(path: Path) -> None:
    grader = Grader(cnncalc.load(path))
    report = grader.network.report
    layout = grader.layout
    for name in ("", *report.names):
        row = grader.network.row(name)
        for quantity in QUANTITIES.values():
            value = quantity.of(row)
            if value is None:
                continue
            texts = ["all"] if quantity.name == "receptive_field" and value == 0 else notations(value, layout)
            for text in texts:
                if text.startswith("0.0000 billion") or (text.endswith("billion") and int(value) < 10**8):
                    continue  # says too little
                entry = Entry(f"{name or 'total'}.{quantity.name}", text)
                (result,) = grader.sheet(Sheet("", (entry,))).results
                assert result.verdict in RIGHT, (result, value)


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


def rendered(graded: object, reveal: bool) -> dict[str, str]:
    from cnncalc.cli.terminal import text_of

    grades = list(graded)  # type: ignore[call-overload]
    return {
        "text": text_of([grades_text(grades, "AlexNet", details=True)]),
        "json": grades_json(grades, "AlexNet"),
        "csv": grades_csv(grades),
        "markdown": grades_markdown(grades, "AlexNet"),
        "gradescope": gradescope(grades[0]),
        "struct": repr(grades),
    }


@pytest.mark.parametrize("format", ["text", "json", "csv", "markdown", "gradescope", "struct"])
def test_no_format_tells_a_right_number_unless_it_is_revealed(format: str) -> None:
    hidden = rendered(grade(ALEXNET, WRONG_OF_ALEXNET), False)[format]
    shown = rendered(grade(ALEXNET, WRONG_OF_ALEXNET, reveal=True), True)[format]
    revealed = grade(ALEXNET, WRONG_OF_ALEXNET, reveal=True)[0].results
    rights = [each.right for each in revealed if each.right]
    assert len(rights) == 14
    for right in rights:
        plain = right.replace(",", "")
        if plain.isdecimal() and len(plain) < 4:
            continue  # 19 stands in 119 by chance
        assert right in shown.replace('"', "")
        assert right not in hidden
        assert plain not in hidden


@pytest.mark.parametrize(
    "question", ["conv2.output", "conv2.rf", "total.macs", "total.rf", "conv1.size", "fc6.rf"]
)
def test_the_working_that_is_revealed_is_that_of_explain(question: str) -> None:
    (result,) = results(ALEXNET, {question: "1"}, reveal=True)
    layer, _, name = result.question.partition(".")
    name = {"size": "output"}.get(name, name)
    layer = ALEXNET.graph.nodes[-1].name if (layer, name) == ("total", "receptive_field") else layer
    explained = cnncalc.explain(ALEXNET, None if layer == "total" else layer)
    assert result.working == explained[name]
    assert on_one_line(explained[name]) in grades_csv([Graded("", (result,))]).replace('""', '"')


def test_a_class_is_graded_file_by_file_and_a_bad_file_stops_none(tmp_path: Path) -> None:
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


def test_gradescope_has_what_its_autograder_expects() -> None:
    (graded,) = grade(LENET, {"conv1.params": 156, "conv1.output": "6x28"})
    data = json.loads(gradescope(graded))
    assert data["score"] == 1
    assert [set(test) for test in data["tests"]] == [{"name", "score", "max_score", "status", "output"}] * 2
    assert sum(test["max_score"] for test in data["tests"]) == 2


def test_csv_holds_no_formula() -> None:
    (graded,) = grade(LENET, {"conv1.params": "=1+1", "=cmd|x": "@SUM(1)", "conv1.output": "-5"})
    lines = grades_csv([graded]).splitlines()
    cells = [cell for line in lines for cell in line.replace('"', "").split(",")]
    assert not [cell for cell in cells if cell[:1] in "=@+" and cell]
    assert Fraction("-5") == Fraction(next(cell for cell in cells if cell.startswith("-5")))
