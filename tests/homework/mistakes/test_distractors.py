"""Wrong choices and wrong keys of real questions: each has its cause or is listed as noise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc.homework.answers import Entry, Sheet
from cnncalc.homework.grade import RIGHT, GradedAnswer, Grader

QUESTIONS = [
    json.loads(line)
    for line in (Path(__file__).parent / "distractors.jsonl").read_text(encoding="utf-8").splitlines()
]
BY_ID = {question["id"]: question for question in QUESTIONS}

ASKED = {
    "params": ("total", "params"),
    "params_per_filter": ("conv1", "params_per_filter"),
    "output_shape": ("", "output"),
    "padded_shape": ("", "output"),
    "padding": ("conv1", "padding"),
    "multiplications": ("conv1", "macs"),
    "flops_as_macs": ("conv1", "macs"),
    "receptive_field": ("total", "receptive_field"),
    "table_rf": ("total", "receptive_field"),
    "output_hw": ("", "size"),
    "output_size_1axis": ("", "size"),
    "flatten_size": ("total", "elements"),
    "num_feature_maps": ("conv1", "channels"),
    "num_activations": ("total", "activations"),
    "memory_KB": ("relu1", "memory_kib"),
    "effective_kernel_and_output": ("conv1", "effective_kernel size"),
}
"""The layer and quantities of each kind of question; an empty layer is the last one."""
OUT_OF_REACH = {"hw-250": "values of a convolution", "hw-113": "true or false"}

CAUSES = {
    ("hw-061", "100"): "part-only",
    ("hw-061", "1668"): "flatten-forgets-depth forgot-bias",
    ("hw-061", "15682"): "left-out",
    ("hw-066", "138357544"): "another-network",
    ("hw-001", "9000001"): "flatten-forgets-depth one-bias",
    ("hw-001", "9000100"): "flatten-forgets-depth",
    ("hw-001", "27000001"): "one-bias",
    ("hw-105", "9"): "forgot-bias",
    ("hw-105", "1025"): "weight-for-each-side",
    ("hw-105", "1024"): "weight-for-each-side",
    ("hw-024", "127x127x3"): "half-the-border depth-of-input",
    ("hw-024", "128x128x4"): "assumed-same",
    ("hw-024", "124x124x3"): "forgot-plus-one depth-of-input",
    ("hw-088", "27x27x192"): "size-unchanged",
    ("hw-088", "14x14x192"): "assumed-same",
    ("hw-088", "6x6x192"): "layer-twice",
    ("hw-110", "31x31x16"): "forgot-padding",
    ("hw-110", "64x64x16"): "ignored-stride",
    ("hw-110", "62x62x16"): "forgot-padding ignored-stride",
    ("hw-106", "32x32x2"): "assumed-same",
    ("hw-106", "30x30x2"): "half-the-border",
    ("hw-106", "28x28x3"): "depth-of-input",
    ("hw-004", "29x29x16"): "depth-of-input",
    ("hw-004", "16x16x32"): "stride-twice",
    ("hw-004", "16x16x16"): "stride-twice depth-of-input",
    ("hw-005", "19x19x12"): "pads-depth",
    ("hw-005", "17x17x10"): "padded-one-side pads-depth-once",
    ("hw-005", "17x17x8"): "padded-one-side",
    ("hw-273", "0"): "forgot-padding",
    ("hw-273", "2"): "both-sides",
    ("hw-013", "1"): "forgot-depth-and-bias",
    ("hw-013", "2"): "forgot-depth",
    ("hw-013", "4097"): "weight-for-each-position",
    ("hw-142", "56448"): "input-grid",
    ("hw-194", "128800"): "digit-dropped",
    ("hw-191", "3072"): "parts-added",
    ("hw-116", "2x2"): "as-convolution",
    ("hw-116", "5x5"): "forgot-minus-one",
    ("hw-116", "6x6"): "stride-of-kernel",
    ("hw-027", "4563"): "inputs",
    ("hw-027", "13690"): "another-layer",
    ("hw-031", "3"): "depth-of-input",
    ("hw-031", "5"): "kernel-as-depth",
    ("hw-031", "128"): "size-as-depth",
    ("hw-091", "17"): "ceil-for-floor",
    ("hw-091", "18"): "forgot-kernel",
    ("hw-091", "19"): "added-kernel",
    ("hw-098", "100"): "bits-for-bytes",
    ("hw-098", "800"): "rounded",
    ("hw-098", "3200"): "bytes-twice",
    ("hw-096", "150000"): "inputs",
    ("hw-096", "1728"): "one-place",
    ("hw-096", "3200000"): "neurons-for-macs",
    ("hw-266", "9"): "forgot-jump",
    ("hw-263", "3"): "ignored-dilation",
    ("hw-263", "9"): "ignored-dilation",
    ("hw-263", "6"): "kernel-times-dilation",
    ("hw-263", "7"): "padded-one-side",
}
"""The likeliest cause of each wrong answer, checked by hand against the question and its notes."""

NOISE = {
    ("hw-027", "2200"),  # 40 maps of 55 values, which is not a square
    ("hw-098", "4096"),
    ("hw-096", "72855552"),  # matches no layer with this window
    ("hw-136", "24000000"),  # CS231n's own sum, which differs from the sum of its rows
    ("hw-273", "depends on channels"),
}
"""Wrong answers without a cause."""


class Wrong(NamedTuple):
    """One wrong answer: question, quantity and text."""

    id: str
    quantity: str
    text: str


def text_of(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def wrong_answers() -> Iterator[Wrong]:
    for question in QUESTIONS:
        if question["id"] in OUT_OF_REACH:
            continue
        quantities = ASKED[question["asked"]][1].split()
        for choice in (*question.get("choices", ()), question["answer"]):
            choices = (
                [choice[-1]]
                if question["asked"] == "table_rf"
                else choice
                if len(quantities) > 1
                else [choice]
            )
            rights = question["computed"]
            rights = (
                [rights[-1]]
                if question["asked"] == "table_rf"
                else rights
                if len(quantities) > 1
                else [rights]
            )
            for quantity, given, right in zip(quantities, choices, rights, strict=True):
                if given != right:
                    yield Wrong(question["id"], quantity, text_of(given))


WRONG = sorted(set(wrong_answers()))


def line_of(layer: dict[str, object]) -> str:
    """A layer of a question as a line of a spec."""
    kinds = {"conv": "conv", "tconv": "conv_transpose", "dense": "dense", "pool": f"{layer.get('kind')}pool"}
    if layer["type"] not in kinds:
        return str(layer["type"])
    options = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "bias": "bias"}
    main = layer["k"] if layer["type"] == "pool" else layer["out"]
    given = [f"{kinds[str(layer['type'])]}: {main}"]
    given += [
        f"{name}: {str(layer[short]).lower()}"
        for short, name in options.items()
        if short in layer and not (short == "k" and layer["type"] == "pool")
    ]
    return "{" + ", ".join(given) + "}"


def spec_of(given: dict[str, object]) -> cnncalc.Spec:
    size, lines = given.get("input", [4096, 4096, 1]), ["relu"]
    layers = given.get("layers")
    if isinstance(layers, list):
        lines = [line_of(layer) for layer in layers]
        if layers[0]["type"] == "dense":
            lines.insert(0, "flatten")
    elif "pad" in given:
        lines = [f"{{pad: {given['pad']}}}"]
    elif "k" in given:
        size = [given.get("n", 32)] * 2 + [1]
        lines = [line_of({"type": "conv", "out": 1, "p": "half", **given})]
    text = f"cnncalc: 1\nname: question\nlayout: hwc\ninput: {size}\nlayers:\n"
    return cnncalc.load(text + "".join(f"  - {line}\n" for line in lines))


def diagnosed(wrong: Wrong) -> GradedAnswer:
    question = BY_ID[wrong.id]
    spec = spec_of(question["given"])
    layer = ASKED[question["asked"]][0] or spec.graph.layers[-1].name
    entry = Entry(f"{layer}.{wrong.quantity}", wrong.text)
    (result,) = Grader(spec).sheet(Sheet("", (entry,))).results
    return result


LARGE = ("hw-066", "hw-136")
"""Questions about networks that are slow to try all mistakes on."""


@pytest.mark.parametrize(
    "wrong",
    [pytest.param(each, marks=pytest.mark.slow) if each.id in LARGE else each for each in WRONG],
    ids=lambda wrong: f"{wrong.id} {wrong.text}",
)
def test_a_wrong_answer_has_a_cause_or_is_noise(wrong: Wrong) -> None:
    result = diagnosed(wrong)
    key = (wrong.id, wrong.text)
    assert result.verdict not in RIGHT
    assert " ".join(result.mistakes) == ("" if key in NOISE else CAUSES[key])
    assert bool(result.says) == (key not in NOISE or result.verdict == "unreadable")


def test_every_cause_and_all_noise_is_in_the_sample() -> None:
    assert {(wrong.id, wrong.text) for wrong in WRONG} == {*CAUSES, *NOISE}


@pytest.mark.parametrize(
    "id", [each["id"] for each in QUESTIONS if each["id"] not in OUT_OF_REACH and each["asked"] != "table_rf"]
)
def test_the_computed_answer_is_correct(id: str) -> None:
    question = BY_ID[id]
    quantities = ASKED[question["asked"]][1].split()
    values = question["computed"] if len(quantities) > 1 else [question["computed"]]
    for quantity, value in zip(quantities, values, strict=True):
        verdict = diagnosed(Wrong(id, quantity, text_of(value))).verdict
        assert verdict in ("right", "convention")
