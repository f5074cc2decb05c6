"""A class: sheets of many variants in one call, the same questions for all, and sheets of others."""

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

import cnncalc
from cnncalc.homework.answers import NOT_ASKED, Entry, Sheet
from cnncalc.homework.classroom import Classroom, Submission, enrolled, roster_of, submissions
from cnncalc.homework.classroom.anonymous import anonymous
from cnncalc.homework.classroom.roster import roster
from cnncalc.homework.classroom.statistics import statistics_of
from cnncalc.homework.grade import Graded, scheme_of
from cnncalc.homework.worksheet import Worksheet, seeds_of, worksheets
from cnncalc.problems import Problem, Source, SpecError
from cnncalc.render.grades_data import by_student, grades_json, lines_csv
from cnncalc.render.worksheet import worksheet_text
from tests.homework.grade.test_formats import workbook

LENET = cnncalc.load("lenet5")
ENDINGS = {"markdown": "md", "csv": "csv", "json": "json"}
ASKED = ("output", "params", "macs")


def graded(folder: Path, **options: bool) -> list[Graded]:
    return Classroom(LENET, **options).grade(list(submissions(folder)))


def blanked(sheet: Worksheet, count: int) -> Worksheet:
    """A sheet with some answers replaced by 7, which is right nowhere."""
    places = [
        (at, column)
        for at, line in enumerate(sheet.lines)
        for column, answer in enumerate(line.answers)
        if answer != NOT_ASKED
    ]
    wrong = set(random.Random(sheet.seed).sample(places, count))
    lines = [
        replace(line, answers=tuple("7" if (at, k) in wrong else text for k, text in enumerate(line.answers)))
        for at, line in enumerate(sheet.lines)
    ]
    return replace(sheet, lines=tuple(lines))


@pytest.mark.parametrize("format", ENDINGS)
def test_a_folder_is_graded_sheet_by_sheet_by_the_variant_in_its_heading(format: str, tmp_path: Path) -> None:
    students = [f"Student {n}" for n in range(12)]
    for count, sheet in enumerate(worksheets(LENET, ASKED, students=students)):
        text = worksheet_text(blanked(sheet, count % 4), format, is_key=True)
        (tmp_path / f"{count:02}.{ENDINGS[format]}").write_text(text, encoding="utf-8")
    grades = graded(tmp_path)
    assert [each.student for each in grades] == students
    assert [each.variant for each in grades] == [*range(1, 13)]
    assert [each.points - each.score for each in grades] == [0, 1, 2, 3] * 3
    assert len({each.points for each in grades}) == 1


def test_without_a_name_in_the_sheet_the_file_names_the_student(tmp_path: Path) -> None:
    inner = tmp_path / "Ann Lee_4711_assignsubmission_file_"
    inner.mkdir()
    for path in (inner / "sheet.yaml", tmp_path / "bob.yaml", tmp_path / ".hidden", tmp_path / "Thumbs.db"):
        path.write_text("conv1.params: 156\n", encoding="utf-8")
    assert [each.student for each in graded(tmp_path)] == ["bob", "Ann Lee"]


def test_a_sheet_that_fits_another_variant_is_reported_with_evidence(tmp_path: Path) -> None:
    first, second, third = worksheets(LENET, ASKED, students=["Ann", "Bob", "Eve"])
    copied = replace(second, lines=first.lines)
    for sheet in (first, copied, blanked(third, 20)):
        path = tmp_path / f"{sheet.student}.md"
        path.write_text(worksheet_text(sheet, "markdown", is_key=True), encoding="utf-8")
    ann, bob, eve = graded(tmp_path)
    assert ann.is_right
    assert eve.problem is None, "wrong answers that fit no other variant are graded"
    assert bob.results == ()
    assert bob.problem is not None
    assert bob.problem.message == (
        "the answers fit variant 1, not variant 2: of 19 that differ between them, 19 are right for it "
        "and 0 for its own, as in conv1.output, conv1.params, conv1.macs"
    )


def test_a_sheet_without_its_heading_fits_its_variant(tmp_path: Path) -> None:
    for sheet in worksheets(LENET, ASKED, students=["Ann", "Bob", "Eve"]):
        text = worksheet_text(sheet, "markdown", is_key=True)
        if sheet.student == "Bob":
            text = text.replace(", variant 2", "")
        (tmp_path / f"{sheet.student}.md").write_text(text, encoding="utf-8")
    _, bob, _ = graded(tmp_path)
    assert bob.problem is not None
    assert bob.problem.message.startswith("the answers fit variant 2, not the network as written: of ")


