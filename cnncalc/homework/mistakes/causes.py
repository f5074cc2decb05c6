"""The wrong values of a question with their causes: the table in which an answer is looked up."""

from collections.abc import Iterator
from functools import cache

from cnncalc.analysis.report import Row
from cnncalc.graph import Node
from cnncalc.homework.mistakes.cause import Cause, Rank, together
from cnncalc.homework.mistakes.counts import count_mistakes, miscounts
from cnncalc.homework.mistakes.depths import GREY_SAYS
from cnncalc.homework.mistakes.fields import (
    FIELD_MISTAKES,
    FREQUENT_IN_FIELDS,
    jumps_of_state,
    repeated_parts,
    sizes_of_state,
    sum_and_product,
)
from cnncalc.homework.mistakes.layers import LAYER_MISTAKES, PAIRS, LayerMistake, says_the_same
from cnncalc.homework.mistakes.reference import OF_FIELDS, ReferenceNetwork, value_of
from cnncalc.homework.quantities import QUANTITIES, SUMMED, Answerable, Value, subject, window_of
from cnncalc.spec.files import bundled_specs, read_file
from cnncalc.spec.reader import Mapping, Scalar, read
from cnncalc.spec.values import literal

WrongValues = Iterator[tuple[Value, Cause]]

ROUNDINGS = tuple(
    mistake for mistake in LAYER_MISTAKES if mistake.name in ("ceil-for-floor", "floor-for-ceil")
)
PLACES = {mistake.name: at for at, mistake in enumerate(LAYER_MISTAKES)}
CONFUSED_WITH = {
    "params": "weights biases macs neurons elements buffers unshared_params",
    "macs": "flops params weights neurons elements connections",
    "flops": "params weights neurons elements",
    "output": "input",
}
"""Quantities most often confused with another; all others are tried after them."""


