"""GitHub-flavoured Markdown: escaped text, code and tables."""

import re
from collections.abc import Iterable, Sequence

from cnncalc.problems import printable

SIGNS = re.compile(r"[\\`*_\[<>|&~$]")
"""Characters with a special meaning in Markdown."""
REFERENCE = re.compile(r"(?<!\w)@(?=[\w\\])|#(?=\d)")
"""The start, in escaped text, of what GitHub and GitLab would make a link of, even as `\\@name` or `\\#1`."""
UNSEEN = "<!-- -->"


def escaped(text: str) -> str:
    """Text on one line, escaped for Markdown, its tables and HTML.

    >>> escaped("a_b|<c>"), escaped("$x$")
    ('a\\\\_b\\\\|\\\\<c\\\\>', '\\\\$x\\\\$')
    >>> escaped("@octocat, a@b.org, see #1")
    '@<!-- -->octocat, a@b.org, see #<!-- -->1'
    """
    return REFERENCE.sub(rf"\g<0>{UNSEEN}", SIGNS.sub(r"\\\g<0>", printable(text)))


def prose(text: str) -> str:
    """A sentence of cnncalc's own, in which backticks mark code."""
    parts = re.split("`([^`]+)`", text)
    return "".join(code(part) if at % 2 else escaped(part) for at, part in enumerate(parts))


def code(text: str) -> str:
    """Text as inline code, also inside a table.

    >>> code("a|b"), code("a`b")
    ('`a\\\\|b`', '``a`b``')
    """
    shown = printable(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown.replace('|', chr(92) + '|')}{pad}{fence}"


def table(header: Sequence[str], are_texts: Iterable[bool], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table of escaped cells; text is left-aligned, numbers are right-aligned."""
    sides = [":--" if is_text else "--:" for is_text in are_texts]
    return ["| " + " | ".join(line) + " |" for line in (header, sides, *rows)]
