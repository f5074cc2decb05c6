"""`cnncalc guide` prints the documentation: its source, or rendered in a terminal."""

import json
from pathlib import Path

import pytest

from cnncalc.guide import TOPICS, page, summary, topic_of
from tests.cli.conftest import Run, in_window


def test_alone_it_lists_the_topics(cnncalc: Run) -> None:
    lines = cnncalc("guide").out.splitlines()
    assert [line.split(maxsplit=1) for line in lines[: len(TOPICS)]] == [
        [each, summary(each)] for each in TOPICS
    ]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_pipe_gets_the_source_of_a_page(topic: str, cnncalc: Run) -> None:
    done = cnncalc("guide", topic)
    assert (done.code, done.out, done.err) == (0, page(topic), "")


def test_a_dumb_terminal_gets_the_source_too(tmp_path: Path) -> None:
    assert in_window(tmp_path, 80, "guide", "numbers").replace("\r", "") == page("numbers")


def test_a_terminal_gets_headings_and_tables(tmp_path: Path) -> None:
    shown = in_window(tmp_path, 80, "guide", "first-steps", terminal="xterm")
    assert "First steps" in shown
    assert "# First steps" not in shown
    assert "```" not in shown


def test_formats_of_the_list_and_of_a_page(cnncalc: Run) -> None:
    assert json.loads(cnncalc("guide", "--json").out)[0]["topic"] == "first-steps"
    assert json.loads(cnncalc("guide", "ci", "--json").out)["text"] == page("ci")
    assert f"- [ci](ci.md): {summary('ci')}\n" in cnncalc("guide", "--format", "markdown").out


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("gradng", "did you mean 'grading'?"), ("zzz", "expected one of first-steps, spec, numbers")],
)
def test_an_unknown_topic_is_refused_with_a_hint(typed: str, hint: str, cnncalc: Run) -> None:
    done = cnncalc("guide", typed)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"cnncalc: the guide has no page '{typed}'; {hint}")


@pytest.mark.parametrize("command", ["show", "grade", "verify", "check", "calc"])
def test_the_help_of_a_command_names_its_page(command: str, cnncalc: Run) -> None:
    assert f"cnncalc guide {topic_of(command)}" in cnncalc(command, "--help").out
