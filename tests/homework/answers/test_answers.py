"""Spellings of answers: numbers, shapes, names of questions, and files."""

from errno import ENOENT
from fractions import Fraction
from os import strerror
from pathlib import Path

import pytest

import cnncalc
from cnncalc.homework.answers import AnswerError, Names, NameUnknownError, sheets, sheets_of_file, written
from cnncalc.problems import Source, SpecError

NUMBERS = [
    ("34944", 34944, 0),
    ("34,944", 34944, 0),
    ("34 944", 34944, 0),
    ("34 944", 34944, 0),
    ("34'944", 34944, 0),
    ("34_944", 34944, 0),
    ("1,228,800", 1228800, 0),
    ("12,28,800", 1228800, 0),
    ("1.228.800", 1228800, 0),
    ("60M", 60_000_000, 500_000),
    ("60 million", 60_000_000, 500_000),
    ("62.4 M params", 62_400_000, 50_000),
    ("6 crore", 60_000_000, 5_000_000),
    ("1.14e9", 1_140_000_000, 5_000_000),
    ("1.14 × 10^9", 1_140_000_000, 5_000_000),
    ("1.14·10⁹", 1_140_000_000, 5_000_000),
    ("1.14 GFLOPs", 1_140_000_000, 5_000_000),
    ("1,14 G", 1_140_000_000, 5_000_000),
    ("34.9K", 34_900, 50),
    ("~35K", 35_000, 500),
    ("= 35", 35, 0),
    ("150 KB", 150_000, 500),
    ("150 KiB", 153_600, 512),
    ("0.5 MB", 500_000, 50_000),
    ("100 Mbit", 12_500_000, 62_500),
    ("2 million bytes", 2_000_000, 500_000),
    ("4096 neurons", 4096, 0),
    ("-5", -5, 0),
    ("5.", 5, 0),
    ("1/2", Fraction(1, 2), 0),
    ("0,062M", 62_000, 500),
    ("12 Tsd", 12_000, 500),
    ("(5*5*1+1)*6 = 156", 156, 0),
    ("156 = 26 + 130", 156, 0),
    ("34,848 + 96 = 34,944 params", 34944, 0),
    ("28 × 28 × 6 = 4704", 4704, 0),
    ("**156**", 156, 0),
    ("<b>156</b>", 156, 0),
    ("٣٤٩٤٤", 34944, 0),
    ("２４１６", 2416, 0),
]


@pytest.mark.parametrize(("text", "value", "tolerance"), NUMBERS)
def test_a_number(text: str, value: int, tolerance: int) -> None:
    number = written(text).number
    assert number is not None
    assert (number.value, number.tolerance) == (value, tolerance)


SHAPES = [
    ("55x55x96", (55, 55, 96)),
    ("55 x 55 x 96", (55, 55, 96)),
    ("55 × 55 × 96", (55, 55, 96)),
    ("55*55*96", (55, 55, 96)),
    ("55 by 55 by 96", (55, 55, 96)),
    ("(55,55,96)", (55, 55, 96)),
    ("[55, 55, 96]", (55, 55, 96)),
    ("55 55 96", (55, 55, 96)),
    ("96@55x55", (96, 55, 55)),
    ("96 maps of 55x55", (96, 55, 55)),
    ("96 feature maps of size 55x55", (96, 55, 55)),
    ("96 Karten à 55x55", (96, 55, 55)),
    ("55x55, 96 channels", (55, 55, 96)),
    ("(55, 55) with 96 filters", (55, 55, 96)),
    ("H=55, W=55, C=96", (55, 55, 96)),
    ("C: 96, H: 55, W: 55", (55, 55, 96)),
    ("**55x55x96**", (55, 55, 96)),
    ("55x55x96 = 290,400", (55, 55, 96)),
    ("torch.Size([1, 96, 55, 55])", (1, 96, 55, 55)),
    ("(None, 55, 55, 96)", (None, 55, 55, 96)),
    ("N x 96 x 55 x 55", (None, 96, 55, 55)),
    ("[-1, 55, 55, 96]", (None, 55, 55, 96)),
    ("(4096,)", (4096,)),
    (r"$55 \times 55 \times 96$", (55, 55, 96)),
    ("54.25 x 54.25 x 96", (Fraction(217, 4), Fraction(217, 4), 96)),
]


