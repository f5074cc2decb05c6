"""Tables for documents and notebooks: LaTeX, HTML, Markdown, dictionaries and rows."""

import json
import pickle
from html.parser import HTMLParser
from pathlib import Path

import pytest

import cnncalc
from cnncalc.render.publishing import PlainTable, html, latex
from tests.cli.conftest import Run
from tests.cli.conftest import cnncalc as run  # noqa: F401 - the fixture, under another name

HOSTILE = '<script>alert("&")</script>'
SIGNS = r"50% & #1 _a_ {b} $c$ \d ~ ^"


class Cells(HTMLParser):
    """The texts of the cells of a page, and its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1] and data.strip():
            self.rows[-1][-1] += data


def test_html_holds_the_texts_and_nothing_else() -> None:
    cells = Cells()
    cells.feed(html(PlainTable(["a", HOSTILE], [True, False], [["x", HOSTILE]], [["total", "1"]])))
    assert cells.rows == [["a", HOSTILE], ["x", HOSTILE], ["total", "1"]]
    assert cells.tags == {"table", "thead", "tbody", "tfoot", "tr", "th", "td"}


def test_latex_escapes_its_signs_and_uses_booktabs() -> None:
    assert latex(PlainTable(["a", "n"], [True, False], [[SIGNS, "1"], ["[1]", "2"]], [["total", "3"]])) == (
        "\\begin{tabular}{lr}\n\\toprule\na & n \\\\\n\\midrule\n"
        "50\\% \\& \\#1 \\_a\\_ \\{b\\} \\$c\\$ "
        "\\textbackslash{}d \\textasciitilde{} \\textasciicircum{} & 1 \\\\\n"
        "{[1]} & 2 \\\\\n\\midrule\ntotal & 3 \\\\\n\\bottomrule\n\\end{tabular}\n"
    )


@pytest.mark.parametrize("format", ["latex", "html"])
def test_show_writes_every_layer_and_the_totals(format: str, run: Run) -> None:  # noqa: F811
    done = run("show", "lenet5", "--format", format)
    assert (done.code, done.err) == (0, "")
    for text in ("conv1.act", "117,600", "61,706", "416,520"):
        assert text in done.out


def test_a_hostile_name_stays_text() -> None:
    text = f"cnncalc: 1\nname: '{HOSTILE}'\ninput: [1, 4, 4]\nlayers: [relu]\n"
    for page in (cnncalc.load(text)._repr_html_(), cnncalc.analyze(text)._repr_html_()):
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_rows_hold_numbers_that_add_up() -> None:
    report = cnncalc.analyze("resnet18")
    rows = report.rows()
    assert sum(row["params"] for row in rows) == report.totals.params.total == 11_689_512
    assert rows[0]["receptive_field"] == (7, 7)
    assert sum(row["share_of_macs"] for row in rows) == pytest.approx(1)
    assert len({frozenset(row) for row in rows}) == 1


def test_a_dictionary_is_the_json_of_the_command_line(run: Run) -> None:  # noqa: F811
    printed = json.loads(run("show", "lenet5", "--json").out)
    assert cnncalc.analyze("lenet5").to_dict() == printed
    printed = json.loads(run("diff", "vgg11", "vgg13", "--json").out)
    found = cnncalc.diff("vgg11", "vgg13").to_dict()
    assert {key: found[key] for key in ("totals", "layers", "unchanged")} == {
        key: printed[key] for key in ("totals", "layers", "unchanged")
    }


def test_a_difference_is_shown_and_has_rows() -> None:
    difference = cnncalc.diff("vgg11", "vgg13")
    assert "36,928" in difference._repr_html_()
    assert difference.to_markdown().startswith("### VGG-11 → VGG-13\n")
    added = [row for row in difference.rows() if row["status"] == "added"]
    assert sum(row["params"] for row in added) == 133_047_848 - 132_863_336  # torchvision's totals
    assert "VGG-11" in cnncalc.diff("vgg11", "vgg11")._repr_html_()


def test_a_spec_is_shown_with_its_expected_values() -> None:
    spec = cnncalc.load("lenet5")
    assert "expected values: 19 of 19 match" in spec._repr_html_()
    assert "expected values: 19 of 19 match" in spec.to_markdown()


ANSWERS = {"conv1.output": "6x28x28", "conv1.params": "150", "conv2.params": "2416 <b>"}


def test_grades_are_shown_and_have_rows() -> None:
    grades = cnncalc.grade("lenet5", ANSWERS)
    assert grades.network == "LeNet-5"
    cells = Cells()
    cells.feed(grades._repr_html_())
    assert cells.rows[0] == ["question", "answer", "verdict", "points", "remark"]
    assert [row[:4] for row in cells.rows[1:3]] == [
        ["conv1.output", "6x28x28", "right", "1/1"],
        ["conv1.params", "150", "wrong", "0/1"],
    ]
    assert "b" not in cells.tags
    assert grades.to_markdown().startswith("## LeNet-5: ")
    assert str(grades).startswith("LeNet-5  ")
    rows = grades.rows()
    assert [(row["question"], row["verdict"], row["mistakes"]) for row in rows[:2]] == [
        ("conv1.output", "right", ()),
        ("conv1.params", "wrong", ("forgot-bias",)),
    ]
    assert sum(row["score"] for row in rows) == grades[0].score
    assert "right" not in rows[0]
    assert cnncalc.grade("lenet5", ANSWERS, reveal=True).rows()[1]["right"] == "156"


def test_grades_of_a_class_are_an_overview(tmp_path: Path, run: Run) -> None:  # noqa: F811
    (tmp_path / "ann.csv").write_text("question,answer\nconv1.params,156\nconv1.macs,117600\n")
    (tmp_path / "bob.csv").write_text("question,answer\nconv1.params,150\nconv1.macs,117600\n")
    (tmp_path / "cat.csv").write_text("question,answer\nconv1.params,156\nconv1.macs,\n")
    grades = cnncalc.grade("lenet5", tmp_path)
    cells = Cells()
    cells.feed(grades._repr_html_())
    assert cells.rows[:4] == [
        ["student", "conv1.params", "conv1.macs", "score", "max score"],
        ["ann", "1", "1", "2", "2"],
        ["bob", "0", "1", "1", "2"],
        ["cat", "1", "0", "1", "2"],
    ]
    assert cells.rows[5][:3] == ["conv1.params", "1", "66.6667"]
    assert grades.to_dict() == json.loads(run("grade", "lenet5", str(tmp_path), "--json").out)
    assert len({frozenset(row) for row in grades.rows()}) == 1
    assert pickle.loads(pickle.dumps(grades)) == grades


def test_a_sheet_that_cannot_be_read_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "ann.csv").write_bytes(b"\xff\xfe\x00")
    grades = cnncalc.grade("lenet5", tmp_path / "ann.csv")
    [row] = grades.rows()
    assert (row["verdict"], row["score"]) == ("unreadable", None)
    assert row["remark"] in grades._repr_html_()


TABLES = {
    "compare vgg11 vgg13": ["VGG-13", "133,047,848", "11,308,466,176"],
    "compare lenet5 --expected": ["61,706"],
    "diff vgg11 vgg13": ["+184,512", "+48.6", "conv2.1"],
    "diff lenet5 lenet5": ["are the same network: 12 layers"],
    "field vgg16": ["pool5", "212", "31/2"],
    "field lenet5 conv2 --unit 3,9": ["18", "31", "height"],
    "specs resnet": ["ResNet-152", "arXiv:1512.03385"],
}
"""Commands that print tables for documents, and some of their texts, such as torchvision's totals."""


@pytest.mark.parametrize("format", ["latex", "html"])
@pytest.mark.parametrize("call", TABLES)
def test_tables_for_documents(call: str, format: str, run: Run) -> None:  # noqa: F811
    done = run(*call.split(), "--format", format)
    assert (done.code, done.err) == (0, "")
    assert [text for text in TABLES[call] if text not in done.out] == []
    begins = "% needs \\usepackage{booktabs}\n" if format == "latex" else "<p><strong>"
    assert done.out.startswith(begins)
    if format == "html":
        cells = Cells()
        cells.feed(done.out)
        assert cells.tags <= {"p", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    else:
        rows = [line for line in done.out.splitlines() if line.endswith(r"\\")]
        heads = [line for line in done.out.splitlines() if line.startswith(r"\begin{tabular}")]
        assert {line.count(" & ") + 1 for line in rows} == {len(line.split("{")[2]) - 1 for line in heads}
