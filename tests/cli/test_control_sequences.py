"""Names of files, networks and layers are untrusted: none sends control sequences to the terminal."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

STEERING = "\x1b]0;owned\x07"
"""Sets the title of the terminal window."""

SPEC = r"""cnncalc: 1
source: "written \e]0;owned\a by"
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, norm: batch, note: "first \e]0;owned\a layer"}
  - flatten
  - {dense: 3}
expect: {params: 1}
"""
WRONG = r"""cnncalc: 1
input: [3, 8, 8]
vars: {"w\e]0;owned\a": 3}
layers:
  - {conv: 4, kernel: 3, act: "\e]0;owned\a"}
  - {add: {"\e]0;owned\a": [relu], b: []}}
expect: {"\e]0;owned\a": 3}
"""


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize(
    "command",
    [
        ("show",),
        ("show", "--format", "markdown"),
        ("show", "--format", "csv"),
        ("show", "--format", "json"),
        ("explain",),
        ("explain", "conv1"),
        ("field",),
        ("verify",),
        ("run",),
        ("compare", "lenet5"),
        ("diff", "lenet5"),
        ("diff", "lenet5", "--format", "markdown"),
        ("check", "--show-passed"),
        ("check", "--show-passed", "--format", "markdown"),
        ("check", "--format", "github"),
        ("check", "--format", "concise"),
        ("kinds",),
        ("rule",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("text", [SPEC, WRONG], ids=["right", "wrong"])
def test_no_command_prints_control_sequences(
    command: tuple[str, ...], color: str, text: str, cnncalc: Run, tmp_path: Path
) -> None:
    spec = tmp_path / f"net{STEERING}.yaml"
    spec.write_text(text, encoding="utf-8")
    done = cnncalc(command[0], str(spec), *command[1:], "--color", color)
    assert done.code in (0, 1, 2)
    assert done.out or done.err
    for written in (done.out, done.err):
        assert "\x1b]" not in written
        assert "\x07" not in written


def test_errors_about_output_files_have_no_control_sequences(cnncalc: Run, tmp_path: Path) -> None:
    done = cnncalc("show", "lenet5", "--output", str(tmp_path / STEERING / "x.json"))
    assert done.code == 2
    assert "cannot be written" in done.err
    assert "\x1b" not in done.err


def test_a_name_between_colons_is_no_emoji(
    cnncalc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `nets:Mask: 2 errors`, of a model."""
    monkeypatch.chdir(tmp_path)
    Path("nets:Mask:.yaml").write_text(WRONG)
    assert "nets:Mask:.yaml: 4 errors" in cnncalc("show", "nets:Mask:.yaml").err
