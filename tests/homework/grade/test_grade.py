"""Verdicts, points and keys; no correct answer is marked wrong."""

from pathlib import Path

import pytest

import cnncalc
from cnncalc.homework.answers import Entry, Sheet
from cnncalc.homework.classroom import grade
from cnncalc.homework.grade import RIGHT, GradedAnswer, Grader, scheme_of
from cnncalc.homework.quantities import QUANTITIES
from cnncalc.problems import SpecError
from cnncalc.shapes import Shape
from cnncalc.spec.files import bundled_specs
from tests.conftest import FEW, bundled

LENET = cnncalc.load("lenet5")
ALEXNET = cnncalc.load("alexnet")


GRADERS: dict[tuple[object, ...], Grader] = {}
"""A grader keeps what it has tried, and all tests of a network ask the same one."""


def results(
    spec: cnncalc.Spec, answers: dict[str, object], follow_through: bool = False, **options: bool
) -> list[GradedAnswer]:
    key = (spec.source.text, follow_through, *sorted(options.items()))
    if key not in GRADERS:
        GRADERS[key] = Grader(spec, scheme=scheme_of(follow_through=follow_through), **options)
    grader = GRADERS[key]
    entries = tuple(Entry(question, str(answer)) for question, answer in answers.items())
    return list(grader.sheet(Sheet("", entries)).results)


VERDICTS = [
    ("conv1.output", "55x55x96", "right", ""),
    ("conv1.output", "(None, 55, 55, 96)", "right", ""),
    ("conv1.output", "128 x 55 x 55 x 96", "right", ""),
    ("conv1.output", "96x55x55", "convention", "channels first"),
    ("conv1.output", "96@55x55", "right", ""),
    ("fc8.output", "1000", "right", ""),
    ("fc8.output", "1x1x1000", "convention", "axes of size 1 added or omitted"),
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
    ("conv1.params", "34848", "wrong", "the biases are missing; each filter or unit has one"),
    ("total.params", "62M", "digits", ""),
    ("total.macs", "1.14G", "digits", ""),
    ("conv1.macs", "105,415,200", "right", ""),
    ("conv1.macs", "105,705,600", "convention", "additions of biases included"),
    ("conv1.flops", "105,415,200", "convention", "FLOPs counted as multiply-adds"),
    ("conv1.flops", "210,830,400", "convention", "2 × multiply-adds, without biases and other operations"),
    ("conv1.multiplications", "105,415,200", "convention", "those in multiply-adds included"),
    ("conv1.connections", "105,415,200", "convention", "connections without biases"),
    ("conv1.memory", "1,161,600", "right", ""),
    ("conv1.memory", "1.16 MB", "digits", ""),
    ("conv1.memory", "1.108 MB", "convention", "KB and MB as powers of 1024 (KiB, MiB)"),
    ("conv1.memory", "1.108 MiB", "digits", ""),
    ("conv1.memory_kib", "1134.375", "right", ""),
    ("conv1.params", "(11*11*3 + 1)*96 = 34,944", "right", ""),
    ("conv1.params", "34,848 + 96 = 34,944", "right", ""),
    ("conv1.params", "**34944**", "right", ""),
    ("conv1.params", "34.944", "right", ""),
    ("conv1.params", "34.944,00", "right", ""),
    ("conv1.output", "96 maps of 55x55", "right", ""),
    ("conv1.output", "55x55, 96 channels", "right", ""),
    ("conv1.output", "H=55, W=55, C=96", "right", ""),
    ("conv1.output", "55x55x96 = 290,400", "right", ""),
    ("conv1.elements", "55x55x96 = 290,400", "right", ""),
    ("fc8.output", "1,000", "right", ""),
    ("fc8.output", "1.000", "right", ""),
    ("total.params", "62,380,000", "digits", ""),
    ("total.params", "62.378.344", "right", ""),
    ("total.params", "62,4 Mio", "digits", ""),
    ("total.params", "0,0624 Mrd", "digits", ""),
    ("conv1.weight_shape", "96x3x11x11", "right", ""),
    ("conv1.weight_shape", "11x11x3x96", "convention", "Keras's order, filters last"),
    ("conv1.receptive_field", "11x11", "right", ""),
    ("fc6.receptive_field", "all", "right", ""),
    ("fc6.receptive_field", "227", "convention", "the size of the whole input"),
    ("conv1.receptive_field", "all", "wrong", "a unit of this layer does not depend on the whole input"),
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
    assert (result.verdict, result.says) == ("convention", "axes of size 1 added or omitted")


def test_an_answer_can_state_its_layout() -> None:
    """16×10×16 can be read in both orders."""
    text = "cnncalc: 1\nlayout: hwc\ninput: [16, 10, 3]\nlayers: [{conv: 16, kernel: 1}]\n"
    spec = cnncalc.load(text)
    assert results(spec, {"conv1.output": "16x10x16 (hwc)"})[0].verdict == "right"
    assert results(spec, {"conv1.output": "10x16x16 (hwc)"})[0].mistakes == ("axes-swapped",)


def test_running_statistics_may_count_as_parameters() -> None:
    (result,) = results(cnncalc.load("resnet50"), {"params": "25,610,152"})
    assert (result.verdict, result.says) == (
        "convention",
        "running statistics counted as parameters, as in Keras",
    )


KEY = """\
conv1.output: {points: 2}
conv1.params: {points: 0.5, answer: 156}
conv2:
  output: 16x10x10
  params: {points: 3}
total.macs: 416,521
"""


def test_a_key_has_questions_and_points(tmp_path: Path) -> None:
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


@pytest.mark.parametrize(
    ("key", "chosen", "score"),
    [
        ("conv1.params: {points: 4}", {}, 0),
        ("credit: {forgot-bias: 0.5}\nconv1.params: {points: 4}", {}, 2),
        ("credit: {forgot-bias: 0.5}\nconv1.params: {points: 4, credit: {forgot-bias: 0.75}}", {}, 3),
        ("conv1.params: {points: 4, credit: {forgot-bias: 0.75}}", {"forgot-bias": 0.25}, 1),
        ("conv1.params: {points: 4}\nconv2.params: {credit: {forgot-bias: 0.75}}", {}, 0),
    ],
)
def test_a_key_has_credits(key: str, chosen: dict[str, float], score: float, tmp_path: Path) -> None:
    path = tmp_path / "key.yaml"
    path.write_bytes(key.encode("utf-16"))
    (graded,) = cnncalc.grade("lenet5", {"conv1.params": 150}, key=path, credits=chosen)
    assert graded.score == score


def test_wrong_answers_of_the_key_are_reported_without_the_correct_number(tmp_path: Path) -> None:
    key = tmp_path / "key.yaml"
    key.write_text(KEY, encoding="utf-8")
    grader = Grader(LENET)
    grader.use_key(key)
    (doubt,) = grader.doubts()
    assert doubt.message == "the key's answer to total.macs differs from cnncalc's: this is off by one"
    assert doubt.place is not None
    assert doubt.place.line == 6


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("cnov1.output: {points: 2}\n", ["there is no layer 'cnov1'; did you mean 'conv1'?"]),
        (
            "conv1.output: {points: many}\nconv1.params: {points: -1}\n",
            ["points must be a number of at least 0"] * 2,
        ),
        ("- 1\n", ["expected a mapping of questions"]),
        ("layout: hwc\n", ["this key has no questions"]),
    ],
)
def test_problems_of_a_key_are_reported(text: str, messages: list[str], tmp_path: Path) -> None:
    key = tmp_path / "key.yaml"
    key.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as wrong:
        grade(LENET, {}, key=key)
    assert [problem.message for problem in wrong.value.problems] == messages


