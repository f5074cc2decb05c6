"""A network as PyTorch source: a class for each block, the names of the spec, no dependency on cnncalc."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from keyword import iskeyword

from msgspec import Struct

from cnncalc import __version__
from cnncalc.graph import Graph
from cnncalc.interchange.pytorch_source.classes import Attribute, Classes, Slot, SourceClass, literal
from cnncalc.interchange.pytorch_source.expressions import (
    BlockUse,
    Branches,
    Chain,
    LayerCall,
    Module,
    OptionalModule,
)
from cnncalc.interchange.pytorch_source.forward import ForwardStep, Variables
from cnncalc.interchange.pytorch_source.helpers import HELPERS
from cnncalc.interchange.pytorch_source.identifiers import attribute, key, title, unique
from cnncalc.interchange.pytorch_source.rules import (
    OF_BRANCHES,
    LackingError,
    is_simple,
    merged,
    module_of,
)
from cnncalc.interchange.pytorch_source.text import INDENT, WIDTH, Bracket, Piece, one_line, sum_of, written
from cnncalc.interchange.pytorch_source.tree import ModuleItem, Tree
from cnncalc.layers import Merge
from cnncalc.problems import Problem, Source, SpecError
from cnncalc.shapes import listed
from cnncalc.spec import SpecLike, as_spec

NOWHERE = Source("", "")

MOST_NAMED = 20
"""The most layers to report that cannot be exported."""


def to_pytorch(spec: SpecLike) -> str:
    """The source of a module with the layers, the weights and the outputs of a network.

    It has a class for each block, the names of the spec, and imports only PyTorch. Inputs are channels
    first. With several outputs, `forward` returns a tuple in the order of the spec; auxiliary heads follow
    in training.

    Raises:
        SpecError: layers that cannot be written; the exception lists them with their places.

    >>> to_pytorch("lenet5").splitlines()[-1]
    '        return self.fc2(x)'
    """
    spec = as_spec(spec)
    return ModuleSource(spec.graph, spec.name, spec.origin, spec.source).text()


class ClassBody(Struct, frozen=True):
    """What a class consists of."""

    attributes: tuple[Attribute, ...]
    inputs: tuple[str, ...]
    lines: tuple[str, ...]


class ModuleSource:
    """Writes the source of one network; `origin` is where it is from, `source` what problems point into."""

    def __init__(self, graph: Graph, name: str, origin: str = "", source: Source = NOWHERE) -> None:
        self.graph = graph
        self.about = name, origin
        self.source = source
        self.name = unique(title(name), HELPERS, "V")
        self.tree = Tree(graph, self._is_same)
        self.classes = Classes({*HELPERS, "OrderedDict", self.name})
        self.problems: list[Problem] = []
        self.called: dict[str, None] = {}
        self.calls: dict[int, LayerCall] = {}
        self.attributes: dict[tuple[str, ...], str] = {}
        self.empty = _empty(self.graph)
        self.optional = {
            (block[0], f"{block[1]}.{name}")
            for path, names in self.empty.items()
            if (block := _block_of(self.graph, path)) is not None
            for name in names
        }

    def text(self) -> str:
        """The whole file; raises SpecError."""
        items = self.tree.items()
        scope = self._network(items)
        if self.problems:
            raise SpecError(self.problems[:MOST_NAMED], self.source)
        self.classes.settle()
        network = SourceClass(self.name, scope.attributes, scope.inputs, scope.lines, [BlockUse(-1)], [])
        single = Classes(set())
        single.found = [network]
        network.rows.append(scope.attributes)
        single.settle()
        classes = [self._class(each) for each in self.classes.found]
        classes.append(self._class(network, self._about(), self._freezing(items)))
        helpers = [text for name, text in HELPERS.items() if name in self.called]
        return "\n\n".join([self._head("".join(classes + helpers)), *helpers, *classes])

    def _head(self, body: str) -> str:
        lines = [f'"""{self.name} in PyTorch, written by cnncalc {__version__}."""', ""]
        code = re.sub(r'"""[^"]*"""', "", body)
        if "OrderedDict(" in code:
            lines += ["from collections import OrderedDict", ""]
        if re.search(r"\btorch[.,]", code):
            lines.append("import torch")
        lines.append("from torch import nn")
        if "functional." in code:
            lines.append("from torch.nn import functional")
        return "\n".join([*lines, ""])

    def _about(self) -> list[str]:
        """The docstring of the network."""
        shapes = listed({node.name: node.shape for node in self.graph.inputs}, "chw")
        name, origin = self.about
        about = f"{name}{f' ({origin})' if origin else ''}, input {shapes}."
        plain = "".join(sign for sign in about if sign.isprintable()).replace("\\", "/").replace('"', "'")
        lines = textwrap.wrap(plain, WIDTH - 2 * len(INDENT), break_on_hyphens=False)
        if len(lines) == 1 and len(lines[0]) + 10 <= WIDTH:
            return [f'"""{lines[0]}"""']
        return [f'"""{lines[0]}', *lines[1:], '"""']

    def _freezing(self, items: Sequence[ModuleItem]) -> list[str]:
        """The lines that freeze what the spec freezes: whole modules where possible."""
        lines = []
        for item in self._frozen(items):
            path = [self.attributes[item.path[:depth]] for depth in range(1, len(item.path) + 1)
                    if item.path[:depth] in self.attributes]  # fmt: skip
            module = f"self.{path[0]}" if len(path) == 1 else f'self.get_submodule("{".".join(path)}")'
            lines.append(f"{module}.requires_grad_(False)")
        return lines

    def _frozen(self, items: Sequence[ModuleItem]) -> Iterator[ModuleItem]:
        nodes = self.graph.nodes
        for item in items:
            learned = [at for at in item.nodes if nodes[at].layer.weights(*nodes[at].reads)]
            own = [at for at in learned if nodes[at].shares is None]
            if own and all(nodes[at].frozen for at in own):
                yield item
            elif item.items:
                yield from self._frozen(item.items)

    def _network(self, items: Sequence[ModuleItem]) -> ClassBody:
        graph = self.graph
        taken: set[str] = set()
        inputs: dict[int, str] = {}
        for at, node in enumerate(graph.inputs):
            inputs[at] = "x" if graph.entries == 1 else unique(attribute(node.name), taken)
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
        taken: set[str] = set()
        attributes: list[Attribute] = []
        names: dict[tuple[int, ...], str] = {}
        place = {at: item for item in items for at in item.nodes}
        for item in items:
            if self._is_merge(item):
                continue
            owner = self._owner(item, place)
            if owner is not None:
                names[item.nodes] = names[owner.nodes]
                continue
            name = unique(attribute(item.name), taken)
            taken.add(name)
            names[item.nodes] = self.attributes[item.path] = name
            attributes.append(Attribute(name, self._module(item)))
        run = [item for item in items if item.outputs]
        steps = [ForwardStep(item.name, item.inputs, item.outputs) for item in run]
        variables = Variables(inputs, steps, [*outputs, *heads])
        lines: list[str] = []
        is_training = False
        for number, item in enumerate(run):
            if item in items[main:] and not is_training:
                is_training = True
                lines.append("if self.training:")
            line = self._line(item, names, variables, number, 2 + is_training)
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

    def _line(
        self,
        item: ModuleItem,
        names: dict[tuple[int, ...], str],
        variables: Variables,
        number: int,
        indent: int,
    ) -> str:
        read = variables.names(item.inputs)
        if self._is_merge(item):
            node = self.graph.nodes[item.nodes[0]]
            held = dict(zip(item.inputs, read, strict=True))
            terms = [held[each] for each in node.inputs]
            (target,) = variables.assign(number)
            return self._merge(item.nodes[0], terms, target, indent)
        if not item.items and self.calls[item.nodes[0]].flattens:
            read = [f"{name}.flatten(1)" for name in read]
        targets = variables.assign(number)
        call = Bracket(f"self.{names[item.nodes]}(", tuple(read))
        before = f"{', '.join(targets)} = "
        if len(targets) > 1 and len(INDENT) * indent + len(before) > WIDTH - len("self.("):
            before = f"{written(Bracket('(', tuple(targets)), indent, after=' ' * WIDTH).rstrip()} = "
            return before + one_line(call)
        return written(call, indent, before)

    def _merge(self, at: int, terms: list[str], target: str, indent: int) -> str:
        node = self.graph.nodes[at]
        try:
            text = merged(node.layer, node.reads, terms) if isinstance(node.layer, Merge) else ""
        except LackingError as error:
            self._lacking(at, str(error))
            return ""
        if "cropped(" in text:
            self.called["cropped"] = None
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

    def _is_merge(self, item: ModuleItem) -> bool:
        return not item.items and isinstance(self.graph.nodes[item.nodes[0]].layer, Merge)

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
        if isinstance(nodes[one].layer, Merge) or isinstance(nodes[two].layer, Merge):
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
        if len(inside) == len(item.items) and own[0].name == path and not isinstance(own[0].layer, Merge):
            return "_".join(node.layer.kind for node in own)
        return ""

    def _chain(self, item: ModuleItem) -> Chain | None:
        """The items one after the other, if each reads what the one before it gives."""
        last = item.inputs
        for each in item.items:
            if each.inputs != last or len(last) != 1 or not self._is_plain(each):
                return None
            last = each.outputs
        if last != item.outputs or len(last) != 1:
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
        nodes = self.graph.nodes
        if self._is_merge(item) or any(nodes[at].shares is not None for at in item.nodes):
            return False
        return bool(item.items) or not self._layer(item.nodes[0]).flattens

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

    def _class(self, made: SourceClass, about: Sequence[str] = (), frozen: Sequence[str] = ()) -> str:
        slots = iter(made.slots)
        parameters = tuple(
            each.name if not each.has_default else f"{each.name}={literal(each.default)}"
            for each in made.parameters
        )
        lines = [f"class {made.name}(nn.Module):"]
        lines += [f"{INDENT}{line}" for line in about] + [""] * bool(about)
        init = Bracket("def __init__(", ("self", *parameters), "):")
        lines += [INDENT + written(init, 1), f"{INDENT * 2}super().__init__()"]
        for each in made.attributes:
            piece = self._piece(each.module, slots)
            lines.append(INDENT * 2 + written(piece, 2, f"self.{each.name} = "))
        lines += [f"{INDENT * 2}{line}" for line in frozen]
        call = Bracket("def forward(", ("self", *made.inputs), "):")
        lines += ["", INDENT + written(call, 1)]
        lines += [f"{INDENT * 2}{line}" for line in made.lines]
        return "\n".join([*lines, ""])

    def _piece(self, module: Module, slots: Iterator[Slot]) -> Piece:
        if isinstance(module, OptionalModule):
            return next(slots).text
        if isinstance(module, Chain):
            return self._sequence(module, slots)
        if isinstance(module, Branches):
            self.called[module.callee] = None
            items = (_prefixed(f'"{name}": ', self._piece(inner, slots)) for name, inner in module.items)
            return Bracket(f"{module.callee}(", (Bracket("{", tuple(items), "}"),))
        if isinstance(module, BlockUse):
            callee = self.classes.found[module.number].name
        else:
            callee = module.callee
            self.called[callee] = None
        texts: list[Piece] = []
        is_first = True
        for argument in module.arguments:
            if argument.is_option:
                is_first = False
                if argument.module is not None:
                    texts.append(_prefixed(f"{argument.name}=", self._piece(argument.module, slots)))
                continue
            slot = next(slots)
            if slot.is_left_out:
                continue
            is_first = is_first and argument.is_first
            texts.append(slot.text if is_first else f"{argument.name}={slot.text}")
        return Bracket(f"{callee}(", tuple(texts))

    def _sequence(self, chain: Chain, slots: Iterator[Slot]) -> Piece:
        names = [name for name, _ in chain.items]
        pieces = [self._piece(inner, slots) for _, inner in chain.items]
        if names == [str(at) for at in range(len(names))]:
            return Bracket("nn.Sequential(", tuple(pieces))
        if all(name.isidentifier() and not iskeyword(name) for name in names):
            items = tuple(_prefixed(f"{name}=", each) for name, each in zip(names, pieces, strict=True))
            return Bracket("nn.Sequential(", (Bracket("OrderedDict(", items),))
        pairs = tuple(_prefixed(f'"{name}": ', each) for name, each in zip(names, pieces, strict=True))
        return Bracket("nn.Sequential(", (Bracket("OrderedDict(", (Bracket("{", pairs, "}"),)),))


def _prefixed(prefix: str, piece: Piece) -> Piece:
    if isinstance(piece, str):
        return prefix + piece
    return Bracket(piece.start, piece.items, piece.end, prefix + piece.prefix)


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
