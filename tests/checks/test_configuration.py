"""The project's configuration and files of expected values: what applies to which specs."""

from pathlib import Path

import pytest
from rich.console import Console

import cnncalc
from cnncalc import SpecError
from cnncalc.checks.configuration import Configuration, nearest, read_configuration
from cnncalc.checks.patterns import excludes, names
from cnncalc.checks.requirement_files import read_requirements
from cnncalc.checks.toml import parse
from cnncalc.problems import Source
from cnncalc.render.messages import message
from cnncalc.spec.reader import Mapping, Scalar, Sequence
from tests.checks.conftest import NET, messages
from tests.conftest import GoldenCheck

WRONG = Path(__file__).parent / "wrong"


def printed(error: SpecError) -> str:
    """All problems as the command line prints them."""
    console = Console(width=10_000, color_system=None, highlight=False)
    with console.capture() as capture:
        for problem in error.problems:
            console.print(message(problem, error.source), end="")
    return capture.get()


@pytest.mark.parametrize("path", sorted(WRONG.glob("*.toml")), ids=lambda path: path.stem)
def test_problems_of_a_configuration(
    path: Path, golden: GoldenCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(WRONG)
    with pytest.raises(SpecError) as caught:
        read_configuration(path, ("tool", "cnncalc") if path.stem.startswith("pyproject") else ())
    golden(path.with_suffix(".txt"), printed(caught.value))


@pytest.mark.parametrize("path", sorted(WRONG.glob("*.yaml")), ids=lambda path: path.stem)
def test_problems_of_a_file_of_expected_values(
    path: Path, golden: GoldenCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(WRONG)
    with pytest.raises(SpecError) as caught:
        read_requirements(path.name)
    golden(path.with_suffix(".txt"), printed(caught.value))


PLACES = """\
strict = true                    # a comment
"quoted key" = [1, 2]
text = \"\"\"
[not.a.table]
a = 3
\"\"\"

[table]
a.b = 1
inline = {x = 1, "y" = "two, three"}
[[list]]
a = 1
[[list]]
a = 2
[list.inner."x.*"]
c = 1979-05-27
"""


@pytest.mark.parametrize(
    ("path", "text", "line", "column"),
    [
        (("strict",), "true", 1, 10),
        (("quoted key",), None, 2, 16),
        (("text",), "[not.a.table]\na = 3\n", 3, 8),
        (("table", "a", "b"), "1", 9, 7),
        (("table", "inline", "x"), "1", 10, 15),
        (("table", "inline", "y"), "two, three", 10, 24),
        (("list", 0, "a"), "1", 12, 5),
        (("list", 1, "a"), "2", 14, 5),
        (("list", 1, "inner", "x.*", "c"), "1979-05-27", 16, 5),
    ],
)
def test_toml_values_have_places(
    path: tuple[str | int, ...], text: str | None, line: int, column: int
) -> None:
    node = parse(Source("x.toml", PLACES))
    for part in path:
        if isinstance(part, int):
            assert isinstance(node, Sequence)
            node = node.items[part]
        else:
            assert isinstance(node, Mapping)
            node = node.get(part)
    assert (node.place.line, node.place.column) == (line, column)
    assert text is None or (isinstance(node, Scalar) and node.text == text)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("net.yaml", "a/net.yaml", True),
        ("net", "a/net.yaml", True),
        ("mobile*", "nets/mobile_v2.yaml", True),
        ("*.yaml", "a/b.yml", False),
        ("a/*.yaml", "a/net.yaml", True),
        ("a/*.yaml", "a/b/net.yaml", False),
        ("a/**/*.yaml", "a/b/c/net.yaml", True),
        ("a/**/*.yaml", "a/net.yaml", True),
        ("./a/net.yaml", "a/net.yaml", True),
        ("v[12].yaml", "v2.yaml", True),
        ("v[!12].yaml", "v2.yaml", False),
        ("v[a-c].yaml", "vb.yaml", True),
        ("v?.yaml", "v10.yaml", False),
        ("a+b.yaml", "a+b.yaml", True),
        ("[", "[", True),
    ],
)
def test_patterns_of_files(pattern: str, path: str, matches: bool) -> None:
    assert names(pattern, path) is matches


