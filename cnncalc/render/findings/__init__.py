"""What a check found, in the formats that people and programs read: a file for each."""

from importlib import import_module
from typing import Protocol

from rich.console import RenderableType

from cnncalc.checks.paths import Results

FORMATS = ("text", "concise", "json", "github", "gitlab", "sarif", "junit", "markdown")
"""Each has a file of its name here, whose `rendered` makes it."""

ENDINGS = {
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
    ".md": "markdown",
    ".markdown": "markdown",
}
"""The formats that the name of a file asks for."""


class Renderer(Protocol):
    """What each format gives; `passed` and `everything` ask for what passed, and what was passed over."""

    def rendered(self, results: Results, passed: bool, everything: bool) -> RenderableType: ...


def rendered(format: str, results: Results, passed: bool, everything: bool) -> RenderableType:
    """The results in one of the formats: text for programs, or something to print."""
    renderer: Renderer = import_module(f"{__name__}.{format}_format")
    return renderer.rendered(results, passed, everything)
