"""Worksheets: their questions, grading them, and random variants."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

import cnncalc
from cnncalc.homework.answers import NOT_ASKED
from cnncalc.homework.grade import Grader
from cnncalc.homework.worksheet import worksheet
from cnncalc.homework.worksheet.variants import variant
from cnncalc.problems import Source
from cnncalc.render.latex_text import escaped
from cnncalc.render.worksheet import worksheet_text
from cnncalc.spec.files import bundled_specs
from tests.conftest import FEW, bundled

ASKED = ("output", "params", "macs", "receptive_field", "memory.activations")
ENDINGS = {"csv": "csv", "markdown": "md", "json": "json"}
LENET = cnncalc.load("lenet5")


@pytest.mark.parametrize("format", ENDINGS)
@pytest.mark.parametrize(
    "name",
    bundled(["lenet5", "alexnet", "unet", "ecg_1d", "c3d", "lectures/inception_module"], {"lenet5", "c3d"}),
)
@pytest.mark.parametrize("seed", [None, 5])
def test_a_filled_in_key_gets_all_points(name: str, format: str, seed: int | None) -> None:
    spec = cnncalc.load(name)
    sheet = worksheet(spec, ASKED, seed=seed)
    text = worksheet_text(sheet, format, is_key=True)
    grader = Grader(spec if seed is None else variant(spec, seed))
    (graded,) = grader.source(Source("key", text), ENDINGS[format])
    asked = sum(answer != NOT_ASKED for line in sheet.lines for answer in line.answers)
    assert graded.is_right
    assert graded.points == len(graded.results) == asked


@pytest.mark.parametrize("format", ENDINGS)
@pytest.mark.parametrize("is_key", [True, False])
def test_a_sheet_can_be_used_as_a_key(format: str, is_key: bool, tmp_path: Path) -> None:
    sheet = worksheet(LENET, ASKED)
    key = tmp_path / f"key.{ENDINGS[format]}"
    key.write_text(worksheet_text(sheet, format, is_key), encoding="utf-8")
    grader = Grader(LENET)
    grader.use_key(key)
    assert grader.doubts() == []
    assert grader.key is not None
    assert [asked.key for asked in grader.key.questions] == [
        f"{line.layer}.{name}"
        for line in sheet.lines
        for name, answer in zip(ASKED, line.answers, strict=True)
        if answer != NOT_ASKED
    ]


@pytest.mark.parametrize("format", ENDINGS)
def test_blanks_are_unanswered_questions(format: str) -> None:
    sheet = worksheet(LENET, ASKED)
    text = worksheet_text(sheet, format, is_key=False)
    (graded,) = Grader(LENET).source(Source("blank", text), ENDINGS[format])
    asked = sum(answer != NOT_ASKED for line in sheet.lines for answer in line.answers)
    assert [each.verdict for each in graded.results] == ["unanswered"] * asked
    assert (graded.score, graded.points) == (0, asked)


@pytest.mark.parametrize("format", ["csv", "markdown", "latex", "json"])
def test_a_blank_sheet_has_no_answers(format: str) -> None:
    sheet = worksheet(LENET, ["params", "macs"])
    text = worksheet_text(sheet, format, is_key=False)
    answers = {answer for line in sheet.lines for answer in line.answers if len(answer) > 3}
    assert len(answers) > 5
    assert not any(answer in text or answer.replace(",", "") in text for answer in answers)
    key = worksheet_text(sheet, format, is_key=True)
    assert all(answer in key for answer in answers)


def test_activation_functions_have_no_line_and_the_total_has_one() -> None:
    lines = worksheet(LENET, ["params", "output"]).lines
    assert [line.layer for line in lines] == [
        "conv1", "pool1", "conv2", "pool2", "conv3", "flatten1", "fc1", "fc2", "total",
    ]  # fmt: skip
    assert lines[-1].answers == ("61,706", NOT_ASKED)


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("lenet5", "channels × height × width"),
        ("alexnet", "height × width × channels"),
        ("ecg_1d", "channels × length"),
        ("c3d", "channels × depth × height × width"),
    ],
)
def test_the_order_of_sizes_is_stated(name: str, order: str) -> None:
    text = worksheet_text(worksheet(cnncalc.load(name)), "markdown", is_key=False)
    assert f"Shapes are {order}, without the batch." in text


@pytest.mark.parametrize("path", bundled(bundled_specs()), ids=lambda p: p.stem)
def test_inputs_named_on_a_line_have_a_line(path: Path) -> None:
    spec = cnncalc.load(path)
    lines = worksheet(spec).lines
    known = {*(line.layer for line in lines), cnncalc.analyze(spec).entry.name}
    read = [word for line in lines for word in line.given.partition(" of ")[2].split(", ") if word]
    assert set(read) <= known


def test_totals_are_blank_for_quantities_that_are_not_summed(tmp_path: Path) -> None:
    text = "layer,output,params\nconv1,6x28x28,\ntotal,,61706\n"
    grader = Grader(LENET)
    asked = ["conv1.output", "conv1.params", "total.params"]
    (graded,) = grader.source(Source("sheet", text), "csv")
    assert [each.question for each in graded.results] == asked
    key = tmp_path / "key.csv"
    key.write_text(text, encoding="utf-8")
    grader.use_key(key)
    assert grader.key is not None
    assert [each.key for each in grader.key.questions] == asked


@pytest.mark.parametrize("ending", ["", "txt", "md"])
def test_a_markdown_table_is_recognized_with_any_ending(ending: str) -> None:
    text = worksheet_text(worksheet(LENET), "markdown", is_key=True)
    (graded,) = Grader(LENET).source(Source("key", text), ending)
    assert graded.is_right
    assert graded.points == 17


def test_unknown_quantities_are_rejected() -> None:
    with pytest.raises(ValueError, match="there is no quantity 'parms'; did you mean 'param"):
        worksheet(LENET, ["output", "parms"])
    with pytest.raises(ValueError, match="there is no quantity 'foo'; expected one of output, "):
        worksheet(LENET, ["foo"])


SEEDS = range(1, 31)


@pytest.mark.parametrize("name", bundled(["lenet5", "alexnet", "lectures/six_filters"], {"lenet5"}))
def test_variants_differ_and_are_reproducible(name: str) -> None:
    spec = cnncalc.load(name)
    variants = [variant(spec, seed) for seed in SEEDS]
    again = [variant(spec, seed).source.text for seed in SEEDS[:5]]
    assert [each.source.text for each in variants[:5]] == again
    answers = {tuple(line.answers for line in worksheet(each).lines) for each in variants}
    assert len(answers) >= 25
    assert spec.source.text not in {each.source.text for each in variants}


@pytest.mark.parametrize("path", bundled(bundled_specs(), FEW), ids=lambda p: p.stem)
def test_a_variant_is_a_spec_with_the_same_structure(path: Path) -> None:
    spec = cnncalc.load(path)
    found = variant(spec, 1)
    again = cnncalc.load(found.source.text)
    assert again.graph.output == found.graph.output
    assert [node.name for node in found.graph.nodes] == [node.name for node in spec.graph.nodes]
    assert not again.claims
    assert again.name == f"{spec.name}, variant 1"
    for node, written in zip(found.graph.layers, spec.graph.layers, strict=True):
        assert type(node.layer) is type(written.layer)
        sizes = zip(node.shape.spatial, written.shape.spatial, strict=True)
        assert all(size > 1 for size, was in sizes if was > 1)


def test_a_network_without_numbers_to_change_has_no_variant() -> None:
    spec = cnncalc.load("cnncalc: 1\nname: fixed\ninput: [3]\nlayers: [relu]\n")
    with pytest.raises(ValueError, match="no variant found"):
        variant(spec, 1)


HOSTILE = """cnncalc: 1
name: "a_b ≤ 名前 é Ω ☃ #1 *x* |y| <b> 100% {c} \\\\d ~e^f & $g$"
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: stem_1}
  - {conv: 4, kernel: 3, name: L层2}
