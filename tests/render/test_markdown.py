"""A Markdown parser reads escaped text back unchanged."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cnncalc.problems import printable
from cnncalc.render.markdown import code, escaped, prose, table

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NAMES = st.text("ab /\\`*_[]()<>|&~#!;:-@é\n\x1b", min_size=1, max_size=12).filter(str.strip)


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
    assert not any(re.search(r"(?<!\w)@\w", text) for text in texts), "it would notify a person"
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
