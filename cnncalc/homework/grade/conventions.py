"""Other conventions by which an answer is right: how tools, papers and courses count the same thing."""

from collections.abc import Callable, Iterator
from itertools import permutations

from cnncalc.analysis.conventions import PROFILES
from cnncalc.analysis.recount import counts
from cnncalc.analysis.report import Row
from cnncalc.explore.reconcile.sums import CALLED
from cnncalc.homework.mistakes.counts import variables_of
from cnncalc.homework.mistakes.reference import ReferenceNetwork
from cnncalc.homework.quantities import FLOAT32, Value
from cnncalc.layers.convolution import ConvTranspose, Separable
from cnncalc.layers.normalization import BatchNorm

Convention = tuple[Value, str]
"""A value, and under which convention it is the right one."""

ORDERS = {
    (0, 1, 2, 3): "PyTorch's order, filters first",
    (2, 3, 1, 0): "Keras's order, filters last",
    (0, 2, 3, 1): "filters first, depth last",
    (1, 2, 3, 0): "depth first, filters last",
    (2, 3, 0, 1): "kernel, filters, depth",
}
"""Orders in which the sizes of filters are written."""


def conventions(network: ReferenceNetwork, layer: str, quantity: str) -> Iterator[Convention]:
    """The values that are right under another convention, the commonest first."""
    row = network.row(layer)
    rule = BY_QUANTITY.get(quantity)
    if rule:
        yield from rule(network, layer, row)


