"""Holds a report against what its spec claims and against the limits that it sets."""

from collections.abc import Callable
from fractions import Fraction

from msgspec import Struct

from cnncalc.analysis.counts import Totals
from cnncalc.analysis.report import Report, Row
from cnncalc.problems import Place, Problem
from cnncalc.shapes import Layout
from cnncalc.spec import Claim, Limit, Spec

__all__ = ["Verdict", "check"]

COUNTED: dict[str, Callable[[Row | Totals], int]] = {
    "params": lambda row: row.params.total,
    "weights": lambda row: row.params.weights,
    "biases": lambda row: row.params.biases,
    "trainable": lambda row: row.params.trainable,
    "frozen": lambda row: row.params.frozen,
    "buffers": lambda row: row.buffers,
    "macs": lambda row: row.costs.macs,
    "flops": lambda row: row.costs.flops,
    "neurons": lambda row: row.neurons,
    "adds": lambda row: row.costs.adds,
    "multiplications": lambda row: row.costs.multiplications,
    "comparisons": lambda row: row.costs.comparisons,
    "divisions": lambda row: row.costs.divisions,
    "exponentials": lambda row: row.costs.exponentials,
}


PER_BATCH = ("macs", "flops", "adds", "multiplications", "comparisons", "divisions", "exponentials")
"""What a report counts for the whole batch; claims and limits are about one sample."""


class Verdict(Struct, frozen=True):
    """Whether one claim holds or one limit is kept; `problem` says why not, or warns."""

    is_budget: bool
    holds: bool
    problem: Problem | None = None


def check(report: Report, spec: Spec) -> tuple[Verdict, ...]:
    """A verdict on every claim and limit of a spec.

    Claims speak of the network as written: they are left out where variables or the input were
    replaced. Limits always hold.
    """
    claims = () if report.changed else spec.claims
    found = [_claim(claim, report, spec.layout) for claim in claims]
    limits = (limit for limit in spec.limits if not limit.layer or limit.layer in report.names)
    found += [_limit(limit, report) for limit in limits]
    return tuple(found)


def _subject(layer: str, report: Report) -> tuple[Row | Totals, Row]:
    """Where counts are taken from, and where the output and receptive field are."""
    if not layer:
        return report.totals, report.output
    row = report.layer(layer)
    return row, row


def _claim(claim: Claim, report: Report, layout: Layout) -> Verdict:
    counts, row = _subject(claim.layer, report)
    if claim.quantity == "output":
        dims = row.output.dims(layout)
        holds, found = dims == claim.value, "×".join(map(str, dims))
    elif claim.quantity == "receptive_field":
        size = row.field.size
        found = "all" if row.field.is_global else "×".join(map(str, size or ())) or "unknown"
        holds = claim.value == "all" if row.field.is_global else _same_size(claim.value, size or ())
    else:
        number = _counted(claim.quantity, counts, report.batch)
        found = f"{number:,}"
        exact, tolerance = (Fraction(part) for part in claim.value)
        holds = abs(number - exact) <= tolerance
    if holds:
        return Verdict(False, True)
    who = claim.layer or "the network"
    wanted = f"{int(claim.written):,}" if claim.written.isdecimal() else claim.written
    message = f"{claim.quantity} of {who}: {wanted} expected, {found} found"
    return Verdict(False, False, Problem("expectation", message, claim.place, layer=claim.layer))


def _counted(quantity: str, counts: Row | Totals, batch: int) -> int:
    number = COUNTED[quantity](counts)
    return number // batch if quantity in PER_BATCH else number


def _same_size(claimed: object, size: tuple[int, ...]) -> bool:
    """One number serves every axis."""
    if not isinstance(claimed, tuple) or not size:
        return False
    return claimed * len(size) == size if len(claimed) == 1 else claimed == size


def _limit(limit: Limit, report: Report) -> Verdict:
    counts, row = _subject(limit.layer, report)
    if limit.quantity != "receptive_field":
        value = _counted(limit.quantity, counts, report.batch)
        return _within(limit, value, value, f"{value:,}")
    if row.field.size is None:
        largest = max(report.input.spatial, default=0)
        return _within(limit, largest, None, "all")
    shown = "×".join(map(str, row.field.size))
    return _within(limit, max(row.field.size, default=0), min(row.field.size, default=0), shown)


def _within(limit: Limit, largest: int, smallest: int | None, found: str) -> Verdict:
    """`smallest` is None for a receptive field of everything, which no minimum excludes."""
    what = f"{limit.quantity} of {limit.layer or 'the network'}: {found}"
    if limit.max is not None and largest > limit.max:
        return _broken(f"{what} is over the limit of {_written(limit.max)}", limit.place)
    if limit.min is not None and smallest is not None and smallest < limit.min:
        return _broken(f"{what} is under the limit of {_written(limit.min)}", limit.place)
    if limit.warn is not None and largest > limit.warn:
        message = f"{what} is over the warning level of {_written(limit.warn)}"
        return Verdict(True, True, Problem("budget", message, limit.place, level="warning"))
    return Verdict(True, True)


def _written(limit: Fraction) -> str:
    return f"{int(limit):,}" if limit.denominator == 1 else str(float(limit))


def _broken(message: str, place: Place) -> Verdict:
    return Verdict(True, False, Problem("budget", message, place))
