"""`cnncalc init` and `cnncalc schema`: starter specs, and schemas for editors."""

import json
from pathlib import Path

import pytest

from cnncalc import SpecError, analyze, check, load, schema
from cnncalc.choices import Template
from cnncalc.render.schema import NAMES, SchemaName
from cnncalc.render.starting import LAYERS
from cnncalc.spec.starter import TEMPLATES, starter
from tests.cli.conftest import Run


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_starter_meets_its_expected_values_and_budgets(template: Template) -> None:
    spec = load(starter(template).text)
    verdicts = check(analyze(spec), spec)
    assert len(verdicts) >= 3
    assert all(verdict.holds and not verdict.problem for verdict in verdicts)
    assert not [finding for finding in spec.findings if finding.level != "note"]
    assert LAYERS[template] in spec.graph.names
    assert starter(template).text.count("#") >= 5


def test_the_starters_show_all_sections_repeats_and_merges() -> None:
    texts = "".join(starter(template).text for template in TEMPLATES)
    words = ("vars:", "defaults:", "blocks:", "expect:", "budget:", "repeat:", "when:", "add:", "concat:")
    for word in (*words, "use:", "inputs:", "first", "name:", "norm:"):
        assert word in texts


def test_a_spec_is_written_and_the_next_steps_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    for template in TEMPLATES:
        done = cnncalc("init", "net.yaml", "--template", template, "--force")
        assert (done.code, done.err) == (0, "")
        assert Path("net.yaml").read_text(encoding="utf-8") == starter(template).text
        steps = [line.split("  ")[1] for line in done.out.splitlines() if line.startswith("  cnncalc")]
        assert len(steps) == 8
        for step in steps:
            assert cnncalc(*step.split()[1:]).code == 0, step


def test_the_default_name_is_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run) -> None:
    monkeypatch.chdir(tmp_path)
    assert cnncalc("init").out.startswith("Wrote network.yaml. Next steps:\n")
    assert Path("network.yaml").is_file()


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path, cnncalc: Run) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("mine", encoding="utf-8")
    done = cnncalc("init", str(path))
    assert (done.code, done.out) == (2, "")
    assert done.err == f"cnncalc: {path} already exists; --force overwrites it\n"
    assert path.read_text(encoding="utf-8") == "mine"
    assert cnncalc("init", str(path), "--force").code == 0
    assert path.read_text(encoding="utf-8") == starter("classifier").text


def test_a_dash_prints_the_spec(cnncalc: Run) -> None:
    done = cnncalc("init", "-", "-t", "signal")
    assert (done.code, done.out) == (0, starter("signal").text)


@pytest.mark.parametrize(
    ("name", "said"), [("", "is a folder; expected a file, as in"), ("none/net.yaml", "cannot be written")]
)
def test_a_path_that_cannot_be_written_is_2(name: str, said: str, tmp_path: Path, cnncalc: Run) -> None:
    done = cnncalc("init", str(tmp_path / name))
    assert done.code == 2
    assert said in done.err


def test_a_template_with_a_typo_is_refused() -> None:
    with pytest.raises(SpecError):
        load(starter("classifier").text.replace("layers:", "layer:"))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_printed_or_written(name: SchemaName, tmp_path: Path, cnncalc: Run) -> None:
    done = cnncalc("schema", name)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == schema(name)
    path = tmp_path / "schema.json"
    assert cnncalc("schema", name, "--output", str(path)).code == 0
    assert path.read_text(encoding="utf-8") == done.out