@pytest.mark.parametrize(("text", "sizes"), SHAPES)
def test_a_shape(text: str, sizes: tuple[int | None, ...]) -> None:
    assert written(text).sizes == sizes


FORMULA = "formulas are not evaluated; write the result"
NEITHER = "neither a number nor a shape; write it as 34,944, 1.14G or 55x55x96"
OPEN = "a bracket is not closed; quote answers with commas inside { }"
REFUSED = [
    ("=1+1", FORMULA),
    ("9**9**9", FORMULA),
    ("(11*11*3+1)*96", FORMULA),
    ("14²x6", FORMULA),
    ("nan", "expected a finite number; write it as 34,944 or 1.14G"),
    ("-inf", "expected a finite number; write it as 34,944 or 1.14G"),
    ("9" * 10**7, "the answer has 10,000,000 characters; write a number or a shape"),
    ("1e400", NEITHER),
    ("depends", NEITHER),
    ("(None", OPEN),
    ("__import__('os')", NEITHER),
    ("55x55x" * 15, NEITHER),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=range(len(REFUSED)))
def test_unreadable_answers_are_reported(text: str, message: str) -> None:
    with pytest.raises(AnswerError) as refused:
        written(text)
    assert str(refused.value) == message


NAMES = Names(cnncalc.analyze(cnncalc.load("alexnet")))


@pytest.mark.parametrize(
    ("key", "question"),
    [
        ("conv1.output", "conv1.output"),
        ("Conv1.Output shape", "conv1.output"),
        ("conv 1 output", "conv1.output"),
        ("conv1/params", "conv1.params"),
        ("conv1_params", "conv1.params"),
        ("conv1: # parameters", "conv1.params"),
        ("conv1.number of parameters", "conv1.params"),
        ("conv1 receptive field", "conv1.receptive_field"),
        ("conv1.rf", "conv1.receptive_field"),
        ("linear6.params", None),
        ("fc6.weights", "fc6.weights"),
        ("total.macs", "total.macs"),
        ("network MACs", "total.macs"),
        ("params", "total.params"),
        ("conv1.act.output", "conv1.act.output"),
        ("c1.params", None),
    ],
)
def test_names_of_questions(key: str, question: str | None) -> None:
    if question is None:
        with pytest.raises(NameUnknownError):
            NAMES.asked(key)
    else:
        assert NAMES.asked(key).key == question


def test_numbered_layers_can_be_named_by_any_word_for_their_kind() -> None:
    spec = cnncalc.load("cnncalc: 1\ninput: [8]\nlayers: [{dense: 4}, relu, {dense: 2}]\n")
    names = Names(cnncalc.analyze(spec))
    assert names.asked("fc2.params").key == "dense2.params"
    assert names.asked("Linear 1 params").key == "dense1.params"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("cnov1.output", "there is no layer 'cnov1'; did you mean 'conv1'?"),
        ("conv1.outptu", "unknown quantity in 'conv1.outptu'; did you mean 'output'?"),
        ("conv1." * 60 + "params", "the question's name is longer than 200 characters"),
    ],
)
def test_unknown_names_get_a_suggestion(key: str, message: str) -> None:
    with pytest.raises(NameUnknownError) as unknown:
        NAMES.asked(key)
    assert str(unknown.value) == message


