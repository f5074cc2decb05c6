"""A limit that is about nothing protects nothing: who is told, and where."""

from pathlib import Path

import pytest

import cnncalc
from cnncalc.problems import one_line
from tests.checks.conftest import NET

LAYER = '[[budgets]]\n[budgets.layers."{layer}"]\nparams = "1K"\n'
PICKED = '[[budgets]]\nmatch = "{match}"\n[budgets.layers."{layer}"]\nparams = "1K"\n'

IN_NET = "net.yaml: warning: there is no layer 'stme'; the limit stands in cnncalc.toml:4:10"
NAMED = f"{IN_NET}; did you mean 'stem'? [idle-limit]"
HINT = "`cnncalc show SPEC` names the layers [idle-limit]"


def nobody(layer: str, place: str) -> str:
    return f"{place}: warning: none of the specs that this is for has '{layer}'; {HINT}"


def told(*paths: str, **options: object) -> list[str]:
    """The findings, each on one line."""
    results = cnncalc.check_paths(paths or (".",), **options)  # type: ignore[arg-type]
    return [one_line(problem, file.source) for file in results.files for problem in file.findings]


@pytest.fixture
def project(project: Path) -> Path:
    """Two specs more: one whose layer is called otherwise, one of another sort."""
    (project / "root.yaml").write_text(NET.replace("stem", "root"), encoding="utf-8")
    (project / "sub").mkdir()
    (project / "sub" / "deep.yaml").write_text(NET, encoding="utf-8")
    return project


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAYER.format(layer="stem"), []),
        (LAYER.format(layer="st*"), []),
        (LAYER.format(layer="stme"), [nobody("stme", "cnncalc.toml:3:10")]),
        (LAYER.format(layer="stage4.*"), [nobody("stage4.*", "cnncalc.toml:3:10")]),
        (PICKED.format(match="net.yaml", layer="stem"), []),
        (PICKED.format(match="net.yaml", layer="stme"), [NAMED]),
        (PICKED.format(match="*et.yaml", layer="ro*"), [nobody("ro*", "cnncalc.toml:4:10")]),
        (
            PICKED.format(match="nte.yaml", layer="stem"),
            [
                "cnncalc.toml:2:9: warning: no spec is called 'nte.yaml'; a file's name, or with a `/` its "
                "path from this folder [idle-limit]"
            ],
        ),
        (PICKED.format(match="sub/*", layer="stem"), []),
        ('ignore = ["idle-limit"]\n' + PICKED.format(match="nte.yaml", layer="stem"), []),
    ],
)
def test_a_limit_of_the_project_that_is_about_nothing_is_told(
    text: str, said: list[str], project: Path
) -> None:
    (project / "cnncalc.toml").write_text(text, encoding="utf-8")
    assert told() == said


def test_a_name_is_told_at_each_spec_that_was_picked_and_lacks_it(project: Path) -> None:
    text = PICKED.format(match="[nr]*.yaml", layer="stem")
    (project / "cnncalc.toml").write_text(text, encoding="utf-8")
    (only,) = told()
    assert only.startswith("root.yaml: warning: there is no layer 'stem'; the limit stands in cnncalc.toml:4")


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
def test_what_was_not_looked_at_is_no_reason_to_warn(
    paths: tuple[str, ...], match: str | None, layer: str, findings: int, project: Path
) -> None:
    text = PICKED.format(match=match, layer=layer) if match else LAYER.format(layer=layer)
    (project / "cnncalc.toml").write_text(text, encoding="utf-8")
    assert len(told(*paths)) == findings


def test_a_spec_that_cannot_be_built_may_have_the_layer(project: Path) -> None:
    (project / "cnncalc.toml").write_text(LAYER.format(layer="stage4.*"), encoding="utf-8")
    (project / "broken.yaml").write_text(NET.replace("kernel", "kernle"), encoding="utf-8")
    assert [line.partition(":")[0] for line in told()] == ["broken.yaml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("budget: {layers: {stem: {params: 1K}}}", []),
        ("budget: {layers: {stme: {params: 1K}}}", [nobody("stme", "key.yaml:1:34")]),
        ("budget: {layers: {'a.*': {params: 1K}}}", [nobody("a.*", "key.yaml:1:35")]),
        ("expect: {layers: {'a.*': {params: 112}}}", [nobody("a.*", "key.yaml:1:35")]),
        (
            "specs: {net: {budget: {layers: {stme: {params: 1K}}}}}",
            [NAMED.replace("cnncalc.toml:4:10", "key.yaml:1:48")],
        ),
        ("specs: {other: {expect: {params: 3}}, net: {expect: {params: 112}}}", []),
        (
            "specs: {other: {expect: {params: 3}}, net: {}}",
            [
                "key.yaml:1:9: warning: this is about none of the specs that were checked; "
                "under `specs` stand names of files, or patterns of them [idle-limit]"
            ],
        ),
    ],
)
def test_a_file_of_claims_that_is_about_nothing_is_told(text: str, said: list[str], project: Path) -> None:
    (project / "key.yaml").write_text(text, encoding="utf-8")
    assert told("net.yaml", expect="key.yaml") == said


def test_it_fails_under_strict_and_counts_as_no_spec(project: Path) -> None:
    (project / "cnncalc.toml").write_text(LAYER.format(layer="stme"), encoding="utf-8")
    results = cnncalc.check_paths(["."], strict=True)
    assert not results.holds
    assert len(results.specs) == 3
    assert cnncalc.check_paths(["."]).holds
