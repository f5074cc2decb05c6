"""Markdown for the summary of a CI job or a comment on a pull request."""

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import Problem, printable
from cnncalc.render.findings.common import findings, passed_over, sentence, standing, summary

SIGNS = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
STANDING = {"fails": "❌", "warns": "⚠️", "passes": "✅"}


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """The sum, a table of the findings, and one of the specs where that is asked for."""
    lines = [f"### {'✅' if results.holds else '❌'} cnncalc check", "", f"{summary(results)}.", ""]
    found = list(findings(results))
    if found:
        lines += ["| | where | what | rule |", "|:--|:--|:--|:--|"]
        lines += [_row(file, problem) for file, problem in found]
        lines.append("")
    if passed:
        lines += ["| | spec | network | claims | limits |", "|:--|:--|:--|--:|--:|"]
        lines += [_file(file) for file in results.files]
        lines.append("")
    if everything and results.passed_over:
        lines += [f"- {_cell(line)}" for line in passed_over(results)]
        lines.append("")
    return "\n".join(lines)


def _row(file: Checked, problem: Problem) -> str:
    path = printable(file.path)
    where = f"{path}:{problem.place.line}:{problem.place.column}" if problem.place else path
    return f"| {SIGNS[problem.level]} | `{where}` | {_cell(sentence(problem))} | `{problem.code}` |"


def _file(file: Checked) -> str:
    claims, limits = (
        [verdict.holds for verdict in file.verdicts if verdict.is_budget is is_budget]
        for is_budget in (False, True)
    )
    kept = f"{sum(claims)} of {len(claims)} | {sum(limits)} of {len(limits)}"
    return f"| {STANDING[standing(file)]} | `{file.path}` | {_cell(file.network)} | {kept} |"


def _cell(text: str) -> str:
    """Text that a table and HTML leave as it is."""
    for sign, written in (
        ("\\", "\\\\"),
        ("|", "\\|"),
        ("<", "&lt;"),
        ("*", "\\*"),
        ("_", "\\_"),
        ("\n", " "),
    ):
        text = text.replace(sign, written)
    return text
