"""From the layers of a graph to classes: the modules of each, and the lines of its `forward`."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs

from cnncalc.graph import Graph
from cnncalc.interchange.pytorch_source.classes import Attribute, Classes
from cnncalc.interchange.pytorch_source.expressions import (
    BlockUse,
    Branches,
    Chain,
    LayerCall,
    Module,
    OptionalModule,
)
from cnncalc.interchange.pytorch_source.identifiers import (
    IN_SOURCE,
    MODULE_DICT,
    MODULE_LIST,
    attribute,
    is_numbered,
    key,
    unique,
    variable,
)
from cnncalc.interchange.pytorch_source.layer_calls import LayerCalls
from cnncalc.interchange.pytorch_source.rules import (
    MERGES,
    OF_BRANCHES,
    is_simple,
)
from cnncalc.interchange.pytorch_source.statements import Statements
from cnncalc.interchange.pytorch_source.tree import ModuleItem, Tree, dissolved


class ClassBody(Struct, frozen=True):
    """What a class consists of."""

    attributes: tuple[Attribute, ...]
    inputs: tuple[str, ...]
    lines: tuple[str, ...]


class ClassBuilder:
    """Builds the classes of one network.

    Attributes:
        blocks: the names of the inputs of each block of the spec, beside the first.
        classes: the classes of blocks.
        attributes: the name of every module by its path in the spec, inside the module around it.
    """

    def __init__(self, graph: Graph, classes: Classes, blocks: Mapping[str, Sequence[str]]) -> None:
        self.graph = graph
        self.blocks = blocks
        self.classes = classes
        self.calls = LayerCalls(graph)
        self.tree = Tree(graph, self.calls.is_same)
        self.statements = Statements(graph, self.calls, self.tree)
        self.attributes: dict[tuple[str, ...], str] = {}
        self.empty = _empty(graph)
        self.optional = {
            (block[0], f"{block[1]}.{name}")
            for path, names in self.empty.items()
            if (block := _block_of(graph, path)) is not None
            for name in names
        }
        self.items = self.tree.items()

    def network(self) -> ClassBody:
        """The body of the class of the network itself."""
        graph, items = self.graph, self.items
        taken = {*IN_SOURCE}
        inputs: dict[int, str] = {}
        for at, node in enumerate(graph.inputs):
            inputs[at] = "x" if graph.entries == 1 else unique(variable(node.name), taken)
            taken.add(inputs[at])
        main = [item for item in items if item.nodes[0] not in graph.training_only]
        heads = [item for item in items if item.nodes[0] in graph.training_only]
        return self._scope(
            [*main, *heads], inputs, [*graph.outputs.values()], [*graph.auxiliary.values()], len(main)
        )

    def _block(self, item: ModuleItem, words: str) -> BlockUse:
        names = self._inputs(item, words)
        inputs = dict(zip(item.inputs, names, strict=True))
        scope = self._scope(item.items, inputs, item.outputs, (), len(item.items))
        return self.classes.use(words, scope.attributes, scope.inputs, scope.lines)

    def _inputs(self, item: ModuleItem, words: str) -> list[str]:
        """The names of what a block reads: of a second input as the spec has it; others are numbered.

        A module that is no block, and so is used once, has the names of the tensors.
        """
        others = item.inputs[1:]
        if words in self.blocks:
            own = self.blocks[words]
            names = own if len(own) == len(others) == 1 else [f"skip{n}" for n in range(1, len(others) + 1)]
        else:
            names = [self.statements.name_of(at) for at in others]
        found, taken = ["x"], {"x", *IN_SOURCE}
        for name in names:
            found.append(unique(variable(name), taken))
            taken.add(found[-1])
        return found

    def _scope(
        self,
        items: Sequence[ModuleItem],
        inputs: dict[int, str],
        outputs: Sequence[int],
        heads: Sequence[int],
        main: int,
    ) -> ClassBody:
        """The modules and the lines of a class; the items after `main` run in training only."""
        opened = {item.nodes: way for item in items if (way := self._opened(item))}
        called = [each for item in items for each in (self._parts(item) if item.nodes in opened else (item,))]
        attributes, names = self._modules(items, opened, {at: item for item in called for at in item.nodes})
        training_only = frozenset(at for item in items[main:] for at in item.nodes)
        repeats = [self._parts(item) for item in items if opened.get(item.nodes) == MODULE_LIST]
        lines = self.statements.lines(called, repeats, names, inputs, outputs, heads, training_only)
        return ClassBody(tuple(attributes), tuple(inputs.values()), tuple(lines))

    def _modules(
        self,
        items: Sequence[ModuleItem],
        opened: Mapping[tuple[int, ...], str],
        place: Mapping[int, ModuleItem],
    ) -> tuple[list[Attribute], dict[tuple[int, ...], str]]:
        """What a class holds, and what is called for the nodes of each item.

        The modules of an item in `opened` are called one by one; `place` has the item of each node.
        """
        taken: set[str] = set()
        found: list[Attribute] = []
        names: dict[tuple[int, ...], str] = {}
        for item in items:
            if self.calls.is_merge(item) or self.calls.is_split(item):
                continue
            way = opened.get(item.nodes)
            owner = None if way else self._owner(item, place)
            if owner is not None:
                names[item.nodes] = names[owner.nodes]
                continue
            name = unique(attribute(item.name), taken)
            taken.add(name)
            self.attributes[item.path] = names[item.nodes] = name
            if way:
                modules = [each for each in item.items if not self.calls.is_merge(each)]
                held = self._named([(each.name, each) for each in modules])
                found.append(Attribute(name, Chain(held, way)))
                for each, (own, _) in zip(modules, held, strict=True):
                    names[each.nodes] = f"{name}[{own}]" if way == MODULE_LIST else f'{name}["{own}"]'
            else:
                found.append(Attribute(name, self._module(item)))
        return found, names

    def _opened(self, item: ModuleItem) -> str:
        """The container of a module whose parts the class around it calls one by one; empty if it calls it.

        These are repeats whose modules read or give several tensors, and merges of several tensors, with
        their branches, norm and activation.
        """
        if not item.items or self._words(item) or self._is_chain(item):
            return ""
        if any(map(self.tree.shares_outside, item.items)):
            return ""
        modules = [each for each in item.items if not self.calls.is_merge(each)]
        if not modules or any(self.calls.is_source(each) or self.calls.is_split(each) for each in modules):
            return ""
        if len(modules) == len(item.items):
            is_repeat = len(modules) > 1 and is_numbered([each.name for each in modules])
            return MODULE_LIST if is_repeat else ""
        is_merge = len(modules) == len(item.items) - 1 and len(item.inputs) > 1
        return MODULE_DICT if is_merge and len(item.outputs) == 1 else ""

    def _parts(self, item: ModuleItem) -> tuple[ModuleItem, ...]:
        """The parts of an item that is opened; with a merge, the last one has its name."""
        *parts, last = dissolved(item.name, item.items)
        has_merge = any(map(self.calls.is_merge, item.items))
        return (*parts, structs.replace(last, name=item.name) if has_merge else last)

    def _owner(self, item: ModuleItem, place: Mapping[int, ModuleItem]) -> ModuleItem | None:
        """The item of the same class whose weights this one shares, so that both are one module."""
        shared = self.tree.shares_outside(item)
        if not shared:
            return None
        owners = {place[at].nodes: place[at] for at in shared if at in place}
        owner = self.tree.owner(item, [*owners.values()])
        if owner is None:
            self.calls.lacking(item.nodes[0], "it shares weights with a layer that has other options")
        return owner

    def _module(self, item: ModuleItem) -> Module:
        if not item.items:
            return self.calls.of(item.nodes[0])
        words = self._words(item)
        if not words:
            found = self._branches(item) or self._chain(item)
            if found is not None:
                return found
        return self._block(item, words or item.name)

    def _words(self, item: ModuleItem) -> str:
        """The name of the class: of the block, or of a layer, its norm and its activation."""
        path = ".".join(item.path)
        group = self.graph.groups.get(path)
        if group and " ×" not in group:
            return group
        inside = [each for each in item.items if not each.items]
        own = [self.graph.nodes[each.nodes[0]] for each in inside]
        if len(inside) == len(item.items) and own[0].name == path and type(own[0].layer) not in MERGES:
            companions = (self.calls.of(each.nodes[0]).callee for each in inside[1:])
            return "_".join((own[0].layer.kind, *(re.sub(r"^nn\.|\dd$", "", each) for each in companions)))
        return ""

    def _is_chain(self, item: ModuleItem) -> bool:
        """Whether each item inside reads what the one before it gives, and nothing else."""
        last = item.inputs
        for each in item.items:
            if each.inputs != last or len(last) != 1 or not self._is_plain(each):
                return False
            last = each.outputs
        return last == item.outputs and len(last) == 1

    def _chain(self, item: ModuleItem) -> Chain | None:
        """The items one after the other, if they are a chain."""
        if not self._is_chain(item):
            return None
        return Chain(self._named([(each.name, each) for each in item.items]))

    def _branches(self, item: ModuleItem) -> Branches | None:
        """A merge of what modules give that read one tensor; the tensor itself may be merged, too."""
        *parts, join = item.items
        node = self.graph.nodes[join.nodes[0]]
        if not self.calls.is_merge(join) or len(item.inputs) != 1 or item.outputs != join.outputs:
            return None
        if not is_simple(node.layer, node.reads) or not all(map(self._is_plain, parts)):
            return None
        given = {
            part.outputs[0]: part for part in parts if part.inputs == item.inputs and len(part.outputs) == 1
        }
        if len(given) != len(parts) or len(set(node.inputs)) != len(node.inputs):
            return None
        if not {*given} <= set(node.inputs) <= {*given, *item.inputs}:
            return None
        named: list[tuple[str, ModuleItem | None]] = [
            (given[read].name, given[read]) if read in given else (self._identity(item, read), None)
            for read in node.inputs
        ]
        path = ".".join(item.path)
        modules = self._named(named, lambda name: self._is_optional(path, name))
        return Branches(OF_BRANCHES[type(node.layer)], modules)

    def _identity(self, item: ModuleItem, read: int) -> str:
        """The name of the branch without layers that passes a tensor on."""
        names = self.empty.get(".".join(item.path), {})
        return next((name for name, at in names.items() if at == read), "identity")

    def _named(
        self,
        items: Sequence[tuple[str, ModuleItem | None]],
        optional: Callable[[str], bool] | None = None,
    ) -> tuple[tuple[str, Module], ...]:
        taken: set[str] = set()
        found: list[tuple[str, Module]] = []
        for name, item in items:
            own = unique(key(name), taken)
            taken.add(own)
            module = None if item is None else self._module(item)
            if item is not None:
                self.attributes[item.path] = own
            if optional is not None and optional(name):
                found.append((own, OptionalModule(module)))
            else:
                found.append((own, module or LayerCall("nn.Identity")))
        return tuple(found)

    def _is_optional(self, path: str, name: str) -> bool:
        """Whether a branch of a merge is empty in some use of the block around it."""
        block = _block_of(self.graph, path)
        return block is not None and (block[0], f"{block[1]}.{name}") in self.optional

    def _is_plain(self, item: ModuleItem) -> bool:
        """Whether an item is a module of one tensor that nothing else calls."""
        if self.calls.is_merge(item) or self.tree.shares_outside(item):
            return False
        if item.items:
            return True
        node = self.graph.nodes[item.nodes[0]]
        return len(node.inputs) == 1 and not self.calls.of(item.nodes[0]).flattens


def _block_of(graph: Graph, path: str) -> tuple[str, str] | None:
    """The innermost block around a path: its name, and the rest of the path."""
    parts = path.split(".")
    for depth in range(len(parts) - 1, 0, -1):
        word = graph.groups.get(".".join(parts[:depth]))
        if word and " ×" not in word:
            return word, ".".join(parts[depth:])
    return None


def _empty(graph: Graph) -> dict[str, dict[str, int]]:
    """By the path of a merge: the names in it without layers, with the tensor that each stands for."""
    found: dict[str, dict[str, int]] = {}
    for name, at in graph.names.items():
        path, _, last = name.rpartition(".")
        if path and not graph.nodes[at].name.startswith(f"{path}."):
            found.setdefault(path, {})[last] = at
    return found
