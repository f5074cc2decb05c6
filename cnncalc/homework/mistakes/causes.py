"""The wrong values of one question, each with the slips that lead to it: what an answer is looked up in."""

from collections.abc import Iterator

from cnncalc.analysis.report import Row
from cnncalc.graph import Node
from cnncalc.homework.mistakes.counts import count_slips
from cnncalc.homework.mistakes.fields import (
    FIELD_SLIPS,
    jumps_of_state,
    repeated_parts,
    sizes_of_state,
    sum_and_product,
)
from cnncalc.homework.mistakes.layer import Cause, LayerSlip
from cnncalc.homework.mistakes.layers import LAYER_SLIPS
from cnncalc.homework.mistakes.reference import Network, value_of
from cnncalc.homework.quantities import QUANTITIES, SUMMED, Quantity, Value, subject

Found = Iterator[tuple[Value, Cause]]

TWO, ELSEWHERE, MIXED_UP, PART = 400, 300, 200, 150
"""How far lead two slips at once, slips in other layers than the one asked for, another quantity, and a
part of a sum."""
RANK = {slip.name: at for at, slip in enumerate(LAYER_SLIPS)}
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
    only = _only_one(network, layer, quantity)
    if only:
        yield from single(network, only, quantity)
        return
    yield from counted_otherwise(row, quantity)
    yield from _of_layers(network, layer, node, quantity)
    yield from _fields(network, layer, quantity)
    yield from _axes(row, quantity)
    yield from _other_quantities(row, quantity)
    yield from _other_layers(network, layer, quantity)


def _only_one(network: Network, layer: str, quantity: Quantity) -> str:
    """The layer that a block or network has a number from alone; nothing where there are several."""
    rows = network.rows(layer)
    if quantity.name in SUMMED:
        rows = [row for row in rows if quantity.of(row)]
    return rows[0].name if len(rows) == 1 and rows[0].name != layer else ""


def counted_otherwise(row: Row, quantity: Quantity) -> Found:
    """The values of formulas with a term changed, and of operations taken for others."""
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
    if quantity.name == "macs" and row.macs:
        flops = Cause(("flops-for-macs",), "these are FLOPs: a multiply-accumulate is two of them")
        yield row.flops, flops
        yield 2 * row.macs, flops


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
            yield found, cause_of(slip)


def cause_of(slip: LayerSlip, where: str = "", steps: int = 100) -> Cause:
    """What is said of a slip in a layer, the likelier the earlier it stands in the table."""
    return Cause((slip.name,), where + slip.says, steps + RANK[slip.name])


def _fields(network: Network, layer: str, quantity: Quantity) -> Found:
    """Slips in the recurrence of fields and jumps."""
    if quantity.name not in ("receptive_field", "jump"):
        return
    read = sizes_of_state if quantity.name == "receptive_field" else jumps_of_state
    at = network.number(layer)
    for rank, slip in enumerate(FIELD_SLIPS):
        found = read(network.fields(slip)[at])
        if found is not None:
            yield found, Cause((slip.name,), slip.says, 100 + rank)
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
        found = value_of(other, row) if name != quantity.name and other.form == quantity.form else None
        if found:
            says = f"this is right for {other.called}, not for {quantity.called}"
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
