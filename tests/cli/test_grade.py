"""`cnncalc grade` and `cnncalc worksheet`: output and exit codes."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import GoldenCheck, mostly_slow

GOLDEN = Path(__file__).parent / "golden"

ANN = """\
student: Ann
conv1.output: 55x55x96
conv1.params: 34,848
conv1.macs: 105.4M
pool1.output: (None, 26, 26, 96)
conv2.output: 26x26x256
conv2.rf: 27
conv2.flops: 447,897,600
conv3.params: 1,000,000
fc8.params: =1+1
fc9.params: 3
"""
CLASS = """\
student,conv1.output,conv1.params,total.params
ann,6x28x28,156,61706
bob,6x28x28,150,61.7K
eve,6x27x27,150,9**9**9
"""
KEY = "conv1.output: {points: 2}\nconv1.params: {points: 1}\nconv2.params: {points: 1}\n"
SHEETS = {
    "grade_ann.txt": (1, "alexnet", "{ann}"),
    "grade_ann_reveal.md": (1, "alexnet", "{ann}", "--reveal", "--format", "markdown"),
    "grade_ann_follow.json": (1, "alexnet", "{ann}", "--follow-through", "--format", "json"),
    "grade_ann_gradescope.json": (1, "alexnet", "{ann}", "--format", "gradescope"),
    "grade_class.txt": (1, "lenet5", "{class}", "--layout", "chw"),
    "grade_class_key.csv": (1, "lenet5", "{class}", "--key", "{key}", "--format", "csv"),
    "grade_class_details.txt": (1, "lenet5", "{class}", "--details"),
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The answer files of a class, by name."""
    texts = {"ann": ("ann.yaml", ANN), "class": ("class.csv", CLASS), "key": ("key.yaml", KEY)}
    for name, text in texts.values():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {word: str(tmp_path / name) for word, (name, _) in texts.items()}


@pytest.mark.parametrize("name", mostly_slow(SHEETS, (0, 3, 4, 5)))
def test_what_grade_prints(name: str, files: dict[str, str], cnncalc: Run, golden: GoldenCheck) -> None:
    code, *arguments = SHEETS[name]
    done = cnncalc("grade", *(str(argument).format(**files) for argument in arguments))
    assert (done.code, done.err) == (code, "")
    golden(GOLDEN / name, done.out)


