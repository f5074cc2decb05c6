"""The README shows real output: each `$ cnncalc …` is run and compared."""

import re
import shlex
from pathlib import Path

import pytest

from cnncalc import analyze, check, load
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

SECONDS = re.compile(r"\d+\.\d s$", re.MULTILINE)
"""Durations, which differ between runs."""


def names_of(word: str) -> list[str]:
    """A word with shell globs expanded, such as `specs/*.yaml`."""
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


def shown(block: str, run: Run) -> str:
    """The expected block: each command followed by its output."""
    parts = []
    for line in block.splitlines():
        if line.startswith("$ cnncalc "):
            words = (names_of(word) for word in shlex.split(line.removeprefix("$ cnncalc ")))
            done = run(*(name for names in words for name in names))
            parts.append(f"{line}\n{SECONDS.sub('0.0 s', done.out or done.err)}")
    return "\n".join(parts)


def test_the_tour_shows_what_is_printed(
    cnncalc: Run,  # noqa: F811
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(README.parent)
    text = README.read_text(encoding="utf-8")
    real = BLOCK.sub(lambda block: f"```console\n{shown(block[1], cnncalc)}```", text)
    if request.config.getoption("--refresh"):
        README.write_text(real, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == real


def test_the_spec_in_the_readme_is_good() -> None:
    section = README.read_text(encoding="utf-8").partition("## Writing a spec")[2]
    text = section.partition("```yaml\n")[2].partition("```")[0]
    spec = load(text)
    assert all(verdict.holds for verdict in check(analyze(spec), spec))


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    commands = re.findall(r"^```sh\n(.*?)\n```$", text, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith(".venv/bin/cnncalc specs/resnet50.yaml")
    assert commands[1].endswith(".venv/bin/pytest")
    ci = (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command 1" in ci
    assert "readme_command 2" in ci
