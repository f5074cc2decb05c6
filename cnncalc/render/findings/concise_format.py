"""One line per finding, in the format that compilers print and editors read."""

from cnncalc.checks.paths import Results
from cnncalc.problems import one_line, printable
from cnncalc.render.findings.common import findings, passed_over


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """`file:line:column: level: message [code]`."""
    lines = [one_line(problem, file.source) for file, problem in findings(results)]
    if passed:
        lines += [printable(f"{file.path}: passes") for file in results.specs if file.holds]
    if everything:
        lines += passed_over(results)
    return "".join(f"{line}\n" for line in lines)
