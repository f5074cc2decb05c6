"""From the layers of a graph to classes: the modules of each, and the lines of its `forward`."""

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
from cnncalc.interchange.pytorch_source.forward import ForwardStep, Variables
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
from cnncalc.interchange.pytorch_source.loops import Loop, loop_of, merged_list
from cnncalc.interchange.pytorch_source.rules import (
    MERGES,
    OF_BRANCHES,
    LackingError,
    is_simple,
    merged,
    module_of,
    split,
)
from cnncalc.interchange.pytorch_source.text import (
    INDENT,
    WIDTH,
    Bracket,
    sum_of,
    written,
)
from cnncalc.interchange.pytorch_source.tree import ModuleItem, Tree, dissolved
from cnncalc.layers import Merge, TensorSource
from cnncalc.layers.rearranging import Split
from cnncalc.problems import Problem

OUTPUT = "output"
"""What a loop puts into its list if its modules give one tensor each."""


class ClassBody(Struct, frozen=True):
    """What a class consists of."""

    attributes: tuple[Attribute, ...]
    inputs: tuple[str, ...]
    lines: tuple[str, ...]


class ClassBuilder:
    """Builds the classes of one network.

    Attributes:
        classes: the classes of blocks.
        problems: the layers that cannot be written.
        attributes: the name of every module by its path in the spec, inside the module around it.
        called: functions that lines of `forward` call.
    """

    def __init__(self, graph: Graph, classes: Classes) -> None:
        self.graph = graph
        self.classes = classes
        self.tree = Tree(graph, self._is_same)
        self.problems: list[Problem] = []
        self.attributes: dict[tuple[str, ...], str] = {}
        self.called: set[str] = set()
        self.calls: dict[int, LayerCall] = {}
        self.empty = _empty(graph)
        self.optional = {
            (block[0], f"{block[1]}.{name}")
            for path, names in self.empty.items()
            if (block := _block_of(graph, path)) is not None
            for name in names
        }
        self.names = [[node.name] for node in graph.nodes]
        for name, at in graph.names.items():
            self.names[at].append(name)
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
        inputs = {at: "x" if number == 0 else f"skip{number}" for number, at in enumerate(item.inputs)}
        if len(inputs) == 2:
            inputs[item.inputs[1]] = "skip"
        scope = self._scope(item.items, inputs, item.outputs, (), len(item.items))
        return self.classes.use(words, scope.attributes, scope.inputs, scope.lines)

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
        training_only = {at for item in items[main:] for at in item.nodes}
        repeats = [item for item in items if opened.get(item.nodes) == MODULE_LIST]
        loops = self._loops([self._parts(item) for item in repeats], called)
        in_loops = {nodes for nodes, loop in loops.items() if loop is None}
        run = [item for item in called if item.outputs and item.nodes not in in_loops]
        steps = [self._step(item, loops) for item in run]
        lists = {loop.listed[0]: loop for loop in loops.values() if loop and loop.listed}
        variables = Variables(inputs, steps, [*outputs, *heads], lists)
        lines: list[str] = []
        is_training = False
        batch = next(iter(inputs.values()))
        for number, item in enumerate(run):
            if item.nodes[0] in training_only and not is_training:
                is_training = True
                lines.append("if self.training:")
            loop = loops.get(item.nodes)
            if loop:
                line = self._loop(loop, names[item.nodes], variables, number, 2 + is_training)
            else:
                line = self._line(item, names, variables, number, 2 + is_training, batch)
            if line:
                lines.append(INDENT * is_training + line)
        if heads:
            lines += [] if is_training else ["if self.training:"]
            lines.append(INDENT + _returning(", ".join(variables.names([*outputs, *heads])), 3))
        returned = ", ".join(variables.names(outputs))
        if lines and not is_training and lines[-1].startswith(f"{returned} = ") and "\n" not in lines[-1]:
            last = lines.pop().removeprefix(f"{returned} = ")
            if len(last) + len("return ") + 2 * len(INDENT) <= WIDTH:
                returned = last
            else:
                lines.append(f"{returned} = {last}")
        lines.append(_returning(returned, 2))
        return ClassBody(tuple(attributes), tuple(inputs.values()), tuple(lines))

    def _loops(
        self, lists: Sequence[Sequence[ModuleItem]], called: Sequence[ModuleItem]
    ) -> dict[tuple[int, ...], Loop | None]:
        """The loops by the nodes of their first module; for the others in a loop, None."""
        merges = {item.nodes[0] for item in called if self._is_merge(item)}
        found: dict[tuple[int, ...], Loop | None] = {}
        for parts in lists:
            loop = loop_of(parts, self.graph.nodes, self._readers)
            if loop and (not loop.listed or loop.merge in merges):
                found |= {part.nodes: None for part in parts}
                found[parts[0].nodes] = loop
        return found

    def _readers(self, at: int) -> list[int]:
        """The nodes that read a tensor, and -1 for an output of the network."""
        return self.tree.readers[at] + [-1] * (at in self.tree.ends)

    def _step(self, item: ModuleItem, loops: Mapping[tuple[int, ...], Loop | None]) -> ForwardStep:
        """What a line reads and gives; a list stands for all tensors in it."""
        loop = loops.get(item.nodes)
        if loop is None:
            inside = {at for each in loops.values() if each for at in each.listed[1:]}
            inputs = tuple(at for at in item.inputs if at not in inside)
            return ForwardStep(self._results(item), inputs, item.outputs)
        listed, end = loop.listed[:1], -1 - item.nodes[0] if loop.end is None else loop.end
        own = self._results(item) if len(item.outputs) > 1 else [OUTPUT]
        names = [name for name, at in zip(own, item.outputs, strict=True) if at in listed]
        plural = [f"{name.removeprefix(f'{item.name}_')}s" for name in names]
        return ForwardStep((*plural, item.name), item.inputs, (*listed, end))

    def _loop(self, loop: Loop, name: str, variables: Variables, number: int, indent: int) -> str:
        """The lines of a loop."""
        container = name.rpartition("[")[0]
        (read,) = variables.names(loop.parts[0].inputs)
        *names, passed = variables.assign(number)
        layer = unique("layer", variables.taken)
        lines = [f"{passed} = {read}"] * (passed != read) + [f"{each} = []" for each in names]
        lines.append(f"for {layer} in self.{container}{'[:-1]' * loop.has_tail}:")
        given = [passed]
        if len(loop.parts[0].outputs) > 1:
            given.insert(1 - loop.passed, unique(names[0].removesuffix("s"), variables.taken))
        lines.append(f"{INDENT}{', '.join(given)} = {layer}({passed})")
        for each in names:
            lines.append(f"{INDENT}{each}.append({given[1 - loop.passed] if len(given) > 1 else passed})")
            lines += [f"{each}.append(self.{container}[-1]({passed}))"] * loop.has_tail
        return f"\n{INDENT * indent}".join(lines)

    def _results(self, item: ModuleItem) -> tuple[str, ...]:
        """The names of what an item gives: its own, or with several results the shortest ones inside it."""
        if len(item.outputs) == 1:
            return (item.name,)
        before = f"{'.'.join(item.path)}."
        found = []
        for at in item.outputs:
            names = (name for name in self.names[at] if name.startswith(before))
            inside = min(names, key=len, default=self.graph.nodes[at].layer.kind)
            found.append("_".join((item.name, *inside.removeprefix(before).split("."))))
        return tuple(found)

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
            if self._is_merge(item) or self._is_split(item):
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
                modules = [each for each in item.items if not self._is_merge(each)]
                held = self._named([(each.name, each) for each in modules])
                found.append(Attribute(name, Chain(held, way)))
                for each, (own, _) in zip(modules, held, strict=True):
                    names[each.nodes] = f"{name}[{own}]" if way == MODULE_LIST else f'{name}["{own}"]'
            else:
                found.append(Attribute(name, self._module(item)))
        return found, names

    def _line(
        self,
        item: ModuleItem,
        names: dict[tuple[int, ...], str],
        variables: Variables,
        number: int,
        indent: int,
        batch: str,
    ) -> str:
        """A line of `forward`; `batch` is a variable with the size of the batch."""
        inputs = variables.steps[number].inputs
        read = variables.names(inputs)
        if not item.items:
            node = self.graph.nodes[item.nodes[0]]
            held = dict(zip(inputs, read, strict=True))
            held |= {at: f"*{held[at]}" for at in inputs if at in variables.lists}
            read = [held[each] for each in node.inputs if each in held]
        if self._is_merge(item):
            (target,) = variables.assign(number)
            return self._merge(item.nodes[0], read, target, indent)
        if self.is_source(item):
            (target,) = variables.assign(number)
            axes = ", -1" * len(node.shape.dims())
            return f"{target} = self.{names[item.nodes]}.expand({batch}.shape[0]{axes})"
        if not item.items and self.calls[item.nodes[0]].flattens:
            read = [f"{name}.flatten(1)" for name in read]
        targets = variables.assign(number)
        if self._is_split(item):
            node = self.graph.nodes[item.nodes[0]]
            assert isinstance(node.layer, Split)
            call = Bracket(f"{read[0]}.", (split(node.layer, *node.reads),), "")
        else:
            call = Bracket(f"self.{names[item.nodes]}(", tuple(read))
        before = f"{', '.join(targets)} = "
        if len(targets) > 1 and len(INDENT) * indent + len(before + call.start) > WIDTH:
            unpacked = written(Bracket("(", tuple(targets)), indent, after=" = results")
            return f"{written(call, indent, 'results = ')}\n{INDENT * indent}{unpacked}"
        return written(call, indent, before)

    def _merge(self, at: int, terms: list[str], target: str, indent: int) -> str:
        node = self.graph.nodes[at]
        name = next((term[1:] for term in terms if term.startswith("*")), "")
        if name:
            return f"{target} = {merged_list(node, terms, name)}"
        try:
            text = merged(node.layer, node.reads, terms) if isinstance(node.layer, Merge) else ""
        except LackingError as error:
            self._lacking(at, str(error))
            return ""
        if "cropped(" in text:
            self.called.add("cropped")
        if text == target:
            return ""
        if text == " + ".join(terms):
            return sum_of(terms, indent, f"{target} = ")
        if text.startswith("torch.cat(["):
            listed_terms = Bracket("[", tuple(terms), "]")
            return written(
                Bracket("torch.cat(", (listed_terms, text.rpartition(", ")[2][:-1])), indent, f"{target} = "
            )
        return f"{target} = {text}"

    def _opened(self, item: ModuleItem) -> str:
        """The container of a module whose parts the class around it calls one by one; empty if it calls it.

        These are repeats whose modules read or give several tensors, and merges of several tensors, with
        their branches, norm and activation.
        """
        if not item.items or self._words(item) or self._is_chain(item):
            return ""
        if any(map(self.tree.shares_outside, item.items)):
            return ""
        modules = [each for each in item.items if not self._is_merge(each)]
        if not modules or any(self.is_source(each) or self._is_split(each) for each in modules):
            return ""
        if len(modules) == len(item.items):
            is_repeat = len(modules) > 1 and is_numbered([each.name for each in modules])
            return MODULE_LIST if is_repeat else ""
        is_merge = len(modules) == len(item.items) - 1 and len(item.inputs) > 1
        return MODULE_DICT if is_merge and len(item.outputs) == 1 else ""

    def _parts(self, item: ModuleItem) -> tuple[ModuleItem, ...]:
        """The parts of an item that is opened; with a merge, the last one has its name."""
        *parts, last = dissolved(item.name, item.items)
        has_merge = any(map(self._is_merge, item.items))
        return (*parts, structs.replace(last, name=item.name) if has_merge else last)

    def _is_split(self, item: ModuleItem) -> bool:
        """Whether an item is all parts of one tensor, in order."""
        if not len(item.items) == len(item.nodes) == len(item.outputs) or len(item.inputs) != 1:
            return False
        first, *_ = nodes = [self.graph.nodes[at] for at in item.nodes]
        if not isinstance(first.layer, Split):
            return False
        whole = structs.replace(first.layer, part=None)
        return [*whole.separate(*first.reads)] == [node.layer for node in nodes]

    def _is_merge(self, item: ModuleItem) -> bool:
        """Whether an item is an expression of variables, not a module."""
        return not item.items and type(self.graph.nodes[item.nodes[0]].layer) in MERGES

    def is_source(self, item: ModuleItem) -> bool:
        """Whether an item is a tensor without an input."""
        return not item.items and isinstance(self.graph.nodes[item.nodes[0]].layer, TensorSource)

    def _owner(self, item: ModuleItem, place: Mapping[int, ModuleItem]) -> ModuleItem | None:
        """The item of the same class whose weights this one shares, so that both are one module."""
        shared = self.tree.shares_outside(item)
        if not shared:
            return None
        owners = {place[at].nodes: place[at] for at in shared if at in place}
        owner = self.tree.owner(item, [*owners.values()])
        if owner is None:
            self._lacking(item.nodes[0], "it shares weights with a layer that has other options")
        return owner

    def _is_same(self, one: int, two: int) -> bool:
        """Whether one module can be both layers."""
        nodes = self.graph.nodes
        if type(nodes[one].layer) in MERGES or type(nodes[two].layer) in MERGES:
            return nodes[one].layer == nodes[two].layer
        return self._layer(one) == self._layer(two)

    def _module(self, item: ModuleItem) -> Module:
        if not item.items:
            return self._layer(item.nodes[0])
        words = self._words(item)
        if not words:
            found = self._branches(item) or self._chain(item)
            if found is not None:
                return found
        return self._block(item, words or item.name)

    def _words(self, item: ModuleItem) -> str:
        """The name of the class: of the block, or the kinds of a layer with its norm and activation."""
        path = ".".join(item.path)
        group = self.graph.groups.get(path)
        if group and " ×" not in group:
            return group
        inside = [each for each in item.items if not each.items]
        own = [self.graph.nodes[each.nodes[0]] for each in inside]
        if len(inside) == len(item.items) and own[0].name == path and type(own[0].layer) not in MERGES:
            return "_".join(node.layer.kind for node in own)
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
        if not self._is_merge(join) or len(item.inputs) != 1 or item.outputs != join.outputs:
            return None
        if not is_simple(node.layer, node.reads) or not all(map(self._is_plain, parts)):
            return None
        given = {
            part.outputs[0]: part for part in parts if part.inputs == item.inputs and len(part.outputs) == 1
        }
        if len(given) != len(parts) or len(set(node.inputs)) != len(node.inputs):
            return None
        if not set(node.inputs) <= {*given, *item.inputs}:
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
        if self._is_merge(item) or self.tree.shares_outside(item):
            return False
        if item.items:
            return True
        node = self.graph.nodes[item.nodes[0]]
        return len(node.inputs) == 1 and not self._layer(item.nodes[0]).flattens

    def _layer(self, at: int) -> LayerCall:
        if at not in self.calls:
            node = self.graph.nodes[at]
            try:
                call = module_of(node.layer, node.reads)
            except LackingError as error:
                self._lacking(at, str(error))
                call = LayerCall("nn.Identity")
            self.calls[at] = call
        return self.calls[at]

    def _lacking(self, at: int, why: str) -> None:
        node = self.graph.nodes[at]
        message = f"{node.name} ({node.layer.kind}) cannot be written in PyTorch: {why}"
        self.problems.append(Problem("not-exported", message, node.place, layer=node.name))


def _returning(text: str, indent: int) -> str:
    """A line that returns one or several values."""
    if len(INDENT) * indent + len(f"return {text}") <= WIDTH:
        return f"return {text}"
    return written(Bracket("(", tuple(text.split(", "))), indent, "return ")


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
