"""Which modules become blocks: those with one output whose uses align, innermost first."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from msgspec import Struct, structs

from cnncalc.interchange.network import ModelGraph, ModuleCall
from cnncalc.interchange.writer.atoms import Atom
from cnncalc.interchange.writer.blocks import Body, WrittenBlock, block_of
from cnncalc.interchange.writer.items import ENTRY, Option, WrittenItem, every, extra, signature
from cnncalc.interchange.writer.lists import Member, Merging, inside, listed
from cnncalc.interchange.writer.options import companion, options_written
from cnncalc.interchange.writer.runs import with_repeats
from cnncalc.layers.merging import Merge
from cnncalc.shapes import Shape, shape_of

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
"""Classes that say nothing about what is inside."""


class _Cluster(Struct):
    """Uses of one block, and those of their bodies that differ from one another."""

    calls: list[int]
    different: dict[tuple[object, int], Body]


class Used(Struct, frozen=True):
    """One use of a block: its name, arguments, what it reads, and all its nodes in written order."""

    name: str
    arguments: Mapping[str, Option]
    reads: tuple[int, ...]
    nodes: tuple[int, ...]
    inputs: tuple[str, ...]
    path: str


class WrittenNetwork(Struct, frozen=True):
    """The items of a network, and its blocks by name."""

    items: tuple[WrittenItem, ...]
    blocks: Mapping[str, tuple[WrittenBlock, tuple[str, ...]]]


class Regions:
    """Groups the atoms of a network into blocks."""

    def __init__(self, network: ModelGraph, atoms: Sequence[Atom]) -> None:
        self.network = network
        self.atoms = atoms
        self.entries = len(network.inputs)
        self.names = [*network.inputs]
        self.order = {atom.node: at for at, atom in enumerate(atoms)}
        self.readers: dict[int, list[int]] = {}
        for at, atom in enumerate(atoms):
            for node in atom.inputs:
                self.readers.setdefault(node, []).append(at)
        self.ends = {*network.outputs.values(), *network.auxiliary.values()}
        self.members: dict[int, list[int]] = {}
        self.scopes: dict[int, ModuleCall] = {}
        for at, atom in enumerate(atoms):
            for scope in atom.scopes:
                self.members.setdefault(scope.call, []).append(at)
                self.scopes[scope.call] = scope
        self.mirrors = self._mirrors()
        self.atoms = self._as_first()
        self.used: dict[int, Used] = {}
        self.blocks: dict[str, tuple[WrittenBlock, tuple[str, ...]]] = {}
        self.kept: set[int] = {
            call for call in self.members if self._has_one_end(call) and not self._shares_outside(call)
        }
        self.times = Counter(scope.type for scope in self.scopes.values())
        self.made = {node: self.shape(node).channels for node in range(self.entries + len(network.steps))}

    def shape(self, node: int) -> Shape:
        """The shape of a node's output."""
        step = self.network.step(node)
        return shape_of(step.output if step else [*self.network.inputs.values()][node])

    def written(self) -> WrittenNetwork:
        """The whole network."""
        heights = self._heights()
        for height in sorted({*heights.values()}):
            groups: dict[tuple[str, str], list[int]] = {}
            for call in sorted(self.kept):
                if heights[call] == height and call not in self.used:
                    groups.setdefault(self._group(call), []).append(call)
            for (type_, _), calls in groups.items():
                self._decide(type_, calls)
        items = self._listed([*range(len(self.atoms))], 0, None)
        return WrittenNetwork(with_repeats(items, kept=frozenset(self.ends)), self.blocks)

    def _has_one_end(self, call: int) -> bool:
        """Whether only the last layer of a module is read outside, and something enters the module."""
        members = self.members[call]
        within = set(members)
        ends = {
            at
            for at in members
            if self.atoms[at].node in self.ends
            or any(reader not in within for reader in self.readers.get(self.atoms[at].node, []))
        }
        if ends != {members[-1]} or len(members) < 2:
            return False
        first = self.atoms[members[0]]
        return bool(first.inputs) and first.inputs[0] not in {self.atoms[at].node for at in members}

    def _mirrors(self) -> dict[int, int]:
        """The calls of modules that were called before, with all their weights, and those first calls."""
        found: dict[int, int] = {}
        first: dict[tuple[str, str], int] = {}
        for call in sorted(self.members, key=lambda call: (self.members[call][0], call)):
            scope = self.scopes[call]
            earlier = first.setdefault((scope.path, scope.type), call)
            around = {each.call for each in self.atoms[self.members[call][0]].scopes}
            if earlier != call and not around & found.keys() and self._is_same(earlier, call):
                found[call] = earlier
        return found

    def _is_same(self, call: int, other: int) -> bool:
        """Whether another call of a module has the same layers with the same weights."""
        nodes = [[self.atoms[at].nodes for at in self.members[each]] for each in (call, other)]
        if [*map(len, nodes[0])] != [*map(len, nodes[1])]:
            return False
        for one, its in zip(*(chain(*each) for each in nodes), strict=True):
            step, again = self.network.step(one), self.network.step(its)
            assert step is not None
            assert again is not None
            owner = one if step.shares is None else step.shares
            if step.layer != again.layer or (again.tensors and again.shares != owner):
                return False
        return True

    def _as_first(self) -> list[Atom]:
        """The atoms, with those inside another call of a module sharing only what those of the first do."""
        found = [*self.atoms]
        for call, earlier in self.mirrors.items():
            for at, first in zip(self.members[call], self.members[earlier], strict=True):
                found[at] = structs.replace(found[at], shares=found[first].shares)
        return found

    def _shares_outside(self, call: int) -> bool:
        """Whether a layer of a module has the weights of one outside."""
        own = {node for at in self.members[call] for node in self.atoms[at].nodes}
        return any(self.atoms[at].shares not in own | {None} for at in self.members[call])

    def _heights(self) -> dict[int, int]:
        """How many modules that may be blocks are nested inside each; one number for all uses of a class."""
        chains = {
            tuple(scope.call for scope in atom.scopes if scope.call in self.kept) for atom in self.atoms
        }
        classes: dict[str, set[int]] = {}
        for call in self.kept:
            classes.setdefault(self.scopes[call].type, set()).add(call)
        alike = [calls for type_, calls in classes.items() if type_ not in CONTAINERS]
        alike = [calls for calls in alike if all(len(calls.intersection(chain)) < 2 for chain in chains)]
        heights = dict.fromkeys(self.kept, 0)
        for _ in classes:  # a class can raise the one around it
            self._raise(heights, chains)
            for calls in alike:
                heights |= dict.fromkeys(calls, max(heights[call] for call in calls))
        self._raise(heights, chains)
        return heights

    def _raise(self, heights: dict[int, int], chains: Iterable[Sequence[int]]) -> None:
        """Makes the height of each module more than those of the modules inside it."""
        for nested in chains:
            for outer, inner in reversed([*pairwise(nested)]):
                heights[outer] = max(heights[outer], heights[inner] + 1)

    def _group(self, call: int) -> tuple[str, str]:
        """What uses of the same block have in common: the class, or the layers of a plain container."""
        type_ = self.scopes[call].type
        if type_ not in CONTAINERS:
            return type_, ""
        return type_, " ".join(item.word for item in self._body(call).items)

    def _decide(self, type_: str, calls: Sequence[int]) -> None:
        """Makes blocks of modules of one class, or writes their layers where they are used."""
        if type_ in CONTAINERS:
            self.kept -= {call for call in calls if self._is_inside_a_block(call)}
            calls = [call for call in calls if call in self.kept]
            if len(calls) < 3 and not self.mirrors.keys() & {*calls}:
                self.kept -= {*calls}
                return
        bodies = {call: self._body(call) for call in calls}
        for call, body in bodies.items():
            runs = with_repeats(body.items)
            is_stage = type_ in CONTAINERS and any(item.is_use for item in body.items)
            is_repeat = len(runs) == 1 and not runs[0].branches
            if call in self.mirrors or call in self.mirrors.values():
                continue
            if is_stage or is_repeat or (len(runs) < len(body.items) and not self._is_small(body)):
                self.kept.discard(call)
        clusters: list[_Cluster] = []
        for call in calls:
            if call in self.kept:
                self._join(clusters, call, bodies)
        for cluster in (each.calls for each in clusters):
            block = block_of([bodies[call] for call in cluster])
            if len(cluster) < 2 or block is None:
                self.kept -= {*cluster}
                continue
            self._add(type_, cluster, bodies, block)

    def _is_inside_a_block(self, call: int) -> bool:
        """Whether a module around this one is of a class that is used several times."""
        scopes = self.atoms[self.members[call][0]].scopes
        depth = next(at for at, scope in enumerate(scopes) if scope.call == call)
        return any(self.times[s.type] > 1 for s in scopes[:depth] if s.type not in CONTAINERS)

    def _is_small(self, body: Body) -> bool:
        return len(body.items) <= 4 and not any(item.is_use for item in body.items)

    def _join(self, clusters: "list[_Cluster]", call: int, bodies: Mapping[int, Body]) -> None:
        """Puts a use into the first group that it aligns with."""
        body = bodies[call]
        kind = signature(body.items)
        for cluster in clusters:
            if self._inputs(cluster.calls[0]) != self._inputs(call):
                continue
            different = cluster.different
            if (kind, body.channels) in different or block_of([*different.values(), body]):
                different.setdefault((kind, body.channels), body)
                cluster.calls.append(call)
                return
        clusters.append(_Cluster([call], {(kind, body.channels): body}))

    def _add(self, type_: str, calls: Sequence[int], bodies: Mapping[int, Body], block: WrittenBlock) -> None:
        path = self.scopes[calls[0]].path
        is_tower = type_ in CONTAINERS and self.mirrors.keys() & {*calls}
        plain = snake_case(item_name(path) if is_tower else type_)
        name, number = plain, 2
        while name in self.blocks:
            name, number = f"{plain}{number}", number + 1
        inputs = self._inputs(calls[0])
        items = with_repeats(block.items)
        self.blocks[name] = (structs.replace(block, items=items), inputs)
        for call, arguments in zip(calls, block.arguments, strict=True):
            nodes = tuple(node for item in bodies[call].items for node in item.nodes)
            self.used[call] = Used(
                name, arguments, self._entering(call), nodes, inputs, self.scopes[call].path
            )

    def _inputs(self, call: int) -> tuple[str, ...]:
        """The names of the tensors that enter a module in addition to the first."""
        count = len(self._entering(call)) - 1
        return ("skip",) if count == 1 else tuple(f"skip{number}" for number in range(1, count + 1))

    def _entering(self, call: int) -> tuple[int, ...]:
        """The nodes that a module reads from outside, in order."""
        members = self.members[call]
        own = {self.atoms[at].node for at in members}
        return tuple(dict.fromkeys(n for at in members for n in self.atoms[at].inputs if n not in own))

    def _body(self, call: int) -> Body:
        depth = next(
            at for at, scope in enumerate(self.atoms[self.members[call][0]].scopes) if scope.call == call
        )
        entering = self._entering(call)
        items = self._listed(self.members[call], depth + 1, call)
        return Body(items, self.made[entering[0]], self.made)

    def _listed(self, members: Sequence[int], depth: int, call: int | None) -> tuple[WrittenItem, ...]:
        """The items of some atoms; those inside a block are one item."""
        groups: dict[int, list[int]] = {}
        for at in members:
            inner = next((s.call for s in self.atoms[at].scopes[depth:] if s.call in self.kept), None)
            groups.setdefault(-1 - at if inner is None else inner, []).append(at)
        ordered = sorted(groups.items(), key=lambda pair: pair[1][-1])
        node_of = {self.atoms[inside_[-1]].node: number for number, (_, inside_) in enumerate(ordered)}
        entering = self._entering(call) if call is not None else tuple(range(self.entries))
        outer = {node: extra(at - 1) if at else ENTRY for at, node in enumerate(entering)}
        if call is None and self.entries > 1:
            outer = {node: extra(node) for node in range(self.entries)}
        path = self.scopes[call].path if call is not None else ""
        found = []
        for key, inside_ in ordered:
            made = self._atom(self.atoms[inside_[0]], path) if key < 0 else self._use(key, path)
            item, inputs, merges = made
            reads = tuple(node_of[node] if node in node_of else outer[node] for node in inputs)
            found.append(Member(reads, _reading(item), merges, item.path))
        ends = [node_of[node] for node in self.ends if node in node_of] if call is None else [len(found) - 1]
        return listed(found, ends, path)

    def _atom(self, atom: Atom, path: str) -> tuple[WrittenItem, tuple[int, ...], Merging]:
        layer = atom.layer
        shape = self.shape(atom.inputs[0]) if atom.inputs else Shape(1)
        options = options_written(layer, shape)
        if layer.has_neurons:
            options |= {"norm": companion(atom.norm), "act": companion(atom.act)}
        if atom.frozen is not None:
            options["freeze"] = atom.frozen
        if atom.note:
            options["note"] = atom.note
        is_merge = isinstance(layer, Merge)
        name = item_name(inside(atom.path, path)) if self._is_module(atom, path) else ""
        item = WrittenItem(
            layer.kind,
            options,
            (),
            atom.nodes,
            name=name,
            path=atom.path,
            is_merge=is_merge,
            shares=atom.shares,
            channels=shape.channels,
        )
        merges: Merging = "in any order" if layer.is_commutative else "in order"
        return item, atom.inputs, merges if is_merge else ""

    def _is_module(self, atom: Atom, path: str) -> bool:
        """Whether a layer is a module of its own, not a function that another module calls."""
        return bool(atom.path) and atom.path != path

    def _use(self, call: int, path: str) -> tuple[WrittenItem, tuple[int, ...], Merging]:
        used = self.used[call]
        item = WrittenItem(
            used.name,
            dict(used.arguments),
            (),
            used.nodes,
            name=item_name(inside(used.path, path)),
            path=used.path,
            is_use=True,
            sorts=self.blocks[used.name][0].sorts,
            inputs=used.inputs,
            shares=used.nodes[0] if call in self.mirrors else None,
            channels=self.made[used.reads[0]],
        )
        return item, used.reads, ""


