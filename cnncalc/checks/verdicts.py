"""Verdicts on single expected values and budgets: whether they are met, and the message."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from heapq import nlargest
from operator import itemgetter

from msgspec import Struct

from cnncalc.analysis.report import Report, Row
from cnncalc.checks.measures import Subject, dims_of, shown, subjects, unit_of, value_of
from cnncalc.problems import Place, Problem
from cnncalc.quantities import BY_NAME
from cnncalc.shapes import Layout
from cnncalc.spec.claims import SHAPED, Bound, Claim, Limit


class Verdict(Struct, frozen=True):
    """Whether one expected value matches or one budget is met; `problem` is the error or warning.

    `found` is the actual value: `params of the network: 61,706`.
    """

    is_budget: bool
    holds: bool
    problem: Problem | None = None
    found: str = ""
    place: Place | None = None
    layer: str = ""


def claim_verdicts(claims: Iterable[Claim], report: Report, layout: Layout) -> Iterator[Verdict]:
    """A verdict on each expected value, for each layer that it is about."""
    claims = tuple(claims)
    known = subjects((claim.layer for claim in claims), report, layout)
    for claim in claims:
        for subject in known[claim.layer]:
            yield from (_claim(claim, each) for each in subject.views(claim.quantity))


def limit_verdicts(limits: Iterable[Limit], report: Report, layout: Layout) -> Iterator[Verdict]:
    """A verdict on each budget, for each layer that it is about."""
    limits = tuple(limits)
    known = subjects((limit.layer for limit in limits), report, layout)
    for limit in limits:
        for subject in known[limit.layer]:
            yield from (_limit(limit, each) for each in subject.views(limit.quantity))


def _claim(claim: Claim, subject: Subject) -> Verdict:
    found = shown(claim.quantity, subject)
    actual = f"{claim.quantity} of {subject.called}: {found}"
    if _holds(claim, subject):
        return Verdict(False, True, None, actual, claim.place, subject.name)
    wanted = f"{int(claim.written):,}" if claim.written.isdecimal() else claim.written
    message = f"{claim.quantity} of {subject.called}: expected {wanted}, found {found}"
    problem = Problem("expectation", message, claim.place, layer=subject.name)
    return Verdict(False, False, problem, actual, claim.place, subject.name)


def _holds(claim: Claim, subject: Subject) -> bool:
    if claim.quantity == "output":
        return dims_of("output", subject) == claim.value
    if claim.quantity == "receptive_field":
        if subject.row.field.is_global:
            return claim.value == "all"
        return _same_size(claim.value, dims_of(claim.quantity, subject))
    exact, tolerance = (Fraction(part) for part in claim.value)
    return abs(value_of(claim.quantity, subject) - exact) <= tolerance


def _same_size(claimed: object, size: tuple[int, ...]) -> bool:
    """The expected receptive field for each axis; one number is for all axes."""
    if not isinstance(claimed, tuple) or not size:
        return False
    return claimed * len(size) == size if len(claimed) == 1 else claimed == size


def _limit(limit: Limit, subject: Subject) -> Verdict:
    actual = f"{limit.quantity} of {subject.called}: {shown(limit.quantity, subject)}"
    over, under = "over", "under"
    for side, bound, word in ((over, limit.max, "limit"), (under, limit.min, "limit"), _warning(limit)):
        if bound is None or not _beyond(side, bound, limit.quantity, subject):
            continue
        level = f"the {word} of {_written(bound)}{unit_of(limit.quantity)}"
        warns = word != "limit"
        problem = Problem(
            "budget",
            f"{actual} is {side} {level}{_by_how_much(bound, limit.quantity, subject)}",
            limit.place,
            level="warning" if warns else "error",
            layer=subject.name,
        )
        return Verdict(True, warns, problem, actual, limit.place, subject.name)
    return Verdict(True, True, None, actual, limit.place, subject.name)


def _by_how_much(bound: Bound, quantity: str, subject: Subject) -> str:
    """The distance from a bound, and the layers that contribute most."""
    if quantity in SHAPED or not isinstance(bound, Fraction):
        return ""
    value = value_of(quantity, subject)
    distance = abs(value - bound)
    percent = float(100 * distance / bound) if bound else 0.0
    share = f" ({percent:,.{0 if percent >= 100 else 1}f}%)" if bound else ""
    by = f" by {_written(distance)}{unit_of(quantity)}{share}"
    return by + _costliest(quantity, subject) if value > bound else by


COSTLIEST = 3
"""Maximum number of layers in a message about a budget."""


def _costliest(quantity: str, subject: Subject) -> str:
    """The layers that contribute most to a quantity, or the layer at the memory peak."""
    if quantity == "memory.peak" and not subject.name:
        return f"; the peak is at {subject.report.memory.peak_layer}"
    measured = BY_NAME[quantity]
    if isinstance(subject.counts, Row) and subject.counts.layer:
        return ""
    inside = f"{subject.name}." if subject.name else ""
    rows = [row for row in subject.report.layers if row.name.startswith(inside)]
    if not measured.additive or not measured.at or len(rows) < 2:
        return ""
    samples = subject.report.batch if measured.per_batch else 1
    numbers = [(measured.number(row) // samples, row.name) for row in rows]
    most = nlargest(COSTLIEST, numbers, key=itemgetter(0))
    return "; largest: " + ", ".join(
        f"{name} ({number:,}{unit_of(quantity)})" for number, name in most if number
    )


def _warning(limit: Limit) -> tuple[str, Bound | None, str]:
    side = "under" if limit.min is not None and limit.max is None else "over"
    return side, limit.warn, "warning level"


def _beyond(side: str, bound: Bound, quantity: str, subject: Subject) -> bool:
    """Whether a value is above or below a bound; one number applies to all axes of a receptive field.

    A receptive field of `all` meets every minimum. For an output, one number limits its elements;
    sizes with another number of axes exceed any bound.
    """
    if quantity == "receptive_field" and side == "under" and subject.row.field.is_global:
        return False
    values = _values(bound, quantity, subject)
    if isinstance(bound, Fraction):
        return any(value > bound if side == "over" else value < bound for value in values)
    pairs = zip(values, bound, strict=False)
    differs = len(values) != len(bound)
    return differs or any(value > size if side == "over" else value < size for value, size in pairs)


def _values(bound: Bound, quantity: str, subject: Subject) -> tuple[int, ...]:
    if quantity == "output" and isinstance(bound, Fraction):
        return (subject.row.output.size,)
    if quantity in SHAPED:
        return dims_of(quantity, subject)
    return (value_of(quantity, subject),)


def _written(bound: Bound) -> str:
    if isinstance(bound, tuple):
        return "×".join(map(str, bound))
    return f"{int(bound):,}" if bound.denominator == 1 else str(float(bound))