"""


def test_latex_needs_no_characters_that_its_standard_fonts_lack() -> None:
    sheet = replace(worksheet(cnncalc.load(HOSTILE), ["output", "params"]), student="Łukasz Müller ≤ 名")
    text = worksheet_text(sheet, "latex", is_key=True)
    chosen = r"\\ifdefined\\XeTeXversion (.)\\else\\ifdefined\\directlua \1\\else (\(U\+\w+\))\\fi\\fi{}"
    for_others = re.compile(chosen)
    assert for_others.sub(r"\1", text).count("名") == 2
    plain = for_others.sub(r"\2", text)
    assert plain.isascii()
    assert r"a\_b $\le$ (U+540D)(U+524D) \'{e} $\Omega$ (U+2603) \#1" in plain
    assert r"\textless{}b\textgreater{} 100\% \{c\} \textbackslash{}d" in plain
    assert r"Student: \L{}ukasz M\"{u}ller" in plain
    assert "L(U+5C42)2" in plain


@pytest.mark.parametrize("is_key", [False, True])
@pytest.mark.parametrize(("name", "asked"), [("lenet5", 2), ("resnet18", 7), ("unet", 4)])
def test_latex_tables_fit_the_page_of_an_article(name: str, asked: int, is_key: bool) -> None:
    names = ["output", "params", "macs", "flops", "receptive_field", "memory.activations", "neurons"][:asked]
    sheet = worksheet(cnncalc.load(name), names)
    text = worksheet_text(sheet, "latex", is_key)
    tables = re.findall(r"\\begin{tabular}(.*?)\\end{tabular}", text, re.DOTALL)
    for table in tables:
        widths = [float(width) for width in re.findall(r"dimexpr([\d.]+)", table)]
        assert sum(widths) <= 1
        assert is_key or min(widths[1:]) * 345 > 46, "there is no room to write"
        assert 2 <= table.count(r"\tabularnewline") <= 40
    rows = [line for table in tables for line in table.splitlines() if line.endswith(r"\hline")]
    shown = [row.replace(r"\raggedright ", "").replace(r"\allowbreak{}", "") for row in rows]
    found = [row.partition(" & ")[0] for row in shown if not row.startswith((r"\hline", "layer"))]
    wanted = [escaped(line.layer) for line in sheet.lines]
    assert found == wanted * (len(found) // len(wanted))
    headers = [row for row in shown if row.startswith("layer")]
    assert len(headers) == len(tables)
    assert all(any(escaped(name) in header for header in headers) for name in names)
    assert r"\usepackage" not in text
