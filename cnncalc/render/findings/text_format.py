"""Findings for a terminal: each with its source line, and a summary line at the end."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import printable
from cnncalc.render.findings.common import passed_over, summary, verdict_counts
from cnncalc.render.messages import message, printed_of

GOOD, BAD, FAINT = "bold green", "bold red", "dim"


def rendered(results: Results, passed: bool, everything: bool) -> RenderableType:
    """The findings, the specs that pass if requested, and the summary."""
    parts: list[RenderableType] = []
    for file in results.files:
        shown, more = printed_of(file.findings)
        parts += [_trimmed(message(problem, file.source)) for problem in shown]
        parts += [Text(f"… and {more:,} more in {printable(file.path)}")] if more > 0 else []
        if passed and file.holds and file.is_spec:
            parts += _passed(file, everything)
    if everything:
        parts += [Text(line, FAINT) for line in passed_over(results)]
    return Group(*parts, Text(summary(results), GOOD if results.holds else BAD))


def _trimmed(text: Text) -> Text:
    text.rstrip()
    return text


def _passed(file: Checked, everything: bool) -> Iterator[Text]:
    counts = [verdict_counts(file.verdicts, is_budget) for is_budget in (False, True)]
    line = ", ".join(filter(None, (f" {printable(file.path)}: {file.network}", *counts)))
    yield Text.assemble(("passes", GOOD), line)
    if everything:
        for verdict in file.verdicts:
            yield Text(f"       {verdict.found}", FAINT)
