"""Compares a spec with the network that it was written from: every layer, weight, shape and multiply-add."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from cnncalc.graph import Graph, Node
from cnncalc.interchange.network import ModelGraph, ModelStep
from cnncalc.layers import Merge
from cnncalc.shapes import Shape


def differences(graph: Graph, network: ModelGraph, nodes: Sequence[int]) -> Iterator[str]:
    """What differs between a graph and a network, one sentence each.

    Args:
        nodes: the nodes of the network in the order of the graph's layers.
    """
    if len(graph.layers) != len(nodes) or sorted(nodes) != [
        *range(graph.entries, graph.entries + len(nodes))
    ]:
        yield f"the spec has {len(graph.layers)} layers, the network {len(network.steps)}"
        return
    at_of = {node: graph.entries + at for at, node in enumerate(nodes)}
    at_of |= {at: at for at in range(graph.entries)}
    shapes = [Shape(dims[0], dims[1:]) for dims in network.inputs.values()]
    if [node.shape for node in graph.inputs] != shapes:
        yield "the inputs have other shapes"
    for at, number in enumerate(nodes):
        step = network.step(number)
        assert step is not None
        for found, what, expected in _compared(graph, graph.layers[at], step, at_of):
            if found != expected:
                yield f"{step.path or step.layer.kind}: {what} {found}; the network has {expected}"
    if network.parameters is not None:
        found = sum(_parameters(node) for node in graph.layers)
        if found != network.parameters:
            yield f"parameters {found}; the network has {network.parameters}"
    yield from _ends(graph, network, at_of)


def _parameters(node: Node) -> int:
    """The parameters of a layer that it does not share."""
    return 0 if node.shares is not None else sum(map(prod, node.layer.weights(*node.reads).values()))


def _compared(
    graph: Graph, node: Node, step: ModelStep, at_of: Mapping[int, int]
) -> Iterator[tuple[object, str, object]]:
    """The facts of a layer: as the spec has it, what it is, and as the network has it."""
    layer, reads = node.layer, node.reads
    yield layer.kind, "kind", step.layer.kind
    if layer.kind != step.layer.kind:
        return
    yield node.shape.dims(), "output", step.output
    if step.macs is not None:
        macs = layer.operations(*reads).get("macs")
        yield macs.value if macs else 0, "multiply-adds", step.macs
    tensors = {**layer.weights(*reads), **layer.buffers(*reads)}
    found, held = [*map(prod, tensors.values())], [*map(prod, step.tensors.values())]
    if layer.is_declared:  # with one number for all of them
        found, held = [sum(found)], [sum(held)]
    yield found, "sizes of parameters and buffers", held
    inputs, expected = list(node.inputs), [at_of[each] for each in step.inputs]
    if isinstance(layer, Merge) and layer.is_commutative:
        inputs, expected = sorted(inputs), sorted(expected)
    yield inputs, "inputs", expected
    if not isinstance(layer, Merge):
        yield layer.windows(*reads), "windows", step.layer.windows(*reads)
    yield _options(layer), "options", _options(step.layer)
    if step.tensors:
        yield node.frozen, "frozen", step.frozen
    shares = None if step.shares is None else at_of[step.shares]
    yield node.shares, "shared weights", shares


def _options(layer: object) -> dict[str, object]:
    """The options of a layer, without the padding, which has several names."""
    names = getattr(layer, "__struct_fields__", ())
    return {name: getattr(layer, name) for name in names if name != "padding"}


def _ends(graph: Graph, network: ModelGraph, at_of: Mapping[int, int]) -> Iterator[str]:
    outputs = {name: at_of[node] for name, node in network.outputs.items()}
    if sorted(graph.outputs.values()) != sorted(outputs.values()):
        yield "the outputs are other layers"
    heads = {name: at_of[node] for name, node in network.auxiliary.items()}
    if sorted(graph.auxiliary.values()) != sorted(heads.values()):
        yield "the auxiliary heads are other layers"
