"""Output formats of `cnncalc check`, one module each.

To add a format:

1. Add `NAME_format.py` here, with a function `rendered` that is a `Renderer`.
2. Add a function that imports it, and its entry in `FORMATS`.
3. Add the file extension, if there is one, to `ENDINGS` in `cli/output.py`.
4. Add a reader of its output to `READERS` in `tests/render/test_findings.py`. These tests fail as long as
   something is missing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import RenderableType

if TYPE_CHECKING:
    from cnncalc.checks.paths import Results

Renderer = Callable[["Results", bool, bool], RenderableType]
"""Takes the results, whether to list specs that pass, and whether to list all details and skipped files."""


def _text() -> Renderer:
    from cnncalc.render.findings.text_format import rendered

    return rendered


def _concise() -> Renderer:
    from cnncalc.render.findings.concise_format import rendered

    return rendered


def _json() -> Renderer:
    from cnncalc.render.findings.json_format import rendered

    return rendered


def _github() -> Renderer:
    from cnncalc.render.findings.github_format import rendered

    return rendered


def _gitlab() -> Renderer:
    from cnncalc.render.findings.gitlab_format import rendered

    return rendered


def _sarif() -> Renderer:
    from cnncalc.render.findings.sarif_format import rendered

    return rendered


def _junit() -> Renderer:
    from cnncalc.render.findings.junit_format import rendered

    return rendered


def _markdown() -> Renderer:
    from cnncalc.render.findings.markdown_format import rendered

    return rendered


FORMATS: dict[str, Callable[[], Renderer]] = {
    "text": _text,
    "concise": _concise,
    "json": _json,
    "github": _github,
    "gitlab": _gitlab,
    "sarif": _sarif,
    "junit": _junit,
    "markdown": _markdown,
}
"""Imports the renderer of each format on demand."""


def rendered(format: str, results: "Results", passed: bool, everything: bool) -> RenderableType:
    """The results in a format: text for programs, or a renderable for a terminal."""
    return FORMATS[format]()(results, passed, everything)
