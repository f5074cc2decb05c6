"""What several formats say of a finding, and of a whole check."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import Level, Problem, printable

LEVELS: tuple[Level, ...] = ("error", "warning", "note")


def findings(results: Results) -> Iterator[tuple[Checked, Problem]]:
    """Every finding with its file."""
    for file in results.files:
        for problem in file.findings:
            yield file, problem


def sentence(problem: Problem) -> str:
    """The message with its hint."""
    return printable(f"{problem.message}; {problem.hint}" if problem.hint else problem.message)


def from_root(path: str) -> str:
    """A path from the top of the repository that a CI job works in, where it runs in one."""
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        root, file = os.environ.get(variable), Path(path).absolute()
        if root and file.exists() and file.is_relative_to(root):
            return file.relative_to(root).as_posix()
    return path


def line_of(problem: Problem) -> int:
    """The line, where there is one; else the first, for formats that must have one."""
    return problem.place.line if problem.place and problem.place.line > 0 else 1


def fingerprints(results: Results) -> Iterator[tuple[Checked, Problem, str]]:
    """Every finding with a mark that is its own, and stays the same when lines move."""
    seen: Counter[str] = Counter()
    for file, problem in findings(results):
        what = "\0".join((file.path, problem.code, problem.layer, problem.message))
        seen[what] += 1
        number = f"\0{seen[what]}" if seen[what] > 1 else ""
        yield file, problem, hashlib.sha256((what + number).encode()).hexdigest()


def passed_over(results: Results) -> list[str]:
    """What a search came across and left alone, a line each."""
    return [printable(f"passed over {each.path}: {each.reason}") for each in results.passed_over]


def plural(number: int, word: str) -> str:
    """`1 spec`, `80 specs`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def counts(results: Results) -> dict[str, int]:
    """How many findings there are of each level."""
    found = Counter(problem.level for _, problem in findings(results))
    return {level: found[level] for level in LEVELS}


def summary(results: Results) -> str:
    """The check in one line."""
    found = [plural(number, level) for level, number in counts(results).items() if number]
    built = [file for file in results.specs if file.network]
    verdicts = [verdict for file in built for verdict in file.verdicts]
    parts = [plural(len(built), "spec") + " checked"]
    if len(built) < len(results.specs):
        parts.append(f"{len(results.specs) - len(built):,} could not be read or built")
    for is_budget, word, holds in ((False, "claims", "hold"), (True, "limits", "kept")):
        of = [verdict.holds for verdict in verdicts if verdict.is_budget is is_budget]
        if of:
            parts.append(f"{sum(of):,} of {len(of):,} {word} {holds}")
    left = sum(file.leaves_claims for file in results.files)
    if left:
        parts.append(f"the claims of {plural(left, 'spec')} left out, as the networks were changed")
    return f"{', '.join(parts)}: {', '.join(found) or 'all is well'}"


def standing(file: Checked) -> str:
    """How a file came off: `passes`, `warns`, `fails`."""
    return "fails" if file.failures else "warns" if file.findings else "passes"
