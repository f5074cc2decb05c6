"""A check as JSON: all specs with their expected values, budgets and findings."""

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.checks.verdicts import Verdict
from cnncalc.problems import Problem
from cnncalc.render.data import SCHEMA_VERSION, Data, to_json
from cnncalc.render.findings.common import counts


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """All specs, including those that pass; with `passed`, each expected value and budget."""
    return to_json(
        {
            "schema_version": SCHEMA_VERSION,
            "holds": results.holds,
            "counts": counts(results),
            "files": [_file(file, passed) for file in results.files],
            "skipped": [{"path": each.path, "reason": each.reason} for each in results.passed_over],
        }
    )


def _file(file: Checked, passed: bool) -> Data:
    return {
        "path": file.path,
        "network": file.network or None,
        "holds": file.holds,
        "expected": _counted(file, False),
        "budgets": _counted(file, True),
        **({"verdicts": [_verdict(verdict) for verdict in file.verdicts]} if passed else {}),
        "findings": [finding(problem) for problem in file.findings],
    }


def _counted(file: Checked, is_budget: bool) -> Data:
    of = [verdict.holds for verdict in file.verdicts if verdict.is_budget is is_budget]
    return {"checked": len(of), "hold": sum(of)}


def _verdict(verdict: Verdict) -> Data:
    return {
        "kind": "limit" if verdict.is_budget else "claim",
        "holds": verdict.holds,
        "found": verdict.found,
        "layer": verdict.layer or None,
        "line": verdict.place.line if verdict.place else None,
        "column": verdict.place.column if verdict.place else None,
    }


def finding(problem: Problem) -> Data:
    """One finding; the end column is exclusive."""
    place = problem.place
    return {
        "code": problem.code,
        "level": problem.level,
        "message": problem.message,
        "hint": problem.hint or None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "end_column": place.column + place.width if place else None,
        "layer": problem.layer or None,
    }
