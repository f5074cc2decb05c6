"""Output formats of findings: each is valid for its schema and reports every finding with its place."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from cnncalc import __version__
from cnncalc.render import findings
from cnncalc.render.findings import FORMATS
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture
from tests.conftest import GoldenCheck

HERE = Path(__file__).parent
GOLDEN, SCHEMAS = HERE / "golden", HERE / "schemas"

THREE = """\
# One claim that does not hold, one budget that is exceeded, one warning.
cnncalc: 1
name: three findings
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, norm: batch, name: stem}
  - global_avgpool
expect: {params: 100, output: [4, 1, 1]}
budget:
  macs: 3K
"""
WANTED = {
    ("bias-before-norm", "warning", 6, 6),
    ("expectation", "error", 8, 18),
    ("budget", "error", 10, 9),
}

MODULES = {path.stem.removesuffix("_format") for path in Path(findings.__file__).parent.glob("*_format.py")}

PLACES_OF_JOBS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")

Findings = set[tuple[str, str, int, int]]


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a spec that has three findings."""
    monkeypatch.chdir(tmp_path)
    for variable in ("GITHUB_ACTIONS", *PLACES_OF_JOBS):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "three.yaml").write_text(THREE, encoding="utf-8")
    return tmp_path


def from_text(text: str) -> Findings:
    found = re.findall(r"^(\w+)\[([\w-]+)\]: .*\n --> three.yaml:(\d+):(\d+)$", text, re.MULTILINE)
    return {(code, level, int(line), int(column)) for level, code, line, column in found}


def from_concise(text: str) -> Findings:
    found = re.findall(r"^three.yaml:(\d+):(\d+): (\w+): .* \[([\w-]+)\]$", text, re.MULTILINE)
    return {(code, level, int(line), int(column)) for line, column, level, code in found}


def from_json(text: str) -> Findings:
    (file,) = json.loads(text)["files"]
    return {(each["code"], each["level"], each["line"], each["column"]) for each in file["findings"]}


def from_github(text: str) -> Findings:
    place = r"line=(\d+),col=(\d+),endLine=\d+,endColumn=\d+"
    pattern = rf"^::(\w+) file=three.yaml,{place},title=cnncalc%3A ([\w-]+)::.+$"
    found = re.findall(pattern, text, re.MULTILINE)
    return {(code, level, int(line), int(column)) for level, line, column, code in found}


def from_gitlab(text: str) -> Findings:
    """GitLab's reports have no columns."""
    columns = {line: column for _, _, line, column in WANTED}
    severities = {"major": "error", "minor": "warning", "info": "note"}
    found = [(each, each["location"]["lines"]["begin"]) for each in json.loads(text)]
    return {(each["check_name"], severities[each["severity"]], line, columns[line]) for each, line in found}


def from_sarif(text: str) -> Findings:
    (run,) = json.loads(text)["runs"]
    regions = [(each, each["locations"][0]["physicalLocation"]["region"]) for each in run["results"]]
    assert all(
        run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each, _ in regions
    )
    return {(each["ruleId"], each["level"], at["startLine"], at["startColumn"]) for each, at in regions}


def from_junit(text: str) -> Findings:
    levels = {"failure": "error", "error": "error", "skipped": "warning"}
    failures = [child for case in ElementTree.fromstring(text).iter("testcase") for child in case]
    found = [(each, re.match(r"three.yaml:(\d+):(\d+): ", each.text or "")) for each in failures]
    return {(each.get("type", ""), levels[each.tag], int(at[1]), int(at[2])) for each, at in found if at}


def from_markdown(text: str) -> Findings:
    levels = {"❌": "error", "⚠️": "warning", "ℹ️": "note"}
    found = re.findall(r"^\| (\S+) \| `three.yaml:(\d+):(\d+)` \| .* \| `([\w-]+)` \|$", text, re.MULTILINE)
    return {(code, levels[sign], int(line), int(column)) for sign, line, column, code in found}


