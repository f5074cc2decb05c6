"""Solve for unknown options of a few layers, given a size or count."""

from collections.abc import Callable, Iterable

from cnncalc.choices import Assumed
from cnncalc.explore.solve.measuring import names
from cnncalc.explore.solve.reasons import reasons
from cnncalc.explore.solve.search import Hit, SolveSearch, Watch
from cnncalc.explore.solve.solved import Solution, Solved
from cnncalc.explore.solve.task import SolveTask, solve_task
from cnncalc.explore.solve.usual import unusual
from cnncalc.shapes import Layout

__all__ = ["solve"]

UNEVEN = 4
"""Cost of a solution whose stride does not divide evenly."""


def solve(
    *layers: str,
    input: str | None = None,
    output: str | None = None,
    params: str | int | None = None,
    macs: str | int | None = None,
    flops: str | int | None = None,
    receptive_field: str | int | None = None,
    layout: Layout | None = None,
    where: str | Iterable[str] = (),
    most: int = 10,
    seconds: float = 20,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch = lambda done, total, what, seconds: None,
    assume: Assumed | None = None,
) -> Solved:
    """Find all values of the unknowns that reach the targets.

    An unknown that alone decides a target is searched as far as the target allows. Where several must be
    combined, usual values are tried first, then wider ranges while there is no solution.

    Args:
        layers: layers as for `calc`, with `?` for unknown numbers, such as `"8 filters, kernel ?"`.
        input: the input shape; its sizes may be `?`: `"?x?x3"` is a square of any size.
        output: the requested output: `"3x3x8"`, `"3x3"` for any channels, or `"same"`.
        params: the requested parameters; `"1.14M"` means any number that rounds to it.
        macs: the requested MACs.
        flops: the requested FLOPs.
        receptive_field: the requested receptive field of the last layer.
        layout: `"hwc"` or `"chw"`, if the input is ambiguous.
        where: conditions on the unknowns, such as `"kernel <= 7"` or `"padding == kernel // 2"`. An upper
            limit is also the end of the range that is searched.
        most: the number of solutions to return.
        seconds: the time limit.
        stop: asked again and again; the search ends with what was found so far when it returns True.
        watch: receives the combinations done, their number, what they combine, and the seconds that all
            of them will take.
        assume: the padding of notations that leave it open, such as `CONV5-10`.

    Raises:
        SpecError: an argument is invalid, or no values give a valid network.
        ValueError: there are no unknowns or no targets, or a condition is invalid.

    >>> solve("conv: 1, kernel: 3, repeat: ?", receptive_field=11).values
    [{'repeat': 5}]
    >>> solve("conv: 8, kernel: 5, padding: ?", input="32x32x3", output="same").values
    [{'padding': 2}]
    """
    numbers = {"params": params, "macs": macs, "flops": flops, "receptive_field": receptive_field}
    conditions = (where,) if isinstance(where, str) else tuple(where)
    asked = solve_task(layers, input, layout, output, numbers, assume, conditions)
    search = SolveSearch(asked, seconds, stop, watch)
    found = search.run()
    if not search.measuring.has_built and search.measuring.problem is not None:
        raise search.measuring.problem
    found.sort(key=lambda each: _cost(asked, each))
    free = tuple(each.title for each in search.free)
    return Solved(
        unknowns=asked.unknowns,
        targets=search.measuring.targets,
        layout=asked.typed.input.layout,
        solutions=tuple(_solution(asked, each, free) for each in found[:most]),
        others=len(found[most:]),
        free=free,
        reasons=() if found else tuple(reasons(asked, search)),
        ranges={
            each.title: (span.low, span.high)
            for each in asked.unknowns
            if (span := search.tried.get(each.variable))
        },
        is_complete=search.is_complete,
        note=asked.note,
    )


def _solution(asked: SolveTask, found: Hit, free: tuple[str, ...]) -> Solution:
    """A solution with its layers as text."""
    complete = {**{each.variable: 1 for each in asked.unknowns}, **found.values}
    values = {
        title: value for title, value in names(asked.unknowns, found.values).items() if title not in free
    }
    written = asked.input(complete) or found.report.input.text(found.report.layout)
    return Solution(values, asked.written(complete), written.replace("x", "×"), found.report, _fits(found))


def _fits(found: Hit) -> bool:
    return not any(problem.code == "does-not-fit" for problem in found.report.findings)


def _cost(asked: SolveTask, found: Hit) -> tuple[int, int, list[int]]:
    """How unusual a solution is, and how far from rounded targets."""
    total = 0 if _fits(found) else UNEVEN
    total += unusual(asked, found.values)
    return total, _off(asked, found), list(found.values.values())


def _off(asked: SolveTask, found: Hit) -> int:
    """The distance of the counts from rounded targets."""
    totals = found.report.totals
    numbers = {"params": totals.params.total, "macs": totals.macs, "flops": totals.flops}
    return sum(
        abs(round(numbers[target.quantity] - target.nominal))
        for target in asked.targets
        if target.quantity in numbers
    )
