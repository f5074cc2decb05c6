"""How much a number may grow from one network to the next: `macs=5%`, `params=100K`."""

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
    """The most by which a quantity may grow: a share of what it was, or an amount."""

    quantity: str
    written: str
    share: Fraction | None = None
    amount: Fraction | None = None

    def most(self, before: int) -> Fraction:
        """The largest number that is allowed."""
        if self.share is not None:
            return before * (1 + self.share)
        return before + (self.amount or Fraction(0))


def allowance(text: str) -> Allowance:
    """The allowance that `macs=5%` writes.

    Raises:
        ValueError: it writes none; the message says why.

    >>> allowance("params=100K").most(1_000_000)
    Fraction(1100000, 1)
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value:
        raise ValueError(f"'{text}' is not an allowance, as in macs=5% or params=100K")
    quantity = SHORT.get(name) or current(name)
    if quantity not in QUANTITIES:
        hint = did_you_mean(name, list(QUANTITIES)) or "one of " + ", ".join(QUANTITIES)
        raise ValueError(f"nothing is counted as '{name}'; {hint}")
    percent = PERCENT.fullmatch(value)
    if percent:
        return Allowance(quantity, value, share=Fraction(percent[1]) / 100)
    amount = (bytes_of(value) if is_bytes(quantity) else None) or counted(value)
    if amount is None or amount[0] < 0:
        raise ValueError(f"'{value}' is no amount by which {name} may grow, as in 5% or 100K")
    return Allowance(quantity, value, amount=amount[0])


def exceeded(difference: Difference, allowances: list[Allowance]) -> list[Problem]:
    """An error for each quantity that grows by more than it may."""
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
