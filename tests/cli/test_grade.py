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
def files(folder: Path) -> dict[str, str]:
    """The answer files of a class, by name, in the current folder: messages name them."""
    texts = {"ann": ("ann.yaml", ANN), "class": ("class.csv", CLASS), "key": ("key.yaml", KEY)}
    for name, text in texts.values():
        (folder / name).write_text(text, encoding="utf-8")
    return {word: name for word, (name, _) in texts.items()}


@pytest.mark.parametrize("name", mostly_slow(SHEETS, (0, 3, 4, 5)))
def test_what_grade_prints(name: str, files: dict[str, str], cnncalc: Run, golden: GoldenCheck) -> None:
    code, *arguments = SHEETS[name]
    done = cnncalc("grade", *(str(argument).format(**files) for argument in arguments))
    assert (done.code, "error" in done.err) == (code, False)
    golden(GOLDEN / name, done.out)


def test_what_is_not_understood_is_said_once_above_the_grades(tmp_path: Path, cnncalc: Run) -> None:
    file = tmp_path / "ann.csv"
    file.write_text("layer,Outptu,parms,mood\nC1,28x28x6,156,good\nnorm7,1,2,bad\n", encoding="utf-8")
    done = cnncalc("grade", "lenet5", str(file))
    assert [line for line in done.err.splitlines() if not line.startswith(" -->")] == [
        "warning[reading]: column 'Outptu' was read as output",
        "warning[reading]: column 'parms' was read as params",
        "warning[reading]: column 'mood' is not understood; its answers are not graded",
        "note[reading]: names of layers were read: 'C1' as conv1",
        "warning[reading]: 'norm7.output' and 1 more: not graded",
        "  there is no layer 'norm7'; expected one of conv1.act, conv1, pool1, conv2.act, conv2, pool2,"
        " conv3.act, conv3, flatten1, fc1.act, fc1, fc2",
        f"{file}: 4 warnings, 1 note",
    ]
    assert "2 of 2 points" in done.out


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
    assert cnncalc("grade", "lenet5", str(key)).out.startswith("key  LeNet-5, variant 7  17 of 17 points")
    assert cnncalc("show", str(spec)).code == 0
    assert json.loads(cnncalc("worksheet", "lenet5", "--seed", "7", "--format", "json").out)["seed"] == 7


@pytest.mark.parametrize(("format", "ending"), [("markdown", "md"), ("json", "json"), ("csv", "csv")])
def test_a_sheet_of_another_variant_is_not_graded(
    format: str, ending: str, tmp_path: Path, cnncalc: Run
) -> None:
    sheet = tmp_path / f"ann.{ending}"
    assert cnncalc("worksheet", "lenet5", "--seed", "7", "--format", format, "-o", str(sheet)).code == 0
    done = cnncalc("grade", "lenet5", str(sheet), "--seed", "8")
    assert done.code == 2
    assert done.err == (
        "error[variant]: the sheet is for variant 7, but the network is LeNet-5, variant 8\n"
        f" --> {sheet}\n"
        "  use --seed 7, or the spec of that variant\n"
    )
    if format != "csv":  # which does not name the network
        assert cnncalc("grade", "alexnet", str(sheet)).err == (
            "error[variant]: the sheet is for LeNet-5, variant 7, but the network is AlexNet\n"
            f" --> {sheet}\n"
            "  grade it with the spec of its own network\n"
        )
    assert cnncalc("grade", "lenet5", str(sheet), "--input", "1x40x40").err == (
        "error[variant]: the sheet is for variant 7, but the spec was changed\n"
        f" --> {sheet}\n"
        "  leave out --set and --input: variants are drawn from the spec as written\n"
    )