@pytest.mark.parametrize("name", ["sheet.md", "sheet.csv", "sheet.tex", "sheet.json"])
def test_what_worksheet_prints(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    format = {"md": "markdown", "tex": "latex"}.get(name.partition(".")[2], name.partition(".")[2])
    for suffix, key in (("", ()), ("_key", ("--key",))):
        done = cnncalc("worksheet", "lenet5", "--blank", "output,params,rf", "--format", format, *key)
        assert (done.code, done.err) == (0, "")
        golden(GOLDEN / f"work{name.replace('.', f'{suffix}.')}", done.out)


def test_correct_answers_are_0_and_standard_input_is_read(cnncalc: Run) -> None:
    done = cnncalc("grade", "lenet5", "-", stdin=b"conv1.params: 156\nparams: 61.7K\n")
    assert (done.code, done.err) == (0, "")
    assert "2 of 2 points" in done.out


def test_a_variant_is_graded_by_its_seed_and_by_its_spec(tmp_path: Path, cnncalc: Run) -> None:
    key = tmp_path / "key.csv"
    spec = tmp_path / "variant.yaml"
    assert cnncalc("worksheet", "lenet5", "--seed", "7", "--key", "--format", "csv", "-o", str(key)).code == 0
    assert cnncalc("worksheet", "lenet5", "--seed", "7", "--spec", "-o", str(spec)).code == 0
    assert cnncalc("grade", "lenet5", str(key), "--seed", "7").code == 0
    assert cnncalc("grade", str(spec), str(key)).code == 0
    assert cnncalc("grade", "lenet5", str(key)).code == 1
    assert cnncalc("show", str(spec)).code == 0
    assert json.loads(cnncalc("worksheet", "lenet5", "--seed", "7", "--format", "json").out)["seed"] == 7


@pytest.mark.parametrize(("format", "ending"), [("markdown", "md"), ("json", "json")])
@pytest.mark.parametrize(
    ("seed", "by"), [((), "LeNet-5"), (("--seed", "8"), "LeNet-5, variant 8")], ids=["none", "another"]
)
def test_a_sheet_of_another_variant_is_not_graded(
    format: str, ending: str, seed: tuple[str, ...], by: str, tmp_path: Path, cnncalc: Run
) -> None:
    sheet = tmp_path / f"ann.{ending}"
    assert cnncalc("worksheet", "lenet5", "--seed", "7", "--format", format, "-o", str(sheet)).code == 0
    done = cnncalc("grade", "lenet5", str(sheet), *seed)
    assert done.code == 2
    assert done.err == (
        f"error[variant]: the sheet is for variant 7, but the network is {by}\n"
        f" --> {sheet}\n"
        "  use --seed 7, or delete the sheet's heading if it is wrong\n"
    )


HOSTILE = {
    "huge.yaml": b"conv1.params: " + b"9" * 5_000_000 + b"\n",
    "formula.csv": b"question,answer\nconv1.params,=1+1\n",
    "power.yaml": b"conv1.params: 9**9**9\n",
    "nan.yaml": b"conv1.params: .nan\n",
    "negative.yaml": b"conv1.params: -156\n",
    "columns.csv": b"foo,bar\n1,2\n",
    "markup.yaml": b"conv1.params: '[red]x[/red]'\n",
    "escape.yaml": b'conv1.params: "\\e[31m"\n',
    "twice.yaml": b"conv1.params: 156\nconv1.parameters: 1\n",
    "deep.yaml": b"conv1: {params: {a: {b: {c: 1}}}}\n",
    "long.csv": b"question,answer\n" + b"x" * 5000 + b",3\n",
    "keys.yaml": b"params: 1\nparams: 2\n",
    "field.csv": b"question,answer\nparams," + b"x" * 200_000 + b"\n",
    "bomb.yaml": b"a0: &a0 [x, x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)),
    "many.csv": b"student," + b",".join(b"c%d" % n for n in range(3000)) + b"\nann" + b",1" * 3000 + b"\n",
}
UNREADABLE = {
    "empty.yaml": b"",
    "binary.csv": bytes(range(256)),
    "latin.csv": "student,params\nMüller,1\n".encode("latin-1"),
    "nested.json": b'{"a":' * 3000,
    "broken.yaml": b"a: [1, 2\nb: }\n",
    "archive.zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
    "nul.csv": b"question,answer\nparams,1\x00\n",
    "wide.csv": "question,answer\nparams,1\n".encode("utf-16"),
}


@pytest.mark.parametrize("name", [*HOSTILE, *UNREADABLE])
def test_a_hostile_file_does_not_stop_the_others(name: str, tmp_path: Path, cnncalc: Run) -> None:
    bad, good = tmp_path / name, tmp_path / "good.yaml"
    bad.write_bytes({**HOSTILE, **UNREADABLE}[name])
    good.write_text("conv1.params: 156\n", encoding="utf-8")
    done = cnncalc("grade", "lenet5", str(bad), str(good), "--format", "json")
    assert done.code == (2 if name in UNREADABLE else 1)
    assert "Traceback" not in done.err
    assert bool(done.err) == (name in UNREADABLE)
    students = {each["student"]: each for each in json.loads(done.out)["students"]}
    assert students["good"]["score"] == 1
    others = [each for student, each in students.items() if student != "good"]
    assert all(each.get("error") or each["score"] <= 1 for each in others)
    assert all(len(each.get("results", ())) <= 50 for each in others)


def test_a_missing_file_does_not_stop_the_others(tmp_path: Path, cnncalc: Run) -> None:
    (tmp_path / "good.yaml").write_text("conv1.params: 156\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    names = ("missing.yaml", "folder", "loop.yaml", "x" * 300, "good.yaml")
    done = cnncalc("grade", "lenet5", *(str(tmp_path / name) for name in names), "--format", "json")
    assert done.code == 2
    assert [bool(each.get("error")) for each in json.loads(done.out)["students"]] == [True] * 4 + [False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("grade", "lenet5"), "ANSWERS"),
        (("grade", "lenet5", "{ann}", "--key", "nothing.yaml"), "No such file"),
        (("grade", "no_such_network", "{ann}"), "no such file"),
        (("grade", "lenet5", "{ann}", "--layout", "wch"), "--layout: expected chw or hwc, found 'wch'"),
        (
            ("grade", "lenet5", "{ann}", "--seed", "1", "--input", "1x40x40"),
            "--seed excludes --set",
        ),
        (
            ("grade", "lenet5", "{class}", "--format", "gradescope"),
            "expected the answers of one student, found 3",
        ),
        (("grade", "lenet5", "nothing.yaml"), "No such file"),
        (
            ("worksheet", "lenet5", "--blank", "output,parms"),
            "there is no quantity 'parms'; did you mean 'param",
        ),
        (("worksheet", "lenet5", "--blank", ","), "--blank: expected quantities"),
        (("worksheet", "lectures/dense_neuron", "--spec", "--set", "a=1"), "--set"),
    ],
)
def test_wrong_usage_is_2_with_the_reason(
    arguments: tuple[str, ...], said: str, files: dict[str, str], cnncalc: Run
) -> None:
    done = cnncalc(*(argument.format(**files) for argument in arguments))
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_doubtful_key_is_a_warning_and_the_grades_are_printed(tmp_path: Path, cnncalc: Run) -> None:
    key = tmp_path / "key.yaml"
    key.write_text("conv1.params: 150\n", encoding="utf-8")
    done = cnncalc("grade", "lenet5", "-", "--key", str(key), stdin=b"conv1.params: 156\n")
    assert done.code == 0
    assert "warning[key]: the key's answer to conv1.params differs from cnncalc's" in done.err
    assert "156" not in done.err.replace(str(tmp_path), "")
    assert "1 of 1 points" in done.out
