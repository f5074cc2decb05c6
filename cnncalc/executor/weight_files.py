"""Weights from `.npz`, `.safetensors` and PyTorch's `state_dict`, mapped to the layers of a network."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from cnncalc.executor.io.headers import (
    NPY,
    ZIP,
    Header,
    checked_lengths,
    first_bytes,
    header_of,
    members_of,
    opened_zip,
    readable,
)
from cnncalc.executor.io.matching import Match, matched
from cnncalc.executor.io.safetensors import SafeTensors, is_safetensors
from cnncalc.executor.io.state_dict import LEGACY, PICKLE, PROTOCOL, StateDict
from cnncalc.executor.io.weights import Weights, WeightsError, mismatches, required_tensors
from cnncalc.executor.names import own_name
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.graph import Graph
from cnncalc.layers import TensorSource
from cnncalc.problems import printable
from cnncalc.spec import SpecLike, as_spec


class TensorFile(Protocol):
    """A file with named tensors."""

    @property
    def headers(self) -> dict[str, Header]:
        """The shape and data type of every tensor, in the order of the file."""

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        """Some of the tensors; the others are not read."""


class ReadWeights(NamedTuple):
    """The tensors by `layer.tensor`, and how many of them order and shape decided, not their names."""

    tensors: Weights
    by_order: int


class NpzFile:
    """An `.npz` file. Raises ValueError if it is invalid, OSError if it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.headers: dict[str, Header] = {}
        with opened_zip(path) as archive:
            self.members = members_of(archive)
            for name, member in self.members.items():
                if not member.filename.endswith(".npy"):
                    self.headers[name] = NO_ARRAY
                    continue
                with archive.open(member) as file:
                    self.headers[name] = header_of(file, printable(member.filename))

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        wanted = [*names]
        checked_lengths(self.members, {name: self.headers[name] for name in wanted})
        with np.load(self.path, allow_pickle=False) as file:
            return {name: file[name] for name in wanted}


NO_ARRAY: Header = ((), np.dtype("float32"))
"""The header of a member that is no array, whose name alone is reported."""


def load_weights(path: str | PathLike[str], spec: SpecLike) -> Weights:
    """The tensors of a file by `layer.tensor`, as `run` takes them.

    Args:
        path: `.npz`, `.safetensors`, or a `state_dict` that PyTorch saved.
        spec: the network whose layers they are for; names that it does not have are mapped in order.

    Raises:
        WeightsError: the file is invalid, or its tensors do not fit the network.
        OSError: the file cannot be opened.
    """
    return read_weights(Path(path), as_spec(spec).graph)


def read_weights(path: Path, graph: Graph) -> Weights:
    """The tensors of a file by `layer.tensor`; see `read_mapped`."""
    return read_mapped(path, graph).tensors


def read_mapped(path: Path, graph: Graph) -> ReadWeights:
    """Read the tensors of a network, with the headers of a file checked before its data is loaded.

    Raises:
        WeightsError: the file is invalid, or its tensors do not fit the network.
        OSError: the file cannot be opened.
    """
    start = first_bytes(path)
    if start.startswith(NPY):
        raise WeightsError(f"{path}: expected an .npz file with named tensors, found a single array")
    if not start.startswith(ZIP) and is_safetensors(path):
        with readable(path, ".safetensors", WeightsError):
            return _mapped(path, SafeTensors(path), graph)
    if start.startswith(ZIP) and _is_of_pytorch(path):
        with readable(path, "a state_dict of PyTorch", WeightsError):
            return _mapped(path, _state_dict(path), graph)
    if start.startswith(LEGACY):
        with readable(path, "a state_dict of PyTorch", WeightsError):
            return _mapped(path, _state_dict(path), graph)
    if start.startswith(PROTOCOL):
        raise WeightsError(
            f"{path} is a pickle, which can run code and is not read; in PyTorch, save the tensors: "
            "torch.save(model.state_dict(), 'w.pt')"
        )
    if not start.startswith(ZIP) and path.suffix != ".npz":
        raise WeightsError(
            f"{path} holds no weights: it is neither .npz, .safetensors nor PyTorch's state_dict"
        )
    with readable(path, ".npz", WeightsError):
        return _mapped(path, NpzFile(path), graph)


def _mapped(path: Path, file: TensorFile, graph: Graph) -> ReadWeights:
    wanted, found = required_tensors(graph), file.headers
    match = match_of(graph, found)
    if match.problem:
        has_names = any(name in wanted for name in found) or not found
        raise WeightsError(f"{path}: {mismatches(wanted, found) if has_names else match.problem}")
    fitting = {name: (wanted[name], found[match.names[name]][1]) for name in wanted}
    if problem := mismatches(wanted, fitting):
        raise WeightsError(f"{path}: {problem}")
    tensors = file.read(match.names.values())
    shaped = {name: tensors[match.names[name]].reshape(dims) for name, dims in wanted.items()}
    return ReadWeights(shaped, match.by_order)


def match_of(graph: Graph, found: Mapping[str, Header]) -> Match:
    """The tensor of a file for each tensor of a network; sizes of 1 do not matter."""
    wanted = required_tensors(graph)
    return matched(wanted, found, aliases_of(graph, wanted))


def match_of_sizes(graph: Graph, sizes: Mapping[str, tuple[int, ...]]) -> Match:
    """The same for a file of float32 tensors of these sizes, in its order."""
    return match_of(graph, {name: (dims, np.dtype("float32")) for name, dims in sizes.items()})


def aliases_of(graph: Graph, wanted: Iterable[str]) -> dict[str, str]:
    """Other names of tensors.

    `conv1.conv.weight` is `conv1.weight`, where a norm or an activation follows inside `conv1`. A layer with
    several kernels is several layers in PyTorch, as `depthwise.weight` and `pointwise.weight`, of which the
    last has the bias, or each, as `query.weight` and `query.bias`. A tensor without an input is no layer
    there.
    """
    sources = {node.name for node in graph.layers if isinstance(node.layer, TensorSource)}
    own = {node.name: own_name(graph, at) for at, node in enumerate(graph.nodes)}
    found: dict[str, str] = {}
    kernels: dict[str, str] = {}
    for name in wanted:
        layer, _, tensor = name.rpartition(".")
        found[f"{own[layer]}.{tensor}"] = name
        if layer in sources:
            found[own[layer]] = name
        if tensor not in ("weight", "bias"):
            kernel, _, part = tensor.rpartition("_")
            found[f"{own[layer]}.{kernel}.bias" if part == "bias" else f"{own[layer]}.{tensor}.weight"] = name
            kernels[layer] = tensor
        elif tensor == "bias" and layer in kernels:
            found[f"{own[layer]}.{kernels[layer]}.bias"] = name
    return found


def _is_of_pytorch(path: Path) -> bool:
    """Whether a zip archive is PyTorch's, which holds a pickle beside the data."""
    with readable(path, ".npz", WeightsError), opened_zip(path) as archive:
        return any(name.endswith(PICKLE) for name in archive.namelist())


def _state_dict(path: Path) -> StateDict:
    try:
        return StateDict(path)
    except ModuleNotFoundError:
        raise WeightsError(
            f"{path} is a PyTorch file: install cnncalc with its `torch` extra to read it, "
            "or save the weights as .safetensors or .npz"
        ) from None