HOSTILE = {
    "latin.csv": "student,params\nMüller,1\n".encode("latin-1"),
    "wide.csv": "question,answer\nparams,1\n".encode("utf-16"),
    "huge.yaml": b"conv1.params: " + b"9" * 5_000_000 + b"\n",
    "formula.csv": b"question,answer\nconv1.params,=1+1\n",
    "power.yaml": b"conv1.params: 9**9**9\n",
    "nan.yaml": b"conv1.params: .nan\n",
    "negative.yaml": b"conv1.params: -156\n",
    "markup.yaml": b"conv1.params: '[red]x[/red]'\n",
    "escape.yaml": b'conv1.params: "\\e[31m"\n',
    "twice.yaml": b"conv1.params: 156\nconv1.parameters: 1\n",
    "deep.yaml": b"conv1: {params: {a: {b: {c: 1}}}}\n",
    "long.csv": b"question,answer\n" + b"x" * 5000 + b",3\n",
    "keys.yaml": b"params: 1\nparams: 2\n",
    "field.csv": b"question,answer\nparams," + b"x" * 200_000 + b"\n",
    "bomb.yaml": b"a0: &a0 [x, x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)),
}
UNREADABLE = {
    "columns.csv": b"foo,bar\n1,2\n",
    "many.csv": b"student," + b",".join(b"c%d" % n for n in range(3000)) + b"\nann" + b",1" * 3000 + b"\n",
    "empty.yaml": b"",
    "binary.csv": bytes(range(256)),
    "nested.json": b'{"a":' * 3000,
    "broken.yaml": b"a: [1, 2\nb: }\n",
    "archive.zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
    "nul.csv": b"question,answer\nparams,1\x00\n",
}


@pytest.mark.parametrize("name", [*HOSTILE, *UNREADABLE])
def test_a_hostile_file_does_not_stop_the_others(name: str, tmp_path: Path, cnncalc: Run) -> None:
    bad, good = tmp_path / name, tmp_path / "good.yaml"
    bad.write_bytes({**HOSTILE, **UNREADABLE}[name])
    good.write_text("conv1.params: 156\n", encoding="utf-8")
    done = cnncalc("grade", "lenet5", str(bad), str(good), "--format", "json")
    assert done.code == (2 if name in UNREADABLE else 1)
    assert "Traceback" not in done.err
    assert ("error" in done.err) == (name in UNREADABLE)
    students = {each["student"]: each for each in json.loads(done.out)["students"]}
    assert students["good"]["score"] == 1
    others = [each for student, each in students.items() if student != "good"]
    assert all(each.get("error") or each["score"] <= 1 for each in others)
    assert all(len(each.get("results", ())) <= 51 for each in others), "the question of all, and 50 unknown"


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
            "--format gradescope: 3 students need a folder, as in -o results",
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


HOSTILE_NAMES = "Ann Lee\n../../etc/passwd\n=cmd|' /C calc'!A0\n<b>Bob</b>\nAnn Lee\nCON\n" + "Ü" * 300 + "\n"


