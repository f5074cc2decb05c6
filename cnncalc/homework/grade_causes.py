"""The wrong values of one question, each with the slips that lead to it: what an answer is looked up in."""

from collections.abc import Iterator
from itertools import combinations

from cnncalc.analysis.report import Row
from cnncalc.graph import Node
from cnncalc.homework.grade_network import DEPTH_SLIPS, SIZE_SLIPS, Network, value_of
from cnncalc.homework.grade_quantities import QUANTITIES, Quantity, Value, subject
from cnncalc.homework.slips import Cause, LayerSlip, taken
from cnncalc.homework.slips_of_counts import count_slips
from cnncalc.homework.slips_of_fields import (
    FIELD_SLIPS,
    jumps_of_state,
    repeated_parts,
    sizes_of_state,
    sum_and_product,
)
from cnncalc.homework.slips_of_layers import LAYER_SLIPS

Found = Iterator[tuple[Value, Cause]]

TWO, ELSEWHERE, MIXED_UP, PART = 400, 300, 200, 150
"""How far lead two slips at once, slips in other layers than the one asked for, another quantity, and a
part of a sum."""
FEW_LAYERS = 12
"""In a network of more, a slip in one layer is not tried together with another one in a sum."""
COMMON = 28
"""So many of the likeliest slips about layers are tried in pairs."""
RANK = {slip.name: at for at, slip in enumerate(LAYER_SLIPS)}
SUMMED = (
    "params",
    "trainable",
    "weights",
    "biases",
    "macs",
    "flops",
    "neurons",
    "connections",
    "activations",
    "memory",
)
"""What a network's total is the sum of the layers in."""
WITH_SIZE = ("height", "width", "length", "elements", "neurons", "activations", "memory", "macs")
"""Numbers that follow from the output's size, besides the size itself."""
NEAR = {
    "params": "weights biases macs neurons elements buffers unshared_params",
    "macs": "flops params weights neurons elements connections",
    "flops": "params weights neurons elements",
    "output": "input",
}
"""What is mistaken for a quantity; of the others all that there are."""


def single(network: Network, layer: str, quantity: Quantity) -> Found:
    """The values that one slip leads to, the likeliest first."""
    row, node = network.row(layer), network.node(layer)
    yield from _counted(row, quantity)
    yield from _of_layers(network, layer, node, quantity)
    yield from _fields(network, layer, quantity)
    yield from _axes(row, quantity)
    yield from _other_quantities(row, quantity)
    yield from _other_layers(network, layer, quantity)


def _counted(row: Row, quantity: Quantity) -> Found:
    for slip in count_slips(quantity.name):
        number = slip.number(row)
        if number is not None:
            yield number, Cause((slip.name,), slip.says)
    if quantity.name == "flops":
        for slip in count_slips("macs"):
            number = slip.number(row)
            if number is not None:
                yield 2 * number, Cause((slip.name,), slip.says)
                yield (
                    number,
                    Cause(
                        (slip.name, "counted-once"), f"{slip.says}; multiply-adds are counted once", MIXED_UP
                    ),
                )
    if quantity.name == "macs":
        yield row.flops, Cause(("flops-for-macs",), "these are FLOPs: a multiply-accumulate is two of them")
        yield (
            2 * row.macs,
            Cause(("flops-for-macs",), "these are FLOPs: a multiply-accumulate is two of them"),
        )


def _of_layers(network: Network, layer: str, node: Node | None, quantity: Quantity) -> Found:
    """One slip in the layer; in a block or network in all layers that it can happen in."""
    for slip in LAYER_SLIPS:
        if node is not None:
            row = network.slipped_alone(node, (slip,))
            found = (
                None
                if row is None or quantity.name in ("receptive_field", "jump")
                else value_of(quantity, row)
            )
        else:
            report = network.slipped((slip,))
            found = value_of(quantity, subject(report, layer)) if report else None
        if found is not None:
            yield found, _cause(slip)


def _cause(slip: LayerSlip, where: str = "", steps: int = 100) -> Cause:
    return Cause((slip.name,), where + slip.says, steps + RANK[slip.name])


def _fields(network: Network, layer: str, quantity: Quantity) -> Found:
    """Slips in the recurrence of fields and jumps."""
    if quantity.name not in ("receptive_field", "jump"):
        return
    read = sizes_of_state if quantity.name == "receptive_field" else jumps_of_state
    at = network.number(layer)
    for slip in FIELD_SLIPS:
        found = read(network.fields(slip)[at])
        if found is not None:
            yield found, Cause((slip.name,), slip.says)
    if quantity.name == "receptive_field":
        for number in repeated_parts(network.graph, at):
            yield (
                number,
                Cause(("parts-added",), "the fields of the parts are added up; they overlap by a position"),
            )
        added, multiplied = sum_and_product(network.graph, at)
        yield added, Cause(("kernels-added",), "the kernels are added up; each after the first adds k − 1")
        yield (
            multiplied,
            Cause(("product-of-kernels",), "the kernels are multiplied; each adds k − 1 times the jump"),
        )


