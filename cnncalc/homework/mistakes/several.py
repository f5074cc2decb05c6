"""The wrong values of a question that two slips lead to, or one in another layer than the one asked for."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations

from cnncalc.analysis.report import Row
from cnncalc.graph import Node
from cnncalc.homework.mistakes.causes import ELSEWHERE, PART, RANK, TWO, Found, cause_of, counted_otherwise
from cnncalc.homework.mistakes.counts import count_slips
from cnncalc.homework.mistakes.layer import Cause, LayerSlip, taken
from cnncalc.homework.mistakes.layers import LAYER_SLIPS
from cnncalc.homework.mistakes.reference import DEPTH_SLIPS, SIZE_SLIPS, Network, value_of
from cnncalc.homework.quantities import SUMMED, Quantity, subject
from cnncalc.spec.files import bundled_specs, read_file
from cnncalc.spec.reader import Mapping, Scalar, read
from cnncalc.spec.values import literal

FEW_LAYERS = 12
"""In a network of more, a slip in one layer is not tried together with another one in a sum."""
LEAST_KNOWN = 10**5
"""A total from so much on tells one network from another."""
COMMON = 28
"""So many of the likeliest slips about layers are tried in pairs."""
WITH_SIZE = ("height", "width", "length", "elements", "neurons", "activations", "memory", "macs")
"""Numbers that follow from the output's size, besides the size itself."""


def several(network: Network, layer: str, quantity: Quantity) -> Found:
    """The values that two slips lead to, or one in another layer than the one asked for."""
    node = network.node(layer)
    if node is not None:
        yield from _pairs(network, node, quantity)
    yield from _everywhere(network, layer, quantity)
    if node is None and quantity.name in SUMMED:
        yield from _left_out(network, layer, quantity)
        yield from _sums(network, layer, quantity)
    if not layer:
        for number, name in totals_of_others(quantity.name):
            yield number, Cause(("another-network",), f"this is right for another network, {name}", ELSEWHERE)


def _pairs(network: Network, node: Node, quantity: Quantity) -> Found:
    """Two slips in the layer itself: of its size and its depth, or of its number on top."""
    for slip in LAYER_SLIPS:
        row = network.slipped_alone(node, (slip,))
        if row is None or quantity.name in ("receptive_field", "jump"):
            continue
        for number, cause in counted_otherwise(row, quantity):
            yield number, _both(cause_of(slip), cause)
    if quantity.form in ("shape", "axes") or quantity.name in WITH_SIZE:
        for pair in (*_two(SIZE_SLIPS, SIZE_SLIPS), *_two(SIZE_SLIPS, DEPTH_SLIPS)):
            row = _if_taken(network, node, pair)
            found = value_of(quantity, row) if row else None
            if found is not None:
                yield found, _both(*map(cause_of, pair))


def _two(some: tuple[LayerSlip, ...], others: tuple[LayerSlip, ...]) -> Iterator[tuple[LayerSlip, LayerSlip]]:
    pairs = combinations(some, 2) if some is others else ((a, b) for a in some for b in others)
    return ((a, b) for a, b in pairs if not (a.part == b.part == "size") and _are_common(a, b))


def _are_common(*slips: LayerSlip) -> bool:
    return all(slip.part == "depth" or RANK[slip.name] < COMMON for slip in slips)


def _if_taken(network: Network, node: Node, pair: tuple[LayerSlip, ...]) -> Row | None:
    both = taken(pair, node.layer, node.reads)
    return network.slipped_alone(node, pair) if both else None


def _both(*causes: Cause) -> Cause:
    """Causes that come together."""
    return Cause(
        tuple(name for cause in causes for name in cause.slips),
        "; and ".join(dict.fromkeys(cause.says for cause in causes)),
        TWO + sum(cause.steps for cause in causes),
    )


def _everywhere(network: Network, layer: str, quantity: Quantity) -> Found:
    """Slips in all layers at once, or in one of them that comes before."""
    for slip in LAYER_SLIPS:
        for only in ("", *(place for place in network.places if place != layer)):
            report = network.slipped((slip,), only)
            if report is None:
                continue
            cause = cause_of(slip, _where(network, slip, only), ELSEWHERE)
            row = subject(report, layer)
            found = value_of(quantity, row)
            if found is not None:
                yield found, cause
            for number, another in counted_otherwise(row, quantity):
                yield number, _both(cause, another)


