"""Announces on standard error, before it starts, work that is expected to take more than a few seconds."""

from math import ceil

from cnncalc.analysis import analyze
from cnncalc.cli.terminal import complain
from cnncalc.spec import Spec

LONG = 5
"""Seconds from which work is announced."""
MACS_PER_SECOND = 4e9
OTHERS_PER_SECOND = 4e8
WEIGHTS_PER_SECOND = 5e7
"""Speeds of a laptop: an announcement is the same on every machine, and never exact."""
LONGEST = 10**24
"""Work beyond this is all the same, and may not fit in a float."""
PLAIN = 25
"""How much longer `--plain` takes, which computes every operation by its definition."""


def announce(spec: Spec, times: int = 1) -> None:
    """Announces running a network as often as given, if that is expected to take long."""
    totals = analyze(spec).totals
    macs = min(times * totals.macs, LONGEST)
    others = min(times * (totals.flops - 2 * totals.macs), LONGEST)
    seconds = macs / MACS_PER_SECOND + others / OTHERS_PER_SECOND
    seconds += min(totals.params.total, LONGEST) / WEIGHTS_PER_SECOND
    if seconds >= LONG:
        complain(f"running {_counted(macs)} MACs: {about(seconds)}")


def announce_search(combinations: int, what: str, seconds: float, limit: float) -> None:
    """Announces a round of `solve`, if it is expected to take long."""
    if seconds >= LONG:
        complain(
            f"trying {combinations:,} combinations ({what}): {about(seconds)}; stops after {limit:g} s "
            "(--seconds), Ctrl-C prints what was found"
        )


def _counted(macs: float) -> str:
    """A number with two or three digits: `15.5 G`."""
    if macs >= 1e21:
        return f"{macs:.0e}"
    for unit, size in (("P", 1e15), ("T", 1e12), ("G", 1e9)):
        if macs >= size:
            return f"{macs / size:,.{1 if macs < 100 * size else 0}f} {unit}"
    return f"{macs / 1e6:,.0f} M"


def about(seconds: float) -> str:
    """A duration with about one digit.

    >>> about(7.2), about(33), about(400), about(9000), about(1e9)
    ('about 8 s', 'about 40 s', 'about 7 min', 'about 3 h', 'more than a year')
    """
    if seconds > 365 * 24 * 3600:
        return "more than a year"
    if seconds <= 10:
        return f"about {ceil(seconds)} s"
    if seconds <= 90:
        return f"about {10 * ceil(seconds / 10)} s"
    return f"about {ceil(seconds / 60):,} min" if seconds <= 5400 else f"about {ceil(seconds / 3600):,} h"
