"""Why there is no solution: the nearest that can be reached, and what an uneven padding would do."""

from collections.abc import Iterator

from cnncalc.explore.solve.search import SolveSearch, Values, distance, names, reaches, side_of
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


def reasons(asked: SolveTask, search: SolveSearch) -> Iterator[str]:
    """The sentences behind "none, because"."""
    yield _tried(asked, search)
    layout = asked.typed.input.layout
    for at, target in enumerate(asked.targets):
        found = {value: values for (index, value), values in search.reached.items() if index == at}
        if found:
            yield from _nearest(asked, target, found, layout)
    yield from _uneven(asked, search)


def _tried(asked: SolveTask, search: SolveSearch) -> str:
    """What was tried, and what it did not give."""
    ranges = (
        f"{each.title} {search.ranges[each.variable][0]} to {search.ranges[each.variable][1]}"
        for each in asked.unknowns
        if each not in search.free
    )
    wanted = " and ".join(_wanted(target, asked.typed.input.layout) for target in asked.targets)
    return f"nothing from {', '.join(ranges)} gives {wanted}"


def _wanted(target: Target, layout: Layout) -> str:
    if target.quantity == "output":
        return "an output of " + _sizes(target.sizes, layout)
    if target.quantity == "receptive_field":
        return f"a receptive field of {'×'.join(map(str, target.sizes))}"
    return f"{target.written} {WORDS[target.quantity]}"


def _sizes(sizes: tuple[int | None, ...], layout: Layout) -> str:
    """An output as it was asked for, its channels where they were said."""
    channels, *spatial = ("?" if size is None else str(size) for size in sizes)
    if sizes[0] is None:
        return "×".join(spatial)
    return "×".join([*spatial, channels] if layout == "hwc" else [channels, *spatial])


def _nearest(asked: SolveTask, target: Target, found: dict[object, Values], layout: Layout) -> Iterator[str]:
    """The nearest values below and above, with what gives them."""
    sides = []
    for side in ("below", "above"):
        there = [value for value in found if side_of(value, target) == side]
        near = [(far, value) for value in there if (far := distance(value, target)) is not None]
        if near:
            _, value = min(near, key=lambda pair: pair[0])
            given = names(asked.unknowns, found[value])
            by = ", ".join(f"{title} = {number}" for title, number in given.items())
            sides.append(f"{_shown(value, target, layout)} ({by})")
    if sides:
        yield f"the nearest {'are' if len(sides) > 1 else 'is'} {' and '.join(sides)}"


def _shown(value: object, target: Target, layout: Layout) -> str:
    if isinstance(value, tuple):
        if target.quantity == "output":
            if target.sizes[0] is None:
                return "×".join(map(str, value[1:]))
            return shape_of(value).text(layout)
        return "×".join(map(str, value))
    return f"{value:,}"


def _uneven(asked: SolveTask, search: SolveSearch) -> Iterator[str]:
    """Whether one more zero on one side than on the other would do what no even padding does."""
    paddings = [each for each in asked.unknowns if each.option == "padding"]
    if len(paddings) != 1 or len(asked.unknowns) != 1 or asked.typed.input.shape.rank == 0:
        return
    (unknown,) = paddings
    low, high = search.ranges[unknown.variable]
    for p in range(low, high):
        if _reached(asked, unknown, ((p, p + 1),) * asked.typed.input.shape.rank):
            sides = ", ".join([f"[{p}, {p + 1}]"] * asked.typed.input.shape.rank)
            odd = f"{2 * p + 1} zeros on both sides together would do, an odd number"
            yield f"{odd}: no padding that is the same on each side; padding: [{sides}] does it"
            return


def _reached(asked: SolveTask, unknown: Unknown, padding: Value) -> bool:
    try:
        network = built(asked.document, {unknown.variable: padding}, asked.input({}))
    except SpecError:
        return False
    shape = network.graph.nodes[network.graph.output].shape
    return all(target.quantity == "output" and reaches(shape.dims(), target) for target in asked.targets)