READERS: dict[str, Callable[[str], Findings]] = {
    "text": from_text,
    "concise": from_concise,
    "json": from_json,
    "github": from_github,
    "gitlab": from_gitlab,
    "sarif": from_sarif,
    "junit": from_junit,
    "markdown": from_markdown,
}


def missing(format: str) -> list[str]:
    """The missing pieces of a format, each with its file."""
    pieces = {
        f"FORMATS (cnncalc/render/findings/__init__.py): its entry {format}": format in FORMATS,
        f"{format}_format.py (cnncalc/render/findings/): its module": format in MODULES,
        f"READERS (tests/render/test_findings.py): a reader of {format}": format in READERS,
    }
    return [piece for piece, there in pieces.items() if not there]


@pytest.mark.parametrize("format", sorted({*FORMATS, *MODULES, *READERS}))
def test_every_format_is_complete(format: str) -> None:
    assert missing(format) == []


def test_missing_pieces_are_reported() -> None:
    assert [piece.partition(" ")[0] for piece in missing("teamcity")] == [
        "FORMATS",
        "teamcity_format.py",
        "READERS",
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_reports_all_findings(
    format: str,
    three: Path,
    cnncalc: Run,  # noqa: F811
    golden: GoldenCheck,
) -> None:
    done = cnncalc("check", "three.yaml", "--format", format)
    assert (done.code, done.err) == (1, "")
    assert READERS[format](done.out) == WANTED
    golden(GOLDEN / f"check_three.{format}.txt", done.out.replace(__version__, "VERSION"))


def reads_as(format: str, text: str) -> None:
    """Fails unless a text is valid for the schema of its format."""
    if format == "junit":
        schema = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd"))
        schema.validate(text)
        _check_sums(ElementTree.fromstring(text))
    elif format in ("sarif", "gitlab"):
        schema = json.loads((SCHEMAS / f"{format}.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
        validator.validate(json.loads(text))
    elif format == "github":
        *commands, summary = text.splitlines()
        assert "checked" in summary
        value = r"(?:%25|%0D|%0A|%3A|%2C|[^%\r\n:,])+"
        data = r"(?:%25|%0D|%0A|[^%\r\n])*"
        for command in (line for line in commands if not line.startswith("skipped ")):
            assert re.fullmatch(rf"::(error|warning|notice) (\w+={value})(,\w+={value})*::{data}", command)


def _check_sums(root: ElementTree.Element) -> None:
    for suite in root:
        for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(list(suite.iter(tag)))
        assert int(suite.get("tests", "")) == len(list(suite))
    for name in ("tests", "failures", "errors"):
        assert int(root.get(name, "")) == sum(int(suite.get(name, "")) for suite in root)


NASTY = """\
cnncalc: 1
name: "a | b, *c* <d> _e_ %0A ::error:: \\u0007 ]]> & é"
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, norm: batch}
  - {"a,b%c:d|e\\n\\x01<f>": 3}
"""


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("options", [(), ("-v",), ("--show-passed", "-v"), ("--strict",), ("-q",)])
def test_all_findings_are_valid_for_the_schema_of_the_format(
    format: str,
    options: tuple[str, ...],
    three: Path,
    cnncalc: Run,  # noqa: F811
) -> None:
    (three / "nasty, 100% [a]:b&c.yaml").write_text(NASTY, encoding="utf-8")
    (three / "good.yaml").write_text(
        NASTY.replace("norm: batch", "stride: 2").partition('  - {"')[0], "utf-8"
    )
    (three / "binary.yaml").write_bytes(b"cnncalc: 1\0")
    (three / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
    (three / "cnncalc.toml").write_text("[[budgets]]\nparams = {max = 119, warn = 100}\n", encoding="utf-8")
    done = cnncalc("check", "--format", format, *options)
    assert (done.code, done.err) == (2, "")
    reads_as(format, done.out)
    assert done.out.replace("\n", "").isprintable()


@pytest.mark.parametrize("format", ["sarif", "junit", "gitlab", "github"])
def test_the_schemas_can_fail(
    format: str,
    three: Path,
    cnncalc: Run,  # noqa: F811
) -> None:
    out = cnncalc("check", "--format", format).out
    broken = {
        "sarif": out.replace('"level": "warning"', '"level": "minor"'),
        "junit": out.replace('skipped="1"', 'skipped="0"'),
        "gitlab": out.replace('"minor"', '"warning"'),
        "github": out.replace("%3A", ":"),
    }
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        reads_as(format, broken[format])


def test_no_finding_in_any_format(
    three: Path,
    cnncalc: Run,  # noqa: F811
) -> None:
    (three / "three.yaml").write_text(
        THREE.partition("expect")[0].replace(", norm: batch", ""), encoding="utf-8"
    )
    for format in FORMATS:
        done = cnncalc("check", "--format", format)
        assert (done.code, done.err) == (0, "")
        reads_as(format, done.out)
        assert READERS[format](done.out) == set()


def test_fingerprints_are_unique_and_independent_of_line_numbers(
    three: Path,
    cnncalc: Run,  # noqa: F811
) -> None:
    def marks() -> list[str]:
        return [each["fingerprint"] for each in json.loads(cnncalc("check", "--format", "gitlab").out)]

    limits = "[[budgets]]\nmacs = 1000\n" * 2
    (three / "cnncalc.toml").write_text(limits.replace("[[", "\n[["), encoding="utf-8")
    before = marks()
    assert len(set(before)) == len(before) == 5
    (three / "three.yaml").write_text(f"# moved down\n\n{THREE}", encoding="utf-8")
    assert set(marks()) == set(before)


PLACES = {
    "github": r"^::\w+ file=([^,]*),",
    "gitlab": r'"path": "(.*)"',
    "sarif": r'"uri": "(.*)"',
    "junit": r' file="(.*)"',
}
"""Where the formats of CI systems have the path of a finding."""


@pytest.mark.parametrize("variable", [None, "GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
@pytest.mark.parametrize(
    ("repositories", "job", "wanted"),
    [
        (["."], ".", "a folder/b/three.yaml"),
        (["a folder"], ".", "b/three.yaml"),  # the job's folder contains the repository
        ([".", "a folder"], ".", "a folder/b/three.yaml"),  # a submodule
        ([], ".", "a folder/b/three.yaml"),  # an archive
        ([".", "a folder"], "a folder", "b/three.yaml"),  # a repository around the job's folder
    ],
)
def test_in_ci_jobs_paths_are_relative_to_the_repository(
    variable: str | None,
    repositories: list[str],
    job: str,
    wanted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cnncalc: Run,  # noqa: F811
) -> None:
    for each in PLACES_OF_JOBS:
        monkeypatch.delenv(each, raising=False)
    inner = tmp_path / "a folder" / "b"
    inner.mkdir(parents=True)
    (inner / "three.yaml").write_text(THREE, encoding="utf-8")
    for repository in repositories:
        (tmp_path / repository / ".git").mkdir()
    monkeypatch.chdir(inner)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / job))
    elif not repositories:
        wanted = "three.yaml"
    elif "a folder" in repositories:
        wanted = "b/three.yaml"
    for format, pattern in PLACES.items():
        for path in ("three.yaml", str(inner), "../b"):
            out = cnncalc("check", path, "--format", format).out
            assert {unquote(each) for each in re.findall(pattern, out, re.MULTILINE)} == {wanted}


@pytest.mark.parametrize("format", PLACES)
def test_a_bundled_spec_is_no_file(
    format: str,
    three: Path,
    monkeypatch: pytest.MonkeyPatch,
    cnncalc: Run,  # noqa: F811
) -> None:
    (three / "inner").mkdir()
    monkeypatch.chdir(three / "inner")
    (three / "inner" / "lenet5.yaml").write_text(THREE, encoding="utf-8")
    done = cnncalc("check", "lenet5", "--max", "params=1", "--format", format)
    assert done.code == 1
    reads_as(format, done.out)
    found = re.findall(PLACES[format], done.out, re.MULTILINE)
    assert found == (["lenet5"] if format == "gitlab" else [])
    assert re.search("lenet5: (error: )?params of the network: 61,706 is over the limit", done.out)