ANSWERS = [("conv1.output", "6x28x28"), ("conv1.params", "156"), ("total.macs", "416,520")]
FILES = {
    "flat.yaml": "conv1.output: 6x28x28\nconv1.params: 156\ntotal.macs: 416,520\n",
    "nested.yaml": "conv1: {output: 6x28x28, params: 156}\ntotal:\n  macs: 416,520\n",
    "layers.yaml": "layers:\n  conv1: {output: 6x28x28, params: 156}\ntotal: {macs: '416,520'}\n",
    "answers.yaml": "answers: {conv1.output: 6x28x28, conv1.params: 156, total.macs: '416,520'}\n",
    "flat.json": '{"conv1.output": "6x28x28", "conv1.params": 156, "total.macs": "416,520"}',
    "commas.yaml": "{conv1: {output: 6x28x28, params: 156}, total: {macs: 416,520}}\n",
    "commas.json": '{"conv1.output": "6x28x28", "conv1.params": 156, "total.macs": 416,520}',
    "tabs.json": '{\n\t"conv1": {"output": "6x28x28",\n\t\t"params": 156},\n\t"total.macs": "416,520"}',
    "pairs.csv": 'conv1.output,6x28x28\nconv1.params,156\ntotal.macs,"416,520"\n',
    "questions.csv": 'question,answer\nconv1.output,6x28x28\nconv1.params,156\ntotal.macs,"416,520"\n',
    "semicolons.csv": "\ufeffquestion;answer\r\nconv1.output;6x28x28\r\nconv1.params;156\r\n"
    "total.macs;416,520\r\n",
    "excel.csv": "sep=;\nquestion;answer\nconv1.output;6x28x28\nconv1.params;156\ntotal.macs;416,520\n",
    "tabs.tsv": "question\tanswer\nconv1.output\t6x28x28\nconv1.params\t156\ntotal.macs\t416,520\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_answers(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name].encode())
    (sheet,) = sheets_of_file(path)
    assert sheet.student == path.stem
    assert [(entry.key, entry.text) for entry in sheet.entries] == ANSWERS


TABLES = {
    "table.csv": "layer,output,params\nconv1,6x28x28,156\n",
    "show.csv": "name,output,params\nconv1,6x28x28,156\n",
    "sheet.csv": 'layer,given,output,params\nconv1,"conv 6, kernel 5",6x28x28,156\n',
    "sheet.md": "# LeNet-5\n\nfill in\n\n"
    "| layer | output | params |\n| :-- | --: | --: |\n| conv1 | 6x28x28 | 156 |\n",
    "records.json": '[{"layer": "conv1", "output": "6x28x28", "params": 156}]',
    "inside.yaml": "answers:\n  - {layer: conv1, output: 6x28x28, params: 156}\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_a_row_per_layer(name: str) -> None:
    (sheet,) = sheets(Source(name, TABLES[name]), name.partition(".")[2], "ann")
    assert [(entry.key, entry.text) for entry in sheet.entries] == ANSWERS[:2]


CLASSES = {
    "wide.csv": "student,conv1.output,conv1.params\nann,6x28x28,156\nbob,6x28x28,150\n",
    "names.csv": "Name,conv1.output,conv1.params\nann,6x28x28,156\nbob,6x28x28,150\n",
    "long.csv": "student,question,answer\nann,conv1.output,6x28x28\nann,conv1.params,156\n"
    "bob,conv1.output,6x28x28\nbob,conv1.params,150\n",
    "layers.csv": "Student ID,Layer,Output,Params\nann,conv1,6x28x28,156\nbob,conv1,6x28x28,150\n",
    "students.yaml": "students:\n  ann: {conv1.output: 6x28x28, conv1.params: 156}\n"
    "  bob: {conv1.output: 6x28x28, conv1.params: 150}\n",
}


@pytest.mark.parametrize("name", CLASSES)
def test_one_table_for_a_class(name: str) -> None:
    found = sheets(Source(name, CLASSES[name]), name.partition(".")[2], "")
    assert [(sheet.student, [entry.text for entry in sheet.entries]) for sheet in found] == [
        ("ann", ["6x28x28", "156"]),
        ("bob", ["6x28x28", "150"]),
    ]


UNREADABLE = [
    (b"", "the file is empty"),
    (b"\n \n", "the file is empty"),
    (b"hello\n", "no answers found in this file"),
    (b"- 1\n- 2\n", "no answers found in this file"),
    (b"\x00\x01PNG\r\n", "the file is binary, not text"),
    (b"\x89PNG\r\n\x00", "expected an Excel workbook or text, found an image"),
    (b"\xff\xfea\x00", "no answers found in this file"),
    (b"%PDF-1.7\n%\xe9", "expected an Excel workbook or text, found a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1", "expected an Excel workbook or text, found an old Excel or Word file"),
    (
        b"PK\x03\x04 cut off",
        "expected an Excel workbook or text, found a ZIP archive that is not an Excel workbook",
    ),
    (b"a: " + b"[" * 5000, "lists and mappings are nested more than 60 deep"),
    (b"a: 1\n---\na: 2\n", "expected one YAML document, found the start of another"),
    (b"x: 1\n" * 2_000_000, "the file is larger than 8 MB; a spec is usually a few kilobytes"),
]


@pytest.mark.parametrize(("data", "message"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_unreadable_files_are_reported(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "ann.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError) as unreadable:
        sheets_of_file(path)
    assert unreadable.value.problems[0].message == message


def test_missing_files_and_directories_are_reported(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "no.csv", strerror(ENOENT)), (tmp_path, "found a directory")):
        with pytest.raises(SpecError, match=message):
            sheets_of_file(path)


def bomb(size: int) -> str:
    """Aliases that expand `size`-fold at each step."""
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{{', '.join(f'k{at}: *a{n - 1}' for at in range(size))}}}" for n in range(1, 11)]
    return "\n".join(lines)


BAD = {
    "a tag": ("fc1.params: !!python/object/apply:os.system [ls]\n", "(a YAML tag)"),
    "a tag of a word": ("fc1.params: !x 156\n", "(a YAML tag)"),
    "an alias": ("fc1.params: *nothing\n", "(an alias without an anchor)"),
    "an alias of itself": ("fc1.params: &a [*a]\n", "((an alias without an anchor))"),
    "deep": (f"fc1.params: {'[' * 500}{']' * 500}\n", "(a list or mapping)"),
    "twice": ("fc1.params: 1\nfc1.params: 2\n", "1 2"),
    "a key": ("? [1, 2]\n: 5\n", "5"),
    "merge": ("<<: {conv2.params: 1}\n", "(a list or mapping)"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_value_costs_one_answer_only(name: str) -> None:
    text, answer = BAD[name]
    found = sheets(Source("bad.yaml", f"conv1.output: 6x28x28\n{text}conv1.params: 156\n"), "yaml", "")
    entries = [(entry.key, entry.text) for entry in found[0].entries]
    assert (entries[0], entries[-1]) == (ANSWERS[0], ANSWERS[1])
    assert " ".join(text for _, text in entries[1:-1]) == answer


@pytest.mark.parametrize("size", [3, 10])
def test_answers_after_an_alias_bomb_are_read(size: int) -> None:
    (sheet,) = sheets(Source("bomb.yaml", f"{bomb(size)}\nconv1.params: 156\n"), "yaml", "")
    assert len(sheet.entries) < 20_000
    assert sheet.entries[-1].key == "conv1.params"


CELLS = {
    "a long cell": ("x" * 200_000 + ",156", ["x" * 200_000, "156"]),
    "a quote left open": ('"6x28x28,156', ['"6x28x28', "156"]),
    "a quote within": ('6x28x28,"156', ["6x28x28", '"156']),
    "a quote and a space": ('"6,28,28" ,156', ["6,28,28", "156"]),
    "two lines": ('"6x\n28",156', ["6x\n28", "156"]),
    "too many cells": ("6x28x28,156,1,2,3", ["6x28x28", "156,1,2,3"]),
    "a remark behind the last column": ("6x28x28,156,see above", ["6x28x28", "156"]),
    "unquoted thousands": ("6x28x28,34,944", ["6x28x28", "34,944"]),
    "an unquoted shape": ("6,10,10,50", ["6,10,10", "50"]),
    "several ways": ("6,28,28,34,944", ["6,28,28,34,944", "28,28,34,944"]),
    "an unquoted tuple": ("(6, 28, 28),34,944", ["(6, 28, 28)", "34,944"]),
    "an unquoted decimal comma": ("6x28x28,0,035M", ["6x28x28", "0,035M"]),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_malformed_cell_does_not_affect_other_students(name: str) -> None:
    row, answers = CELLS[name]
    text = f"student,conv1.output,conv1.params\nann,6x28x28,156\nbob,{row}\neve,6x28x28,150\n"
    found = {sheet.student: sheet for sheet in sheets(Source("class.csv", text), "csv", "")}
    assert [entry.text for entry in found["bob"].entries] == answers
    assert [entry.text for entry in found["ann"].entries] == ["6x28x28", "156"]
    assert [entry.text for entry in found["eve"].entries] == ["6x28x28", "150"]
    assert found["eve"].entries[0].line == text.count("\n")
