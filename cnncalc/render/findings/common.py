"""Shared by several formats: sentences for findings, and the summary of a check."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.checks.verdicts import Verdict
from cnncalc.printed import plural
from cnncalc.problems import Level, Problem, printable

LEVELS: tuple[Level, ...] = ("error", "warning", "note")


def findings(results: Results) -> Iterator[tuple[Checked, Problem]]:
    """All findings with their files."""
    for file in results.files:
        for problem in file.findings:
            yield file, problem


def sentence(problem: Problem) -> str:
    """The message with its hint."""
    return printable(f"{problem.message}; {problem.hint}" if problem.hint else problem.message)


def in_repository(path: str) -> str | None:
    """The file of a spec relative to the top of its repository; None for a bundled spec or standard input.

    A file outside of any repository is relative to the current folder.
    """
    if not os.path.lexists(path):
        return None
    file = Path(os.path.realpath(os.path.dirname(path) or ".")) / os.path.basename(path)
    return Path(os.path.relpath(file, _root(file) or os.getcwd())).as_posix()


def _root(file: Path) -> Path | None:
    """The top of the repository that a file is in, or of a CI job's files.

    In a CI job, the repository is the topmost one in the job's folder: one further down is a submodule. The
    job's folder may also only contain the repository.
    """
    jobs = [os.environ.get(variable) for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")]
    tops = [Path(os.path.realpath(job)) for job in jobs if job]
    job = next((top for top in tops if file.is_relative_to(top)), None)
    found = [each for each in file.parents if os.path.exists(each / ".git")]
    if job is None:
        return found[0] if found else None
    return next((each for each in reversed(found) if each.is_relative_to(job)), job)


def named(file: Checked, text: str) -> str:
    """A message, with the name of its spec in front if that is no file."""
    return text if os.path.lexists(file.path) else printable(f"{file.path}: {text}")


def line_of(problem: Problem) -> int:
    """The line of a problem, or 1 if it has none, for formats that require a line."""
    return problem.place.line if problem.place and problem.place.line > 0 else 1


def fingerprints(results: Results) -> Iterator[tuple[Checked, Problem, str]]:
    """All findings with unique fingerprints that do not depend on line numbers."""
    seen: Counter[str] = Counter()
    for file, problem in findings(results):
        what = "\0".join(
            (in_repository(file.path) or file.path, problem.code, problem.layer, problem.message)
        )
        seen[what] += 1
        number = f"\0{seen[what]}" if seen[what] > 1 else ""
        yield file, problem, hashlib.sha256((what + number).encode()).hexdigest()


def passed_over(results: Results) -> list[str]:
    """The files that a search skipped, one line each."""
    return [printable(f"skipped {each.path}: {each.reason}") for each in results.passed_over]


def counts(results: Results) -> dict[str, int]:
    """The number of findings per level."""
    found = Counter(problem.level for _, problem in findings(results))
    return {level: found[level] for level in LEVELS}


def summary(results: Results) -> str:
    """The result of the check in one line."""
    built = [file for file in results.specs if file.network]
    verdicts = [verdict for file in built for verdict in file.verdicts]
    checked = plural(len(built), "spec") + " checked"
    if len(built) < len(results.specs):
        checked += f", {len(results.specs) - len(built):,} could not be read or built"
    parts = [verdict_counts(verdicts, is_budget) for is_budget in (False, True)]
    skipped = sum(file.leaves_claims for file in results.files)
    if skipped:
        parts.append(f"expected values of {plural(skipped, 'changed network')} skipped")
    parts += [plural(number, level) for level, number in counts(results).items() if number]
    return f"{checked}: {', '.join(filter(None, parts)) or 'no problems'}"


def verdict_counts(verdicts: Iterable[Verdict], is_budget: bool) -> str:
    """`12 expected values match`, `0 of 1 budgets met`, or an empty text if there are none."""
    holds = [verdict.holds for verdict in verdicts if verdict.is_budget is is_budget]
    if not holds:
        return ""
    number, total = sum(holds), len(holds)
    word = "budget" if is_budget else "expected value"
    verb = "met" if is_budget else "matches" if number == total == 1 else "match"
    counted = plural(total, word) if number == total else f"{number:,} of {total:,} {word}s"
    return f"{counted} {verb}"


def standing(file: Checked) -> str:
    """The result for a file: `passes`, `warns` or `fails`."""
    return "fails" if file.failures else "warns" if file.findings else "passes"
