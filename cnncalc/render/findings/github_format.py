"""Workflow commands of GitHub Actions: findings appear as annotations on the lines of a pull request.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import Problem, printable
from cnncalc.render.findings.common import findings, in_repository, named, passed_over, sentence, summary

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
IN_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTY = {**IN_DATA, ":": "%3A", ",": "%2C"}


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """A command for each finding, then the summary as a plain log line."""
    lines = [_command(file, problem) for file, problem in findings(results)]
    if everything:
        lines += passed_over(results)
    return "".join(f"{line}\n" for line in (*lines, summary(results)))


def _command(file: Checked, problem: Problem) -> str:
    path = in_repository(file.path)
    properties = {"file": path} if path else {}
    if path and problem.place and problem.place.line > 0:
        place = problem.place
        properties |= {"line": str(place.line), "col": str(place.column)}
        properties |= {"endLine": str(place.line), "endColumn": str(place.column + place.width)}
    properties["title"] = f"cnncalc: {problem.code}"
    written = ",".join(f"{name}={_escaped(value, IN_PROPERTY)}" for name, value in properties.items())
    return f"::{COMMANDS[problem.level]} {written}::{_escaped(named(file, sentence(problem)), IN_DATA)}"


def _escaped(text: str, signs: dict[str, str]) -> str:
    return printable("".join(signs.get(sign, sign) for sign in text))