@pytest.mark.parametrize(
    ("pattern", "path", "out"),
    [
        ("old", "nets/old/a.yaml", True),
        ("old", "nets/older/a.yaml", False),
        ("nets/old", "nets/old/deep/a.yaml", True),
        ("nets/old/", "nets/old", True),
        ("*.draft.yaml", "nets/a.draft.yaml", True),
        ("nets/*.yaml", "nets/deep/a.yaml", False),
    ],
)
def test_patterns_that_exclude(pattern: str, path: str, out: bool) -> None:
    assert excludes((pattern,), path) is out


def test_the_nearest_configuration_in_the_repository_applies(project: Path) -> None:
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    assert nearest(inner, {}) == Configuration()
    (project / "pyproject.toml").write_text("[tool.other]\n[tool.cnncalc]\nstrict = true\n", encoding="utf-8")
    assert nearest(inner, {}).strict
    (project / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1\n", encoding="utf-8")
    assert nearest(inner, {}).strict, "a pyproject.toml without our section is skipped"
    (project / "a" / "cnncalc.toml").write_text("batch = 8\n", encoding="utf-8")
    assert (nearest(inner, {}).strict, nearest(inner, {}).batch) == (False, 8)
    (inner / ".git").mkdir()
    assert nearest(inner, {}) == Configuration()


def test_each_spec_uses_the_nearest_configuration(project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "net.yaml").write_text(NET, encoding="utf-8")
    (project / "cnncalc.toml").write_text("[[budgets]]\nparams = 100\n", encoding="utf-8")
    (inner / "cnncalc.toml").write_text("[[budgets]]\nmacs = 3000\n", encoding="utf-8")
    assert messages(".") == [
        "error: params of the network: 112 is over the limit of 100 by 12 (12.0%)",
        "error: macs of the network: 3,888 is over the limit of 3,000 by 888 (29.6%)",
    ]


@pytest.mark.parametrize(
    ("budget", "found"),
    [
        ("params = 112", []),
        ('params = "0.1K"', ["error: params of the network: 112 is over the limit of 100 by 12 (12.0%)"]),
        (
            "params = {max = 200, warn = 1.1e2}",
            ["warning: params of the network: 112 is over the warning level of 110 by 2 (1.8%)"],
        ),
        (
            'match = "net*"\nmacs = 3000',
            ["error: macs of the network: 3,888 is over the limit of 3,000 by 888 (29.6%)"],
        ),
        ('match = ["other.yaml", "n*.yml"]\nmacs = 3000', []),
        (
            'memory.peak = "1KiB"',
            [
                "error: memory.peak of the network: 1,344 bytes is over the limit of 1,024 bytes "
                "by 320 bytes (31.2%); the peak is at stem"
            ],
        ),
        ("receptive_field = {min = 3}\ndepth = 1", []),
        ("receptive_field.min = 4", ["error: receptive_field of the network: 3×3 is under the limit of 4"]),
        ("output = {max = [4, 5, 6]}", ["error: output of the network: 4×6×6 is over the limit of 4×5×6"]),
        ("output = 100", ["error: output of the network: 4×6×6 is over the limit of 100"]),
        ("layers.stem.params = 100", ["error: params of stem: 112 is over the limit of 100 by 12 (12.0%)"]),
        (
            'layers."s*" = {params = 100}',
            ["error: params of stem: 112 is over the limit of 100 by 12 (12.0%)"],
        ),
        ("layers.other.params = 100", []),
    ],
)
def test_budgets_of_a_project(budget: str, found: list[str], project: Path) -> None:
    (project / "cnncalc.toml").write_text(f"[[budgets]]\n{budget}\n", encoding="utf-8")
    assert messages() == found


def test_all_budgets_apply_and_the_command_line_adds_more(project: Path) -> None:
    (project / "net.yaml").write_text(NET + "budget: {params: 111}\n", encoding="utf-8")
    (project / "cnncalc.toml").write_text(
        "[[budgets]]\nparams = 110\n[[budgets]]\nmatch = 'net'\nparams = 109\n", encoding="utf-8"
    )
    key = project / "key.yaml"
    key.write_text("budget: {params: 108}\nspecs: {net: {budget: {params: 107}}}\n", encoding="utf-8")
    found = messages(max=["params=106", "stem:params=105"], min=["depth=2"], expect=str(key))
    limits = [line.partition(" limit of ")[2].split()[0] for line in found]
    assert sorted(limits, reverse=True) == ["2", "111", "110", "109", "108", "107", "106", "105"]


def test_a_finding_from_outside_has_a_place_in_the_spec_and_names_its_origin(project: Path) -> None:
    (project / "cnncalc.toml").write_text("[[budgets]]\nlayers.stem.params = 100\n", encoding="utf-8")
    (project / "key.yaml").write_text("expect: {params: 5}\n", encoding="utf-8")
    (file,) = cnncalc.check_paths(["net.yaml"], expect="key.yaml", max=["macs=1K"]).files
    found = {
        problem.hint: problem.place and (problem.place.line, problem.place.column)
        for problem in file.findings
    }
    assert found == {
        "budget in cnncalc.toml:2:22": (5, 6),
        "expected value in key.yaml:1:18": None,
        "required by --max macs=1K": None,
    }


KEY = """\
expect: {depth: 1}
specs:
  net.yaml: {expect: {params: 112, layers: {stem: {output: [4, 6, 6]}}}}
  "n*": {expect: {macs: 3889}}
  other: {expect: {macs: 1}}
"""


def test_expected_values_in_a_separate_file(project: Path) -> None:
    (project / "key.yaml").write_text(KEY, encoding="utf-8")
    (file,) = cnncalc.check_paths(["net.yaml"], expect="key.yaml").files
    assert [verdict.holds for verdict in file.verdicts] == [True, True, True, False]
    assert messages(expect="key.yaml") == ["error: macs of the network: expected 3,889, found 3,888"]
    (project / "key.yaml").write_text("expect: {layers: {stme: {params: 3}}}\n", encoding="utf-8")
    assert messages(expect="key.yaml") == ["error: there is no layer 'stme'"]


def test_expected_values_are_skipped_if_the_network_is_changed(project: Path) -> None:
    (project / "net.yaml").write_text(
        NET.replace("layers", "vars: {n: 4}\nlayers").replace("conv: 4", "conv: n")
    )
    (project / "key.yaml").write_text("expect: {params: 112}\nbudget: {params: 112}\n", encoding="utf-8")
    assert messages(expect="key.yaml") == []
    assert messages(expect="key.yaml", set={"n": "8"}) == [
        "error: params of the network: 224 is over the limit of 112 by 112 (100%)"
    ]


def test_the_command_line_overrides_settings_of_a_project(project: Path) -> None:
    spec = NET.replace("kernel: 3", "kernel: 3, norm: batch")
    (project / "net.yaml").write_text(f"{spec}budget: {{memory.peak: 1344}}\n", encoding="utf-8")
    (project / "cnncalc.toml").write_text('strict = true\nignore = ["budget"]\nbatch = 2\n', encoding="utf-8")
    results = cnncalc.check_paths(["net.yaml"])
    assert [problem.code for problem in results.files[0].findings] == ["bias-before-norm"]
    assert not results.holds
    assert cnncalc.check_paths(["net.yaml"], strict=False).holds
    relaxed = cnncalc.check_paths(["net.yaml"], ignore=["bias-before-norm"])
    assert [problem.code for problem in relaxed.files[0].findings] == ["budget"]
    (project / "cnncalc.toml").write_text('dtype = "float16"\nselect = ["does-nothing"]\n', encoding="utf-8")
    assert messages() == []


def test_notes_are_kept_on_request(project: Path) -> None:
    (project / "net.yaml").write_text(NET.replace("kernel: 3", "kernel: 3, stride: 2"), encoding="utf-8")
    assert messages() == []
    note = ["note: the stride does not divide the height and width evenly: (8 + 0 − 3)/2 + 1 = 7/2"]
    assert messages(notes=True) == note
    assert messages(select=["does-not-fit"]) == note


@pytest.mark.parametrize("name", ["cnncalc.toml", "pyproject.toml"])
def test_a_configuration_that_is_not_text(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"[tool.cnncalc]\n# caf\xe9\n")
    with pytest.raises(SpecError) as caught:
        nearest(tmp_path, {})
    assert printed(caught.value) == (
        f"error[unreadable]: byte 21 is not UTF-8\n --> {name}:2:1\n  save the file as UTF-8\n"
    )
