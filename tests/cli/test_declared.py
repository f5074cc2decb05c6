"""Layers whose numbers the spec declares: totals say so, and what needs values refuses the network."""

import json
from pathlib import Path

import pytest

import cnncalc as library
from cnncalc import SpecError
from tests.cli.conftest import Run

TEXT = """cnncalc: 1
name: net
input: [3, 16, 16]
layers:
  - {conv: 8, kernel: 3, padding: 1, act: relu}
  - LAYER
  - {maxpool: 2}
  - global_avgpool
  - {dense: 10}
"""
DECLARED = "{custom: [8, 16, 16], params: 584, macs: 9 * 8 * 8 * prev.height * prev.width, name: mine}"
WRITTEN = TEXT.replace("LAYER", DECLARED)
CONV = TEXT.replace("LAYER", "{conv: 8, kernel: 3, padding: 1, name: mine}")
"""The network with a layer that has the same numbers."""

PARAMS, MACS, FLOPS = 584, 147_456, 294_912


@pytest.fixture(autouse=True)
def _network(folder: Path) -> None:
    Path("net.yaml").write_text(WRITTEN)
    Path("conv.yaml").write_text(CONV.replace("name: net", "name: conv"))
    Path("without.yaml").write_text(WRITTEN.replace("params: 584", "params: 600"))


def test_totals_are_those_of_a_layer_with_these_numbers() -> None:
    declared, counted = (library.analyze(library.load(text)).totals for text in (WRITTEN, CONV))
    assert (declared.params.total, declared.macs) == (counted.params.total, counted.macs)
    assert declared.activation == counted.activation
    of = declared.declared
    assert (of.layers, of.params, of.macs, of.flops) == (1, PARAMS, MACS, FLOPS)
    assert counted.declared.layers == 0


def test_a_batch_multiplies_the_declared_macs() -> None:
    of = library.analyze(library.load(WRITTEN), batch=3).totals.declared
    assert (of.params, of.macs, of.flops) == (PARAMS, 3 * MACS, 3 * FLOPS)


def test_numbers_follow_the_input_where_the_spec_says_how() -> None:
    assert library.analyze(library.load(WRITTEN), input="3x16x16").totals.declared.macs == MACS
    free = WRITTEN.replace("[8, 16, 16]", "")
    assert library.analyze(library.load(free), input="3x32x32").totals.declared.macs == 4 * MACS


def test_shared_parameters_are_declared_once() -> None:
    twice = WRITTEN.replace("  - {maxpool", "  - {custom: , params: 584, macs: 5, share: mine}\n  - {maxpool")
    of = library.analyze(library.load(twice)).totals.declared
    assert (of.layers, of.params, of.macs) == (2, PARAMS, MACS + 5)


@pytest.mark.parametrize("format", ["text", "markdown", "latex", "html"])
def test_every_total_says_what_is_declared(format: str, cnncalc: Run) -> None:
    shown = cnncalc("show", "net.yaml", "--format", format).out
    assert shown.count("of which declared: 584") == 1
    assert shown.count("of which declared: 147,456") == 1
    assert shown.count("of which declared: 294,912") == 2  # 2 × MACs and FLOPs
    assert "of conv, dense and declared layers" in shown
    assert "declared" not in cnncalc("show", "conv.yaml", "--format", format).out


@pytest.mark.parametrize("format", ["text", "markdown", "latex", "html"])
@pytest.mark.parametrize("command", ["compare", "diff"])
def test_comparisons_say_it_for_each_network(command: str, format: str, cnncalc: Run) -> None:
    shown = cnncalc(command, "conv.yaml", "net.yaml", "--format", format).out
    assert "net: of which declared: 584 parameters, 147,456 MACs, 294,912 FLOPs" in shown
    assert "conv: of which" not in shown


def test_json_has_the_declared_part_of_the_totals(cnncalc: Run) -> None:
    part = {"layers": 1, "params": PARAMS, "macs": MACS, "flops": FLOPS}
    shown = json.loads(cnncalc("show", "net.yaml", "--format", "json").out)
    assert shown["totals"]["declared"] == part
    assert {each["code"] for each in shown["findings"]} == {"declared", "field-not-followed"}
    compared = json.loads(cnncalc("compare", "conv.yaml", "net.yaml", "--format", "json").out)
    assert ["declared" in each for each in compared["networks"]] == [False, True]
    assert compared["networks"][1]["declared"] == part
    difference = json.loads(cnncalc("diff", "conv.yaml", "net.yaml", "--format", "json").out)
    assert "declared" not in difference["before"]
    assert difference["after"]["declared"] == part


def test_explain_says_that_the_numbers_are_declared(cnncalc: Run) -> None:
    explained = cnncalc("explain", "net.yaml", "mine", "--all").out
    assert explained.count("declared in the spec, not computed") >= 3  # output, parameters, MACs
    assert "2 × the declared MACs; no other operations are known" in explained
    assert "unknown: the spec declares a layer" in explained
    whole = cnncalc("explain", "net.yaml").out
    assert "of which declared: 584" in whole
    assert "of which declared: 147,456" in whole


def test_no_receptive_field_is_known_after_it(cnncalc: Run) -> None:
    """Not even that of a global layer: what it reads may not depend on the whole input."""
    report = library.analyze(library.load(WRITTEN))
    fields = {row.name: row.field for row in report.layers}
    assert fields["conv1"].size == (3, 3)
    for name in ("mine", "maxpool1", "global_avgpool1", "dense1"):
        assert fields[name].unknown
        assert fields[name].size is None
        assert not fields[name].is_global
    done = cnncalc("field", "net.yaml", "maxpool1")
    assert done.code == 2
    assert done.err == (
        "cnncalc: the input of maxpool1 is unknown: mine (line 6) is declared, "
        "and the spec does not say what it reads\n"
    )


