"""Help, suggestions for unknown words, and output in limited encodings and terminals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.cli.commands import MODULES
from cnncalc.cli.encoding import SPELLED
from tests.cli.conftest import Run
from tests.conftest import mostly_slow

SCRIPT = "import sys; sys.argv[0] = 'cnncalc'; from cnncalc.cli import main; main()"


def printed(encoding: str, *arguments: str) -> str:
    """The output of a subprocess with the given encoding."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, check=True, env=environment).stdout.decode(encoding)


@pytest.mark.parametrize("name", MODULES)
def test_help_of_a_command_is_what_its_option_prints(name: str, cnncalc: Run) -> None:
    assert cnncalc("help", name) == cnncalc(name, "--help")


@pytest.mark.parametrize("words", [("help",), ("help", "help")])
def test_help_alone_lists_the_commands(words: tuple[str, ...], cnncalc: Run) -> None:
    assert cnncalc(*words) == cnncalc("--help")


@pytest.mark.parametrize("name", MODULES)
def test_help_fits_80_columns_and_breaks_no_word(
    name: str, cnncalc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = cnncalc(name, "--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "<" in line and ">" not in line], "a list of choices is broken"


@pytest.mark.parametrize("arguments", [("--help",), ("show", "--help")])
def test_help_is_plain_text_on_a_dumb_terminal(
    arguments: tuple[str, ...], cnncalc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = cnncalc(*arguments).out
    assert not set(out) & set("╭╮╰╯│─")
    assert "Options:" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shwo", "lenet5"), "unknown command or spec 'shwo'; did you mean 'show'?"),
        (("resnet5O", "lenet5"), "unknown command or spec 'resnet5O'; did you mean 'resnet50'?"),
        (("help", "shwo"), "unknown command 'shwo'; did you mean 'show'?"),
        (
            ("--show-completion", "tcsh"),
            "--show-completion: expected bash, zsh, fish, powershell or pwsh, found 'tcsh'",
        ),
    ],
)
def test_an_unknown_word_gets_a_suggestion_and_nothing_else(
    arguments: tuple[str, ...], said: str, cnncalc: Run
) -> None:
    assert cnncalc(*arguments) == (2, "", f"cnncalc: {said}\n")


def test_the_completion_of_a_shell_is_printed_by_its_name(cnncalc: Run) -> None:
    assert cnncalc("--show-completion", "zsh").out.startswith("#compdef cnncalc")
    assert "complete -o default" in cnncalc("--show-completion", "bash").out


@pytest.mark.parametrize("name", ["ResNet50", "resnet-50", "RESNET_50"])
def test_a_bundled_spec_is_found_however_its_name_is_written(name: str, cnncalc: Run) -> None:
    assert cnncalc(name) == cnncalc("show", "resnet50")


def test_a_local_file_is_suggested_before_a_bundled_one(folder: Path, cnncalc: Run) -> None:
    Path("alex.yml").write_text(Path("tiny.yaml").read_text())
    assert "did you mean 'alex.yml'?" in cnncalc("alex.yaml").err


@pytest.mark.parametrize("encoding", mostly_slow(["ascii", "cp1252", "latin-1"]))
def test_characters_missing_in_an_encoding_are_replaced(encoding: str) -> None:
    out = printed(encoding, "explain", "alexnet", "conv1")
    assert "?" not in out
    assert "floor((" in out
    assert "⌊" not in out


def test_json_is_escaped_where_an_encoding_lacks_a_character() -> None:
    """A replacement would change the data: the schema's patterns contain letters of many alphabets."""
    assert json.loads(printed("ascii", "schema", "spec")) == json.loads(printed("utf-8", "schema", "spec"))


def test_replacements_are_ascii() -> None:
    assert all(str(spelled).isascii() for spelled in SPELLED.values())


def test_every_character_of_the_package_has_a_replacement() -> None:
    folder = Path(cnncalc.__file__).parent
    latex = folder / "render" / "latex_text.py"  # lists signs only to write them as LaTeX
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if path != latex]
    found = {sign for text in texts for sign in text if not sign.isascii()}
    assert not {sign for sign in found if ord(sign) not in SPELLED and not "ⴰ" <= sign <= "ⴹ"}
