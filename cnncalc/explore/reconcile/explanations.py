"""Explain a published number: the sum, and the network, that give it."""

import time
from collections.abc import Callable, Iterable

from cnncalc.explore.reconcile.claims import Stated, stated
from cnncalc.explore.reconcile.finding import ANY_STEPS, Answer, Found
from cnncalc.explore.reconcile.trying import ClaimedNumber, Trying
from cnncalc.spec import SpecLike, as_spec

ENOUGH, ENOUGH_CHANGED = 3, 6
"""Steps of an explanation up to which no changed network, or no further change, could be simpler."""
SECONDS = 120.0
"""Time limit of a search."""
MANY_DIGITS = 7
"""Digits of a number that no other sum is likely to have by chance: then any explanation is enough."""


def reconcile(
    spec: SpecLike,
    numbers: str | Iterable[str | Stated],
    most: int = 5,
    seconds: float = SECONDS,
    watch: Callable[[int, int], None] = lambda done, total: None,
    announce: Callable[[int, float], None] = lambda networks, seconds: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Answer, ...]:
    """Find up to `most` explanations of each number, by one network for all numbers.

    If no network explains all of them, each is explained on its own, and `apart` says so. Likewise `mixed`:
    several numbers are counted in one way, by one tool, if there is one that explains them.

    The search ends with what it has found after so many `seconds`, or when `stop` returns True. `watch`
    receives the changes tried and their number; `announce`, before similar networks are tried, about how many
    will be and how long that takes.

    Raises:
        ValueError: a number cannot be read; expected `"macs=4.13G"`.

    >>> (answer,) = reconcile("resnet50", "flops=4.11G")
    >>> answer.explanations[0].sum.title
    'flops as counted by fvcore'
    """
    given = [numbers] if isinstance(numbers, str) else numbers
    read = [stated(number) if isinstance(number, str) else number for number in given]
    claims = [ClaimedNumber(each.quantity, float(each.value), float(each.tolerance)) for each in read]
    is_exact = all(not number.tolerance and number.digits >= MANY_DIGITS for number in read)
    end = time.monotonic() + seconds

    def is_over() -> bool:
        return stop() or time.monotonic() > end

    trying = Trying(as_spec(spec), claims, watch, announce, is_over)
    found = Found(read)
    for networks, enough in (
        (trying.written, ENOUGH),
        (trying.with_one_change, ENOUGH_CHANGED),
        (trying.with_several_changes, 0),
    ):
        for network in networks():
            found.add(network)
        if found.least_steps() <= (ANY_STEPS if is_exact else enough) or trying.stops():
            break
    return found.answers(trying.tried, trying.combined, most, is_stopped=trying.is_stopped)
