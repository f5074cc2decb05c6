"""Shared by tests against PyTorch: nontrivial weights, running both sides, comparing values.

Values agree if no element differs by more than the tolerance times the largest magnitude of PyTorch's
output: 1e-10 in float64, 1e-4 in float32. The tolerance is not relative to each element, because a sum
of many products may cancel to nearly 0.
"""

from math import prod

import numpy as np

from cnncalc.datatypes import FloatName
from cnncalc.executor.io.inputs import whole_numbers
from cnncalc.executor.io.weights import GivenWeights, Weights
from cnncalc.executor.names import own_name
from cnncalc.executor.network import Network
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers import Layer, TensorSource
from cnncalc.problems import Place
from cnncalc.shapes import Shape
from tests.executor.twin import Twin
from tests.with_torch import torch

REPEATED = 65_521
"""A prime, so that all filters differ."""

TOLERANCES: dict[FloatName, float] = {"float64": 1e-10, "float32": 1e-4}

Array = np.ndarray


def node(name: str, layer: Layer, inputs: tuple[int, ...], nodes: list[Node], shares: int | None) -> Node:
    """A node that reads some of `nodes`; raises LayerError if they do not fit."""
    reads = tuple(nodes[at].shape for at in inputs)
    return Node(name, layer, inputs, reads, layer.output(*reads), Place(1, 1), shares=shares)


def graph_of(nodes: list[Node]) -> Graph:
    """A graph whose output is the last node's."""
    names = {each.name: at for at, each in enumerate(nodes)}
    return Graph(tuple(nodes), len(nodes) - 1, "chw", names, {})


def entry(x: Shape) -> Node:
    return Node("input", Input(), (), (), x, Place(1, 1))


def single(layer: Layer, x: Shape) -> Graph:
    """A network of one layer."""
    nodes = [entry(x)]
    return graph_of(
        [*nodes, node("layer", layer, () if isinstance(layer, TensorSource) else (0,), nodes, None)]
    )


def nontrivial(graph: Graph, seed: int) -> Weights:
    """Nonzero weights, including biases, means and slopes; variances are positive."""
    generator = np.random.default_rng(seed)
    found: Weights = {}
    for each in graph.layers:
        if each.shares is not None:
            continue
        for name, dims in {**each.layer.weights(*each.reads), **each.layer.buffers(*each.reads)}.items():
            found[f"{each.name}.{name}"] = _values(generator, name, dims)
    return found


def _values(generator: np.random.Generator, name: str, dims: tuple[int, ...]) -> Array:
    """Large kernels repeat tens of thousands of random values, because generating millions is slow."""
    sizes = np.resize(generator.uniform(0.2, 1.0, min(prod(dims), REPEATED)), dims)
    if name == "running_var":
        return sizes + 0.3
    signs = np.resize(generator.choice([-1.0, 1.0], min(prod(dims), REPEATED)), dims)
    fan_in = max(prod(dims[1:]), 1)  # 1 for biases, slopes and scales
    return np.multiply(sizes, signs * np.sqrt(3 / fan_in), out=sizes)


def inputs(graph: Graph, batch: int, seed: int, at: int = 0) -> Array:
    """Noise for one of the inputs, or for an embedding whole numbers."""
    generator, sizes = np.random.default_rng([seed, 1 + at]), (batch, *graph.nodes[at].shape.dims())
    if values := whole_numbers(graph, at):
        return generator.integers(0, values, sizes).astype(float)
    return 1.5 * generator.standard_normal(sizes)


def all_inputs(graph: Graph, batch: int, seed: int) -> dict[str, Array]:
    """As `inputs`, for every input by name."""
    return {node.name: inputs(graph, batch, seed, at) for at, node in enumerate(graph.inputs)}


def cast(weights: Weights, data_type: FloatName) -> Weights:
    return {name: tensor.astype(data_type, copy=False) for name, tensor in weights.items()}


def ours(graph: Graph, weights: Weights, x: Array | dict[str, Array], quick: bool = True) -> dict[str, Array]:
    """The outputs of all layers by name, and of the network under an empty name; channels first."""
    given = x if isinstance(x, dict) else {graph.nodes[0].name: x}
    (data_type,) = {each.dtype for each in given.values()}
    network = Network(graph, GivenWeights(weights, data_type), data_type.name, quick)
    last = graph.layout == "hwc"
    arrays = {name: np.moveaxis(each, 1, -1) if last else each for name, each in given.items()}
    found = network.run(arrays, keep="*")
    assert {trace.data_type for trace in found.traces} == {data_type.name}, "nothing is silently converted"
    names = {node.name for node in graph.inputs}
    values = {
        node.name: found[own_name(graph, at)] for at, node in enumerate(graph.nodes) if node.name not in names
    }
    values[""] = found.output
    return {name: np.moveaxis(y, -1, 1) for name, y in values.items()} if last else values


def theirs(graph: Graph, weights: Weights, x: Array | dict[str, Array]) -> dict[str, Array]:
    given = x if isinstance(x, dict) else {graph.nodes[0].name: x}
    values = Twin(graph, weights).everything({name: torch.from_numpy(each) for name, each in given.items()})
    found = {name: value.numpy() for name, value in values.items() if name not in given}
    return {**found, "": found[graph.nodes[graph.output].name]}


def assert_close(found: dict[str, Array], wanted: dict[str, Array], tolerance: float, what: str) -> None:
    assert found.keys() == wanted.keys(), what
    for name, values in found.items():
        right = wanted[name]
        assert values.shape == right.shape, (what, name)
        assert values.dtype == right.dtype, (what, name)
        scale = max(float(np.abs(right, where=np.isfinite(right), out=np.zeros_like(right)).max()), 1e-3)
        differ = values != right  # dilated max pooling may read only padding: both give -inf
        worst = float(np.abs(values[differ] - right[differ]).max(initial=0.0))
        assert worst <= tolerance * scale, f"{what}, {name or 'output'}: {worst:.3g} off, of {scale:.3g}"


def assert_agrees(graph: Graph, batch: int, seed: int) -> None:
    """All layers equal PyTorch's, in both data types, quick and plain."""
    drawn = nontrivial(graph, seed)
    for data_type, tolerance in TOLERANCES.items():
        weights, x = cast(drawn, data_type), inputs(graph, batch, seed).astype(data_type)
        wanted = theirs(graph, weights, x)
        quick = ours(graph, weights, x)
        plain = ours(graph, weights, x, quick=False)
        assert_close(quick, wanted, tolerance, f"quick, {data_type}")
        assert_close(plain, wanted, tolerance, f"plain, {data_type}")
        assert_close(quick, plain, tolerance, f"quick against plain, {data_type}")
