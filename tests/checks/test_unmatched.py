"""Budgets that match no spec or layer are reported."""

from pathlib import Path

import pytest

import cnncalc
from cnncalc.problems import one_line
from tests.checks.conftest import NET

LAYER = '[[budgets]]\n[budgets.layers."{layer}"]\nparams = "1K"\n'
PICKED = '[[budgets]]\nmatch = "{match}"\n[budgets.layers."{layer}"]\nparams = "1K"\n'

IN_NET = "net.yaml: warning: there is no layer 'stme'; budget in cnncalc.toml:4:10"
NAMED = f"{IN_NET}; did you mean 'stem'? [unmatched]"
HINT = "`cnncalc show SPEC` lists the layers [unmatched]"


def in_none(layer: str, place: str) -> str:
    return f"{place}: warning: there is no layer '{layer}' in any of the specs; {HINT}"


def reported(*paths: str, **options: object) -> list[str]:
    """The findings, each on one line."""
    results = cnncalc.check_paths(paths or (".",), **options)  # type: ignore[arg-type]
    return [one_line(problem, file.source) for file in results.files for problem in file.findings]


@pytest.fixture
def project(project: Path) -> Path:
    """Two more specs: one with another layer name, one in a subfolder."""
    (project / "root.yaml").write_text(NET.replace("stem", "root"), encoding="utf-8")
    (project / "sub").mkdir()
    (project / "sub" / "deep.yaml").write_text(NET, encoding="utf-8")
    return project


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (LAYER.format(layer="stem"), []),
        (LAYER.format(layer="st*"), []),
        (LAYER.format(layer="stme"), [in_none("stme", "cnncalc.toml:3:10")]),
        (LAYER.format(layer="stage4.*"), [in_none("stage4.*", "cnncalc.toml:3:10")]),
        (PICKED.format(match="net.yaml", layer="stem"), []),
        (PICKED.format(match="net.yaml", layer="stme"), [NAMED]),
        (PICKED.format(match="*et.yaml", layer="ro*"), [in_none("ro*", "cnncalc.toml:4:10")]),
        (
            PICKED.format(match="nte.yaml", layer="stem"),
            [
                "cnncalc.toml:2:9: warning: no spec matches 'nte.yaml'; use a file name, or a path relative "
                "to this folder (with a `/`) [unmatched]"
            ],
        ),
        (PICKED.format(match="sub/*", layer="stem"), []),
        ('ignore = ["unmatched"]\n' + PICKED.format(match="nte.yaml", layer="stem"), []),
    ],
)
def test_a_budget_of_the_project_that_matches_nothing(text: str, messages: list[str], project: Path) -> None:
    (project / "cnncalc.toml").write_text(text, encoding="utf-8")
    assert reported() == messages


def test_a_name_is_reported_for_each_selected_spec_without_it(project: Path) -> None:
    text = PICKED.format(match="[nr]*.yaml", layer="stem")
    (project / "cnncalc.toml").write_text(text, encoding="utf-8")
    (only,) = reported()
    assert only.startswith("root.yaml: warning: there is no layer 'stem'; budget in cnncalc.toml:4")


@pytest.mark.parametrize(
    ("paths", "match", "layer", "findings"),
    [
        (("net.yaml",), None, "stage4.*", 0),
        (("n*.yaml",), None, "stage4.*", 1),
        (("net.yaml",), "net*", "stage4.*", 1),
        (("net.yaml",), "other", "stage4.*", 0),
        (("sub",), "net.yaml", "stem", 0),
        ((".",), "nix.yaml", "stem", 1),
    ],
)
def test_unchecked_files_cause_no_warning(
    paths: tuple[str, ...], match: str | None, layer: str, findings: int, project: Path
) -> None:
    text = PICKED.format(match=match, layer=layer) if match else LAYER.format(layer=layer)
    (project / "cnncalc.toml").write_text(text, encoding="utf-8")
    assert len(reported(*paths)) == findings


def test_a_spec_that_cannot_be_built_may_have_the_layer(project: Path) -> None:
    (project / "cnncalc.toml").write_text(LAYER.format(layer="stage4.*"), encoding="utf-8")
    (project / "broken.yaml").write_text(NET.replace("kernel", "kernle"), encoding="utf-8")
    assert [line.partition(":")[0] for line in reported()] == ["broken.yaml"]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("budget: {layers: {stem: {params: 1K}}}", []),
        ("budget: {layers: {stme: {params: 1K}}}", [in_none("stme", "key.yaml:1:34")]),
        ("budget: {layers: {'a.*': {params: 1K}}}", [in_none("a.*", "key.yaml:1:35")]),
        ("expect: {layers: {'a.*': {params: 112}}}", [in_none("a.*", "key.yaml:1:35")]),
        (
            "specs: {net: {budget: {layers: {stme: {params: 1K}}}}}",
            [NAMED.replace("cnncalc.toml:4:10", "key.yaml:1:48")],
        ),
        ("specs: {other: {expect: {params: 3}}, net: {expect: {params: 112}}}", []),
        (
            "specs: {other: {expect: {params: 3}}, net: {}}",
            [
                "key.yaml:1:9: warning: no spec that was checked matches this; "
                "`specs` is a mapping from file names or patterns [unmatched]"
            ],
        ),
    ],
)
def test_a_file_of_expected_values_that_matches_nothing(
    text: str, messages: list[str], project: Path
) -> None:
    (project / "key.yaml").write_text(text, encoding="utf-8")
    assert reported("net.yaml", expect="key.yaml") == messages


def test_the_warning_fails_with_strict_and_is_not_counted_as_a_spec(project: Path) -> None:
    (project / "cnncalc.toml").write_text(LAYER.format(layer="stme"), encoding="utf-8")
    results = cnncalc.check_paths(["."], strict=True)
    assert not results.holds
    assert len(results.specs) == 3
    assert cnncalc.check_paths(["."]).holds
