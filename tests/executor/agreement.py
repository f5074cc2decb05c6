"""What the tests against PyTorch share: weights that are nowhere trivial, both sides run, values compared.

Values agree when no element is further off than the tolerance times the largest magnitude of PyTorch's
output: 1e-10 in float64, 1e-4 in float32. Relative to each element it could not be, since a sum of
many products may cancel to nearly nothing.
"""

import numpy as np
import pytest

from cnncalc.executor.network import FloatName, Network
from cnncalc.executor.weights import Given, Weights
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers import Layer
from cnncalc.problems import Place
from cnncalc.shapes import Shape

torch = pytest.importorskip("torch")

from tests.executor.twin import Twin  # noqa: E402

TOLERANCES: dict[FloatName, float] = {"float64": 1e-10, "float32": 1e-4}

Array = np.ndarray


def node(name: str, layer: Layer, inputs: tuple[int, ...], nodes: list[Node], shares: int | None) -> Node:
    """A node behind some of `nodes`; raises LayerError where they do not suit it."""
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
    return graph_of([*nodes, node("layer", layer, (0,), nodes, None)])


def nontrivial(graph: Graph, seed: int) -> Weights:
    """Weights without a zero, biases, means and slopes included; variances are positive."""
    generator = np.random.default_rng(seed)
    found: Weights = {}
    for each in graph.layers:
        if each.shares is not None:
            continue
        for name, dims in {**each.layer.weights(*each.reads), **each.layer.buffers(*each.reads)}.items():
            found[f"{each.name}.{name}"] = _values(generator, name, dims)
    return found


def _values(generator: np.random.Generator, name: str, dims: tuple[int, ...]) -> Array:
    sizes = generator.uniform(0.2, 1.0, dims)
    if name == "running_var":
        return sizes + 0.3
    fan_in = max(int(np.prod(dims[1:])), 1)  # one for biases, slopes and scales
    return sizes * generator.choice([-1.0, 1.0], dims) * np.sqrt(3 / fan_in)


def inputs(graph: Graph, batch: int, seed: int) -> Array:
    return 1.5 * np.random.default_rng([seed, 1]).standard_normal((batch, *graph.nodes[0].shape.dims()))


def cast(weights: Weights, data_type: FloatName) -> Weights:
    return {name: tensor.astype(data_type) for name, tensor in weights.items()}


def ours(
    graph: Graph, weights: Weights, x: Array, data_type: FloatName, quick: bool = True
) -> dict[str, Array]:
    """The outputs of all layers, by name, and under the empty name that of the network."""
    network = Network(graph, Given(cast(weights, data_type), data_type), data_type, quick)
    found = network.run(x.astype(data_type), keep="*")
    return {**found, "": found.output}


def theirs(graph: Graph, weights: Weights, x: Array, data_type: FloatName) -> dict[str, Array]:
    twin = Twin(graph, cast(weights, data_type))
    values = twin.everything(torch.from_numpy(x.astype(data_type)))
    found = {name: value.numpy() for name, value in values.items() if name != "input"}
    return {**found, "": found[graph.nodes[graph.output].name]}


def assert_close(found: dict[str, Array], wanted: dict[str, Array], tolerance: float, what: str) -> None:
    assert found.keys() == wanted.keys(), what
    for name, values in found.items():
        right = wanted[name]
        assert values.shape == right.shape, (what, name)
        assert values.dtype == right.dtype, (what, name)
        scale = max(float(np.abs(right, where=np.isfinite(right), out=np.zeros_like(right)).max()), 1e-3)
        differ = values != right  # dilated max pooling may see nothing but padding: both give -inf
        worst = float(np.abs(values[differ] - right[differ]).max(initial=0.0))
        assert worst <= tolerance * scale, f"{what}, {name or 'output'}: {worst:.3g} off, of {scale:.3g}"


def assert_agrees(graph: Graph, batch: int, seed: int) -> None:
    """All layers equal PyTorch's, in both data types, the quick and the plain way."""
    weights, x = nontrivial(graph, seed), inputs(graph, batch, seed)
    for data_type, tolerance in TOLERANCES.items():
        wanted = theirs(graph, weights, x, data_type)
        quick = ours(graph, weights, x, data_type)
        plain = ours(graph, weights, x, data_type, quick=False)
        assert_close(quick, wanted, tolerance, f"quick, {data_type}")
        assert_close(plain, wanted, tolerance, f"plain, {data_type}")
        assert_close(quick, plain, tolerance, f"quick against plain, {data_type}")