def _where(network: Network, slip: LayerSlip, only: str) -> str:
    """In which layers a slip happens."""
    places = (only,) if only else network.places_of(slip)
    return f"in {places[0]}: " if len(places) == 1 else "in every layer: "


def _left_out(network: Network, layer: str, quantity: Quantity) -> Found:
    """A sum without some of its layers, or some of them alone."""
    rows = [row for row in network.rows(layer) if quantity.of(row)]
    values = [_number(quantity, row) for row in rows]
    total = sum(values)
    for row, value in zip(rows, values, strict=True):
        yield total - value, Cause(("left-out",), f"{row.name} is left out", PART)
        yield (
            value,
            Cause(("part-only",), f"this is {row.name} alone, and the sum of all layers is asked for", PART),
        )
        for number, cause in counted_otherwise(row, quantity):
            says = f"this is {row.name} alone, and there {cause.says}"
            yield number, Cause(("part-only", *cause.slips), says, TWO)
    for kind in dict.fromkeys(row.kind for row in rows):
        part = sum(value for row, value in zip(rows, values, strict=True) if row.kind == kind)
        yield total - part, Cause(("left-out",), f"the {kind} layers are left out", PART)
        yield part, Cause(("part-only",), f"these are the {kind} layers alone", PART)
    running = 0
    for row, value in zip(rows, values, strict=True):
        running += value
        yield running, Cause(("part-only",), f"this is the sum up to {row.name}", ELSEWHERE)
        yield total - running, Cause(("part-only",), f"this is the sum behind {row.name}", ELSEWHERE)


def _number(quantity: Quantity, row: Row) -> int:
    value = quantity.of(row)
    return value if isinstance(value, int) else 0


def _sums(network: Network, layer: str, quantity: Quantity) -> Found:
    """The sum with slips in its numbers, of the network as it is or as a slip in its layers makes it."""
    nothing = Cause((), "", 0)
    yield from _summed(network.rows(layer), quantity, nothing)
    for slip in LAYER_SLIPS:
        for only in ("", *(network.places if len(network.places) <= FEW_LAYERS else ())):
            report = network.slipped((slip,), only)
            if report is not None:
                cause = cause_of(slip, _where(network, slip, only), ELSEWHERE)
                yield from _summed(network.rows(layer, report), quantity, cause)


def _summed(rows: list[Row], quantity: Quantity, before: Cause) -> Found:
    """A sum of layers with one slip in one of them, in all of a kind, or in all."""
    own = {row.name: _number(quantity, row) for row in rows}
    total = sum(own.values())
    for slip in count_slips(quantity.name):
        off = {row.name: number - own[row.name] for row in rows if (number := slip.number(row)) is not None}
        kinds = dict.fromkeys(row.kind for row in rows if row.name in off)
        where = f": {slip.says}"
        everywhere = next(iter(off)) if len(off) == 1 else "every layer"
        yield total + sum(off.values()), _then(before, Cause((slip.name,), f"in {everywhere}{where}", PART))
        for kind in kinds if len(kinds) > 1 else ():
            some = sum(off[row.name] for row in rows if row.kind == kind and row.name in off)
            yield total + some, _then(before, Cause((slip.name,), f"in the {kind} layers{where}", PART))
        if len(rows) <= 40:
            for name, number in off.items():
                yield total + number, _then(before, Cause((slip.name,), f"in {name}{where}", PART))


def _then(before: Cause, cause: Cause) -> Cause:
    return _both(before, cause) if before.slips else cause


@cache
def totals_of_others(quantity: str) -> tuple[tuple[int, str], ...]:
    """What the bundled specs claim of their networks, with the networks' names."""
    found = []
    for path in bundled_specs():
        root = read(read_file(path))
        parts = {key.text: value for key, value in root.entries} if isinstance(root, Mapping) else {}
        claims, name = parts.get("expect"), parts.get("name")
        claim = claims.get(quantity) if isinstance(claims, Mapping) else None
        number = literal(claim.text) if isinstance(claim, Scalar) else None
        if type(number) is int and number >= LEAST_KNOWN and isinstance(name, Scalar):
            found.append((number, name.text))
    return tuple(found)
