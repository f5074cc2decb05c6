"""Weights: random, given or read from a file, and checked against the network."""

import zipfile
from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.io.headers import Header
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.graph import Graph, Node
from cnncalc.layers import Layer
from cnncalc.layers.tensors import is_bias
from cnncalc.problems import did_you_mean, printable
from cnncalc.writing import write_whole

Weights = dict[str, Array]
"""Tensors by `layer.tensor`, such as `conv1.weight`, with the shapes of the report."""

AT_ONCE = 1 << 22
"""Random numbers to draw in one call."""
MOST_NAMED = 10
"""The most mismatched tensors to list."""


class WeightsError(ValueError):
    """Weights that cannot be read or do not fit the network."""


class DrawnWeights:
    """Random weights, initialized on demand, each tensor independently.

    Kernels are normally distributed with variance 2/n for fan-in n (He, Zhang, Ren & Sun 2015,
    arXiv:1502.01852). Biases and means are 0, scales and variances 1, slopes 0.25.
    """

    def __init__(self, graph: Graph, seed: int, data_type: DTypeLike) -> None:
        self.seed = seed
        self.data_type = np.dtype(data_type)
        self.tensors: Weights = {}
        self._layers = {node.name: node.layer for node in graph.layers}

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array:
        key = f"{layer}.{name}"
        known = self.tensors.get(key)
        if known is None or known.shape != dims:
            known = self.tensors[key] = self._drawn(self._layers[layer], key, dims)
        return known

    def _drawn(self, layer: Layer, key: str, dims: tuple[int, ...]) -> Array:
        """One tensor; a seed and name give the same values on every machine."""
        name = key.rpartition(".")[2]
        operation = OPERATIONS[layer.kind]
        initial = operation.initial(layer) if callable(operation.initial) else operation.initial
        filled = 0.0 if is_bias(name) else initial.get(name)
        if filled is not None:
            return np.full(dims, filled, self.data_type)
        generator = np.random.Generator(np.random.PCG64([self.seed, *key.encode()]))
        values: Array = np.empty(dims, np.float32)
        flat = values.reshape(-1)
        for start in range(0, len(flat), AT_ONCE):  # Ctrl-C is heard between two parts
            generator.standard_normal(dtype=np.float32, out=flat[start : start + AT_ONCE])
        values *= np.float32(sqrt(2 / operation.fan_in(layer, dims)))
        return values.astype(self.data_type, copy=False)


class GivenWeights:
    """Given weights; the shape of each is checked."""

    def __init__(self, tensors: Mapping[str, Array], data_type: DTypeLike) -> None:
        self.tensors = tensors
        self.data_type = np.dtype(data_type)

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array:
        key = f"{layer}.{name}"
        if key not in self.tensors:
            raise WeightsError(f"missing tensor {key} of {_sizes(dims)}")
        tensor = np.asarray(self.tensors[key])
        if tensor.shape != dims:
            raise WeightsError(f"{key}: expected {_sizes(dims)}, found {_sizes(tensor.shape)}")
        return tensor.astype(self.data_type, copy=False)


def _sizes(dims: tuple[int, ...]) -> str:
    return "×".join(map(str, dims)) or "a scalar"


def owner(graph: Graph, node: Node) -> str:
    """The layer that owns the weights of a node: itself, or the one that it shares them with."""
    return node.name if node.shares is None else graph.nodes[node.shares].name


def required_tensors(graph: Graph) -> dict[str, tuple[int, ...]]:
    """The shapes of all tensors of a network by `layer.tensor`; shared ones are listed once."""
    found: dict[str, tuple[int, ...]] = {}
    for node in graph.layers:
        if node.shares is None:
            tensors = {**node.layer.weights(*node.reads), **node.layer.buffers(*node.reads)}
            found |= {f"{node.name}.{name}": dims for name, dims in tensors.items()}
    return found


def initial(graph: Graph, seed: int = 0, data_type: DTypeLike = "float32") -> Weights:
    """Random weights and buffers of a network."""
    source = DrawnWeights(graph, seed, data_type)
    for key, dims in required_tensors(graph).items():
        layer, _, name = key.rpartition(".")
        source.take(layer, name, dims)
    return source.tensors


def check_weights(graph: Graph, tensors: Mapping[str, Array]) -> None:
    """Raise WeightsError listing missing, unknown, wrongly shaped and non-numeric tensors."""
    arrays = {key: np.asarray(tensor) for key, tensor in tensors.items()}
    problems = mismatches(
        required_tensors(graph), {key: (array.shape, array.dtype) for key, array in arrays.items()}
    )
    if problems:
        raise WeightsError(problems)


def mismatches(wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, Header]) -> str:
    """The mismatches between tensors and a network as text; empty if there are none."""
    missing = [key for key in wanted if key not in found]
    extra = [key for key in found if key not in wanted]
    wrong = [_wrong(key, wanted[key], *header) for key, header in found.items() if key in wanted]
    misshapen = [problem for problem in wrong if problem]
    number = len(missing) + len(extra) + len(misshapen)
    if not number:
        return ""
    lines = [_missing(key, wanted[key], extra) for key in missing[:MOST_NAMED]]
    lines += [f"unknown tensor {printable(key)}" for key in extra[: MOST_NAMED - len(lines)]]
    lines += misshapen[: MOST_NAMED - len(lines)]
    lines += [f"… and {number - len(lines):,} more"] if number > len(lines) else []
    return "the weights do not fit this network\n  " + "\n  ".join(lines)


def _wrong(key: str, dims: tuple[int, ...], sizes: tuple[int, ...], data_type: np.dtype) -> str:
    if data_type.kind not in "fiu":
        return f"{key}: expected numbers, found {data_type}"
    return f"{key}: expected {_sizes(dims)}, found {_sizes(sizes)}" if sizes != dims else ""


def _missing(key: str, dims: tuple[int, ...], extra: list[str]) -> str:
    hint = did_you_mean(key, [printable(name) for name in extra[:1000]]) if len(extra) > 12 else ""
    return f"missing tensor {key} of {_sizes(dims)}" + (f"; {hint}" if hint else "")


def write_weights(path: Path, tensors: Weights) -> None:
    """Write an `.npz` file atomically. Raises OSError."""
    write_whole(path, lambda file: _save(file, tensors))


def _save(file: IO[bytes], tensors: Weights) -> None:
    """Write like `numpy.savez`, which in older releases leaves the archive open after an error."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, tensor in tensors.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(tensor), allow_pickle=False)