def _reading(item: WrittenItem) -> "_WithReads":
    return _WithReads(item)


class _WithReads(Struct, frozen=True):
    item: WrittenItem

    def __call__(self, reads: tuple[int, ...]) -> WrittenItem:
        return structs.replace(self.item, reads=reads)


def item_name(path: str) -> str:
    """The name of an item: the last part of its module's path, with the one before if that is a number."""
    parts = path.split(".")
    name = parts[-1]
    if re.fullmatch(r"\d+", name):
        name = "_".join(parts[-2:]) if len(parts) > 1 and not parts[-2].isdecimal() else ""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else ""


def snake_case(type_: str) -> str:
    """`InvertedResidual` as `inverted_residual`, `_DenseLayer` as `dense_layer`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type_.strip("_"))
    return words.lower() or "block"


def used_blocks(
    items: Sequence[WrittenItem], blocks: Mapping[str, tuple[WrittenBlock, tuple[str, ...]]]
) -> Iterator[str]:
    """The names of all blocks that items use, each once, inner ones before those that use them."""
    seen: Counter[str] = Counter()

    def visit(inner: Sequence[WrittenItem]) -> Iterator[str]:
        for item in every(inner):
            if item.is_use and not seen[item.word]:
                seen[item.word] += 1
                yield from visit(blocks[item.word][0].items)
                yield item.word

    yield from visit(items)
