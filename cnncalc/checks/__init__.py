"""Holds a report against what its spec claims and against the limits that it sets."""

from cnncalc.analysis.report import Report
from cnncalc.checks.verdicts import Verdict, claim_verdicts, limit_verdicts
from cnncalc.spec import Spec

__all__ = ["Verdict", "check"]


def check(report: Report, spec: Spec) -> tuple[Verdict, ...]:
    """A verdict on every claim and limit of a spec.

    Claims speak of the network as written: they are left out where variables or the input were
    replaced. Limits always hold, each for the layers that there are.
    """
    claims = () if report.changed else spec.claims
    return (*claim_verdicts(claims, report, spec.layout), *limit_verdicts(spec.limits, report, spec.layout))