def _axes(row: Row, quantity: Quantity) -> Found:
    """The right numbers in a wrong order, or of another axis."""
    value = value_of(quantity, row)
    swapped = Cause(("axes-swapped",), "height and width are swapped")
    if isinstance(value, tuple) and quantity.form == "shape" and len(value) == 3:
        yield (value[0], value[2], value[1]), swapped
        yield (value[1], value[0], value[2]), Cause(("axes-swapped",), "depth and height are swapped")
    elif isinstance(value, tuple) and quantity.form == "axes":
        yield value[::-1], swapped
        for number in value:
            yield number, Cause(("one-axis",), "this is the number of one axis; the axes differ")
    if quantity.name in ("height", "width") and row.output.rank == 2:
        yield row.output.spatial[quantity.name == "height"], swapped
    if isinstance(value, int) and quantity.name == "receptive_field" and value:
        yield value**2, Cause(("area",), "this is the area; the size along one axis is asked for")
    if isinstance(value, int) and quantity.name == "padding" and value:
        yield 2 * value, Cause(("both-sides",), "this is the padding of both sides together")
        yield 0, Cause(("forgot-padding",), "without padding the map becomes smaller")


def _other_quantities(row: Row, quantity: Quantity) -> Found:
    """What is right for something else than is asked."""
    near = NEAR.get(quantity.name, "").split()
    for name in [*near, *(each for each in QUANTITIES if each not in near)]:
        other = QUANTITIES[name]
        alike = (other.form in ("count", "bytes")) == (quantity.form in ("count", "bytes"))
        found = value_of(other, row) if name != quantity.name and alike else None
        if found:
            says = f"this is {other.called}, and not {quantity.called}"
            yield found, Cause((f"{name}-for-{quantity.name}",), says, MIXED_UP)
    if quantity.form == "count" and row.reads:
        yield row.reads[0].size, Cause(("inputs",), "this is the number of inputs", MIXED_UP)
        yield row.reads[0].channels, Cause(("input-depth",), "this is the depth of the input", MIXED_UP)
        for number in row.reads[0].spatial:
            yield number, Cause(("input-size",), "this is the size of the input along an axis", MIXED_UP)


def _other_layers(network: Network, layer: str, quantity: Quantity) -> Found:
    """What is right for another layer of the network."""
    for row in network.report.layers:
        found = value_of(quantity, row) if row.name != layer else None
        if found and (layer or quantity.name not in SUMMED):
            says = f"this is right for another layer, {row.name}"
            yield found, Cause(("another-layer",), says, ELSEWHERE)


def several(network: Network, layer: str, quantity: Quantity) -> Found:
    """The values that two slips lead to, or one in another layer than the one asked for."""
    node = network.node(layer)
    if node is not None:
        yield from _pairs(network, node, quantity)
    yield from _everywhere(network, layer, quantity)
    if node is None and quantity.name in SUMMED:
        yield from _left_out(network, layer, quantity)
        yield from _sums(network, layer, quantity)


def _pairs(network: Network, node: Node, quantity: Quantity) -> Found:
    """Two slips in the layer itself: of its size and its depth, or of its number on top."""
    for slip in LAYER_SLIPS:
        row = network.slipped_alone(node, (slip,))
        if row is None or quantity.name in ("receptive_field", "jump"):
            continue
        for number, cause in _counted(row, quantity):
            yield number, _both(_cause(slip), cause)
    if quantity.form in ("shape", "axes") or quantity.name in WITH_SIZE:
        for pair in (*_two(SIZE_SLIPS, SIZE_SLIPS), *_two(SIZE_SLIPS, DEPTH_SLIPS)):
            row = _if_taken(network, node, pair)
            found = value_of(quantity, row) if row else None
            if found is not None:
                yield found, _both(*map(_cause, pair))


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
            cause = _cause(slip, f"in {only}: " if only else "in every layer: ", ELSEWHERE)
            row = subject(report, layer)
            found = value_of(quantity, row)
            if found is not None:
                yield found, cause
            for number, another in _counted(row, quantity):
                yield number, _both(cause, another)


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
                cause = _cause(slip, f"in {only}: " if only else "in every layer: ", ELSEWHERE)
                yield from _summed(network.rows(layer, report), quantity, cause)


def _summed(rows: list[Row], quantity: Quantity, before: Cause) -> Found:
    """A sum of layers with one slip in one of them, in all of a kind, or in all."""
    own = {row.name: _number(quantity, row) for row in rows}
    total = sum(own.values())
    for slip in count_slips(quantity.name):
        off = {row.name: number - own[row.name] for row in rows if (number := slip.number(row)) is not None}
        kinds = dict.fromkeys(row.kind for row in rows if row.name in off)
        where = f": {slip.says}"
        yield total + sum(off.values()), _then(before, Cause((slip.name,), f"in every layer{where}", PART))
        for kind in kinds if len(kinds) > 1 else ():
            some = sum(off[row.name] for row in rows if row.kind == kind and row.name in off)
            yield total + some, _then(before, Cause((slip.name,), f"in the {kind} layers{where}", PART))
        if len(rows) <= 40:
            for name, number in off.items():
                yield total + number, _then(before, Cause((slip.name,), f"in {name}{where}", PART))


def _then(before: Cause, cause: Cause) -> Cause:
    return _both(before, cause) if before.slips else cause
