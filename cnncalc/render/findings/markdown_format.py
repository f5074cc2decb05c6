"""Markdown for a CI job summary or a comment on a pull request."""

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import Problem
from cnncalc.render.findings.common import findings, passed_over, sentence, standing, summary
from cnncalc.render.markdown import code, escaped, prose, table

SIGNS = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
STANDING = {"fails": "❌", "warns": "⚠️", "passes": "✅"}


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """The summary, a table of findings, and, if requested, a table of specs."""
    lines = [f"### {'✅' if results.holds else '❌'} cnncalc check", "", f"{summary(results)}.", ""]
    found = list(findings(results))
    if found:
        lines += table(("", "place", "message", "rule"), [True] * 4, [_row(*each) for each in found])
        lines.append("")
    if passed:
        header = ("", "spec", "network", "expected values", "budgets")
        lines += table(header, (True, True, True, False, False), map(_file, results.specs))
        lines.append("")
    if everything and results.passed_over:
        lines += [f"- {prose(line)}" for line in passed_over(results)]
        lines.append("")
    return "\n".join(lines)


def _row(file: Checked, problem: Problem) -> tuple[str, ...]:
    path = file.path
    where = f"{path}:{problem.place.line}:{problem.place.column}" if problem.place else path
    return (SIGNS[problem.level], code(where), prose(sentence(problem)), code(problem.code))


def _file(file: Checked) -> tuple[str, ...]:
    claims, limits = (
        [verdict.holds for verdict in file.verdicts if verdict.is_budget is is_budget]
        for is_budget in (False, True)
    )
    kept = [f"{sum(of)} of {len(of)}" for of in (claims, limits)]
    return (STANDING[standing(file)], code(file.path), escaped(file.network), *kept)
