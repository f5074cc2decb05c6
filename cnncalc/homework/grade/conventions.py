"""Conventions under which other answers are correct: how tools, papers and courses count."""

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
"""A value, and the convention under which it is correct."""

ORDERS = {
    (0, 1, 2, 3): "PyTorch's order, filters first",
    (2, 3, 1, 0): "Keras's order, filters last",
    (0, 2, 3, 1): "filters first, depth last",
    (1, 2, 3, 0): "depth first, filters last",
    (2, 3, 0, 1): "kernel, filters, depth",
}
"""Orders of the axes of filters."""


def conventions(network: ReferenceNetwork, layer: str, quantity: str) -> Iterator[Convention]:
    """The values that are correct under other conventions, most common first."""
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
        yield 2 * macs + biases, "2 × multiply-adds plus biases, without other operations"
        yield macs + biases, "multiply-adds plus biases, each counted once"
        yield 2 * macs - sum(each.neurons for each in rows), "one addition fewer than multiplications"
    elif _is_pool(row):
        yield _window_values(row), "each value of each window counted once"
        yield row.reads[0].size, "each input counted once"
        yield 0, "pooling counted as free"
    elif row.layer is not None and row.layer.family == "activation":
        yield row.output.size, "one operation per value"
        yield 0, "activation functions counted as free"
    pools = [each for each in rows if _is_pool(each)]
    if pools and row.layer is None:
        yield (
            2 * macs + sum(map(_window_values, pools)),
            "2 × multiply-adds plus each value of the pooling windows",
        )
    yield from _of_tools(network, layer, "flop")


def _is_pool(row: Row) -> bool:
    return row.layer is not None and row.layer.family == "pool"


def _window_values(row: Row) -> int:
    """The values in all windows of a pooling layer; with bins, each input is in one of them."""
    known = variables_of(row)
    return known["m"] * known["v"] if "v" in known else known["n"]


def _macs(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    biases = sum(each.costs.adds for each in network.rows(layer) if each.neurons)
    if row.macs:
        yield row.macs + biases, "additions of biases included"
    yield from _of_tools(network, layer, "m")


def _of_tools(network: ReferenceNetwork, layer: str, called: str) -> Iterator[Convention]:
    """The counts of tools that use this name, if they count all convolutions correctly."""
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
                yield total, f"as counted by {CALLED.get(tool, tool)}"


def _multiplications(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield row.macs + row.costs.multiplications, "those in multiply-adds included"
    yield row.macs, "only those in multiply-adds"


def _adds(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    neurons = sum(each.neurons for each in network.rows(layer))
    yield row.macs + row.costs.adds, "those in multiply-adds included"
    yield row.macs, "only those in multiply-adds"
    yield row.macs - neurons + row.costs.adds, "one addition fewer than multiplications, plus biases"
    yield row.macs - neurons, "one addition fewer than multiplications"


def _params(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    if row.buffers:
        yield row.params.total + row.buffers, "running statistics counted as parameters, as in Keras"
    if isinstance(row.layer, Separable) and "bias" in row.weights:
        yield row.params.total + row.reads[0].channels, "a bias after each of the two steps, as in PyTorch"


def _frozen(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    if row.buffers:
        yield row.params.frozen + row.buffers, "running statistics counted as frozen, as in Keras"


def _buffers(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    norms = sum(isinstance(each.layer, BatchNorm) for each in network.rows(layer))
    yield row.buffers + norms, "PyTorch's batch counters (num_batches_tracked) included"


def _connections(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield row.connections.weighted, "connections without biases"


def _neurons(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    rows = network.rows(layer)
    pooled = sum(each.output.size for each in rows if _is_pool(each))
    yield row.neurons + pooled, "pooling outputs counted as neurons"
    if not layer:
        yield row.neurons + network.report.input.size, "inputs counted as neurons"
        yield (
            row.neurons + pooled + network.report.input.size,
            "inputs and pooling outputs counted as neurons",
        )


def _activations(scale: int, network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    """Sums of outputs with or without the input and in-place layers."""
    rows = network.rows(layer)
    everything = sum(each.output.size for each in rows)
    listed = sum(each.output.size for each in rows if not _in_place(each))
    if row.layer is not None:
        yield scale * row.output.size, "output counted, although it is a view of the input"
        return
    entry = 0 if layer else network.report.input.size
    yield scale * listed, "activation functions in place"
    yield scale * (listed + entry), "input included, activation functions in place"
    yield row.activation // FLOAT32 * scale + entry * scale, "input included"
    yield scale * everything, "all outputs, including views"
    yield scale * (everything + entry), "input and all outputs, including views"
    if not layer:
        yield network.report.memory.peak // FLOAT32 * scale, "peak activations"


def _in_place(row: Row) -> bool:
    return row.layer is not None and (row.layer.family == "activation" or row.layer.is_view)


def _elements(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield from _activations(1, network, layer, row)


def _memory(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield from _activations(FLOAT32, network, layer, row)
    if not layer:
        memory = network.report.memory
        yield memory.parameters + memory.activations, "parameters plus activations"
        yield memory.inference, "parameters plus peak activations"
        yield memory.training, "training memory"


def _param_memory(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    yield (row.params.total + row.buffers) * FLOAT32, "running statistics included"


def _field(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    whole = network.report.input.spatial
    size = row.field.size
    if whole and size is None:
        yield (whole[0] if len(set(whole)) == 1 else whole), "the size of the whole input"
    elif whole and size:
        clipped = tuple(map(min, zip(size, whole, strict=True)))
        yield (clipped[0] if len(set(clipped)) == 1 else clipped), "clipped to the input"


def _weight_shape(network: ReferenceNetwork, layer: str, row: Row) -> Iterator[Convention]:
    weight = next(iter(row.weights.values()), ())
    if len(weight) == 4:
        for order, called in ORDERS.items():
            yield tuple(weight[at] for at in order), called
    elif len(weight) > 1:
        for each in permutations(weight):
            yield each, "the same sizes in another order"


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
