"""Weights: drawn from a seed, or given. What does not fit the network is named."""

from collections.abc import Mapping
from math import prod, sqrt

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.arithmetic import Array
from cnncalc.graph import Graph, Node
from cnncalc.problems import did_you_mean

Weights = dict[str, Array]
"""Tensors by `layer.tensor`, such as `conv1.weight`, in the sizes that a report gives."""

MOST_NAMED = 10
"""How many tensors that do not fit are named at most."""


class WeightsError(ValueError):
    """Weights that cannot be read, or that are not those of the network."""


class Drawn:
    """Weights drawn when they are asked for, each tensor by itself: the others do not change it.

    Kernels come from a normal distribution of variance 2/n, with n inputs to each output (He, Zhang, Ren
    & Sun 2015, arXiv:1502.01852). Biases and means are 0, scales and variances 1, slopes 0.25.
    """

    def __init__(self, seed: int, data_type: DTypeLike) -> None:
        self.seed = seed
        self.data_type = np.dtype(data_type)
        self.tensors: Weights = {}

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array:
        key = f"{layer}.{name}"
        known = self.tensors.get(key)
        if known is None or known.shape != dims:
            known = self.tensors[key] = drawn(self.seed, key, name, dims, self.data_type)
        return known


CONSTANT = {"bias": 0.0, "running_mean": 0.0, "running_var": 1.0}


def drawn(seed: int, key: str, name: str, dims: tuple[int, ...], data_type: np.dtype) -> Array:
    """One tensor; the same on every machine for the same seed and name."""
    if name in CONSTANT:
        return np.full(dims, CONSTANT[name], data_type)
    if len(dims) == 1:
        return np.full(dims, 1.0, data_type)
    generator = np.random.Generator(np.random.PCG64([seed, *key.encode()]))
    inputs = prod(dims[1:])
    values: Array = generator.standard_normal(dims, dtype=np.float32)
    values *= np.float32(sqrt(2 / max(inputs, 1)))
    return values.astype(data_type, copy=False)


class Given:
    """Weights that somebody gave, each of the sizes that it must have."""

    def __init__(self, tensors: Mapping[str, Array], data_type: DTypeLike) -> None:
        self.tensors = tensors
        self.data_type = np.dtype(data_type)

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array:
        key = f"{layer}.{name}"
        if key not in self.tensors:
            raise WeightsError(f"there is no tensor {key}, of {_sizes(dims)}")
        tensor = np.asarray(self.tensors[key])
        if tensor.shape != dims:
            raise WeightsError(f"{key} is {_sizes(tensor.shape)}, and {_sizes(dims)} is needed")
        return tensor.astype(self.data_type, copy=False)


def _sizes(dims: tuple[int, ...]) -> str:
    return "×".join(map(str, dims)) or "a single number"


def owner(graph: Graph, node: Node) -> str:
    """The layer whose weights a node uses: itself, or the one that it shares them with."""
    return node.name if node.shares is None else graph.nodes[node.shares].name


def needed(graph: Graph) -> dict[str, tuple[int, ...]]:
    """The sizes of all tensors of a network by `layer.tensor`, those that are shared once."""
    found: dict[str, tuple[int, ...]] = {}
    for node in graph.layers:
        if node.shares is None:
            tensors = {**node.layer.weights(*node.reads), **node.layer.buffers(*node.reads)}
            found |= {f"{node.name}.{name}": dims for name, dims in tensors.items()}
    return found


def initial(graph: Graph, seed: int = 0, data_type: DTypeLike = "float32") -> Weights:
    """All weights and buffers of a network, drawn from a seed."""
    source = Drawn(seed, data_type)
    for key, dims in needed(graph).items():
        layer, _, name = key.rpartition(".")
        source.take(layer, name, dims)
    return source.tensors


Header = tuple[tuple[int, ...], np.dtype]
"""The sizes and the type of a tensor."""


def fitting(graph: Graph, tensors: Mapping[str, Array]) -> None:
    """Raises WeightsError with all that is missing, too much, misshapen or no number."""
    arrays = {key: np.asarray(tensor) for key, tensor in tensors.items()}
    problems = unfitting(needed(graph), {key: (array.shape, array.dtype) for key, array in arrays.items()})
    if problems:
        raise WeightsError(problems)


def unfitting(wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, Header]) -> str:
    """What keeps some tensors from being those of a network; nothing where they are."""
    problems = [_missing(key, dims, found) for key, dims in wanted.items() if key not in found]
    problems += [f"no layer has a tensor {key}" for key in found if key not in wanted]
    for key, dims in wanted.items():
        sizes, data_type = found.get(key, (dims, np.dtype("float32")))
        if data_type.kind not in "fiu":
            problems.append(f"{key} holds {data_type}, not numbers")
        elif sizes != dims:
            problems.append(f"{key} is {_sizes(sizes)}, and {_sizes(dims)} is needed")
    if not problems:
        return ""
    more = [f"… and {len(problems) - MOST_NAMED:,} more"] if len(problems) > MOST_NAMED else []
    lines = [*problems[:MOST_NAMED], *more]
    return "the weights are not those of this network\n  " + "\n  ".join(lines)


def _missing(key: str, dims: tuple[int, ...], tensors: Mapping[str, object]) -> str:
    hint = did_you_mean(key, list(tensors)[:1000]) if len(tensors) > 12 else ""
    return f"there is no tensor {key}, of {_sizes(dims)}" + (f"; {hint}" if hint else "")
