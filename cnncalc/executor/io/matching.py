"""Maps the tensors of a file to those of a network: by name, else by order and shape."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from cnncalc.executor.io.headers import Header
from cnncalc.executor.io.pairing import Dims, LayerTensors, Pair, paired, without_ones
from cnncalc.problems import printable

USUAL = ("weight", "bias", "running_mean", "running_var")
"""Tensors of layers; a tensor of another name may be a layer of its own, such as a learned scale."""
PROJECTIONS = ("query", "key", "value", "out")
"""The tensors of attention; their biases end with `_bias`."""
PROJECTION = re.compile(r"(?:^|_|w|to)([qkv])(?:$|_|uer|ey|al|proj|lin)")
"""How modules of projections are called: `q`, `to_k`, `v_proj`, `query`."""
MOST_LISTED = 5
"""The most layers to list on each side."""


class Match(NamedTuple):
    """The name in the file of every tensor of a network, or how they differ.

    `by_order` is the number of tensors that order and shape decided.
    """

    names: dict[str, str]
    by_order: int = 0
    problem: str = ""


def by_name(name: str) -> list[object]:
    """A key that sorts names with their numbers by value: `layer2` is before `layer10`.

    >>> sorted(["layer10.bias", "layer2.weight", "layer2.bias"], key=by_name)
    ['layer2.bias', 'layer2.weight', 'layer10.bias']
    """
    parts = re.split(r"0*([0-9]+)", name)  # texts and numbers in turn
    return [(len(part), part) if at % 2 else part for at, part in enumerate(parts)]


def matched(
    wanted: Mapping[str, Dims], found: Mapping[str, Header], aliases: Mapping[str, str] = MappingProxyType({})
) -> Match:
    """The mapping of tensors; its `problem` lists, with their places, the layers without a counterpart.

    A prefix that all names of the file share, such as `module.`, does not matter, nor do signs that names in
    Python lack; `aliases` are other names of tensors of the network. If the names of the file are not those
    of the network, layers are paired by modules and shapes, but no name is taken for another one that both
    have.
    """
    names = _without_prefix(wanted, [*found])
    named = {ours: names[theirs] for theirs in names for ours in (aliases.get(theirs, theirs),)}
    sizes = {name: without_ones(dims) for name, dims in wanted.items()}
    for pairs in (named, _by_plain_name(wanted, names, aliases)):
        if {name: without_ones(found[other][0]) for name, other in pairs.items()} == sizes:
            return Match({name: pairs[name] for name in wanted})
    theirs = _groups({name: found[whole][0] for name, whole in names.items()})
    pairs = _with_projections({one: names[other] for one, other in _mapped(wanted, aliases, theirs)})
    if not pairs:
        return Match({}, problem=_difference(_groups(wanted), theirs))
    chance = _same_by_chance(wanted, {name: found[other][0] for name, other in named.items()})
    known = {name: other for name, other in named.items() if _layer(name) not in chance}
    if moved := [name for name in pairs if known.get(name, pairs[name]) != pairs[name]]:
        return Match({}, problem=f"{NEITHER}: {printable(moved[0])} is in another place of the file")
    by_order = sum(named.get(name) != pairs[name] for name in pairs)
    return Match({name: pairs[name] for name in wanted}, by_order)


def _mapped(
    wanted: Mapping[str, Dims], aliases: Mapping[str, str], theirs: list[LayerTensors]
) -> list[tuple[str, str]]:
    """The tensors of the network and of the file, paired; none if their layers differ.

    Where the file has several layers for one, such as the projections of attention, aliases tell them apart.
    """
    alias_of = {ours: alias for alias, ours in aliases.items()}
    for own in ({name: name for name in wanted}, {alias_of.get(name, name): name for name in wanted}):
        ours = _groups({name: wanted[each] for name, each in own.items()})
        for layers in (theirs, _with_own_layers(theirs)):
            found = [(own[one], other) for one, other in _tensors(paired(ours, layers) or ())]
            if len(found) == len(wanted):
                return found
    return []


def _with_projections(pairs: Mapping[str, str]) -> dict[str, str]:
    """Pairs in which the projections of attention, of equal shapes, follow their names, not their order."""
    found = dict(pairs)
    for layer in [_layer(name) for name in pairs if _last(name) == "query"]:
        for suffix in ("", "_bias"):
            ours = {each: f"{layer}.{each}{suffix}" for each in PROJECTIONS}
            theirs = {name: pairs[whole] for name, whole in ours.items() if whole in pairs}
            letters = {_letter(other): other for other in theirs.values()}
            if len(theirs) == len(letters) == len(PROJECTIONS) and letters.keys() >= {"q", "k", "v"}:
                found |= {ours[name]: letters[name[0] if name != "out" else ""] for name in theirs}
    return found


def _letter(tensor: str) -> str:
    """`q`, `k` or `v` for a tensor of a module such as `to_q`, `wk` or `value`, else nothing."""
    match = PROJECTION.search(_last(_layer(tensor)).lower())
    return match[1] if match else ""


def _same_by_chance(wanted: Mapping[str, Dims], found: Mapping[str, Dims]) -> set[str]:
    """Layers whose name both have, but which are others: a number, with tensors of other shapes."""
    other = {
        name
        for name in wanted.keys() & found.keys()
        if without_ones(wanted[name]) != without_ones(found[name])
    }
    return {_layer(name) for name in other if _last(_layer(name)).isdecimal()}


def _layer(tensor: str) -> str:
    return tensor.rpartition(".")[0]


NEITHER = "the weights do not fit this network, neither by name nor by order"


def _with_own_layers(layers: Iterable[LayerTensors]) -> list[LayerTensors]:
    """Tensors of unusual names as layers of their own: modules may have parameters beside those of layers."""
    found: list[LayerTensors] = []
    for layer in layers:
        usual = {name: dims for name, dims in layer.tensors.items() if name in USUAL}
        if usual:
            found.append(LayerTensors(len(found) + 1, layer.name, usual))
        for name, dims in layer.tensors.items():
            if name not in USUAL:
                found.append(LayerTensors(len(found) + 1, layer.whole(name), {"": dims}))
    return found


def _tensors(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
    """The tensors of paired layers: those of equal names, or of shapes that tell them apart."""
    for one, other in pairs:
        mine = {name: without_ones(dims) for name, dims in one.tensors.items()}
        its = {name: without_ones(dims) for name, dims in other.tensors.items()}
        if mine == its:
            yield from ((one.whole(name), other.whole(name)) for name in mine)
        elif len({*mine.values()}) == len(mine):
            by_size = {dims: name for name, dims in its.items()}
            yield from ((one.whole(name), other.whole(by_size[dims])) for name, dims in mine.items())


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
    ours = {plain_name(name): name for name in wanted} | {
        plain_name(each): name for each, name in aliases.items()
    }
    found = {ours[plain]: whole for name, whole in names.items() if (plain := plain_name(name)) in ours}
    return found if len(found) == len(names) else {}


def plain_name(name: str) -> str:
    """A name as Python has it, without what it cannot have."""
    parts = (re.sub(r"\W+", "_", part, flags=re.ASCII).strip("_") for part in name.split("."))
    return ".".join(part.removeprefix("layer_") for part in parts)


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
