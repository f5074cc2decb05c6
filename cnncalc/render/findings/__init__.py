"""The findings of a check in the formats that people and programs read, one module for each.

To add a format:

1. Write `NAME_format.py` here, with a `rendered` that is a `Renderer`.
2. Add a function that imports it, and its entry in `FORMATS`.
3. Add NAME to the choices of `check --format`: `FindingsFormat` in `cli/commands/check.py`.
4. Add a reader of its output to `READERS` in `tests/render/test_findings.py`. The tests there name what is
   missing.
"""

from collections.abc import Callable

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.checks.paths import Results

Renderer = Callable[[Results, bool, bool], RenderableType]
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


class Format(Struct, frozen=True):
    """One format: how its renderer is imported, when needed, and the file names that ask for it."""

    renderer: Callable[[], Renderer]
    endings: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    "text": Format(_text),
    "concise": Format(_concise),
    "json": Format(_json, (".json",)),
    "github": Format(_github),
    "gitlab": Format(_gitlab),
    "sarif": Format(_sarif, (".sarif",)),
    "junit": Format(_junit, (".xml",)),
    "markdown": Format(_markdown, (".md", ".markdown")),
}

ENDINGS = {ending: name for name, format in FORMATS.items() for ending in format.endings}
"""The formats that the name of a file asks for."""


def rendered(format: str, results: Results, passed: bool, everything: bool) -> RenderableType:
    """The results in one of the formats: text for programs, or something to print."""
    return FORMATS[format].renderer()(results, passed, everything)
