"""Findings for people: each with the line that it is about, and a line that sums up."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import printable
from cnncalc.render.findings.common import passed_over, plural, summary
from cnncalc.render.messages import MOST_PROBLEMS, message

GOOD, BAD, FAINT = "bold green", "bold red", "dim"


def rendered(results: Results, passed: bool, everything: bool) -> RenderableType:
    """What was found, what passed where that is asked for, and the sum."""
    parts: list[RenderableType] = []
    for file in results.files:
        parts += [_trimmed(message(problem, file.source)) for problem in file.findings[:MOST_PROBLEMS]]
        more = len(file.findings) - MOST_PROBLEMS
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
    claims = sum(not verdict.is_budget for verdict in file.verdicts)
    limits = len(file.verdicts) - claims
    held = f"{plural(claims, 'claim')} hold{'s' if claims == 1 else ''}, {plural(limits, 'limit')} kept"
    yield Text.assemble(("passes", GOOD), f" {printable(file.path)}: {file.network}, {held}")
    if everything:
        for verdict in file.verdicts:
            yield Text(f"       {verdict.found}", FAINT)