def _flops(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    rows = network.rows(layer)
    macs, biases = row.macs, sum(each.costs.adds for each in rows if each.neurons)
    if macs:
        yield macs, "FLOPs counted as multiply-adds"
        yield 2 * macs, "2 × multiply-adds, without biases and other operations"
        yield 2 * macs + biases, "2 × multiply-adds and the biases, without other operations"
        yield macs + biases, "multiply-adds and the biases, each counted once"
        yield 2 * macs - sum(each.neurons for each in rows), "one addition less than multiplications"
    elif _is_pool(row):
        yield _window_values(row), "every value of each window counted once"
        yield row.reads[0].size, "every input counted once"
        yield 0, "poolings taken to cost nothing"
    elif row.layer is not None and row.layer.family == "activation":
        yield row.output.size, "one operation for each value"
        yield 0, "activations taken to cost nothing"
    pools = [each for each in rows if _is_pool(each)]
    if pools and row.layer is None:
        yield (
            2 * macs + sum(map(_window_values, pools)),
            "2 × multiply-adds, and every value of a pooled window",
        )
    yield from _of_tools(network, layer, "flop")


def _is_pool(row: Row) -> bool:
    return row.layer is not None and row.layer.family == "pool"


def _window_values(row: Row) -> int:
    """The values in all windows of a pooling; bins share out the input, so that each value is in one."""
    known = variables_of(row)
    return known["m"] * known["v"] if "v" in known else known["n"]


def _macs(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    biases = sum(each.costs.adds for each in network.rows(layer) if each.neurons)
    if row.macs:
        yield row.macs + biases, "the additions of the biases counted, too"
    yield from _of_tools(network, layer, "m")


def _of_tools(network: ReferenceNetwork, layer: str, called: str) -> Iterator[Convention]:
    """What tools count that call it so, where they count convolutions, and count them rightly."""
    rows = network.rows(layer)
    if any(isinstance(row.layer, ConvTranspose) for row in rows):
        return
    neurons = [row for row in rows if row.neurons]
    for tool, profile in PROFILES.items():
        if tool == "netscope":  # it ignores groups
            continue
        for number, quantity in enumerate(profile.quantities):
            if not quantity.lower().startswith(called):
                continue
            found = {row.name: (counts(row, tool) or ()) for row in rows if row.layer is not None}
            total = sum(each[number] for each in found.values() if each)
            if total and (not neurons or any(found[row.name] and found[row.name][number] for row in neurons)):
                yield total, f"as {CALLED.get(tool, tool)} counts"


def _multiplications(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield row.macs + row.costs.multiplications, "those inside multiply-adds counted, too"
    yield row.macs, "those of multiply-adds"


def _adds(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    neurons = sum(each.neurons for each in network.rows(layer))
    yield row.macs + row.costs.adds, "those inside multiply-adds counted, too"
    yield row.macs, "those of multiply-adds"
    yield row.macs - neurons + row.costs.adds, "one addition less than multiplications, and the biases"
    yield row.macs - neurons, "one addition less than multiplications"


def _params(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    if row.buffers:
        yield row.params.total + row.buffers, "running statistics counted as parameters, as Keras does"
    if isinstance(row.layer, Separable) and "bias" in row.weights:
        yield row.params.total + row.reads[0].channels, "a bias after each of the two steps, as in PyTorch"


def _frozen(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    if row.buffers:
        yield row.params.frozen + row.buffers, "running statistics counted as frozen, as Keras does"


def _buffers(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    norms = sum(isinstance(each.layer, BatchNorm) for each in network.rows(layer))
    yield row.buffers + norms, "PyTorch's counters of batches counted, too"


def _connections(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield row.connections.weighted, "biases not counted as connections"


def _neurons(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    rows = network.rows(layer)
    pooled = sum(each.output.size for each in rows if _is_pool(each))
    yield row.neurons + pooled, "outputs of poolings counted as neurons"
    if not layer:
        yield row.neurons + network.report.input.size, "inputs counted as neurons"
        yield row.neurons + pooled + network.report.input.size, "inputs and poolings counted as neurons"


def _activations(scale: int, network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    """The outputs added up with or without the input, and those that can stand in their input's place."""
    rows = network.rows(layer)
    everything = sum(each.output.size for each in rows)
    listed = sum(each.output.size for each in rows if not _in_place(each))
    if row.layer is not None:
        yield scale * row.output.size, "its output counted, though it is only another view of the input"
        return
    entry = 0 if layer else network.report.input.size
    yield scale * listed, "activation functions taken to work in place"
    yield scale * (listed + entry), "the input counted, activation functions taken to work in place"
    yield row.activation // FLOAT32 * scale + entry * scale, "the input counted, too"
    yield scale * everything, "every output counted, views of another one, too"
    yield scale * (everything + entry), "the input and every output counted"
    if not layer:
        yield network.report.memory.peak // FLOAT32 * scale, "what is held at one time at most"


def _in_place(row: Row) -> bool:
    return row.layer is not None and (row.layer.family == "activation" or row.layer.is_view)


def _elements(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield from _activations(1, network, layer, row)


def _memory(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield from _activations(FLOAT32, network, layer, row)
    if not layer:
        memory = network.report.memory
        yield memory.parameters + memory.activations, "parameters and activations together"
        yield memory.inference, "parameters and what is held at one time at most"
        yield memory.training, "what training needs"


def _param_memory(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield (row.params.total + row.buffers) * FLOAT32, "running statistics counted, too"


def _field(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    whole = network.report.input.spatial
    size = row.field.size
    if whole and size is None:
        yield (whole[0] if len(set(whole)) == 1 else whole), "the whole input, as a size"
    elif whole and size:
        clipped = tuple(map(min, zip(size, whole, strict=True)))
        yield (clipped[0] if len(set(clipped)) == 1 else clipped), "cut off at the borders of the input"


def _weight_shape(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    weight = next(iter(row.weights.values()), ())
    if len(weight) == 4:
        for order, called in ORDERS.items():
            yield tuple(weight[at] for at in order), called
    elif len(weight) > 1:
        for each in permutations(weight):
            yield each, "another order of the same sizes"


BY_QUANTITY: dict[str, Callable[[ReferenceNetwork, str, Row], Iterator[Convention]]] = {
    "flops": _flops,
    "macs": _macs,
    "multiplications": _multiplications,
    "adds": _adds,
    "params": _params,
    "frozen": _frozen,
    "buffers": _buffers,
    "connections": _connections,
    "neurons": _neurons,
    "activations": _elements,
    "memory.activations": _memory,
    "memory.parameters": _param_memory,
    "receptive_field": _field,
    "weight_shapes": _weight_shape,
}
