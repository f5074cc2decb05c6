"""Why there is no solution: the closest results, and whether uneven padding would help."""

from collections.abc import Iterator

from cnncalc.explore.solve.conditions import condition_name
from cnncalc.explore.solve.measuring import Values, distance, names, reaches, side_of
from cnncalc.explore.solve.narrowing import End
from cnncalc.explore.solve.search import SolveSearch
from cnncalc.explore.solve.solved import Target, Unknown
from cnncalc.explore.solve.task import SolveTask
from cnncalc.expression import Value
from cnncalc.problems import SpecError
from cnncalc.shapes import Layout, shape_of
from cnncalc.spec import built

WORDS = {
    "params": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "receptive_field": "a receptive field of",
}

NAMES = {
    "output": "output",
    "params": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "receptive_field": "receptive field",
}


def reasons(asked: SolveTask, search: SolveSearch) -> Iterator[str]:
    """Sentences that explain why there is no solution."""
    yield _tried(asked, search)
    layout = asked.typed.input.layout
    for at, target in enumerate(search.measuring.targets):
        found = {value: values for (index, value), values in search.measuring.reached.items() if index == at}
        if found:
            name = f" {NAMES[target.quantity]}" if len(search.measuring.targets) > 1 else ""
            yield from (f"closest{name}: {nearest}" for nearest in _nearest(asked, target, found, layout))
    if search.is_complete:
        yield from _beyond(asked, search)
        yield from _uneven(asked, search)


BEYOND: dict[End, str] = {
    "invalid": "beyond {}, no network is valid",
    "past": "beyond {}, results only move further away",
    "same": "up to {}, the result is always the same",
}
"""Why larger values of an unknown are no solutions."""


def _beyond(asked: SolveTask, search: SolveSearch) -> Iterator[str]:
    """Why there is nothing beyond the ranges, or how to widen them."""
    unknowns = [each for each in asked.unknowns if each not in search.free]
    if len(unknowns) == 1:
        end = search.ends.get(unknowns[0].variable, "open")
        if end in BEYOND:
            yield BEYOND[end].format(f"{unknowns[0].title} {search.tried[unknowns[0].variable].high}")
            return
    wider = [
        f'--where "{name} <= {2 * span.high}"'
        for each in unknowns
        if (span := search.tried.get(each.variable)) and search.ends.get(each.variable, "open") == "open"
        for name in [condition_name(each, asked.unknowns)]
    ]
    if wider:
        yield f"to search further: {' '.join(wider)}"


def _tried(asked: SolveTask, search: SolveSearch) -> str:
    """The values tried and the target they did not reach."""
    tried = [(each.title, search.tried.get(each.variable)) for each in asked.unknowns]
    ranges = ", ".join(f"{title} {span.low} to {span.high}" for title, span in tried if span)
    layout = asked.typed.input.layout
    target = " and ".join(
        _target_text(target, layout) if search.bases else f"{target.written} ({NAMES[target.quantity]})"
        for target in search.measuring.targets
    )
    if search.is_hopeless:
        return f"no value gives {target}: the unknowns do not change what differs"
    if not search.is_complete:
        what = f"trying {ranges}" if ranges else "looking for a valid network"
        return f"stopped while {what}; none so far gives {target}"
    return f"tried {ranges}; none gives {target}"


def _target_text(target: Target, layout: Layout) -> str:
    if target.quantity == "output":
        return "an output of " + _sizes(target.sizes, layout)
    if target.quantity == "receptive_field":
        return f"a receptive field of {'×'.join(map(str, target.sizes))}"
    return f"{target.written} {WORDS[target.quantity]}"


def _sizes(sizes: tuple[int | None, ...], layout: Layout) -> str:
    """A requested output, with its channels if given."""
    channels, *spatial = ("?" if size is None else str(size) for size in sizes)
    if sizes[0] is None:
        return "×".join(spatial)
    return "×".join([*spatial, channels] if layout == "hwc" else [channels, *spatial])


def _nearest(asked: SolveTask, target: Target, found: dict[object, Values], layout: Layout) -> Iterator[str]:
    """The closest values below and above, with the options that give them."""
    sides = []
    for side in ("below", "above"):
        values = [value for value in found if side_of(value, target) == side]
        near = [(far, value) for value in values if (far := distance(value, target)) is not None]
        if near:
            _, value = min(near, key=lambda pair: pair[0])
            given = names(asked.unknowns, found[value])
            by = ", ".join(f"{title} = {number}" for title, number in given.items())
            sides.append(f"{_shown(value, target, layout)} ({by})")
    if sides:
        yield " and ".join(sides)


def _shown(value: object, target: Target, layout: Layout) -> str:
    if isinstance(value, tuple):
        if target.quantity == "output":
            if target.sizes[0] is None:
                return "×".join(map(str, value[1:]))
            return shape_of(value).text(layout)
        return "×".join(map(str, value))
    return f"{value:,}"


def _uneven(asked: SolveTask, search: SolveSearch) -> Iterator[str]:
    """Suggest uneven padding if one more zero on one side reaches the target."""
    paddings = [each for each in asked.unknowns if each.option == "padding"]
    if len(paddings) != 1 or len(asked.unknowns) != 1 or asked.typed.input.shape.rank == 0:
        return
    (unknown,) = paddings
    span = search.spans[unknown.variable]
    for p in range(span.low, min(span.high, search.size)):
        if _reached(asked, search, unknown, ((p, p + 1),) * asked.typed.input.shape.rank):
            sides = ", ".join([f"[{p}, {p + 1}]"] * asked.typed.input.shape.rank)
            yield f"the total padding must be {2 * p + 1}, which is odd; write padding: [{sides}]"
            return


def _reached(asked: SolveTask, search: SolveSearch, unknown: Unknown, padding: Value) -> bool:
    try:
        network = built(asked.document, {unknown.variable: padding}, asked.input({}))
    except SpecError:
        return False
    shape = network.graph.nodes[network.graph.output].shape
    targets = search.measuring.targets
    return all(target.quantity == "output" and reaches(shape.dims(), target) for target in targets)