@pytest.mark.parametrize("format", ["markdown", "csv", "json"])
def test_a_folder_of_sheets_is_written_and_graded(format: str, tmp_path: Path, cnncalc: Run) -> None:
    names, sheets = tmp_path / "names.txt", tmp_path / "new" / "sheets"
    names.write_text(HOSTILE_NAMES, encoding="utf-8")
    arguments = ("worksheet", "lenet5", "--students", str(names), "--key", "--format", format)
    done = cnncalc(*arguments, "-o", str(sheets))
    assert (done.code, done.out, done.err) == (0, f"7 sheets written to {sheets}\n", "")
    assert sorted(path.stem for path in sheets.iterdir()) == [
        "Ann-Lee", "Ann-Lee-2", "CON-", "b-Bob-b", "cmd-C-calc-A0", "etc-passwd", "Ü" * 60,
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["new"]
    done = cnncalc("grade", "lenet5", str(sheets), "--json")
    assert (done.code, done.err) == (0, "")
    students = json.loads(done.out)["students"]
    assert {each["student"].removeprefix("'") for each in students} == {*HOSTILE_NAMES.splitlines()}
    again = cnncalc(*arguments, "-o", str(sheets))
    assert again.code == 2
    assert again.err.endswith("it exists already; --force replaces it\n")
    assert cnncalc(*arguments, "-o", str(sheets), "--force").code == 0


def test_the_sheets_of_seeds_are_numbered(tmp_path: Path, cnncalc: Run) -> None:
    assert cnncalc("worksheet", "lenet5", "--seed", "9-11", "--spec", "-o", str(tmp_path)).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "variant-09.yaml", "variant-10.yaml", "variant-11.yaml",
    ]  # fmt: skip
    assert cnncalc("show", str(tmp_path / "variant-09.yaml")).out.startswith("LeNet-5, variant 9")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seed", "1-3"), "3 sheets need a folder, as in -o sheets"),
        (("--seed", "1-3", "-o", "sheets.md"), "3 sheets need a folder, as in -o sheets"),
        (("--seed", "x"), "expected seeds such as 7, 1-30 or 1,4,7-9; found 'x'"),
        (("--students", "nothing.csv"), "No such file"),
        (("--seed", "1-3", "-o", "/dev/null/sheets"), "/dev/null/sheets cannot be written"),
    ],
)
def test_several_sheets_need_a_folder(arguments: tuple[str, ...], said: str, cnncalc: Run) -> None:
    done = cnncalc("worksheet", "lenet5", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_page_for_each_student(files: dict[str, str], tmp_path: Path, cnncalc: Run) -> None:
    pages = tmp_path / "pages"
    arguments = ("grade", "lenet5", files["class"], "--feedback", str(pages))
    assert cnncalc(*arguments).code == 1
    bob = (pages / "bob.html").read_text(encoding="utf-8")
    assert "the biases are missing" in bob
    assert "<p>2 of 3 points</p>" in bob
    assert "156" not in bob, "the right answer is not told"
    assert not any(name in bob for name in ("ann", "eve"))
    done = cnncalc(*arguments, "--reveal")
    assert done.code == 2
    assert "it exists already; --force replaces it" in done.err
    assert cnncalc(*arguments, "--reveal", "--force").code == 1
    assert "156" in (pages / "bob.html").read_text(encoding="utf-8")


def test_a_page_in_markdown(files: dict[str, str], tmp_path: Path, cnncalc: Run) -> None:
    pages = tmp_path / "pages"
    arguments = ("grade", "lenet5", files["class"], "--feedback-format", "markdown")
    assert "--feedback-format needs --feedback FOLDER" in cnncalc(*arguments).err
    assert cnncalc(*arguments, "--feedback", str(pages)).code == 1
    assert sorted(page.name for page in pages.iterdir()) == ["ann.md", "bob.md", "eve.md"]
    lines = (pages / "bob.md").read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["# LeNet-5: bob", "", "2 of 3 points"]
    remark = "the biases are missing; each filter or unit has one"
    assert any(line.endswith(f"| wrong | 0/1 | {remark} |") for line in lines)


def test_a_page_is_html_whatever_the_student_writes(tmp_path: Path, cnncalc: Run) -> None:
    sheet = tmp_path / "a.csv"
    sheet.write_text('student,conv1.params\n<script>x</script>,"<img src=x>"\n', encoding="utf-8")
    cnncalc("grade", "lenet5", str(sheet), "--feedback", str(tmp_path / "pages"))
    (page,) = (tmp_path / "pages").iterdir()
    assert page.name == "script-x-script.html"
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;x&lt;/script&gt;" in text
    assert "<script" not in text
    assert "<img" not in text


def test_gradescope_reads_a_file_for_each_student(
    files: dict[str, str], tmp_path: Path, cnncalc: Run
) -> None:
    folder = tmp_path / "results"
    done = cnncalc("grade", "lenet5", files["class"], "--format", "gradescope", "-o", str(folder))
    assert (done.code, done.out) == (1, f"3 results written to {folder}\n")
    scores = {path.stem: json.loads(path.read_text("utf-8"))["score"] for path in folder.iterdir()}
    assert scores == {"ann": 3, "bob": 2, "eve": 0}


def test_points_change_without_reading_the_sheets_again(
    files: dict[str, str], tmp_path: Path, cnncalc: Run
) -> None:
    saved = tmp_path / "graded.json"
    cnncalc("grade", "lenet5", files["class"], "-o", str(saved))
    done = cnncalc(
        "grade", "lenet5", str(saved), "--key", files["key"], "--credit", "forgot-bias=0.5",
        "--format", "csv", "--by", "student",
    )  # fmt: skip
    assert (done.code, done.err) == (1, "")
    assert done.out == (
        "student,conv1.output,conv1.params,conv2.params,score,max_score\n"
        "ann,2,1,0,3,4\n"
        "bob,2,0.5,0,2.5,4\n"
        "eve,0,0.5,0,0.5,4\n"
    )


def test_a_table_for_the_class(files: dict[str, str], tmp_path: Path, cnncalc: Run) -> None:
    done = cnncalc(
        "grade", "lenet5", files["class"], "--anonymous", "--format", "markdown", "--by", "student"
    )
    assert done.out == (
        "| student | conv1.output | conv1.params | total.params | score | max\\_score |\n"
        "| :-- | --: | --: | --: | --: | --: |\n"
        "| student 1 | 1 | 1 | 1 | 3 | 3 |\n"
        "| student 2 | 1 | 0 | 1 | 2 | 3 |\n"
        "| student 3 | 0 | 0 | 0 | 0 | 3 |\n"
    )
    done = cnncalc("grade", "lenet5", files["class"], "--format", "csv", "--by", "question")
    assert done.out.splitlines()[2] == (
        "conv1.params,1,33.3333,0.3333,0,0.4714,1,0,2,0,0,"
        "the biases are missing; each filter or unit has one,forgot-bias,2"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--credit", "forgot-bias"), "--credit: expected NAME=SHARE"),
        (("--credit", "forgot-bias=x"), "--credit: expected NAME=SHARE"),
        (("--credit", "forgot-bias=2"), "the credit for forgot-bias is 2; expected 0 to 1"),
        (("--credit", "forgot-bias=nan"), "expected 0 to 1"),
        (("--by", "student"), "--by student needs --format csv or markdown"),
        (("--students", "nothing.csv"), "No such file"),
        (("--feedback", "/dev/null/pages"), "cannot be written"),
    ],
)
def test_wrong_options_of_a_class(
    arguments: tuple[str, ...], said: str, files: dict[str, str], cnncalc: Run
) -> None:
    done = cnncalc("grade", "lenet5", files["class"], *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "qti"), "--format qti needs a file, as in -o quiz.zip"),
        (("--format", "moodle", "--key"), "--key: the questions of --format moodle contain their answers"),
        (("--format", "csv", "--choices", "4"), "--choices needs --format moodle, gift or qti"),
        (("--format", "gift", "--choices", "1"), "--choices: expected 2 to 10, found 1"),
        (("--format", "gift", "--blank", "parms"), "there is no quantity 'parms'"),
    ],
)
def test_questions_that_cannot_be_written(arguments: tuple[str, ...], said: str, cnncalc: Run) -> None:
    done = cnncalc("worksheet", "lenet5", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.split())


