"""Maps the tensors of a file to those of a network: by name, else by order and shape."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cnncalc.executor.io.headers import Header
from cnncalc.problems import printable

Dims = tuple[int, ...]

COUNTERS = "num_batches_tracked"
"""Batch norm's step counter in PyTorch, which inference does not use."""
MOST_LISTED = 5
"""The most layers to list on each side."""


class Match(NamedTuple):
    """The name in the file of every tensor of a network, or how they differ.

    `by_order` is the number of tensors that order and shape decided.
    """

    names: dict[str, str]
    by_order: int = 0
    problem: str = ""


class LayerTensors(NamedTuple):
    """The tensors of one layer: its place among those with weights, its name, and the shape of each."""

    place: int
    name: str
    tensors: dict[str, Dims]

    @property
    def text(self) -> str:
        listed = ", ".join(f"{printable(name)} {_sizes(dims)}" for name, dims in self.tensors.items())
        return f"{self.place}. {printable(self.name)}: {listed}"


def matched(
    wanted: Mapping[str, Dims], found: Mapping[str, Header], aliases: Mapping[str, str] = MappingProxyType({})
) -> Match:
    """The mapping of tensors; its `problem` lists, with their places, the layers without a counterpart.

    A prefix that all names of the file share, such as `module.`, does not matter, nor do signs that names in
    Python lack; `aliases` are other names of tensors of the network. If the names of the file are not those
    of the network, both are mapped in order, provided that all layers agree in the names and shapes of their
    tensors, and that this takes no name for another one that both have.
    """
    names = _without_prefix(wanted, [name for name in found if _last(name) != COUNTERS])
    named = {ours: names[theirs] for theirs in names for ours in (aliases.get(theirs, theirs),)}
    for pairs in (named, _by_plain_name(wanted, names, aliases)):
        if pairs.keys() == wanted.keys() and all(found[pairs[name]][0] == wanted[name] for name in wanted):
            return Match({name: pairs[name] for name in wanted})
    theirs = _groups({name: found[whole][0] for name, whole in names.items()})
    ours, own = _alike(wanted, {ours: alias for alias, ours in aliases.items()}, theirs)
    if [each.tensors for each in ours] != [each.tensors for each in theirs]:
        return Match({}, problem=_difference(ours, theirs))
    pairs = {
        own[f"{one.name}.{tensor}"]: names[f"{other.name}.{tensor}"]
        for one, other in zip(ours, theirs, strict=True)
        for tensor in one.tensors
    }
    if moved := [name for name in pairs if named.get(name, pairs[name]) != pairs[name]]:
        return Match({}, problem=f"{NEITHER}: {printable(moved[0])} is in another place of the file")
    return Match(pairs, sum(name not in named for name in pairs))


NEITHER = "the weights do not fit this network, neither by name nor by order"


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _without_prefix(wanted: Mapping[str, Dims], found: list[str]) -> dict[str, str]:
    """The names in the file by the name without a first word that all share, if the network has the rest."""
    shorter = {name.partition(".")[2]: name for name in found}
    if len({name.partition(".")[0] for name in found}) == 1 and not wanted.keys().isdisjoint(shorter):
        return shorter
    return {name: name for name in found}


def _by_plain_name(
    wanted: Mapping[str, Dims], names: Mapping[str, str], aliases: Mapping[str, str]
) -> dict[str, str]:
    """The names in the file by those of the network, where both are the same as names of Python.

    In Python, `a-b` is `a_b`, `class` is `class_`, and `3x3` is `layer_3x3`.
    """
    ours = {_plain(name): name for name in wanted} | {_plain(each): name for each, name in aliases.items()}
    found = {ours[plain]: whole for name, whole in names.items() if (plain := _plain(name)) in ours}
    return found if len(found) == len(names) else {}


def _plain(name: str) -> str:
    parts = (re.sub(r"\W+", "_", part, flags=re.ASCII).strip("_") for part in name.split("."))
    return ".".join(part.removeprefix("layer_") for part in parts)


def _alike(
    wanted: Mapping[str, Dims], aliases: Mapping[str, str], theirs: list[LayerTensors]
) -> tuple[list[LayerTensors], dict[str, str]]:
    """The layers of the network, and the names of its tensors by those in the layers.

    Where the file has several layers for one, such as the projections of attention, so has the result.
    """
    other = {aliases.get(name, name): name for name in wanted}
    ours = _groups({alias: wanted[name] for alias, name in other.items()})
    if [each.tensors for each in ours] == [each.tensors for each in theirs]:
        return ours, other
    return _groups(wanted), {name: name for name in wanted}


def _groups(tensors: Mapping[str, Dims]) -> list[LayerTensors]:
    """The tensors of each layer, in order."""
    found: dict[str, LayerTensors] = {}
    for name, dims in tensors.items():
        layer, _, tensor = name.rpartition(".")
        group = found.setdefault(layer, LayerTensors(len(found) + 1, layer, {}))
        group.tensors[tensor] = dims
    return [*found.values()]


def _difference(left: list[LayerTensors], right: list[LayerTensors]) -> str:
    """The layers between the first and the last that agree, on both sides."""
    start = 0
    while start < min(len(left), len(right)) and left[start].tensors == right[start].tensors:
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end].tensors == right[-1 - end].tensors:
        end += 1
    ours, theirs = left[start : len(left) - end], right[start : len(right) - end]
    lines = [*_listed("the network", ours), *_listed("the file", theirs)]
    return f"{NEITHER}\n  " + "\n  ".join(lines)


def _listed(where: str, groups: list[LayerTensors]) -> list[str]:
    if not groups:
        return [f"{where} has no further layers there"]
    more = [f"  … and {len(groups) - MOST_LISTED:,} more"] if len(groups) > MOST_LISTED else []
    return [f"only in {where}:", *(f"  {group.text}" for group in groups[:MOST_LISTED]), *more]


def _sizes(dims: Dims) -> str:
    return "×".join(map(str, dims)) or "a scalar"
