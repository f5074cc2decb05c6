"""The findings of a check in the formats that people and programs read, one module for each.

To add a format:

1. Write `NAME_format.py` here, with a `rendered` that is a `Renderer`.
2. Add a function that imports it, and its entry in `FORMATS`.
3. Add the ending of its files, if it has one, to `ENDINGS` in `cli/output.py`.
4. Add a reader of its output to `READERS` in `tests/render/test_findings.py`. The tests there name what is
   missing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import RenderableType

if TYPE_CHECKING:
    from cnncalc.checks.paths import Results

Renderer = Callable[["Results", bool, bool], RenderableType]
"""Takes the results, whether to list what passed, and whether to list what was passed over."""


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
"""Each format, and how its renderer is imported when it is needed."""


def rendered(format: str, results: "Results", passed: bool, everything: bool) -> RenderableType:
    """The results in one of the formats: text for programs, or something to print."""
    return FORMATS[format]()(results, passed, everything)
