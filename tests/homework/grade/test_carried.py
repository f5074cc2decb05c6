"""Errors carried forward: answers that follow, credit for them, and additional mistakes."""

from pathlib import Path

import pytest

import cnncalc
from tests.homework.grade.test_grade import ALEXNET, LENET, results

CARRIED = {
    "conv1.output": "54x54x96",
    "conv1.macs": str(54 * 54 * 96 * 363),
    "pool1.output": "26x26x96",
    "conv2.output": "26x26x256",
    "conv2.params": "614,656",
    "pool2.output": "13x13x256",
    "fc6.params": "1",
}


def test_answers_that_follow_from_an_error_are_recognized() -> None:
    found = {result.question: result for result in results(ALEXNET, CARRIED)}
    assert found["conv1.output"].mistakes == ("forgot-plus-one",)
    assert found["conv1.macs"].follows_from == ("conv1.output",)
    assert found["pool1.output"].follows_from == ("conv1.output",)
    assert found["conv2.output"].follows_from == ("conv1.output", "pool1.output")
    assert found["conv2.params"].verdict == "right"
    assert found["pool2.output"].verdict == "right"  # 26 gives the same size as 27 after rounding
    assert not found["fc6.params"].follows_from
    assert [result.score for result in found.values()] == [0, 0, 0, 0, 1, 1, 0]


def test_follow_through_gives_credit_only_for_answers_that_follow() -> None:
    found = results(ALEXNET, CARRIED, follow_through=True)
    assert [result.score for result in found] == [0, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        # a dense layer after the student's own flatten
        (
            {
                "pool2.output": "16x6x6",
                "conv3.output": "120x2x2",
                "flatten1.output": "480",
                "fc1.params": "40,404",
            },
            "fc1.params",
        ),
        # although a later layer could not read such a small map
        ({"pool1.output": "6x13x13", "conv2.output": "16x9x9"}, "conv2.output"),
        # in a layout that the sheet does not state
        ({"conv1.output": "30x30x6", "pool1.output": "15x15x6"}, "pool1.output"),
        # the next field from the student's own field and the correct jump
        ({"pool1.rf": "7", "conv2.rf": "15"}, "conv2.receptive_field"),
        # a sum of the student's own numbers
        ({"conv1.params": "150", "conv2.params": "2400", "total.params": "61684"}, "total.params"),
        ({"conv1.weights": "25", "conv1.params": "31"}, "conv1.params"),
        ({"conv1.macs": "78400", "conv1.flops": "161504"}, "conv1.flops"),
        ({"conv1.elements": "5046", "conv1.memory": "20184"}, "conv1.memory.activations"),
    ],
)
def test_an_error_is_carried_forward(answers: dict[str, object], last: str) -> None:
    result = results(LENET, answers)[-1]
    assert result.question == last
    assert result.verdict == "wrong"
    assert result.follows_from


@pytest.mark.parametrize(
    ("answers", "last", "mistake"),
    [
        # 84·100 from the student's 100 values, without the biases
        ({"conv3.output": "100x1x1", "fc1.params": "8400"}, "fc1.params", "forgot-bias"),
        # 16·25·6·13·13 from the student's 13×13 map, over the input positions
        ({"pool1.output": "6x13x13", "conv2.macs": "405,600"}, "conv2.macs", "input-grid"),
        # 13 stays 13 with padding 2
        ({"pool1.output": "6x13x13", "conv2.output": "16x13x13"}, "conv2.output", "assumed-same"),
        # 7 + 4·1, without the jump of 2
        ({"pool1.rf": "7", "conv2.rf": "11"}, "conv2.receptive_field", "forgot-jump"),
    ],
)
def test_a_carried_error_may_come_with_a_mistake(answers: dict[str, object], last: str, mistake: str) -> None:
    first = next(iter(answers)).replace(".rf", ".receptive_field")
    result = results(LENET, answers, follow_through=True)[-1]
    assert (result.question, result.mistakes, result.score) == (last, (mistake,), 0)
    assert result.says.startswith(f"this follows from your {first}, but ")
    assert not result.follows_from


def test_one_mistake_is_likelier_than_an_earlier_error_plus_one() -> None:
    result = results(LENET, {"conv3.output": "100x1x1", "conv2.params": "2400"})[-1]
    assert (result.mistakes, result.says) == (
        ("forgot-bias",),
        "the biases are missing; each filter or unit has one",
    )


def test_an_error_that_a_later_layer_cannot_read_is_not_carried_forward(tmp_path: Path) -> None:
    spec = tmp_path / "grouped.yaml"
    layers = "layers: [{conv: 8, kernel: 3}, {conv: 8, kernel: 3, groups: 4}]"
    spec.write_text(f"cnncalc: 1\ninput: 3x9x9\n{layers}\n", encoding="utf-8")
    found = results(cnncalc.load(spec), {"conv1.output": "6x6x6", "conv2.output": "4x4x4"})
    assert [(each.verdict, each.follows_from) for each in found] == [("wrong", ())] * 2
