"""What a file holds in another form than layers have it: projections stacked in a tensor, channels last."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from cnncalc.executor.io.headers import Header
from cnncalc.executor.io.pairing import Dims, without_ones
from cnncalc.executor.runtime.arithmetic import Array

STACKED = re.compile(r"(?:^|_|w|to)(qkv|kv)(?:$|_|proj|lin)")
"""How modules are called that make queries, keys and values at once: `qkv`, `to_kv`, `Wqkv`."""
IN_PROJ = "in_proj_"
"""What begins the names of such tensors of `torch.nn.MultiheadAttention` itself."""
PARTS = {"q": "query", "k": "key", "v": "value"}
COUNTERS = ("num_batches_tracked",)
"""Batch norm's step counter in PyTorch, which inference does not use."""
INDEX = "relative_position_index"
"""Swin's table of the row of the learned biases for each pair of positions."""
DERIVED = (INDEX, "attn_mask")
"""Tensors of attention that follow from its sizes."""


class Piece(NamedTuple):
    """A tensor of a file, or some of its rows; with `channels_last`, the first axis here is its last one."""

    tensor: str
    rows: tuple[int, int] | None = None
    channels_last: bool = False

    @property
    def name(self) -> str:
        """The name of the tensor with the rows: `qkv.weight[0:192]`."""
        return self.tensor + (f"[{self.rows[0]}:{self.rows[1]}]" if self.rows else "")

    def of(self, tensor: Array, dims: Dims) -> Array:
        """The values for a tensor of a layer, given that of the file."""
        part = tensor[slice(*self.rows)] if self.rows else tensor
        if self.channels_last:
            return np.ascontiguousarray(np.moveaxis(part.reshape(*dims[1:], dims[0]), -1, 0))
        return part.reshape(dims)


Pieces = dict[str, tuple[Piece, Header]]
"""What is mapped to layers, by name: tensors of a file and parts of them, with their sizes."""


def pieces_of(found: Mapping[str, Header], wanted: Mapping[str, Dims], tables: Collection[str]) -> Pieces:
    """The tensors of a file in the form that the layers of a network have.

    A tensor is taken apart or turned around only if its sizes say so: the network has no layer of these
    sizes for it, but projections that are stacked there, or a table with its axes in another order.

    Args:
        wanted: the shapes of the tensors of the network.
        tables: those of them with a value for each channel and position.
    """
    sizes = {name: without_ones(dims) for name, (dims, _) in found.items()}
    needed = [without_ones(dims) for dims in wanted.values()]
    stacks = {name: rows for name, rows in _stacks(sizes, wanted).items() if rows}
    apart = _chosen(stacks, sizes, needed)
    modules = {_module(name) for name in apart}
    derived = {name for name in found if _last(name) in DERIVED and sizes[name] not in needed}
    turned = {channels_last(wanted[name]): without_ones(wanted[name]) for name in tables}
    turned = {dims: other for dims, other in turned.items() if dims != other}
    others = [name for name, dims in sizes.items() if dims in turned]
    last = _chosen(others, sizes, needed)
    last |= _chosen([name for name in others if _last(name) != "weight"], sizes, needed)
    made: Pieces = {}
    for name, (dims, data_type) in found.items():
        if _last(name) in COUNTERS or name in derived:
            continue
        if _module(name) in modules and (rows := _rows_of(name, stacks, dims)):
            made |= {each: (piece, (size, data_type)) for each, piece, size in _parts(name, rows, dims)}
        elif name in last:
            made[name] = (Piece(name, channels_last=True), (turned[sizes[name]], data_type))
        else:
            made[name] = (Piece(name), (dims, data_type))
    return made


def channels_last(dims: Dims) -> Dims:
    """A shape with its first axis, the channels, as the last; without axes of size 1."""
    return without_ones((*dims[1:], dims[0]))


def _chosen(names: Iterable[str], sizes: Mapping[str, Dims], needed: list[Dims]) -> set[str]:
    """Those of some names whose sizes the network lacks.

    Of other tensors of the same sizes, it must have as many as the file.
    """
    given, found = [*names], [*sizes.values()]
    chosen: set[str] = set()
    for dims in {sizes[name] for name in given}:
        same = [name for name in given if sizes[name] == dims]
        if needed.count(dims) == found.count(dims) - len(same):
            chosen |= {*same}
    return chosen


def _stacks(sizes: Mapping[str, Dims], wanted: Mapping[str, Dims]) -> dict[str, Dims]:
    """The weights of stacked projections, with the rows of each."""
    known: dict[tuple[str, Dims], set[Dims]] = {}
    for name in wanted:
        layer, _, tensor = name.rpartition(".")
        if tensor == PARTS["q"]:
            (q, inputs), (k, others), (v, _) = (wanted[f"{layer}.{each}"] for each in PARTS.values())
            known.setdefault(("kv", (k + v, others)), set()).add((k, v))
            if inputs == others:
                known.setdefault(("qkv", (q + k + v, inputs)), set()).add((q, k, v))
    found: dict[str, Dims] = {}
    for name, dims in sizes.items():
        letters = _letters(name)
        rows = known.get((letters, dims), set())
        if letters and _last(name).endswith("weight") and len(rows) == 1:
            found |= dict.fromkeys([name], *rows)
    return found


def _letters(name: str) -> str:
    """`qkv` or `kv` for a tensor of stacked projections, else nothing."""
    if _last(name).startswith(IN_PROJ):
        return "qkv"
    match = STACKED.search(_last(_module(name)).lower())
    return match[1] if match else ""


def _module(name: str) -> str:
    """The module of a tensor; stacked projections of `torch.nn.MultiheadAttention` are one of their own."""
    module, _, tensor = name.rpartition(".")
    return f"{module}.{IN_PROJ}" if tensor.startswith(IN_PROJ) else module


def _rows_of(name: str, stacks: Mapping[str, Dims], dims: Dims) -> Dims:
    """The rows of each part of a stacked weight, or of its bias."""
    module = _module(name)
    rows = next(rows for weight, rows in stacks.items() if _module(weight) == module)
    return rows if dims[:1] == (sum(rows),) else ()


def _parts(name: str, rows: Dims, dims: Dims) -> Iterator[tuple[str, Piece, Dims]]:
    """The parts of a stacked tensor, with names like those of projections of their own: `query.weight`."""
    module, _, tensor = name.rpartition(".")
    if tensor.startswith(IN_PROJ):
        parent, tensor = module, tensor.removeprefix(IN_PROJ)
    else:
        parent = module.rpartition(".")[0]
    start = 0
    for letter, count in zip(_letters(name), rows, strict=True):
        whole = ".".join(filter(None, (parent, PARTS[letter], tensor)))
        yield whole, Piece(name, (start, start + count)), (count, *dims[1:])
        start += count


def _last(name: str) -> str:
    return name.rpartition(".")[2]