ROUNDED = [("61,700", "digits"), ("~61,700", "digits"), ("61710", "digits"), ("0,062M", "digits")]


@pytest.mark.parametrize(("answer", "verdict"), ROUNDED)
def test_a_total_may_be_rounded_to_two_or_three_digits(answer: str, verdict: str) -> None:
    """61,700 is also the sum without the biases of conv1."""
    assert results(LENET, {"total.params": answer})[0].verdict == verdict


def test_a_mistake_is_not_taken_for_rounding() -> None:
    """1,200 is 1,216 rounded, but also the number without biases."""
    spec = cnncalc.load("cnncalc: 1\ninput: [3, 8, 8]\nlayers: [{conv: 16, kernel: 5}]\n")
    assert results(spec, {"conv1.params": "1200"})[0].mistakes == ("forgot-bias",)


SHEETS = [
    ("2.416", "0,48 KB", ["right", "right"]),
    ("2,416", "0.48 KB", ["right", "right"]),
    ("2.416", "0.480 KB", ["right", "right"]),
]


@pytest.mark.parametrize(("params", "memory", "verdicts"), SHEETS)
def test_the_numbers_of_a_sheet_decide_on_the_decimal_sign(
    params: str, memory: str, verdicts: list[str]
) -> None:
    found = results(LENET, {"conv2.params": params, "conv3.memory": memory})
    assert [each.verdict for each in found] == verdicts


def test_a_decimal_sign_that_is_left_open_is_reported() -> None:
    answers = {"conv1.memory": "18,816 KB"}
    (graded,) = grade(LENET, answers)
    assert (graded.results[0].verdict, graded.score) == ("wrong", 0)
    (notice,) = graded.notices
    assert (
        notice.message == "conv1.memory.activations: '18,816 KB' was read with a decimal point and is wrong"
    )
    assert notice.hint == "with a decimal comma it is right: --decimal comma"
    (graded,) = grade(LENET, answers, decimal="comma")
    assert (graded.score, graded.notices) == (1, ())
    (graded,) = grade(LENET, {**answers, "total.memory_kb": "31,5"})
    assert graded.results[0].verdict == "right"


def test_a_sheet_can_state_its_layout() -> None:
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
    """A correct value in several spellings."""
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


@pytest.mark.parametrize("path", bundled(bundled_specs(), FEW), ids=lambda path: path.stem)
def test_no_correct_answer_is_marked_wrong(path: Path) -> None:
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
                    continue  # too few digits
                entry = Entry(f"{name or 'total'}.{quantity.name}", text)
                (result,) = grader.sheet(Sheet("", (entry,))).results
                assert result.verdict in RIGHT, (result, value)


DIAGNOSES = [
    (ALEXNET, "conv2.padding", "5", "kernel-for-padding"),
    (ALEXNET, "total.flops", "1829205064", "counted-once"),
    (LENET, "pool1.output", "6x7x7", "layer-twice"),
]


@pytest.mark.parametrize(("spec", "question", "answer", "mistake"), DIAGNOSES)
def test_a_diagnosis(spec: cnncalc.Spec, question: str, answer: str, mistake: str) -> None:
    assert results(spec, {question: answer})[0].mistakes == (mistake,)
