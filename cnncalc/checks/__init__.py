"""Checks a report against the expected values and budgets of its spec."""

from cnncalc.analysis.report import Report
from cnncalc.checks.verdicts import Verdict, claim_verdicts, limit_verdicts
from cnncalc.spec import SpecLike, as_spec

__all__ = ["Verdict", "check"]


def check(report: Report, spec: SpecLike) -> tuple[Verdict, ...]:
    """A verdict on every expected value and budget of a spec.

    Expected values are for the network as written: they are skipped if variables or the input were
    overridden. Budgets always apply, to the layers that exist.
    """
    if not isinstance(report, Report):
        raise TypeError(f"expected a report from analyze(); found {type(report).__name__}")
    spec = as_spec(spec)
    claims = () if report.changed else spec.claims
    return (*claim_verdicts(claims, report, spec.layout), *limit_verdicts(spec.limits, report, spec.layout))
