"""Limits on the increase of a quantity between two networks: `macs=5%`, `params=100K`."""

import re
from fractions import Fraction

from msgspec import Struct

from cnncalc.checks.difference import QUANTITIES, Amounts, Difference
from cnncalc.checks.measures import unit_of
from cnncalc.problems import Problem, did_you_mean
from cnncalc.quantities import current, is_bytes
from cnncalc.spec.amounts import bytes_of
from cnncalc.spec.values import counted

SHORT = {"memory": "memory.peak"}
PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


class Allowance(Struct, frozen=True):
    """The maximum increase of a quantity: a percentage or an amount."""

    quantity: str
    written: str
    share: Fraction | None = None
    amount: Fraction | None = None

    def most(self, before: int) -> Fraction:
        """The largest value that is allowed."""
        if self.share is not None:
            return before * (1 + self.share)
        return before + (self.amount or Fraction(0))


def allowance(text: str) -> Allowance:
    """Parses an allowance such as `macs=5%`.

    Raises:
        ValueError: the text is not an allowance; the message is the reason.

    >>> allowance("params=100K").most(1_000_000)
    Fraction(1100000, 1)
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value:
        raise ValueError(f"expected QUANTITY=INCREASE such as macs=5% or params=100K, found '{text}'")
    quantity = SHORT.get(name) or current(name)
    if quantity not in QUANTITIES:
        hint = did_you_mean(name, list(QUANTITIES)) or "one of " + ", ".join(QUANTITIES)
        raise ValueError(f"unknown quantity '{name}'; {hint}")
    percent = PERCENT.fullmatch(value)
    if percent:
        return Allowance(quantity, value, share=Fraction(percent[1]) / 100)
    amount = (bytes_of(value) if is_bytes(quantity) else None) or counted(value)
    if amount is None or amount[0] < 0:
        raise ValueError(f"expected an increase of {name} such as 5% or 100K, found '{value}'")
    return Allowance(quantity, value, amount=amount[0])


def exceeded(difference: Difference, allowances: list[Allowance]) -> list[Problem]:
    """An error for each quantity that grows by more than is allowed."""
    return [
        Problem("budget", _message(each, difference.totals[each.quantity]))
        for each in allowances
        if difference.totals[each.quantity].after > each.most(difference.totals[each.quantity].before)
    ]


def _message(allowed: Allowance, amounts: Amounts) -> str:
    share = f" ({amounts.share:+.1%})" if amounts.share is not None else ""
    unit = unit_of(allowed.quantity)
    return (
        f"{allowed.quantity} grows by {amounts.increase:,}{unit}{share}, from {amounts.before:,} to "
        f"{amounts.after:,}; at most {allowed.written} is allowed"
    )