def test_a_merge_with_a_declared_branch_is_unknown_unless_the_other_sees_everything() -> None:
    text = (
        "cnncalc: 1\ninput: [4, 8, 8]\nlayers:\n  - add: {a: [{custom: , params: 0, macs: 0}], b: [OTHER]}\n"
    )
    local = library.analyze(library.load(text.replace("OTHER", "relu"))).output.field
    assert local.unknown
    other = "{reduce: mean, over: [height, width]}, {upsample: 8}"
    assert library.analyze(library.load(text.replace("OTHER", other))).output.field.is_global


@pytest.mark.parametrize(
    "command",
    [
        ("verify", "net.yaml"),
        ("run", "net.yaml"),
        ("run", "net.yaml", "--save-weights", "w.npz"),
        ("gradients", "net.yaml"),
        ("influence", "net.yaml", "conv1"),
        ("occlusion", "net.yaml"),
        ("equivariance", "net.yaml"),
    ],
    ids=" ".join,
)
def test_what_needs_values_names_the_layer(command: tuple[str, ...], cnncalc: Run) -> None:
    done = cnncalc(*command)
    assert done.code != 0
    assert done.out == ""
    assert (
        "error[declared-layer]: 'mine' cannot be run or verified: the spec declares its numbers" in done.err
    )
    assert "net.yaml:6:6" in done.err
    assert not Path("w.npz").exists()


@pytest.mark.parametrize("work", [library.run, library.verify, library.gradients, library.init_weights])
def test_the_library_refuses_it_too(work: object) -> None:
    assert callable(work)
    with pytest.raises(SpecError, match="'mine' cannot be run or verified"):
        work(library.load(WRITTEN))


def test_it_is_not_written_as_source(cnncalc: Run) -> None:
    done = cnncalc("export", "net.yaml", "--to", "pytorch")
    assert done.code != 0
    assert "mine (custom) cannot be written in PyTorch: the spec declares its numbers" in done.err


def test_a_global_layer_of_a_vector_is_unknown_too() -> None:
    text = "cnncalc: 1\ninput: [12]\nlayers: [{custom: [4], params: 10, macs: 20}, {dense: 2}]\n"
    assert all(row.field.unknown for row in library.analyze(library.load(text)).layers)


def test_auxiliary_heads_say_their_own_part(cnncalc: Run) -> None:
    Path("head.yaml").write_text(
        CONV + "  - {custom: [4], params: 10, macs: 20, from: mine, name: head}\n  - {relu: , from: dense1}\n"
        "auxiliary: {extra: head}\n"
    )
    shown = cnncalc("show", "head.yaml").out
    assert "20 MACs, training only; of which declared: 10 parameters, 20 MACs, 40 FLOPs" in shown
    assert shown.count("of which declared") == 1
    assert "declared layers" not in shown
    found = json.loads(cnncalc("show", "head.yaml", "--format", "json").out)
    assert "declared" not in found["totals"]
    assert found["auxiliary"]["totals"]["declared"]["params"] == 10


def test_other_tables_of_totals_name_what_is_declared(cnncalc: Run) -> None:
    assert "net: of which declared: 584 parameters" in cnncalc("dialects", "net.yaml").out
    symbolic = "vars: {n: 8}\n" + WRITTEN.replace("{conv: 8,", "{conv: n,")
    Path("symbolic.yaml").write_text(symbolic)
    for format in ("text", "markdown"):
        shown = cnncalc("show", "symbolic.yaml", "--symbolic", "n", "--format", format).out
        assert "of which declared: the numbers of mine" in shown
    found = json.loads(cnncalc("show", "symbolic.yaml", "--symbolic", "n", "--format", "json").out)
    assert found["declared"] == ["mine"]


def test_a_worksheet_gives_what_is_declared(cnncalc: Run) -> None:
    Path("net.yaml").write_text(WRITTEN.replace("[8, 16, 16]", ""))
    assert "custom, params 584, macs 147456" in cnncalc("worksheet", "net.yaml").out


def test_its_claims_are_checked(cnncalc: Run) -> None:
    expected = "expect: {params: 898, layers: {mine: {params: 584, output: [8, 16, 16]}}}\n"
    Path("net.yaml").write_text(WRITTEN + expected)
    assert cnncalc("check", "net.yaml").code == 0
    Path("net.yaml").write_text(WRITTEN + expected.replace("584", "585"))
    assert cnncalc("check", "net.yaml").code == 1


def test_questions_about_it_are_graded(cnncalc: Run) -> None:
    Path("answers.yaml").write_text("mine.params: 584\nmine.macs: 147456\nmine.output: 8x16x16\n")
    done = cnncalc("grade", "net.yaml", "answers.yaml")
    assert done.code == 0, done.out + done.err
    Path("answers.yaml").write_text("mine.params: 583\n")
    assert cnncalc("grade", "net.yaml", "answers.yaml").code != 0


def test_other_tools_do_not_count_it(cnncalc: Run) -> None:
    shown = cnncalc("show", "net.yaml", "--count-as", "torchinfo").out
    assert "not counted by torchinfo: custom (unsupported)" in shown


def test_the_page_says_it(cnncalc: Run) -> None:
    assert cnncalc("report", "conv.yaml", "net.yaml", "-o", "page.html").code == 0
    text = Path("page.html").read_text()
    assert '"declared":{"layers":1,"params":584,"macs":147456,"flops":294912}' in text.replace(" ", "")
    assert "net: of which declared: 584 parameters, 147,456 MACs, 294,912 FLOPs" in text
