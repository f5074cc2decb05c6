"""A Markdown parser reads escaped text back unchanged."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cnncalc.homework.answers.tables import unescaped
from cnncalc.problems import printable
from cnncalc.render.markdown import code, escaped, prose, table
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture

LINKED = re.compile(r"(?<!\w)@\w|#\d")
"""What GitHub and GitLab make a link of."""
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NAMES = st.text("ab1 /\\`*_[]()<>|&~$#!;:-@é\n\x1b", min_size=1, max_size=12).filter(str.strip)


def cells(lines: list[str]) -> list[list[Token]]:
    """The cells of a table below its header."""
    tokens = PARSER.parse("\n".join(lines))
    inside = [tokens[at + 1].children or [] for at, token in enumerate(tokens) if token.type == "td_open"]
    assert sum(token.type == "table_open" for token in tokens) == 1
    return inside


@given(NAMES)
def test_text_in_a_cell_survives_a_markdown_parser(name: str) -> None:
    (cell, last) = cells(table(("a", "b"), (True, False), [(escaped(name), "1")]))
    assert {token.type for token in cell} <= {"text", "text_special", "html_inline"}
    texts = [token.content for token in cell if token.type != "html_inline"]
    assert "".join(texts) == printable(name).strip()
    assert {token.content for token in cell if token.type == "html_inline"} <= {"<!-- -->"}
    assert not any(LINKED.search(text) for text in texts), "it would notify a person or link an issue"
    assert last[0].content == "1"


@given(NAMES, NAMES)
def test_backticks_in_a_sentence_are_code(before: str, name: str) -> None:
    words = f"{before.replace('`', '')} write `{name.replace('`', '')}x` there"
    (cell, _) = cells(table(("a", "b"), (True, False), [(prose(words), "1")]))
    (found,) = [token for token in cell if token.type == "code_inline"]
    assert found.content.strip() == printable(f"{name.replace('`', '')}x").strip()


@given(NAMES)
def test_code_in_a_cell_survives_a_markdown_parser(name: str) -> None:
    (cell, last) = cells(table(("a", "b"), (True, False), [(code(name), "1")]))
    assert [token.type for token in cell] == ["code_inline"]
    assert cell[0].content.strip() == printable(name).strip()
    assert last[0].content == "1"


@given(NAMES)
def test_answers_in_markdown_are_read_as_they_were_written(name: str) -> None:
    assert unescaped(escaped(name)) == printable(name)


NASTY = """cnncalc: 1
name: "*a* @octocat #1 <b> |c| [d](e) ~~f~~"
source: "@octocat #2 *g*"
note: "see #3, @octocat and *h*"
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: _a_, norm: batch}
  - {conv: 4, kernel: 2, stride: 4, name: _b_}
"""


@pytest.mark.parametrize(
    "call",
    [
        "show SPEC -v",
        "explain SPEC",
        "explain SPEC _a_ _b_",
        "compare SPEC lenet5",
        "diff SPEC lenet5 -v",
        "diff SPEC --input 3x9x9",
        "dialects SPEC",
        "run SPEC",
        "worksheet SPEC --key",
        "check SPEC --max _a_:params=1 --show-passed -v --exit-zero",
        "grade SPEC ANSWERS --reveal",
        "kinds conv",
        "rule bias-before-norm",
    ],
)
def test_names_are_no_markup_in_any_command(
    call: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cnncalc: Run,  # noqa: F811
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_n_.yaml").write_text(NASTY, encoding="utf-8")
    answers = (
        "student,question,answer\n@octocat *x* #4,_a_.params,#5 @octocat\n@octocat *x* #4,_b_.params,3\n"
    )
    (tmp_path / "answers.csv").write_text(answers, encoding="utf-8")
    words = call.replace("SPEC", "_n_.yaml").replace("ANSWERS", "answers.csv").split()
    done = cnncalc(*words, "--format", "markdown")
    assert done.code <= 1
    assert done.err == ""
    tokens = [child for token in PARSER.parse(done.out) for child in (token, *(token.children or []))]
    kinds = {token.type for token in tokens}
    assert not kinds & {"em_open", "link_open", "image", "s_open"}
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<!-- -->"}
    texts = [token.content for token in tokens if token.type in ("text", "text_special")]
    assert not [text for text in texts if LINKED.search(text)]
