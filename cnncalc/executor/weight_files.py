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
from cnncalc.executor.io.matching import USUAL, matched, plain_name
from cnncalc.executor.io.pairing import Dims, without_ones
from cnncalc.executor.io.pieces import INDEX, Piece, channels_last, pieces_of
from cnncalc.executor.io.safetensors import SafeTensors, is_safetensors
from cnncalc.executor.io.state_dict import LEGACY, PICKLE, PROTOCOL, StateDict
from cnncalc.executor.io.weights import Weights, WeightsError, mismatches, required_tensors
from cnncalc.executor.names import own_name
from cnncalc.executor.ops.attention import Grouping
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.graph import Graph
from cnncalc.layers import TensorSource
from cnncalc.layers.attending import Attention
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
    """The tensors by `layer.tensor`.

    `by_order` is the number of those that order and shape decided, not their names; `stacked` the number of
    tensors of the file that hold several projections of attention.
    """

    tensors: Weights
    by_order: int
    stacked: int = 0


class FoundTensors(NamedTuple):
    """What a file holds for every tensor of a network, or how they differ."""

    pieces: dict[str, Piece]
    by_order: int = 0
    problem: str = ""


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
    wanted, held = required_tensors(graph), file.headers
    found = match_of(graph, held)
    if found.problem:
        raise WeightsError(f"{path}: {found.problem}")
    fitting = {name: (dims, held[found.pieces[name].tensor][1]) for name, dims in wanted.items()}
    if problem := mismatches(wanted, fitting):
        raise WeightsError(f"{path}: {problem}")
    indices = _indices(graph, held, found.pieces)
    tensors = file.read(dict.fromkeys([*(piece.tensor for piece in found.pieces.values()), *indices]))
    for name, expected in indices.items():
        if not np.array_equal(tensors[name].reshape(-1), expected.reshape(-1)):
            raise WeightsError(f"{path}: {printable(name)} has the offsets of positions in another order")
    shaped = {name: piece.of(tensors[piece.tensor], wanted[name]) for name, piece in found.pieces.items()}
    stacked = {piece.tensor for piece in found.pieces.values() if piece.rows}
    return ReadWeights(shaped, found.by_order, len(stacked))


def match_of(graph: Graph, held: Mapping[str, Header]) -> FoundTensors:
    """What a file has for each tensor of a network; sizes of 1 do not matter."""
    wanted = required_tensors(graph)
    tables = tables_of(graph, wanted)
    pieces = pieces_of(held, wanted, tables)
    headers = {name: header for name, (_, header) in pieces.items()}
    aliases = aliases_of(graph, wanted)
    match = matched(wanted, headers, aliases)
    if match.problem:
        by_name = any(name in wanted for name in headers) or not headers
        return FoundTensors({}, problem=mismatches(wanted, headers) if by_name else match.problem)
    found = {name: pieces[match.names[name]][0] for name in wanted}
    for name in tables:
        if channels_last(wanted[name]) == without_ones(wanted[name]):
            own = {name, *(alias for alias, ours in aliases.items() if ours == name)}
            if not _is_own(found[name].tensor, own) or held[found[name].tensor][0] != wanted[name]:
                sizes = "×".join(map(str, wanted[name]))
                problem = (
                    f"{printable(found[name].tensor)} may have its channels first or last: "
                    f"save it as {printable(name)}, {sizes}, channels first"
                )
                return FoundTensors({}, problem=problem)
    return FoundTensors(found, match.by_order)


def _is_own(name: str, own: Iterable[str]) -> bool:
    """Whether a name of a file is one of a tensor itself, possibly behind a prefix."""
    return any(f".{plain_name(name)}".endswith(f".{plain_name(each)}") for each in own)


def match_of_sizes(graph: Graph, sizes: Mapping[str, Dims]) -> FoundTensors:
    """The same for a file of float32 tensors of these sizes, in its order."""
    return match_of(graph, {name: (dims, np.dtype("float32")) for name, dims in sizes.items()})


def tables_of(graph: Graph, wanted: Mapping[str, Dims]) -> list[str]:
    """The tensors with a value for each channel and position of a map."""
    layers = {node.name: node.layer for node in graph.layers}
    found: list[str] = []
    for name, dims in wanted.items():
        layer, _, tensor = name.rpartition(".")
        is_table = layers[layer].tensor_axes[tensor][1:] == ("output",)
        if is_table and len(without_ones(dims)) > 1:
            found.append(name)
    return found


def _indices(graph: Graph, held: Mapping[str, Header], pieces: Mapping[str, Piece]) -> dict[str, Array]:
    """The indices of the file for tables of relative positions, and what each of them must be."""
    found: dict[str, Array] = {}
    for node in graph.layers:
        piece = pieces.get(f"{node.name}.relative")
        index = f"{piece.tensor.rpartition('.')[0]}.{INDEX}" if piece else ""
        if index in held and isinstance(node.layer, Attention):
            found[index] = Grouping(node.layer, node.reads[0].spatial).offsets()
    return found


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
        if tensor not in USUAL:
            kernel, _, part = tensor.rpartition("_")
            found[f"{own[layer]}.{kernel}.bias" if part == "bias" else f"{own[layer]}.{tensor}.weight"] = name
            kernels[layer] = tensor
        elif tensor == "bias" and layer in kernels:
            found[f"{own[layer]}.{kernels[layer]}.bias"] = name
    return found


def _is_of_pytorch(path: Path) -> bool:
    """Whether a zip archive is PyTorch's, which holds a pickle beside the data."""
    kind = ".npz" if path.suffix == ".npz" else "a state_dict of PyTorch"
    with readable(path, kind, WeightsError), opened_zip(path) as archive:
        return any(name.endswith(PICKLE) for name in archive.namelist())


def _state_dict(path: Path) -> StateDict:
    try:
        return StateDict(path)
    except ModuleNotFoundError:
        raise WeightsError(
            f"{path} is a PyTorch file: install cnncalc with its `torch` extra to read it, "
            "or save the weights as .safetensors or .npz"
        ) from None
