"""`--format`, `--json` and `--output`: the same on every command that prints a result."""

import json
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from cnncalc.cli.commands import MODULES
from cnncalc.cli.output import ENDINGS, Formats
from tests.cli.conftest import Run
from tests.cli.test_contract import CALLS


def formats_of(name: str) -> Formats | None:
    """The formats of a command; None if it prints no result."""
    hints = get_type_hints(getattr(import_module(MODULES[name]), name), include_extras=True)
    return next((each for each in get_args(hints.get("to")) if isinstance(each, Formats)), None)


FORMATS = {name: formats for name in MODULES if (formats := formats_of(name))}
WITHOUT_RESULT = {"init", "view"}
WITHOUT_LIST = {"kinds": "markdown", "rule": "markdown"}


@pytest.fixture
def call(folder: Path, cnncalc: Run) -> Run:
    """Runs a command with its arguments from the contract and more options."""
    Path("answers.csv").write_text("question,answer\nconv1.params,20\n", encoding="utf-8")
    return lambda name, *options: cnncalc(name, *shlex.split(CALLS[name][0]), *options)


def option_of(name: str) -> str:
    return "--output-file" if name == "solve" else "--output"


def test_every_command_that_prints_a_result_has_formats() -> None:
    assert set(MODULES) - set(FORMATS) == WITHOUT_RESULT


def test_a_format_has_one_name_and_files_of_one_ending_at_least() -> None:
    named = {format for formats in FORMATS.values() for format in formats}
    assert named - set(ENDINGS.values()) == {"concise", "github", "gitlab", "gradescope", "moodle"}
    assert set(ENDINGS.values()) <= named


@pytest.mark.parametrize("name", [name for name in FORMATS if "json" in FORMATS[name]])
def test_json_is_short_for_its_format_and_an_ending_asks_for_it(name: str, call: Run) -> None:
    short, long = call(name, "--json"), call(name, "--format", "json")
    assert short.code == long.code == 0
    assert json.loads(short.out)
    written = call(name, option_of(name), "x.json")
    assert (written.code, written.out) == (0, "")
    assert json.loads(Path("x.json").read_text(encoding="utf-8")).__class__ is json.loads(short.out).__class__


@pytest.mark.parametrize("name", [name for name in FORMATS if CALLS[name][0] != "--help"])
def test_an_ending_of_another_format_is_refused(name: str, call: Run) -> None:
    done = call(name, "-o", "x.docx")
    assert (done.code, done.out) == (2, "")
    assert "cnncalc: --output x.docx: expected a file that ends in ." in done.err
    assert not Path("x.docx").exists()


@pytest.mark.parametrize("name", [name for name in FORMATS if "text" in FORMATS[name]])
def test_a_text_file_has_the_printed_text(name: str, call: Run) -> None:
    assert call(name, "-o", "x.txt").out == ""
    written, printed = Path("x.txt").read_text(encoding="utf-8"), call(name).out
    if name in ("run", "verify"):  # they print how long they took
        written, printed = (re.split("[,\n]", each)[0] for each in (written, printed))
    assert written == printed


def test_markdown_is_refused_with_json(call: Run) -> None:
    assert "--json and --format csv exclude each other" in call("show", "--json", "--format", "csv").err


@pytest.mark.parametrize("place", ["/dev/null", "plain"])
def test_a_file_without_ending_gets_the_default_format(place: str, call: Run) -> None:
    assert call("show", "-o", place).code == 0