def single(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """The values that one mistake gives, likeliest first."""
    row, node = network.row(layer), network.node(layer)
    only = _only_one(network, layer, quantity)
    if only:
        yield from single(network, only, quantity)
        return
    yield from miscounted(row, quantity)
    yield from _of_layers(network, layer, node, quantity)
    if node is not None:
        yield from _of_depths(network, node, quantity)
        yield from _rounded_before(network, node, quantity)
    yield from _fields(network, layer, quantity)
    yield from _axes(row, quantity)
    yield from _other_quantities(row, quantity)
    yield from _other_layers(network, layer, quantity)


def _only_one(network: ReferenceNetwork, layer: str, quantity: Answerable) -> str:
    """The only layer that contributes to a block's or network's number; empty if there are several."""
    rows = network.rows(layer)
    if quantity.name in SUMMED:
        rows = [row for row in rows if quantity.of(row)]
    return rows[0].name if len(rows) == 1 and rows[0].name != layer else ""


def miscounted(row: Row, quantity: Answerable) -> WrongValues:
    """Values of formulas with a term changed, and of confused operations."""
    for mistake, number in zip(count_mistakes(quantity.name), miscounts(quantity.name, row), strict=True):
        if number is not None:
            yield number, Cause((mistake.name,), mistake.says)
    if quantity.name == "flops":
        for mistake, number in zip(count_mistakes("macs"), miscounts("macs", row), strict=True):
            if number is not None:
                yield 2 * number, Cause((mistake.name,), mistake.says)
                yield (
                    number,
                    Cause(
                        (mistake.name, "counted-once"),
                        f"{mistake.says}; and each multiply-add counts as one operation",
                        Rank.OTHER_QUANTITY,
                    ),
                )
    if quantity.name == "macs" and row.macs:
        flops = Cause(("flops-for-macs",), "these are FLOPs; one MAC is two FLOPs")
        yield row.flops, flops
        yield 2 * row.macs, flops


def _of_layers(network: ReferenceNetwork, layer: str, node: Node | None, quantity: Answerable) -> WrongValues:
    """One mistake in the layer; in a block or network, in every layer where it is possible."""
    for mistake in LAYER_MISTAKES:
        if node is not None and says_the_same(mistake, node.layer, node.reads):
            continue
        if node is not None:
            row = network.mistaken_alone(node, (mistake,))
            found = (
                None
                if row is None or quantity.name in ("receptive_field", "jump")
                else value_of(quantity, row)
            )
        else:
            report = network.mistaken((mistake,), quantity=quantity.name)
            found = value_of(quantity, subject(report, layer)) if report else None
        if found is not None:
            yield found, cause_of(mistake)


def _of_depths(network: ReferenceNetwork, node: Node, quantity: Answerable) -> WrongValues:
    """Another depth read: of a grey image, or of another branch."""
    if node.inputs == (0,):
        yield from _as_grey(network, node.name, quantity, Rank.HERE)
    for row, name in network.with_other_depths(node):
        found = value_of(quantity, row)
        if found is not None:
            yield found, _depth_of(name)


def _as_grey(network: ReferenceNetwork, layer: str, quantity: Answerable, rank: Rank) -> WrongValues:
    row = subject(network.grey, layer) if network.grey else None
    found = value_of(quantity, row) if row else None
    if found is not None:
        yield found, Cause(("image-as-grey",), GREY_SAYS, rank, len(PLACES))


def _depth_of(other: str, where: str = "", rank: Rank = Rank.OCCASIONAL) -> Cause:
    return Cause(("depth-of-branch",), f"{where}the depth of {other} was used as the input depth", rank)


def _rounded_before(network: ReferenceNetwork, node: Node, quantity: Answerable) -> WrongValues:
    """A size rounded the wrong way in a layer before, as likely as in the layer itself."""
    own = network.row(node.name)
    for mistake in ROUNDINGS if quantity.name not in OF_FIELDS else ():
        for place in network.those_before(node, network.places_resized_by(mistake)):
            report = network.mistaken((mistake,), place, quantity.name)
            row = report.layer(node.name) if report else own
            found = value_of(quantity, row) if row is not own else None
            if found is not None:
                yield found, cause_of(mistake, f"in {place}: ")


def cause_of(mistake: LayerMistake, where: str = "", rank: Rank | None = None) -> Cause:
    """The cause for a mistake in a layer; earlier in the table is likelier."""
    return Cause((mistake.name,), where + mistake.says, rank or mistake.rank, PLACES[mistake.name])


def _fields(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """Mistakes in the recurrence of receptive fields and jumps."""
    if quantity.name not in ("receptive_field", "jump"):
        return
    read = sizes_of_state if quantity.name == "receptive_field" else jumps_of_state
    at = network.number(layer)
    for place, mistake in enumerate(FIELD_MISTAKES):
        found = read(network.fields(mistake)[at])
        if found is not None:
            rank = Rank.HERE if mistake in FREQUENT_IN_FIELDS else Rank.OCCASIONAL
            yield found, Cause((mistake.name,), mistake.says, rank, place)
    if quantity.name == "receptive_field":
        for number in repeated_parts(network.graph, at):
            yield (
                number,
                Cause(
                    ("parts-added",),
                    "the receptive fields of the parts were added, but they overlap by one position",
                ),
            )
        added, multiplied = sum_and_product(network.graph, at)
        yield (
            added,
            Cause(
                ("kernels-added",), "the kernel sizes were added; each kernel after the first adds only k − 1"
            ),
        )
        yield (
            multiplied,
            Cause(
                ("product-of-kernels",), "the kernel sizes were multiplied; each kernel adds (k − 1) × jump"
            ),
        )


def _axes(row: Row, quantity: Answerable) -> WrongValues:
    """Correct numbers in the wrong order, or for another axis."""
    value = value_of(quantity, row)
    swapped = Cause(("axes-swapped",), "height and width are swapped")
    if isinstance(value, tuple) and quantity.form == "shape" and len(value) == 3:
        yield (value[0], value[2], value[1]), swapped
        yield (value[1], value[0], value[2]), Cause(("axes-swapped",), "depth and height are swapped")
    elif isinstance(value, tuple) and quantity.form == "axes":
        yield value[::-1], swapped
        for number in value:
            yield number, Cause(("one-axis",), "this is the number for one axis; the axes differ")
    if quantity.name in ("height", "width") and row.output.rank == 2:
        yield row.output.spatial[quantity.name == "height"], swapped
    if isinstance(value, int) and quantity.name == "receptive_field" and value:
        yield value**2, Cause(("area",), "this is the area; expected the size along one axis")
    if isinstance(value, int) and quantity.name == "padding" and value:
        yield 2 * value, Cause(("both-sides",), "this is the total padding of both sides")
        yield 0, Cause(("forgot-padding",), "without padding, the output is smaller than the input")
    windows = window_of(row) if quantity.name == "padding" else ()
    if windows:
        says = "this is the kernel size; the padding is what is added on each side"
        yield windows[0].kernel, Cause(("kernel-for-padding",), says)


def _other_quantities(row: Row, quantity: Answerable) -> WrongValues:
    """Values that are correct for another quantity."""
    near = CONFUSED_WITH.get(quantity.name, "").split()
    for name in [*near, *(each for each in QUANTITIES if each not in near)]:
        other = QUANTITIES[name]
        found = value_of(other, row) if name != quantity.name and other.form == quantity.form else None
        if found:
            says = f"this is correct for {other.called}; expected {quantity.called}"
            yield found, Cause((f"{name}-for-{quantity.name}",), says, Rank.OTHER_QUANTITY)
    if quantity.form == "count" and row.reads:
        yield row.reads[0].size, Cause(("inputs",), "this is the number of inputs", Rank.OTHER_QUANTITY)
        yield (
            row.reads[0].channels,
            Cause(("input-depth",), "this is the input's depth", Rank.OTHER_QUANTITY),
        )
        for number in row.reads[0].spatial:
            yield (
                number,
                Cause(("input-size",), "this is the input's size along one axis", Rank.OTHER_QUANTITY),
            )


def _other_layers(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """Values that are correct for another layer of the network."""
    for row in network.report.layers:
        found = value_of(quantity, row) if row.name != layer else None
        if found and (layer or quantity.name not in SUMMED):
            says = f"this is correct for another layer, {row.name}"
            yield found, Cause(("another-layer",), says, Rank.ELSEWHERE)


FEW_LAYERS = 12
"""Largest network in which sums combine a mistake in one layer with another mistake."""
LEAST_KNOWN = 10**5
"""Smallest total that identifies a network."""
WITH_SIZE = ("height", "width", "length", "elements", "neurons", "activations", "memory.activations", "macs")
"""Quantities computed from the output size."""


def several(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """The values that two mistakes give, or one mistake in another layer."""
    node = network.node(layer)
    if node is not None:
        yield from _pairs(network, node, quantity)
        yield from _as_grey(network, layer, quantity, Rank.ELSEWHERE)
    yield from _everywhere(network, layer, quantity)
    if node is None and quantity.name in SUMMED:
        yield from _left_out(network, layer, quantity)
        yield from _sums(network, layer, quantity)
    if not layer:
        for number, name in totals_of_others(quantity.name):
            yield (
                number,
                Cause(("another-network",), f"this is correct for another network, {name}", Rank.ELSEWHERE),
            )


def _pairs(network: ReferenceNetwork, node: Node, quantity: Answerable) -> WrongValues:
    """Two mistakes in the layer itself: in size and depth, or in size and the formula of its number."""
    for mistake in LAYER_MISTAKES:
        row = network.mistaken_alone(node, (mistake,))
        if row is None or quantity.name in ("receptive_field", "jump"):
            continue
        for number, cause in miscounted(row, quantity):
            yield number, together(cause_of(mistake, rank=Rank.HERE), cause)
    if quantity.form in ("shape", "axes") or quantity.name in WITH_SIZE:
        for pair in PAIRS:
            row = network.mistaken_alone(node, pair)
            found = value_of(quantity, row) if row else None
            if found is not None:
                yield found, together(*(cause_of(each, rank=Rank.HERE) for each in pair))


def _everywhere(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """A mistake in all layers, or in one other layer that changes this one."""
    own = network.row(layer)
    for mistake in LAYER_MISTAKES:
        for only in ("", *network.places_before(layer)):
            report = network.mistaken((mistake,), only, quantity.name)
            row = subject(report, layer) if report else own
            if row is own:
                continue
            cause = cause_of(mistake, _where(network, mistake, only), Rank.ELSEWHERE)
            found = value_of(quantity, row)
            if found is not None:
                yield found, cause
            for number, another in miscounted(row, quantity):
                yield number, together(cause, another)


def _where(network: ReferenceNetwork, mistake: LayerMistake, only: str) -> str:
    """The layers in which a mistake happens, as the start of a sentence."""
    places = (only,) if only else network.places_of(mistake)
    return f"in {places[0]}: " if len(places) == 1 else "in every layer: "


def _left_out(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """A sum without some of its layers, or of some layers only."""
    rows = [row for row in network.rows(layer) if quantity.of(row)]
    values = [_number(quantity, row) for row in rows]
    total = sum(values)
    for row, value in zip(rows, values, strict=True):
        yield total - value, Cause(("left-out",), f"{row.name} is missing from the sum", Rank.PART)
        yield (
            value,
            Cause(("part-only",), f"this is {row.name} only; expected the sum of all layers", Rank.PART),
        )
        if quantity.name == "flops" and row.macs:
            says = f"in {row.name}: the factor 2 is missing; one MAC is two FLOPs"
            for whole in (total, 2 * network.row(layer).macs):
                yield whole - row.macs, Cause(("counted-once",), says, Rank.PART)
        for number, cause in miscounted(row, quantity):
            says = f"this is {row.name} only, and {cause.says}"
            yield number, Cause(("part-only", *cause.mistakes), says, Rank.PART_AND_MORE)
    for kind in dict.fromkeys(row.kind for row in rows):
        part = sum(value for row, value in zip(rows, values, strict=True) if row.kind == kind)
        yield total - part, Cause(("left-out",), f"the {kind} layers are missing from the sum", Rank.PART)
        yield part, Cause(("part-only",), f"this is the sum of the {kind} layers only", Rank.PART)
    running = 0
    for row, value in zip(rows, values, strict=True):
        running += value
        yield running, Cause(("part-only",), f"this is the sum up to {row.name}", Rank.ELSEWHERE)
        yield total - running, Cause(("part-only",), f"this is the sum after {row.name}", Rank.ELSEWHERE)


def _number(quantity: Answerable, row: Row) -> int:
    value = quantity.of(row)
    return value if isinstance(value, int) else 0


def _sums(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """Sums with mistakes in their terms, for the correct network or one with a mistake in its layers."""
    nothing = Cause((), "")
    yield from _summed(network.rows(layer), quantity, nothing)
    yield from _summed_depths(network, layer, quantity)
    for mistake in LAYER_MISTAKES:
        for only in ("", *(network.places if len(network.places) <= FEW_LAYERS else ())):
            report = network.mistaken((mistake,), only)
            if report is not None:
                cause = cause_of(mistake, _where(network, mistake, only), Rank.ELSEWHERE)
                yield from _summed(network.rows(layer, report), quantity, cause)


def _summed_depths(network: ReferenceNetwork, layer: str, quantity: Answerable) -> WrongValues:
    """A sum for a grey image, or with the depth of another branch in one layer."""
    rows = network.rows(layer)
    total = sum(_number(quantity, row) for row in rows)
    learns = any(node.inputs == (0,) and node.layer.has_neurons for node in network.graph.layers)
    yield from _as_grey(network, layer, quantity, Rank.PART if learns else Rank.ELSEWHERE)
    for row in rows:
        node = network.node(row.name)
        for wrong, name in network.with_other_depths(node) if node else ():
            number = total - _number(quantity, row) + _number(quantity, wrong)
            yield number, _depth_of(name, f"in {row.name}: ", Rank.PART_AND_MORE)


def _summed(rows: list[Row], quantity: Answerable, before: Cause) -> WrongValues:
    """A sum with a mistake in one layer, in all layers of a kind, or in all layers."""
    own = {row.name: _number(quantity, row) for row in rows}
    total = sum(own.values())
    numbers = [miscounts(quantity.name, row) for row in rows]
    for at, mistake in enumerate(count_mistakes(quantity.name)):
        off = {
            row.name: number - own[row.name]
            for row, each in zip(rows, numbers, strict=True)
            if (number := each[at]) is not None
        }
        kinds = dict.fromkeys(row.kind for row in rows if row.name in off)
        where = f": {mistake.says}"
        everywhere = next(iter(off)) if len(off) == 1 else "every layer"
        yield (
            total + sum(off.values()),
            _then(before, Cause((mistake.name,), f"in {everywhere}{where}", Rank.PART)),
        )
        for kind in kinds if len(kinds) > 1 else ():
            some = sum(off[row.name] for row in rows if row.kind == kind and row.name in off)
            yield (
                total + some,
                _then(before, Cause((mistake.name,), f"in the {kind} layers{where}", Rank.PART)),
            )
        if len(rows) <= 40:
            for name, number in off.items():
                yield total + number, _then(before, Cause((mistake.name,), f"in {name}{where}", Rank.PART))


def _then(before: Cause, cause: Cause) -> Cause:
    return together(before, cause) if before.mistakes else cause


@cache
def totals_of_others(quantity: str) -> tuple[tuple[int, str], ...]:
    """The expected totals in bundled specs, with the networks' names."""
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
