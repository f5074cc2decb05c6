"""Pairs the layers of a network with those of a file, by the modules that both have and their shapes.

The names of both are trees. What has the same name belongs together, and so does what holds layers of the
same shapes; modules without a counterpart are opened, from the largest on. Names are not enough: a spec has
other blocks than the model, and a norm is part of the layer before it. Order is not enough, either: some
formats sort tensors by name.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cnncalc.problems import printable

Dims = tuple[int, ...]

NORM = "norm"
"""The last word of the name of a norm that is written inside a layer."""
MOST_WORDS = 100
"""Words of a name that are told apart."""


def without_ones(dims: Dims) -> Dims:
    """A shape without its axes of size 1: the values are the same ones in the same order."""
    return tuple(size for size in dims if size != 1)


class LayerTensors(NamedTuple):
    """The tensors of one layer: its place among those with weights, its name, and the shape of each."""

    place: int
    name: str
    tensors: dict[str, Dims]

    @property
    def text(self) -> str:
        listed = ", ".join(f"{printable(name)} {_sizes(dims)}" for name, dims in self.tensors.items())
        layer = f"{printable(self.name)}: " if self.name else ""
        return f"{self.place}. {layer}{listed}"

    @property
    def sizes(self) -> tuple[Dims, ...]:
        """The shapes of the tensors, whatever their names."""
        return tuple(sorted(map(without_ones, self.tensors.values())))

    def whole(self, tensor: str) -> str:
        """The name of a tensor with that of its layer; empty for a layer that is a tensor itself."""
        return ".".join(filter(None, (self.name, tensor)))


Pair = tuple[LayerTensors, LayerTensors]
"""A layer of the network, and the one of the file that it is."""


class NamedLayer(NamedTuple):
    """A layer inside a module, with the words of its name behind that of the module."""

    words: tuple[str, ...]
    layer: LayerTensors


class Module(NamedTuple):
    """A module, a block or a layer: its parts, whose shapes it has.

    `is_inside` says that it was found by opening a module, so that its number counts in another list.
    """

    word: str
    parts: tuple[NamedLayer, ...]
    sizes: tuple[tuple[Dims, ...], ...]
    is_inside: bool

    @property
    def place(self) -> int:
        """The place of its first layer; in order, as parts are."""
        return self.parts[0].layer.place


def paired(ours: Iterable[LayerTensors], theirs: Iterable[LayerTensors]) -> list[Pair] | None:
    """Layers with their counterparts; None if their shapes differ."""
    mine, its = [*ours], [*theirs]
    if Counter(layer.sizes for layer in mine) != Counter(layer.sizes for layer in its):
        return None
    return [*_pairs(_parts(mine), _parts(its))]


def _parts(layers: Iterable[LayerTensors]) -> tuple[NamedLayer, ...]:
    return tuple(NamedLayer(tuple(layer.name.split(".", MOST_WORDS)), layer) for layer in layers)


def _pairs(ours: tuple[NamedLayer, ...], theirs: tuple[NamedLayer, ...]) -> Iterator[Pair]:
    """Layers of the same shapes, paired."""
    mine, its = _modules(_without_common(ours)), _modules(_without_common(theirs))
    found: list[Pair] = []
    while max((len(each.parts) for each in (*mine, *its)), default=0) > 1:
        pairs = [*_of_same_word(mine, its)] or [*_of_largest(mine, its)]
        if not pairs:
            mine, its = _with_largest_open(mine, its)
        mine, its = _without(mine, (one for one, _, _ in pairs)), _without(its, (each[1] for each in pairs))
        for one, other, norms in pairs:
            inside = tuple(part for part in one.parts if part not in norms)
            found += _pairs(_after(inside), _after(other.parts))
            mine += [_module("", [part], True) for part in norms]
    pairs = [*_of_same_word(mine, its)]
    found += [(one.parts[0].layer, other.parts[0].layer) for one, other, _ in pairs]
    yield from found
    mine, its = _without(mine, (one for one, _, _ in pairs)), _without(its, (each[1] for each in pairs))
    yield from _in_order(_layers(mine), _layers(its), found)


def _without(modules: Iterable[Module], gone: Iterable[Module]) -> list[Module]:
    places = {each.place for each in gone}
    return [each for each in modules if each.place not in places]


def _layers(modules: Iterable[Module]) -> list[LayerTensors]:
    """Layers in order."""
    return [each.parts[0].layer for each in sorted(modules, key=_place)]


def _place(module: Module) -> int:
    return module.place


def _module(word: str, parts: Sequence[NamedLayer], is_inside: bool) -> Module:
    parts = sorted(parts, key=lambda part: part.layer.place)
    return Module(word, tuple(parts), tuple(sorted(part.layer.sizes for part in parts)), is_inside)


def _modules(parts: Iterable[NamedLayer], is_inside: bool = False) -> list[Module]:
    """Parts by their first word; those that have none left are modules of their own."""
    found: dict[object, list[NamedLayer]] = {}
    for part in parts:
        found.setdefault(part.words[0] if part.words else part.layer.place, []).append(part)
    return [_module(word if isinstance(word, str) else "", each, is_inside) for word, each in found.items()]


def _without_common(parts: tuple[NamedLayer, ...]) -> tuple[NamedLayer, ...]:
    """Without the first words that all names share."""
    shortest = min((len(part.words) for part in parts), default=0)
    count = 0
    while count < shortest - 1 and len({part.words[count] for part in parts}) == 1:
        count += 1
    return tuple(NamedLayer(part.words[count:], part.layer) for part in parts)


def _after(parts: Iterable[NamedLayer]) -> tuple[NamedLayer, ...]:
    return tuple(NamedLayer(part.words[1:], part.layer) for part in parts)


def _of_same_word(
    mine: Sequence[Module], its: Sequence[Module]
) -> Iterator[tuple[Module, Module, tuple[NamedLayer, ...]]]:
    """Modules of the same word and shapes; a norm inside a layer may be a module beside it."""
    ours, theirs = (Counter(each.word for each in modules) for modules in (mine, its))
    by_word = {each.word: each for each in its}
    for one in mine:
        if not one.word or ours[one.word] > 1 or theirs[one.word] != 1:
            continue
        other = by_word[one.word]
        if one.word.isdecimal() and (one.is_inside or other.is_inside):
            continue
        norms = tuple(part for part in one.parts if len(part.words) > 1 and part.words[-1] == NORM)
        for apart in ((), norms):
            kept = [part for part in one.parts if part not in apart]
            if kept and _module("", kept, False).sizes == other.sizes:
                yield one, other, apart
                break


def _of_largest(
    mine: Sequence[Module], its: Sequence[Module]
) -> Iterator[tuple[Module, Module, tuple[NamedLayer, ...]]]:
    """The largest modules, in order, of which both sides have as many of the same shapes."""
    most = max(len(each.parts) for each in (*mine, *its))
    ours, theirs = (
        sorted((each for each in modules if len(each.parts) == most), key=_place) for modules in (mine, its)
    )
    for sizes in dict.fromkeys(each.sizes for each in ours):
        ones, others = ([each for each in modules if each.sizes == sizes] for modules in (ours, theirs))
        if len(ones) == len(others):
            yield from ((one, other, ()) for one, other in zip(ones, others, strict=True))


def _with_largest_open(mine: Sequence[Module], its: Sequence[Module]) -> tuple[list[Module], list[Module]]:
    """The modules with what is inside the largest ones in their place."""
    most = max(len(each.parts) for each in (*mine, *its))
    opened: list[list[Module]] = []
    for modules in (mine, its):
        opened.append([])
        for each in modules:
            is_open = len(each.parts) == most
            opened[-1] += _modules(_after(each.parts), is_inside=True) if is_open else [each]
    return opened[0], opened[1]


def _in_order(ours: list[LayerTensors], theirs: list[LayerTensors], found: list[Pair]) -> Iterator[Pair]:
    """The layers that are left, in order: all of them, or those of the same shapes.

    A norm inside a layer is in the module of the layer, and what has vectors only is near the layer before.
    """
    exact = [[*map(_exact_sizes, each)] for each in (ours, theirs)]
    key = _exact_sizes if sorted(exact[0]) == sorted(exact[1]) else _sizes_of
    if [*map(key, ours)] == [*map(key, theirs)]:
        yield from zip(ours, theirs, strict=True)
        return
    mine, its = (sorted(filter(_has_kernel, each), key=key) for each in (ours, theirs))
    of_place = {one.place: other for one, other in (*found, *zip(mine, its, strict=True))}
    near = _Nearest(layer for layer in theirs if not _has_kernel(layer))
    in_order = sorted([*ours, *(one for one, _ in found)], key=lambda layer: layer.place)
    modules = {one.name: _module_of(of_place[one.place]) for one in in_order if one.place in of_place}
    for layer in ours:
        owner, _, word = layer.name.rpartition(".")
        if layer.place not in of_place and word == NORM and owner in modules:
            other = near.take(layer.sizes, modules[owner], only=True)
            of_place |= {layer.place: other} if other else {}
    module: tuple[str, ...] = ()
    for layer in in_order:
        if layer.place not in of_place:
            other = near.take(layer.sizes, module)
            assert other, "there are as many layers of the same shapes"
            of_place[layer.place] = other
        module = _module_of(of_place[layer.place])
    yield from ((layer, of_place[layer.place]) for layer in ours)


def _exact_sizes(layer: LayerTensors) -> tuple[Dims, ...]:
    """Shapes without the axes of size 1 at their ends, which tell kernels of 1×3 and 3×1 apart."""
    return (*layer.sizes, *sorted(map(_without_outer_ones, layer.tensors.values())))


def _without_outer_ones(dims: Dims) -> Dims:
    long = [at for at, size in enumerate(dims) if size != 1]
    return dims[long[0] : long[-1] + 1] if long else ()


def _has_kernel(layer: LayerTensors) -> bool:
    return any(len(dims) > 1 for dims in layer.sizes)


def _sizes_of(layer: LayerTensors) -> tuple[Dims, ...]:
    return layer.sizes


def _module_of(layer: LayerTensors) -> tuple[str, ...]:
    return tuple(layer.name.split(".", MOST_WORDS)[:-1])


class _Nearest:
    """Layers by their shapes and the modules that they are in, each of which is taken once."""

    def __init__(self, layers: Iterable[LayerTensors]) -> None:
        self.taken: set[int] = set()
        self.waiting: dict[object, deque[LayerTensors]] = {}
        for layer in layers:
            module = _module_of(layer)
            self.waiting.setdefault((layer.sizes, module, True), deque()).append(layer)
            for count in range(len(module) + 1):
                self.waiting.setdefault((layer.sizes, module[:count], False), deque()).append(layer)

    def take(
        self, sizes: tuple[Dims, ...], module: tuple[str, ...], *, only: bool = False
    ) -> LayerTensors | None:
        """The first one in a module, else below it, else in the modules around it; `only` in the module."""
        for count in range(len(module), -1, -1):
            for is_own in (True, False):
                queue = self.waiting.get((sizes, module[:count], is_own), deque())
                while queue and queue[0].place in self.taken:
                    queue.popleft()
                if queue:
                    self.taken.add(queue[0].place)
                    return queue.popleft()
                if only:
                    return None
        return None


def _sizes(dims: Dims) -> str:
    return "×".join(map(str, dims)) or "a scalar"