def test_questions_of_a_class_are_one_file(tmp_path: Path, cnncalc: Run) -> None:
    for name, format in (("quiz.xml", "moodle"), ("quiz.gift", "gift"), ("quiz.zip", "qti")):
        path = tmp_path / name
        done = cnncalc("worksheet", "lenet5", "--seed", "1-3", "--format", format, "-o", str(path))
        assert (done.code, done.err) == (0, "")
        assert path.stat().st_size > 1000
    assert (tmp_path / "quiz.xml").read_text("utf-8").count('type="category"') == 3


SEPARATE = "Layer;H;W;C;Params;Zzz\nconv1;28;28;6;156;1\nconv2;10;10;16;2.416;2\n"


def test_separate_columns_answer_a_key_that_asks_for_the_output(tmp_path: Path, cnncalc: Run) -> None:
    key = tmp_path / "key.yaml"
    key.write_text("conv1.output: {points: 2}\nconv2.output: {points: 3}\n")
    done = cnncalc("grade", "lenet5", "-", "--key", str(key), stdin=SEPARATE.encode("utf-16"))
    assert (done.code, "5 of 5 points" in done.out) == (0, True)
    assert "28x28x6 (hwc)" in done.out


def test_notices_are_in_json_and_markdown(cnncalc: Run) -> None:
    says = "column 'Zzz' is not understood; its answers are not graded"
    done = cnncalc("grade", "lenet5", "-", "--format", "json", stdin=SEPARATE.encode())
    (notice,) = json.loads(done.out)["notices"]
    assert notice == {"level": "warning", "code": "reading", "source": "<stdin>", "message": says, "hint": ""}
    done = cnncalc("grade", "lenet5", "-", "--format", "markdown", stdin=SEPARATE.encode("cp1252"))
    assert done.out.startswith(f"- warning: <stdin>: {says}\n") or says in done.out.splitlines()[0]


def test_a_count_with_separators_is_no_shape(tmp_path: Path, cnncalc: Run) -> None:
    spec = tmp_path / "big.yaml"
    spec.write_text("cnncalc: 1\nname: big\ninput: [1024, 128, 128]\nlayers: [flatten]\n")
    done = cnncalc("grade", str(spec), "-", stdin=b'flatten1.output: "16,777,216"\n')
    assert (done.code, "right" in done.out) == (0, True)