def given(student: str, **answers: str) -> Submission:
    entries = tuple(Entry(name.replace("__", "."), text) for name, text in answers.items())
    return Submission(Sheet(student, entries), Source(student, ""))


def test_all_students_have_the_same_questions() -> None:
    classroom = Classroom(LENET)
    handed_in = [
        given("ann", conv1__params="156", conv2__params="2416", total__params="61706"),
        given("bob", conv1__params="156", conv2__params="1"),
        given("eve", conv1__params="156", conv1__macs="117600"),
        given("joe", conv1__params="", conv2__params="2416"),
    ]
    assert [(each.score, each.points) for each in classroom.grade(handed_in)] == [
        (2, 2), (1, 2), (1, 2), (1, 2),
    ]  # fmt: skip
    assert [problem.message for problem in classroom.warnings] == [
        "2 questions are not graded, because fewer than half of the sheets have them: "
        "total.params, conv1.macs"
    ]


def test_one_sheet_has_its_own_questions() -> None:
    (ann,) = Classroom(LENET).grade([given("ann", conv1__params="156", conv1__macs="1")])
    assert (ann.score, ann.points) == (1, 2)


def test_a_key_is_held_against_the_variant_that_it_states(tmp_path: Path) -> None:
    (sheet,) = worksheets(LENET, ASKED, seeds=[5])
    text = worksheet_text(sheet, "markdown", is_key=True)
    key = tmp_path / "key.md"
    key.write_text(text, encoding="utf-8")
    classroom = Classroom(LENET)
    classroom.use_key(key)
    assert classroom.doubts() == []
    key.write_text(text.replace("variant 5", "variant 6"), encoding="utf-8")
    classroom.use_key(key)
    assert len(classroom.doubts()) > 10


def test_a_network_without_variants_has_a_problem_for_each_sheet() -> None:
    spec = cnncalc.load("cnncalc: 1\nname: fixed\ninput: [3]\nlayers: [relu]\n")
    sheet = Sheet("ann", (Entry("relu1.output", "3"),), variant=3)
    (ann,) = Classroom(spec).grade([Submission(sheet, Source("ann.md", ""))])
    assert ann.problem is not None
    assert ann.problem.message.startswith("no variant found")


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", (7,)), ("-3", (-3,)), ("1-3", (1, 2, 3)), ("5, 1-2,5", (5, 1, 2))]
)
def test_seeds(text: str, seeds: tuple[int, ...]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "1-", "1-10001", "1-99999999999999999", "1.5", "1--2"])
def test_seeds_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        seeds_of(text)


ROSTERS = {
    "Ann Lee\n\nBob Roe\n": ["Ann Lee", "Bob Roe"],
    "Lee, Ann\nRoe, Bob\n": ["Lee, Ann", "Roe, Bob"],
    "First name,Surname,ID number,Email address\nAnn,Lee,7,a@x\nBob,Roe,8,b@x\n": ["Ann Lee", "Bob Roe"],
    "Student;ID;SIS User ID;SIS Login ID;Section\n    Points Possible;;;;\nLee, Ann;7;7;al;1\n": ["Lee, Ann"],
    "id,last_name,first_name,email\n7,Lee,Ann,a@x\n9,Lee,Ann,b@x\n": ["Ann Lee (7)", "Ann Lee (9)"],
    "id,email\n7,a@x\n": ["7"],
}


@pytest.mark.parametrize("text", ROSTERS)
def test_the_names_of_a_class(text: str) -> None:
    assert roster(Source("names", text)).names == ROSTERS[text]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_class_in_the_encodings_of_spreadsheets(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes("First name,Last name\nZoë,Müller\n".encode(encoding))
    assert roster_of(path).names == ["Zoë Müller"]


@pytest.mark.parametrize("header", [True, False])
def test_a_class_in_a_workbook(header: bool, tmp_path: Path) -> None:
    path = tmp_path / "names.xlsx"
    rows = [*([["Email", "Name"]] if header else []), ["a@x", "Ann Lee"], ["b@x", "Bob Roe"]]
    path.write_bytes(workbook(rows if header else [row[1:] for row in rows]))
    assert roster_of(path).names == ["Ann Lee", "Bob Roe"]


def test_a_student_is_found_by_name_in_any_order_and_by_number() -> None:
    found = roster(Source("names", "id,last_name,first_name\n7,Lee,Ann\n8,Roe,Bob\n9,Roe,Bob\n"))
    asked = ("Ann Lee", "lee, ann", "7", "Ann-Lee", "Bob Roe", "Bob Roe (9)", "Eve")
    assert [found.find(name) for name in asked] == [0, 0, 0, 0, None, 2, None]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"name\n", b"%PDF-1.4\n", b"a\0b", b"x\n" * 10_001])
def test_a_list_without_students_is_an_error(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(data)
    with pytest.raises(SpecError):
        roster_of(path)


def test_a_folder_without_files_is_a_problem(tmp_path: Path) -> None:
    (only,) = submissions(tmp_path)
    assert only.problem is not None
    assert only.problem.message == "the folder has no files"


CREDITS = [
    ({}, {"conv1.params": "150", "conv2.params": "2,4K"}, 1),
    ({"forgot-bias": 0.5}, {"conv1.params": "150", "conv2.params": "2416"}, 1.5),
    ({"forgot-bias": 0.5}, {"conv1.params": "150", "conv2.params": "2400"}, 1),
    ({"forgot-bias": 0.5}, {"conv1.params": "151", "conv2.params": "2416"}, 1),
    ({"rounded": 0}, {"conv1.params": "156", "conv2.params": "2.4K"}, 1),
    ({"rounded": 0.25}, {"conv1.params": "156", "conv2.params": "2.4K"}, 1.25),
    ({"convention": 0}, {"conv1.output": "28x28x6", "conv2.params": "2416"}, 1),
    ({}, {"conv1.output": "28x28x6", "conv2.params": "2416"}, 2),
    ({"following": 0.5}, {"fc1.params": "10080", "total.params": "61622"}, 0.5),
]


@pytest.mark.parametrize(("credits", "answers", "score"), CREDITS)
def test_credits(credits: dict[str, float], answers: dict[str, str], score: float) -> None:
    (result,) = cnncalc.grade("lenet5", answers, credits=credits)
    assert result.score == score
    assert result.points == 2
    assert result.is_right == (score == 2)


def test_a_credit_is_a_share_and_a_misspelled_one_is_reported() -> None:
    with pytest.raises(ValueError, match="the credit for forgot-bias is 2; expected 0 to 1"):
        cnncalc.grade("lenet5", {"conv1.params": "150"}, credits={"forgot-bias": 2})
    classroom = Classroom(LENET, scheme=scheme_of({"forgot-bais": 0.5, "rounded": 0.5}))
    classroom.grade([given("ann", conv1__params="150")])
    (warning,) = classroom.warnings
    assert warning.message == "no answer has the mistake 'forgot-bais'"
    assert warning.hint == "did you mean 'forgot-bias'?"


def test_statistics_of_a_class() -> None:
    grades = Classroom(LENET).grade(
        [
            given("ann", conv1__params="156", conv2__params="2416"),
            given("bob", conv1__params="150", conv2__params=""),
            given("eve", conv1__params="150", conv2__params="x", foo="1"),
            given("joe", conv1__params="155", conv2__params="2416"),
        ]
    )
    found = statistics_of(grades)
    assert (found.students, found.graded, found.spread.points) == (4, 4, 2)
    assert (found.spread.mean, found.spread.median) == (0.75, 0.5)
    assert found.spread.deviation == pytest.approx(
        0.82915619758885
    )  # the root of (4 + 0 + 0 + 1) / 4 − 0.75²
    first, second = found.questions
    assert (first.right, first.wrong, first.unanswered, first.unreadable) == (1, 3, 0, 0)
    assert (second.right, second.wrong, second.unanswered, second.unreadable) == (2, 0, 1, 1)
    assert first.percent_right == 25
    assert [(each.codes, each.times) for each in first.mistakes] == [
        (("forgot-bias",), 2),
        (("off-by-one",), 1),
    ]
    assert found.mistakes == first.mistakes


def test_grades_without_names_tell_nothing() -> None:
    bad = Submission(Sheet("joe", ()), Source("joe.md", ""), Problem("unreadable", "joe.md is empty"))
    handed_in = [given("ann", conv1__params="150"), bad, given("bob", conv1__params="156")]
    shown = anonymous(Classroom(LENET).grade(handed_in))
    assert [(each.student, each.score) for each in shown] == [
        ("student 1", 1),
        ("student 2", 0),
        ("student 3", 0),
    ]
    assert not {"ann", "bob", "joe"} & {*"".join(map(repr, shown)).split()}
    text = grades_json(shown, "LeNet-5")
    assert not any(name in text for name in ("ann", "bob", "joe"))


def test_a_class_is_graded_again_from_its_json(tmp_path: Path) -> None:
    sheets, saved = tmp_path / "sheets", tmp_path / "saved"
    sheets.mkdir()
    saved.mkdir()
    for count, sheet in enumerate(worksheets(LENET, ASKED, students=["Ann", "Bob", "Eve"])):
        path = sheets / f"{sheet.student}.md"
        path.write_text(worksheet_text(blanked(sheet, count), "markdown", is_key=True), encoding="utf-8")
    (sheets / "Joe.csv").write_text("question,answer\nconv1.params,156\nconv1.params,157\n", encoding="utf-8")
    (sheets / "Zoe.yaml").write_text("{conv1.params: 34,944, conv2.params: 2416}\n", encoding="utf-8")
    (sheets / "empty.md").write_text("", encoding="utf-8")
    first = graded(sheets)
    (saved / "class.json").write_text(grades_json(first, "LeNet-5"), encoding="utf-8")
    second = graded(saved)
    assert len(first) == 6
    for before, after in zip(first, second, strict=True):
        assert replace(after, source=None, problem=None, notices=(), sheet=None) == replace(
            before, source=None, problem=None, notices=(), sheet=None
        )
    assert [each.problem.message for each in second if each.problem] == ["the file is empty"]
    assert "answered twice; the first answer counts" in {each.says for each in second[3].results}


def test_a_class_list_orders_the_grades_and_names_who_is_missing() -> None:
    found = roster(Source("names", "id,last_name,first_name\n7,Lee,Ann\n8,Roe,Bob\n9,Ito,Eve\n"))
    grades = Classroom(LENET).grade(
        [given(name, conv1__params="156") for name in ("Eve Ito", "Zoe", "7", "Lee, Ann")]
    )
    warnings: list[Problem] = []
    listed = enrolled(grades, found, warnings)
    assert [each.student for each in listed] == ["7", "Lee, Ann", "Bob Roe", "Eve Ito", "Zoe"]
    assert [each.is_missing for each in listed] == [False, False, True, False, False]
    assert [warning.message for warning in warnings] == [
        "not in the list of the class, or not clearly: Zoe",
        "handed in several sheets; each is graded: Ann Lee",
    ]


MOODLE = "First name,Surname,ID number,Email address\nAnn,Lee,7,a@x.org\nBob,Roe,8,b@x.org\n"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Old homework (12)\n"
    "    Points Possible,,,,,10\n"
    '"Lee, Ann",41,7,al,S1,9\n"Roe, Bob",42,8,br,S1,8\n'
)
NBGRADER = "id,last_name,first_name,email\n7,Lee,Ann,a@x.org\n8,Roe,Bob,b@x.org\n"
TABLES = {
    "": "student,conv1.params,conv2.params,score,max_score\nAnn Lee,1,1,2,2\nBob Roe,0,1,1,2\n",
    MOODLE: "First name,Surname,ID number,Email address,conv1.params,conv2.params,score,max_score\n"
    "Ann,Lee,7,a@x.org,1,1,2,2\nBob,Roe,8,b@x.org,0,1,1,2\n",
    NBGRADER: "id,last_name,first_name,email,conv1.params,conv2.params,score,max_score\n"
    "7,Lee,Ann,a@x.org,1,1,2,2\n8,Roe,Bob,b@x.org,0,1,1,2\n",
    CANVAS: "Student,ID,SIS User ID,SIS Login ID,Section,LeNet-5\n    Points Possible,,,,,2\n"
    '"Lee, Ann",41,7,al,S1,2\n"Roe, Bob",42,8,br,S1,1\n',
}


@pytest.mark.parametrize("names", TABLES, ids=["none", "Moodle", "nbgrader", "Canvas"])
def test_a_row_for_each_student_in_the_columns_of_a_platform(names: str) -> None:
    grades = Classroom(LENET).grade(
        [
            given("Ann Lee", conv1__params="156", conv2__params="2416"),
            given("Bob Roe", conv1__params="1", conv2__params="2416"),
        ]
    )
    listed = roster(Source("names", names)) if names else None
    assert lines_csv(by_student(grades, "LeNet-5", listed)) == TABLES[names]
